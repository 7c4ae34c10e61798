"""What stands around a quotation: enough to judge whether it means what it is quoted for.

>>> context(paper, 6958, 6990, around=1).text        # a row of 表2: the whole table, caption and notes included
'表2 2015—2019 年美国制造业创新研究所产生效果\\n年份\\t…'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from corpus.paper import Paper
from qa.citation import Citation, cite


@dataclass(frozen=True, slots=True)
class Context:
    """A quotation with its surroundings: `text` is the paper's text from `start` to `end`, the quotation within it.

    `sections` are the headings above it, the outermost first.
    """

    citation: Citation
    sections: tuple[str, ...]
    start: int
    end: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """As the README documents it."""
        quoted = self.citation.to_json()
        place = ("paper", "section", "pages", "page_labels", "paragraph", "start", "end", "quote")
        return {
            **{name: quoted[name] for name in place}, "sections": list(self.sections),
            "context": {"start": self.start, "end": self.end, "text": self.text},
        }  # fmt: skip


def context(paper: Paper, start: int, end: int, around: int = 1) -> Context:
    """`text[start:end]` of a paper with the paragraph or heading it stands in and so many `around` it on either side,
    none of another section; a quotation from a table with the whole table.

    Raises `ValueError` for an empty span or one outside the text.
    """
    citation = cite(paper, start, end, 1, 0.0)
    path = paper.section_path(start)
    first, last = (path[-1].start, path[-1].end) if path else (0, len(paper.text))
    within = [b for b in paper.blocks if first <= b.start < last or (b.start < end and start < b.end)]
    quoted = [number for number, block in enumerate(within) if block.start < end and start < block.end]
    shown = within[max(quoted[0] - around, 0) : quoted[-1] + 1 + around] if quoted else []
    table = paper.table_at(start) if paper.block_at(start).kind == "table" else None
    begin = min([start, *(block.start for block in shown)] if table is None else [start, table.start])
    stop = max([end, *(block.end for block in shown)] if table is None else [end, table.end])
    return Context(citation, tuple(section.title for section in path), begin, stop, paper.text[begin:stop])
