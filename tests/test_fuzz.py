"""What a fuzzer brings about: files that are nearly right and questions that are nearly questions.

With a fixed seed and for a few seconds in `make test`; `make fuzz` goes on for ten minutes from a new seed, which it
prints. `YINJU_FUZZ_SECONDS` and `YINJU_FUZZ_SEED` set both. An input that fails is kept and named.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from corpus.errors import IndexDamaged, IndexForeign, ReaderDied, ReadingError, YinjuError
from corpus.isolated import Readers
from corpus.paper import Paper
from corpus.read import read_data
from indexer.passages import cut_passages, pieces
from indexer.version import FORMAT, Manifest, _write_manifest, read_manifest
from qa import Shelf
from qa.conversation import complete
from tests.conftest import PAPERS, PROJECT, SHARED, check_citations
from tests.test_bad_files import CHEN, locked, pdf, with_paragraphs
from tests.test_formats import MARKDOWN, PAGE

SECONDS = float(os.environ.get("YINJU_FUZZ_SECONDS", "6"))
SEED = int(os.environ.get("YINJU_FUZZ_SEED", "20261125"))
OWN_MISTAKE = re.compile(r" line \d+$")
"""How a `ReaderDied` ends that an exception of Python brought about: no file may do that."""

Begin = Callable[[], list[tuple[str, bytes]]]
_LATIN = pdf(["Manufacturing is the main body.", None, "It grew by 3.5 percent. " * 30])
_WORDS = (
    b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"startxref", b"%%EOF", b"<<", b">>", b"[", b"]",
    b"(", b")", b"/Length 99999999", b"/Kids [1 0 R]", b"/Parent 1 0 R", b"/Filter /FlateDecode", b"/ToUnicode 3 0 R",
    b"/MediaBox [0 0 1e38 -1]", b"/Rotate 91", b"/Count -5", b"0 0 R", b"99999 0 R", b"-2147483648", b"1e999",
    b"BT /F1 0 Tf (x) Tj ET", b"9" * 40, b"\x00", b"\xff\xfe", b"<0", b"<w:tbl><w:tr/></w:tbl>", b"<w:p>", b"</w:p>",
    b"|---|", b"\n\n# ", b"[^1]: ", b"<table><tr><td rowspan=99999>", b"&#x110000;", b"<!--", b"PK\x03\x04",
)  # fmt: skip


def compressed(data: bytes) -> bytes:
    """The same PDF, its streams compressed."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    for page in writer.pages:
        page.compress_content_streams()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdfs() -> list[tuple[str, bytes]]:
    """PDFs to begin from: made here, and the test material's where it is there."""
    own = [("latin.pdf", _LATIN), ("small.pdf", compressed(_LATIN)), ("locked.pdf", locked(_LATIN, ""))]
    given_ = [(file.name, file.read_bytes()) for file in sorted((SHARED / "pdfs").glob("*.pdf"))]
    return own + [(name, data) for name, data in given_ if 0 < len(data) < 200_000]


