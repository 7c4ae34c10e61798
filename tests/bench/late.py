"""What late interaction is worth over clauses, sentences or paragraphs, and with fewer bits: `make fit XQUAD=folder`.

nDCG@10 of MaxSim alone on XQuAD's 240 Chinese paragraphs, for its 1,190 questions in Chinese and in English; then what
it costs to encode a question's candidates anew instead of keeping codes. Questions have the mean of all questions of
their language taken off, which a search cannot know: here all rows are treated alike, and only their order counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from corpus.paper import Block
from corpus.sentences import split_sentences
from corpus.settings import Settings
from indexer.build import estimate_quantiser
from indexer.codes import Exact, Floats, maxsim
from indexer.model import Encoder, load_encoder, unit
from indexer.passages import clauses
from qa.evaluate import ndcg
from tests.bench.compare import articles

CANDIDATES = 64


def main(arguments: list[str]) -> None:
    """Print the table."""
    told = {language: articles(Path(arguments[0]) / f"{language}.json") for language in ("zh", "en")}
    texts = [paragraph["context"] for paragraph in told["zh"]]
    encoder = load_encoder(Settings())
    asked = {
        language: centred(
            [encoder.encode_question(qa["question"]).tokens for each in told[language] for qa in each["qas"]]
        )
        for language in told
    }
    wanted = [number for number, each in enumerate(told["zh"]) for _ in each["qas"]]
    quantiser = estimate_quantiser(encoder)
    bits: dict[str, Callable[[Floats], Floats]] = {
        "32 bits": lambda tokens: tokens,
        "4 bits": lambda tokens: quantiser.decode(quantiser.encode(tokens)),
        "1 bit": lambda tokens: np.sign(tokens - quantiser.low - quantiser.width / 2),
    }
    print("| late interaction over | bits a value | Chinese question | English question |\n| --- | --- | --- | --- |")
    for name, cut in {"clauses": in_clauses, "sentences": in_sentences, "paragraphs": lambda text: [text]}.items():
        passages = [tokens_of(encoder, cut(text)) for text in texts]
        for precision, stored in bits.items() if name == "clauses" else [("32 bits", bits["32 bits"])]:
            kept = [stored(tokens) for tokens in passages]
            scores = [f"{mean_ndcg(asked[language], kept, wanted):.3f}" for language in asked]
            print(f"| {name} | {precision} | " + " | ".join(scores) + " |", flush=True)
    begun = time.perf_counter()
    encoder.encode_passages([clause for text in texts[:CANDIDATES] for clause in in_clauses(text)])
    print(f"\n| encoding {CANDIDATES} paragraphs anew | {time.perf_counter() - begun:.1f} s |")


def in_sentences(text: str) -> list[str]:
    """The sentences of a paragraph."""
    return [text[s.start : s.end] for s in split_sentences(text, Block("paragraph", 0, len(text), 1))]


def in_clauses(text: str) -> list[str]:
    """The clauses of its sentences."""
    return [clause for sentence in in_sentences(text) for clause in clauses(sentence)]


def tokens_of(encoder: Encoder, parts: Sequence[str]) -> Floats:
    """The tokens of all parts, one after the other."""
    return np.concatenate([encoded.tokens for encoded in encoder.encode_passages(parts)])


def centred(questions: Sequence[Floats]) -> list[Floats]:
    """Token vectors with the mean of all of them taken off."""
    mean = np.concatenate(questions).mean(axis=0)
    return [unit(tokens - mean) for tokens in questions]


def mean_ndcg(questions: Sequence[Floats], passages: Sequence[Floats], wanted: Sequence[int]) -> float:
    """nDCG@10 where each question wants one passage."""
    tokens, lengths = np.concatenate(passages), [len(each) for each in passages]
    centre, gained = tokens.mean(axis=0), []
    for question, number in zip(questions, wanted, strict=True):
        scores = maxsim(question, Exact([tokens]), lengths, centre)
        gained.append(ndcg([int((scores >= scores[number]).sum())], held=1))
    return float(np.mean(gained))


if __name__ == "__main__":
    main(sys.argv[1:])
