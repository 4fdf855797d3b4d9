"""What a file really is, and pictures made anew for showing inside a page.

A sniffed type is a hint for people: downloads are always attachments. Only pictures that this module decoded
and encoded again are ever shown inline, so nothing hidden in the original reaches a browser.
"""

import io
import warnings
from pathlib import Path
from typing import BinaryIO

import filetype
from PIL import Image, ImageOps, UnidentifiedImageError

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
RASTER_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
KNOWN_TYPES = frozenset({
    *RASTER_FORMATS,
    "application/pdf", "application/zip", "application/gzip", "application/x-tar",
    "application/x-7z-compressed",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
    "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    "video/mp4", "video/webm", "video/quicktime", "audio/mpeg", "audio/ogg", "audio/x-wav",
})  # fmt: skip
MAX_PIXELS = 40_000_000
_HEAD = 8192
_BROKEN = (
    Image.DecompressionBombError, UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError,
    EOFError, IndexError, TypeError,
)  # fmt: skip


class PictureError(Exception):
    """The picture is broken, too large to decode, or of a kind that is not shown."""


def sniff(path: Path) -> str:
    """Return the media type of a file by its content; a listed one, text/plain, or UNKNOWN.

    A file that starts like a picture but does not decode as one, or would need more than MAX_PIXELS, is
    UNKNOWN: it is kept, but no preview is offered.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    kind = filetype.guess(head)
    if kind is None:
        return TEXT if _is_text(head) else UNKNOWN
    if kind.mime in RASTER_FORMATS:
        return kind.mime if _is_sound_picture(path, RASTER_FORMATS[kind.mime]) else UNKNOWN
    return kind.mime if kind.mime in KNOWN_TYPES else UNKNOWN


def preview(source: BinaryIO, *, side: int) -> tuple[bytes, str]:
    """Return the picture encoded anew to fit a square of `side` pixels, and its media type.

    JPEG for what has no transparency, else PNG; upright, first frame only, without any metadata. Raises
    PictureError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(source, formats=list(RASTER_FORMATS.values())) as picture:
                _demand_decodable(picture)
                picture.draft("RGB", (side, side))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((side, side))
                return _encoded(upright)
    except _BROKEN as error:
        raise PictureError("The picture is broken and cannot be shown; download it instead.") from error


def _encoded(picture: Image.Image) -> tuple[bytes, str]:
    out = io.BytesIO()
    clear = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    fresh = picture.convert("RGBA" if clear else "RGB")
    fresh.info.clear()
    if clear:
        fresh.save(out, "PNG", optimize=True)
        return out.getvalue(), "image/png"
    fresh.save(out, "JPEG", quality=85)
    return out.getvalue(), "image/jpeg"


def _demand_decodable(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureError(f"The picture has {width} × {height} pixels, too many to show; download it instead.")


def _is_sound_picture(path: Path, kind: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=[kind]) as picture:
                _demand_decodable(picture)
                picture.verify()
    except (PictureError, *_BROKEN):
        return False
    return True


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may be cut by the end of what was read.
        return len(head) == _HEAD and error.start > _HEAD - 4
    return True
