"""Words: how a text is cut into terms, and BM25 over the terms of the passages.

A text is folded (width, case, Traditional to Simplified characters, thousands written apart), then cut into jieba's
search-mode words, with the names that the papers introduce (`indexer.glossary`) in its dictionary; every pair of
neighbouring Chinese characters is a term too, for what jieba misses; and every number that is written with 万, 亿 or
in Chinese characters is also there in digits. Folding is for matching only: what is quoted is never touched.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import opencc
import rjieba
from numpy.typing import NDArray

from indexer.columns import Columns, Texts, Vocabulary, will_need

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_LOOKED = 100_000
"""So many numbers are added up before it is looked whether the rest is needed: less takes no longer than looking."""
_SOUGHT = 4
"""So many numbers are added up in the time in which one passage is sought among those that hold a term: one to twelve,
as few or many of either are asked for."""
_KNOWN = 4096
"""Texts whose terms are kept: a few megabytes."""
K1 = 1.2
B = 0.75

# Words that stand in nearly every question or sentence and say nothing about its subject.
STOP = frozenset(
    """
    的 了 在 是 和 与 及 或 等 对 为 以 于 由 从 到 被 把 将 而 且 也 都 就 并 但 这 那 其 之 所 个 中 上 下 有
    哪 哪些 哪个 哪家 什么 怎么 怎样 如何 为什么 多少 几 几个 谁 吗 呢 请问 一个 一些 我们 他们 它 他 她 可以 进行
    通过 以及 因此 并且 这是 那是 这个 那个 这些 那些 怎么样 什么样 怎么办 是不是 有没有 是否 为何 何时 何地 何种 哪里
    哪儿 哪种 多久 吧 啊
    the a an of in on at to for and or is are was were be been by with from as that this it its which who what when
    where how why many much did do does has have had
    """.split()
)
_STOP_CHARACTERS = "".join(word for word in sorted(STOP) if len(word) == 1 and not word.isascii()) + "么"
_THOUSANDS = re.compile(r"(?<=\d)[ ,，\u00a0\u2009](?=\d{3}(?!\d))")
_CLUSTER = re.compile(r"(?s).[\u0300-\u036f\u3099\u309a]*")
_WORD = re.compile(r"\w")
_HAN_RUN = re.compile(rf"[^\W\da-z_{_STOP_CHARACTERS}]+")
_DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_MEASURED = "个|家|项|条|种|年|月|日|名|所|届|类|级|次|位|点|部|章|层|步|期|倍|成|大|人|方面"
_NUMBER = re.compile(
    r"(?P<digits>\d+(?:\.\d+)?)\s?(?P<unit>[百千]?万亿?|[十百千]?亿|thousand|million|billion|trillion)"
    rf"|(?P<chinese>[零〇一二两三四五六七八九十百千万亿]{{2,}}|[二两三四五六七八九十](?={_MEASURED}))"
    r"|(?P<english>\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b)"
)
_ENGLISH = {
    word: number for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)
}
_simplified = opencc.OpenCC("t2s")


def folded(text: str) -> str:
    """A text for matching: NFKC, lower case, Simplified characters, thousands in one.

    >>> folded("２０１９年會員 1 920 家")
    '2019年会员 1920 家'
    """
    normal = unicodedata.normalize("NFKC", text).lower()
    simplified: str = _simplified.convert(normal)
    return _THOUSANDS.sub("", simplified)


def folded_in_place(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text for matching as `folded` makes it, and where each of its characters stands in `text`: start and end.

    A character is folded with the accents that follow it, but without what else stands around it.

    >>> folded_in_place("會 1 920")
    ('会 1920', [(0, 1), (1, 2), (2, 3), (4, 5), (5, 6), (6, 7)])
    """
    if unicodedata.is_normalized("NFKC", text) and len(lower := text.lower()) == len(text):
        normal, places = lower, [(at, at + 1) for at in range(len(text))]
    else:
        pieces = [(_folded_cluster(m[0]), m.span()) for m in _CLUSTER.finditer(text)]
        normal = "".join(piece for piece, _ in pieces)
        places = [span for piece, span in pieces for _ in piece]
    simplified: str = _simplified.convert(normal)
    if len(simplified) != len(normal):  # a phrase of its dictionary that has another length
        simplified = "".join(_simplified.convert(character) for character in normal)
    joined = {match.start() for match in _THOUSANDS.finditer(simplified)}
    kept = [at for at in range(len(simplified)) if at not in joined]
    return "".join(simplified[at] for at in kept), [places[at] for at in kept]


@lru_cache(maxsize=8192)
def _folded_cluster(cluster: str) -> str:
    return unicodedata.normalize("NFKC", cluster).lower()


