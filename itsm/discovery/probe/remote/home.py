"""Where a probe keeps who it is: a folder for its owner only, with its keys, what it knows of the house, and the spool."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from itsm.discovery.probe.remote import envelope
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.keys import KeyPair, PublicKeys
from itsm.discovery.probe.remote.spool import ROOM, Spool
from itsm.discovery.probe.remote.sweeper import Identity

CARD: Final = "itsm-probe-card:"
TOKEN: Final = "itsm-probe-token:"  # noqa: S105 - a prefix
_MOST: Final = 64 * 1024


class Home:
    """One probe's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def exists(self) -> bool:
        """Say whether a probe lives here."""
        return (self.folder / "keys").exists()

    def settle(self) -> KeyPair:
        """Return the keys of the probe here, made when there are none."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.exists:
            self._write("keys", KeyPair.fresh().to_text() + "\n")
        return self.keys()

    def keys(self) -> KeyPair:
        """Return the keys. Raises Refused where there are none."""
        try:
            return KeyPair.from_text((self.folder / "keys").read_text("ascii"))
        except FileNotFoundError:
            raise Refused(f"No probe lives in {self.folder}. Run: itsm probe init NAME, or itsm probe enrol.") from None
        except (OSError, ValueError):
            raise Refused(f"The keys in {self.folder} cannot be read. Enrol the probe anew.") from None

    def told(self) -> dict[str, Any]:
        """Return what is known of the house and of ourselves."""
        try:
            found = json.loads((self.folder / "probe.json").read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def tell(self, **facts: Any) -> None:
        """Keep facts, durably."""
        self._write("probe.json", json.dumps({**self.told(), **facts}, indent=1) + "\n")

    def identity(self) -> Identity:
        """Return who we are. Raises Refused before the house is known."""
        told = self.told()
        try:
            house = PublicKeys(**{name: str(told["house"][name]) for name in ("sign", "box")})
            name = str(told["name"])
        except (KeyError, TypeError, ValueError):
            raise Refused(
                f"The probe in {self.folder} does not know its main site yet. Run: itsm probe enrol."
            ) from None
        return Identity(name, self.keys(), house)

    def spool(self, *, room: int = ROOM) -> Spool:
        """Open the spool."""
        return Spool(self.folder / "spool.db", room=room)

    def _write(self, name: str, text: str) -> None:
        fresh = self.folder / f".{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.folder / name)
        flush_folder(self.folder)


def flush_folder(folder: Path) -> None:
    """Make what was renamed in a folder outlive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def card(name: str, keys: KeyPair) -> str:
    """Return what a probe shows of itself: its name and public keys, signed with them."""
    public = keys.public
    content = {"name": name, "sign": public.sign, "box": public.box}
    return CARD + base64.urlsafe_b64encode(envelope.pack({"kind": "card"}, content, signer=keys)).decode()


def read_card(text: str) -> tuple[str, PublicKeys]:
    """Return name and keys of a card. Raises Refused for what is none, or what its owner did not sign."""
    data = _decoded(text, CARD, "This is not a probe's card: it begins with itsm-probe-card:")
    one = envelope.split(data)
    try:
        # The keys stand inside of what they sign: read unproven, then proven.
        content = envelope.unproven(one)
        keys = PublicKeys(str(content["sign"]), str(content["box"]))
        name = str(content["name"])
    except (KeyError, TypeError, ValueError):
        raise Refused("This card cannot be read. Copy it whole.") from None
    envelope.content_of(one, "card", sender=keys, who="The probe of this card")
    return name, keys


def token(facts: Mapping[str, Any]) -> str:
    """Return the one-time token by which a probe enrols."""
    return TOKEN + base64.urlsafe_b64encode(json.dumps(dict(facts)).encode()).decode()


def read_token(text: str) -> dict[str, Any]:
    """Read a token. Raises Refused for what is none."""
    data = _decoded(text, TOKEN, "This is not a token for a probe: it begins with itsm-probe-token:")
    try:
        return {"name": "", **dict(json.loads(data))}
    except (ValueError, TypeError, RecursionError):
        raise Refused("This token cannot be read. Copy it whole.") from None


def _decoded(text: str, prefix: str, otherwise: str) -> bytes:
    text = "".join(text.split())
    if not text.startswith(prefix) or len(text) > _MOST:
        raise Refused(otherwise)
    try:
        return base64.b64decode(text.removeprefix(prefix), altchars=b"-_", validate=True)
    except ValueError:
        raise Refused(otherwise) from None
