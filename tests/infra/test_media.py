"""Sniffing is a hint; pictures shown inline are always made anew."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from itsm.infra.media import MAX_PIXELS, TEXT, UNKNOWN, PictureError, preview, sniff


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, options.pop("color", None)).save(out, kind, **options)
    return out.getvalue()


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


def sniffed(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "file"
    path.write_bytes(content)
    return sniff(path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", TEXT),
        (b"hello", TEXT),
        ("grüße ✓".encode(), TEXT),
        (b"a" * 8191 + "é".encode(), TEXT),
        (b"\xff\xfe\x00bad", UNKNOWN),
        (b"nul\0byte", UNKNOWN),
        (b"caf\xe9 latin", UNKNOWN),
        (b"<html><script>alert(1)</script>", TEXT),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', TEXT),
        (b"<?xml version='1.0'?><x/>", TEXT),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"MZ" + b"\0" * 100, UNKNOWN),
        (b"\x7fELF" + b"\0" * 100, UNKNOWN),
        (zipped(a="b"), "application/zip"),
        (b"\x1f\x8b\x08" + b"\0" * 20, "application/gzip"),
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (picture("BMP"), UNKNOWN),
        (picture("TIFF"), UNKNOWN),
        (picture("PNG")[:-20], UNKNOWN),
        (b"\x89PNG\r\n\x1a\n", UNKNOWN),
        (b"GIF89a<script>alert(1)</script>", UNKNOWN),
        (b"\xff\xd8\xff\xe0 not a photograph", UNKNOWN),
        (png_claiming(50_000, 50_000), UNKNOWN),
        (png_claiming(7_000, 6_000), UNKNOWN),
        (png_claiming(0, 0), UNKNOWN),
    ],
)
def test_the_content_decides_the_type(tmp_path: Path, content: bytes, kind: str) -> None:
    assert sniffed(tmp_path, content) == kind


def test_a_preview_fits_and_is_a_new_picture() -> None:
    made, kind = preview(io.BytesIO(picture("PNG", size=(3000, 1500))), side=400)
    with Image.open(io.BytesIO(made)) as small:
        assert (kind, small.format, small.size) == ("image/jpeg", "JPEG", (400, 200))


def test_a_small_picture_is_not_blown_up() -> None:
    made, _ = preview(io.BytesIO(picture("PNG", size=(30, 20))), side=400)
    with Image.open(io.BytesIO(made)) as small:
        assert small.size == (30, 20)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_stays(mode: str) -> None:
    made, kind = preview(io.BytesIO(picture("PNG", mode)), side=100)
    with Image.open(io.BytesIO(made)) as small:
        assert (kind, small.mode, small.getpixel((5, 5))) == ("image/png", "RGBA", (0, 0, 0, 0))


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "CMYK"), ("PNG", "1"), ("PNG", "P"), ("PNG", "I;16"), ("GIF", "L")]
)
def test_rare_colour_modes_are_shown(kind: str, mode: str) -> None:
    made, made_kind = preview(io.BytesIO(picture(kind, mode)), side=100)
    assert (made_kind, made[:3]) == ("image/jpeg", b"\xff\xd8\xff")


def test_nothing_hidden_in_the_original_reaches_the_preview() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>PLANTED</script>")
    exif = Image.Exif()
    exif[0x010E] = "PLANTED place of the photograph"
    originals = [
        picture("PNG", pnginfo=notes) + b"<script>PLANTED</script>",
        picture("JPEG", exif=exif, comment=b"PLANTED") + b"PLANTED",
        picture("PNG", "RGBA", pnginfo=notes),
        picture("GIF", comment=b"PLANTED"),
        picture("WEBP", exif=exif, icc_profile=b"PLANTED"),
    ]
    for original in originals:
        assert b"PLANTED" in original
        assert b"PLANTED" not in preview(io.BytesIO(original), side=100)[0]


def test_the_turn_of_a_phone_photograph_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made, _ = preview(io.BytesIO(picture("JPEG", size=(60, 40), exif=exif)), side=100)
    with Image.open(io.BytesIO(made)) as small:
        assert small.size == (40, 60)


def test_a_moving_picture_shows_its_first_frame() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    made, _ = preview(io.BytesIO(out.getvalue()), side=20)
    with Image.open(io.BytesIO(made)) as small:
        red, green, blue = small.getpixel((10, 10))
        assert (red > 200, green < 60, blue < 60) == (True, True, True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        png_claiming(50_000, 50_000),
        png_claiming(7_000, 6_000),
        picture("BMP"),
        picture("TIFF"),
        picture("PNG")[:60],
        picture("JPEG", size=(500, 500))[:400],
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    ],
)
def test_what_is_broken_too_large_or_unwanted_is_refused(content: bytes) -> None:
    with pytest.raises(PictureError, match="download it instead"):
        preview(io.BytesIO(content), side=100)


def test_the_bound_on_pixels_leaves_room_for_a_camera() -> None:
    assert 8_000 * 4_500 <= MAX_PIXELS < 7_000 * 6_000
