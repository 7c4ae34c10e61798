"""How soon the page is seen: `python -m tests.bench.paint`, on the five papers, in Chromium.

First paint (the first content that the browser shows) and when questions can be asked, medians of several visits with
an empty cache; and the first paint of a page of one word from the same server, which is what the machine can do.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from corpus.library import Library
from corpus.settings import Settings
from indexer.store import IndexStore
from qa import Shelf
from tests.browsing import ARGUMENTS, CHROMIUM
from tests.conftest import PAPERS, WordEncoder
from tests.served import free_port
from ui.serve import serve_page

VISITS = 9
_PAINTED = """() => new Promise((done) => {
  const seen = () => performance.getEntriesByName('first-contentful-paint')[0];
  const look = () => seen() ? done(seen().startTime) : setTimeout(look, 10);
  look();
})"""


def visit(browser: Browser, url: str, ready: str) -> tuple[float, float]:
    """Milliseconds to the first paint and to `ready`, a CSS selector, on a visit with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(ready)
    asked = float(page.evaluate("performance.now()"))
    painted = float(page.evaluate(_PAINTED))
    context.close()
    return painted, asked


def main() -> None:
    """Print the medians."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shelf = Shelf(Library(PAPERS), IndexStore(Path(folder) / "index"), Settings(), WordEncoder())
        shelf.update()
        served = serve_page(shelf, port=free_port())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        visits = [
            (visit(browser, served.url, ".yj-scope"), visit(browser, f"{served.url}health", "body"))
            for _ in range(VISITS)
        ]
        browser.close()
        served.close()
    painted, asked, least = (median(times) for times in zip(*((p, a, h) for (p, a), (h, _) in visits), strict=True))
    print(f"first paint {painted:.0f} ms, ready to be asked {asked:.0f} ms; a page of one word {least:.0f} ms")


if __name__ == "__main__":
    main()
