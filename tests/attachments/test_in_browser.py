"""A real browser that opens, frames and loads attachments in every way runs none of them."""

import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Error, sync_playwright
from werkzeug.serving import make_server

from tests.attachments.test_views import CONTENTS, ENDINGS, sent
from tests.infra.vectors import ATTACKS

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

pytestmark = [
    pytest.mark.browser,
    # The browser breaks off downloads, and the server's threads end with the test.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


@pytest.fixture
def address(app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


LOADERS = (
    "<iframe src='{0}'></iframe><object data='{0}'></object><embed src='{0}'><script src='{0}'></script>"
    "<link rel=stylesheet href='{0}'><img src='{0}' onload='shown.push(1)'><video src='{0}'></video>"
)


def test_chromium_runs_no_attachment(app, sign_in, address: str) -> None:
    ana = sign_in()
    bodies = [*CONTENTS, *(attack.encode("utf-8", "replace") for attack in ATTACKS[::6])]
    urls = []
    for number, body in enumerate(bodies):
        answer = sent(ana, body, f"file{number}.{ENDINGS[number % len(ENDINGS)]}")
        urls.append(answer.json["attachments"][0]["url"])
    assert ana.get(urls[0], buffered=True).data == CONTENTS[0]
    dialogs: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(accept_downloads=True)
        cookie = ana.get_cookie("itsm")
        context.add_cookies([{"name": "itsm", "value": cookie.value, "url": address}])
        page = context.new_page()
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        downloads: list[str] = []
        page.on("download", lambda download: downloads.append(download.url))
        for url in urls[:25]:
            # Opened by itself, the browser saves it and stays where it is.
            with page.expect_download(), pytest.raises(Error, match=r"Download is starting|ERR_ABORTED"):
                page.goto(address + url)
        assert downloads == [address + url for url in urls[:25]]
        host = "<script>hits=[];shown=[];alert=x=>hits.push(x)</script>" + "".join(LOADERS.format(url) for url in urls)
        page.route(f"{address}/host", lambda route: route.fulfill(content_type="text/html", body=host))
        page.goto(f"{address}/host", wait_until="load")
        page.wait_for_timeout(300)
        hits = page.evaluate("hits")
        browser.close()
    assert (dialogs, hits) == ([], [])


def test_the_browser_would_notice(address: str) -> None:
    """The same page does run a script, and does show a picture, that is served without our walls."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        host = "<script>hits=[];shown=[];alert=x=>hits.push(x)</script>" + LOADERS.format("/bare")
        page.route(f"{address}/host", lambda route: route.fulfill(content_type="text/html", body=host))
        page.route(f"{address}/bare", lambda route: route.fulfill(content_type="text/javascript", body="alert(1)"))
        page.goto(f"{address}/host", wait_until="load")
        hits = page.evaluate("hits")
        browser.close()
    assert hits == [1]
