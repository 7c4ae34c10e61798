"""The page on which one logs in: a form and nothing else, no script."""

from __future__ import annotations

from html import escape
from string import Template
from typing import Literal

from ui.words import WORDS, accepted

Failed = Literal["wrong", "many", "broken"]

_PAGE = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ground: #f6f4ef; --ink: #26231f; --line: #cfc8ba; --mark: #a8382a }
@media (prefers-color-scheme: dark) { :root { --ground: #191816; --ink: #e8e4dc; --line: #4a463f; --mark: #e0705f } }
body { background: var(--ground); color: var(--ink); font: 16px/1.6 "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", "Source Han Sans SC", sans-serif;
  display: grid; place-items: center; min-height: 90vh; margin: 0 }
form { width: min(20rem, 86vw); display: grid; gap: .8rem }
h1 { display: flex; align-items: center; gap: .7rem; font-size: 1.25rem; margin: 0 0 .4rem }
h1 span { display: grid; place-items: center; width: 2.2rem; height: 2.2rem; border-radius: 7px; color: #fff;
  background: #a8382a }
label { display: grid; gap: .2rem; font-size: .9rem }
input { font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 8px;
  padding: .5rem .7rem }
button { font: inherit; color: #fff; background: #a8382a; border: 0; border-radius: 8px; padding: .6rem;
  cursor: pointer }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px }
p { color: var(--mark); margin: 0 }
</style></head><body><main><form method="post" action="/login">
<h1><span aria-hidden="true">引</span>$heading</h1>$said
<label>$name<input name="name" autocomplete="username" autocapitalize="none" required autofocus></label>
<label>$password<input name="password" type="password" autocomplete="current-password" required></label>
<input type="hidden" name="then" value="$then">
<button>$enter</button>
</form></main></body></html>
""")


def login_html(accepts: str, failed: Failed | None = None, then: str = "") -> str:
    """The page in the language that the browser `accepts` best; `then` is the answer to be shown after it."""
    words = WORDS[accepted(accepts)]
    told: dict[Failed, str] = {"wrong": words.login_wrong, "many": words.login_many, "broken": words.login_broken}
    said = told[failed] if failed else ""
    return _PAGE.substitute(
        language=words.html_language,
        title=escape(words.title),
        heading=escape(words.login),
        said=f'<p role="alert">{escape(said)}</p>' if said else "",
        name=escape(words.login_name),
        password=escape(words.login_password),
        then=escape(then[:64]),
        enter=escape(words.login_enter),
    )
