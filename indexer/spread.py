"""Embedding spread over processes and machines by Ray Data (extra `scale`), so that a large library is ready sooner.

The new texts are cut into blocks. Each worker, a Ray actor on some cores of its own, loads the model once and turns
whole blocks into vectors and codes. What comes back is written to the disk block by block, whole or not at all, beside
the index: an update that was killed goes on behind the last block that it had. A worker that dies is replaced, and its
block is embedded again; a text whose piece is on the disk never is. The blocks are deleted when the index has them.

    spread = Spread(partial(load_encoder, settings), workers=8, cores=4, address="10.0.0.5:6379")
    update_index(library, store, model, settings, spread=spread)

Without an address a cluster of this machine is started for the update and ended with it; it listens on 127.0.0.1 alone
and wants a key. With one, the machines of that cluster work, each of which needs yinju and the model installed. Ray is
imported when it is needed, and neither reports how it is used nor opens its dashboard.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import secrets
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from corpus.disk import write_whole
from corpus.errors import IndexUnwritable, WorkersFailed, WorkersMissing, YinjuError
from indexer.codes import Codes, Floats, Quantiser
from indexer.model import Encoder
from indexer.pieces import keys_of

BLOCK_TEXTS = 512
"""Texts in a block at most: some seconds of a core, so that little is lost with a worker."""
_BLOCKS_A_WORKER = 4
"""At least so many, where there are few texts: the last worker is not long alone."""
_TRIES = 1
"""How often a block is given to a new worker after it has lost one, before the rest is cut into blocks anew."""
_STALLS = 2
"""How often the rest may be cut anew though nothing of it has come home since the last time."""
_STORE_BYTES = 256 * 2**20
"""Shared memory for the blocks under way, on this machine's own cluster; a block takes 5 MB."""
_LOCAL = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
"""Addresses of this machine alone, of which this is Ray's name; whoever connects has to know `RAY_AUTH_TOKEN`."""

Made = tuple[Floats, Codes]
"""What becomes of a text: its vector, shape (dimension,), and the codes of its tokens, shape (tokens, bytes)."""


