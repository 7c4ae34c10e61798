"""What a passage costs past one machine: `python -m tests.bench.spread [--workers 1 2]`. Needs the extras `scale` and
`milvus`.

The five papers are embedded by this process, then by so many workers of one core each on a Ray cluster of this machine,
and written to Milvus Lite. Seconds of a core and bytes are told by the passage, for a cluster to be sized by. Bytes in
Milvus are those of the rows as they are sent, vectors as four bytes a value, before any index or copy.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

from corpus.settings import Settings
from indexer.build import estimate_quantiser
from indexer.editions import Row
from indexer.milvus import Milvus
from indexer.model import load_encoder
from indexer.passages import cut_passages, pieces
from indexer.spread import Blocks, Spread
from qa import Shelf
from qa.evaluate import read_questions
from tests.bench.figures import PAPERS

QUESTIONS = Path(__file__).resolve().parent.parent / "questions" / "questions.jsonl"
ASKED = 20


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="what a passage costs past one machine")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Shelf.open(PAPERS, f"{scratch}/index", store=f"milvus://{scratch}/papers.db")
        embedding(shelf, parser.parse_args().workers, Path(scratch))
        milvus(shelf, Path(scratch) / "papers.db")


def embedding(shelf: Shelf, workers: list[int], scratch: Path) -> None:
    """Seconds by who embeds."""
    papers = [shelf.library.read(path) for path in shelf.library.files().values()]
    passages = [(paper, passage) for paper in papers for passage in cut_passages(paper, Settings().passage_characters)]
    several = (
        text
        for paper, passage in passages
        for part in ([*passage.about], *(pieces(paper, sentence) for sentence in passage.sentences))
        for text in part
    )
    texts = list(dict.fromkeys(several))
    encoder = load_encoder(Settings())
    quantiser = estimate_quantiser(encoder)
    print(f"{len(papers)} papers, {len(passages)} passages, {len(texts)} different pieces\n")
    print("| who embeds | all | workers begun, models loaded | embedding | core-seconds a 1,000 passages |")
    print("| --- | --- | --- | --- | --- |")
    begun = time.perf_counter()
    for encoded in encoder.encode_passages(texts):
        quantiser.encode(encoded.tokens)
    seconds = time.perf_counter() - begun
    print(f"| this process, its cores | {seconds:.1f} s | - | {seconds:.1f} s | |")
    for count in workers:
        spread = Spread(partial(load_encoder, Settings()), count)
        told: list[tuple[float, int]] = []
        begun = time.perf_counter()
        blocks = Blocks(scratch / f"blocks-{count}", encoder.identity, quantiser)
        spread.embed(texts, quantiser, blocks, lambda n, told=told: told.append((time.perf_counter(), n)))  # type: ignore[misc]
        ended = time.perf_counter()
        # From the first block on, every worker is at work; what that block took is not known.
        left = len(texts) - told[0][1]
        rate = (ended - told[0][0]) / max(left, 1)
        core = 1e3 * count * rate * len(texts) / len(passages)
        print(
            f"| {count} workers | {ended - begun:.1f} s | {told[0][0] - begun:.1f} s, first block in it "
            f"| {ended - told[0][0]:.1f} s for {left} pieces | {core:.0f} s |"
        )


def milvus(shelf: Shelf, file: Path) -> None:
    """Bytes and seconds in Milvus Lite."""
    sent: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    spent = 0.0
    put = Milvus.put

    def counted(self: Milvus, collection: str, several: list[Row]) -> None:
        nonlocal spent
        several = list(several)
        sent[collection] += sum(map(_size, several))
        rows[collection] += len(several)
        begun = time.perf_counter()
        put(self, collection, several)
        spent += time.perf_counter() - begun

    Milvus.put = counted  # type: ignore[assignment, method-assign]
    shelf.update()
    Milvus.put = put  # type: ignore[method-assign]
    passages = shelf.index.manifest.passages
    print("\n| collection | rows a passage | bytes a passage |\n| --- | --- | --- |")
    for collection, size in sent.most_common():
        print(f"| {collection} | {rows[collection] / passages:.2f} | {size / passages:,.0f} |")
    print(f"| all | {sum(rows.values()) / passages:.2f} | {sum(sent.values()) / passages:,.0f} |")
    on_disk = sum(part.stat().st_size for part in file.rglob("*") if part.is_file())
    print(
        f"\nMilvus Lite: written in {1e3 * spent / passages:.1f} ms a passage, "
        f"{on_disk / passages:,.0f} bytes on disk a passage"
    )
    asked = []
    for question in read_questions(QUESTIONS)[:ASKED]:
        begun = time.perf_counter()
        shelf.search(question.question)
        asked.append(time.perf_counter() - begun)
    print(f"a search: {1e3 * statistics.median(asked):.0f} ms (median of {len(asked)}, encoding the question included)")


def _size(row: Row) -> int:
    size = 0
    for name, value in row.items():
        if isinstance(value, str):
            size += len(value.encode())
        elif name in ("vector", "none"):
            size += 4 * len(value)
        elif name in ("words", "terms", "counts"):
            size += 8 * len(value)
        else:
            size += 8
    return size


if __name__ == "__main__":
    main()
