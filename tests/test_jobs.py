"""--jobs and --timeout: the same bytes from any number of workers, and trouble that stays with the article it belongs to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PATIENCE, SCRIPT
from test_cli import ENGLISH, records, write_articles

METHODS = ["fork", "forkserver", "spawn"]
LATE = "4"  # seconds
# A good article must never be late, however slow and busy the machine: in a language without patterns it takes a millisecond.
TIMED = ["--language", "xx", "--timeout", LATE]
ARTICLES = int(os.environ.get("EXTRACT_DEALS_ARTICLES", "2500"))  # 20000 or more to see that memory stays flat


def children_of(pid):
    """All processes below a process."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += [int(entry), *children_of(int(entry))]
    return found


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids):
    """Whether the processes all end."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not any(map(runs, pids)):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def mixed(tmp_path):
    """A folder with all kinds of input and some failures."""
    folder = write_articles(tmp_path / "x", 120)
    lines = "".join(json.dumps({"text": f"line {n} {ENGLISH}", "id": f"l{n}"}) + "\n" + ("broken\n" if n % 50 == 7 else "") for n in range(300))
    (folder / "00050.jsonl").write_text(lines)
    (folder / "00051.json").write_text(json.dumps([{"text": f"item {n} {ENGLISH}"} for n in range(40)], indent=1))
    (folder / "00052.txt").write_bytes(b"\xff")
    (folder / "00053.txt").write_bytes(b"")
    return folder


@pytest.mark.parametrize("method", METHODS)
def test_the_same_bytes(run, mixed, wrapped, method):
    one = run("x", "-j1")
    assert one.returncode == 1
    assert one.stdout.count(b"\n") > 400
    all_ways = (["-j2"], ["-j1", "--timeout", "60"], ["-j7"], ["-j3"], [], ["-j2", "--timeout", "60"])
    for options in all_ways if method == "fork" else all_ways[:2]:
        many = run("x", *options, script=wrapped, env={"START_METHOD": method})
        assert many.stdout == one.stdout, options
        assert many.stderr == one.stderr, options
        assert many.returncode == 1


@pytest.mark.parametrize("method", METHODS)
def test_trouble_costs_that_article_alone(run, tmp_path, wrapped, method):
    folder = write_articles(tmp_path / "x", 60)
    (folder / "00005.txt").write_text("HANG")
    (folder / "00020.txt").write_text("CRASH")
    (folder / "00021.txt").write_text("CRASH again")
    (folder / "00040.txt").write_text("FAULT")
    (folder / "00059.txt").write_text("HANG at the end")
    for jobs in ("1", "2") if method == "fork" else ("2",):
        result = run("x", "-j", jobs, *TIMED, script=wrapped, env={"START_METHOD": method})
        assert [r["path"] for r in records(result.stdout)] == [
            f"x/{n:05}.txt" for n in range(60) if n not in (5, 20, 21, 40, 59)]
        errors = result.stderr.decode().splitlines()
        assert [error.split(": ")[1] for error in errors] == [f"x/{n:05}.txt" for n in (5, 20, 21, 40, 59)]
        assert f"longer than {LATE} s" in errors[0] and "died" in errors[1] and "planted" in errors[3]
        assert result.returncode == 1


def test_timeout_without_jobs(run, tmp_path, wrapped):
    (tmp_path / "a.txt").write_text("HANG")
    (tmp_path / "b.txt").write_text("good")
    result = run("a.txt", "b.txt", *TIMED, script=wrapped)
    assert [r["path"] for r in records(result.stdout)] == ["b.txt"]
    assert b"a.txt: took longer" in result.stderr


def test_a_slow_reader_is_no_slow_article(run, tmp_path, wrapped):
    write_articles(tmp_path / "x", 600, "BUSY " + f"{ENGLISH} " * 25)
    process = run.start("x", "-j2", *TIMED, script=wrapped, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    time.sleep(1.5 * float(LATE))
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, b"")
    assert len(records(out)) == 600 - 1


def test_fault_in_the_main_process(run, tmp_path, wrapped):
    (tmp_path / "a.txt").write_text("FAULT")
    (tmp_path / "b.txt").write_text("good")
    result = run("a.txt", "b.txt", "-j1", script=wrapped)
    assert [r["path"] for r in records(result.stdout)] == ["b.txt"]
    assert b"a.txt: extract_deals failed on it (ZeroDivisionError: planted)" in result.stderr
    assert result.returncode == 1


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, "pipe", signal.SIGKILL])
def test_no_worker_is_left_behind(run, tmp_path, wrapped, method, end):
    write_articles(tmp_path / "x", 2000, "SLOW")
    process = run.start("x", "-j3", script=wrapped, env={"START_METHOD": method}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for _ in range(5):
        process.stdout.readline()
    workers = children_of(process.pid)
    assert len(workers) >= 2
    if end == "pipe":
        process.stdout.close()
    else:
        process.send_signal(end)
        process.stdout.close()
    status = process.wait(timeout=PATIENCE)
    assert status == {signal.SIGINT: 130, signal.SIGTERM: 143, "pipe": 0, signal.SIGKILL: -9}[end] or (end == signal.SIGTERM and status == 0)
    assert gone(workers)


def test_two_workers_are_at_work_at_the_same_time(run, tmp_path, wrapped):
    """As often as not kept waiting, two workers would be one. Whether the machine has two cores free for them is its own affair: what each
    is at is counted by the clock on the wall, also while it waits for a core (see tests/bench for how many times as fast two are)."""
    lines = b"".join(b'{"text": "BUSY LOGGED %d %s"}\n' % (n, ENGLISH.encode()) for n in range(600))
    (tmp_path / "feed.jsonl").write_bytes(lines)

    def at_work():
        """Workers at an article, in the mean, from when both have begun to when one has ended."""
        for log in tmp_path.glob("log-*"):
            log.unlink()
        assert run("feed.jsonl", "-o", "out", "-j2", script=wrapped).returncode == 0
        logs = [[tuple(map(float, line.split())) for line in log.read_text().splitlines()] for log in tmp_path.glob("log-*")]
        assert len(logs) == 2
        begun, ended = max(log[0][0] for log in logs), min(log[-1][1] for log in logs)
        return sum(max(0.0, min(end, ended) - max(start, begun)) for log in logs for start, end in log) / (ended - begun)

    assert any(at_work() > 1.6 for _ in range(5))


# Runs the program in its own process and prints the status and the peak memory in KiB. The kernel counts VmHWM from exec on;
# ru_maxrss, for systems without /proc, also holds what the parent had at the fork.
PEAK = """
import resource, sys
sys.path.insert(0, {folder!r})
import {module} as program
status = program.main(sys.argv[1:])
try:
    with open("/proc/self/status") as file:
        peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(status, peak)
"""


def test_memory_of_the_main_process_is_flat(run, tmp_path):
    """Thousands of articles over a line stream, in workers: the main process stays small."""
    with open(tmp_path / "feed.jsonl", "wb") as file:
        for number in range(ARTICLES):
            file.write(b'{"text": "article %d %s"}\n' % (number, f"{ENGLISH} ".encode() * 8))
    code = PEAK.format(folder=str(SCRIPT.parent), module=SCRIPT.stem)
    result = subprocess.run([sys.executable, "-c", code, "feed.jsonl", "-j2", "-o", "out"], cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=True)
    status, peak = map(int, result.stdout.split())
    assert status == 0
    assert peak < 120_000  # KiB
