"""Embedding spread over processes by Ray Data: a real cluster on this machine, of two workers.

The result is that of one process, to the last bit; whoever dies, no text is embedded twice into it.
"""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import ModelMissing, WorkersFailed
from corpus.library import Library
from corpus.settings import Settings
from indexer.build import estimate_quantiser, update_index
from indexer.codes import Quantiser
from indexer.model import Encoded, Encoder, ModelSource, load_encoder
from indexer.pieces import key_of
from indexer.spread import Blocks, Spread
from indexer.store import IndexStore
from tests.conftest import PAPERS, PROJECT, WordEncoder

if importlib.util.find_spec("ray") is None:
    pytest.skip("needs the extra `scale`", allow_module_level=True)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

TEXTS = [f"第{number}家研究所的私人投资是{number * 7}万美元" for number in range(40)]
QUANTISER = estimate_quantiser(WordEncoder())


class NotedEncoder(WordEncoder):
    """Notes every text that it is given in a file, a line each, and may die of the first that holds a word."""

    def __init__(self, notes: Path, deadly: str = "", lives: int = 1) -> None:
        super().__init__()
        self._notes, self._deadly, self._lives = notes, deadly, lives

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """See `indexer.model.Encoder`."""
        with self._notes.open("a", encoding="utf-8") as notes:
            notes.writelines(f"{os.getpid()} {text}\n" for text in texts)
        if self._deadly and any(self._deadly in text for text in texts):
            for life in range(self._lives):
                try:
                    (self._notes.parent / f"died-{life}").touch(exist_ok=False)
                except FileExistsError:
                    continue
                os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_passages(texts, progress)


def noted(notes: Path) -> list[tuple[int, str]]:
    """Process and text of every line."""
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    return [(int(pid), text) for pid, _, text in (line.partition(" ") for line in lines)]


def keys_of(block: bytes) -> list[bytes]:
    """The keys of a block's texts."""
    keys: list[bytes] = np.load(io.BytesIO(block))["keys"].tolist()
    return keys


def failing(settings: Settings) -> Encoder:
    """A model that is not on the worker's machine."""
    raise ModelMissing(model=settings.model, detail="not on this machine")


def real_model() -> Encoder:
    """The shipped model in float32: in bfloat16, a text's vector depends on its batch in the fourth place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.packed_encoder.bfloat16_is_quicker", lambda: False)
        encoder = load_encoder(Settings())
        encoder.encode_passages(["智能制造"])
    return encoder


def check(made: Sequence[tuple[np.ndarray, np.ndarray]], texts: Sequence[str], quantiser: Quantiser) -> None:  # type: ignore[type-arg]
    """What was made is what the encoder makes of these texts here, in their order."""
    for (vector, codes), encoded in zip(made, WordEncoder().encode_passages(texts), strict=True):
        np.testing.assert_array_equal(vector, encoded.vector)
        np.testing.assert_array_equal(codes, quantiser.encode(encoded.tokens))


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """One cluster for all tests here, started as `Spread` starts its own: that takes seconds."""
    with Spread(WordEncoder, workers=2)._cluster():
        yield


@pytest.fixture
def kept(tmp_path: Path) -> Blocks:
    """A place for blocks, empty."""
    return Blocks(tmp_path / "blocks", WordEncoder.identity, QUANTISER)


def test_an_index_is_the_same_whoever_embeds(papers: Path, tmp_path: Path) -> None:
    def made(name: str, spread: Spread | None) -> IndexStore:
        store = IndexStore(tmp_path / name)
        update_index(Library(papers), store, ModelSource(Settings(), WordEncoder()), Settings(), spread=spread)
        return store

    notes = tmp_path / "notes"
    here = made("here", None)
    there = made("there", Spread(partial(NotedEncoder, notes), workers=2))
    for file in ("pieces.safetensors", "passages.safetensors", "sentences.faiss", "means.safetensors"):
        assert (there.folder / "000001" / file).read_bytes() == (here.folder / "000001" / file).read_bytes(), file
    texts = [text for _, text in noted(notes)]
    assert len(texts) == len(set(texts)) == len(here.load().pieces)
    assert len({pid for pid, _ in noted(notes)} - {os.getpid()}) == 2
    assert not (tmp_path / "there-embedded").exists()

    # An update hands out what is new only.
    (papers / "new.txt").write_text("新的论文\n\n1 引言\n这里讲的是一家从来没有提到过的研究所。\n", encoding="utf-8")
    notes.unlink()
    update_index(
        Library(papers), there, ModelSource(Settings(), WordEncoder()), Settings(),
        spread=Spread(partial(NotedEncoder, notes), workers=2),
    )  # fmt: skip
    assert "这里讲的是一家从来没有提到过的研究所。" in [text for _, text in noted(notes)]
    assert not {text for _, text in noted(notes)} & set(texts)


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path, kept: Blocks) -> None:
    notes = tmp_path / "notes"
    made = Spread(partial(NotedEncoder, notes, "第21家"), workers=2).embed(TEXTS, QUANTISER, kept)
    check(made, TEXTS, QUANTISER)
    (dead,) = (pid for pid, text in noted(notes) if text == TEXTS[21] and not Path(f"/proc/{pid}").exists())
    again = [text for _, text in noted(notes) if text == TEXTS[21]]
    assert len(again) == 2, "the block that it was at was given to another"
    assert dead != os.getpid()
    keys = [key for block in kept.whole() for key in keys_of(block)]
    assert sorted(keys) == sorted(key_of(text) for text in TEXTS)


def test_a_text_that_kills_every_worker_ends_the_run_and_what_is_done_is_kept(tmp_path: Path, kept: Blocks) -> None:
    notes, few = tmp_path / "notes", TEXTS[-4:]
    with pytest.raises(WorkersFailed, match="run `yinju index --workers` again"):
        Spread(partial(NotedEncoder, notes, "第39家", lives=99), workers=2).embed(few, QUANTISER, kept)
    before = {key for block in kept.whole() for key in keys_of(block)}
    assert before
    assert key_of(few[3]) not in before
    notes.unlink()
    check(Spread(partial(NotedEncoder, notes), workers=2).embed(few, QUANTISER, kept), few, QUANTISER)
    assert sorted(text for _, text in noted(notes)) == sorted(text for text in few if key_of(text) not in before)


def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path: Path, kept: Blocks) -> None:
    notes = tmp_path / "notes"
    program = f"""
