"""The API's documentation as one page without a script and without anything from another host.

What an address takes and gives stands in the OpenAPI document; the examples are those of the README, which tests run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any

from corpus.errors import Language
from ui.words import WORDS

CURL: tuple[str, ...] = (
    """curl -s http://127.0.0.1:7860/api/ask --json '{"question": "联邦政府对创新中心的资助期是几年？"}'""",
    """curl -sN http://127.0.0.1:7860/api/ask --json '{"question": "什么是产业公地？", "stream": true}'""",
    """curl -s http://127.0.0.1:7860/api/search --json '{"query": "会员结构", "top": 3}'""",
    """curl -s http://127.0.0.1:7860/api/papers""",
    """curl -s http://127.0.0.1:7860/api/papers/sun-luo""",
    """curl -s 'http://127.0.0.1:7860/api/context?paper=sun-luo&start=6958&end=6990'""",
    """curl -s 'http://127.0.0.1:7860/api/papers/chen/reference?style=bibtex'""",
    """curl -s http://127.0.0.1:7860/api/papers -F files=@新论文.txt""",
    """curl -sN -X POST http://127.0.0.1:7860/api/index -H 'Accept: application/x-ndjson'""",
    """curl -s -X DELETE http://127.0.0.1:7860/api/papers/新论文""",
)
"""One call a line."""
PYTHON = """import httpx

with httpx.Client(base_url="http://127.0.0.1:7860/api", timeout=60) as yinju:  # auth=("李明", "…") to log in
    answer = yinju.post("/ask", json={"question": "先进复合材料制造创新中心由谁经营？"}).raise_for_status().json()
    print(answer["answer"])
    for citation in answer["citations"]:
        place = {"paper": citation["paper"]["id"], "start": citation["start"], "end": citation["end"]}
        around = yinju.get("/context", params=place).raise_for_status().json()
        print(citation["n"], citation["paper"]["title"], citation["section"], around["context"]["text"])
    follow_up = {"question": "它的投资规模是多少？", "conversation": [answer]}
    print(yinju.post("/ask", json=follow_up).json()["completed"])
"""


@dataclass(frozen=True, slots=True)
class _Texts:
    title: str
    lead: str
    notes: tuple[str, ...]
    examples: str
    python: str
    addresses: str
    takes: str
    gives: str
    needed: str
    default: str
    shapes: str
    other: str


_TEXTS: Mapping[Language, _Texts] = {
    "zh": _Texts(
        title="引据的 HTTP 接口",
        lead="页面能做的，程序也能做：提问、查找、管理论文库。请求和回答都是 UTF-8 的 JSON。",
        notes=(
            "设有用户时，每个请求用 HTTP Basic 带上用户名和密码，或带上页面登录后的 Cookie；只有编辑者能改动论文库。",
            "出错时得到 {error, message, language} 和相应的状态码；message 的语言由 Accept-Language 决定。"
            "拼错的字段会被拒绝。",
            "503 带 Retry-After 时，是排队的问题太多，或另一个更新还在进行：稍后再试。",
            "请求里有 stream，或 Accept 为 application/x-ndjson 时，每行一个 JSON：最后一行是完整的回答；"
            "中途出错时，最后一行是错误。",
            "quote 就是论文 text[start:end]，一字不差；位置按 Unicode 码点计，不含 end。",
        ),
        examples="示例",
        python="Python",
        addresses="地址",
        takes="参数",
        gives="回答",
        needed="必填",
        default="默认 {value}",
        shapes="JSON 的字段",
        other="English",
    ),
    "en": _Texts(
        title="The HTTP API of yinju",
        lead="What the page does, for programs: ask, search, keep the library. Requests and answers are JSON in UTF-8.",
        notes=(
            "Where there are users, send name and password with each request (HTTP Basic), or the cookie of a login on "
            "the page; only editors may change the library.",
            "What goes wrong is told as {error, message, language} with a fitting status, the message in the language "
            "of Accept-Language. A misspelt field is refused.",
            "503 with Retry-After: too many questions wait, or another update is going on; try again in a moment.",
            "With stream in the request, or application/x-ndjson in Accept, each line is JSON: the last is the whole "
            "answer, or the error that has come in between.",
            "quote is text[start:end] of the paper, to the character; offsets count code points, end exclusive.",
        ),
        examples="Examples",
        python="Python",
        addresses="Addresses",
        takes="Takes",
        gives="Gives",
        needed="needed",
        default="default {value}",
        shapes="The JSON, field by field",
        other="中文",
    ),
}

