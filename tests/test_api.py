"""The HTTP API as another program meets it: a real server, the contract's JSON, errors, roles, no way around them."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import quote

import httpx
import pytest

from corpus.errors import FileUnreadable, IndexDamaged
from qa import Shelf
from tests.lab import QUESTION, STATES, Lab
from tests.served import Visit, serving
from tests.test_draft import ScriptedWriter, handle_of
from tests.test_traversal import SECRET, UP, ask, targets
from ui import shapes
from ui.gate import COOKIE
from ui.passwords import Passwords
from ui.refusal import error_json, sentence
from ui.serve import Served
from ui.sessions import FAILURES_OF_ADDRESS
from ui.words import accepted

PASSWORD = "correct horse 电池"
NEW = "石墨烯试验线研究\n\n李明\n\n一、材料\n\n新竹镇的石墨烯试验线的年产能为88吨。\n"
EN = {"accept-language": "en"}


@pytest.fixture
def shelf(lab: Lab, tmp_path: Path) -> Shelf:
    """A small library, indexed; its password file, not there yet, lies beside it."""
    shelf = lab.shelf()
    shelf.settings = replace(shelf.settings, password_file=str(tmp_path / "passwords.json"), upload_megabytes=2)
    return shelf


@pytest.fixture
def served(shelf: Shelf) -> Iterator[Served]:
    """The library, served; without passwords, unless the test has set some before."""
    with serving(shelf) as served:
        yield served


@pytest.fixture
def api(served: Served) -> Iterator[httpx.Client]:
    """A program that is at the API."""
    with program(served) as api:
        yield api


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A program at the API of a library that is served once, for the tests that change nothing of it."""
    lab = Lab(tmp_path_factory.mktemp("untouched"))
    lab.put("A")
    shelf = lab.shelf()
    shelf.update()
    shelf.settings = replace(shelf.settings, password_file=str(lab.papers.parent / "passwords.json"))
    with serving(shelf) as served, program(served) as untouched:
        yield untouched


def program(served: Served, name: str = "", password: str = PASSWORD) -> httpx.Client:
    """Another one, which may send a name with every request."""
    auth = httpx.BasicAuth(name, password) if name else None
    return httpx.Client(base_url=f"{served.url}api", timeout=30, auth=auth)


def fits(value: Any, kind: Any) -> bool:
    """Whether JSON has the shape that is declared: every field, no other, in this order."""
    inner = get_args(kind)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [part.name for part in fields(kind)]
        assert list(value) == names, (kind, list(value))
        return all(fits(value[name], hints[name]) for name in names)
    if get_origin(kind) in (UnionType, Union):
        return any(fits(value, each) for each in inner) if not any(map(is_dataclass, inner)) or value else value is None
    if get_origin(kind) is Literal:
        return value in inner
    if get_origin(kind) is list:
        return isinstance(value, list) and all(fits(each, inner[0]) for each in value)
    if get_origin(kind) is dict:
        return isinstance(value, dict)
    return kind is Any or (value is None if kind in (None, type(None)) else isinstance(value, kind))


def given(answer: httpx.Response, kind: Any) -> Any:
    """The JSON of an answer, which has the declared shape."""
    assert answer.status_code == 200, answer.text
    assert fits(answer.json(), kind), answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int, error: str, said: str = "") -> None:
    """The answer is this error, with something of its sentence."""
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert said in answer.json()["message"]
    assert list(answer.json())[:3] == ["error", "message", "language"]


# Asking --------------------------------------------------------------------------------------------------------------


def test_an_answer_is_the_contracts_field_by_field(api: httpx.Client, shelf: Shelf) -> None:
    answer = given(api.post("/ask", json={"question": QUESTION}), shapes.Answer)
    assert list(answer)[:8] == [
        "id", "question", "answer", "abstained", "confidence", "citations", "passages", "timings_ms",
    ]  # fmt: skip
    assert answer | {"timings_ms": {}} == shelf.ask(QUESTION).to_json() | {"timings_ms": {}}
    assert answer["answer"] == "滨江市的光刻胶试点工厂的年产能为7103吨。 [1]"
    (citation,) = answer["citations"]
    paper = given(api.get(f"/papers/{citation['paper']['id']}"), shapes.Paper)
    assert paper["text"][citation["start"] : citation["end"]] == citation["quote"]
    for passage in answer["passages"]:
        text = api.get(f"/papers/{passage['paper']['id']}").json()["text"]
        assert text[passage["start"] : passage["end"]] == passage["text"]


