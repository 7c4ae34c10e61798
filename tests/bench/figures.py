"""Print the figures that the README quotes: `make bench`. Medians, side by side in one run; the machine is named."""

from __future__ import annotations

import os
import platform
import statistics
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
    """Index the five papers in a process of its own, ask all questions warm, and print."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = ["--corpus", str(PAPERS), "--index", f"{scratch}/index"]
        indexed = seconds("index", *folders)
        again = seconds("index", *folders)
        asked = seconds("ask", "什么是产业公地？", *folders)
        shelf = Shelf.open(PAPERS, f"{scratch}/index")
        questions = read_questions(QUESTIONS)
        run(questions[:3], shelf.ask)
        outcomes = run(questions, shelf.ask)
        warm = sorted(outcome.seconds for outcome in outcomes)
        summary = summarise(outcomes)
    rows = [
        ("machine", f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"),
        ("versions", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        ("index of the five papers from nothing, model load included", f"{indexed:.1f} s"),
        ("index again, nothing changed", f"{again:.1f} s"),
        ("`yinju ask` from a cold start", f"{asked:.1f} s"),
        ("a warm question, median", f"{1e3 * statistics.median(warm):.0f} ms"),
        ("a warm question, 95th percentile", f"{1e3 * warm[int(0.95 * (len(warm) - 1))]:.0f} ms"),
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
