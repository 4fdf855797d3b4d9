"""Pictures made anew for showing inside a page, kept beside the store so that each is made once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from itsm.attachments.models import Attachment
from itsm.attachments.services.uploads import file_store
from itsm.infra.media import PictureError, preview
from itsm.kernel.errors import NotFound

SIDES = {"thumbnail": 320, "large": 1600}


def preview_of(attachment: Attachment, size: str) -> tuple[bytes, str]:
    """Return the picture encoded anew and its media type; raises NotFound where there is none to show.

    A lost or half-written copy does no harm: it is made again from the file.
    """
    if size not in SIDES or not attachment.is_picture:
        raise NotFound("There is no preview of this file; download it instead.")
    store = file_store()
    kept = _place(attachment.sha256, size)
    if kept.is_file():
        picture = kept.read_bytes()
        return picture, "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
    try:
        with store.open(attachment.sha256) as source:
            picture, media_type = preview(source, side=SIDES[size])
    except PictureError as error:
        raise NotFound(str(error)) from error
    _keep(kept, picture)
    return picture, media_type


def forget(names: Iterable[str]) -> None:
    """Delete the copies made of files that are gone."""
    for name in names:
        for size in SIDES:
            _place(name, size).unlink(missing_ok=True)


def _place(sha256: str, size: str) -> Path:
    return file_store().root / "previews" / f"{sha256}-{size}"


def _keep(path: Path, picture: bytes) -> None:
    path.parent.mkdir(exist_ok=True, mode=0o700)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    try:
        draft.write_bytes(picture)
        draft.replace(path)
    except OSError:  # a full disk: the picture is shown nevertheless
        draft.unlink(missing_ok=True)
