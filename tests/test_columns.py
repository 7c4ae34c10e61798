"""What is kept in columns comes back as it was, mapped; the files are what their format says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from indexer import columns as module
from indexer.columns import Texts, Vocabulary, read_columns, will_need, write_columns

COLUMNS = {
    "bytes": np.arange(7, dtype=np.uint8),
    "none": np.zeros((0, 3), np.float32),
    "rows": np.arange(12, dtype=np.float32).reshape(4, 3),
    "numbers": np.array([-1, 2**40], np.int64),
    "small": np.array([3, -4, 5], np.int32),
}


def test_columns_come_back_mapped_and_aligned(tmp_path: Path) -> None:
    write_columns(tmp_path / "c.safetensors", COLUMNS)
    columns = read_columns(tmp_path / "c.safetensors")
    assert {*columns} == {*COLUMNS}
    for name, array in COLUMNS.items():
        assert columns[name].dtype == array.dtype
        assert columns[name].shape == array.shape
        assert np.array_equal(columns[name], array)
        assert columns[name].flags.aligned
        assert not columns[name].flags.owndata
        assert not columns[name].flags.writeable


def test_the_package_of_the_format_reads_them(tmp_path: Path) -> None:
    write_columns(tmp_path / "c.safetensors", COLUMNS)
    for name, array in load_file(tmp_path / "c.safetensors").items():
        assert np.array_equal(array, COLUMNS[name]), name


def test_an_array_longer_than_a_chunk_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.columns._CHUNK_BYTES", 100)
    long = np.arange(1000, dtype=np.int64).reshape(-1, 4)
    write_columns(tmp_path / "c.safetensors", {"long": long})
    assert np.array_equal(read_columns(tmp_path / "c.safetensors")["long"], long)


@pytest.mark.parametrize("content", [b"\x08", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0[]", bytes(64)])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.safetensors").write_bytes(content)
    with pytest.raises((ValueError, AttributeError)):
        read_columns(tmp_path / "c.safetensors")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_come_back(texts: list[str]) -> None:
    kept = Texts.of(texts)
    assert list(Texts.from_columns(kept.columns("t"), "t")) == texts
    assert kept[1:3] == texts[1:3]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.text(st.characters(exclude_categories=["Cs"])))
def test_every_term_is_found_under_its_number_and_no_other(terms: list[str], other: str) -> None:
    vocabulary = Vocabulary.of(terms)
    assert [vocabulary[number] for number in range(len(vocabulary))] == sorted(set(terms))
    for term in terms:
        number = vocabulary.number(term)
        assert number is not None
        assert vocabulary[number] == term
    assert (other in vocabulary) == (other in terms)


def test_what_is_asked_for_beforehand_is_there_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGE_BYTES", 0)
    rows = np.arange(50_000, dtype=np.int64).reshape(-1, 5)
    write_columns(tmp_path / "c.safetensors", {"rows": rows, "more": rows})
    for array in (read_columns(tmp_path / "c.safetensors")["rows"], rows):
        will_need(array, [(0, 1), (7, 7), (4000, 9999), (0, len(array))])
        will_need(array[30:], [(0, len(array) - 30)])
        assert np.array_equal(array, rows)


def test_more_terms_than_are_remembered_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ASKED", 3)
    vocabulary = Vocabulary.of(f"t{number}" for number in range(20))
    order = sorted(f"t{number}" for number in range(20))
    for _ in range(2):
        assert [vocabulary.number(term) for term in order] == list(range(20))
        assert vocabulary.number("t99") is None
