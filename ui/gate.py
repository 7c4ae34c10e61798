"""The server's doors: which requests come in, from whom, and how large. Everything behind it is Gradio's app.

1. Only the addresses in `_OPEN` exist; Gradio has many more, which its own tools need and this page does not.
2. A page served to this machine alone answers to this machine's names alone, and no request that changes something may
   come from another site's page: neither a rebound DNS name nor a form on the web reaches the library.
3. Where a password file names users, only whoever is logged in comes further.
4. Bodies are limited in size, and only editors may upload. Where a request names a file, that is one that was
   uploaded: of any other Gradio would take a copy, and a web address it would fetch.

Whom a request is from stands in `scope["state"]["visitor"]`; handlers ask there before they change anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import PasswordsDamaged
from ui.login import login_html
from ui.logs import event
from ui.passwords import Passwords
from ui.sessions import FAILURES_OF_ADDRESS, Failures, Sessions, Visitor

Health = Literal["ok", "no index", "index damaged"]

COOKIE = "yinju_session"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
BODY_BYTES = 2**20
"""The most that a request may carry which is no upload."""
_LOGIN_BYTES = 8192
_OPEN = {
    "GET": re.compile(
        r"/|/config|/theme\.css|/favicon\.ico|/robots\.txt|/(?:assets|static)(?:/[\w-][\w.-]*)+"
        r"|/gradio_api/(?:queue/data|heartbeat/\w+|upload_progress)"
        r"|/pages/[^/]+/\d{1,6}"
    ),
    "POST": re.compile(r"/gradio_api/(?:queue/join|upload|cancel|reset)"),
}
_UPLOAD = "/gradio_api/upload"
_SAID_OF_ITSELF = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
"""Headers from which Gradio would put together its own address."""
_PRESSED = ("/gradio_api/queue/join", "/gradio_api/cancel", "/gradio_api/reset")
_LINKED = re.compile(r"/(?:\?answer=[0-9a-f]{16})?")
"""Where one may be led after logging in."""
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""The browser itself refuses to load anything from elsewhere. Gradio compiles its templates, hence 'unsafe-eval'."""
_HEADERS = {
    "content-security-policy": _POLICY, "referrer-policy": "same-origin", "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
}  # fmt: skip


