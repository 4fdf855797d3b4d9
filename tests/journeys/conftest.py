"""One running demonstration for all journeys, a Chromium, and people who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect, sync_playwright

from tests.journeys import product
from tests.journeys.people import CHROMIUM, PATIENCE, Somebody
from tests.journeys.product import Product

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
WIDE: ViewportSize = {"width": 1280, "height": 720}
Enter = Callable[..., Somebody]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as needing a browser, and skip it with a reason where there is none."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(900))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium is installed"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Give the running demonstration company."""
    with product.demonstration(tmp_path_factory.mktemp("demo"), net="127.45.3.0/24") as running:
        yield running


@pytest.fixture
def empty_house(tmp_path: Path) -> Iterator[Product]:
    """Give an installation without anybody; asked for before ``somebody``, it outlives the open pages."""
    with product.empty(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give one browser a module."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def somebody(chromium: Browser) -> Iterator[Enter]:
    """Give ``somebody(product, **context options)``: a new visitor who has not signed in."""
    contexts: list[BrowserContext] = []
    people: list[Somebody] = []

    def visit(where: Product, **options: Any) -> Somebody:
        given: dict[str, Any] = {"viewport": WIDE, "reduced_motion": "reduce", **options}
        contexts.append(chromium.new_context(**given))
        people.append(Somebody(contexts[-1], where.address))
        return people[-1]

    yield visit
    for context in contexts:
        context.close()
    assert [complaint for person in people for complaint in person.complaints] == []


@pytest.fixture(scope="session")
def kept_sign_ins() -> dict[str, Any]:
    """Keep the cookies of who signed in, for the rest of the run."""
    return {}


@pytest.fixture
def enter(demo: Product, somebody: Enter, kept_sign_ins: dict[str, Any]) -> Enter:
    """Give ``enter("amelie")``: that person of the demonstration, signed in (once a run, through the form)."""

    def signed_in(name: str, **options: Any) -> Somebody:
        if name not in kept_sign_ins:
            person = somebody(demo)
            person.sign_in(f"{name}@larkspur.example", demo.sign_ins[name])
            kept_sign_ins[name] = person.page.context.storage_state()
        return somebody(demo, storage_state=kept_sign_ins[name], **options)

    return signed_in