def documents() -> list[tuple[str, bytes]]:
    """Papers of the other formats to begin from."""
    return [
        ("a.txt", CHEN[:6000].encode()), ("b.txt", CHEN[:3000].encode("gb18030")), ("c.md", MARKDOWN.encode()),
        ("d.html", PAGE.encode()),
        ("e.docx", with_paragraphs("一、概况", "制造业是立国之本。", "1. 其一；", "2. 其二。")),
    ]  # fmt: skip


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """The same bytes with up to eight changes of the kinds that break readers."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        length = min(len(changed) - at, int(chance.paretovariate(0.6)))
        kind = chance.randrange(8)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[at : at + length]
        elif kind == 2:
            changed[at:at] = changed[at : at + length]
        elif kind == 3:
            changed[at:at] = chance.choice(_WORDS)
        elif kind == 4:
            word = chance.choice(_WORDS)
            changed[at : at + len(word)] = word
        elif kind == 5:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            changed[at : at + length] = other[start : start + length]
        elif kind == 6:
            changed[at : at + length] = chance.randbytes(min(length, 4096))
        elif numbers := list(re.finditer(rb"\d+", bytes(changed))):
            number = chance.choice(numbers)
            changed[number.start() : number.end()] = chance.choice((b"0", b"-1", b"65536", b"2147483648", b"1"))
    if chance.random() < 0.5 and not data.startswith((b"%PDF", b"PK")):
        # Of a text most changes break the encoding, and are refused for that: of half of them it is mended.
        return bytes(changed).decode(errors="ignore").encode()
    return bytes(changed)


def kept(name: str, data: bytes) -> str:
    """Where an input that failed has been put."""
    place = Path(tempfile.mkdtemp(prefix="yinju-fuzz-")) / name
    place.write_bytes(data)
    return str(place)


def attempts(what: str) -> Iterator[random.Random]:
    """A generator of chance for each attempt, until the time is over."""
    until, number = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        yield random.Random(f"{SEED} {what} {number}")
        number += 1
    print(f"{what}: {number} attempts from seed {SEED}")


def sound(paper: Paper) -> None:
    """What holds of everything that is read, whatever it was read from."""
    text = paper.text
    assert Paper.from_json(json.loads(json.dumps(paper.to_json()))) == paper
    text.encode()  # no halves of characters
    for runs in (paper.sentences, paper.blocks, paper.sections, paper.pages):
        assert all(0 <= run.start <= run.end <= len(text) for run in runs)
    for passage in cut_passages(paper, 280):
        assert 0 <= passage.start < passage.end <= len(text)
        assert passage.sentences
        inside = [(s.start, s.end) for s in passage.sentences]
        assert inside == sorted(inside)
        assert passage.start <= inside[0][0]
        assert inside[-1][1] <= passage.end
        for sentence in passage.sentences:
            assert all(isinstance(piece, str) for piece in pieces(paper, sentence))


@pytest.mark.parametrize(("what", "begin"), [("pdf", pdfs), ("document", documents)])
def test_a_file_that_is_nearly_right_is_read_or_refused(
    what: str, begin: Callable[[], list[tuple[str, bytes]]]
) -> None:
    """As the library reads it: in a process of its own, so that what crashes or hangs costs that file alone."""
    seeds = begin()
    outcomes: Counter[str] = Counter()
    with Readers(seconds=5, megabytes=1024, count=1, function="tests.misread:without_recognition") as readers:
        for chance in attempts(what):
            name, data = chance.choice(seeds)
            data = mutated(data, chance, [other for _, other in seeds])
            try:
                sound(readers.read(data, name, {}))
                outcomes["read"] += 1
            except ReadingError as exc:
                outcomes[type(exc).__name__] += 1
                detail = str(exc.values.get("detail", ""))
                if isinstance(exc, ReaderDied) and OWN_MISTAKE.search(detail):
                    pytest.fail(f"{detail}; kept as {kept(name, data)}")
            except AssertionError as exc:
                pytest.fail(f"{exc}; kept as {kept(name, data)}")
    print(dict(outcomes))
    assert sum(outcomes.values()) > SECONDS
    assert len(outcomes) > 1


_NASTY = st.text(
    alphabet="制造业创新中心，。；：、（）()《》“”…—·\n\n\n\t 　 0123456789.%[]［］|#*_$<>&一二三表图第"
    "①（1）参考文献摘要Keywords\u200b\u202e\ufeff\x0c\u2f00\U0001f600e\u0301",
    max_size=400,
)


@given(_NASTY)
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_into_a_sound_paper_or_refused(text: str) -> None:
    try:
        paper = read_data(text.encode(), "a.txt", {})
    except ReadingError:
        return
    sound(paper)


# The question box ----------------------------------------------------------------------------------------------------

_ODD = (
    "\x00", "\u202e", "\ufeff", "\U0001f600", "e\u0301\u0301", "<b>", "{0}", "%s", "\\", "'", '"', "\n", "\t", "[1]",
    "表9", "第0页", "0" * 50, "9" * 400, "½", "Ⅳ", "㈠", "～", "？？", "。", "它", "那2015年呢？", "各篇论文",
    "AND OR NOT", "*", "(", "[", "^", "$", "多少", "谁", "什么", "a" * 300, "中" * 300, "\u0627\u0644", "1/0", "-1",
    "1e999", "２０１９", "《", "张华胜的论文", "3.1.4.1.5",
)  # fmt: skip


def questions() -> list[str]:
    """The questions of the question files."""
    lines = [
        line
        for file in ("questions.jsonl", "written.jsonl")
        for line in (PROJECT / "tests" / "questions" / file).read_text(encoding="utf-8").splitlines()
    ]
    return [json.loads(line)["question"] for line in lines]


def asked_oddly(question: str, chance: random.Random, others: list[str]) -> str:
    """A question with up to six changes."""
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(question) + 1)
        length = chance.randint(1, 6)
        kind = chance.randrange(5)
        if kind == 0:
            question = question[:at] + question[at + length :]
        elif kind == 1:
            question = question[:at] + chance.choice(_ODD) + question[at:]
        elif kind == 2:
            question = question[:at] + chance.choice(others)[:length] + question[at:]
        elif kind == 3:
            question = question[:at] + chr(
                chance.choice((chance.randrange(0xD800), chance.randrange(0xE000, 0x110000)))
            )
        else:
            question = question[at:] + question[:at]
    return question


def test_whatever_is_typed_is_answered_refused_or_told_why_not(small_shelf: Shelf) -> None:
    known = questions()
    names = small_shelf.index.glossary.all_names
    before: list[str] = []
    outcomes: Counter[str] = Counter()
    for chance in attempts("question"):
        question = asked_oddly(chance.choice(known), chance, known)
        try:
            completed = complete(question, before, names)
            answer = small_shelf.ask(completed)
            check_citations(small_shelf, answer)
            json.dumps(answer.to_json(), ensure_ascii=False).encode()
            outcomes["refused" if answer.abstained else "answered"] += 1
            before = [*before, answer.question][-3:]
        except YinjuError as exc:
            outcomes[type(exc).__name__ if exc.message("zh") else "unsaid"] += 1
        except Exception as exc:  # noqa: BLE001 - whatever it is, the question belongs to it
            pytest.fail(f"{type(exc).__name__}: {exc}; asked {question!r} after {before!r}")
    print(dict(outcomes))
    assert outcomes["unsaid"] == 0
    assert outcomes["answered"] > 0
    assert outcomes["refused"] > 0


# The manifest --------------------------------------------------------------------------------------------------------

_HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)
_MANIFESTS = st.builds(
    Manifest,
    format=st.just(FORMAT),
    made=st.text(max_size=30),
    model=st.text(max_size=20),
    dimension=st.integers(1, 4096),
    passage_characters=st.integers(1, 10**6),
    papers=st.dictionaries(st.text(max_size=8), _HASHES, max_size=4),
    passages=st.integers(0, 10**9),
    sentences=st.integers(0, 10**9),
    pieces=st.integers(0, 10**9),
    tokens=st.integers(0, 10**12),
    files=st.dictionaries(st.text(max_size=8), st.tuples(st.integers(0, 10**12), _HASHES, _HASHES), max_size=4),
)


_PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
_JSON = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@given(_MANIFESTS)
@settings(max_examples=60)
def test_a_manifest_comes_back_as_it_was_written(manifest: Manifest) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _write_manifest(Path(folder) / "manifest.json", manifest)
        assert asdict(read_manifest(Path(folder))) == asdict(manifest)


@given(_MANIFESTS, st.data())
@settings(max_examples=60)
def test_a_manifest_in_which_anything_has_changed_is_refused(manifest: Manifest, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "manifest.json"
        _write_manifest(file, manifest)
        text = bytearray(file.read_bytes())
        at = data.draw(st.integers(0, len(text) - 1))
        to = data.draw(st.integers(0, 255))
        as_it_was = json.loads(bytes(text))
        text[at] = to
        file.write_bytes(bytes(text))
        try:
            changed = json.loads(bytes(text)) != as_it_was
        except ValueError:
            changed = True
        if changed:
            with pytest.raises((IndexDamaged, IndexForeign)):
                read_manifest(Path(folder))


@given(_JSON)
@settings(max_examples=60)
def test_json_that_is_no_manifest_is_refused(value: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "manifest.json").write_text(json.dumps(value), encoding="utf-8")
        with pytest.raises((IndexDamaged, IndexForeign)):
            read_manifest(Path(folder))


def test_the_seeds_themselves_are_sound() -> None:
    """Else the fuzzer would only show that broken files are refused."""
    for name, data in (*pdfs()[:3], *documents()):
        sound(read_data(data, name, {}))
    assert len(list(PAPERS.glob("*.txt"))) == 5
