"""The server: Gradio's app behind the gate, in a thread of its own.

    served = serve_page(Shelf.open("corpus/papers"), port=7860)
    print(served.url)
    served.close()

Nothing is served elsewhere than on this machine before somebody has a password; and nothing calls another host.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import fastapi
import uvicorn
from starlette.routing import Route
from starlette.types import ASGIApp
from threadpoolctl import threadpool_limits

from corpus.errors import AddressOpen, AddressTaken, IndexMissing, Language, YinjuError
from qa.shelf import Shelf
from ui.api import build_api
from ui.downloads import downloads
from ui.gate import LOOPBACK, Gate, Health
from ui.logs import event, last_event
from ui.page import Page, build_page, mount_page
from ui.passwords import Passwords
from ui.pictures import pictures
from ui.service import Service

CLOSING_SECONDS = 3.0
"""How long what is going on may go on when the server is to end."""
_STARTING_SECONDS = 60.0


class Served:
    """A page that is being served at `url`, until `close`."""

    def __init__(self, page: Page, app: ASGIApp, listening: socket.socket, url: str) -> None:
        self.page, self.url = page, url
        self._listening = listening
        config = uvicorn.Config(
            app, log_config=None, access_log=False, ws="none", server_header=False,
            timeout_graceful_shutdown=int(CLOSING_SECONDS),
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="yinju-serve", daemon=True
        )
        self._thread.start()
        until = time.monotonic() + _STARTING_SECONDS
        while not self._server.started and self._thread.is_alive() and time.monotonic() < until:
            time.sleep(0.01)

    @property
    def running(self) -> bool:
        """Whether requests are answered."""
        return self._server.started and self._thread.is_alive()

    def close(self) -> None:
        """Take no more requests, let what is going on go on for a moment, and end."""
        self.page.close()
        self._server.should_exit = True
        self._thread.join(CLOSING_SECONDS + 1)
        self.page.desk.shelf.close()
        self._listening.close()


def serve_page(
    shelf: Shelf,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    on_ready: Callable[[str], object] = lambda url: None,
    block: bool = False,
    tools: Literal["", "reading", "changing"] = "",
    language: Language = "zh",
) -> Served:
    """Serve the page of a shelf and call `on_ready` with its address; returns at once if not `block`, else when the
    program is told to end (Ctrl-C, SIGTERM). The model is loaded meanwhile: the first question is quick. The shelf is
    closed at the end.

    The API is always there; the `tools` of assistants, whose errors are in `language`, are where that is asked for.
    Raises `AddressTaken`, `AddressOpen`, `PasswordsDamaged`.
    """
    passwords = Passwords(Path(shelf.settings.password_file))
    only_here = host in LOOPBACK
    if not passwords.users() and not only_here:
        raise AddressOpen(host=host, file=passwords.file)
    listening = _listening(host, port)
    _share_the_cores()
    threading.Thread(target=_warm, args=(shelf,), name="yinju-warm", daemon=True).start()
    page = build_page(shelf)
    service, line, begin = Service(shelf), page.desk.line, page.desk.librarian.update_in_background
    closed: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    if tools:
        from ui.mcp import McpApp, Tools

        assistants = McpApp(Tools(service, line, begin, language, files=False), changes=tools == "changing")
        outer = fastapi.FastAPI(**closed, lifespan=assistants.running, routes=[Route("/mcp", assistants)])
    else:
        outer = fastapi.FastAPI(**closed)
    outer.router.routes += [pictures(shelf.library), *downloads(shelf)]
    outer.mount("/api", build_api(service, line, begin, page.uploads))
    mount_page(outer, page)
    gate = Gate(
        outer,
        passwords,
        lambda: _health(shelf),
        uploads=page.uploads,
        tools=bool(tools),
        only_here=only_here,
        upload_bytes=shelf.settings.upload_megabytes * 2**20,
        session_minutes=shelf.settings.session_minutes,
    )
    shown = f"[{host}]" if ":" in host else host
    served = Served(page, gate, listening, f"http://{shown}:{port}/")
    event("serving", url=served.url, passwords=bool(passwords.users()), pid=os.getpid())
    on_ready(served.url)
    if block:
        _wait(served)
    return served


def _listening(host: str, port: int) -> socket.socket:
    """A socket that is bound, so that whatever speaks against it is known at once."""
    try:
        if not 0 < port < 2**16:
            raise OSError("ports are 1 to 65535")
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(512)
        except BaseException:
            listening.close()
            raise
    except OSError as exc:
        raise AddressTaken(address=f"{host}:{port}", detail=exc.strerror or exc) from exc
    return listening


def _share_the_cores() -> None:
    """Set this process up for several questions at once: a core each, instead of all cores for one after the other."""
    threadpool_limits(1, user_api="blas")
    # Arithmetic lets go of the interpreter and has to get it back, hundreds of times a question, from threads that
    # would else keep it for 5 ms each time.
    sys.setswitchinterval(0.001)


def _warm(shelf: Shelf) -> None:
    """Load what the first question needs: the model here or, where they answer, in the processes."""
    if shelf.processes is not None:
        shelf.processes.start()
    # What is wrong with the index or the model is said where a question is asked.
    with suppress(YinjuError):
        _ = shelf.index.glossary.all_names
        shelf.search("引据", top=1)


def _health(shelf: Shelf) -> Health:
    """Whether questions can be answered from the current version of the index."""
    try:
        return "ok" if shelf.snapshot().fault is None else "index damaged"
    except IndexMissing:
        return "no index"
    except YinjuError:
        return "index damaged"


def _wait(served: Served) -> None:
    """Until a signal says that it is enough; then the program ends, whatever threads are still at work.

    They can be left alone: an index is replaced at once and whole, and so is every other file.
    """
    asked = threading.Event()
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    while served.running and not asked.wait(0.2):
        pass
    event("stopping")
    busy = served.page.busy  # closing lets go of those who wait for an answer, not of the thread that works at it
    served.close()
    for number, handler in before.items():
        signal.signal(number, handler)
    last_event("stopped")
    if asked.is_set() and (busy or served.page.busy):
        sys.stdout.flush()
        sys.stderr.flush()
        served.page.tidy()
        os._exit(0)