class Gate:
    """ASGI middleware; see the module. `only_here` says that the server is reached from this machine alone."""

    def __init__(
        self,
        app: ASGIApp,
        passwords: Passwords,
        health: Callable[[], Health],
        *,
        uploads: Path,
        only_here: bool = True,
        upload_bytes: int = 2**30,
        session_minutes: int = 480,
    ) -> None:
        self.app = app
        self._passwords = passwords
        self._health = health
        self._uploads = uploads.resolve()
        self._only_here = only_here
        self._upload_bytes = upload_bytes
        self._sessions = Sessions(session_minutes)
        self._failures = Failures()
        self._checking = anyio.CapacityLimiter(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, answer it, or turn it away."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing of the page speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        answer = await self._answer(request)
        if answer is None and scope["path"] in _PRESSED:
            body = await request.body()
            receive = _said_again(body, receive)
            answer = self._forged(body)
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in _SAID_OF_ITSELF]
        await (answer or self.app)(scope, receive, _with_headers(send))

    async def _answer(self, request: Request) -> Response | None:
        """What is answered here; None lets the request through."""
        # Not `request.url`, which is put together from what the request says of itself.
        path, method = str(request.scope["path"]), "GET" if request.method == "HEAD" else request.method
        if "transfer-encoding" in request.headers:  # it goes before the length that is told, and has no limit
            return PlainTextResponse("a request has to say its length", 411)
        if refused := self._foreign(request):
            return refused
        if path == "/health" and method == "GET":
            state = await run_in_threadpool(self._health)
            return JSONResponse({"status": state}, 200 if state == "ok" else 503)
        visitor, closed = self._visitor(request)
        if closed and path == "/login":
            return await self._login(request, method)
        if path == "/logout" and method == "POST":
            return self._logout(request)
        if method not in _OPEN or not _OPEN[method].fullmatch(path):
            return PlainTextResponse("not found", 404)
        if visitor is None:
            query = request.scope["query_string"].decode("latin-1")
            asked = f"{path}?{query}" if query else path
            then = f"?then={asked.partition('=')[2]}" if _LINKED.fullmatch(asked) and asked != "/" else ""
            return RedirectResponse(f"/login{then}", 303) if path == "/" else PlainTextResponse("log in first", 401)
        scope_state = request.scope.setdefault("state", {})
        scope_state["visitor"] = visitor
        return self._too_much(request, path, visitor) if method == "POST" else None

    def _foreign(self, request: Request) -> Response | None:
        """Refuses a request that another site's page has made, or that is meant for another host."""
        host = request.headers.get("host", "")
        try:
            name, origin = urlsplit(f"//{host}").hostname, request.headers.get("origin")
            same = origin is None or urlsplit(origin).netloc == host
        except ValueError:
            return PlainTextResponse("bad host", 400)
        if self._only_here and name not in LOOPBACK:
            event("request refused", reason="host", host=host[:100])
            return PlainTextResponse("this page is served to this machine only", 421)
        site = request.headers.get("sec-fetch-site", "same-origin")
        if request.method not in ("GET", "HEAD") and not (same and site in ("same-origin", "none")):
            event("request refused", reason="another site", path=str(request.scope["path"])[:100])
            return PlainTextResponse("not from another site", 403)
        return None

    def _visitor(self, request: Request) -> tuple[Visitor | None, bool]:
        """Whom the request is from, None where nobody is logged in; and whether one has to be."""
        try:
            users = self._passwords.users()
        except PasswordsDamaged as exc:
            _damaged(exc)
            return None, True
        if not users and self._only_here:
            return Visitor(), False
        return self._sessions.visitor(request.cookies.get(COOKIE, ""), users), True

    def _too_much(self, request: Request, path: str, visitor: Visitor) -> Response | None:
        """Refuses an upload by whoever may not, and a body that is too large or does not say how large it is."""
        if path == _UPLOAD and not visitor.may_edit:
            return PlainTextResponse("only editors may add papers", 403)
        most = self._upload_bytes if path == _UPLOAD else BODY_BYTES
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            return PlainTextResponse("a request has to say its length", 411)
        if int(length) > most:
            event("request refused", reason="size", path=path, bytes=int(length), most=most)
            return PlainTextResponse(f"more than {most} bytes", 413)
        return None

    def _forged(self, body: bytes) -> Response | None:
        """Refuses a body that names a file which was not uploaded."""
        try:
            files = list(_files_in(json.loads(body)))
        except (ValueError, RecursionError):
            return PlainTextResponse("not JSON", 400)
        for file in files:
            try:
                uploaded = isinstance(file, str) and Path(file).resolve(strict=True).is_relative_to(self._uploads)
            except (OSError, ValueError, RuntimeError):
                uploaded = False
            if not uploaded:
                event("request refused", reason="file")
                return PlainTextResponse("not a file that was uploaded", 400)
        return None

    async def _login(self, request: Request, method: str) -> Response:
        """The form, and what becomes of it."""
        language = request.headers.get("accept-language", "zh")
        if method == "GET":
            return HTMLResponse(login_html(language, then=request.query_params.get("then", "")))
        if int(request.headers.get("content-length") or _LOGIN_BYTES + 1) > _LOGIN_BYTES:
            return PlainTextResponse("too long", 413)
        told = parse_qs((await request.body()).decode("utf-8", "replace"))
        name, password, then = (told.get(field, [""])[0] for field in ("name", "password", "then"))
        address = request.client.host if request.client else ""
        # One after the other: a hundred attempts at once are counted as a hundred.
        async with self._checking:
            if self._failures.too_many(address, name):
                event("login refused", reason="too many failures", address=address)
                return HTMLResponse(
                    login_html(language, "many", then), 429, {"retry-after": str(FAILURES_OF_ADDRESS.get_expiry())}
                )
            try:
                user = await run_in_threadpool(self._passwords.check, name, password)
            except PasswordsDamaged as exc:
                _damaged(exc)
                return HTMLResponse(login_html(language, "broken", then), 503)
            if user is None:
                self._failures.add(address, name)
                event("login refused", reason="wrong", address=address)
                return HTMLResponse(login_html(language, "wrong", then), 401)
        event("login", user=name, role=user.role)
        linked = f"/?answer={then}"
        answer = RedirectResponse(linked if _LINKED.fullmatch(linked) else "/", 303)
        secure = request.scope.get("scheme") == "https"
        answer.set_cookie(COOKIE, self._sessions.begin(name, user), httponly=True, samesite="lax", secure=secure)
        return answer

    def _logout(self, request: Request) -> Response:
        self._sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE)
        return answer


def visitor_of(state: object) -> Visitor:
    """Whom a request is from, of the `state` that the gate has left on it; a reader where it has not."""
    visitor = getattr(state, "visitor", None)
    return visitor if isinstance(visitor, Visitor) else Visitor(role="reader")


def _damaged(exc: PasswordsDamaged) -> None:
    """Nobody can come in. What is wrong with the file may quote from it, and stands in the log only if asked for."""
    event("passwords damaged", file=str(exc.values["file"]), private={"detail": str(exc)})


def _files_in(value: object) -> Iterator[object]:
    """What every `path` in parsed JSON names."""
    if isinstance(value, dict):
        if "path" in value:
            yield value["path"]
        for each in value.values():
            yield from _files_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _files_in(each)


def _said_again(body: bytes, receive: Receive) -> Receive:
    """`receive` once more from the beginning, after the body has been read."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _with_headers(send: Send) -> Send:
    async def forward(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return forward
