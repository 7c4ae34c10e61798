"""Taking off each language's mean, so that an English question comes near a Chinese sentence of the same meaning.

The vectors of a multilingual model share a large part that tells the language and the prompt, not the meaning. Taken
off on both sides, cosines between languages become comparable with those within one. Related: "All-but-the-Top", Mu &
Viswanath 2018, https://arxiv.org/abs/1702.01417.

How the means are estimated, for whole texts and for tokens alike: those of passages over everything of that language in
the library (of tokens, up to 20,000 of them, evenly spaced); those of questions over up to 64 of its pieces, evenly
spaced, encoded as questions, and over the questions of `NEUTRAL`. A language with fewer than 32 pieces in the library
has its question means estimated on `NEUTRAL` alone and its passage means on all pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.language import TextLanguage, language_of
from indexer.model import Encoded, Encoder, unit

LANGUAGES: tuple[TextLanguage, ...] = ("zh", "en")
ENOUGH = 32
SAMPLED = 64
SAMPLED_TOKENS = 20_000
NEUTRAL: dict[TextLanguage, tuple[str, ...]] = {
    "zh": (
        "这项计划的目的是什么？", "这家机构是什么时候成立的？", "这份报告由谁发布？", "总投资是多少？",
        "一共有多少名员工？", "为什么要采取这项措施？", "这个方法有哪些优点？", "主要的问题是什么？",
        "结果说明了什么？", "哪些国家参加了？", "这座城市位于哪里？", "他在哪里上学？",
        "怎样才能提高效率？", "两者有什么不同？", "法律是怎样规定的？", "未来会怎样发展？",
    ),
    "en": (
        "What is the purpose of this programme?", "When was the institution founded?", "Who published the report?",
        "How much was invested in total?", "How many people work there?", "Why was this measure taken?",
        "What are the advantages of the method?", "What is the main problem?", "What do the results show?",
        "Which countries took part?", "Where is the city located?", "Where did he go to school?",
        "How can efficiency be improved?", "What is the difference between the two?", "What does the law say?",
        "How will it develop in the future?",
    ),
}  # fmt: skip

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Centres:
    """Mean vectors by language in the order of `LANGUAGES`, each of shape (languages, dimension)."""

    passages: Floats
    questions: Floats
    passage_tokens: Floats
    question_tokens: Floats

    @classmethod
    def estimate(cls, texts: Sequence[str], vectors: Floats, tokens: Sequence[Floats], encoder: Encoder) -> Centres:
        """From all pieces, their unit vectors of shape (pieces, dimension), and some tokens of each language."""
        languages = np.array([LANGUAGES.index(language_of(text)) for text in texts], dtype=np.int64)
        means: list[list[Floats]] = [[], [], [], []]
        for number, language in enumerate(LANGUAGES):
            rows = np.flatnonzero(languages == number)
            enough = len(rows) >= ENOUGH
            spaced = rows[np.linspace(0, len(rows) - 1, min(SAMPLED, len(rows))).astype(int)] if enough else ()
            asked = encoder.encode_questions([*(texts[i] for i in spaced), *NEUTRAL[language]])
            estimated = (
                _mean(vectors[rows] if enough else vectors),
                _mean(np.stack([encoded.vector for encoded in asked])),
                _mean(tokens[number] if enough else np.concatenate(tokens)),
                _mean(np.concatenate([encoded.tokens for encoded in asked])),
            )
            for mean, estimate in zip(means, estimated, strict=True):
                mean.append(estimate)
        return cls(*(np.array(mean, np.float32) for mean in means))

    def of_passages(self, vectors: Floats, languages: NDArray[np.integer[Any]]) -> Floats:
        """Vectors with the mean of their language (its number in `LANGUAGES`) taken off, of unit length."""
        return unit(vectors - self.passages[languages])

    def of_question(self, text: str, encoded: Encoded) -> Encoded:
        """A question with its language's means taken off, of unit length again."""
        language = LANGUAGES.index(language_of(text))
        return Encoded(
            unit(encoded.vector - self.questions[language]),
            unit(encoded.tokens - self.question_tokens[language]),
            encoded.spans,
        )


def _mean(vectors: Floats) -> Floats:
    """The mean vector; zeros of none."""
    total: Floats = vectors.sum(axis=0) / max(len(vectors), 1)
    return total
