"""The tools of assistants, called by the official client of the protocol: over stdin and stdout, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from qa import Shelf
from tests.conftest import PROJECT
from tests.lab import QUESTION, Lab
from tests.served import free_port, serving
from tests.test_api import NEW, PASSWORD, fits
from ui import cli, shapes
from ui.passwords import Passwords
from ui.serve import Served, serve_page

READING = ["ask", "search", "list_papers", "read_context", "cite"]
CHANGING = ["add_paper", "remove_paper", "update_index"]
STDIO = """
import sys
from pathlib import Path
from tests.lab import Lab
from ui.mcp import serve_stdio
from ui.service import Service
print("said by something that does not know better")
serve_stdio(Service(Lab(Path(sys.argv[1])).shelf()), "en", changes=sys.argv[2] == "changes")
"""
Speak = Callable[[Client], Awaitable[None]]


@pytest.fixture
def shelf(lab: Lab, tmp_path: Path) -> Shelf:
    """A small library, indexed."""
    shelf = lab.shelf()
    shelf.settings = replace(shelf.settings, password_file=str(tmp_path / "passwords.json"))
    return shelf


@contextmanager
def serving_tools(shelf: Shelf, *, changes: bool) -> Iterator[Served]:
    """The library with its tools, served."""
    served = serve_page(shelf, port=free_port(), tools="changing" if changes else "reading", language="en")
    try:
        yield served
    finally:
        served.close()


def at(served: Served, name: str = "", password: str = PASSWORD) -> str:
    """Where its tools are, for somebody."""
    who = f"{quote(name)}:{quote(password)}@" if name else ""
    return f"{served.url.replace('//', f'//{who}')}mcp"


def speak(where: str | StdioServerParameters, speaking: Speak, mode: str = "auto") -> None:
    """Let a client speak with the server."""

    async def connected() -> None:
        async with Client(where, mode=mode) as client:
            await speaking(client)

    asyncio.run(connected())


def process(lab: Lab, *, changes: bool) -> StdioServerParameters:
    """The library in a process of its own, which speaks over stdin and stdout."""
    arguments = ["-c", STDIO, str(lab.papers.parent), "changes" if changes else ""]
    return StdioServerParameters(command=sys.executable, args=arguments, cwd=PROJECT)


def over(transport: str, shelf: Shelf, lab: Lab, speaking: Speak, *, changes: bool = False, mode: str = "auto") -> None:
    """Let a client speak with the library over either transport."""
    if transport == "stdio":
        speak(process(lab, changes=changes), speaking, mode)
        return
    with serving_tools(shelf, changes=changes) as served:
        speak(at(served), speaking, mode)


def text(result: CallToolResult) -> str:
    """What the assistant reads."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def called(client: Client, tool: str, kind: Any, **arguments: object) -> tuple[Any, str]:
    """JSON, of the shape that is declared, and text of a call."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text(result)
    assert fits(result.structured_content, kind), result.structured_content
    return result.structured_content, text(result)


async def refused(client: Client, tool: str, error: str, said: str, **arguments: object) -> None:
    """A call is told this error of the tree, in a sentence."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert isinstance(result.structured_content, dict)
    assert result.structured_content["error"] == error
    assert result.structured_content["message"] == text(result)
    assert said in text(result)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_from_the_question_to_what_stands_around_its_quotation(
    shelf: Shelf, lab: Lab, transport: str, mode: str
) -> None:
    async def speaking(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == READING
        for tool in listed:
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            assert tool.output_schema
            assert tool.description
            assert "\n  " not in tool.description
        answer, told = await called(client, "ask", shapes.Answer, question=QUESTION)
        assert answer | {"timings_ms": {}} == shelf.ask(QUESTION).to_json() | {"timings_ms": {}}
        (citation,) = answer["citations"]
        assert told.startswith("滨江市的光刻胶试点工厂的年产能为7103吨。 [1]\n\n[1] 李明. 光刻胶试点研究 · 一、试点")
        assert f"“{citation['quote']}”" in told
        place = {"paper": citation["paper"]["id"], "start": citation["start"], "end": citation["end"]}
        around, told = await called(client, "read_context", shapes.Context, **place)
        assert citation["quote"] == around["quote"]
        assert citation["quote"] in around["context"]["text"]
        assert around["context"]["text"] in told
        found, told = await called(client, "search", shapes.Found, query="碳纤维材料", top=2)
        assert [passage["rank"] for passage in found["passages"]] == [1, 2]
        assert all(passage["text"] in told.replace("\n    ", "\n") for passage in found["passages"])
        reference, told = await called(client, "cite", shapes.Reference, paper="alpha")
        assert reference["reference"] == told == "李明. 光刻胶试点研究[Z]."
        listing, told = await called(client, "list_papers", shapes.Listing)
        assert [paper["id"] for paper in listing["papers"]] == ["alpha", "beta", "gone"]
        assert "光刻胶试点研究" in told

    over(transport, shelf, lab, speaking, mode=mode)


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_errors_are_sentences_and_break_nothing(shelf: Shelf, lab: Lab, transport: str) -> None:
    async def speaking(client: Client) -> None:
        await refused(client, "ask", "QuestionEmpty", "the question holds no words", question="？")
        await refused(client, "ask", "PaperUnknown", "alpha, beta, gone", question=QUESTION, papers=["delta"])
        await refused(client, "cite", "PaperUnknown", "delta: no paper with this id", paper="delta")
        await refused(client, "read_context", "RequestUnclear", "0 ≤ start < end", paper="alpha", start=5, end=5)
        await refused(client, "read_context", "RequestUnclear", "0–50", paper="alpha", start=0, end=5, around=99)
        await refused(client, "search", "RequestUnclear", "1–100", query="材料", top=0)
        for tool, arguments in (
            ("ask", {"question": QUESTION, "paper": "alpha"}),
            ("cite", {}),
            ("ask", {"question": 7}),
        ):
            wrong = await client.call_tool(tool, arguments)
            assert wrong.is_error  # one that is misspelt is not passed over
        for tool in CHANGING:
            missing = await client.call_tool(tool, {})
            assert missing.is_error
        lab.index.rename(lab.index.with_name("elsewhere"))
        await refused(client, "ask", "IndexMissing", "yinju index", question=QUESTION)
        result = await client.call_tool("ask", {"question": QUESTION})
        assert str(lab.index.parent) not in text(result)

    over(transport, shelf, lab, speaking)


def test_a_refusal_shows_what_is_nearest_and_says_that_it_is_no_answer(shelf: Shelf, lab: Lab) -> None:
    async def speaking(client: Client) -> None:
        answer, told = await called(client, "ask", shapes.Answer, question="谁发明了电话？")
        assert answer["abstained"]
        assert "do not answer it" in told

    over("http", shelf, lab, speaking)


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_library_changes_where_that_is_allowed(shelf: Shelf, lab: Lab, transport: str, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text(NEW, encoding="utf-8")
    stdio = transport == "stdio"
    paper = {"path": str(tmp_path / "new.txt")} if stdio else {"name": "new.txt", "content": NEW}
    other = {"path": str(lab.papers / "beta.txt")} if stdio else {"name": "beta.txt", "content": NEW}

    async def speaking(client: Client) -> None:
        listed = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
        assert list(listed) == READING + CHANGING
        assert not any(listed[name].read_only_hint for name in CHANGING)  # type: ignore[union-attr]
        added, _ = await called(client, "add_paper", shapes.AddedFile, **paper)
        assert added == {"file": "new.txt", "paper": "new", "error": None}
        updated, told = await called(client, "update_index", shapes.Updated)
        assert (updated["added"], updated["unchanged"]) == (["new"], ["alpha", "beta", "gone"])
        assert "added         1   new" in told
        answer, _ = await called(client, "ask", shapes.Answer, question="新竹镇的石墨烯试验线的年产能是多少吨？")
        assert "88吨" in answer["answer"]
        if not stdio:
            await refused(client, "add_paper", "PaperExists", "beta.txt", **other)
            await refused(client, "add_paper", "RequestUnclear", "base64", name="x.pdf", content="%", encoding="base64")
            await refused(client, "add_paper", "NameUnusable", "rename it", name="..", content=NEW)
        removed, _ = await called(client, "remove_paper", shapes.Removed, paper="new")
        assert removed == {"paper": "new", "kept": "new.txt"}
        await refused(client, "remove_paper", "PaperUnknown", "new", paper="new")

    over(transport, shelf, lab, speaking, changes=True)
    assert sorted(path.name for path in lab.papers.glob("*.txt")) == ["alpha.txt", "beta.txt", "gone.txt"]


# At the door ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def passwords(shelf: Shelf) -> Passwords:
    """A reader and an editor."""
    passwords = Passwords(Path(shelf.settings.password_file))
    passwords.put("reader", PASSWORD, "reader")
    passwords.put("编辑", PASSWORD, "editor")
    return passwords


@pytest.mark.parametrize(
    ("name", "changes", "tools"),
    [("reader", True, READING), ("编辑", True, READING + CHANGING), ("编辑", False, READING)],
)
def test_who_logs_in_gets_the_tools_of_their_role(
    shelf: Shelf, passwords: Passwords, name: str, changes: bool, tools: list[str]
) -> None:
    async def speaking(client: Client) -> None:
        assert [tool.name for tool in (await client.list_tools()).tools] == tools
        answer, _ = await called(client, "ask", shapes.Answer, question=QUESTION)
        assert "7103" in answer["answer"]
        if tools == READING:
            assert (await client.call_tool("remove_paper", {"paper": "alpha"})).is_error

    with serving_tools(shelf, changes=changes) as served:
        speak(at(served, name), speaking)
    assert "alpha" in shelf.library.files()


def test_without_a_password_there_are_no_tools(shelf: Shelf, passwords: Passwords) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with serving_tools(shelf, changes=True) as served:
        for given in ({}, {"auth": httpx.BasicAuth("reader", "guess")}):
            told = httpx.post(f"{served.url}mcp", json=asked, **given)  # type: ignore[arg-type]
            assert (told.status_code, told.json()["error"]) == (401, "LoginMissing")
            assert told.headers["www-authenticate"].startswith("Basic ")


def test_no_other_site_and_no_other_name_reaches_the_tools(shelf: Shelf) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with serving_tools(shelf, changes=True) as served:
        for headers, status in (
            ({"origin": "https://evil.example"}, 403), ({"sec-fetch-site": "cross-site"}, 403),
            ({"host": "evil.example"}, 421),
        ):  # fmt: skip
            assert httpx.post(f"{served.url}mcp", json=asked, headers=headers).status_code == status
        assert httpx.post(f"{served.url}mcp", json={"x": "x" * 2**21}).status_code == 413


def test_unless_they_are_asked_for_there_are_none(shelf: Shelf) -> None:
    with serving(shelf) as served:
        for method in ("GET", "POST", "DELETE"):
            told = httpx.request(method, f"{served.url}mcp")
            assert (told.status_code, told.json()["error"]) == (404, "AddressUnknown")


# The program ---------------------------------------------------------------------------------------------------------


def test_the_command_writes_nothing_but_the_protocol_to_stdout(lab: Lab, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "mcp", "--corpus", str(lab.papers), "--index", str(tmp_path / "none")]
    first = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    sent = [
        {"id": 1, "method": "initialize", "params": first}, {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"}, {"id": 3, "method": "tools/call", "params": {"name": "list_papers"}},
        {"id": 4, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": QUESTION}}},
    ]  # fmt: skip
    environment = {**os.environ, "LANG": "zh_CN.UTF-8", "LC_ALL": "", "YINJU_SETTINGS": ""}
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, text=True, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdin is not None
        assert running.stdout is not None
        answers: dict[int, Any] = {}
        for message in sent:
            running.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            running.stdin.flush()
            if "id" in message:
                line = json.loads(running.stdout.readline())
                answers[line["id"]] = line["result"]
        running.stdin.close()
        assert running.wait(30) == 0
        assert running.stdout.read() == ""
        assert running.stderr is not None
        assert "Traceback" not in running.stderr.read()
    assert answers[1]["serverInfo"]["name"] == "yinju"
    assert "never an instruction" in answers[1]["instructions"]
    assert [tool["name"] for tool in answers[2]["tools"]] == READING
    assert [paper["state"] for paper in answers[3]["structuredContent"]["papers"]] == ["new"] * 3
    assert answers[4]["isError"]
    assert "这里还没有索引" in answers[4]["content"][0]["text"]


def test_it_ends_at_once_when_it_is_told_to(lab: Lab, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "mcp", "--corpus", str(lab.papers), "--index", str(lab.index)]
    first = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": first}
    with subprocess.Popen(command, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(f"{json.dumps(sent)}\n")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["id"] == 1
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == -signal.SIGINT


def test_changes_are_allowed_to_assistants_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--allow-changes"]) == cli.MISUSED
    assert "--mcp" in capsys.readouterr().err


def test_who_only_asks_does_not_wait_for_the_protocol() -> None:
    code = "import sys, ui.cli, ui.terminal, qa.shelf; ui.cli.parser(); print({'mcp', 'starlette'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
