"""Shared by the tests of reading, writing, running and the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SCRIPT = ROOT / "extract_deals.py"
PATTERNS = ROOT / "patterns"
FIXTURES = ROOT / "fixtures"
SHARED = ROOT.parent / "shared"  # on the machines of its developers only
# How many times the kill tests strike; 200 for the full count.
KILLS = int(os.environ.get("EXTRACT_DEALS_KILLS", "24"))


class Run:
    """Runs the script as a user does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments, stdin=b"", env=None, timeout=60, script=SCRIPT):
        environment = {**os.environ, **(env or {})}
        return subprocess.run(
            [sys.executable, str(script), *map(os.fspath, arguments)],
            input=stdin, capture_output=True, cwd=self.folder, env=environment, timeout=timeout, check=False,
        )

    def start(self, *arguments, script=SCRIPT, env=None, **streams):
        environment = {**os.environ, **(env or {})}
        return subprocess.Popen([sys.executable, str(script), *map(os.fspath, arguments)], cwd=self.folder, env=environment, **streams)


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


WRAPPER = '''
import multiprocessing, os, sys, time
sys.path.insert(0, {folder!r})
import {module} as program

real = program.extract

def extract(article, patterns, options):
    """The program's own, with articles that hang, crash, fail or take their time on request."""
    if "HANG" in article.text:
        while True:
            pass
    if "CRASH" in article.text:
        os._exit(9)
    if "FAULT" in article.text:
        raise ZeroDivisionError("planted")
    if "SLOW" in article.text:
        time.sleep(0.05)
    if "BUSY" in article.text:
        end = time.process_time() + 0.003
        while time.process_time() < end:
            pass
    return real(article, patterns, options)

program.extract = extract

if __name__ == "__main__":
    if os.environ.get("START_METHOD"):
        multiprocessing.set_start_method(os.environ["START_METHOD"])
    raise SystemExit(program.main())
'''


@pytest.fixture
def wrapped(tmp_path_factory):
    """The script behind a wrapper under which an article's text can ask for trouble."""
    path = tmp_path_factory.mktemp("wrapper") / "wrapper.py"
    path.write_text(WRAPPER.format(folder=str(SCRIPT.parent), module=SCRIPT.stem))
    return path
