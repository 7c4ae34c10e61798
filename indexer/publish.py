"""Papers into Milvus: an edition is written whole before its last row makes it the one that is searched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

import numpy as np

from corpus.paper import Paper
from indexer.editions import Row, Shared, check, chunks, dimension_of, edition_of, packed, passage_id, term_number
from indexer.lexical import norm
from indexer.milvus import MOST_TERMS, Milvus, quoted
from indexer.papers import Card
from indexer.passages import KINDS, SHORT_CHARACTERS
from indexer.version import FORMAT, Index


def publish(
    index: Index, milvus: Milvus, origin: str, progress: Callable[[str, float], None] = lambda paper, share: None
) -> tuple[list[str], list[str]]:
    """Make the library hold the papers of `index`; returns the ids of those written and of those taken out.

    Papers that other indexers wrote, known by another `origin`, stay. `progress` is told the paper and the share done;
    it may raise, which leaves the papers written so far.
    Raises `StoreSilent`, and `IndexForeign` where the library was made by another model or other settings.
    """
    shared = milvus.share(Shared(FORMAT, index.manifest.recipe, index.centres, index.quantiser, _mean_length(index)))
    check(milvus.address, shared, index.manifest.recipe)
    before = milvus.written()
    written = []
    passages_of = {paper: np.flatnonzero(index.passages.papers == at).tolist() for at, paper in enumerate(index.papers)}
    for done, (paper_id, fingerprint) in enumerate(index.manifest.papers.items()):
        edition, was = edition_of(paper_id, fingerprint, shared), before.get(paper_id)
        if was is None or was.edition != edition:
            progress(paper_id, done / len(index.papers))
            _write(index, index.papers[paper_id], passages_of[paper_id], edition, origin, milvus, shared)
            if was is not None:
                _forget(milvus, was.edition)
            written.append(paper_id)
    gone = [paper for paper, was in before.items() if was.origin == origin and paper not in index.papers]
    for paper_id in gone:
        milvus.drop("papers", f"id == {quoted(paper_id)}")
        milvus.tell_changed()
        _forget(milvus, before[paper_id].edition)
    now = milvus.shared()
    if now is not None and now.digest != shared.digest:
        # Another indexer began at the same moment, and what it shares holds: what was written here is not searched.
        return publish(index, milvus, origin, progress)
    return written, gone


def _write(
    index: Index, paper: Paper, numbers: Sequence[int], edition: str, origin: str, milvus: Milvus, shared: Shared
) -> None:
    """Write an edition: hidden until its last row is there."""
    milvus.put("editions", [{"id": edition, "paper": paper.id, "none": [0.0, 0.0]}])
    milvus.tell_changed()
    mined = [sorted(entry.names) for entry in index.mined[paper.id]]
    whole = json.dumps(paper.to_json(), ensure_ascii=False).encode()
    told = json.dumps({"card": asdict(Card.of(paper)), "mined": mined}, ensure_ascii=False).encode()
    milvus.put("blobs", [*chunks(edition, f"{edition}/paper", whole), *chunks(edition, f"{edition}/told", told)])
    rows: dict[str, list[Row]] = {"passages": [], "sentences": [], "codes": []}
    for place, number in enumerate(numbers):
        for collection, row in _passage_rows(index, paper, number, place, edition, shared):
            rows[collection].append(row)
    for collection, several in rows.items():
        milvus.put(collection, several)
    body = bool((index.passages.kinds[numbers] == KINDS.index("text")).any())
    milvus.put("papers", [{
        "id": paper.id, "edition": edition, "origin": origin, "fingerprint": index.manifest.papers[paper.id],
        "passages": len(numbers), "body": body, "none": [0.0, 0.0],
    }])  # fmt: skip
    milvus.tell_changed()


def _passage_rows(
    index: Index, paper: Paper, number: int, place: int, edition: str, shared: Shared
) -> Iterator[tuple[str, Row]]:
    """The rows of one passage, each with its collection."""
    passage, own = index.passages[number], passage_id(edition, place)
    language = int(index.passages.languages[number])
    table = paper.table_at(passage.start)
    common = {
        "edition": edition, "paper": paper.id, "year": -1 if paper.year is None else paper.year, "kind": passage.kind,
        "table": table.number if table is not None else "",
    }  # fmt: skip
    about, made_of = index.about_pieces[number], [index.sentence_pieces[row] for row in index.rows(number)]
    vectors = [index.pieces.vector_of(np.concatenate(made_of))]
    for sentence, pieces in zip(passage.sentences, made_of, strict=True):
        short = passage.kind == "table" or sentence.end - sentence.start < SHORT_CHARACTERS
        vectors.append(index.pieces.vector_of(np.concatenate([about, pieces]) if short else pieces))
    centred = shared.centres.of_passages(np.stack(vectors), np.full(len(vectors), language, np.int64))
    counts = index.lexicon.counted(number)
    kept = sorted((term_number(term), count) for term, count in counts.items())[:MOST_TERMS]
    length = sum(counts.values())
    against = float(norm(np.array([length], np.float64), shared.mean_length)[0])
    words: dict[int, float] = {}
    for term, count in kept:
        words[dimension_of(term)] = max(words.get(dimension_of(term), 0.0), count / (count + against))
    data = {
        "passage": asdict(passage), "language": language,
        "about": index.pieces.lengths[about].tolist(),
        "sentences": [index.pieces.lengths[pieces].tolist() for pieces in made_of],
    }  # fmt: skip
    (data_text,) = packed(json.dumps(data, ensure_ascii=False).encode())
    yield "passages", {
        **common, "id": own, "number": place, "vector": centred[0], "length": length,
        "words": words or {0x7FFF_FFFF: 1e-9},  # Milvus takes no empty vector
        "terms": [term for term, _ in kept], "counts": [count for _, count in kept], "data": data_text,
    }  # fmt: skip
    for at, vector in enumerate(centred[1:]):
        yield "sentences", {**common, "id": f"{own}/{at:04d}", "passage": own, "vector": vector}
    codes = index.pieces.codes_of(np.concatenate([about, *made_of]).astype(np.int64))
    for n, chunk in enumerate(packed(codes.tobytes(), level=0)):
        yield (
            "codes",
            {"id": f"{own}/{n}", "edition": edition, "passage": own, "n": n, "data": chunk, "none": [0.0, 0.0]},
        )


def _forget(milvus: Milvus, edition: str) -> None:
    """Delete the rows of an edition that is not searched any more; that it was there, last."""
    for collection in ("sentences", "codes", "passages", "blobs"):
        milvus.drop(collection, f"edition == {quoted(edition)}")
    milvus.drop("editions", f"id == {quoted(edition)}")


def _mean_length(index: Index) -> float:
    return float(index.lexicon.lengths.sum()) / max(len(index.lexicon), 1)
