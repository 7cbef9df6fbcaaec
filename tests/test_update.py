"""--update: nothing lost, nothing doubled, nothing torn."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest
from conftest import KILLS, PATIENCE, PATTERNS
from test_cli import ENGLISH, one_line, wait_for, write_articles


def ids(path):
    return [json.loads(line)["id"] for line in path.read_bytes().decode().split("\n")[:-1]]


def test_only_new_articles_are_added(run, tmp_path):
    folder = write_articles(tmp_path / "x", 3)
    result = run("x", "--update", "u.jsonl", "-v")
    one_line(result.stderr, "3 articles")
    before = (tmp_path / "u.jsonl").read_bytes()
    assert before == run("x").stdout
    (folder / "00000a.txt").write_text("a new one")
    (folder / "zzz.txt").write_text(f"article 1 {ENGLISH}")  # the same text under another name
    result = run("x", "--update", "u.jsonl", "-v")
    one_line(result.stderr, "1 articles", "4 known already")
    after = (tmp_path / "u.jsonl").read_bytes()
    assert after.startswith(before)
    assert [json.loads(line)["path"] for line in after[len(before):].splitlines()] == ["x/00000a.txt"]
    assert run("x", "--update", "u.jsonl").stderr == b""
    assert (tmp_path / "u.jsonl").read_bytes() == after


def test_the_same_article_twice_in_one_run(run, tmp_path):
    lines = b"".join(b'{"text": "article %d %s", "id": "%d"}\n' % (n, ENGLISH.encode(), n % 70) for n in range(300))
    for options in (["-j1"], ["-j2"]):
        (tmp_path / "u.jsonl").unlink(missing_ok=True)
        assert run("-", "--update", "u.jsonl", *options, stdin=lines).returncode == 0
        assert ids(tmp_path / "u.jsonl") == [str(n) for n in range(70)]


def test_ids_of_any_kind(run, tmp_path):
    documents = [{"text": "a", "id": name} for name in ('quote"', "back\\slash", "new\nline", "é€😀", "tab\t", " ", "\u2028", "\x7f")]
    lines = "".join(json.dumps(document) + "\n" for document in documents).encode()
    for _ in range(2):
        result = run("-", "--update", "u.jsonl", stdin=lines)
        assert (result.returncode, result.stderr) == (0, b"")
        assert ids(tmp_path / "u.jsonl") == [document["id"] for document in documents]


def test_cut_at_every_byte(run, tmp_path):
    """Whatever byte an earlier run was killed at, the next one brings the file to what one whole run makes."""
    write_articles(tmp_path / "x", 2)
    assert run("x", "--update", "u.jsonl").returncode == 0
    whole = (tmp_path / "u.jsonl").read_bytes()
    length = len(whole)
    cuts = sorted({0, 1, 2, 17, 18, 30, length - 1, length - 2, *range(3, length, max(1, length // 40))})
    for cut in cuts:
        (tmp_path / "u.jsonl").write_bytes(whole[:cut])
        result = run("x", "--update", "u.jsonl")
        assert result.returncode == 0
        assert (tmp_path / "u.jsonl").read_bytes() == whole, cut
        torn = bool(whole[:cut]) and not whole[:cut].endswith((b"\n", b"}"))
        if torn:
            one_line(result.stderr, "u.jsonl:", "cut short")
        else:
            assert b"Traceback" not in result.stderr
    (tmp_path / "u.jsonl").write_bytes(whole[:30])
    assert run("x", "--update", "u.jsonl", "-q").stderr == b""


@pytest.mark.parametrize("content", [
    b"My shopping list", b'{"text": "an article"}\n', b'{"text": "an article"}', b"one\ntwo\n", b'{"schema_version": 0, "id": "x"}\n',
    b'{"schema_version": 1, "id": 5}\n', b"\0\0\0\n", b"\xff\xfe\n", b'{"schema_version": 1, "id": "a"}\nnonsense\n',
])
def test_what_is_no_file_of_records_is_left_alone(run, tmp_path, content):
    write_articles(tmp_path / "x", 1)
    (tmp_path / "u").write_bytes(content)
    result = run("x", "--update", "u")
    one_line(result.stderr, "is no record")
    assert result.returncode == 1
    assert (tmp_path / "u").read_bytes() == content


def test_no_ordinary_file(run, tmp_path):
    write_articles(tmp_path / "x", 1)
    for target in ("/dev/null", "x/..", "nowhere/u.jsonl"):
        result = run("x/00000.txt", "--update", target)
        one_line(result.stderr)
        assert result.returncode in (1, 2)


def test_two_at_the_same_time(run, tmp_path, wrapped):
    write_articles(tmp_path / "x", 60)
    (tmp_path / "x" / "00050.txt").write_text("WAIT")
    first = run.start("x", "--update", "u.jsonl", "-j1", script=wrapped, stderr=subprocess.PIPE)
    wait_for(tmp_path / "u.jsonl")
    second = run("x", "--update", "u.jsonl")
    one_line(second.stderr, "another run")
    assert second.returncode == 1
    (tmp_path / "go").touch()
    _, err = first.communicate(timeout=PATIENCE)
    assert (first.returncode, err) == (0, b"")
    assert len(ids(tmp_path / "u.jsonl")) == 60


def test_lock_of_another_program(run, tmp_path):
    write_articles(tmp_path / "x", 1)
    with open(tmp_path / "u.jsonl", "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert run("x", "--update", "u.jsonl").returncode == 1
    assert run("x", "--update", "u.jsonl").returncode == 0


def test_lock_ends_with_the_process(run, tmp_path, wrapped):
    """Also when its workers are busy: they do not hold the lock."""
    write_articles(tmp_path / "x", 200, "SLOW")
    (tmp_path / "x" / "00004.txt").write_text("HANG for a while")
    process = run.start("x", "--update", "u.jsonl", "-j2", script=wrapped, stderr=subprocess.PIPE)
    wait_for(tmp_path / "u.jsonl")
    children = [int(n) for n in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    process.kill()
    process.wait(timeout=PATIENCE)
    process.stderr.close()
    try:
        (tmp_path / "x" / "00004.txt").unlink()
        assert run("x", "--update", "u.jsonl").returncode == 0
        assert len(ids(tmp_path / "u.jsonl")) == len(set(ids(tmp_path / "u.jsonl"))) == 199
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, 9)


@pytest.mark.parametrize("options", [["-j1"], ["-j2"]])
def test_killed_at_random_moments(run, tmp_path, wrapped, options):
    lines = b"".join(b'{"text": "BUSY %d %s", "title": "%s"}\n' % (n, f"{ENGLISH} ".encode() * (1 + n * 37 % 40), b"t" * (n * 91 % 9000)) for n in range(250))
    (tmp_path / "feed.jsonl").write_bytes(lines)
    begun = time.monotonic()
    assert run("feed.jsonl", "--update", "whole.jsonl", *options, script=wrapped).returncode == 0
    duration = time.monotonic() - begun
    whole = (tmp_path / "whole.jsonl").read_bytes()
    dice = random.Random(11)
    target = tmp_path / "u.jsonl"
    for _ in range(KILLS // 2):
        target.unlink(missing_ok=True)
        for _ in range(2):
            process = run.start("feed.jsonl", "--update", "u.jsonl", *options, script=wrapped, stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0.05, duration))
            process.kill()
            process.wait(timeout=PATIENCE)
            assert whole.startswith(target.read_bytes() if target.exists() else b"")
        result = run("feed.jsonl", "--update", "u.jsonl", *options, script=wrapped)
        assert result.returncode == 0
        assert target.read_bytes() == whole


def test_failures_are_tried_again(run, tmp_path):
    write_articles(tmp_path / "x", 2)
    (tmp_path / "x" / "bad.txt").write_bytes(b"\xff")
    for _ in range(2):
        result = run("x", "--update", "u.jsonl")
        one_line(result.stderr, "x/bad.txt")
        assert result.returncode == 1
    (tmp_path / "x" / "bad.txt").write_bytes(b"mended")
    assert run("x", "--update", "u.jsonl").returncode == 0
    assert len(ids(tmp_path / "u.jsonl")) == 3


def test_records_stay_whatever_makes_new_ones(run, tmp_path):
    """Other patterns, another version: what FILE holds stays to the byte, and is made anew where FILE is deleted."""
    write_articles(tmp_path / "x", 2, "Acme Holdings paid $5 million")
    (tmp_path / "y").mkdir()
    for path in PATTERNS.glob("*.yaml"):
        (tmp_path / "y" / path.name).write_bytes(path.read_bytes() + b"# changed\n")
    assert run("x", "--update", "u.jsonl").returncode == 0
    before = (tmp_path / "u.jsonl").read_bytes()
    older = before.replace(b"Acme Holdings", b"Acme")  # as if an earlier version had made it
    (tmp_path / "u.jsonl").write_bytes(older)
    (tmp_path / "x" / "new.txt").write_text(f"one more {ENGLISH}")
    one_line(run("x", "--update", "u.jsonl", "--patterns", "y", "-v").stderr, "1 articles", "2 known already")
    assert (tmp_path / "u.jsonl").read_bytes().startswith(older)
    (tmp_path / "u.jsonl").unlink()
    assert run("x", "--update", "u.jsonl").returncode == 0
    assert (tmp_path / "u.jsonl").read_bytes().startswith(before)
