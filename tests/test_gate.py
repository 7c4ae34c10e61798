"""Who comes in at the server's doors, and what for: hosts, sites, passwords, roles, sizes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from corpus.errors import AddressOpen, PasswordsDamaged, PasswordWeak, UserUnknown
from corpus.settings import Settings
from qa import Shelf
from tests.lab import Lab
from tests.served import Visit, free_port, serving
from ui.gate import COOKIE
from ui.passwords import Passwords, User
from ui.serve import Served, serve_page
from ui.sessions import FAILURES_OF_ADDRESS, Sessions, Visitor

PASSWORD = "correct horse 电池"


@pytest.fixture
def shelf(lab: Lab, tmp_path: Path) -> Shelf:
    """A small library, indexed; its password file, not there yet, lies beside it."""
    shelf = lab.shelf()
    shelf.settings = replace(Settings(), password_file=str(tmp_path / "passwords.json"), upload_megabytes=2)
    return shelf


@pytest.fixture
def passwords(shelf: Shelf) -> Passwords:
    """A reader and an editor who may open the page."""
    passwords = Passwords(Path(shelf.settings.password_file))
    passwords.put("reader", PASSWORD, "reader")
    passwords.put("编辑", PASSWORD + "!", "editor")
    return passwords


@pytest.fixture
def served(shelf: Shelf) -> Iterator[Served]:
    """The page without passwords, unless the test has set some before."""
    with serving(shelf) as served:
        yield served


def client(served: Served) -> httpx.Client:
    """A new visitor."""
    return httpx.Client(base_url=served.url, timeout=30)


def log_in(client: httpx.Client, name: str, password: str, then: str = "") -> httpx.Response:
    """Send the form."""
    return client.post("/login", data={"name": name, "password": password, "then": then})


# Addresses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_elsewhere_than_here_nothing_is_served_without_a_password(shelf: Shelf, host: str) -> None:
    with pytest.raises(AddressOpen, match="yinju password NAME"):
        serve_page(shelf, host=host, port=free_port())


def test_with_a_password_it_is(shelf: Shelf, passwords: Passwords) -> None:
    served = serve_page(shelf, host="0.0.0.0", port=free_port())
    try:
        here = f"http://127.0.0.1:{httpx.URL(served.url).port}"
        assert httpx.get(here).status_code == 303
        assert httpx.get(here, headers={"host": "library.example"}).status_code == 303
    finally:
        served.close()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.2", "[::2]", "localhost.", "a@b", "["]
)
def test_a_page_for_this_machine_answers_to_no_other_name(served: Served, host: str) -> None:
    """As a name of somebody else's that has been pointed at this machine (DNS rebinding)."""
    with client(served) as visitor:
        assert visitor.get("/", headers={"host": host}).status_code in (400, 421)
        assert visitor.get("/health", headers={"host": host}).status_code in (400, 421)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_no_other_sites_page_can_change_anything(served: Served, headers: dict[str, str]) -> None:
    with client(served) as visitor:
        for path in ("/gradio_api/upload", "/gradio_api/queue/join", "/login", "/logout"):
            assert visitor.post(path, headers=headers, content=b"{}").status_code == 403
        here = str(visitor.base_url).rstrip("/")
        assert visitor.post("/gradio_api/queue/join", headers={"origin": here}, content=b"{}").status_code == 422


def test_whoever_speaks_websocket_is_sent_away(served: Served) -> None:
    with client(served) as visitor:
        asked = {
            "upgrade": "websocket",
            "connection": "upgrade",
            "sec-websocket-key": "x" * 22,
            "sec-websocket-version": "13",
        }
        assert visitor.get("/gradio_api/queue/data", headers=asked).status_code in (400, 403, 404, 422, 426)


# Passwords -----------------------------------------------------------------------------------------------------------


def test_the_file_holds_salted_hashes_for_its_owners_eyes_only(passwords: Passwords) -> None:
    text = passwords.file.read_text(encoding="utf-8")
    assert PASSWORD not in text
    stored = json.loads(text)
    assert {name: user["role"] for name, user in stored.items()} == {"reader": "reader", "编辑": "editor"}
    assert all(user["hash"].startswith("$argon2id$") for user in stored.values())
    assert passwords.file.stat().st_mode & 0o777 == 0o600
    before = passwords.users()["reader"].hash
    passwords.put("reader", PASSWORD, "reader")
    assert passwords.users()["reader"].hash != before  # the same password under another salt


