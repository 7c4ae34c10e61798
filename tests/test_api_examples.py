"""The README's calls of the API do what they say: each is run as it stands there, against a server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa import Shelf
from tests.conftest import PROJECT
from tests.served import serving
from ui.docs import CURL, PYTHON, docs_html

USUAL = "http://127.0.0.1:7860/"
NEW = "石墨烯试验线研究\n\n李明\n\n一、材料\n\n新竹镇的石墨烯试验线的年产能为88吨。\n"


def block(language: str) -> str:
    """The README's block of code under “The HTTP API”."""
    section = (PROJECT / "README.md").read_text(encoding="utf-8").partition("\n## The HTTP API\n")[2]
    found = re.search(rf"```{language}\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def url(small_shelf: Shelf) -> Iterator[str]:
    """The five papers, served."""
    with serving(small_shelf) as served:
        yield served.url


def run(call: str, folder: Path) -> str:
    """What a call prints."""
    done = subprocess.run(["bash", "-c", call], cwd=folder, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_the_documentation_has_the_readmes_examples() -> None:
    assert block("sh").splitlines() == list(CURL)
    assert block("python") == PYTHON
    page = docs_html({"components": {"schemas": {}}, "paths": {}}, "en")
    assert all(
        re.sub("[&']", "", line[:40]) in re.sub("&#x27;|&amp;|'", "", page)
        for line in PYTHON.splitlines()
        if '"' not in line
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")
def test_curl(url: str, tmp_path: Path) -> None:
    (tmp_path / "新论文.txt").write_text(NEW, encoding="utf-8")
    ask, stream, search, papers, paper, context, reference, add, index, remove = (
        run(line.replace(USUAL, url), tmp_path) for line in block("sh").splitlines()
    )
    answer = json.loads(ask)
    assert answer["question"] == "联邦政府对创新中心的资助期是几年？"
    assert [json.loads(line)["question"] for line in stream.splitlines()] == ["什么是产业公地？"]
    assert [passage["rank"] for passage in json.loads(search)["passages"]] == [1, 2, 3]
    assert [p["id"] for p in json.loads(papers)["papers"]] == [
        "chen",
        "shi-wang-zhang",
        "sun-luo",
        "wang-yu-liu",
        "zhang",
    ]
    whole, around = json.loads(paper), json.loads(context)
    assert whole["text"][6958:6990] == around["quote"] == "2019年\t14\t561\t1 920\t3.9\t1.33\t3.55"
    assert around["quote"] in around["context"]["text"]
    assert reference.startswith("@article{chen,\n  author = {陈琳}")
    assert json.loads(add)["files"] == [{"file": "新论文.txt", "paper": "新论文", "error": None}]
    *progress, done = map(json.loads, index.splitlines())
    assert done["added"] == ["新论文"]
    assert all(set(step) == {"stage", "paper", "share"} for step in progress)
    assert json.loads(remove) == {"paper": "新论文", "kept": "新论文.txt"}


def test_python(url: str, tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(block("python").replace(USUAL, url), encoding="utf-8")
    command = [sys.executable, "-W", "error", "client.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
    answer, *citations, completed = done.stdout.splitlines()
    assert "复合材料协同解决方案公司（CCS）" in answer
    assert any(line.startswith("1 美国国家制造业创新网络建设及管理模式 ") for line in citations)
    assert completed == "先进复合材料制造创新中心的投资规模是多少？"
