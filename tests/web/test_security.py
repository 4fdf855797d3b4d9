"""Headers that every answer carries, unless the view said otherwise."""

import pytest

from itsm.web.security import HEADERS
from tests.people import Browser


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/sign-in", "no-store"),
        ("/healthz", "no-store"),
        ("/static/css/app.css", "no-cache"),
        ("/static/css/app.css?v=1", "public, max-age=31536000, immutable"),
    ],
)
def test_every_answer_says_what_browsers_may_do(anonymous: Browser, path: str, kept: str) -> None:
    with anonymous.get(path) as answer:
        headers = answer.headers
    assert {name: headers.getlist(name) for name in HEADERS} == {name: [value] for name, value in HEADERS.items()}
    assert headers.getlist("Cache-Control") == [kept]
    assert headers.getlist("Strict-Transport-Security") == []