@dataclass(frozen=True, slots=True)
class Spread:
    """`workers` processes of `cores` cores each, on this machine or on the Ray cluster at `address`.

    `load` gives a worker its model; it is sent to the workers, so it stands at the top of a module. An address is what
    `ray.init` takes: `10.0.0.5:6379`, `ray://10.0.0.5:10001`, or `auto` on a machine of the cluster.
    """

    load: Callable[[], Encoder]
    workers: int
    cores: int = 1
    address: str = ""

    def check(self) -> None:
        """Raise `WorkersMissing` where Ray is not installed: before papers are read and a model is loaded."""
        if find_spec("ray") is None:
            raise WorkersMissing(workers=self.workers)

    def embed(
        self, texts: Sequence[str], quantiser: Quantiser, kept: Blocks, done: Callable[[int], None] = lambda count: None
    ) -> list[Made]:
        """What becomes of `texts`, all different, in their order; what is `kept` already is taken from there.

        `done` is told how many more there are, at once for those that are kept, then after each block; it may raise.
        Raises `WorkersFailed`, `IndexUnwritable`, and what `load` raises.
        """
        wanted = {key: at for at, key in enumerate(keys_of(texts).tolist())}
        made: dict[int, Made] = {}

        def take(block: bytes) -> None:
            fresh = {wanted[key]: each for key, each in _unpacked(block) if key in wanted and wanted[key] not in made}
            made.update(fresh)
            done(len(fresh))

        for block in kept.whole():
            take(block)
        with self._cluster() if len(made) < len(texts) else nullcontext():
            stalls = 0
            while left := [text for at, text in enumerate(texts) if at not in made]:
                before = len(made)
                try:
                    with closing(self._blocks(left, quantiser)) as blocks:
                        for block in blocks:
                            kept.keep(block)
                            take(block)
                except WorkersFailed:
                    # A lost machine may take several tries with it; a text that kills its worker takes all of them,
                    # but in ever smaller blocks it is at last alone.
                    stalls = 0 if len(made) > before else stalls + 1
                    if stalls == _STALLS:
                        raise
        return [made[at] for at in range(len(texts))]

    def _blocks(self, texts: Sequence[str], quantiser: Quantiser) -> Generator[bytes]:
        """The texts' blocks, packed, in the order in which they are done."""
        import ray
        import ray.data

        size = max(1, min(BLOCK_TEXTS, -(-len(texts) // (_BLOCKS_A_WORKER * self.workers))))
        # As JSON: a column of texts would have to be valid Unicode.
        rows = [{"texts": json.dumps(texts[start : start + size])} for start in range(0, len(texts), size)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Ray's own, and of `max_task_retries`
            context = ray.data.DataContext.get_current()
            context.enable_progress_bars = False
            spread = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
                _Worker,
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=min(self.workers, len(rows)), max_tasks_in_flight_per_actor=1),
                num_cpus=self.cores,
                fn_constructor_args=(self.load, quantiser, self.cores),
                max_task_retries=_TRIES,
            )
        try:
            for row in spread.iter_rows():
                if row["failed"]:
                    raise YinjuError.from_json(json.loads(row["failed"]))
                yield row["packed"]
        except ray.exceptions.RayError as exc:
            raise WorkersFailed(address=self._where, detail=_reason(exc)) from exc

    @contextmanager
    def _cluster(self) -> Iterator[None]:
        """Connected to the cluster; to one of this machine's own where there is no address. One that whoever called is
        connected to already is used as it is."""
        given: dict[str, str] = {}
        if not self.address and "ray" not in sys.modules:  # which reads them once
            given = {**_LOCAL, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal", **given})
        import ray
        import ray.data

        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if ray.is_initialized():
            yield
            return
        own: dict[str, Any] = {
            "num_cpus": self.workers * self.cores, "include_dashboard": False, "object_store_memory": _STORE_BYTES,
            "_node_ip_address": "127.0.0.1",
        }  # fmt: skip
        try:
            ray.init(
                **({"address": self.address} if self.address else own),
                log_to_driver=False,
                logging_level=logging.CRITICAL,
            )
        except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as exc:
            raise WorkersFailed(address=self._where, detail=_reason(exc)) from exc
        try:
            yield
        finally:
            ray.shutdown()

    @property
    def _where(self) -> str:
        return self.address or f"{self.workers} × {self.cores}"


class Blocks:
    """The blocks that are done, one a file, in a folder of one model and one quantiser. One update writes at a time."""

    def __init__(self, folder: Path, model: str, quantiser: Quantiser) -> None:
        digest = hashlib.sha256(model.encode() + quantiser.low.tobytes() + quantiser.width.tobytes())
        self._folder = folder / digest.hexdigest()[:16]

    def whole(self) -> Iterator[bytes]:
        """The blocks as they were kept. One that is not as it was written is deleted."""
        for file in sorted(self._folder.glob("*.npz")):
            try:
                block = file.read_bytes()
                whole = file.stem == _name(block)
            except OSError:
                continue
            if whole:
                yield block
            else:
                file.unlink(missing_ok=True)

    def keep(self, block: bytes) -> None:
        """Write a block whole, under the hash of what it holds. Raises `IndexUnwritable`."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / f"{_name(block)}.npz", block)
        except OSError as exc:
            raise IndexUnwritable(folder=self._folder, detail=exc.strerror or str(exc)) from exc


class _Worker:
    """A Ray actor: the model, loaded once, and the ranges of the codes."""

    def __init__(self, load: Callable[[], Encoder], quantiser: Quantiser, cores: int) -> None:
        # Ray sets this for torch and NumPy by itself, but not where it is set for the whole machine.
        os.environ["OMP_NUM_THREADS"] = str(cores)
        self._quantiser = quantiser
        self._encoder, self._failed = None, ""
        try:
            self._encoder = load()
        except YinjuError as exc:  # raised here, it would come home as a long text of Ray's
            self._failed = json.dumps(exc.to_json())

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """One block: texts in JSON to a packed block, or to the error that says why not."""
        packed, failed = b"", self._failed
        if self._encoder is not None:
            try:
                packed = _packed(json.loads(batch["texts"][0]), self._encoder, self._quantiser)
            except YinjuError as exc:
                failed = json.dumps(exc.to_json())
        return {"packed": [packed], "failed": [failed]}


def _packed(texts: Sequence[str], encoder: Encoder, quantiser: Quantiser) -> bytes:
    """A block: keys, vectors, the numbers of tokens, and codes of all texts, as an npz file."""
    encoded = encoder.encode_passages(texts)
    codes = [quantiser.encode(each.tokens) for each in encoded]
    stream = io.BytesIO()
    np.savez(
        stream,
        keys=keys_of(texts),
        vectors=np.stack([each.vector for each in encoded]),
        lengths=np.array([len(each) for each in codes], np.int64),
        codes=np.concatenate(codes),
    )
    return stream.getvalue()


def _unpacked(block: bytes) -> Iterator[tuple[bytes, Made]]:
    """The keys of a block's texts, and what became of each."""
    with np.load(io.BytesIO(block), allow_pickle=False) as parts:
        keys, vectors, lengths, codes = (parts[name] for name in ("keys", "vectors", "lengths", "codes"))
    each = np.split(codes, np.cumsum(lengths)[:-1])
    yield from zip(keys.tolist(), zip(vectors, each, strict=True), strict=True)


def _name(block: bytes) -> str:
    return hashlib.sha256(block).hexdigest()[:32]


def _reason(exc: Exception) -> str:
    """The last line of what Ray says, which tells what happened; the lines before it tell where."""
    return (str(exc).strip().splitlines() or [type(exc).__name__])[-1].strip()[:200]