def test_a_question_is_asked_of_named_papers_alone(untouched: httpx.Client) -> None:
    answer = untouched.post("/ask", json={"question": "应当加大对什么的投入？", "papers": ["beta"]}).json()
    assert {passage["paper"]["id"] for passage in answer["passages"]} == {"beta"}
    refused(
        untouched.post("/ask", json={"question": QUESTION, "papers": ["delta"]}), 404, "PaperUnknown", "alpha, beta"
    )


def test_a_refusal_is_an_answer_and_is_kept_too(untouched: httpx.Client) -> None:
    answer = untouched.post("/ask", json={"question": "谁发明了电话？"})
    assert (given(answer, shapes.Answer)["abstained"], answer.json()["citations"]) == (True, [])
    address = answer.headers["content-location"].removeprefix("/api")
    assert untouched.get(address).json()["abstained"] is True


def test_an_answer_can_be_had_again_and_says_what_has_become_of_its_papers(api: httpx.Client, lab: Lab) -> None:
    answer = api.post("/ask", json={"question": QUESTION})
    address = answer.headers["content-location"].removeprefix("/api")
    kept = given(api.get(address), shapes.KeptAnswer)
    assert (kept["answer"], kept["states"]) == (answer.json()["answer"], ["verbatim"])
    lab.put("B")
    assert api.post("/index").status_code == 200
    assert api.get(address).json()["states"] == ["not found"]


