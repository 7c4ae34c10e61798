"""An update embeds only what is new, swaps whole versions, and never loses what was indexed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import (
    FileEmpty,
    FolderMissing,
    IndexForeign,
    IndexMissing,
    IndexOutdated,
    IndexUnwritable,
    PaperUnknown,
    ReaderDied,
    TextMissing,
    VersionMissing,
)
from corpus.isolated import Readers
from corpus.library import Library, Reading
from corpus.settings import Settings
from indexer.model import Encoded
from indexer.passages import clauses
from indexer.store import IndexStore
from qa import Shelf
from tests.conftest import PROJECT, WordEncoder

NEW = "新论文\n\n李明\n\n一、试点\n\n滨江市的光刻胶试点工厂在二〇三一年投产，年产能为七千吨。\n"


class OtherEncoder(WordEncoder):
    """The same vectors under another name."""

    identity = "words 3"


def shelf_on(papers: Path, index: Path, encoder: WordEncoder) -> Shelf:
    """A shelf that another process might open on the same folders."""
    return Shelf(Library(papers), IndexStore(index), Settings(), encoder)


def test_a_second_update_embeds_nothing(small_shelf: Shelf, encoder: WordEncoder) -> None:
    embedded = len(encoder.embedded)
    update = small_shelf.update()
    assert (update.added, update.changed, update.removed) == ((), (), ())
    assert update.unchanged == ("chen", "shi-wang-zhang", "sun-luo", "wang-yu-liu", "zhang")
    assert (update.passages_embedded, len(encoder.embedded)) == (0, embedded)


def test_a_new_paper_embeds_only_itself(small_shelf: Shelf, encoder: WordEncoder, papers: Path) -> None:
    embedded = len(encoder.embedded)
    (papers / "new.txt").write_text(NEW, encoding="utf-8")
    update = small_shelf.update()
    assert update.added == ("new",)
    assert update.papers == 6
    assert update.passages_embedded == 2
    assert encoder.embedded[embedded:] == ["新论文", "李明", "一、试点", *clauses(NEW.splitlines()[6])]
    answer = small_shelf.ask("滨江市光刻胶试点工厂的年产能是多少？")
    assert "七千吨" in answer.passages[0].text
    assert answer.passages[0].paper.id == "new"


def test_short_papers_are_embedded_several_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty papers of three texts each; no paper is cut in two, and progress names where it is."""
    calls: list[list[str]] = []

    class Recorded(WordEncoder):
        def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
            calls.append(list(texts))
            return super().encode_passages(texts, progress)

    monkeypatch.setattr("indexer.build._TOGETHER", 20)
    papers = tmp_path / "papers"
    papers.mkdir()
    for number in range(30):
        (papers / f"{number:02d}.txt").write_text(
            f"第{number}篇\n\n一、第{number}节\n\n第{number}台炉。\n", encoding="utf-8"
        )
    told: list[str] = []
    shelf = shelf_on(papers, tmp_path / "index", Recorded())
    shelf.update(lambda stage, file, done: told.append(file) if stage == "embed" else None)
    of_papers = [texts for texts in calls if texts and texts[0].startswith("第")]
    assert [len(texts) for texts in of_papers] == [21, 21, 21, 21, 6]
    assert [text for texts in of_papers for text in texts] == [
        text for number in range(30) for text in (f"第{number}篇", f"一、第{number}节", f"第{number}台炉。")
    ]
    assert list(dict.fromkeys(told)) == ["00.txt", "07.txt", "14.txt", "21.txt", "28.txt"]


def test_a_rename_embeds_nothing(small_shelf: Shelf, encoder: WordEncoder, papers: Path) -> None:
    embedded = len(encoder.embedded)
    (papers / "chen.txt").rename(papers / "陈琳.txt")
    update = small_shelf.update()
    assert (update.added, update.removed) == (("陈琳",), ("chen",))
    assert (update.passages_embedded, len(encoder.embedded)) == (0, embedded)


