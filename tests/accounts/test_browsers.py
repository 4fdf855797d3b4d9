"""What browsers call themselves, in words."""

import pytest

from itsm.accounts.views.browsers import browser_words

AGENTS = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36": (
        "Chrome on Linux"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0": (
        "Edge on Windows"
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15": (
        "Safari on macOS"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 FxiOS/132.0 Mobile Safari/605": (
        "Firefox on iPhone"
    ),
    "curl/8.9.1": "curl",
    "tests": "",
    "": "",
}


@pytest.mark.parametrize(("user_agent", "words"), AGENTS.items())
def test_a_browser_is_called_what_its_owner_calls_it(app, user_agent, words):
    with app.test_request_context():
        assert browser_words(user_agent) == words
