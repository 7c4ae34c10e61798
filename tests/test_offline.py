"""Nothing calls a network at run time: indexing and answering work with every socket but local ones blocked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import PAPERS, PROJECT

BLOCK = """
import socket

def refuse(self, address, *rest):
    raise SystemExit(f"NETWORK CALL to {address}")

socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.getaddrinfo = lambda *a, **k: refuse(None, a)
socket.create_connection = lambda *a, **k: refuse(None, a)
"""


COMMANDS = """
import json, sys
from ui.cli import main
sys.exit(any(main(arguments) for arguments in json.loads(sys.argv[1])))
"""
"""One after the other until one fails, in one process: torch is loaded once."""


def run(tmp_path: Path, *commands: list[str]) -> subprocess.CompletedProcess[str]:
    """Commands of the command line in a process whose sockets refuse to connect."""
    (tmp_path / "sitecustomize.py").write_text(BLOCK, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{PROJECT}"
    folders = ["--corpus", str(tmp_path / "papers"), "--index", str(tmp_path / "index")]
    command = [sys.executable, "-c", COMMANDS, json.dumps([[*arguments, *folders] for arguments in commands])]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)


def test_the_block_works(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCK, encoding="utf-8")
    code = "import urllib.request as u; u.urlopen('http://127.0.0.1:9/')"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert "NETWORK CALL" in done.stderr


def test_index_and_ask_without_a_network(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    shutil.copy(PAPERS / "wang-yu-liu.txt", tmp_path / "papers")  # the shortest of the five, by the real model
    done = run(tmp_path, ["index"], ["ask", "MForesight由谁资助？", "--json"])
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    assert "美国国家科学基金会" in answer["answer"]
    assert answer["citations"][0]["paper"]["file"] == "wang-yu-liu.txt"