class Words:
    """How texts are cut into terms, with some names known besides jieba's own words."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = tuple(sorted({folded(name) for name in names}))
        # The sentences that answers are chosen from are asked for again and again.
        self._known = lru_cache(maxsize=_KNOWN)(self._terms)

    @cached_property
    def _jieba(self) -> rjieba.Jieba:
        """Made when first needed: it takes 0.1 s, and an update asks the old index for its names only."""
        if not self.names:
            return _jieba()
        jieba = rjieba.Jieba()
        for name in self.names:
            jieba.add_word(name, None, None)
        return jieba

    def terms(self, text: str) -> tuple[str, ...]:
        """The words of a text, in order, duplicates kept, no stop words, and its numbers in digits.

        >>> Words().terms("２０１９年會員 1 920 家，投資1.2亿")
        ('2019', '年', '会员', '1920', '家', '投资', '1.2', '亿', '120000000')
        """
        return self._known(text)

    def _terms(self, text: str) -> tuple[str, ...]:
        told = folded(text)
        words = (word.strip() for word in self._jieba.cut_for_search(told))
        return (*(word for word in words if word not in STOP and _WORD.search(word)), *numbers(told))

    def indexed(self, text: str) -> tuple[str, ...]:
        """The terms by which a passage is found: words, numbers, and pairs of neighbouring Chinese characters."""
        return (*self.terms(text), *pairs(folded(text)))


def terms(text: str) -> tuple[str, ...]:
    """The words of a text by jieba's own dictionary; see `Words.terms`."""
    return _plain().terms(text)


def pairs(told: str) -> Iterator[str]:
    """Pairs of neighbouring Chinese characters of a folded text; none with a word such as 的 in it.

    >>> list(pairs("产业的公地abc"))
    ['产业', '公地']
    """
    for run in _HAN_RUN.findall(told):
        for at in range(len(run) - 1):
            yield run[at : at + 2]


def numbers(told: str) -> Iterator[str]:
    """The numbers of a folded text that are not written in digits alone, in digits.

    >>> list(numbers("七千万至1.2亿美元，four programmes, 四项目标"))
    ['70000000', '120000000', '4', '4']
    """
    for match in _NUMBER.finditer(told):
        if match["digits"]:
            value = float(match["digits"])
            for unit in re.findall(r"[十百千]|[万亿]|[a-z]+", match["unit"]):
                value *= _UNITS.get(unit) or _LARGE[unit]
            yield f"{value:.4f}".rstrip("0").rstrip(".")
        else:
            yield str(_ENGLISH[match["english"]] if match["english"] else chinese_value(match["chinese"]))


def chinese_value(numeral: str) -> int:
    """What a numeral in Chinese characters is worth; digits alone are read one by one.

    >>> chinese_value("七千万"), chinese_value("二〇一九"), chinese_value("十四")
    (70000000, 2019, 14)
    """
    if all(character in _DIGITS for character in numeral):
        return int("".join(str(_DIGITS[character]) for character in numeral))
    total = section = digit = 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            section += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            total = (total + section + digit or 1) * _LARGE[character]
            section = digit = 0
    return total + section + digit


@lru_cache(maxsize=1)
def _jieba() -> rjieba.Jieba:
    return rjieba.Jieba()


@lru_cache(maxsize=1)
def _plain() -> Words:
    return Words()


@dataclass(frozen=True, slots=True)
class _Term:
    """Where the passages stand that hold a term, and what it can add to a passage at most."""

    where: slice
    most: float