@pytest.mark.parametrize("how", ["field", "header"])
def test_an_answer_is_streamed_as_it_grows(shelf: Shelf, how: str) -> None:
    told = "滨江市的光刻胶试点工厂的年产能为7103吨。"
    shelf.writer = ScriptedWriter(lambda passages: told + handle_of(passages, "7103"))
    with serving(shelf) as served, program(served) as api:
        asked = {"question": QUESTION} | ({"stream": True} if how == "field" else {})
        headers = {"accept": "application/x-ndjson"} if how == "header" else {}
        answer = api.post("/ask", json=asked, headers=headers)
        assert answer.headers["content-type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert len(lines) > 1
        assert all(fits(line, shapes.Answer) for line in lines)
        whole = api.post("/ask", json={"question": QUESTION}).json()
        assert lines[-1] | {"timings_ms": {}} == whole | {"timings_ms": {}}
        assert lines[0]["answer"] != lines[-1]["answer"] or lines[0]["passages"] == lines[-1]["passages"]


def test_what_goes_wrong_on_the_way_is_the_last_line(shelf: Shelf) -> None:
    def breaks(passages: Any) -> str:
        raise RuntimeError("secret of the program")

    shelf.writer = ScriptedWriter(breaks)
    with serving(shelf) as served, program(served) as api:
        *_, last = api.post("/ask", json={"question": QUESTION, "stream": True}).text.splitlines()
        assert json.loads(last)["error"] == "RequestBroken"
        whole = api.post("/ask", json={"question": QUESTION})
        refused(whole, 500, "RequestBroken", "/api/ask")
        assert "secret" not in last + whole.text


def test_a_follow_up_is_completed_from_the_answers_sent_with_it(untouched: httpx.Client) -> None:
    first = untouched.post("/ask", json={"question": QUESTION}).json()
    second = untouched.post("/ask", json={"question": "那碳纤维材料呢？", "conversation": [first]}).json()
    assert (second["turn"], second["question"]) == (2, "那碳纤维材料呢？")
    third = untouched.post("/ask", json={"question": "它的工程师有几名？", "conversation": [first, second]}).json()
    assert third["turn"] == 3
    assert "光刻胶试点工厂" in third["completed"] or "碳纤维材料" in third["completed"]
    alone = untouched.post("/ask", json={"question": "它的工程师有几名？", "conversation": []}).json()
    assert (alone["turn"], alone["completed"]) == (1, "它的工程师有几名？")


def test_a_search_gives_ranked_passages_and_nothing_more(api: httpx.Client, shelf: Shelf) -> None:
    found = given(api.post("/search", json={"query": "碳纤维材料", "top": 2}), shapes.Found)
    assert [passage["rank"] for passage in found["passages"]] == [1, 2]
    assert found["passages"] == shelf.search("碳纤维材料", top=2).to_json()["passages"]
    inside = api.post("/search", json={"query": "碳纤维材料", "kinds": ["front"]}).json()["passages"]
    assert all("研究" in passage["text"] for passage in inside)
    assert api.post("/search", json={"query": "材料", "years": [2019, 2021]}).json()["passages"] == []


def test_a_quotation_stands_in_its_context(untouched: httpx.Client) -> None:
    (citation,) = untouched.post("/ask", json={"question": QUESTION}).json()["citations"]
    place = {"paper": "alpha", "start": citation["start"], "end": citation["end"]}
    around = given(untouched.get("/context", params=place), shapes.Context)
    shown, text = around["context"], untouched.get("/papers/alpha").json()["text"]
    assert around["quote"] == citation["quote"]
    assert (around["section"], around["sections"]) == ("一、试点", ["一、试点"])
    assert shown["text"] == text[shown["start"] : shown["end"]]
    assert shown["text"].startswith("一、试点\n滨江市的光刻胶")
    alone = untouched.get("/context", params=place | {"around": 0}).json()["context"]
    assert alone["text"].startswith("滨江市的光刻胶")
    assert alone["end"] <= shown["end"]


def test_a_row_stands_in_its_whole_table(small_shelf: Shelf) -> None:
    with serving(small_shelf) as served, program(served) as api:
        around = api.get("/context", params={"paper": "sun-luo", "start": 6958, "end": 6990}).json()
        assert around["quote"] == "2019年\t14\t561\t1 920\t3.9\t1.33\t3.55"
        assert around["section"] == "2.1 制造业创新研究所的实施方案及效果"
        assert "2015年\t" in around["context"]["text"]


@pytest.mark.parametrize(
    ("style", "kind", "said"),
    [
        ("gbt7714", "text/plain", "李明. 光刻胶试点研究[Z]."),
        ("bibtex", "application/x-bibtex", "@misc{alpha,"),
        ("csl-json", "application/vnd.citationstyles.csl+json", '"literal": "李明"'),
    ],
)
def test_a_reference_is_text_ready_to_be_pasted(untouched: httpx.Client, style: str, kind: str, said: str) -> None:
    told = untouched.get("/papers/alpha/reference", params={"style": style})
    assert told.headers["content-type"] == f"{kind}; charset=utf-8"
    assert said in told.text
    assert untouched.get("/papers/alpha/reference").text == "李明. 光刻胶试点研究[Z].\n"


# The library ---------------------------------------------------------------------------------------------------------


def test_the_list_says_how_each_paper_stands(api: httpx.Client, shelf: Shelf) -> None:
    folder = shelf.library.folder
    (folder / "beta.txt").write_text(STATES["A"]["beta.txt"] + "又及。\n", encoding="utf-8")
    (folder / "gone.txt").unlink()
    (folder / "new.txt").write_text(NEW, encoding="utf-8")
    (folder / "odd.xyz").write_bytes(b"x")
    listing = given(api.get("/papers"), shapes.Listing)
    states = {paper["id"]: paper["state"] for paper in listing["papers"]}
    assert states == {"alpha": "indexed", "beta": "changed", "gone": "deleted", "new": "new"}
    assert listing["left_out"] == ["odd.xyz"]
    (folder / "bad.txt").write_bytes(b"")
    failed = given(api.post("/index"), shapes.Updated)["failed"]
    assert [fault["error"] for fault in failed] == ["FileEmpty"]
    (bad,) = (paper for paper in api.get("/papers", headers=EN).json()["papers"] if paper["id"] == "bad")
    assert (bad["state"], bad["error"]["error"]) == ("failed", "FileEmpty")
    assert bad["error"]["message"].startswith("bad.txt: the file is empty")
    assert api.get("/papers/new").json()["title"] == "石墨烯试验线研究"


def test_papers_are_added_indexed_asked_and_removed(api: httpx.Client, shelf: Shelf) -> None:
    sent = [("files", ("新论文.txt", NEW.encode())), ("files", ("alpha.txt", NEW.encode())), ("files", ("坏.txt", b""))]
    added = given(api.post("/papers", files=sent, headers=EN), shapes.Added)["files"]
    assert [(file["file"], file["paper"]) for file in added] == [
        ("新论文.txt", "新论文"), ("alpha.txt", None), ("坏.txt", None),
    ]  # fmt: skip
    assert [file["error"] and file["error"]["error"] for file in added] == [None, "PaperExists", "FileEmpty"]
    assert added[2]["error"]["message"].startswith("坏.txt: the file is empty")
    lines = [json.loads(line) for line in api.post("/index", json={"stream": True}).text.splitlines()]
    assert all(list(line) == ["stage", "paper", "share"] for line in lines[:-1])
    assert fits(lines[-1], shapes.Updated)
    assert (lines[-1]["added"], lines[-1]["unchanged"]) == (["新论文"], ["alpha", "beta", "gone"])
    asked = {"question": "新竹镇的石墨烯试验线的年产能是多少吨？"}
    assert "88吨" in api.post("/ask", json=asked).json()["answer"]
    assert given(api.delete("/papers/新论文"), shapes.Removed) == {"paper": "新论文", "kept": "新论文.txt"}
    assert api.post("/index").json()["removed"] == ["新论文"]
    assert "88吨" not in api.post("/ask", json=asked).json()["answer"]
    refused(api.delete("/papers/新论文"), 404, "PaperUnknown", "新论文")


def test_a_paper_is_replaced_only_where_that_is_asked_for(api: httpx.Client, shelf: Shelf) -> None:
    before = (shelf.library.folder / "alpha.txt").read_bytes()
    sent = {"files": ("alpha.txt", NEW.encode())}
    taken = api.post("/papers", files=sent)
    refused(taken, 409, "PaperExists", "alpha.txt")
    assert taken.json()["files"][0]["error"]["error"] == "PaperExists"
    assert (shelf.library.folder / "alpha.txt").read_bytes() == before
    assert given(api.post("/papers?replace=true", files=sent), shapes.Added)["files"][0]["paper"] == "alpha"
    assert (shelf.library.folder / "alpha.txt").read_text(encoding="utf-8") == NEW
    assert (shelf.library.folder / ".removed" / "alpha.txt").read_bytes() == before


def test_updates_go_one_after_the_other_with_those_of_the_page(api: httpx.Client, served: Served) -> None:
    desk = served.page.desk
    done: list[int] = []
    with desk.librarian._updating:  # as while an update is going on
        waiting = threading.Thread(target=lambda: done.append(api.post("/index").status_code))
        waiting.start()
        time.sleep(0.5)
        assert done == []
        assert served.page.busy
    waiting.join()
    assert done == [200]


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("/ask", {}, 'question: None is not understood; expected {"type": "string"}'),
        ("/ask", {"question": 7}, 'question: 7 is not understood; expected {"type": "string"}'),
        ("/ask", {"question": QUESTION, "paper": "alpha"}, "expected question | papers | years | kinds | conversation"),
        ("/ask", {"question": QUESTION, "stream": "yes"}, 'expected {"type": "boolean"}'),
        ("/ask", {"question": QUESTION, "conversation": [{"question": "x", "said": 1}]}, "conversation.0.said: 'said'"),
        ("/search", {"query": "材料", "top": 0}, '"minimum": 1'),
        ("/search", {"query": "材料", "kinds": ["prose"]}, '"enum": ["text", "table", "front", "reference", "back"]'),
        ("/search", {"query": "材料", "years": [2019]}, "years.1"),
        ("/search", [], "body: None is not understood"),
        ("/index", {"strem": True}, "expected stream"),
    ],
)
def test_a_request_that_is_unclear_hears_what_would_do(
    untouched: httpx.Client, path: str, sent: object, said: str
) -> None:
    refused(untouched.post(path, json=sent, headers=EN), 422, "RequestUnclear", said)