def test_passages_of_another_size_embed_nothing(small_shelf: Shelf, encoder: WordEncoder) -> None:
    embedded, passages = len(encoder.embedded), len(small_shelf.index.passages)
    settings = Settings(passage_characters=150)
    larger = Shelf(small_shelf.library, small_shelf.store, settings, encoder)
    assert larger.update().passages > 1.3 * passages
    assert len(encoder.embedded) == embedded


def test_an_update_gives_what_an_index_from_nothing_gives(
    small_shelf: Shelf, encoder: WordEncoder, papers: Path, tmp_path: Path
) -> None:
    """New names come with the new paper, so that passages of the others are cut into other terms."""
    (papers / "chen.txt").unlink()
    (papers / "new.txt").write_text(
        NEW + "产业空心化（Hollowing Out）与创新生态（Innovation Ecology）。\n", encoding="utf-8"
    )
    small_shelf.update()
    fresh = shelf_on(papers, tmp_path / "fresh", WordEncoder())
    fresh.update()
    one, other = small_shelf.index, fresh.index
    assert "产业空心化" in one.words.names
    for name in ("holders", "passages", "counts", "lengths"):
        assert np.array_equal(getattr(one.lexicon, name), getattr(other.lexicon, name)), name
    assert list(one.lexicon.vocabulary.terms) == list(other.lexicon.vocabulary.terms)
    assert np.array_equal(one.pieces.codes, other.pieces.codes)
    assert np.array_equal(one.passage_vectors, other.passage_vectors)
    assert one.glossary == other.glossary


def test_an_edit_embeds_only_the_changed_clauses(small_shelf: Shelf, encoder: WordEncoder, papers: Path) -> None:
    file = papers / "chen.txt"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("仅高出了5%", "仅高出了6%"), encoding="utf-8")
    embedded = len(encoder.embedded)
    update = small_shelf.update()
    assert update.changed == ("chen",)
    assert len(encoder.embedded) == embedded + 1
    assert "仅高出了6%" in encoder.embedded[-1]


def test_a_removed_paper_is_gone_from_every_answer(small_shelf: Shelf, papers: Path) -> None:
    assert "wang-yu-liu" in {p.paper.id for p in small_shelf.search("什么是产业公地？").passages}
    (papers / "wang-yu-liu.txt").unlink()
    assert small_shelf.update().removed == ("wang-yu-liu",)
    assert "wang-yu-liu" not in {p.paper.id for p in small_shelf.search("什么是产业公地？", top=100).passages}


def test_a_paper_that_breaks_keeps_its_indexed_version(small_shelf: Shelf, papers: Path) -> None:
    (papers / "zhang.txt").write_bytes(b"")
    update = small_shelf.update()
    assert [fault.values["file"] for fault in update.failed] == ["zhang.txt"]
    assert "zhang" in update.unchanged
    assert any(p.paper.id == "zhang" for p in small_shelf.search("IACMI 的会员分几级？").passages)


def test_an_index_of_another_model_is_refused_and_rebuilt(small_shelf: Shelf, papers: Path, tmp_path: Path) -> None:
    other = shelf_on(papers, tmp_path / "index", OtherEncoder())
    with pytest.raises(IndexForeign, match=r"words 2.*words 3.*yinju index"):
        other.ask("什么是产业公地？")
    assert [type(fault) for fault in other.faults()] == [IndexForeign]
    assert other.update().passages_embedded == len(other.index.passages)
    assert other.ask("什么是产业公地？").passages


def test_an_update_makes_a_new_version_and_readers_pick_it_up(small_shelf: Shelf, papers: Path, tmp_path: Path) -> None:
    reader = shelf_on(papers, tmp_path / "index", WordEncoder())
    assert reader.index.version == "000001"
    (papers / "new.txt").write_text(NEW, encoding="utf-8")
    held = reader.index
    small_shelf.update()
    assert reader.index.version == "000002"
    assert "new" in reader.index.papers
    assert "new" not in held.papers


def test_an_index_of_other_settings_is_refused_and_rebuilt(small_shelf: Shelf, encoder: WordEncoder) -> None:
    other = Shelf(small_shelf.library, small_shelf.store, Settings(passage_characters=150), encoder)
    with pytest.raises(IndexForeign, match=r"passage_characters 280.*passage_characters 150.*yinju index"):
        other.ask("什么是产业公地？")
    assert [type(fault) for fault in other.faults()] == [IndexForeign]
    other.update()
    assert list(other.faults()) == []
    assert other.ask("什么是产业公地？").passages


