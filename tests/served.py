"""A page served for a test, and the little that a client needs to speak to it as the browser does."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from qa import Shelf
from ui.serve import Served, serve_page


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started_by(pid: int) -> list[int]:
    """The processes that a process has started and those that these have, on Linux; the parent before its children."""
    started = []
    for task in Path(f"/proc/{pid}").glob("task/*/children"):
        with suppress(OSError):  # it has just ended
            for child in map(int, task.read_text().split()):
                started += [child, *started_by(child)]
    return started


def megabytes(pid: int) -> float:
    """What a process and all that it has started hold in memory, what several share counted once (Linux: PSS)."""
    held = 0
    for one in (pid, *started_by(pid)):
        with suppress(OSError):  # it has ended, or this is no Linux
            found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{one}/smaps_rollup").read_text(), re.MULTILINE)
            held += int(found[1]) if found else 0
    return held / 1024


@contextmanager
def serving(shelf: Shelf) -> Iterator[Served]:
    """The page of a shelf, served on this machine until the end of the block."""
    served = serve_page(shelf, port=free_port())
    try:
        yield served
    finally:
        served.close()


class Visit:
    """A page that is open: its session, and its components and handlers by name."""

    def __init__(self, client: httpx.Client, session: str = "visit0001") -> None:
        self.client, self.session = client, session
        config = client.get("/config").raise_for_status().json()
        self.components = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
        self.handlers = [(d["id"], *d["targets"][0]) for d in config["dependencies"]]
        self.inputs = {d["id"]: len(d["inputs"]) for d in config["dependencies"]}

    def handler(self, elem_id: str, event: str) -> int:
        """The number of the handler for an event of a component."""
        wanted = (self.components[elem_id], event)
        return next(number for number, *target in self.handlers if (*target,) == wanted)

    def arrive(self) -> list[dict[str, Any]]:
        """What the browser does first."""
        return self.press(self.handlers[0][0], [None])

    def join(self, handler: int, data: list[Any], event_data: Mapping[str, Any] | None = None) -> httpx.Response:
        """Press something. What is missing of `data` are states, which the server keeps itself."""
        data = data + [None] * (self.inputs.get(handler, 0) - len(data))
        body = {"data": data, "event_data": event_data, "fn_index": handler, "trigger_id": 1}
        return self.client.post("/gradio_api/queue/join", json={**body, "session_hash": self.session})

    def press(self, handler: int, data: list[Any], event_data: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Press something and wait: the messages of what became of it."""
        joined = self.join(handler, data, event_data).raise_for_status().json()["event_id"]
        told = []
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("event_id") == joined:
                    told.append(message)
                if message.get("msg") in ("process_completed", "close_stream"):
                    return told
        return told

    def upload(self, files: Mapping[str, bytes]) -> httpx.Response:
        """Upload files, which are not added by that yet."""
        return self.client.post("/gradio_api/upload", files=[("files", (name, data)) for name, data in files.items()])

    def add(self, paths: list[str]) -> list[dict[str, Any]]:
        """Add files that were uploaded to these paths, or that are said to have been."""
        data = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
        return self.press(self.handler("yj-add", "upload"), [data, None])