def test_so_does_one_whose_form_or_address_is_unclear(untouched: httpx.Client) -> None:
    refused(
        untouched.post("/ask", content=b'{"question":', headers={"content-type": "application/json"}),
        422,
        "RequestUnclear",
    )
    refused(untouched.post("/ask", data={"question": QUESTION}), 422, "RequestUnclear", "application/json")
    refused(untouched.post("/papers", json={}), 422, "RequestUnclear", "files")
    form = {"content-type": "multipart/form-data"}
    refused(untouched.post("/papers", content=b"x", headers=form), 422, "RequestUnclear")
    refused(untouched.get("/papers?sort=year"), 422, "RequestUnclear", "sort")
    refused(untouched.get("/papers/alpha/reference?style=apa"), 422, "RequestUnclear", "gbt7714")
    for start, end in ((5, 5), (6, 5), (-1, 5), (0, 10**6)):
        place = {"paper": "alpha", "start": start, "end": end}
        refused(untouched.get("/context", params=place), 422, "RequestUnclear", "0 ≤ start < end ≤ ")


@pytest.mark.parametrize(
    ("language", "said"), [("zh-CN,zh;q=0.9,en;q=0.8", "没有这篇论文"), ("en-GB", "no paper with")]
)
def test_an_error_is_said_in_the_language_that_is_accepted(untouched: httpx.Client, language: str, said: str) -> None:
    told = untouched.get("/papers/delta", headers={"accept-language": language})
    refused(told, 404, "PaperUnknown", said)
    assert told.json()["language"] == language[:2]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"), ("en", "en"), ("en-US,en;q=0.9,zh;q=0.8", "en"), ("fr, en;q=0.8, zh;q=0.5", "en"), ("de", "zh"),
        ("zh;q=0.5, en;q=0.4", "zh"), ("en;q=0", "zh"), (";;q=,=", "zh"),
    ],
)  # fmt: skip
def test_of_two_languages_the_one_liked_better_is_taken(header: str, language: str) -> None:
    assert accepted(header) == language


