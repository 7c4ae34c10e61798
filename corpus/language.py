"""Which of the two languages a text is in."""

from __future__ import annotations

import re
from typing import Literal

from corpus.clean import HAN

TextLanguage = Literal["zh", "en"]


def language_of(text: str) -> TextLanguage:
    """`zh` where at least a fifth of the letters are Chinese characters, else `en`.

    >>> language_of("MFGTech计划资助了几个项目？"), language_of("What is 产业公地 in this paper?")
    ('zh', 'en')
    """
    chinese = len(re.findall(f"[{HAN}]", text))
    latin = len(re.findall(r"[A-Za-z]", text))
    return "zh" if chinese >= 0.2 * (chinese + latin) and chinese else "en"
