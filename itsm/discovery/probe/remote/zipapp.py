"""The probe as one file: what a site without any installation needs to work by an order file.

The file carries our probe and the packages that are pure Python (pysnmp, icmplib), so a bare Python 3.11 reads
SNMP v1 and v2c. SNMPv3 with encryption and SSH need ``cryptography`` and ``paramiko``, which are compiled: the host's own
are used where it has them, or those that :func:`build` laid beside the file for one kind of machine.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import shutil
import signal
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from itsm.discovery.probe.remote import envelope
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.home import Home, card, read_card
from itsm.discovery.probe.remote.libraries import kind_of_machine, library_of

PURE: Final = ("pysnmp", "pysnmpcrypto", "pyasn1", "icmplib")
NATIVE: Final = ("cryptography", "cffi", "paramiko", "bcrypt", "pynacl", "invoke")
_OURS: Final = (
    "__init__.py",
    "discovery/__init__.py",
    "discovery/wire.py",
    "discovery/facts.py",
    "discovery/rules/__init__.py",
    "discovery/rules/windows.py",
    "discovery/probe",
    "discovery/knowledge",
)
_LIVE: Final = frozenset({"courier.py", "post.py"})
"""What needs a database driver stays at home."""
_STUB: Final = '"""Only what a probe asks for: what a device is gets decided at the main site."""\n'
_MAIN: Final = """from itsm.discovery.probe.remote import libraries

libraries.find()

from itsm.discovery.probe.remote.zipapp import main

main()
"""


# ------------------------------------------------------------------------------------------------ making it
def build(output: Path, *, with_native: bool = False) -> str:
    """Write the file, and with ``with_native`` a folder beside it; return a sentence about both."""
    root = Path(__file__).resolve().parents[3]
    fresh = output.with_name(output.name + ".new")
    with fresh.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, name in sorted(_files(root)):
                text = _STUB if name == "itsm/discovery/knowledge/__init__.py" else path.read_bytes()
                archive.writestr(_entry(name), text)
            archive.writestr(_entry("__main__.py"), _MAIN)
    fresh.chmod(0o755)
    fresh.replace(output)
    said = f"{output} ({output.stat().st_size // 1024} KiB) runs with Python 3.11 or newer."
    if not with_native:
        return (
            said + " SNMP v1 and v2c need nothing else; encrypted SNMPv3 and SSH need cryptography and paramiko there."
        )
    folder = library_of(output)
    shutil.rmtree(folder, ignore_errors=True)
    for name in NATIVE:
        _lay(name, folder)
    (folder / "made-for").write_text(kind_of_machine())
    return f"{said} Carry {folder.name} beside it: SNMPv3 and SSH for {kind_of_machine()}."


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an entry without the time, so that the same sources give the same file."""
    found = zipfile.ZipInfo(name)
    found.compress_type = zipfile.ZIP_DEFLATED
    found.external_attr = 0o644 << 16
    return found


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    for part in _OURS:
        base = root / part
        for path in [base] if base.is_file() else base.rglob("*"):
            if path.is_file() and path.suffix != ".pyc" and not (path.parent.name == "remote" and path.name in _LIVE):
                yield path, f"itsm/{path.relative_to(root).as_posix()}"
    for package in PURE:
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.submodule_search_locations  # noqa: S101 - we depend on them
        folder = Path(next(iter(spec.submodule_search_locations)))
        for path in folder.rglob("*.py"):
            yield path, f"{package}/{path.relative_to(folder).as_posix()}"


def _lay(name: str, folder: Path) -> None:
    found = importlib.metadata.distribution(name)
    for path in found.files or ():
        source = Path(str(found.locate_file(path)))
        if ".." in path.parts or source.suffix == ".pyc" or not source.is_file():
            continue
        target = folder.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


# ------------------------------------------------------------------------------------------------ running it
def settle(home: Home, name: str, house: str | None) -> str:
    """Make a probe that works with files; return its card. Raises Refused for a name or card that is none."""
    if not (name and len(name) <= 30 and all(c.isascii() and (c.islower() or c.isdigit() or c == "-") for c in name)):
        raise Refused("A probe is named by small letters, digits and hyphens, at most 30.")
    known = home.told().get("name")
    if known not in (None, name):
        raise Refused(f"The probe {known} lives in {home.folder} already.")
    keys = home.settle()
    home.tell(name=name)
    if house:
        told = read_card(house)[1]
        home.tell(house={"sign": told.sign, "box": told.box})
    return card(name, keys)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the file's commands."""
    parser = argparse.ArgumentParser(
        prog="itsm-probe", description="The probe of itsm for a site without a connection."
    )
    parser.add_argument("--home", type=Path, default=Path.home() / ".itsm-probe", help="where the keys are kept")
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("init", help="make a probe here, and print its card")
    starting.add_argument("name")
    starting.add_argument("--house", help="the main site's card")
    working = commands.add_parser("run-file", help="work by an order, and write the result")
    working.add_argument("order", type=Path)
    working.add_argument("-o", "--output", type=Path, required=True)
    commands.add_parser("about", help="say what can be read from here")
    given = parser.parse_args(arguments)
    try:
        if given.command == "init":
            print(settle(Home(given.home), given.name, given.house))  # noqa: T201
        elif given.command == "about":
            print("\n".join(about()))  # noqa: T201
        else:
            _work(Home(given.home), given.order, given.output)
    except (Refused, OSError) as error:
        sys.exit(f"itsm-probe: {error}")


def about() -> list[str]:
    """Return what this host lets the probe do."""
    secret = importlib.util.find_spec("cryptography") is not None
    ssh = importlib.util.find_spec("paramiko") is not None
    return [
        f"Python {sys.version.split()[0]}, wire format {envelope.OLDEST} to {envelope.VERSION}",
        "SNMP v1, v2c: yes",
        f"SNMPv3 with encryption: {'yes' if secret else 'no, cryptography is not installed'}",
        f"SSH: {'yes' if ssh else 'no, paramiko is not installed'}",
        f"Signing and sealing: {'by cryptography' if secret else 'by our own code, about 6 s for each MB of results'}",
    ]


def _work(home: Home, order: Path, output: Path) -> None:
    from itsm.discovery.probe.remote.offline import run_file

    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopped.append(number))
    if not run_file(home, order, output, say=lambda _: None, should_stop=lambda: bool(stopped)):
        sys.exit("itsm-probe: stopped before the end. Run it again, and it goes on where it was.")
    print(f"Carry {output} to the main site.")  # noqa: T201
