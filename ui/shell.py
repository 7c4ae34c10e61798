"""What stands around Gradio's app on the wire: its page gets our head, and every door to other hosts is shut."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.words import WORDS

_OUTWARD = re.compile(r"/(?:gradio_api/)?(?:proxy=|file=https?:|file/https?:|monitoring|.*vibe-|svelte/)")
"""Paths on which Gradio would fetch from another host for whoever asks, or which only its developers need."""

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""The browser itself refuses to load anything from elsewhere. Gradio compiles its templates, hence 'unsafe-eval'."""

_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]


class PageShell:
    """ASGI middleware around Gradio's app: its page gets our head and loses its links to other hosts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 404 where Gradio would fetch from elsewhere."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _OUTWARD.match(scope["path"]):
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        elif scope["path"] == "/" and scope["method"] == "GET":
            await self._send_page(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    async def _send_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            page = _own_head(body.decode("utf-8")).encode()
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            length = (b"content-length", str(len(page)).encode())
            await send({**start, "headers": [*kept, *_HEADERS, length]})
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, collect)


def _with_headers(send: Send) -> Send:
    async def forward(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
        await send(message)

    return forward


def _own_head(page: str) -> str:
    """Gradio's HTML without its advertising of itself, with the page's title, icon, style and script."""
    page = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*', "", page)
    page = re.sub(r'<link rel="manifest"[^>]*>\s*', "", page)
    page = re.sub(r'<html\s+lang="en"', f'<html lang="{WORDS["zh"].html_language}"', page, count=1)
    page = re.sub(r'https://github\.com/gradio-app/[^"\s]*', "", page)
    return page.replace("</head>", f"{_head()}</head>", 1)


@lru_cache(maxsize=1)
def _head() -> str:
    files = resources.files("ui")
    style = files.joinpath("page.css").read_text(encoding="utf-8")
    script = files.joinpath("page.js").read_text(encoding="utf-8")
    icon = (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' "
        "height='32' rx='7' fill='%23a8382a'/%3E%3Cpath d='M9 11h5v5l-3 6M18 11h5v5l-3 6' fill='none' stroke='%23fff' "
        "stroke-width='3'/%3E%3C/svg%3E"
    )
    title = f"<title>{WORDS['zh'].title}</title>"
    return f'{title}<link rel="icon" href="{icon}"><style>{style}</style><script>{script}</script>'
