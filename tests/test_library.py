"""The folder of papers is the library: listing, adding, removing and the facts of papers.toml work on files alone."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from corpus.errors import (
    EncodingUnknown,
    FileEmpty,
    FileUnreadable,
    FormatUnknown,
    NameUnusable,
    PaperExists,
    PaperUnknown,
    ReadingError,
)
from corpus.library import Library
from tests.conftest import PAPERS

PROSE = "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for papers, beside which other files may stand."""
    (tmp_path / "library").mkdir()
    return tmp_path / "library"


def written(path: Path, text: str = PROSE) -> Path:
    """A text file."""
    path.write_text(text, encoding="utf-8")
    return path


def names(paths: list[Path]) -> list[str]:
    """File names, in order."""
    return [path.name for path in paths]


def state(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_papers_of_this_project_are_listed_by_id_in_the_order_of_their_names() -> None:
    library = Library(PAPERS)
    assert {paper_id: path.name for paper_id, path in library.files().items()} == {
        "chen": "chen.txt",
        "shi-wang-zhang": "shi-wang-zhang.txt",
        "sun-luo": "sun-luo.txt",
        "wang-yu-liu": "wang-yu-liu.txt",
        "zhang": "zhang.txt",
    }
    assert list(library.files()) == sorted(library.files())
    assert library.left_out() == []


def test_files_takes_papers_only_and_left_out_names_the_rest(folder: Path) -> None:
    hidden = (".hidden.txt", "~$论文.docx", "papers.toml")
    for name in ("b.txt", "a.TXT", "论文.txt", "a.pdf", "notes.rtf", "two words.v2.txt", *hidden):
        written(folder / name, "" if name == "papers.toml" else PROSE)
    (folder / "sub.txt").mkdir()
    written(folder / "sub.txt" / "inner.txt")
    library = Library(folder)
    assert [(i, p.name) for i, p in library.files().items()] == [
        ("a", "a.TXT"), ("b", "b.txt"), ("two words.v2", "two words.v2.txt"), ("论文", "论文.txt"),
    ]  # fmt: skip
    assert names(library.left_out()) == ["a.pdf", "notes.rtf"]
    assert library.path("论文") == folder / "论文.txt"


def test_an_unknown_paper_is_refused_with_those_there_are(folder: Path) -> None:
    with pytest.raises(PaperUnknown, match="known: none"):
        Library(folder).path("zhang")
    written(folder / "a.txt")
    written(folder / "b.txt")
    with pytest.raises(PaperUnknown, match="zhang: no paper with this id; known: a, b"):
        Library(folder).remove("zhang")


def test_a_paper_is_added_under_its_own_name_or_another(folder: Path, tmp_path: Path) -> None:
    library = Library(folder)
    source = written(tmp_path / "张.txt")
    assert library.add(source) == folder / "张.txt"
    assert library.add(written(tmp_path / "b.txt", PROSE * 2), "second.txt") == folder / "second.txt"
    assert state(folder) == {"second.txt": (PROSE * 2).encode(), "张.txt": PROSE.encode()}
    assert source.is_file()
    assert list(library.files()) == ["second", "张"]
    assert (folder / "张.txt").stat().st_mode & 0o777 == 0o644


def test_adding_makes_the_folder(tmp_path: Path) -> None:
    assert Library(tmp_path / "new" / "library").add(written(tmp_path / "a.txt")).read_text("utf-8") == PROSE


def test_adding_the_same_bytes_again_is_no_error(folder: Path, tmp_path: Path) -> None:
    library = Library(folder)
    source = written(tmp_path / "a.txt")
    first = library.add(source)
    before = first.stat().st_mtime_ns
    assert library.add(source) == library.add(first) == library.add(source, "a.TXT") == first
    assert first.stat().st_mtime_ns == before
    assert names(list(folder.iterdir())) == ["a.txt"]


@pytest.mark.parametrize("held", ["a.txt", "a.TXT", "a.pdf"])
def test_a_name_or_id_that_another_paper_has_is_refused(folder: Path, tmp_path: Path, held: str) -> None:
    written(folder / held, PROSE * 2)
    with pytest.raises(PaperExists, match=r"a\.txt: the library already has another paper of this name"):
        Library(folder).add(written(tmp_path / "a.txt"))
    assert state(folder) == {held: (PROSE * 2).encode()}


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("empty.txt", b"", FileEmpty),
        ("binary.txt", b"\x00\x01", EncodingUnknown),
        ("page.pdf", b"<html></html>", ReadingError),
        ("paper.rtf", PROSE.encode(), FormatUnknown),
        ("papers.toml", b"[a]\nyear = 1", FormatUnknown),
    ],
)
def test_a_broken_file_never_enters(
    folder: Path, tmp_path: Path, name: str, data: bytes, expected: type[ReadingError]
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(expected, match=name):
        Library(folder).add(tmp_path / name)
    assert list(folder.iterdir()) == []


def test_a_file_is_read_under_the_name_that_it_shall_have(folder: Path, tmp_path: Path) -> None:
    library = Library(folder)
    with pytest.raises(ReadingError, match=r"a\.pdf"):
        library.add(written(tmp_path / "a.txt"), "a.pdf")
    assert library.add(written(tmp_path / "upload-7f3a"), "b.txt") == folder / "b.txt"
    assert state(folder) == {"b.txt": PROSE.encode()}


def test_a_source_that_is_not_there_or_a_folder_is_a_reading_error(folder: Path, tmp_path: Path) -> None:
    for source in (tmp_path / "gone.txt", folder):
        with pytest.raises(FileUnreadable):
            Library(folder).add(source, "a.txt")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "becomes"),
    [("../../out.txt", "out.txt"), ("/etc/out.txt", "out.txt"), ("sub/out.txt", "out.txt"), (".out.txt", "out.txt")],
)
def test_a_name_with_path_parts_stays_in_the_folder(folder: Path, tmp_path: Path, name: str, becomes: str) -> None:
    assert Library(folder).add(written(tmp_path / "a.txt"), name) == folder / becomes
    assert state(tmp_path) == {"a.txt": PROSE.encode(), f"library/{becomes}": PROSE.encode()}
    assert [path.name for path in Library(folder).files().values()] == [becomes]