import os, signal
from functools import partial
from pathlib import Path
from indexer.spread import Blocks, Spread
from tests.conftest import WordEncoder
from tests.test_spread import QUANTISER, TEXTS, NotedEncoder
told = []
def done(count):
    told.append(count)
    if len(told) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
kept = Blocks(Path({str(tmp_path / "blocks")!r}), WordEncoder.identity, QUANTISER)
Spread(partial(NotedEncoder, Path({str(notes)!r})), workers=2).embed(TEXTS, QUANTISER, kept, done)
"""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    ended = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, env=outside, timeout=240, check=False)
    assert ended.returncode == -signal.SIGKILL
    blocks = list(kept.whole())
    assert len(blocks) == 3
    before = {key for block in blocks for key in keys_of(block)}
    notes.unlink()
    counts: list[int] = []
    made = Spread(partial(NotedEncoder, notes), workers=2).embed(TEXTS[::-1], QUANTISER, kept, counts.append)
    check(made, TEXTS[::-1], QUANTISER)
    assert sum(counts) == len(TEXTS)
    assert sorted(text for _, text in noted(notes)) == sorted(t for t in TEXTS if key_of(t) not in before)


def test_a_machine_that_is_lost_is_done_without(tmp_path: Path) -> None:
    """Two nodes of one core on this machine, the second killed behind the second block."""
    program = f"""
import os
os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0", RAY_BACKEND_LOG_LEVEL="fatal")
from functools import partial
from pathlib import Path
from ray.cluster_utils import Cluster
from indexer.spread import Blocks, Spread
from tests.conftest import WordEncoder
from tests.test_spread import QUANTISER, TEXTS, NotedEncoder, check
small = dict(num_cpus=1, object_store_memory=100 * 2**20)
cluster = Cluster(initialize_head=True, head_node_args=dict(small, include_dashboard=False))
other, told = cluster.add_node(**small), []
def done(count):
    told.append(count)
    if len(told) == 2:
        cluster.remove_node(other, allow_graceful=False)
kept = Blocks(Path({str(tmp_path / "blocks")!r}), WordEncoder.identity, QUANTISER)
spread = Spread(partial(NotedEncoder, Path({str(tmp_path / "notes")!r})), workers=2, address=cluster.address)
check(spread.embed(TEXTS, QUANTISER, kept, done), TEXTS, QUANTISER)
assert sum(told) == len(TEXTS)
cluster.shutdown()
"""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=PROJECT, env=outside, timeout=240, check=True)
    kept = Blocks(tmp_path / "blocks", WordEncoder.identity, QUANTISER)
    keys = [key for block in kept.whole() for key in keys_of(block)]
    assert sorted(keys) == sorted(key_of(text) for text in TEXTS)
    assert len({pid for pid, _ in noted(tmp_path / "notes")}) >= 2


def test_a_block_that_is_damaged_is_made_again(tmp_path: Path, kept: Blocks) -> None:
    Spread(WordEncoder, workers=2).embed(TEXTS[:8], QUANTISER, kept)
    file = sorted((tmp_path / "blocks").rglob("*.npz"))[0]
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    check(Spread(WordEncoder, workers=2).embed(TEXTS[:8], QUANTISER, kept), TEXTS[:8], QUANTISER)
    shutil.rmtree(tmp_path / "blocks")


def test_blocks_of_another_model_are_not_taken(tmp_path: Path, kept: Blocks) -> None:
    Spread(WordEncoder, workers=2).embed(TEXTS[:4], QUANTISER, kept)
    assert list(kept.whole())
    assert not list(Blocks(tmp_path / "blocks", "another", QUANTISER).whole())
    other = Quantiser(QUANTISER.low + 1, QUANTISER.width)
    assert not list(Blocks(tmp_path / "blocks", WordEncoder.identity, other).whole())


def test_what_a_worker_lacks_is_told_as_it_would_be_here(kept: Blocks) -> None:
    with pytest.raises(ModelMissing, match="not on this machine"):
        Spread(partial(failing, Settings()), workers=2).embed(TEXTS, QUANTISER, kept)


def test_the_real_model_gives_the_same_elsewhere(tmp_path: Path) -> None:
    encoder = real_model()
    quantiser = estimate_quantiser(encoder)
    text = Library(PAPERS).read(PAPERS / "zhang.txt").text
    texts = list(dict.fromkeys(part for part in text.split("，")[:40] if part))
    kept = Blocks(tmp_path, encoder.identity, quantiser)
    made = Spread(real_model, workers=1).embed(texts, quantiser, kept)
    for (vector, codes), encoded in zip(made, encoder.encode_passages(texts), strict=True):
        np.testing.assert_allclose(vector, encoded.vector, atol=1e-5)
        same = quantiser.encode(encoded.tokens)
        assert codes.shape == same.shape
        assert (codes != same).mean() < 0.002, "a value at the edge of its range may fall to either side"