def test_a_model_of_another_dimension_under_the_same_name_is_refused(small_shelf: Shelf) -> None:
    class Wider(WordEncoder):
        dimension = 96

    other = Shelf(small_shelf.library, small_shelf.store, Settings(), Wider())
    with pytest.raises(IndexForeign, match=r"64 dimensions.*96.*yinju index"):
        other.ask("什么是产业公地？")


def test_going_back_and_forth_between_versions(small_shelf: Shelf, papers: Path, encoder: WordEncoder) -> None:
    for tons in ("七千吨", "八千吨", "九千吨"):
        (papers / "new.txt").write_text(NEW.replace("七千吨", tons), encoding="utf-8")
        small_shelf.update()
    reader, question = small_shelf.snapshot(), "滨江市光刻胶试点工厂的年产能是多少？"
    assert "九千吨" in reader.ask(question).passages[0].text
    assert dict(small_shelf.rollback().papers) != dict(reader.index.manifest.papers)
    assert "八千吨" in small_shelf.ask(question).passages[0].text
    assert "九千吨" in reader.ask(question).passages[0].text  # who has a version open goes on with it
    assert [fault.message() for fault in small_shelf.faults()] == [
        "new.txt: changed since the index was made; bring it up to date with `yinju index`"
    ]
    small_shelf.rollback()
    assert "七千吨" in small_shelf.ask(question).passages[0].text
    with pytest.raises(VersionMissing, match="yinju index"):
        small_shelf.rollback()
    embedded = len(encoder.embedded)
    small_shelf.update()
    assert "九千吨" in small_shelf.ask(question).passages[0].text
    assert len(encoder.embedded) == embedded + 1
    # The versions that were gone back from are not come back to.
    small_shelf.rollback()
    assert "七千吨" in small_shelf.ask(question).passages[0].text


def test_going_back_passes_over_a_version_of_other_settings(small_shelf: Shelf, encoder: WordEncoder) -> None:
    other = Shelf(small_shelf.library, small_shelf.store, Settings(passage_characters=150), encoder)
    other.update()
    with pytest.raises(VersionMissing):
        other.rollback()
    assert other.ask("什么是产业公地？").passages


def test_an_index_that_was_deleted_and_made_again_is_picked_up(
    small_shelf: Shelf, papers: Path, tmp_path: Path
) -> None:
    assert "chen" in small_shelf.index.papers
    shutil.rmtree(tmp_path / "index")
    (papers / "chen.txt").unlink()
    shelf_on(papers, tmp_path / "index", WordEncoder()).update()
    assert small_shelf.index.version == "000001"
    assert "chen" not in small_shelf.index.papers


def test_going_back_passes_over_a_damaged_version(small_shelf: Shelf, papers: Path) -> None:
    for tons in ("七千吨", "八千吨"):
        (papers / "new.txt").write_text(NEW.replace("七千吨", tons), encoding="utf-8")
        small_shelf.update()
    (small_shelf.store.folder / "000002" / "papers.safetensors").write_text("[]", encoding="utf-8")
    assert "new" not in small_shelf.rollback().papers
    assert small_shelf.store.current() == "000001"


def test_only_the_last_three_versions_are_kept(small_shelf: Shelf, papers: Path) -> None:
    for number in range(4):
        (papers / "new.txt").write_text(f"{NEW}第{number}版。", encoding="utf-8")
        small_shelf.update()
    assert small_shelf.store.versions() == ["000003", "000004", "000005"]
    assert small_shelf.store.current() == "000005"


def test_check_names_what_changed_on_disk(small_shelf: Shelf, papers: Path) -> None:
    assert list(small_shelf.faults()) == []
    (papers / "chen.txt").write_text("改过了。", encoding="utf-8")
    (papers / "zhang.txt").unlink()
    (papers / "new.txt").write_text(NEW, encoding="utf-8")
    assert [fault.message("en").split(" since")[0] for fault in small_shelf.faults()] == [
        "chen.txt: changed",
        "new.txt: added",
        "zhang.txt: deleted",
    ]


