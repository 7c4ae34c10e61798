"""Words: how a text is cut into terms, and BM25 over the terms of the passages."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import rjieba
from numpy.typing import NDArray

K1 = 1.2
B = 0.75

# Words that stand in nearly every question or sentence and say nothing about its subject.
_STOP = frozenset(
    """
    的 了 在 是 和 与 及 或 等 对 为 以 于 由 从 到 被 把 将 而 且 也 都 就 并 但 这 那 其 之 所 个 中 上 下 有
    哪 哪些 哪个 哪家 什么 怎么 怎样 如何 为什么 多少 几 几个 谁 吗 呢 请问 一个 一些 我们 他们 它 他 她 可以 进行
    通过 以及 因此 并且
    the a an of in on at to for and or is are was were be been by with from as that this it its which who what when
    where how why many much did do does has have had
    """.split()
)
_THOUSANDS = re.compile(r"(?<=\d)[ ,，\u00a0\u2009](?=\d{3}(?!\d))")
_WORD = re.compile(r"\w")


@lru_cache(maxsize=4096)
def terms(text: str) -> tuple[str, ...]:
    """The terms of a text, in order, duplicates kept: jieba's search-mode words, width and case folded, no stop words.

    Thousands written apart are one number.

    >>> terms("２０１９年会员 1 920 家")
    ('2019', '年', '会员', '1920', '家')
    """
    folded = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower())
    return tuple(w for word in rjieba.cut_for_search(folded) if (w := word.strip()) not in _STOP and _WORD.search(w))


@dataclass(frozen=True)
class Lexicon:
    """BM25 over passages, by the formula of Lucene (Kamphuis et al. 2020, "Which BM25 do you mean?").

    `counts` are term frequencies in CSC form: those of term t stand at `starts[t]:starts[t + 1]` of `passages` and
    `frequencies`; `lengths` is the number of terms of each passage.
    """

    vocabulary: dict[str, int]
    starts: NDArray[np.int64]
    passages: NDArray[np.int32]
    frequencies: NDArray[np.float32]
    lengths: NDArray[np.float32]

    @classmethod
    def build(cls, texts: Iterable[Sequence[str]]) -> Lexicon:
        """From the terms of each passage."""
        vocabulary: dict[str, int] = {}
        postings: list[tuple[int, int, int]] = []
        lengths: list[int] = []
        for number, words in enumerate(texts):
            lengths.append(len(words))
            for word, count in Counter(words).items():
                postings.append((vocabulary.setdefault(word, len(vocabulary)), number, count))
        postings.sort()
        table = np.array(postings, dtype=np.int64).reshape(-1, 3)
        starts = np.searchsorted(table[:, 0], np.arange(len(vocabulary) + 1))
        return cls(
            vocabulary,
            starts.astype(np.int64),
            table[:, 1].astype(np.int32),
            table[:, 2].astype(np.float32),
            np.array(lengths, dtype=np.float32),
        )

    def idf(self, term: str) -> float:
        """ln(1 + (N - n + 0.5) / (n + 0.5)), n being the number of passages that hold the term; 0 for no passages."""
        at = self.vocabulary.get(term)
        n = 0 if at is None else int(self.starts[at + 1] - self.starts[at])
        return float(np.log1p((len(self.lengths) - n + 0.5) / (n + 0.5))) if len(self.lengths) else 0.0

    def scores(self, query: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of every passage for the query's terms, shape (passages,); higher is better, 0 where no term occurs."""
        scores = np.zeros(len(self.lengths), dtype=np.float32)
        if not len(scores):
            return scores
        norm = K1 * (1 - B + B * self.lengths / max(float(self.lengths.mean()), 1e-9))
        for term, times in Counter(query).items():
            at = self.vocabulary.get(term)
            if at is None:
                continue
            where = slice(int(self.starts[at]), int(self.starts[at + 1]))
            passages, tf = self.passages[where], self.frequencies[where]
            scores[passages] += times * self.idf(term) * tf / (tf + norm[passages])
        return scores

    def known(self, query: Sequence[str]) -> float:
        """Share, 0 to 1, of the query's informative terms (by idf) that some passage holds; 0 for no terms."""
        weights = {term: self.idf(term) for term in set(query)}
        total = sum(weights.values())
        return sum(w for term, w in weights.items() if term in self.vocabulary) / total if total else 0.0