def test_a_password_is_known_again_and_no_other(passwords: Passwords) -> None:
    assert passwords.check("reader", PASSWORD) == passwords.users()["reader"]
    wrong = [("reader", PASSWORD + " "), ("reader", ""), ("nobody", PASSWORD), ("", ""), ("编辑", PASSWORD)]
    for name, password in (*wrong, ("reader", "x" * 10**6)):
        assert passwords.check(name, password) is None


@pytest.mark.parametrize("password", ["", "short", "123456789", "long-enough-name", "x" * 1001])
def test_a_weak_password_is_refused(passwords: Passwords, password: str) -> None:
    with pytest.raises(PasswordWeak, match="10"):
        passwords.put("long-enough-name", password, "reader")
    assert "long-enough-name" not in passwords.users()


def test_who_is_removed_is_gone(passwords: Passwords) -> None:
    passwords.remove("reader")
    assert list(passwords.users()) == ["编辑"]
    with pytest.raises(UserUnknown, match="编辑"):
        passwords.remove("reader")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"li": {}}', '{"li": {"role": "owner", "hash": "x"}}', '{"li": "x"}'])
def test_a_damaged_file_lets_nobody_in(shelf: Shelf, text: str) -> None:
    file = Path(shelf.settings.password_file)
    with serving(shelf) as served, client(served) as visitor:
        assert visitor.get("/").status_code == 200
        file.write_text(text, encoding="utf-8")
        assert visitor.get("/").status_code == 303
        assert log_in(visitor, "li", "x").status_code == 503
        assert visitor.post("/gradio_api/queue/join", content=b"{}").status_code == 401
    with pytest.raises(PasswordsDamaged, match="yinju password"):
        serve_page(shelf, port=free_port())


# Logging in ----------------------------------------------------------------------------------------------------------


def test_who_is_not_logged_in_gets_the_form_and_nothing_else(passwords: Passwords, served: Served) -> None:
    with client(served) as visitor:
        assert visitor.get("/").headers["location"] == "/login"
        for path in ("/config", "/theme.css", "/assets/index.js", "/gradio_api/queue/data?session_hash=x"):
            assert visitor.get(path).status_code == 401
        form = visitor.get("/login", headers={"accept-language": "en-GB"})
        assert (form.status_code, "Log in" in form.text, "<script" in form.text) == (200, True, False)
        assert "登录" in visitor.get("/login", headers={"accept-language": "zh-CN"}).text
        assert visitor.get("/health").json() == {"status": "ok"}
        assert log_in(visitor, "reader", "wrong password").status_code == 401
        assert COOKIE not in visitor.cookies
        entered = log_in(visitor, "reader", PASSWORD)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert visitor.get("/").status_code == 200
        token = visitor.cookies[COOKIE]
        assert visitor.post("/logout").status_code == 303
        visitor.cookies.set(COOKIE, token)
        assert visitor.get("/").status_code == 303


def test_after_logging_in_one_comes_to_the_answer_that_was_linked_and_nowhere_else(
    passwords: Passwords, served: Served
) -> None:
    with client(served) as visitor:
        sent = visitor.get("/?answer=0123456789abcdef").headers["location"]
        assert sent == "/login?then=0123456789abcdef"
        assert 'value="0123456789abcdef"' in visitor.get(sent).text
        assert (
            log_in(visitor, "reader", PASSWORD, "0123456789abcdef").headers["location"] == "/?answer=0123456789abcdef"
        )
        for then in ("//evil.example", "https://evil.example", '"><script>', "0123456789abcdef\r\nx: y"):
            assert log_in(visitor, "reader", PASSWORD, then).headers["location"] == "/"
        assert "<script>" not in visitor.get("/login", params={"then": '"><script>alert(1)</script>'}).text


