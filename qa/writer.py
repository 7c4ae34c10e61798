"""A language model that writes an answer from passages: optional, off unless an address is set.

Whatever speaks the chat API of OpenAI will do (llama.cpp, vLLM, Ollama, a service): extra `llm`, the `openai` client.

>>> writer = OpenAIWriter("http://127.0.0.1:8080/v1", "qwen3")
>>> "".join(writer.write("IACMI 由谁经营？", {"k3v9": "先进复合材料制造创新中心交由…经营…"}))
'IACMI 由 CCS 公司经营。[#k3v9]'

What it writes is not shown before `qa.draft` has checked it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Protocol

from corpus.errors import WriterMissing, WriterSilent
from corpus.language import language_of
from corpus.settings import Settings

TOKENS = 600
"""A model that goes on for longer is cut off."""


class Writer(Protocol):
    """Writes an answer piece by piece. Raises `WriterError` where it cannot."""

    def write(self, question: str, passages: Mapping[str, str]) -> Iterator[str]:
        """The pieces of an answer; it refers to the passages, given by handle, as `[#handle]`."""


class OpenAIWriter:
    """A model behind an address; `seconds` is the time it has for a whole answer."""

    def __init__(self, address: str, model: str, key: str = "", seconds: float = 30.0) -> None:
        self.address, self.model, self.key, self.seconds = address, model, key, seconds

    def write(self, question: str, passages: Mapping[str, str]) -> Iterator[str]:
        """See `Writer`. Raises `WriterMissing` without the extra, `WriterSilent` for a server down, slow or broken."""
        try:
            import openai
        except ImportError as exc:
            raise WriterMissing(address=self.address) from exc
        ends = time.monotonic() + self.seconds
        message = prompt(question, passages)
        try:
            timeout = openai.Timeout(self.seconds, connect=min(self.seconds, 5.0))
            with openai.OpenAI(
                base_url=self.address, api_key=self.key or "none", max_retries=0, timeout=timeout
            ) as client:
                stream = client.chat.completions.create(
                    model=self.model, messages=[{"role": "user", "content": message}], stream=True, temperature=0.0,
                    max_tokens=TOKENS,
                )  # fmt: skip
                with stream:
                    for chunk in stream:
                        if time.monotonic() > ends:
                            raise WriterSilent(address=self.address, detail=f"no answer within {self.seconds:g} s")
                        if chunk.choices and chunk.choices[0].delta.content:
                            yield chunk.choices[0].delta.content
        except openai.APITimeoutError as exc:
            raise WriterSilent(address=self.address, detail=f"no answer within {self.seconds:g} s") from exc
        except (openai.OpenAIError, ValueError, AttributeError, TypeError) as exc:
            # The client hands on what a server that speaks no such API replies as it comes.
            raise WriterSilent(address=self.address, detail=" ".join(str(exc).split())[:200]) from exc


def writer_of(settings: Settings) -> Writer | None:
    """The writer that the settings name; None where they name none, which is the default."""
    if not settings.llm_address:
        return None
    return OpenAIWriter(settings.llm_address, settings.llm_model, settings.llm_key, settings.llm_seconds)


def prompt(question: str, passages: Mapping[str, str]) -> str:
    """What the model is told: `qa/prompts/answer.*.txt` in the question's language, filled in."""
    told = "\n\n".join(f"[#{handle}] {' '.join(text.split())}" for handle, text in passages.items())
    # Not `str.format`: a question or a paper may hold braces.
    before, _, behind = _template(language_of(question)).partition("{passages}")
    return before.replace("{question}", " ".join(question.split())) + told + behind


@lru_cache(maxsize=2)
def _template(language: str) -> str:
    return resources.files("qa").joinpath("prompts", f"answer.{language}.txt").read_text(encoding="utf-8")
