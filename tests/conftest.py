"""Shared by the tests of reading, writing, running and the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
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
PATIENCE = 300  # seconds before a process that should end is taken for one that hangs, also on a machine with much else to do

# What a shell starts in the background ignores SIGINT, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The program is compiled once for all the processes of a run, which halves the time of the short ones.
COMPILED = tempfile.TemporaryDirectory(prefix="compiled")
os.environ["PYTHONPYCACHEPREFIX"] = COMPILED.name
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class Run:
    """Runs the program in a process of its own: as a compiled module, or a script, which is compiled anew each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments, stdin=b"", timeout=PATIENCE, **more):
        command, options = self.prepared(arguments, **more)
        return subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False, **options)

    def start(self, *arguments, script=None, env=None, **streams):
        command, options = self.prepared(arguments, script, env)
        return subprocess.Popen(command, **options, **streams)

    def prepared(self, arguments, script=None, env=None):
        program = ["-P", "-m", SCRIPT.stem] if script is None else [str(script)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        return [sys.executable, *program, *map(os.fspath, arguments)], {"cwd": self.folder, "env": environment}


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


WRAPPER = '''
import multiprocessing, os, sys, time
sys.path.insert(0, {folder!r})
import {module} as program

real = program.extract

def extract(article, patterns, options):
    """The program's own, with articles that hang, crash, fail, wait (for a file `go`), take their time or note it on request."""
    if "HANG" in article.text:
        while True:
            pass
    if "CRASH" in article.text:
        os._exit(9)
    if "FAULT" in article.text:
        raise ZeroDivisionError("planted")
    if "SLOW" in article.text:
        with open("begun", "w") as file:
            file.write("a slow article")
        time.sleep(0.05)
    while "WAIT" in article.text and not os.path.exists("go"):
        time.sleep(0.05)
    begun = time.monotonic()
    if "BUSY" in article.text:
        end = time.process_time() + 0.003
        while time.process_time() < end:
            pass
    made = real(article, patterns, options)
    if "LOGGED" in article.text:
        with open(f"log-{{os.getpid()}}", "a") as log:
            log.write(f"{{begun}} {{time.monotonic()}}\\n")
    return made

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