_PAGE = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ground: #f6f4ef; --ink: #26231f; --line: #cfc8ba; --mark: #a8382a; --code: #efebe2 }
@media (prefers-color-scheme: dark) { :root { --ground: #191816; --ink: #e8e4dc; --line: #4a463f; --mark: #e0705f;
  --code: #24221f } }
body { background: var(--ground); color: var(--ink); margin: 0; font: 16px/1.7 "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", "Source Han Sans SC", sans-serif }
main { max-width: 56rem; margin: 0 auto; padding: 2rem 1.2rem 4rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.6rem 0 .2rem; overflow-wrap: anywhere } h3 b { color: var(--mark); margin-right: .5rem }
p { margin: .3rem 0 } a { color: var(--mark) }
code, pre { font: .86em/1.6 ui-monospace, SFMono-Regular, Consolas, "Noto Sans Mono CJK SC", monospace }
pre { background: var(--code); border-radius: 8px; padding: .8rem 1rem; overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .92em } td { border-bottom: 1px solid var(--line);
  padding: .2rem .8rem .2rem 0; vertical-align: top } td:first-child { width: 11rem }
</style></head><body><main>
<p><a href="?language=$other_language" hreflang="$other_language">$other</a> ·
<a href="openapi.json">openapi.json</a></p>
<h1>$title</h1><p>$lead</p><ul>$notes</ul>
<h2>$examples</h2><pre>$curl</pre><h2>$python</h2><pre>$program</pre>
<h2>$addresses</h2>$routes
<h2>$shapes</h2>$schemas
</main></body></html>
""")


def docs_html(document: Mapping[str, Any], language: Language) -> str:
    """The page of an OpenAPI document."""
    texts = _TEXTS[language]
    schemas: Mapping[str, Any] = document["components"]["schemas"]
    routes = [
        _route_html(method.upper(), path, operation, schemas, texts, language)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    shown = {name: schema for name, schema in schemas.items() if not name.startswith("Body_")}
    return _PAGE.substitute(
        language=WORDS[language].html_language,
        other_language="en" if language == "zh" else "zh",
        other=texts.other,
        title=escape(texts.title),
        lead=escape(texts.lead),
        notes="".join(f"<li>{escape(note)}</li>" for note in texts.notes),
        examples=texts.examples,
        curl=escape("\n".join(CURL)),
        python=texts.python,
        program=escape(PYTHON),
        addresses=texts.addresses,
        routes="".join(routes),
        shapes=texts.shapes,
        schemas="".join(
            f'<h3 id="{escape(name)}">{escape(name)}</h3>{_fields_html(schema, texts)}'
            for name, schema in shown.items()
        ),
    )


def _route_html(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any], texts: _Texts, language: Language
) -> str:
    """An address: what it is for, takes and gives."""
    about = operation["x-summary-zh"] if language == "zh" else operation["summary"]
    taken = [
        _field_html(p["name"], p["schema"], p.get("required", False), texts) for p in operation.get("parameters", ())
    ]
    parts = [f"<table>{''.join(taken)}</table>"] if taken else []
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        name = _type(content["schema"])
        body = _fields_html(schemas[name], texts) if name.startswith("Body_") else f"<p>{_linked(name)}</p>"
        parts.append(f"<p>{texts.takes}: <code>{escape(kind)}</code></p>{body}")
    given = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
    if given:
        parts.append(f"<p>{texts.gives}: {_linked(_type(given))}</p>")
    return f"<h3><b>{method}</b><code>/api{escape(path)}</code></h3><p>{escape(about)}</p>{''.join(parts)}"


def _fields_html(schema: Mapping[str, Any], texts: _Texts) -> str:
    """The fields of an object, one a row."""
    needed = schema.get("required", ())
    rows = [_field_html(name, field, name in needed, texts) for name, field in schema.get("properties", {}).items()]
    return f"<table>{''.join(rows)}</table>"


def _field_html(name: str, schema: Mapping[str, Any], needed: bool, texts: _Texts) -> str:
    said = texts.needed if needed else ""
    if "default" in schema:
        said = texts.default.format(value=str(schema["default"]).lower())
    return f"<tr><td><code>{escape(name)}</code></td><td>{_linked(_type(schema))}</td><td>{escape(said)}</td></tr>"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in short: `Citation[]`, `integer | null`, `"text" | "table"`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(map(_type, schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "prefixItems" in schema:
        return f"[{', '.join(map(_type, schema['prefixItems']))}]"
    if schema.get("type") == "array":
        inner = _type(schema.get("items", {}))
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    return str(schema.get("type", "any"))


def _linked(name: str) -> str:
    """A type, a link where it is one of the shapes."""
    first = name.removesuffix("[]").split(" | ")[0].removesuffix("[]")
    shown = f"<code>{escape(name)}</code>"
    return f'<a href="#{first}">{shown}</a>' if first.isidentifier() and first[0].isupper() else shown
