"""Token codes keep the vectors to half a step of their range, and MaxSim is what its formula says."""

from __future__ import annotations

import faiss
import numpy as np
import pytest

from indexer.codes import BLOCK, Coded, Exact, Floats, Quantiser, maxsim


def unit_rows(rows: int, dimension: int, seed: int) -> Floats:
    """Random unit vectors with a common part, as those of a language model have."""
    values = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32) + 0.7
    return values / np.linalg.norm(values, axis=1, keepdims=True)


@pytest.mark.parametrize("dimension", [8, 64, 384, 7])
def test_codes_are_four_bits_a_value_and_true_to_half_a_step(dimension: int) -> None:
    tokens = unit_rows(400, dimension, seed=dimension)
    quantiser = Quantiser.estimate(tokens)
    codes = quantiser.encode(tokens)
    assert codes.shape == (400, (dimension + 1) // 2)
    assert codes.dtype == np.uint8
    inside = (tokens > quantiser.low) & (tokens < quantiser.low + quantiser.width)
    assert inside.mean() > 0.99
    errors = np.abs(quantiser.decode(codes) - tokens) / (quantiser.width / 16)
    assert errors[inside].max() <= 1.0
    assert errors[inside].mean() == pytest.approx(0.25, abs=0.03)  # evenly spread over half a step to both sides


def test_a_code_does_not_depend_on_the_others() -> None:
    tokens = unit_rows(50, 16, seed=1)
    quantiser = Quantiser.estimate(tokens)
    alone = np.concatenate([quantiser.encode(token[None]) for token in tokens])
    assert np.array_equal(quantiser.encode(tokens), alone)


def test_nothing_gives_nothing() -> None:
    quantiser = Quantiser.estimate(unit_rows(50, 16, seed=1))
    assert quantiser.encode(np.zeros((0, 16), np.float32)).shape == (0, 8)
    assert quantiser.decode(np.zeros((0, 8), np.uint8)).shape == (0, 16)
    assert quantiser.squares(np.zeros((0, 8), np.uint8)).shape == (0,)
    assert maxsim(unit_rows(3, 16, 2), Exact([]), [], np.zeros(16, np.float32)).shape == (0,)


def test_maxsim_agrees_with_two_loops() -> None:
    question = unit_rows(5, 32, seed=3)
    passages = [unit_rows(length, 32, seed=length) for length in (1, 7, 30, 2)]
    centre = np.concatenate(passages).mean(axis=0)
    expected = []
    for passage in passages:
        moved = [(token - centre) / np.linalg.norm(token - centre) for token in passage]
        expected.append(sum(max(float(q @ token) for token in moved) for q in question) / len(question))
    tokens = np.concatenate(passages)
    found = maxsim(question, Exact([tokens[:3], tokens[3:]]), [len(p) for p in passages], centre)
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("dimension", [24, 7])
@pytest.mark.parametrize("count", [1, BLOCK, BLOCK + 1, 3 * BLOCK - 1])
def test_products_with_codes_are_those_with_what_faiss_decodes(count: int, dimension: int) -> None:
    tokens, vectors = unit_rows(count, dimension, seed=4), unit_rows(5, dimension, seed=5)
    quantiser = Quantiser.estimate(unit_rows(400, dimension, seed=6))
    codes = quantiser.encode(tokens)
    scalar = faiss.ScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_4bit)
    faiss.copy_array_to_vector(np.concatenate([quantiser.low, quantiser.width]), scalar.trained)
    decoded = scalar.decode(codes)
    assert quantiser.decode(codes) == pytest.approx(decoded, abs=1e-6)
    blocks = list(Coded(quantiser, codes, quantiser.squares(codes)).products(vectors))
    assert [len(products) for products, _ in blocks[:-1]] == [BLOCK] * (len(blocks) - 1)
    assert np.concatenate([products for products, _ in blocks]) == pytest.approx(decoded @ vectors.T, abs=1e-5)
    squares = np.concatenate([squares for _, squares in blocks])
    assert np.array_equal(squares, quantiser.squares(codes))
    assert squares == pytest.approx((decoded * decoded).sum(axis=1), abs=1e-5)


def test_maxsim_is_the_same_from_codes() -> None:
    question, tokens = unit_rows(9, 384, seed=7), unit_rows(700, 384, seed=8)
    quantiser = Quantiser.estimate(tokens)
    codes, centre = quantiser.encode(tokens), tokens.mean(axis=0)
    lengths = [1, 99, 500, 100]
    expected = maxsim(question, Exact([quantiser.decode(codes)]), lengths, centre)
    assert maxsim(question, Coded(quantiser, codes, quantiser.squares(codes)), lengths, centre) == pytest.approx(
        expected, abs=1e-5
    )
