"""The chat page in Debian's Chromium: fixtures and what the tests of the page do on it.

Whoever opens a page by `open_page` also proves that the browser asked no other host for anything.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from qa import Shelf
from tests.served import free_port
from ui.serve import serve_page
from ui.words import WORDS, Words

CHROMIUM = shutil.which("chromium")
NEEDS_BROWSER = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")

NOWHERE = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}
"""A proxy that is not there, for every host but this one: what is asked of another is not sent."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ZH, EN = WORDS["zh"], WORDS["en"]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Of the module only: while Playwright runs, no other test could start an event loop."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, proxy=NOWHERE)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Serves a shelf on a free port and opens its page, until its first event is through, in a browser of the
    language of `words` and with further `options` of a browser context; closes all at the end.

    Requests to another host are not sent but recorded, and so is every error of a script: there must be none. They
    are watched and not led through here one by one, which would cost each a step of Python and the browser's cache.
    """
    closing: list[Callable[[], Any]] = []
    outward: list[str] = []
    broken: list[str] = []

    def start(shelf: Shelf, width: int = 1280, words: Words = ZH, path: str = "", **options: Any) -> Page:
        served = serve_page(shelf, port=free_port())
        closing.append(served.close)
        here = urlsplit(served.url).netloc

        def watch(request: Request) -> None:
            address = urlsplit(request.url)
            if address.scheme not in ("data", "blob", "about") and address.netloc != here:
                outward.append(request.url)

        settings = {"locale": "zh-CN" if words is ZH else "en-GB", **options}
        context = browser.new_context(viewport={"width": width, "height": 800}, **settings)
        context.set_default_timeout(60_000)
        closing.append(context.close)
        context.on("request", watch)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("websocket", lambda socket: outward.append(socket.url))
        page.goto(urljoin(served.url, path))
        expect(page.locator("#yj-library")).not_to_contain_text(ZH.library_loading)
        expect(page.locator("#yj-send")).to_have_text(words.ask)
        return page

    expect.set_options(timeout=60_000)
    yield start
    for close in reversed(closing):
        close()
    assert outward == []
    assert broken == []


def ask(page: Page, question: str) -> None:
    """Type a question, press Enter, and wait until something came of it."""
    turns = page.locator(".yj-turn").count()
    page.fill("#yj-question textarea", question)
    page.press("#yj-question textarea", "Enter")
    expect(page.locator(".yj-turn")).to_have_count(turns + 1)
    expect(page.locator(".yj-working")).to_have_count(0)


def upload(page: Page, *files: Path) -> None:
    """Choose files with the upload button."""
    page.click("#yj-tab-library")
    page.set_input_files("#yj-tools input[type=file]", files)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