def test_a_made_up_cookie_opens_nothing(passwords: Passwords, served: Served) -> None:
    with client(served) as visitor:
        for token in ("", "x", "a" * 43, "../../etc/passwd", "é"):
            assert visitor.get("/", headers={"cookie": f"{COOKIE}={token}".encode()}).status_code == 303


def test_too_many_failures_are_not_looked_at_any_more(passwords: Passwords, served: Served) -> None:
    with client(served) as visitor:
        for _ in range(FAILURES_OF_ADDRESS.amount):
            assert log_in(visitor, "reader", "guess").status_code == 401
        refused = log_in(visitor, "reader", PASSWORD)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "300")


def test_attempts_at_the_same_time_are_counted_one_by_one(passwords: Passwords, served: Served) -> None:
    statuses: list[int] = []

    def guess(number: int) -> None:
        with client(served) as visitor:
            statuses.append(log_in(visitor, "reader", f"guess {number}").status_code)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [401] * FAILURES_OF_ADDRESS.amount + [429] * (25 - FAILURES_OF_ADDRESS.amount)


def test_a_session_ends_with_time_and_with_the_users_password() -> None:
    now = 0.0
    sessions = Sessions(60, clock=lambda: now)
    user = User("reader", "hash")
    users = {"li": user}
    token, other = sessions.begin("li", user), sessions.begin("li", user)
    assert sessions.visitor(token, users) == Visitor("li", "reader")
    now = 3599
    assert sessions.visitor(token, users) == Visitor("li", "reader")
    now = 3601
    assert sessions.visitor(other, users) is None
    now = 3599 + 3599
    assert sessions.visitor(token, users) == Visitor("li", "reader")  # each use begins the hour anew …
    for hour in range(2, 24 * 7 + 2):
        now = 3600.0 * hour - 60
        sessions.visitor(token, users)
    assert sessions.visitor(token, users) is None  # … but not for more than a week
    for changed in ({}, {"li": User("editor", "hash")}, {"li": User("reader", "other")}):
        token = sessions.begin("li", user)
        assert sessions.visitor(token, changed) is None
        assert sessions.visitor(token, users) is None


def test_when_the_last_user_goes_a_server_that_others_reach_stays_shut(shelf: Shelf, passwords: Passwords) -> None:
    served = serve_page(shelf, host="0.0.0.0", port=free_port())
    try:
        here = f"http://127.0.0.1:{httpx.URL(served.url).port}"
        passwords.remove("reader")
        passwords.remove("编辑")
        assert httpx.get(f"{here}/config").status_code == 401
        passwords.file.unlink()
        assert httpx.get(f"{here}/config").status_code == 401
    finally:
        served.close()


def test_a_removed_user_is_out_at_once(passwords: Passwords, served: Served) -> None:
    with client(served) as visitor:
        log_in(visitor, "reader", PASSWORD)
        assert visitor.get("/config").status_code == 200
        passwords.remove("reader")
        assert visitor.get("/config").status_code == 401


# Roles ---------------------------------------------------------------------------------------------------------------


def html_of(messages: list[dict[str, Any]]) -> str:
    """All that the messages would have put on the page."""
    return json.dumps(messages, ensure_ascii=False)


def test_a_reader_asks_and_changes_nothing(passwords: Passwords, served: Served, shelf: Shelf) -> None:
    with client(served) as visitor:
        log_in(visitor, "reader", PASSWORD)
        visit = Visit(visitor)
        arrived = html_of(visit.arrive())
        assert '"visible": false' in arrived
        answered = visit.press(visit.handler("yj-send", "click"), ["滨江市光刻胶试点工厂的年产能是多少吨？", None])
        assert "7103" in html_of(answered)
        assert visit.upload({"new.txt": "新论文。".encode()}).status_code == 403
        (shelf.library.folder / "new.txt").write_text("新论文，写的是新材料。", encoding="utf-8")
        assert "reader 只能提问" in html_of(visit.press(visit.handler("yj-update", "click"), [None]))
        assert "reader 只能提问" in html_of(visit.add([]))
        assert "reader 只能提问" in html_of(
            visit.press(visit.handler("yj-status", "replace"), [None, None], {"file": "alpha.txt"})
        )
        assert "new" not in shelf.index.papers


