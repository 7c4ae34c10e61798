"""Logging in, in the browser: what a browser sends of its own accord is what the gate asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from qa import Shelf
from tests.browsing import NEEDS_BROWSER, ZH, browser
from tests.lab import QUESTION, Lab
from tests.served import serving
from ui.passwords import Passwords

pytestmark = NEEDS_BROWSER
__all__ = ["browser"]
PASSWORD = "correct horse 电池"


@pytest.fixture
def shelf(lab: Lab, tmp_path: Path) -> Shelf:
    """A small library, and two who may open its page."""
    shelf = lab.shelf()
    shelf.settings = replace(shelf.settings, password_file=str(tmp_path / "passwords.json"))
    passwords = Passwords(Path(shelf.settings.password_file))
    passwords.put("王芳", PASSWORD, "reader")
    passwords.put("李明", PASSWORD, "editor")
    return shelf


def log_in(page: Page, name: str, password: str) -> None:
    """Fill in the form and send it."""
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")


@pytest.mark.parametrize(("name", "edits"), [("王芳", False), ("李明", True)])
def test_from_a_wrong_password_to_the_way_out(shelf: Shelf, browser: Browser, name: str, edits: bool) -> None:
    with serving(shelf) as served:
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.goto(served.url)
        expect(page).to_have_title(ZH.title)
        log_in(page, name, "wrong password")
        expect(page.get_by_role("alert")).to_have_text(ZH.login_wrong)
        log_in(page, name, PASSWORD)
        expect(page.locator("#yj-account")).to_contain_text(name)
        expect(page.locator("#yj-library")).not_to_contain_text(ZH.library_loading)
        page.fill("#yj-question textarea", QUESTION)
        page.press("#yj-question textarea", "Enter")
        expect(page.locator(".yj-answer")).to_contain_text("7103")
        page.click("#yj-tab-library")
        expect(page.locator("#yj-update")).to_be_visible(visible=edits)
        expect(page.locator("#yj-add")).to_be_visible(visible=edits)
        page.get_by_role("button", name=ZH.logout).click()
        expect(page.locator("input[name=password]")).to_be_visible()
        page.goto(served.url)
        expect(page.locator("input[name=password]")).to_be_visible()
        context.close()


def test_an_upload_may_take_a_papers_place_when_asked(shelf: Shelf, browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    file = tmp_path / "mine" / "alpha.txt"
    file.write_text("光刻胶试点研究\n\n滨江市的光刻胶试点工厂的年产能为8888吨。\n", encoding="utf-8")
    before = (shelf.library.folder / "alpha.txt").read_bytes()
    with serving(shelf) as served:
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.goto(served.url)
        log_in(page, "李明", PASSWORD)
        expect(page.locator("#yj-library")).not_to_contain_text(ZH.library_loading)
        page.click("#yj-tab-library")
        page.set_input_files("#yj-tools input[type=file]", file)
        button = page.get_by_role("button", name=ZH.replace_one.format(file="alpha.txt"))
        expect(button).to_be_visible()
        assert (shelf.library.folder / "alpha.txt").read_bytes() == before
        button.click()
        expect(page.locator("#yj-status")).to_contain_text(ZH.added_one.format(file="alpha.txt"))
        expect(button).to_have_count(0)
        assert (shelf.library.folder / "alpha.txt").read_bytes() == file.read_bytes()
        assert (shelf.library.folder / ".removed" / "alpha.txt").read_bytes() == before
        context.close()
