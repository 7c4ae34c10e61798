"""What is changed on Gradio's page before it is sent: it gets our head, and loses its links to other hosts.

It also gets a first picture of itself, in the visitor's language, which stands until Gradio's scripts have put the page
together: what can be read at once need not wait for them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from importlib import resources

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import Language
from ui.words import WORDS, preferred


class PageShell:
    """ASGI middleware around Gradio's app: its page gets our head and loses its links to other hosts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and change what comes back where it is the page."""
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET":
            await self._send_page(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _send_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()
        request = Request(scope)
        language = preferred(request.headers, request.cookies)

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            page = _own_page(body.decode("utf-8"), language).encode()
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            length = (b"content-length", str(len(page)).encode())
            await send({**start, "headers": [*kept, length, (b"vary", b"accept-language, cookie")]})
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, collect)


def _own_page(page: str, language: Language) -> str:
    """Gradio's HTML without its advertising of itself, with the page's title, icon, style, script and first picture."""
    page = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*', "", page)
    page = re.sub(r'<link rel="manifest"[^>]*>\s*', "", page)
    page = re.sub(r'<html\s+lang="en"', f'<html lang="{WORDS[language].html_language}"', page, count=1)
    page = re.sub(r'https://github\.com/gradio-app/[^"\s]*', "", page)
    page = page.replace("</head>", f"{_head(language)}</head>", 1)
    return re.sub(r"<body[^>]*>", lambda body: body[0] + _first(language), page, count=1)


@lru_cache(maxsize=2)
def _first(language: Language) -> str:
    """What is seen until Gradio's scripts have run. Gradio sets the dark colours itself, later."""
    words = WORDS[language]
    return (
        '<div class="yj-first" aria-hidden="true">'
        f'<div class="yj-first-top"><span>引</span><b>{escape(words.title)}</b><i>{escape(words.tagline)}</i></div>'
        f'<div class="yj-first-desk"><h2>{escape(words.greeting)}</h2><p>{escape(words.greeting_hint)}</p></div></div>'
        "<script>matchMedia('(prefers-color-scheme: dark)').matches"
        " && document.querySelector('.yj-first').classList.add('dark')</script>"
    )


@lru_cache(maxsize=2)
def _head(language: Language) -> str:
    files = resources.files("ui")
    style, script = (
        "\n".join(files.joinpath(f"{name}.{ending}").read_text(encoding="utf-8") for name in ("page", "overview"))
        for ending in ("css", "js")
    )
    icon = (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' "
        "height='32' rx='7' fill='%23a8382a'/%3E%3Cpath d='M9 11h5v5l-3 6M18 11h5v5l-3 6' fill='none' stroke='%23fff' "
        "stroke-width='3'/%3E%3C/svg%3E"
    )
    title = f"<title>{WORDS[language].title}</title>"
    return f'{title}<link rel="icon" href="{icon}"><style>{style}</style><script>{script}</script>'