@pytest.mark.parametrize("name", ["..", "../", ".txt", "/"])
def test_a_name_that_is_none_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises((FormatUnknown, NameUnusable)):
        Library(folder).add(written(tmp_path / "a.txt"), name)
    assert list(folder.iterdir()) == []


def test_of_many_that_replace_at_once_none_is_lost(folder: Path, tmp_path: Path) -> None:
    library = Library(folder)
    library.add(written(tmp_path / "a.txt", "原来的论文。"))
    texts = {f"第{n}个人的论文。" for n in range(8)}
    sources = [written(tmp_path / f"{n}.txt", text) for n, text in enumerate(sorted(texts))]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda source: Library(folder).add(source, "a.txt", replace=True), sources))
    kept = [(folder / ".removed" / place).read_text(encoding="utf-8") for place in library.removed()]
    assert sorted([*kept, (folder / "a.txt").read_text(encoding="utf-8")]) == sorted([*texts, "原来的论文。"])


def test_a_name_that_hides_a_file_is_changed(folder: Path, tmp_path: Path) -> None:
    for name in ("~$a.txt", ".~$a.txt", "~$.a.txt"):
        Library(folder).add(written(tmp_path / "a.txt"), name)
    assert list(Library(folder).files()) == ["a"]


def test_a_removed_paper_is_kept_and_can_be_put_back(folder: Path, tmp_path: Path) -> None:
    library = Library(folder)
    library.add(written(tmp_path / "a.txt"))
    gone = library.remove("a")
    assert gone == folder / ".removed" / "a.txt"
    assert (library.files(), library.left_out()) == ({}, [])
    assert library.add(gone) == folder / "a.txt"
    assert state(folder) == {".removed/a.txt": PROSE.encode(), "a.txt": PROSE.encode()}


def test_removing_twice_keeps_both_files(folder: Path, tmp_path: Path) -> None:
    library = Library(folder)
    for times in (1, 2, 3):
        library.add(written(tmp_path / "a.txt", PROSE * times))
        library.remove("a")
    assert state(folder) == {
        ".removed/a.txt": PROSE.encode(),
        ".removed/2/a.txt": (PROSE * 2).encode(),
        ".removed/3/a.txt": (PROSE * 3).encode(),
    }


