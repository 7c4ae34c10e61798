"""References to a paper in the styles that writers paste: GB/T 7714—2015, BibTeX, CSL-JSON.

Only what is known is written: a paper without a journal is `[Z]` (other) in GB/T 7714 and `@misc` in BibTeX.

The style is written here rather than by a CSL processor: citeproc-py 0.11 with the 2015 numeric style leaves out the
`[Z]` of a document, tells 等 from et al. by one setting for all, and writes names that are not split in capitals. What
CSL does well is served by the CSL-JSON of each paper, which Zotero and pandoc read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from corpus.clean import HAN
from corpus.paper import Paper

_AUTHORS_NAMED = 3


def gbt7714(paper: Paper) -> str:
    """GB/T 7714—2015, numeric style, without its number.

    陈琳. 美国“国家制造创新网络”战略及其对中国制造业发展的启示[J]. 社会科学理论与实践, 2019, 1(1): 15–22. DOI: ….
    """
    parts = []
    if paper.authors:
        parts.append(_gbt_authors(paper.authors))
    parts.append(f"{paper.title or paper.file}[{'J' if paper.journal else 'Z'}]")
    issue = (paper.volume or "") + (f"({paper.issue})" if paper.issue else "")
    year = str(paper.year) if paper.year is not None else ""
    source = ", ".join(part for part in (paper.journal, year, issue) if part)
    if source and paper.page_range:
        source += f": {paper.page_range}"
    if source:
        parts.append(source)
    if paper.doi:
        parts.append(f"DOI: {paper.doi}")
    return ". ".join(parts) + "."


def bibtex(paper: Paper) -> str:
    """A BibTeX entry whose key is the paper's id."""
    fields = {
        "author": " and ".join(map(_latex, paper.authors)),
        "title": f"{{{_latex(paper.title or paper.file)}}}",
        "journal": _latex(paper.journal or ""),
        "year": paper.year,
        "volume": paper.volume,
        "number": paper.issue,
        "pages": (paper.page_range or "").replace("–", "--"),
        "doi": paper.doi,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    kind = "article" if paper.journal else "misc"
    key = re.sub(r"[^-\w:.]+", "-", paper.id)
    body = ",\n".join(lines)
    return f"@{kind}{{{key},\n{body}\n}}"


def _latex(text: str) -> str:
    """Text with what is a command in LaTeX made plain; a DOI is not text."""
    plain = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return re.sub(r"[\\~^&%$#_{}]", lambda match: plain.get(match[0], f"\\{match[0]}"), text)


def csl_item(paper: Paper) -> dict[str, object]:
    """The paper as a CSL-JSON item (https://docs.citationstyles.org); names stay whole: splitting them is a guess."""
    item: dict[str, object] = {
        "id": paper.id,
        "type": "article-journal" if paper.journal else "document",
        "title": paper.title or paper.file,
        "author": [{"literal": name} for name in paper.authors],
        "container-title": paper.journal,
        "issued": {"date-parts": [[paper.year]]} if paper.year is not None else None,
        "volume": paper.volume,
        "issue": paper.issue,
        "page": paper.page_range,
        "DOI": paper.doi,
        "language": paper.language,
    }
    return {name: value for name, value in item.items() if value}


def csl_json(paper: Paper) -> str:
    """A CSL-JSON list of this one item, as Zotero imports it."""
    return json.dumps([csl_item(paper)], ensure_ascii=False, indent=2)


STYLES: dict[str, Callable[[Paper], str]] = {"gbt7714": gbt7714, "bibtex": bibtex, "csl-json": csl_json}
"""Each style's name to the function that writes it."""


def _gbt_authors(authors: Sequence[str]) -> str:
    named = ", ".join(_gbt_name(name) for name in authors[:_AUTHORS_NAMED])
    if len(authors) <= _AUTHORS_NAMED:
        return named
    return named + (", 等" if re.search(f"[{HAN}]", named) else ", et al")


def _gbt_name(name: str) -> str:
    """A Latin name as surname and initials (section 8.1.1 of the standard); a Chinese one whole.

    >>> _gbt_name("YU Jie-ping"), _gbt_name("张华胜")
    ('YU J P', '张华胜')
    """
    words = name.split()
    if re.search(f"[{HAN}]", name) or len(words) < 2:
        return name
    surname = next((word for word in words if word.isupper() and len(word) > 1), words[-1])
    given = [word for word in words if word != surname]
    initials = [part[0].upper() for word in given for part in re.split(r"[-.]", word) if part]
    return " ".join([surname.upper(), *initials])