@pytest.mark.parametrize("question", ["", "？！", "问" * 3000])
def test_a_question_that_cannot_be_asked_is_refused(untouched: httpx.Client, question: str) -> None:
    error = "QuestionTooLong" if len(question) > 2000 else "QuestionEmpty"
    refused(untouched.post("/ask", json={"question": question}), 422, error)
    refused(untouched.post("/ask", json={"question": question, "stream": True}), 422, error)
    refused(untouched.post("/search", json={"query": question}), 422, error)
    if len(question) > 2000:
        refused(
            untouched.post("/ask", json={"question": "它呢？", "conversation": [{"question": question}]}), 422, error
        )


def test_without_an_index_or_a_folder_nothing_says_where_it_would_be(
    api: httpx.Client, lab: Lab, tmp_path: Path
) -> None:
    shutil.rmtree(lab.index)
    for answer in (
        api.post("/ask", json={"question": QUESTION}), api.post("/search", json={"query": "材料"}),
        api.get("/context?paper=alpha&start=0&end=3"), api.post("/ask", json={"question": QUESTION, "stream": True}),
    ):  # fmt: skip
        refused(answer, 503, "IndexMissing", "yinju index")
        assert str(tmp_path) not in answer.text
    shutil.rmtree(lab.papers)
    for answer in (api.get("/papers"), api.post("/index"), api.post("/index", json={"stream": True})):
        refused(answer, 503, "FolderMissing", "papers")
        assert str(tmp_path) not in answer.text


