"""Fixtures that several files share: the five papers, a small deterministic encoder, and shelves over both."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from corpus.doubts import Doubt
from corpus.library import Library
from corpus.paper import Paper
from corpus.read import read_paper
from corpus.settings import Settings
from indexer.lexical import terms
from indexer.model import Encoded, unit
from indexer.store import IndexStore
from qa import Answer, Shelf

if TYPE_CHECKING:
    from tests.lab import Lab

PROJECT = Path(__file__).resolve().parent.parent
PAPERS = PROJECT / "corpus" / "papers"
SHARED = PROJECT.parent / "shared"


@cache
def five_papers() -> Mapping[str, Paper]:
    """The five papers by their ids, as a library reads them (`test_isolation` compares the two ways).

    Read once by each process of a run, and without a child of its own.
    """
    library = Library(PAPERS)
    facts = library.facts()
    return {paper_id: read_paper(path, facts.get(paper_id, {})) for paper_id, path in library.files().items()}


class WordEncoder:
    """A real encoder in small: a fixed random vector for each of a text's words, and their sum.

    Counts the texts it embeds.
    """

    identity = "words 2"
    dimension = 64

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """See `indexer.model.Encoder`."""
        self.embedded.extend(texts)
        if progress:
            progress(len(texts))
        return [encoded_words(text, self.dimension) for text in texts]

    def encode_question(self, text: str) -> Encoded:
        """See `indexer.model.Encoder`."""
        return encoded_words(text, self.dimension)

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        """See `indexer.model.Encoder`."""
        return [self.encode_question(text) for text in texts]


@cache
def encoded_words(text: str, dimension: int) -> Encoded:
    """What `WordEncoder` makes of a text. One without words gets one token that is near to none."""
    tokens = unit(np.array([word_vector(word, dimension) for word in terms(text) or ("",)], np.float32))
    return Encoded(unit(tokens.sum(axis=0) + np.float32(1e-3)), tokens)


@cache
def word_vector(word: str, dimension: int) -> NDArray[np.float64]:
    """A random vector that is always the same for a word."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
    return np.random.default_rng(seed).standard_normal(dimension)


@pytest.fixture
def encoder() -> WordEncoder:
    """A fresh small encoder."""
    return WordEncoder()


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A copy of the five papers, free to be changed."""
    return Path(shutil.copytree(PAPERS, tmp_path / "papers"))


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is made once for the whole run, whichever of the parallel processes comes first."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def small_index(made_once: Path) -> Path:
    """The index that `small_shelf` starts with. Not to be changed by a test."""
    Shelf(Library(PAPERS), IndexStore(made_once / "small"), Settings(), WordEncoder()).update()
    return made_once / "small"


@pytest.fixture
def small_shelf(papers: Path, tmp_path: Path, encoder: WordEncoder, small_index: Path) -> Shelf:
    """The five papers behind the small encoder, indexed: quick, for behaviour that is not about meaning."""
    shutil.copytree(small_index, tmp_path / "index")
    return Shelf(Library(papers), IndexStore(tmp_path / "index"), Settings(), encoder)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A library of three short papers in state A of `tests.lab`, indexed."""
    from tests.lab import Lab

    lab = Lab(tmp_path)
    lab.put("A")
    lab.shelf().update()
    return lab


@pytest.fixture(scope="session")
def real_shelf(made_once: Path) -> Shelf:
    """The five papers behind the real model. Not to be changed by a test."""
    shelf = Shelf.open(PAPERS, made_once / "five-papers")
    shelf.update()
    return shelf


@pytest.fixture(scope="session")
def scanned_law(made_once: Path) -> Paper:
    """The first two pages of a law, scanned: recognised with every socket shut, and once a run, for it takes long."""

    def refuse(*_: object) -> None:
        raise AssertionError("network call")

    scan, kept = shared("pdfs/data_security_law_scanned_2p.pdf"), made_once / "scanned-law.json"
    with FileLock(made_once / "scanned-law.lock"), pytest.MonkeyPatch.context() as patch:
        if not kept.exists():
            patch.setattr(socket.socket, "connect", refuse)
            kept.write_text(json.dumps(read_paper(scan, {}).to_json()), encoding="utf-8")
    return Paper.from_json(json.loads(kept.read_text(encoding="utf-8")))


def check_citations(shelf: Shelf, answer: Answer) -> None:
    """What must hold of every answer: all numbers used, in the order of first use, every quotation verbatim."""
    used = re.findall(r"\[(\d+)\]", answer.text)
    assert list(dict.fromkeys(used)) == [str(n) for n in range(1, len(answer.citations) + 1)]
    assert answer.abstained == (not answer.citations)
    for n, citation in enumerate(answer.citations, 1):
        assert citation.n == n
        paper = shelf.index.papers[citation.paper.id]
        assert citation.quote == paper.text[citation.start : citation.end]
    assert all(0 <= start < end <= len(answer.text) for start, end in answer.strong)


def said(doubts: Sequence[Doubt]) -> list[str]:
    """What doubts say in English, the page in front: `page 3: could not be read (…)`."""
    return [f"page {doubt.page}: {doubt.message()}" if doubt.page else doubt.message() for doubt in doubts]


def shared(name: str) -> Path:
    """A file of the test material beside the project; the test is skipped by name where there is none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs ../shared/{name}, which a clone alone does not have")
    return path


def print_pdf(html: str, folder: Path) -> Path:
    """A web page as Chromium prints it, as `printed.pdf` in `folder`; without Chromium or a Chinese font, a skip."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium to print a PDF: apt-get install chromium")
    if not any(Path("/usr/share/fonts").rglob("NotoS*CJK*")):
        pytest.skip("needs a Chinese font to print a PDF: apt-get install fonts-noto-cjk")
    (folder / "page.html").write_text(html, encoding="utf-8")
    subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--no-first-run", "--no-pdf-header-footer", f"--user-data-dir={folder / 'profile'}",
            f"--print-to-pdf={folder / 'printed.pdf'}", (folder / "page.html").as_uri(),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return folder / "printed.pdf"
