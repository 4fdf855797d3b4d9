"""The German catalogue: every text of code and templates has words, with the same placeholders, and what is compiled is
what is written."""

import importlib.util
import io
import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("translations", ROOT / "tools" / "translations.py")
assert spec is not None
assert spec.loader is not None
translations = importlib.util.module_from_spec(spec)
spec.loader.exec_module(translations)

FOLDER = ROOT / "itsm" / "translations" / "de" / "LC_MESSAGES"
MAY_WAIT = 40
"""So many texts may wait for a translator while features are built; `make translations` says which."""


@pytest.fixture(scope="module")
def german():
    return read_po(io.BytesIO((FOLDER / "messages.po").read_bytes()), locale="de")


def test_every_text_has_german_words(german):
    asked = [one for one in translations.extracted() if one.id]
    assert len(asked) > 1000
    bare = [
        one.id
        for one in asked
        if (found := german.get(one.id, one.context)) is None or not all(translations._forms(found.string))
    ]
    assert len(bare) <= MAY_WAIT, bare


def test_the_placeholders_are_the_same(german):
    for message in german:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        wanted = set(re.findall(r"%\(\w+\)[sd]", " ".join(ids)))
        for form in translations._forms(message.string):
            if message.id and form:
                assert (message.id, set(re.findall(r"%\(\w+\)[sd]", form))) == (message.id, wanted)


def test_what_is_compiled_is_what_is_written(german):
    compiled = read_mo(io.BytesIO((FOLDER / "messages.mo").read_bytes()))
    written = {_key(m): translations._forms(m.string) for m in german if m.id and all(translations._forms(m.string))}
    assert {_key(m): translations._forms(m.string) for m in compiled if m.id} == written


def _key(message):
    return message.id if isinstance(message.id, str) else message.id[0]


def test_a_german_reader_gets_german_pages(sign_in):
    browser = sign_in(language="de", name="Ana")
    page = browser.get("/profile").text
    assert ('lang="de"' in page, "Mein Profil speichern" in page, "Save my profile" in page) == (True, True, False)


def test_a_visitor_gets_the_language_of_his_browser(anonymous):
    german = anonymous.get("/forgot", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}).text
    french = anonymous.get("/forgot", headers={"Accept-Language": "fr"}).text
    assert ("Link zusenden" in german, "Send me a link" in french) == (True, True)