def test_a_mistake_in_the_program_shows_nothing_of_it(
    api: httpx.Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> Any:
        raise RuntimeError("secret of the program")

    monkeypatch.setattr(shelf, "states", breaks)
    told = api.get("/papers")
    refused(told, 500, "RequestBroken", "/api/papers")
    assert not re.search(r"secret|Traceback|\.py", told.text)


def test_more_files_than_allowed_are_refused_together(api: httpx.Client, shelf: Shelf) -> None:
    shelf.settings = replace(shelf.settings, upload_files=2)
    sent = [("files", (f"{n}.txt", NEW.encode())) for n in range(3)]
    refused(api.post("/papers", files=sent), 413, "UploadTooMany", "3")
    assert not (shelf.library.folder / "0.txt").exists()


def test_bodies_have_a_length_and_a_limit(api: httpx.Client) -> None:
    refused(api.post("/ask", json={"question": "问" * 10**6}), 413, "RequestTooLarge", "1048576")
    refused(api.post("/papers", files={"files": ("a.txt", b"x" * 3 * 2**20)}), 413, "RequestTooLarge")
    refused(api.post("/ask", content=(b"x" for _ in range(3))), 411, "RequestUnclear", "Content-Length")
    refused(api.request("DELETE", "/papers/alpha", content=b"x" * 2 * 2**20), 413, "RequestTooLarge")


def test_no_other_site_and_no_other_name_reaches_it(api: httpx.Client, shelf: Shelf) -> None:
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        refused(api.post("/ask", json={"question": QUESTION}, headers=headers), 403, "SiteForeign")
        refused(api.delete("/papers/alpha", headers=headers), 403, "SiteForeign")
    assert (shelf.library.folder / "alpha.txt").exists()
    refused(api.get("/papers", headers={"host": "evil.example"}), 421, "SiteForeign", "evil.example")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/papers/alpha"), ("PATCH", "/papers"), ("DELETE", "/papers"), ("GET", "/ask"), ("POST", "/docs"),
     ("GET", "/papers/alpha/text"), ("OPTIONS", "/ask"), ("GET", "/"), ("DELETE", "/papers/alpha/reference")],
)  # fmt: skip
def test_what_does_not_exist_says_so(untouched: httpx.Client, method: str, path: str) -> None:
    refused(untouched.request(method, path), 404, "AddressUnknown", f"{method} /api{path}")


def test_no_name_leads_out_of_the_library(api: httpx.Client, served: Served, shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
    for method, after in (("GET", ""), ("GET", "/reference"), ("DELETE", "")):
        for target in targets(tmp_path)[:2]:
            for up in UP:
                status, body = ask(served, method, f"/api/papers/{quote(up + target, safe='/%;.:')}{after}")
                assert status == 404, (method, up, target)
                assert SECRET.encode() not in body
    for name in (
        "../../evil.txt",
        "..\\evil.txt",
        "/etc/evil.txt",
        ".evil.txt",
        "con.txt",
        "a/b/evil.txt",
        "..",
        "\u202e",
    ):
        api.post("/papers", files={"files": (name, NEW.encode())})
    outside = [p for p in tmp_path.rglob("*evil*") if p.parent != shelf.library.folder]
    assert outside == []
    assert (tmp_path / "secret.txt").read_text(encoding="utf-8") == SECRET
    for start in ("../secret", "/etc/passwd", "alpha\x00"):
        refused(api.get("/context", params={"paper": start, "start": 0, "end": 3}), 404, "PaperUnknown")


def test_nothing_of_an_upload_is_left_behind(api: httpx.Client, served: Served) -> None:
    before = set(served.page.uploads.rglob("*"))
    api.post("/papers", files=[("files", ("a.txt", NEW.encode())), ("files", ("b.txt", b""))])
    assert set(served.page.uploads.rglob("*")) == before


def test_where_something_lies_is_told_to_nobody() -> None:
    damaged = IndexDamaged(file=Path("/home/li/.yinju/index/000002/papers.safetensors"), detail="missing")
    assert sentence(damaged, "en").startswith("papers.safetensors: the index is damaged (missing)")
    unreadable = FileUnreadable(file="a.txt", detail="[Errno 2] No such file: '/home/li/papers/a.txt' 3/4 km/h")
    assert error_json(unreadable, "en")["message"].startswith(
        "a.txt: cannot be opened ([Errno 2] No such file: 'a.txt' 3/4"
    )
    windows = FileUnreadable(file="a.txt", detail=r"not found: C:\Users\li\a.txt")
    assert "C:" not in sentence(windows, "zh")


# The line ------------------------------------------------------------------------------------------------------------


def test_questions_wait_in_the_pages_line_and_nothing_else_waits_for_them(shelf: Shelf, lab: Lab) -> None:
    shelf.settings = replace(shelf.settings, waiting_questions=1)
    gate = threading.Event()
    encode = lab.encoder.encode_question
    lab.encoder.encode_question = lambda text: (gate.wait(30), encode(text))[1]  # type: ignore[method-assign]
    with serving(shelf) as served, program(served) as api, httpx.Client(base_url=served.url, timeout=60) as visitor:
        visits = [Visit(visitor, f"crowd{number}") for number in range(2)]
        for visit in visits:  # two of the page are at work …
            visit.join(visit.handler("yj-send", "click"), [QUESTION, None])
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(api.post("/ask", json={"question": QUESTION})))
        until = time.monotonic() + 20
        while served.page.desk.line._inside < 2 and time.monotonic() < until:
            time.sleep(0.05)
        asking.start()  # … one of a program waits
        while served.page.desk.line.waiting < 1 and time.monotonic() < until:
            time.sleep(0.05)
        for path, sent in (("/ask", {"question": QUESTION}), ("/search", {"query": "材料"})):
            told = httpx.post(f"{served.url}api{path}", json=sent)
            refused(told, 503, "ServerBusy", "已有 1 个问题在等待回答")
            assert int(told.headers["retry-after"]) > 0
        begun = time.monotonic()
        assert httpx.get(f"{served.url}api/papers").status_code == 200
        assert time.monotonic() - begun < 5
        gate.set()
        asking.join()
    assert "7103" in answers[0].json()["answer"]


