"""The README says what is so: shown output is what the commands print, options are those of --help, files that it shows are accepted.

    python tests/test_readme.py --write      bring the shown output and the table of options up to date
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import pytest  # noqa: E402
from conftest import FIXTURES, PATIENCE, PATTERNS, ROOT, SCRIPT  # noqa: E402

import extract_deals  # noqa: E402

README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"(<!-- options: [^\n]*-->\n)(.*?)(<!-- end of options -->)", re.DOTALL)


def blocks(kind):
    return [found[2] for found in BLOCK.finditer(README.read_text(encoding="utf-8")) if found[1] == kind]


def test_the_picture_is_what_graph_draws(tmp_path):
    paths = sorted((FIXTURES / "stories").glob("*-m3.txt"))
    subprocess.run([sys.executable, SCRIPT, "--merge", "--graph", tmp_path / "flows.mmd", *paths], capture_output=True, check=True)
    assert blocks("mermaid") == [(tmp_path / "flows.mmd").read_text(encoding="utf-8")]

KEPT = tempfile.TemporaryDirectory(prefix="kept")
# What a command over the fixtures prints is kept for the recipes that begin with the same one: they differ in what reads it.
PYTHON = """#!/bin/sh
case "$*" in *" -o "*|*" - "*) exec {python} "$@" ;; esac
kept={kept}/$(echo "$*" | tr '/ ' '__')
if [ ! -e "$kept" ]; then
  {python} "$@" >"$kept.new" || exit
  mv "$kept.new" "$kept"
fi
exec cat "$kept"
"""


def workshop(folder):
    """A folder in which the README's commands work as they do in a checkout, with `python` being ours."""
    for path in (SCRIPT, PATTERNS, FIXTURES):
        (folder / path.name).symlink_to(path)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").write_text(PYTHON.format(python=shlex.quote(sys.executable), kept=shlex.quote(KEPT.name)))
    (folder / "bin" / "python").chmod(0o755)
    return folder


def printed(folder, command):
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    result = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, env=environment, capture_output=True, timeout=PATIENCE, check=False)
    assert (result.returncode, result.stderr) == (0, b""), (command, result.stderr.decode())
    return result.stdout.decode()