@dataclass(frozen=True)
class Lexicon:
    """BM25 over passages, by the formula of Lucene (Kamphuis et al. 2020, "Which BM25 do you mean?").

    The passages that hold term t, in their order, stand at `holders[t]:holders[t + 1]` of `passages`, and how often
    they hold it in `counts`. `lengths` are the passages' terms, shape (passages,).
    """

    vocabulary: Vocabulary
    holders: NDArray[np.int64]
    passages: NDArray[np.int32]
    counts: NDArray[np.unsignedinteger[Any]]
    lengths: NDArray[np.int64]

    @classmethod
    def build(cls, passages: Iterable[Mapping[str, int] | int], before: Lexicon | None = None) -> Lexicon:
        """From how often each term occurs in each passage; a number is a passage of the lexicon `before`, taken over.

        What comes out does not depend on what is taken over.
        """
        known = 0 if before is None else len(before.vocabulary)
        new: dict[str, int] = {}
        terms, counts, starts = array("i"), array("i"), array("q", [0])
        for passage in passages:
            if isinstance(passage, int):
                assert before is not None
                for column, taken in zip((terms, counts), before.row(passage), strict=True):
                    column.frombytes(taken.astype(np.intc).tobytes())
            else:
                terms.extend(known + new.setdefault(term, len(new)) for term in passage)
                counts.extend(passage.values())
            starts.append(len(terms))
        told, texts = np.frombuffer(terms, np.intc), list(new)
        used = np.unique(told)
        names = [texts[t - known] if before is None or t >= known else before.vocabulary[t] for t in used.tolist()]
        vocabulary = Vocabulary.of(names)
        places = {term: number for number, term in enumerate(vocabulary.terms)}
        renumbered = np.zeros(known + len(new), np.int32)
        renumbered[used] = [places[name] for name in names]
        return cls.of_rows(
            vocabulary, np.frombuffer(starts, np.int64), renumbered[told], np.frombuffer(counts, np.intc)
        )

    @classmethod
    def of_rows(
        cls,
        vocabulary: Vocabulary,
        starts: NDArray[np.int64],
        terms: NDArray[np.int32],
        counts: NDArray[np.integer[Any]],
    ) -> Lexicon:
        """From rows: the terms of passage p, and how often it holds them, stand at `starts[p]:starts[p + 1]`."""
        from scipy.sparse import csr_matrix  # only an update needs it

        few = counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
        by_term = csr_matrix((few, terms, starts), shape=(len(starts) - 1, len(vocabulary))).tocsc()
        totals = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        lengths = totals[starts[1:]] - totals[starts[:-1]]
        return cls(vocabulary, by_term.indptr.astype(np.int64), by_term.indices.astype(np.int32), by_term.data, lengths)

    @classmethod
    def from_columns(cls, columns: Columns) -> Lexicon:
        """The one that `columns` gave."""
        vocabulary = Vocabulary(Texts.from_columns(columns, "vocabulary"))
        return cls(vocabulary, columns["holders"], columns["passages"], columns["counts"], columns["lengths"])

    def columns(self) -> Columns:
        """As it is kept in a file."""
        return {
            **self.vocabulary.terms.columns("vocabulary"), "holders": self.holders, "passages": self.passages,
            "counts": self.counts, "lengths": self.lengths,
        }  # fmt: skip

    def __len__(self) -> int:
        return len(self.lengths)

    def row(self, passage: int) -> tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]]:
        """The terms of a passage and how often it holds them. The first call takes as long as for all passages."""
        where = slice(int(self._rows.indptr[passage]), int(self._rows.indptr[passage + 1]))
        return self._rows.indices[where], self._rows.data[where]

    def counted(self, passage: int) -> dict[str, int]:
        """How often each term occurs in a passage, as `build` was told."""
        numbers, times = self.row(passage)
        return {self.vocabulary[term]: n for term, n in zip(numbers.tolist(), times.tolist(), strict=True)}

    def idf(self, term: str) -> float:
        """ln(1 + (N - n + 0.5) / (n + 0.5)), n being the number of passages that hold the term; 0 for no passages."""
        return self._idf(self.vocabulary.number(term))

    def _idf(self, at: int | None) -> float:
        n = 0 if at is None else int(self.holders[at + 1] - self.holders[at])
        return float(np.log1p((len(self) - n + 0.5) / (n + 0.5))) if len(self) else 0.0

    def scores(self, query: Mapping[str, float], passages: Numbers) -> Floats:
        """BM25 of these passages for weighted terms, in their order; higher is better, 0 where no term occurs."""
        scores = np.zeros(len(passages), np.float32)
        for term in self._held(query):
            self._add(term, passages, scores)
        return scores

    def _add(self, term: _Term, passages: Numbers, scores: Floats) -> None:
        """Add what a term adds to these passages to their scores."""
        holders = self.passages[term.where]
        at = np.minimum(np.searchsorted(holders, passages), len(holders) - 1)
        there = np.flatnonzero(holders[at] == passages)
        scores[there] += self._added(term, at[there], passages[there])

    def best(self, query: Mapping[str, float], most: int, inside: NDArray[np.bool_] | None = None) -> Numbers:
        """The `most` passages of the highest BM25 above 0, in no order; of equal ones those that come first. Only those
        `inside`, shape (passages,), where that is given.

        Rare terms first, until what is left to add cannot lift a passage that none of them has proposed above the least
        of the best; only those that are still in question get the rest: MaxScore (Turtle & Flood 1995, "Query
        evaluation: strategies and optimizations").
        """
        scores = np.zeros(len(self), np.float32)
        terms = sorted(self._held(query), key=lambda term: -term.most)
        runs = [(term.where.start, term.where.stop) for term in terms]
        for column in (self.passages, self.counts):
            will_need(column, runs)
        # What all terms from each one on can add.
        bounds = np.cumsum([0.0, *(term.most for term in reversed(terms))])[::-1].tolist()
        sizes = np.cumsum([0, *(term.where.stop - term.where.start for term in reversed(terms))])[::-1].tolist()
        looked = _LOOKED
        for number, term in enumerate(terms):
            if sizes[0] - sizes[number] >= looked:
                looked = 2 * (sizes[0] - sizes[number])
                if inside is not None:
                    scores[~inside] = 0
                left = _in_question(scores, most, bounds[number])
                if left is not None and len(left) * _SOUGHT * (len(terms) - number) < sizes[number]:
                    return left[highest(self._refined(query, left, scores[left], terms[number:], most), most)]
            scores[self.passages[term.where]] += self._added(term)
        if inside is not None:
            scores[~inside] = 0
        return highest(scores, most)

    def _refined(
        self, query: Mapping[str, float], passages: Numbers, scores: Floats, terms: Sequence[_Term], most: int
    ) -> Floats:
        """BM25 of those of these passages that are among the `most` best, and of few others, which have 0. `scores` are
        theirs without these terms."""
        places, left = np.arange(len(passages)), scores.copy()
        for number, term in enumerate(terms):
            self._add(term, passages[places], left)
            kept = _in_question(left, most, sum(later.most for later in terms[number + 1 :]))
            if kept is not None:
                places, left = places[kept], left[kept]
        refined = np.zeros(len(passages), np.float32)
        refined[places] = self.scores(query, passages[places])
        return refined

    def known(self, query: Sequence[str]) -> float:
        """Share, 0 to 1, of the query's informative terms (by idf) that some passage holds; 0 for no terms."""
        weights = {term: self.idf(term) for term in dict.fromkeys(query)}
        total = sum(weights.values())
        return sum(w for term, w in weights.items() if term in self.vocabulary) / total if total else 0.0

    def explained(self, query: Mapping[str, float], passages: Numbers) -> Floats:
        """BM25 of these passages as a share of the most that the query could score, unknown terms included; 0 to 1.

        This is how far to trust the words: of a question whose informative words the library does not know, no passage
        explains much, and none is preferred for the little that it does explain.
        """
        most = sum(weight * self.idf(term) for term, weight in query.items())
        scores = self.scores(query, passages)
        return scores / np.float32(most) if most else scores

    def _held(self, query: Mapping[str, float]) -> list[_Term]:
        """The terms that some passage holds."""
        terms = []
        for term, weight in query.items():
            at = self.vocabulary.number(term)
            if at is not None and weight > 0:
                terms.append(_Term(slice(int(self.holders[at]), int(self.holders[at + 1])), weight * self._idf(at)))
        return terms

    def _added(self, term: _Term, some: Numbers | None = None, passages: Numbers | None = None) -> Floats:
        """What a term adds to the passages that hold it: all, or `some` of them, which are these `passages`."""
        counts = self.counts[term.where] if some is None else self.counts[term.where][some]
        tf = counts.astype(np.float32)
        norms = self._norms[self.passages[term.where] if passages is None else passages]
        added: Floats = np.float32(term.most) * (tf / (tf + norms))
        return added

    @cached_property
    def _rows(self) -> Any:
        """The counts as a sparse matrix by rows, shape (passages, terms)."""
        from scipy.sparse import csc_matrix

        return csc_matrix((self.counts, self.passages, self.holders), shape=(len(self), len(self.vocabulary))).tocsr()

    @cached_property
    def _norms(self) -> NDArray[np.float32]:
        lengths = self.lengths.astype(np.float64)
        return norm(lengths, float(lengths.mean())).astype(np.float32)


def _in_question(scores: Floats, most: int, bound: float) -> Numbers | None:
    """The places of the scores that may still be among the `most` highest when up to `bound` is added to each; None
    where those of 0 may be, too."""
    found = np.flatnonzero(scores)
    if len(found) <= most:
        return None
    reached = scores[found]
    # A little less than the bound: sums of rounded numbers may lie above it.
    least = np.partition(reached, len(found) - most)[len(found) - most] - bound * 1.001
    return found[reached >= least] if least > 0 else None


def highest(scores: Floats, most: int) -> Numbers:
    """The places of the `most` highest scores above 0, in no order; of equal ones those that come first.

    Sorting a million would take as long as all else that a question needs.
    """
    if len(scores) > most:
        least = np.partition(scores, len(scores) - most)[len(scores) - most]
        if least > 0:
            above, equal = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
            return np.concatenate([above, equal[: most - len(above)]])
    return np.flatnonzero(scores > 0)


def norm(lengths: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """What BM25 sets against the frequency of a term in passages of such lengths, in terms."""
    return K1 * (1 - B + B * lengths / max(mean, 1e-9))


def counted(words: Sequence[str]) -> Mapping[str, int]:
    """How often each term occurs."""
    return Counter(words)
