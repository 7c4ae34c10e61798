"""The line in which questions wait: a few are answered at a time, some may wait, the next is told that it is too many.

>>> line = Line(workers=2, most=60)
>>> async for turn in line.steps(answering(question)):    # raises `ServerBusy` before the first
...     show(turn)

Answering is work for a core, so more than a few threads at once would only slow each other. What waits is no thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from corpus.errors import ServerBusy

T = TypeVar("T")


class Line:
    """`workers` at work and up to `most` waiting for them. To be used from one event loop."""

    def __init__(self, workers: int, most: int) -> None:
        self._workers, self._most = workers, most
        self._pool = ThreadPoolExecutor(workers, "yinju-answer")
        self._inside = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return max(0, self._inside - self._workers)

    @property
    def full(self) -> bool:
        """Whether nobody may come to wait as well."""
        return self._inside >= self._workers + self._most

    @property
    def busy(self) -> bool:
        """Whether anybody is inside."""
        return self._inside > 0

    async def steps(self, work: Iterator[T]) -> AsyncIterator[T]:
        """What an iterator yields, each step made by a worker; others come in between. Raises `ServerBusy`."""
        if self.full:
            raise ServerBusy(waiting=self.waiting)
        self._inside += 1
        try:
            while (step := await asyncio.get_running_loop().run_in_executor(self._pool, next, work, None)) is not None:
                yield step
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Begin nothing more; what is at work ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