def test_no_index_and_no_folder_are_said(tmp_path: Path, encoder: WordEncoder) -> None:
    (tmp_path / "papers").mkdir()
    shelf = shelf_on(tmp_path / "papers", tmp_path / "index", encoder)
    with pytest.raises(IndexMissing, match="yinju index"):
        shelf.ask("什么是产业公地？")
    assert [type(fault) for fault in shelf.faults()] == [IndexMissing]
    with pytest.raises(FolderMissing, match="nowhere"):
        shelf_on(tmp_path / "nowhere", tmp_path / "index", encoder).update()


def test_an_empty_folder_makes_an_empty_index_that_refuses(tmp_path: Path, encoder: WordEncoder) -> None:
    (tmp_path / "papers").mkdir()
    shelf = shelf_on(tmp_path / "papers", tmp_path / "index", encoder)
    assert shelf.update().papers == 0
    answer = shelf.ask("什么是产业公地？")
    assert (answer.abstained, answer.citations, answer.passages) == (True, (), ())


def test_a_version_holds_no_pickle(small_shelf: Shelf, tmp_path: Path) -> None:
    place = tmp_path / "index" / "000001"
    assert sorted(json.loads((place / "manifest.json").read_text())["files"]) == sorted(
        p.name for p in place.iterdir() if p.name != "manifest.json"
    )
    for file in place.iterdir():
        assert file.suffix in {".json", ".faiss", ".safetensors"}
        assert not file.read_bytes().startswith(b"\x80")


def test_nothing_that_runs_what_it_loads_is_used() -> None:
    unsafe = re.compile(
        r"\b(?:pickle|shelve|marshal|dill|joblib)\b(?!=False)|allow_pickle=True|torch\.load\(|\beval\(|\bexec\("
    )
    for package in ("corpus", "indexer", "qa", "ui"):
        for file in (PROJECT / package).rglob("*.py"):
            if file.name == "processes.py":  # what comes by its sockets is from its own children: nothing else has them
                continue
            code = re.sub(r'"""(?:.|\n)*?"""|#.*', "", file.read_text(encoding="utf-8"))
            assert not unsafe.search(code), file


