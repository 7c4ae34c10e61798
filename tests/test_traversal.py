"""Nothing of the machine can be read through the page: the classic traversals, against every route there is."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.lab import Lab
from tests.served import Visit, serving
from ui.serve import Served

SECRET = "canary-7f3a9c"
UP = (
    "../" * 12,
    "..\\" * 12,
    "%2e%2e/" * 12,
    "..%2f" * 12,
    "%2e%2e%2f" * 12,
    "..%5c" * 12,
    "..%252f" * 12,
    "....//" * 12,
)
UP += ("/", "//", "file:///", "%2f", "/./", "..;/" * 12, "%c0%ae%c0%ae/" * 12, "\uff0e\uff0e/" * 12)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A folder with a file that nobody is to see, beside the library."""
    (tmp_path / "secret.txt").write_text(f"{SECRET} 机密", encoding="utf-8")
    return tmp_path


@pytest.fixture
def served(lab: Lab, room: Path) -> Iterator[Served]:
    """A small library, served."""
    shelf = lab.shelf()
    shelf.settings = replace(shelf.settings, password_file=str(room / "passwords.json"))
    with serving(shelf) as served:
        yield served


def targets(room: Path) -> list[str]:
    """Files that must not be had, as absolute paths without the first slash."""
    names = ["secret.txt", "papers/alpha.txt", "index/CURRENT", "index/000001/papers.safetensors"]
    return [str(room / name)[1:] for name in names] + ["etc/passwd", "proc/self/environ"]


def leaks(body: bytes) -> bool:
    """Whether something of a file stands in a reply. The library's own text may stand in answers, not in files."""
    return any(
        sign in body for sign in (SECRET.encode(), b"root:x:", b"PATH=", "光刻胶试点研究\n\n李明".encode(), b'"sha256"')
    )


def ask(served: Served, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """A request whose path is sent as it is written, dots and all."""
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=20)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        connection.putheader("content-length", str(len(body)))
        connection.putheader("content-type", "application/json")
        connection.endheaders(body)
        response = connection.getresponse()
        # A stream of events has no end.
        return response.status, b"" if "event-stream" in response.headers.get("content-type", "") else response.read()
    finally:
        connection.close()


def routes(served: Served) -> list[tuple[str, str]]:
    """Method and path of every route of the app, those behind the gate included."""
    found, left = set(), list(served.page.blocks.app.routes)
    while left:
        route = left.pop()
        left += getattr(getattr(route, "original_router", None), "routes", [])
        for method in getattr(route, "methods", None) or ():
            found.add((method, route.path))
    return sorted(found)


def test_every_route_was_found(served: Served) -> None:
    paths = {path for _, path in routes(served)}
    assert len(paths) > 40
    assert {"/gradio_api/file={path_or_url:path}", "/gradio_api/upload", "/static/{path:path}"} <= paths


def test_no_route_gives_a_file_of_the_machine(served: Served, room: Path) -> None:
    asked = 0
    for method, template in routes(served):
        filled = re.findall(r"\{\w+(?::path)?\}", template)
        for target in targets(room)[:1] if not filled else targets(room):
            for up in UP if filled else UP[:1]:
                attempt = quote(up + target, safe="/%\\;.:")
                path = template
                for hole in filled:
                    path = path.replace(hole, attempt)
                for tried in (path, f"{path}?path=/{target}&file=/{target}&path_or_url=/{target}&upload_id=/{target}"):
                    status, body = ask(served, method, tried, b"{}" if method == "POST" else b"")
                    assert not leaks(body), (method, tried, status)
                    asked += 1
    assert asked > 2000


@pytest.mark.parametrize(
    "prefix", ["/assets/", "/static/", "/gradio_api/file=", "/file=", "/gradio_api/file/", "/custom_component/"]
)
def test_what_serves_files_serves_none_of_ours(served: Served, room: Path, prefix: str) -> None:
    for target in targets(room):
        for up in UP:
            status, body = ask(served, "GET", prefix + quote(up + target, safe="/%\\;.:"))
            assert status in (400, 404), (prefix, up, target, status)
            assert not leaks(body)


