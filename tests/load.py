"""Many at once on the chat page: a plain asyncio client on loopback that speaks to Gradio's queue as the browser does.

    python -m tests.load                       100 users for two minutes, then 5,000 questions and the memory they take
    python -m tests.load --users 20 --seconds 10 --questions 0

It serves the five papers in a process of its own, on a free port of this machine, and ends it. Every reply is looked
at: an answer that names its sources, a refusal, or the stated "busy"; anything else is an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import httpx

from corpus.errors import ServerBusy
from tests.conftest import PROJECT
from tests.served import free_port, megabytes

_BUSY = re.compile(ServerBusy.zh.partition("{")[0] + r"\d+")
_QUESTIONS = PROJECT / "tests" / "questions" / "questions.jsonl"


@dataclass
class Tally:
    """What came of the questions, and how long each took, in seconds."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The time within which this share of the answered questions was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class User:
    """One open page."""

    def __init__(self, client: httpx.AsyncClient, handler: int, session: str) -> None:
        self._client, self._handler, self._session = client, handler, session

    async def ask(self, question: str) -> str:
        """Ask, and say what came of it: `answered`, `refused`, `busy`, else what is wrong."""
        body = {
            "data": [question, None, None, None],
            "fn_index": self._handler,
            "trigger_id": 1,
            "session_hash": self._session,
        }
        joined = await self._client.post("/gradio_api/queue/join", json=body)
        if joined.status_code == 503:
            return "busy"
        if joined.status_code != 200:
            return f"status {joined.status_code}: {joined.text[:200]}"
        shown: list[Any] = []
        async with self._client.stream(
            "GET", "/gradio_api/queue/data", params={"session_hash": self._session}
        ) as stream:
            async for line in stream.aiter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                shown.append(message.get("output"))
                if message.get("msg") == "process_completed":
                    if not message.get("success"):
                        return f"failed: {json.dumps(message, ensure_ascii=False)[:300]}"
                    break
                if message.get("msg") in ("close_stream", "unexpected_error"):
                    return f"ended: {line[:300]}"
        said = json.dumps(shown, ensure_ascii=False)
        # Turns of before stand on the page, too: what comes last is of this question.
        last = max(("yj-refusal", "yj-answer", "yj-error"), key=said.rfind)
        if last == "yj-error":
            return "busy" if _BUSY.search(said, said.rfind(last)) else f"error: {said[said.rfind(last) :][:200]}"
        return {"yj-refusal": "refused", "yj-answer": "answered"}[last] if last in said else f"nothing: {said[-300:]}"


async def drive(url: str, users: int, seconds: float, most: int = 0) -> Tally:
    """So many users ask without a pause for so long, or until `most` questions are asked (each user its share)."""
    questions = [json.loads(line)["question"] for line in _QUESTIONS.read_text(encoding="utf-8").splitlines()]
    tally, until, run = Tally(), time.monotonic() + seconds, secrets.token_hex(4)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=users)
    async with httpx.AsyncClient(base_url=url, timeout=300, limits=limits, trust_env=False) as client:
        config = (await client.get("/config")).raise_for_status().json()
        ids = {component["props"].get("elem_id"): component["id"] for component in config["components"]}
        wanted = [ids["yj-send"], "click"]
        handler = next(d["id"] for d in config["dependencies"] if wanted in [list(t) for t in d["targets"]])

        async def one(number: int) -> None:
            chance = random.Random(number)
            asked = 0
            while time.monotonic() < until and (not most or asked < most // users):
                # A new page every few questions, as people open and leave them.
                user = User(client, handler, f"{run}x{number}x{asked // 5}")
                begun = time.perf_counter()
                outcome = await user.ask(chance.choice(questions))
                asked += 1
                if outcome in ("answered", "refused"):
                    tally.seconds.append(time.perf_counter() - begun)
                if outcome in ("answered", "refused", "busy"):
                    tally.outcomes[outcome] += 1
                else:
                    tally.outcomes["error"] += 1
                    tally.errors.append(outcome)
                if outcome == "busy":
                    await asyncio.sleep(chance.uniform(2, 5))  # what it says: in a moment

        await asyncio.gather(*(one(number) for number in range(users)))
    return tally


def told(what: str, tally: Tally, seconds: float) -> None:
    """Print a line of the table."""
    counted = ", ".join(f"{number} {outcome}" for outcome, number in sorted(tally.outcomes.items()))
    rate = len(tally.seconds) / seconds
    print(
        f"{what}: {counted}; {rate:.1f} answers a second; "
        f"median {median(tally.seconds or [0]):.2f} s, p95 {tally.percentile(0.95):.2f} s",
        flush=True,
    )
    for error in tally.errors[:5]:
        print(f"  {error}")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve, drive, print; 1 where anything but an answer or the stated "busy" came back."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--questions", type=int, default=5000, help="for the memory; 0 leaves it out")
    parser.add_argument("--index", default=".yinju/index")
    arguments = parser.parse_args(argv)
    port = free_port()
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(port), "--index", arguments.index]
    serving = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert serving.stdout is not None
        serving.stdout.readline()
        url = f"http://127.0.0.1:{port}"
        asyncio.run(drive(url, 1, 30, 3))  # the model is loaded
        begun = time.monotonic()
        tally = asyncio.run(drive(url, arguments.users, arguments.seconds))
        told(f"{arguments.users} users for {arguments.seconds:.0f} s", tally, time.monotonic() - begun)
        wrong = tally.outcomes["error"]
        if arguments.questions:
            memory = [megabytes(serving.pid)]
            for _ in range(5):
                begun = time.monotonic()
                some = asyncio.run(drive(url, 8, 3600, arguments.questions // 5))
                memory.append(megabytes(serving.pid))
                told(f"{arguments.questions // 5} questions by 8 users", some, time.monotonic() - begun)
                wrong += some.outcomes["error"]
            print(
                "MB held by all its processes (PSS), before and after each: "
                + ", ".join(f"{each:.0f}" for each in memory)
            )
        return 1 if wrong else 0
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)


if __name__ == "__main__":
    sys.exit(main())
