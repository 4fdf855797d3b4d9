"""Downloads are saved, never shown; pictures are shown only as made anew; who may not read finds nothing."""

import gc
import io
import re

import pytest
from PIL import Image

from itsm.attachments.services import uploads
from itsm.infra.settings import load
from tests.attachments.conftest import THING
from tests.infra.vectors import ATTACKS

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
CONTENTS = [
    HTML, SVG, b"GIF89a/*" + HTML + b"*/=1;", b"%PDF-1.7\n" + HTML, b"\xff\xd8\xff\xe0" + HTML,
    b"\x89PNG\r\n\x1a\n" + HTML,
    b"PK\x03\x04" + HTML, b"MZ" + HTML, b"#!/bin/sh\nid", b"<?php system($_GET[0]);", b"<?xml version='1.0'?>" + SVG,
    b"\xef\xbb\xbf" + HTML, HTML.decode().encode("utf-16"), b"+ADw-script+AD4-", b"", b"\0" * 100, b"%!PS", b"{}",
    b"<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>", b"\x1f\x8b\x08" + HTML,
    b"Content-Type: text/html\r\n\r\n" + HTML, b"alert(1)", b"body{}", b"RIFF\0\0\0\0WEBP" + HTML, b"BM" + HTML,
]  # fmt: skip
ENDINGS = (  # noqa: SIM905 - readable so
    "html htm xhtml xht shtml svg svgz xml xsl xslt php phtml pht phar php5 phps asp aspx ashx jsp jspx cgi pl "
    "py sh bat cmd ps1 exe scr com dll msi vbs js mjs json css swf jar hta lnk url webarchive mht mhtml eml "
    "pdf docm xlsm doc zip png jpg gif webp bmp ico tif txt csv log htaccess config ini key pem "
).split()
NAMES = [
    *(f"file.{ending}" for ending in ENDINGS),
    *(f"photo.png.{ending}" for ending in ENDINGS[:20]),
    *(f"x.{ending}.png" for ending in ENDINGS[:10]),
    "a.html\0.png", "a.png;.html", "a.html ", "a.html.", "a.html::$DATA", "a.HTML", ".htaccess", "web.config", "CON",
    "../../etc/passwd", "..\\..\\x.html", "/etc/passwd", 'a".html', "a;b.html",
    "a'b.html",
    "a%0d%0ab.html", "a\u2028b.html", "evil\u202elmth.png", "=cmd|calc", "🙂.html", "é" * 400 + ".html", "a" * 400,
    "a/b\\c.html", '"; filename="evil.html', "filename*=utf-8''evil.html", "''",
    " ", "\t",
]  # fmt: skip


def sent(browser, content: bytes, name: str = "note.txt"):
    return browser.post("/attachments", data={"files": (io.BytesIO(content), name)})


def fetched(browser, path: str, **headers: str):
    """Return a whole answer, its file closed."""
    return browser.get(path, headers=headers, buffered=True)