def run_block(folder, block):
    """The block as it should be: each command with what it prints."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{printed(folder, command)}" for command in commands)


def options_table():
    rows = ["| option | |\n|---|---|\n"]
    for action in extract_deals.make_parser()._actions:
        names = ", ".join(action.option_strings) or str(action.metavar)
        value = "{" + ",".join(action.choices) + "}" if action.choices else action.metavar if action.option_strings and action.nargs != 0 else ""
        value = f"[{value}]" if action.nargs == "?" else value
        rows.append(f"| `{names}{' ' + value if value else ''}` | {action.help} |\n".replace("{article,deal}", "article or deal"))
    return "".join(rows)


# ---- what it shows


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.splitlines()[0][2:60])
def test_shown_output_is_what_the_command_prints(tmp_path, block):
    if "jq" in block and not shutil.which("jq"):
        pytest.skip("jq is not installed")
    assert run_block(workshop(tmp_path), block) == block


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
@pytest.mark.parametrize("command", [line for block in blocks("sh") for line in block.splitlines() if "jq" in line])
def test_recipe_without_output_runs(tmp_path, command):
    for line in printed(workshop(tmp_path), command).splitlines():
        json.loads(line)


def test_no_recipe_comes_out_empty():
    for block in blocks("console"):
        assert "-o records.jsonl" in block or not re.search(r"^\$ [^\n]*\n(?=\$|\Z)", block, re.MULTILINE), block


@pytest.fixture(scope="module")
def records_file(tmp_path_factory):
    folder = workshop(tmp_path_factory.mktemp("loading"))
    [command] = [block.strip()[2:] for block in blocks("console") if "-o records.jsonl" in block]
    assert printed(folder, command) == ""
    return folder


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.splitlines()[0])
def test_loading(records_file, block, monkeypatch):
    pytest.importorskip(block.split()[1])
    monkeypatch.chdir(records_file)
    space = {}
    exec(block, space)
    records = [json.loads(line) for line in Path("records.jsonl").read_text(encoding="utf-8").splitlines()]
    if "rows" in space:
        assert sum(row[1] for row in space["rows"]) == len(records)
        assert sum(row[2] for row in space["rows"]) == sum(len(record["deals"]) for record in records)
    else:
        assert len(space["records"]) == len(records)
        assert len(space["deals"]) == sum(len(record["deals"]) for record in records)
        euros = sum(deal["amount"]["value"] or 0 for r in records for deal in r["deals"] if deal["amount"] and deal["amount"]["currency"] == "EUR")
        assert space["totals"]["EUR"] == pytest.approx(euros)


def test_duckdb_sees_the_types_one_expects(records_file, monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(records_file)
    amount = "(SELECT unnest(amounts) AS a FROM read_json('records.jsonl'))"
    [(value, start, implied)] = duckdb.sql(f"SELECT typeof(any_value(a.value)), typeof(any_value(a.start)), typeof(any_value(a.currency_implied)) FROM {amount}").fetchall()
    assert value in ("BIGINT", "DOUBLE", "HUGEINT")
    assert (start, implied) == ("BIGINT", "BOOLEAN")


def test_options():
    found = OPTIONS.search(README.read_text(encoding="utf-8"))
    assert found
    assert found[2] == options_table()


def test_every_key_of_the_record_is_explained():
    text = README.read_text(encoding="utf-8")
    schema = extract_deals.json_schema()
    keys = {*schema["properties"], *schema["$defs"]["Amount"]["properties"], *schema["$defs"]["Deal"]["properties"]} - {"rule"}
    assert not {key for key in keys if f"`{key}`" not in text}
    for value in (*extract_deals.ROLES, *extract_deals.STATUSES, *extract_deals.DEAL_KINDS, *extract_deals.ACTS, *extract_deals.SOURCE_KINDS,
                  *extract_deals.MODIFIERS):  # fmt: skip
        assert f"`{value}`" in text


# ---- what it says to do


def test_the_two_commands_are_single_lines():
    commands = [block.strip() for block in blocks("sh") if "venv" in block]
    assert len(commands) == 2
    assert all("\n" not in command and command.startswith("python3 -m venv ") for command in commands)


def test_cron_line(tmp_path):
    """As cron runs it: /bin/sh, an almost empty environment, another folder."""
    [line] = blocks("crontab")
    schedule, command = line.strip().split(" ", 5)[:5], line.strip().split(" ", 5)[5]
    assert len(schedule) == 5
    assert "%" not in command
    (tmp_path / "articles").mkdir()
    shutil.copy(FIXTURES / "en-01.txt", tmp_path / "articles")
    command = command.replace("/opt/extract_deals/.venv/bin/python", shlex.quote(sys.executable)).replace("/opt/extract_deals", str(ROOT))
    command = command.replace("/srv/news", str(tmp_path))
    for expected in (1, 1, 2):
        if expected == 2:
            shutil.copy(FIXTURES / "nl-02.txt", tmp_path / "articles")
        bare = ["env", "-i", f"HOME={tmp_path}", "LOGNAME=news", "SHELL=/bin/sh", "PATH=/usr/bin:/bin", "/bin/sh", "-c", command]
        result = subprocess.run(bare, cwd="/", capture_output=True, timeout=PATIENCE, check=False)
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
        assert (tmp_path / "records.jsonl").read_bytes().count(b"\n") == expected


def shared_files(folder):
    for name in extract_deals.SHARED_FILES:
        shutil.copy(PATTERNS / f"{name}.yaml", folder)
    return folder


def test_skeleton_of_a_language(tmp_path):
    """One file and no code: it passes every check, is told by its own words, and gives a deal."""
    [skeleton] = [block for block in blocks("yaml") if "function_words" in block]
    name = Path(skeleton.splitlines()[0].removeprefix("# ")).name
    (shared_files(tmp_path) / name).write_text(skeleton, encoding="utf-8")
    result = subprocess.run([sys.executable, SCRIPT, "--check-patterns", tmp_path], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    text = "Nvidia køber Arm for cirka tre milliarder dollar, og det er den største handel af de handler, som er på vej til at ske i oktober 2025."
    result = subprocess.run([sys.executable, SCRIPT, "-", "--patterns", tmp_path], input=text.encode(), capture_output=True, timeout=PATIENCE, check=True)
    record = json.loads(result.stdout)
    assert record["language"] == "da"
    [deal] = record["deals"]
    assert (deal["payer"], deal["payee"], deal["amount"]["value"], deal["kind"]) == (["Nvidia"], ["Arm"], 3 * 10**9, "acquisition")


@pytest.mark.parametrize("name", ["companies", "chips"])
def test_line_of_a_list(tmp_path, name):
    """The company and the chip that the README adds are found once they are in the list."""
    [entry] = [block for block in blocks("yaml") if block.startswith(f"# patterns/{name}.yaml")]
    folder = tmp_path / "patterns"
    shutil.copytree(PATTERNS, folder)
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    entry = entry.partition("\n")[2]
    indent = re.search(r"^( *)- \{name", text, re.MULTILINE)[1]
    (folder / f"{name}.yaml").write_text(f"{text.rstrip()}\n{indent}{entry}", encoding="utf-8")
    article = "Northwind Compute said on Monday that the Gale G2 will be sold by it in all of the markets that it serves."
    command = [sys.executable, SCRIPT, "-", "--patterns", folder, "--language", "en"]
    record = json.loads(subprocess.run(command, input=article.encode(), capture_output=True, timeout=PATIENCE, check=True).stdout)
    if name == "companies":
        assert [(party["name"], party["ticker"]) for party in record["parties"]] == [("Northwind Compute", "NASDAQ:NWCX")]
    else:
        assert [(chip["name"], chip["class"]) for chip in record["chips"]] == [("Gale G2", "accelerator")]


# ---- one place for each fact


def test_script_block_names_the_projects_dependencies():
    """PEP 723: what `uv run --script` installs is what the wheel requires."""
    source = SCRIPT.read_text(encoding="utf-8")
    found = re.search(r"^# /// script\n(.*?)^# ///$", source, re.MULTILINE | re.DOTALL)
    block = tomllib.loads(re.sub(r"^# ?", "", found[1], flags=re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert block["dependencies"] == project["dependencies"]
    assert block["requires-python"] == project["requires-python"]


def test_the_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == SCRIPT.name
    assert extract_deals.__version__ not in (ROOT / "pyproject.toml").read_text(encoding="utf-8").replace("dependencies", "")[:300]


def test_the_licence_is_there():
    assert "The extract_deals authors" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def write():
    """Bring the README up to date."""
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = workshop(Path(name))
        text = BLOCK.sub(lambda found: f"```console\n{run_block(folder, found[2])}```\n" if found[1] == "console" else found[0], text)
    text = OPTIONS.sub(lambda found: found[1] + options_table() + found[3], text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    write()
