"""Where sentences end: behind 。！？ and what closes with them, the marks of references and notes included.

他说：“好。”[3]② │ 真的吗？ │ It works. │ Yes
"""

from __future__ import annotations

import re

from corpus.paper import Block, Kind, Sentence
from corpus.signs import ABSTRACT

PROSE: tuple[Kind, ...] = ("abstract", "paragraph", "back", "footnote")
"""Kinds of block that are cut into sentences; of all others, each block is one unit."""

_SENTENCE_END = re.compile(
    r"(?:[。！？…]|[!?](?![A-Za-z0-9_/=&]))+[”’」』）)》】]*(?:\s?\[\d[\d,，\-– ]*\])*(?P<mark>[①-⑳](?!\s))?"
    # A full stop after a single letter or digit is an initial or a number: J. Smith; 2. National Library
    r"|(?<!\b[A-Z\d])\.(?=\s+[A-Z“\"])"
)
_LIST = re.compile(r"[：:]\s?①")
"""In a list ② opens the next point; elsewhere it is the mark of a note on the sentence before it."""


def split_sentences(text: str, block: Block) -> list[Sentence]:
    """The sentences of a block, white space at their ends left out; anything but prose is one unit.

    What holds no word is no sentence, such as the sign ■ that ends an article; nor is the label of an abstract.

    >>> [摘要：“好。”他说。真的吗？（1）是。■] → “好。”, 他说。, 真的吗？, （1）是。
    """
    if block.kind not in PROSE:
        unit = text[block.start : block.end]  # a table row may begin and end with empty cells
        left, right = len(unit) - len(unit.lstrip()), len(unit.rstrip())
        return [Sentence(block.start + left, block.start + right)] if right else []
    listed = _LIST.search(text, block.start, block.end)
    found = _SENTENCE_END.finditer(text, block.start, block.end)
    ends = [end.start("mark") if listed and end["mark"] else end.end() for end in found]
    sentences = []
    label = ABSTRACT.match(text, block.start, block.end)
    start = label.end() if label else block.start
    for end in [*ends, block.end]:
        piece = text[start:end]
        left, right = len(piece) - len(piece.lstrip()), len(piece.rstrip())
        if re.search(r"\w", piece):
            sentences.append(Sentence(start + left, start + right))
        start = end
    return sentences