def test_an_editor_adds_replaces_and_updates(passwords: Passwords, served: Served, shelf: Shelf) -> None:
    with client(served) as visitor:
        log_in(visitor, "编辑", PASSWORD + "!")
        visit = Visit(visitor)
        (path,) = visit.upload({"新论文.txt": "新论文\n\n写的是新材料。".encode()}).json()
        assert "已加入：新论文.txt" in html_of(visit.add([path]))
        visit.press(visit.handler("yj-update", "click"), [None])
        assert "新论文" in shelf.index.papers
        before = (shelf.library.folder / "新论文.txt").read_bytes()
        (path,) = visit.upload({"新论文.txt": "新论文\n\n写的是另一种材料。".encode()}).json()
        told = html_of(visit.add([path]))
        assert "已有同名的另一篇" in told
        assert 'data-replace=\\"新论文.txt\\"' in told
        assert (shelf.library.folder / "新论文.txt").read_bytes() == before  # nothing is overwritten unasked
        assert "已加入" not in html_of(
            visit.press(visit.handler("yj-status", "replace"), [None, None], {"file": "alpha.txt"})
        )
        assert "已加入" in html_of(
            visit.press(visit.handler("yj-status", "replace"), [None, None], {"file": "新论文.txt"})
        )
        assert "另一种" in (shelf.library.folder / "新论文.txt").read_text(encoding="utf-8")
        assert (shelf.library.folder / ".removed" / "新论文.txt").read_bytes() == before


def test_without_passwords_whoever_is_at_this_machine_is_an_editor(served: Served, shelf: Shelf) -> None:
    with client(served) as visitor:
        visit = Visit(visitor)
        (path,) = visit.upload({"new.txt": "新论文\n\n写的是新材料。".encode()}).json()
        assert "已加入：new.txt" in html_of(visit.add([path]))
        assert visitor.get("/login").status_code == 404


# Sizes ---------------------------------------------------------------------------------------------------------------


def test_what_is_too_large_or_does_not_say_so_is_refused(served: Served) -> None:
    with client(served) as visitor:
        visit = Visit(visitor)
        assert visit.upload({"a.txt": bytes(3 * 2**20)}).status_code == 413
        assert visitor.post("/gradio_api/queue/join", content=b"x" * (2**20 + 1)).status_code == 413
        endless = (b"x" for _ in range(10))
        assert visitor.post("/gradio_api/queue/join", content=endless).status_code == 411
        assert visitor.post("/gradio_api/upload", content=(b"x" for _ in range(10))).status_code == 411


@pytest.mark.parametrize("path", ["/login", "/gradio_api/queue/join", "/gradio_api/upload"])
def test_a_body_in_chunks_has_no_length_that_could_be_believed(passwords: Passwords, served: Served, path: str) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(served.url).port or 0), timeout=20) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n"
        line.sendall(head.encode() + b"a\r\n0123456789\r\n")
        assert b" 411 " in line.recv(100)


def test_an_upload_does_not_write_over_a_conversation(served: Served) -> None:
    """It may take longer than a question that is asked meanwhile: it hands back no session."""
    parts = served.page.desk.parts
    with client(served) as visitor:
        outputs = {d["id"]: d["outputs"] for d in visitor.get("/config").json()["dependencies"]}
        visit = Visit(visitor)
        assert parts.session._id in outputs[visit.handler("yj-send", "click")]
        for elem_id, pressed in (("yj-add", "upload"), ("yj-status", "replace"), ("yj-update", "click")):
            assert parts.session._id not in outputs[visit.handler(elem_id, pressed)]


def test_more_files_at_once_than_allowed_are_refused_together(served: Served, shelf: Shelf) -> None:
    shelf.settings = replace(shelf.settings, upload_files=3)
    with client(served) as visitor:
        visit = Visit(visitor)
        paths = visit.upload({f"{n}.txt": f"第{n}篇论文。".encode() for n in range(4)}).json()
        assert "一次上传了 4 个文件，超过上限 3" in html_of(visit.add(paths))
    assert not any((shelf.library.folder / f"{n}.txt").exists() for n in range(4))
    assert not any(Path(path).exists() for path in paths)