def test_a_path_in_the_place_of_an_upload_is_no_upload(served: Served, room: Path) -> None:
    """The handlers of the page, called past its script: a file that was not uploaded is not added."""
    with httpx.Client(base_url=served.url, timeout=30) as visitor:
        visit = Visit(visitor)
        (real,) = visit.upload({"real.txt": "真正上传的论文。".encode()}).json()
        folder = str(Path(real).parent.parent)
        for path in (
            *(f"/{target}" for target in targets(room)),
            f"{folder}/../{room.name}/secret.txt", f"{real}/../../../..{room}/secret.txt", "secret.txt", "~/secret.txt",
            f"file://{room}/secret.txt", f"{room}/secret.txt\x00.txt", "http://127.0.0.1:1/secret.txt",
            "https://example.com/x", folder.rpartition("/")[0], 7, None, ["x"], {"path": real},
        ):  # fmt: skip
            for elem_id, event in (("yj-add", "upload"), ("yj-send", "click"), ("yj-library", "report")):
                data = {"path": path, "meta": {"_type": "gradio.FileData"}}
                joined = visit.join(visit.handler(elem_id, event), [[data], data], {"file": data})
                assert (joined.status_code, joined.text) == (400, "not a file that was uploaded"), path
        assert sorted(p.name for p in (room / "papers").iterdir()) == ["alpha.txt", "beta.txt", "gone.txt"]


@pytest.mark.parametrize("end", ["%0A", "%0a", "%0D%0A", "/", "%20", "?x", "%00", "#"])
def test_no_way_of_writing_the_path_leads_past_the_look_at_files(served: Served, room: Path, end: str) -> None:
    data = {"path": "http://example.com/x.pdf", "meta": {"_type": "gradio.FileData"}}
    body = {"data": [[data], None], "fn_index": 0, "session_hash": "x", "event_data": None, "trigger_id": 0}
    for path in ("/gradio_api/queue/join", "//gradio_api/queue/join", "/gradio_api/./queue/join"):
        status, _ = ask(served, "POST", path + end, json.dumps(body).encode())
        assert status in (400, 404)


def test_gradio_itself_takes_no_other_files_either(served: Served, room: Path) -> None:
    """Should the gate ever let one through."""
    from gradio.context import LocalContext
    from gradio.exceptions import InvalidPathError
    from gradio.processing_utils import _check_allowed

    LocalContext.blocks.set(served.page.blocks)
    for target in targets(room):
        with pytest.raises(InvalidPathError):
            _check_allowed(f"/{target}", check_in_upload_folder=True)


@pytest.mark.parametrize(
    "name",
    ["../../evil.txt", "..\\..\\evil.txt", "/etc/evil.txt", "evil.txt\x00.pdf", ".evil.txt", "con.txt", "a/b/evil.txt"],
)
def test_the_name_of_an_upload_leads_nowhere(served: Served, room: Path, name: str) -> None:
    before = set(room.parent.rglob("*evil*"))
    with httpx.Client(base_url=served.url, timeout=30) as visitor:
        visit = Visit(visitor)
        sent = visit.upload({name: "论文，写的是新材料。".encode()})
        for path in sent.json() if sent.status_code == 200 else []:
            visit.add([path])
    now = set(room.parent.rglob("*evil*")) - before
    assert all(p.parent == room / "papers" for p in now)
    assert all(p.parent == room / "papers" or "index" in p.parts for p in room.rglob("*.txt") if p.name != "secret.txt")


def test_the_settings_name_no_folder_that_is_served(served: Served) -> None:
    blocks = served.page.blocks
    assert (blocks.allowed_paths, blocks.root_path) == ([], "")
    folder = Path(blocks.app.uploaded_file_dir)
    assert folder.name.startswith("yinju-uploads-")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_handlers_take_any_data_without_breaking(served: Served) -> None:
    """Every handler, called with what no script of ours sends."""
    odd: list[Any] = [None, "", [], {}, 0, -1, True, "../x", {"path": "/etc/passwd"}, [["x"]], {"turn": 10**9, "n": -5}]
    with httpx.Client(base_url=served.url, timeout=30) as visitor:
        visit = Visit(visitor)
        inputs = {d["id"]: len(d["inputs"]) for d in visitor.get("/config").json()["dependencies"]}
        for number, (handler, *_) in enumerate(visit.handlers):
            for value in odd:
                visit.session = f"odd{number}x{odd.index(value)}"
                joined = visit.join(
                    handler, [value] * inputs[handler], value if isinstance(value, dict) else {"n": value}
                )
                assert joined.status_code in (200, 400, 422), (handler, value, joined.text)
                assert not leaks(joined.content)
        assert visitor.get("/health").json() == {"status": "ok"}
        visit.session = "afterwards"
        answered = visit.press(visit.handler("yj-send", "click"), ["光刻胶试点工厂的年产能是多少吨？", None])
        assert "7103" in json.dumps(answered, ensure_ascii=False)
