"""Taking off each language's mean, so that an English question comes near a Chinese sentence of the same meaning.

The vectors of a multilingual model share a large part that tells the language and the prompt, not the meaning. Taken
off on both sides, cosines between languages become comparable with those within one. Related: "All-but-the-Top", Mu &
Viswanath 2018, https://arxiv.org/abs/1702.01417.

How the means are estimated: for passages, over all sentences of that language in the library; for questions, over
question vectors of up to 64 of those sentences, evenly spaced. A language with fewer than 32 sentences in the library
has its question mean estimated on `NEUTRAL` and its passage mean on all sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.language import TextLanguage, language_of
from indexer.model import Encoder

LANGUAGES: tuple[TextLanguage, ...] = ("zh", "en")
ENOUGH = 32
SAMPLED = 64
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
    """Mean vectors by language in the order of `LANGUAGES`, each shape (languages, dimension)."""

    passages: Floats
    questions: Floats

    @classmethod
    def estimate(cls, texts: Sequence[str], vectors: Floats, encoder: Encoder) -> Centres:
        """From all embedded texts and their unit vectors, shape (texts, dimension); see the module's docstring."""
        languages = np.array([LANGUAGES.index(language_of(text)) for text in texts], dtype=np.int64)
        overall = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
        passages, questions = [], []
        for number, language in enumerate(LANGUAGES):
            rows = np.flatnonzero(languages == number)
            enough = len(rows) >= ENOUGH
            passages.append(vectors[rows].mean(axis=0) if enough else overall)
            spaced = rows[np.linspace(0, len(rows) - 1, min(SAMPLED, len(rows))).astype(int)]
            sample = [texts[i] for i in spaced] if enough else NEUTRAL[language]
            questions.append(np.mean([encoder.encode_question(text) for text in sample], axis=0))
        return cls(np.array(passages, np.float32), np.array(questions, np.float32))

    def of_passages(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """Unit vectors of passages with their language's mean taken off, of unit length again."""
        languages = [LANGUAGES.index(language_of(text)) for text in texts]
        return _unit(vectors - self.passages[languages]) if len(texts) else vectors

    def of_question(self, text: str, vector: Floats) -> Floats:
        """A question's unit vector with its language's mean taken off, of unit length again."""
        return _unit(vector - self.questions[LANGUAGES.index(language_of(text))])


def _unit(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled.astype(np.float32)