def test_a_crowd_of_programs_is_answered(shelf: Shelf) -> None:
    async def crowd(url: str) -> list[int]:
        async with httpx.AsyncClient(base_url=f"{url}api", timeout=60) as api:
            sent = [api.post("/ask", json={"question": f"{QUESTION}{n}"}) for n in range(30)]
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    with serving(shelf) as served:
        assert asyncio.run(crowd(served.url)) == [200] * 30


# Who may -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def passwords(shelf: Shelf) -> Passwords:
    """A reader and an editor."""
    passwords = Passwords(Path(shelf.settings.password_file))
    passwords.put("reader", PASSWORD, "reader")
    passwords.put("编辑", PASSWORD, "editor")
    return passwords


def test_without_a_password_nothing_is_told(passwords: Passwords, served: Served) -> None:
    with program(served) as api:
        for path in ("/papers", "/papers/alpha", "/docs", "/openapi.json", "/context?paper=alpha&start=0&end=3"):
            told = api.get(path)
            refused(told, 401, "LoginMissing")
            assert told.headers["www-authenticate"] == 'Basic realm="yinju", charset="UTF-8"'
            assert "光刻胶" not in told.text
        refused(api.post("/ask", json={"question": QUESTION}), 401, "LoginMissing")
    for given in (
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"reader").decode(),
        "Bearer x",
        "basic /w==",
    ):
        refused(httpx.get(f"{served.url}api/papers", headers={"authorization": given}), 401, "LoginMissing")


def test_a_reader_asks_and_changes_nothing(passwords: Passwords, served: Served, shelf: Shelf) -> None:
    with program(served, "reader") as api:
        assert "7103" in api.post("/ask", json={"question": QUESTION}).json()["answer"]
        for told in (
            api.post("/papers", files={"files": ("n.txt", NEW.encode())}), api.delete("/papers/alpha"),
            api.post("/index"), api.post("/index", json={"stream": True}),
        ):  # fmt: skip
            refused(told, 403, "RoleLacking", "reader 只能提问")
    assert sorted(shelf.library.files()) == ["alpha", "beta", "gone"]


def test_an_editor_changes_the_library(passwords: Passwords, served: Served) -> None:
    with program(served, "编辑") as api:
        assert api.post("/papers", files={"files": ("n.txt", NEW.encode())}).status_code == 200
        assert api.post("/index").json()["added"] == ["n"]
        assert api.delete("/papers/n").status_code == 200


