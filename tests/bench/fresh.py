"""Time a fresh `make run` (`make fresh`): a clone, no `.venv`, no unpacked model, until the page answers."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
PORT = 7941
LIMIT_S = 900


def main() -> None:
    """Clone, run, wait for the page, print the seconds, end what was started."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), f"{scratch}/clone"], check=True)
        environment = {**os.environ, "XDG_CACHE_HOME": f"{scratch}/cache"}
        command = ["make", "run", f"PORT={PORT}"]
        begun = time.perf_counter()
        running = subprocess.Popen(
            command, cwd=f"{scratch}/clone", env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            while not answers(PORT):
                if running.poll() is not None or time.perf_counter() - begun > LIMIT_S:
                    raise SystemExit(f"no page after {time.perf_counter() - begun:.0f} s")
                time.sleep(0.5)
            print(f"| fresh `make run`, from a clone to the page | {time.perf_counter() - begun:.0f} s |")
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGTERM)
                running.wait(timeout=30)


def answers(port: int) -> bool:
    """Whether the page can be fetched."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/", timeout=5) as page:
            return bool(page.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    main()
