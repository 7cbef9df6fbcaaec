"""The fixtures as input and as records, for several tests."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from conftest import FIXTURES, SCRIPT, SHARED
from scorer import read_gold


def documents(folder: Path, gold: Path) -> str:
    """The articles of a folder as JSON Lines. Where an article does not say its day, the gold's reference date is its `published`."""
    lines = []
    for found in read_gold(gold):
        document = {"id": found["id"], "text": (folder / f"{found['id']}.txt").read_bytes().decode("utf-8-sig")}
        if not found["published"]:
            document["published"] = found["reference_date"]
        lines.append(json.dumps(document, ensure_ascii=False) + "\n")
    return "".join(lines)


def records_of(lines: str, *options: str) -> list[dict[str, Any]]:
    """The records that the program makes of JSON Lines."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
        file.write(lines)
        file.flush()
        result = subprocess.run([sys.executable, SCRIPT, file.name, *options], capture_output=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr.decode()
    return [json.loads(line) for line in result.stdout.decode().split("\n")[:-1]]


@functools.cache
def fixture_records() -> dict[str, dict[str, Any]]:
    """The records of the fixtures by id."""
    return {record["id"]: record for record in records_of(documents(FIXTURES, FIXTURES / "gold"))}


@functools.cache
def seed_records() -> dict[str, dict[str, Any]]:
    """The records of the five real articles that the issue names, by the stem of their file."""
    command = [sys.executable, SCRIPT, SHARED / "seeds", "--reference-date", "2025-12-17"]
    result = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert (result.returncode, result.stderr) == (0, b"")
    return {Path(record["path"]).stem: record for record in map(json.loads, result.stdout.decode().split("\n")[:-1])}
