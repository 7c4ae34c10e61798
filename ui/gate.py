"""The server's doors: which requests come in, from whom, and how large. Behind it are Gradio's app and our API.

1. Only the addresses in `_OPEN` exist; Gradio has many more, which its own tools need and this page does not.
2. A page served to this machine alone answers to this machine's names alone, and no request that changes something may
   come from another site's page: neither a rebound DNS name nor a form on the web reaches the library.
3. Where a password file names users, only whoever is logged in comes further. Programs may send name and password with
   each request instead (HTTP Basic, RFC 7617); once checked, they are known again for as long as a session lasts.
4. Bodies are limited in size, and only editors may upload. Where a request names a file, that is one that was
   uploaded: of any other Gradio would take a copy, and a web address it would fetch.

Whom a request is from stands in `scope["state"]["visitor"]`; handlers ask there before they change anything.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import (
    AddressUnknown,
    LoginBarred,
    LoginMissing,
    PasswordsDamaged,
    RequestTooLarge,
    RequestUnclear,
    RoleLacking,
    SiteForeign,
    YinjuError,
)
from ui.login import Failed, login_html
from ui.logs import event
from ui.passwords import Passwords, User
from ui.refusal import refusal
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
        r"|/pages/[^/]+/\d{1,6}|/conversations/[0-9a-f]{16}\.(?:md|docx)"
        r"|/api/(?:docs|openapi\.json|context|papers|papers/[^/]+|papers/[^/]+/reference|answers/[^/]+)"
    ),
    "POST": re.compile(r"/gradio_api/(?:queue/join|upload|cancel|reset)|/api/(?:ask|search|papers|index)"),
    "DELETE": re.compile(r"/api/papers/[^/]+"),
}
_TOOLS = "/mcp"
_PROGRAMS = re.compile(r"/api/.*|/mcp", re.DOTALL)
"""Addresses for other programs, which are told in JSON why they are turned away."""
_UPLOADS = ("/gradio_api/upload", "/api/papers")
_SAID_OF_ITSELF = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
"""Headers from which Gradio would put together its own address."""
_PRESSED = ("/gradio_api/queue/join", "/gradio_api/cancel", "/gradio_api/reset")
_LOGIN_STATUSES: Mapping[Failed, int] = {"wrong": 401, "many": 429, "broken": 503}
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
    """ASGI middleware; see the module. `only_here` says that the server is reached from this machine alone, `tools`
    that there is something for assistants at `/mcp`."""

    def __init__(
        self,
        app: ASGIApp,
        passwords: Passwords,
        health: Callable[[], Health],
        *,
        uploads: Path,
        tools: bool = False,
        only_here: bool = True,
        upload_bytes: int = 2**30,
        session_minutes: int = 480,
    ) -> None:
        self.app = app
        self._passwords = passwords
        self._health = health
        self._uploads = uploads.resolve()
        self._tools = tools
        self._only_here = only_here
        self._upload_bytes = upload_bytes
        self._sessions = Sessions(session_minutes)
        self._failures = Failures()
        self._key = secrets.token_bytes(32)
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
            return _unmeasured(request)
        if refused := self._foreign(request):
            return refused
        if path == "/health" and method == "GET":
            state = await run_in_threadpool(self._health)
            return JSONResponse({"status": state}, 200 if state == "ok" else 503)
        visitor, closed = await self._visitor(request)
        if isinstance(visitor, Response):
            return visitor
        if closed and path == "/login":
            return await self._login(request, method)
        if path == "/logout" and method == "POST":
            return self._logout(request)
        known = self._tools if path == _TOOLS else method in _OPEN and _OPEN[method].fullmatch(path)
        if not known or method not in ("GET", "POST", "DELETE"):
            return _turned_away(request, 404, "not found", AddressUnknown(method=request.method, path=path))
        if visitor is None and _PROGRAMS.fullmatch(path):
            return _turned_away(request, 401, "log in first", LoginMissing(path=path))
        if visitor is None:
            query = request.scope["query_string"].decode("latin-1")
            asked = f"{path}?{query}" if query else path
            then = f"?then={asked.partition('=')[2]}" if _LINKED.fullmatch(asked) and asked != "/" else ""
            return RedirectResponse(f"/login{then}", 303) if path == "/" else PlainTextResponse("log in first", 401)
        scope_state = request.scope.setdefault("state", {})
        scope_state["visitor"] = visitor
        return None if method == "GET" else self._too_much(request, path, visitor)

    def _foreign(self, request: Request) -> Response | None:
        """Refuses a request that another site's page has made, or that is meant for another host."""
        host = request.headers.get("host", "")
        try:
            name, origin = urlsplit(f"//{host}").hostname, request.headers.get("origin")
            same = origin is None or urlsplit(origin).netloc == host
        except ValueError:
            return _turned_away(request, 400, "bad host", SiteForeign(site=host[:100]))
        if self._only_here and name not in LOOPBACK:
            event("request refused", reason="host", host=host[:100])
            return _turned_away(request, 421, "this page is served to this machine only", SiteForeign(site=host[:100]))
        site = request.headers.get("sec-fetch-site", "same-origin")
        if request.method not in ("GET", "HEAD") and not (same and site in ("same-origin", "none")):
            event("request refused", reason="another site", path=str(request.scope["path"])[:100])
            return _turned_away(request, 403, "not from another site", SiteForeign(site=(origin or site)[:100]))
        return None

    async def _visitor(self, request: Request) -> tuple[Visitor | Response | None, bool]:
        """Whom the request is from, None where nobody is logged in; and whether one has to be. A program that sends a
        wrong name or password gets its answer here."""
        try:
            users = self._passwords.users()
        except PasswordsDamaged as exc:
            _damaged(exc)
            return None, True
        if not users and self._only_here:
            return Visitor(), False
        given = request.headers.get("authorization", "")
        if given.lower().startswith("basic ") and _PROGRAMS.fullmatch(str(request.scope["path"])):
            return await self._known(request, given[6:], users), True
        return self._sessions.visitor(request.cookies.get(COOKIE, ""), users), True

    async def _known(self, request: Request, given: str, users: Mapping[str, User]) -> Visitor | Response:
        """Whom a name and a password sent with a request belong to.

        What has been checked is known again by a keyed hash, as a session's token: Argon2 is for guesses, not for every
        request.
        """
        wrong = LoginMissing(path=request.scope["path"])
        try:
            name, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
        except ValueError:
            return _turned_away(request, 401, "wrong", wrong)
        token = hmac.digest(self._key, f"{name}\0{password}".encode(), "sha256").hex()
        if visitor := self._sessions.visitor(token, users):
            return visitor
        user = await self._checked(request, name, password)
        if user == "many":
            return _turned_away(request, 429, "too many", LoginBarred(minutes=FAILURES_OF_ADDRESS.get_expiry() // 60))
        if isinstance(user, str):
            return _turned_away(request, 401, "wrong", wrong)
        event("login", user=name, role=user.role)
        self._sessions.begin(name, user, token)
        return Visitor(name, user.role)

    def _too_much(self, request: Request, path: str, visitor: Visitor) -> Response | None:
        """Refuses an upload by whoever may not, and a body that is too large or whose length is no number."""
        if path in _UPLOADS and not visitor.may_edit:
            lacking = RoleLacking(name=visitor.name or "—")
            return _turned_away(request, 403, "only editors may add papers", lacking)
        most = self._upload_bytes if path in _UPLOADS else BODY_BYTES
        length = request.headers.get("content-length", "0")  # without one there is no body (RFC 9112, 6.3)
        if not length.isdecimal():
            return _unmeasured(request)
        if int(length) > most:
            event("request refused", reason="size", path=path, bytes=int(length), most=most)
            return _turned_away(request, 413, f"more than {most} bytes", RequestTooLarge(most=most))
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
        user = await self._checked(request, name, password)
        if isinstance(user, str):
            headers = {"retry-after": str(FAILURES_OF_ADDRESS.get_expiry())} if user == "many" else None
            return HTMLResponse(login_html(language, user, then), _LOGIN_STATUSES[user], headers)
        event("login", user=name, role=user.role)
        linked = f"/?answer={then}"
        answer = RedirectResponse(linked if _LINKED.fullmatch(linked) else "/", 303)
        secure = request.scope.get("scheme") == "https"
        answer.set_cookie(COOKIE, self._sessions.begin(name, user), httponly=True, samesite="lax", secure=secure)
        return answer

    async def _checked(self, request: Request, name: str, password: str) -> User | Failed:
        """The user whose name and password these are; or why there is none."""
        address = request.client.host if request.client else ""
        # One after the other: a hundred attempts at once are counted as a hundred.
        async with self._checking:
            if self._failures.too_many(address, name):
                event("login refused", reason="too many failures", address=address)
                return "many"
            try:
                user = await run_in_threadpool(self._passwords.check, name, password)
            except PasswordsDamaged as exc:
                _damaged(exc)
                return "broken"
            if user is None:
                self._failures.add(address, name)
                event("login refused", reason="wrong", address=address)
        return user or "wrong"

    def _logout(self, request: Request) -> Response:
        self._sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE)
        return answer


def visitor_of(state: object) -> Visitor:
    """Whom a request is from, of the `state` that the gate has left on it; a reader where it has not."""
    visitor = getattr(state, "visitor", None)
    return visitor if isinstance(visitor, Visitor) else Visitor(role="reader")


def _turned_away(request: Request, status: int, text: str, error: YinjuError) -> Response:
    """The error for a program, a few words for whoever has come past the page."""
    if _PROGRAMS.fullmatch(str(request.scope["path"])):
        return refusal(error, request.headers.get("accept-language", ""), status)
    return PlainTextResponse(text, status)


def _unmeasured(request: Request) -> Response:
    length = RequestUnclear(field="Content-Length", value=request.headers.get("content-length"), expected="0, 1, 2 …")
    return _turned_away(request, 411, "a request has to say its length", length)


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