def test_a_failed_write_leaves_the_old_version(
    small_shelf: Shelf, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (papers / "new.txt").write_text(NEW, encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("indexer.version._write_json", full)
    with pytest.raises(IndexUnwritable, match="No space left"):
        small_shelf.update()
    monkeypatch.undo()
    assert small_shelf.store.current() == "000001"
    assert not (small_shelf.store.folder / ".writing").exists()
    assert small_shelf.update().added == ("new",)


def test_a_paper_is_found_with_its_state_and_as_it_was_indexed(
    small_shelf: Shelf, papers: Path, tmp_path: Path
) -> None:
    (papers / "new.txt").write_text(NEW, encoding="utf-8")
    (papers / "chen.txt").write_text(NEW, encoding="utf-8")
    (papers / "zhang.txt").unlink()
    for state in small_shelf.states():
        found, paper = small_shelf.find(state.id)
        assert (found.id, found.file, found.state) == (state.id, paper.file if paper else state.file, state.state)
        assert paper == small_shelf.index.papers.get(state.id)
    states = {name: small_shelf.find(name)[0].state for name in ("new", "chen", "zhang", "sun-luo")}
    assert states == {"new": "new", "chen": "changed", "zhang": "deleted", "sun-luo": "indexed"}
    with pytest.raises(PaperUnknown, match="nobody"):
        small_shelf.find("nobody")
    bare = shelf_on(papers, tmp_path / "none", WordEncoder())
    assert bare.find("chen") == (bare.states()[0], None)


def test_what_a_report_needs_is_kept_in_the_index(small_shelf: Shelf, papers: Path) -> None:
    again = shelf_on(papers, small_shelf.store.folder, WordEncoder())
    for name, paper in again.index.papers.items():
        assert paper == again.library.read(papers / f"{name}.txt")


# Files that cannot be read -------------------------------------------------------------------------------------------


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, in order."""
    names: list[str] = []
    read_many = Library.read_many

    def noted(
        library: Library, paths: Collection[Path], waiting: Callable[[], object]
    ) -> Generator[Reading, None, None]:
        names.extend(path.name for path in paths)
        return read_many(library, paths, waiting)

    monkeypatch.setattr(Library, "read_many", noted)
    return names


def test_why_a_file_could_not_be_read_is_kept_over_a_restart(small_shelf: Shelf, papers: Path, tmp_path: Path) -> None:
    (papers / "empty.txt").write_bytes(b"")
    assert small_shelf.failures() == {}
    small_shelf.update()
    again = shelf_on(papers, tmp_path / "index", WordEncoder())
    (reason,) = again.failures().items()
    assert (reason[0], type(reason[1]), reason[1].values) == ("empty", FileEmpty, {"file": "empty.txt"})
    assert [type(fault) for fault in again.faults()] == [FileEmpty]
    (papers / "empty.txt").write_text(NEW, encoding="utf-8")
    assert again.failures() == {}
    assert [type(fault) for fault in again.faults()] == [IndexOutdated]
    assert again.update().added == ("empty",)
    assert json.loads((tmp_path / "index" / "failed.json").read_text(encoding="utf-8")) == {}


def test_a_file_that_failed_is_not_read_again_before_it_changes(
    small_shelf: Shelf, papers: Path, read_files: list[str]
) -> None:
    (papers / "empty.txt").write_bytes(b"")
    (papers / "zhang.txt").write_bytes(b" ")  # an earlier version of it is indexed
    for expected in (["empty.txt", "zhang.txt"], [], []):
        read_files.clear()
        update = small_shelf.update()
        assert read_files == expected
        assert [(type(error), error.values["file"]) for error in update.failed] == [
            (FileEmpty, "empty.txt"), (FileEmpty, "zhang.txt"),
        ]  # fmt: skip
        assert "zhang" in update.unchanged
    (papers / "empty.txt").write_bytes(b"  ")
    small_shelf.update()
    assert read_files == ["empty.txt"]
    (papers / "empty.txt").unlink()
    assert [error.values["file"] for error in small_shelf.update().failed] == ["zhang.txt"]


def test_a_file_that_failed_is_read_again_where_it_may_fare_better(
    small_shelf: Shelf, papers: Path, tmp_path: Path, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under other limits, by another version of yinju, and where its fault may have passed."""
    (papers / "empty.txt").write_bytes(b"")
    small_shelf.update()
    with Readers(seconds=61, count=1) as readers:
        patient = Shelf(Library(papers, readers=readers), small_shelf.store, Settings(), WordEncoder())
        patient.update()
        patient.update()
    assert read_files == ["empty.txt", "empty.txt"]
    small_shelf.update()
    failure = small_shelf.store.failures()["empty"]
    for passing in (ReaderDied(file="empty.txt", detail="SIGKILL"), TextMissing(file="empty.txt", pages=1)):
        small_shelf.store.note_failures({"empty": replace(failure, error=passing)})
        read_files.clear()
        small_shelf.update()
        assert read_files == ["empty.txt"]
    monkeypatch.setattr("indexer.build.FORMAT", 10**6)
    read_files.clear()
    small_shelf.update()
    assert read_files == ["empty.txt"]


@pytest.mark.parametrize("record", [b"", b"[]", b'{"empty": 1}', b'{"empty": {"error": {"error": "Popen"}}}'])
def test_a_damaged_record_of_failures_costs_one_more_reading(
    small_shelf: Shelf, papers: Path, tmp_path: Path, record: bytes
) -> None:
    (papers / "empty.txt").write_bytes(b"")
    small_shelf.update()
    whole = (tmp_path / "index" / "failed.json").read_bytes()
    (tmp_path / "index" / "failed.json").write_bytes(record)
    assert small_shelf.failures() == {}
    small_shelf.update()
    assert (tmp_path / "index" / "failed.json").read_bytes() == whole