def test_a_login_on_the_page_is_enough(passwords: Passwords, served: Served) -> None:
    with httpx.Client(base_url=served.url) as visitor:
        visitor.post("/login", data={"name": "reader", "password": PASSWORD})
        assert COOKIE in visitor.cookies
        assert visitor.get("/api/papers").status_code == 200
        visitor.post("/logout")
        assert visitor.get("/api/papers").status_code == 401


def test_a_password_opens_the_api_and_not_the_page(passwords: Passwords, served: Served) -> None:
    auth = httpx.BasicAuth("reader", PASSWORD)
    assert httpx.get(f"{served.url}api/papers", auth=auth).status_code == 200
    assert httpx.get(f"{served.url}config", auth=auth).status_code == 401


def test_a_password_is_hashed_once_and_forgotten_with_its_user(
    passwords: Passwords, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []
    check = Passwords.check
    monkeypatch.setattr(Passwords, "check", lambda self, *of: (checked.append(of[0]), check(self, *of))[1])
    with program(served, "reader") as api:
        assert [api.get("/papers").status_code for _ in range(5)] == [200] * 5
        assert checked == ["reader"]
        passwords.put("reader", PASSWORD + "!", "reader")
        assert api.get("/papers").status_code == 401
        passwords.remove("reader")
        assert api.get("/papers").status_code == 401
    with program(served, "reader", PASSWORD + "!") as api:
        assert api.get("/papers").status_code == 401


def test_guesses_count_with_those_at_the_form(passwords: Passwords, served: Served) -> None:
    guesses = FAILURES_OF_ADDRESS.amount
    with httpx.Client(base_url=served.url) as visitor:
        for _ in range(guesses - 3):
            assert visitor.post("/login", data={"name": "reader", "password": "guess"}).status_code == 401
    with program(served, "编辑") as known, program(served, "reader", "guess") as api:
        assert known.get("/papers").status_code == 200
        for _ in range(3):
            refused(api.get("/papers"), 401, "LoginMissing")
        barred = api.get("/papers")
        refused(barred, 429, "LoginBarred", "5")
        assert barred.headers["retry-after"] == "300"
        assert known.get("/papers").status_code == 200  # who is known is not asked again
    with program(served, "reader") as api:
        assert api.get("/papers").status_code == 429


# The documentation ---------------------------------------------------------------------------------------------------


def test_the_documentation_comes_from_here_alone_in_both_languages(untouched: httpx.Client) -> None:
    for language, title in (("zh", "引据的 HTTP 接口"), ("en", "The HTTP API of yinju")):
        page = untouched.get("/docs", headers={"accept-language": language})
        assert title in page.text
        assert title in untouched.get("/docs", params={"language": language}, headers={"accept-language": "fr"}).text
        assert not re.search(r"<script|<link|src=|@import|url\(", page.text)
        assert set(re.findall(r"https?://[^/\s\"<&]+", page.text)) == {"http://127.0.0.1:7860"}
        assert set(re.findall(r'href="([^"#?]+)', page.text)) == {"openapi.json"}
        for anchor in re.findall(r'href="#([^"]+)"', page.text):
            assert f'id="{anchor}"' in page.text
    refused(untouched.get("/docs?language=fr"), 422, "RequestUnclear")


def test_every_address_is_documented_and_let_in(untouched: httpx.Client) -> None:
    document = untouched.get("/openapi.json").json()
    page = untouched.get("/docs", headers=EN).text
    routes = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert routes == {
        ("POST", "/ask"), ("POST", "/search"), ("GET", "/context"), ("GET", "/answers/{address}"), ("GET", "/papers"),
        ("POST", "/papers"), ("GET", "/papers/{paper_id}"), ("DELETE", "/papers/{paper_id}"), ("POST", "/index"),
        ("GET", "/papers/{paper_id}/reference"), ("GET", "/openapi.json"), ("GET", "/docs"),
    }  # fmt: skip
    assert document["servers"] == [{"url": "/api"}]
    for method, path in routes:
        assert f"<b>{method}</b><code>/api{path}</code>" in page
        asked = untouched.request(method, re.sub(r"\{\w+\}", "delta", path))
        assert asked.status_code == 200 or asked.json()["error"] != "AddressUnknown", (method, path)
