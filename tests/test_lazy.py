"""What a command does not need it does not import: a question is answered without torch, help without anything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qa.shelf import Shelf

PROJECT = Path(__file__).resolve().parent.parent
HEAVY = {
    "cv2", "fastapi", "gradio", "huggingface_hub", "lxml", "matplotlib", "mcp", "milvus_lite", "onnxruntime", "openai",
    "pandas", "PIL", "pydantic", "pymilvus", "pypdf", "pypdfium2", "ray", "rapidocr_onnxruntime",
    "safetensors", "scipy", "sentence_transformers", "sklearn", "torch", "transformers", "uvicorn", "xllamacpp",
}  # fmt: skip
LIGHT = {
    "corpus",
    "faiss",
    "filelock",
    "indexer",
    "numpy",
    "opencc",
    "pathvalidate",
    "qa",
    "rjieba",
    "tokenizers",
    "ui",
}


def imported(*arguments: str) -> set[str]:
    """The packages that a command has imported by its end, the standard library's left out."""
    program = (
        "import sys, json\n"
        "from ui.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "top = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print('\\n' + json.dumps(sorted(top)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=PROJECT,
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_imports_nothing_but_the_errors() -> None:
    assert {name for name in imported("--help") if not name.startswith("_")} - {"distutils-precedence"} <= {
        "ui",
        "corpus",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("ask", "2019年私人投资是多少亿美元？"), id="ask"),
        pytest.param(("search", "产业公地"), id="search"),
        pytest.param(("papers",), id="papers"),
        pytest.param(("index",), id="index where nothing has changed"),
    ],
)
def test_a_command_over_an_index_that_stands_imports_nothing_heavy(
    arguments: tuple[str, ...], real_shelf: Shelf
) -> None:
    folders = ("--corpus", str(real_shelf.library.folder), "--index", str(real_shelf.store.folder))
    names = imported(*arguments, *folders)
    assert not names & HEAVY
    assert names >= {"corpus", "indexer", "qa", "ui", "numpy"}


def test_the_packages_that_a_question_needs_are_these(real_shelf: Shelf) -> None:
    folders = ("--corpus", str(real_shelf.library.folder), "--index", str(real_shelf.store.folder))
    names = {name for name in imported("ask", "什么是产业公地？", *folders) if not name.startswith("_")}
    assert names - LIGHT <= {"cython_runtime", "packaging", "swig_runtime_data5", "tqdm"}