def png(size: tuple[int, int] = (900, 600), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG", **options)
    return out.getvalue()


def test_an_upload_answers_with_what_the_form_needs(app, sign_in) -> None:
    ana = sign_in()
    answer = ana.post("/attachments", data={"files": [(io.BytesIO(b"one"), "a.txt"), (io.BytesIO(png()), "b.png")]})
    assert answer.status_code == 201
    first, second = answer.json["attachments"]
    assert (first["name"], first["size"], first["media_type"], first["thumbnail"]) == ("a.txt", 3, "text/plain", None)
    assert second["thumbnail"] == f"/attachments/{second['id']}/thumbnail"
    got = fetched(ana, first["url"])
    assert (got.status_code, got.data) == (200, b"one")


def test_every_name_and_content_is_saved_and_never_shown(app, sign_in) -> None:
    ana = sign_in()
    pairs = [(name, CONTENTS[number % len(CONTENTS)]) for number, name in enumerate(NAMES)]
    pairs += [("file.html", content) for content in CONTENTS]
    pairs += [(f"{number}.html", attack.encode("utf-8", "replace")) for number, attack in enumerate(ATTACKS[:40])]
    assert len(pairs) > 150
    for name, content in pairs:
        answer = sent(ana, content, name)
        assert answer.status_code == 201, name
        assert len(answer.json["attachments"]) == 1, (name, content)
        (described,) = answer.json["attachments"]
        got = fetched(ana, described["url"])
        assert (got.status_code, got.data) == (200, content)
        headers = got.headers
        assert re.match(r"attachment; filename", headers["Content-Disposition"]), name
        assert "\r" not in headers["Content-Disposition"]
        assert "\n" not in headers["Content-Disposition"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["Cache-Control"] == "private, no-cache"
        assert not re.search(r"html|xml|svg|script|php", headers["Content-Type"]), (name, headers["Content-Type"])
        assert headers.getlist("Content-Type") == [headers["Content-Type"]]
        shown = fetched(ana, f"/attachments/{described['id']}/thumbnail")
        assert (shown.status_code, described["thumbnail"]) == (404, None), name


def test_a_torn_part_is_no_file(app, sign_in) -> None:
    ana = sign_in()
    for answer in (sent(ana, b"x", "a\r\nContent-Type: text/html\r\n\r\n<script>"), ana.post("/attachments")):
        assert answer.status_code == 422


def test_a_picture_is_shown_as_made_anew(app, sign_in) -> None:
    ana = sign_in()
    original = png() + b"<script>PLANTED</script>"
    number = sent(ana, original, "scan.png").json["attachments"][0]["id"]
    for size, side in (("thumbnail", 320), ("large", 900)):
        first, again = (fetched(ana, f"/attachments/{number}/{size}") for _ in range(2))
        assert (first.status_code, first.mimetype) == (200, "image/jpeg")
        assert first.data == again.data
        assert b"PLANTED" not in first.data
        assert first.headers["X-Content-Type-Options"] == "nosniff"
        assert first.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        with Image.open(io.BytesIO(first.data)) as shown:
            assert max(shown.size) == side
        unchanged = fetched(ana, f"/attachments/{number}/{size}", **{"If-None-Match": first.headers["ETag"]})
        assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert fetched(ana, f"/attachments/{number}/huge").status_code == 404


def test_rights_are_asked_again_for_what_the_browser_has(app, work, sign_in, things) -> None:
    ana, ben = sign_in(), sign_in()
    number = sent(ana, png(), "scan.png").json["attachments"][0]["id"]
    with work(ana.actor):
        uploads.claim(ana.actor, [number], things.open_to(5, ana, ben))
    address = f"/attachments/{number}/thumbnail"
    etag = ben.get(address).headers["ETag"]
    assert ben.get(address, headers={"If-None-Match": etag}).status_code == 304
    things.open_to(5, ana)
    assert ben.get(address, headers={"If-None-Match": etag}).status_code == 404
    assert ben.get(f"/attachments/{number}").status_code == 404
    assert fetched(ana, f"/attachments/{number}").status_code == 200


def test_strangers_find_nothing_and_visitors_are_asked_to_sign_in(app, sign_in, anonymous) -> None:
    ana, ben = sign_in(), sign_in()
    number = sent(ana, b"secret").json["attachments"][0]["id"]
    for path in (f"/attachments/{number}", f"/attachments/{number}/thumbnail", "/attachments/999999"):
        assert ben.get(path).status_code == 404
        answer = anonymous.get(path)
        assert (answer.status_code, answer.location.startswith("/sign-in")) == (303, True)
        assert b"secret" not in answer.data
    assert anonymous.post("/attachments", data={"files": (io.BytesIO(b"x"), "x")}).status_code in {302, 303, 401, 403}


@pytest.mark.parametrize("path", ["/attachments/-1", "/attachments/x", "/attachments/1/../2", "/attachments/1e3"])
def test_what_is_no_number_is_not_found(app, sign_in, path) -> None:
    assert sign_in().get(path).status_code in {404, 308}


def test_a_number_beyond_the_database_is_not_found(app, sign_in) -> None:
    assert sign_in().get("/attachments/99999999999999999999999").status_code == 404


def test_a_file_beyond_the_limit_is_refused_whole(app, sign_in, monkeypatch) -> None:
    with app.app_context():
        store = uploads.file_store()
    assert store.max_bytes == load(data_dir="x").upload_limit_mb * 1024 * 1024
    monkeypatch.setattr(store, "max_bytes", 1000)
    ana, before = sign_in(), set(store.names())
    answer = sent(ana, b"x" * 1001, "big.bin")
    assert answer.status_code == 413
    assert b"larger than this installation allows" in answer.data
    assert (set(store.names()), list((store.root / "incoming").iterdir())) == (before, [])


def test_a_lost_file_is_told_not_a_crash(app, sign_in) -> None:
    ana = sign_in()
    described = sent(ana, b"soon lost forever").json["attachments"][0]
    with app.app_context():
        store = uploads.file_store()
        for name in store.names():
            if store.path(name).read_bytes() == b"soon lost forever":
                store.path(name).unlink()
    assert fetched(ana, described["url"]).status_code == 404


def test_parts_of_a_file_can_be_asked_for(app, sign_in) -> None:
    ana = sign_in()
    url = sent(ana, b"0123456789").json["attachments"][0]["url"]
    part = fetched(ana, url, Range="bytes=2-4")
    assert (part.status_code, part.data) == (206, b"234")
    assert part.headers["Content-Disposition"].startswith("attachment")


def test_no_answer_leaves_the_file_open(app, sign_in) -> None:
    """A file left open shows as a warning, which is an error here."""
    ana = sign_in()
    url = sent(ana, b"0123456789").json["attachments"][0]["url"]
    etag = fetched(ana, url).headers["ETag"]
    unchanged = fetched(ana, url, **{"If-None-Match": etag})
    beyond = fetched(ana, url, Range="bytes=50-60")
    head = ana.head(url, buffered=True)
    assert (unchanged.status_code, beyond.status_code, head.status_code) == (304, 416, 200)
    del unchanged, beyond, head
    gc.collect()


def test_nothing_but_its_owner_room_decides(app, sign_in, work, things) -> None:
    ana = sign_in()
    number = sent(ana, b"x").json["attachments"][0]["id"]
    with work(ana.actor):
        uploads.claim(ana.actor, [number], things.open_to(9, ana))
    things.readers.clear()
    assert fetched(ana, f"/attachments/{number}").status_code == 404
    assert THING == "test_thing"
