"""An update can be ended by whoever began it: at any step, and then everything is as it was before."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from corpus.errors import UpdateCancelled
from corpus.library import Library
from corpus.settings import Settings
from indexer.store import IndexStore
from qa import Shelf
from tests.conftest import WordEncoder
from tests.test_library import state


def changed(shelf: Shelf) -> None:
    """A library with something to read, to embed and to leave out."""
    folder = shelf.library.folder
    shelf.library.remove("chen")
    (folder / "zhang.txt").write_text((folder / "sun-luo.txt").read_text("utf-8"), encoding="utf-8")
    (folder / "new.txt").write_text("赤霞山风洞实验室建于2026年，由三个试验段组成。\n" * 3, encoding="utf-8")


class StopsAfter:
    """A progress that lets so many steps go by and ends the update at the next; looking again is no step."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.steps: set[tuple[str, str, float]] = set()
        self.stage = ""

    def __call__(self, stage: str, file: str, share: float) -> None:
        self.steps.add((stage, file, share))
        if len(self.steps) > self.most:
            self.stage = stage
            raise UpdateCancelled


def test_a_cancelled_update_leaves_the_index_as_it_was_at_every_step(small_shelf: Shelf, tmp_path: Path) -> None:
    """Ended at each call of the progress in turn, until one goes through; the answers are the same until then."""
    changed(small_shelf)
    store = small_shelf.store
    before = {name: data for name, data in state(store.folder).items() if "writer" not in name.lower()}
    held = small_shelf.index.manifest.papers
    stages: list[str] = []
    for most in range(60):
        shelf = Shelf(small_shelf.library, store, Settings(), WordEncoder())
        note = StopsAfter(most)
        try:
            shelf.update(note)
        except UpdateCancelled:
            stages.append(note.stage)
            now = {name: data for name, data in state(store.folder).items() if "writer" not in name.lower()}
            assert now == before
            assert shelf.index.manifest.papers == held
        else:
            break
    assert {"read", "embed", "write"} <= set(stages)
    assert list(small_shelf.index.papers) == ["new", "shi-wang-zhang", "sun-luo", "wang-yu-liu", "zhang"]
    assert list(small_shelf.faults()) == []


def test_a_file_that_takes_long_to_read_does_not_hold_the_cancelling_up(tmp_path: Path) -> None:
    """Reading is given up at once, its process with it: an update right after it is not held up either."""
    from corpus.isolated import Readers

    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "slow.txt").write_text("制造业是国民经济的主体。\n", encoding="utf-8")
    (tmp_path / "slowly.py").write_text("import time\n\ndef read(*_):\n    time.sleep(600)\n", encoding="utf-8")
    readers = Readers(600, function="slowly:read")
    library = Library(folder, readers=readers)
    store = IndexStore(tmp_path / "index")
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()

    def note(stage: str, file: str, share: float) -> None:
        if stop.is_set():
            raise UpdateCancelled

    begun = time.monotonic()
    with readers, pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        with pytest.raises(UpdateCancelled):
            Shelf(library, store, Settings(), WordEncoder()).update(note)
    assert time.monotonic() - begun < 60
    assert store.versions() == []
