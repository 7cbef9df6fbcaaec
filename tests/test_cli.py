"""The command line: options, exit statuses, streams, signals, and files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time

import pytest
from conftest import KILLS, PATIENCE, SCRIPT

import extract_deals

ENGLISH = "of the firm that was in the news, and it is as they had said to the press"  # so that the language is cheap to tell


def write_articles(folder, count, text="article"):
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"{number:05}.txt").write_text(f"{text} {number} {ENGLISH}")
    return folder


def wait_for(path):
    """Until the file is there and holds something."""
    deadline = time.monotonic() + PATIENCE
    while not path.exists() or not path.stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def records(data):
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


def one_line(data, *words):
    lines = data.decode().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("extract_deals: ")
    for word in words:
        assert word in lines[0]


# ---- options

@pytest.mark.parametrize("arguments, words", [
    ([], ["name at least one"]),
    (["--nonsense", "a.txt"], ["--nonsense"]),
    (["--lang", "nl", "a.txt"], ["--lang"]),  # no abbreviations: a new option must not change old scripts
    (["--language", "Dutch", "a.txt"], ["'Dutch'", "two letters"]),
    (["--reference-date", "17-12-2025", "a.txt"], ["YYYY-MM-DD"]),
    (["--reference-date", "2025-02-30", "a.txt"], ["YYYY-MM-DD"]),
    (["--reference-date", "20251217", "a.txt"], ["YYYY-MM-DD"]),
    (["-j", "0", "a.txt"], ["'0'", "from 1"]),
    (["-j", "-1", "a.txt"], ["-j"]),
    (["-j", "two", "a.txt"], ["'two'"]),
    (["--timeout", "0", "a.txt"], ["seconds"]),
    (["--timeout", "nan", "a.txt"], ["seconds"]),
    (["--max-bytes", "0", "a.txt"], ["200M"]),
    (["--max-bytes", "lots", "a.txt"], ["200M"]),
    (["--encoding", "klingon", "a.txt"], ["'klingon'", "latin-1"]),
    (["--encoding", "hex", "a.txt"], ["'hex'"]),
    (["--per", "word", "a.txt"], ["--per"]),
    (["--graph", "x.png", "a.txt"], [".dot"]),
    (["--merge", "--per", "deal", "a.txt"], ["--per deal"]),
    (["--update", "u", "-o", "o", "a.txt"], ["--update"]),
    (["--update", "u", "--per", "deal", "a.txt"], ["--update"]),
    (["-o", "o.html", "--report", "./o.html", "a.txt"], ["same file"]),
    (["--patterns", "nowhere", "a.txt"], ["nowhere"]),
])
def test_wrong_usage_is_one_line_and_reads_nothing(tmp_path, monkeypatch, capfdbinary, arguments, words):
    (tmp_path / "a.txt").write_text("a")
    monkeypatch.chdir(tmp_path)
    assert extract_deals.main(arguments) == 2
    out, err = capfdbinary.readouterr()
    assert out == b""
    one_line(err, *words)


def test_wrong_usage_of_the_script(run, tmp_path):
    result = run("--nonsense", "a.txt", script=SCRIPT)
    assert (result.returncode, result.stdout) == (2, b"")
    one_line(result.stderr, "--nonsense")


def test_help_version_schema(run):
    result = run("--help")
    assert result.returncode == 0
    for option in ("PATH", "--output", "--update", "--per", "--merge", "--graph", "--report", "--language", "--reference-date",
                   "--patterns",
                   "--jobs", "--timeout", "--max-bytes", "--encoding", "--explain", "--schema", "--check-patterns", "--quiet", "--verbose",
                   "--version", "Exit status"):
        assert option in result.stdout.decode()
    assert max(map(len, result.stdout.decode().splitlines())) <= 140
    assert run("--version").stdout.startswith(b"extract_deals ")
    assert isinstance(json.loads(run("--schema").stdout), dict)


@pytest.mark.skipif(not os.environ.get("EXTRACT_DEALS_THOROUGH"), reason="takes minutes, and .ci/run does it; set EXTRACT_DEALS_THOROUGH=1")
def test_check_of_all_patterns(run):
    assert run("--check-patterns", timeout=900).returncode == 0


def test_check_patterns_of_no_folder(run, tmp_path):
    result = run("--check-patterns", tmp_path / "nowhere")
    assert result.returncode == 2
    assert b"nowhere" in result.stderr


def test_language_and_reference_date(run):
    (record,) = records(run("-", "--language", "nl-NL", "--reference-date", "2025-12-17", stdin=b"tekst").stdout)
    assert (record["language"], record["reference_date"]) == ("nl", "2025-12-17")


def test_a_good_run_is_silent_and_verbose_counts(run, tmp_path):
    write_articles(tmp_path / "x", 3)
    assert run("x").stderr == b""
    one_line(run("x", "-v").stderr, "3 articles", "deals", "0 failures", "seconds")
    result = run("x", "nowhere", "-v", "-q")
    assert b"3 articles" in result.stderr and b"1 failures" in result.stderr
    assert result.returncode == 1


def test_quiet_still_reports_failures(run):
    result = run("nowhere", "-q")
    one_line(result.stderr, "nowhere")
    assert result.returncode == 1


def test_per_deal_and_merge_run(run, tmp_path):
    write_articles(tmp_path / "x", 2)
    for options in (["--per", "deal"], ["--merge"], ["--graph", "g.dot"], ["--graph", "g.mmd"], ["--report", "r.html"]):
        result = run("x", *options)
        assert (result.returncode, result.stderr) == (0, b"")
    assert (tmp_path / "g.dot").read_text() and (tmp_path / "g.mmd").read_text() and (tmp_path / "r.html").read_text()


def test_merge_reads_earlier_records(run, tmp_path):
    write_articles(tmp_path / "x", 3)
    assert run("x", "-o", "r.jsonl").returncode == 0
    again = run("r.jsonl", "--merge")
    assert (again.returncode, again.stderr) == (0, b"")
    assert again.stdout == run("x", "--merge").stdout
    assert run("r.jsonl").returncode == 1


# ---- streams

@pytest.mark.parametrize("env", [
    {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "utf-16", "LC_ALL": "POSIX"},
])
def test_utf8_whatever_the_locale(run, tmp_path, env):
    (tmp_path / "ţară €.txt").write_bytes(b"text")
    (tmp_path / "żółć.txt").write_bytes(b"\xff")
    result = run("ţară €.txt", "żółć.txt", env=env)
    assert records(result.stdout)[0]["path"] == "ţară €.txt"
    assert "extract_deals: żółć.txt: byte" in result.stderr.decode("utf-8")


@pytest.mark.parametrize("options", [[], ["-j2"], ["-j2", "--timeout", "60"]])
def test_closed_pipe(run, tmp_path, options):
    write_articles(tmp_path / "x", 3000)
    process = run.start("x", *options, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(timeout=PATIENCE) == 0
    assert err == b""


@pytest.mark.parametrize("arguments", [["--help"], ["--schema"], ["--version"], ["-"]])
def test_pipe_closed_from_the_start(run, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    process = run.start(*arguments, stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, err = process.communicate(b"article", timeout=PATIENCE)
    assert (process.returncode, err) == (0, b"")


def test_closed_standard_streams(run, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    shell = f"{sys.executable} {SCRIPT} "
    for command, status in (("a.txt >&-", 1), ("a.txt -o o 1>&- 2>&-", 0), ("nowhere 2>&-", 1), ("- <&-", 1), ("a.txt 2>&-", 0)):
        result = subprocess.run(["bash", "-c", shell + command], cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False)
        assert result.returncode == status, command
        assert b"Traceback" not in result.stderr
    assert (tmp_path / "o").read_bytes().count(b"\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_full_disk(run, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with open("/dev/full", "wb") as full:
        process = run.start("a.txt", stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=PATIENCE)
    one_line(err, "no space left")
    assert process.returncode == 1
    one_line(run("a.txt", "-o", "/dev/full").stderr, "no space left")


@pytest.mark.parametrize("options", [[], ["--timeout", "60"]])
def test_a_live_stream_is_answered_line_by_line(run, options):
    process = run.start("-", *options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for number in range(3):
        process.stdin.write(b'{"text": "article %d"}\n' % number)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["path"] == f"-:{number + 1}"
    process.stdin.close()
    assert process.wait(timeout=PATIENCE) == 0
    process.stdout.close()
    process.stderr.close()


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("options", [["-j1"], ["-j2"], ["--timeout", "60"]])
def test_interrupt(run, tmp_path, wrapped, number, status, options):
    write_articles(tmp_path / "x", 2000, "SLOW")
    process = run.start("x", *options, script=wrapped, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == status
    assert err == b""
    assert out == b"" or out.endswith(b"\n")
    assert len(records(out)) < 1000


def test_progress_bar_only_on_a_terminal(run, tmp_path, wrapped):
    import pty
    write_articles(tmp_path / "x", 30, "SLOW")
    for env, options, bar in (
        ({"TERM": "xterm"}, [], True), ({"TERM": "dumb"}, [], False), ({"TERM": "xterm", "NO_COLOR": "1"}, [], False),
        ({"TERM": "xterm"}, ["-q"], False),
    ):
        env = {"NO_COLOR": "", **env}
        if env["NO_COLOR"] == "":
            del env["NO_COLOR"]
        ours, theirs = pty.openpty()
        process = run.start("x", "-j1", *options, script=wrapped, stdout=subprocess.DEVNULL, stderr=theirs, env=env)
        os.close(theirs)
        seen = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:
                break
            if not data:
                break
            seen += data
        os.close(ours)
        assert process.wait(timeout=PATIENCE) == 0
        assert (b"articles" in seen) == bar
        assert not bar or seen.endswith(b"\r\x1b[K")


# ---- -o FILE

def test_output_file(run, tmp_path):
    write_articles(tmp_path / "x", 5)
    result = run("x", "-o", "out.jsonl")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert (tmp_path / "out.jsonl").read_bytes() == run("x").stdout
    assert sorted(os.listdir(tmp_path)) == ["out.jsonl", "x"]


def test_output_file_keeps_mode_and_link(run, tmp_path):
    write_articles(tmp_path / "x", 1)
    (tmp_path / "real.jsonl").write_text("old")
    (tmp_path / "real.jsonl").chmod(0o640)
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    assert run("x", "-o", "link.jsonl").returncode == 0
    assert (tmp_path / "link.jsonl").is_symlink()
    assert (tmp_path / "real.jsonl").read_bytes().count(b"\n") == 1
    assert stat.S_IMODE((tmp_path / "real.jsonl").stat().st_mode) == 0o640


def test_new_output_file_has_the_usual_mode(run, tmp_path):
    write_articles(tmp_path / "x", 1)
    old = os.umask(0o027)
    try:
        run("x", "-o", "new.jsonl")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new.jsonl").stat().st_mode) == 0o640


def test_output_to_devices(run, tmp_path):
    write_articles(tmp_path / "x", 2)
    assert run("x", "-o", "/dev/null").returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert run("x", "-o", "/dev/stdout").stdout.count(b"\n") == 2


@pytest.mark.parametrize("option", ["-o", "--update", "--report"])
@pytest.mark.parametrize("target", ["x/out.html", "x/y/out.html", "a.txt", "./a.txt", "hard.txt", "soft.txt", "linked/out.html"])
def test_output_that_is_read_is_refused(tmp_path, monkeypatch, capfdbinary, option, target):
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "b.txt").write_text("b")
    (tmp_path / "a.txt").write_text("a")
    os.link(tmp_path / "a.txt", tmp_path / "hard.txt")
    (tmp_path / "soft.txt").symlink_to("a.txt")
    (tmp_path / "linked").symlink_to("x/y")
    monkeypatch.chdir(tmp_path)
    assert extract_deals.main(["x", "a.txt", option, target]) == 2
    one_line(capfdbinary.readouterr().err, "read as well")
    assert (tmp_path / "a.txt").read_text() == "a"


def test_output_that_cannot_be_written(run, tmp_path):
    write_articles(tmp_path / "x", 1)
    for target in ("nowhere/out.jsonl", "."):
        result = run("x", "-o", target)
        one_line(result.stderr, "cannot be written")
        assert result.returncode == 1


def test_old_file_stays_when_nothing_could_be_read(run, tmp_path):
    (tmp_path / "out.jsonl").write_text("old")
    assert run("nowhere", "-o", "out.jsonl").returncode == 1
    assert (tmp_path / "out.jsonl").read_text() == "old"


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_stopped_while_writing_a_file(run, tmp_path, wrapped, number, status):
    write_articles(tmp_path / "x", 100, "SLOW")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "r.jsonl").write_text("old")
    process = run.start("x", "-o", "out/r.jsonl", script=wrapped, stderr=subprocess.PIPE)
    wait_for(tmp_path / "begun")
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (status, b"")
    assert (tmp_path / "out" / "r.jsonl").read_text() == "old"
    assert os.listdir(tmp_path / "out") == ["r.jsonl"]


def test_killed_at_random_moments_the_file_is_old_or_new(run, tmp_path):
    write_articles(tmp_path / "x", 400)
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "r.jsonl"
    assert run("x", "-o", "out/r.jsonl", "-j2").returncode == 0
    new = target.read_bytes()
    dice = random.Random(7)
    finished, whole = 0, 1.0  # seconds that a run takes, as far as is known
    for _ in range(KILLS):
        target.write_bytes(b"old\n")
        process = run.start("x", "-o", "out/r.jsonl", "-j2")
        time.sleep(dice.uniform(0, whole * 1.1))
        process.kill()
        process.wait(timeout=PATIENCE)
        assert target.read_bytes() in (b"old\n", new)
        done = target.read_bytes() == new
        finished += done
        whole *= 0.8 if done else 1.1  # a machine may be faster or slower at any moment
        # Only a kill between naming and renaming can leave a file, and that is a whole one.
        assert all((tmp_path / "out" / name).read_bytes() == new for name in os.listdir(tmp_path / "out") if name != "r.jsonl")
    assert finished < KILLS