def test_what_was_removed_is_put_back_under_its_own_name(folder: Path, tmp_path: Path) -> None:
    """Each of two of the same name; not over a paper that has the name or the id by now."""
    library = Library(folder)
    for times in (1, 2):
        library.add(written(tmp_path / "a.txt", PROSE * times))
        library.remove("a")
    assert library.removed() == ["2/a.txt", "a.txt"]
    assert library.restore("2/a.txt") == folder / "a.txt"
    assert state(folder) == {"a.txt": (PROSE * 2).encode(), ".removed/a.txt": PROSE.encode()}
    with pytest.raises(PaperExists, match=r"a\.txt"):
        library.restore("a.txt")
    (folder / "a.txt").rename(folder / "a.md")
    with pytest.raises(PaperExists, match=r"a\.txt"):
        library.restore("a.txt")
    assert library.removed() == ["a.txt"]
    (folder / "a.md").unlink()
    library.restore("a.txt")
    assert (library.removed(), list(library.files())) == ([], ["a"])


@pytest.mark.parametrize("kept", ["", "b.txt", "../a.txt", "2", "/etc/passwd", "2/../a.txt"])
def test_only_what_was_removed_can_be_put_back(folder: Path, tmp_path: Path, kept: str) -> None:
    library = Library(folder)
    library.add(written(tmp_path / "a.txt"))
    library.remove("a")
    before = state(folder)
    with pytest.raises(PaperUnknown, match=r"known: a\.txt"):
        library.restore(kept)
    assert state(folder) == before


def test_the_facts_are_those_of_papers_toml_by_id(papers: Path) -> None:
    facts = Library(papers).facts()
    assert facts["zhang"] == {"title": "美国国家制造业创新网络建设及管理模式", "authors": ("张华胜",)}
    assert facts["sun-luo"] == {"doi": "10.16418/j.issn.1000-3045.20210501002", "year": 2021}
    (papers / "papers.toml").unlink()
    assert Library(papers).facts() == {}


def test_stated_facts_win_over_the_text(papers: Path) -> None:
    library = Library(papers)
    (papers / "papers.toml").write_text('[chen]\nyear = 1999\nkeywords = ["甲", "乙"]\n', encoding="utf-8")
    paper = library.read(papers / "chen.txt")
    assert (paper.year, paper.keywords, paper.authors) == (1999, ("甲", "乙"), ("陈琳",))
    assert library.read(papers / "zhang.txt").authors == ("张华胜",)  # from its running head


def test_the_fingerprint_changes_with_the_file_and_its_facts_only(papers: Path) -> None:
    library = Library(papers)
    file, facts = papers / "zhang.txt", papers / "papers.toml"
    before = {path.name: library.fingerprint(path) for path in library.files().values()}
    assert len(set(before.values())) == 5
    assert {path.name: library.fingerprint(path) for path in library.files().values()} == before

    os.utime(file, (1, 1))
    with facts.open("a", encoding="utf-8") as more:
        more.write("\n# a remark, and another paper's facts\n[absent]\nyear = 2000\n")
    assert {path.name: library.fingerprint(path) for path in library.files().values()} == before

    text = facts.read_text(encoding="utf-8")
    facts.write_text(text.replace("year = 2021", "year = 2022"), encoding="utf-8")
    changed = {path.name: library.fingerprint(path) for path in library.files().values()}
    assert [name for name in before if changed[name] != before[name]] == ["sun-luo.txt"]
    facts.write_text(text, encoding="utf-8")

    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"\n")
    changed = {path.name: library.fingerprint(path) for path in library.files().values()}
    assert [name for name in before if changed[name] != before[name]] == ["zhang.txt"]


def test_the_order_of_facts_does_not_matter(folder: Path) -> None:
    library = Library(folder)
    path = written(folder / "a.txt")
    (folder / "papers.toml").write_text('[a]\nyear = 2000\ntitle = "甲"\n', encoding="utf-8")
    first = library.fingerprint(path)
    (folder / "papers.toml").write_text('[a]\ntitle = "甲"\nyear = 2000\n', encoding="utf-8")
    assert library.fingerprint(path) == first


def test_what_two_files_share_is_told_apart_by_their_bytes(folder: Path) -> None:
    library = Library(folder)
    one, same, other = written(folder / "a.txt"), written(folder / "b.txt"), written(folder / "c.txt", PROSE * 2)
    assert library.fingerprint(one) == library.fingerprint(same) != library.fingerprint(other)
