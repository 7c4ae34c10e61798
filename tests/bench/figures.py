"""What is found and answered of the given questions, with the machine's name; how quickly: `tests.bench.speed`."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from qa import Shelf
from qa.evaluate import read_questions, run, summarise

PROJECT = Path(__file__).resolve().parent.parent.parent
PAPERS = PROJECT / "corpus" / "papers"
QUESTIONS = PROJECT / "tests" / "questions" / "questions.jsonl"
PACKAGES = ("torch", "sentence-transformers", "faiss-cpu", "gradio", "pypdf")


def main() -> None:
    """Index the five papers in a process of its own, ask all questions, and print."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = ["--corpus", str(PAPERS), "--index", f"{scratch}/index"]
        seconds("index", *folders)
        shelf = Shelf.open(PAPERS, f"{scratch}/index")
        questions = read_questions(QUESTIONS)
        outcomes = run(questions, shelf.ask)
        summary = summarise(outcomes)
    rows = [
        ("machine", f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"),
        ("versions", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        ("evidence in the first five passages", f"{100 * summary['all']['hit@5']:.0f} %"),
        ("all answer strings in the quotations", f"{100 * summary['all']['answered']:.0f} %"),
        ("unanswerable questions refused", f"{100 * summary['refused_unanswerable']:.0f} %"),
        ("answerable questions refused", f"{100 * summary['refused_answerable']:.0f} %"),
    ]
    for name, value in rows:
        print(f"| {name} | {value} |")


def seconds(*arguments: str) -> float:
    """Wall-clock seconds of one command line, from the start of its process to its end."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "ui.cli", *arguments], cwd=PROJECT, check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
