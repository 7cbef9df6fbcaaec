"""How fast the program is: python tests/bench/bench.py [--quick] [--readme] [PATH…]

Prints a table of ratios, each measured side by side in one run on one core (medians of CPU time), and a digest of the records, so that
a faster program that answers differently shows. It reports and does not judge: the exit status says only whether it could measure.
PATH names more articles (.txt) to read besides fixtures/. --readme writes what was measured into the README's table.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import extract_deals as program  # noqa: E402

FOLDER = ROOT / "patterns"
LANGUAGES = 5  # of the run over one article in each of several languages


def cpu(action: Callable[[], object], rounds: int) -> float:
    """The median CPU time of an action, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return statistics.median(times)


def process_cpu(command: list[str]) -> float:
    """The CPU time of a whole process, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def side_by_side(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """The median CPU time of each command, in rounds of all of them; the first round does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            times[name].append(process_cpu(command))
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def with_companies(folder: Path) -> None:
    """Add 1,000 companies to a folder of patterns."""
    path = folder / "companies.yaml"
    text = path.read_text(encoding="utf-8").rstrip()
    indent = re.search(r"^( *)- \{name", text, re.MULTILINE)[1]
    lines = [f"{indent}- {{name: Quorvex{number}b Holdings, aliases: [Quorvex{number}b]}}" for number in range(1000)]
    path.write_text("\n".join([text, *lines, ""]), encoding="utf-8")


def with_rules(folder: Path) -> None:
    """Add 100 rules to a language that the measured run does not need."""
    rules = "".join(
        f"  - {{id: added-{number}, match: quorvexa{number}, kind: acquisition, payer: [subject], payee: [object], status: signed,\n"
        f"     examples: [{{text: Nvidia quorvexa{number} Arm., kind: acquisition}}], not: [Nvidia vinde.]}}\n" for number in range(100))
    path = folder / "ro.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("\ndeals:\n", f"\ndeals:\n{rules}", 1), encoding="utf-8")


def with_language(folder: Path) -> None:
    """Add a language as large as one that is there, under the code of another."""
    text = (folder / "nl.yaml").read_text(encoding="utf-8").replace("language: nl", "language: da", 1)
    (folder / "da.yaml").write_text(text, encoding="utf-8")


ADDITIONS = {"1,000 companies": with_companies, "100 rules": with_rules, "a ninth language": with_language}


def floor(path: Path, names: re.Pattern[str]) -> str:
    """The least that any such program does: read the file, one pass of a pattern of 200 names, write JSON."""
    text = path.read_text(encoding="utf-8")
    return json.dumps([{"text": m.group(), "start": m.start(), "end": m.end()} for m in names.finditer(text)], ensure_ascii=False)


class Bench:
    """The articles and the compiled patterns, and the lines of the table as they come."""

    def __init__(self, paths: list[Path], quick: bool, articles: int) -> None:
        self.paths, self.rounds = paths, 3 if quick else 9
        self.counts = (articles // 20, articles)
        self.quick = quick
        self.patterns = program.load_patterns(FOLDER)
        self.job = program.Job(folder=FOLDER, options=program.Options())

    def record(self, path: Path) -> bytes:
        """One article's record, from the file to the bytes."""
        (piece,) = program.read_pieces([str(path)], self.job.limits)
        return program.process(piece, self.patterns, self.job).lines

    def digest(self) -> str:
        """A digest of all records but the paths in them."""
        whole = hashlib.sha256()
        for path in self.paths:
            whole.update(json.dumps({**json.loads(self.record(path)), "path": path.name}, ensure_ascii=False).encode())
        return whole.hexdigest()[:16]

    def warm(self) -> Iterator[tuple[str, float, str]]:
        """One article, warm, against langdetect and against the floor: the median over the articles of each one's ratio."""
        import langdetect

        langdetect.DetectorFactory.seed = 0
        companies = json.loads(program._folder_data(FOLDER))["companies"]["companies"]
        names = re.compile(r"(?<!\w)(?:" + "|".join(re.escape(item["name"]) for item in companies[:200]) + r")(?!\w)")
        against_langdetect, against_floor, milliseconds = [], [], []
        for path in self.paths:
            text = path.read_text(encoding="utf-8")
            for action in (lambda: self.record(path), lambda: langdetect.detect_langs(text), lambda: floor(path, names)):
                action()
            mine = cpu(lambda: self.record(path), self.rounds)
            against_langdetect.append(mine / cpu(lambda: langdetect.detect_langs(text), self.rounds))
            against_floor.append(mine / cpu(lambda: floor(path, names), self.rounds))
            milliseconds.append(mine * 1000)
        note = f"{statistics.median(milliseconds):.1f} ms an article"
        yield "one article, warm / langdetect.detect_langs", statistics.median(against_langdetect), note
        yield "one article, warm / floor", statistics.median(against_floor), note

    def cold(self) -> Iterator[tuple[str, float, str]]:
        """Whole processes: one article, and one in each of five languages, against one langdetect process."""
        text = self.paths[0].read_text(encoding="utf-8")
        by_language: dict[str, Path] = {}
        for path in self.paths:
            by_language.setdefault(str(json.loads(self.record(path))["language"]), path)
        several = [str(path) for path in by_language.values()][:LANGUAGES]
        script = str(ROOT / "extract_deals.py")
        commands = {
            "langdetect": [sys.executable, "-c", f"import langdetect; langdetect.detect({text!r})"],
            "one article": [sys.executable, script, str(self.paths[0])],
            f"{len(several)} articles in as many languages": [sys.executable, script, *several],
        }
        middle = side_by_side(commands, self.rounds)
        for name in list(commands)[1:]:
            yield f"{name}, whole process / langdetect process", middle[name] / middle["langdetect"], f"{middle[name] * 1000:.0f} ms"

    def adding(self) -> Iterator[tuple[str, float, str]]:
        """Whole processes over one article in English, with patterns that they do not need, against the patterns as they are."""
        article = str(next(path for path in self.paths if path.name.startswith("en")))
        with tempfile.TemporaryDirectory() as name:
            commands = {}
            for what, add in {"": lambda _: None, **ADDITIONS}.items():
                folder = Path(name) / what
                shutil.copytree(FOLDER, folder / "patterns")
                add(folder / "patterns")
                commands[what] = [sys.executable, str(ROOT / "extract_deals.py"), article, "--patterns", str(folder / "patterns")]
            time.sleep(2)  # files changed just now are read anew by every run
            middle = side_by_side(commands, self.rounds)
        for what in ADDITIONS:
            yield f"one article, whole process, {what} more / before", middle[what] / middle[""], f"{middle[what] * 1000:.0f} ms"

    def growth(self) -> Iterator[tuple[str, float, str]]:
        """Time per character of a text of 5 KB to 5 MB, against that of 50 KB."""
        prose = "\n\n".join(path.read_text(encoding="utf-8") for path in self.paths if path.name.startswith("en"))
        sizes = [5_000, 50_000, 500_000] if self.quick else [5_000, 50_000, 500_000, 5_000_000]
        each: dict[int, float] = {}
        for size in sizes:
            text = (prose * (size // len(prose) + 1))[:size]
            article, _ = program.article_from_json("long", {"text": text, "language": "en", "published": "2025-10-06"})
            each[size] = cpu(lambda: program.extract(article, self.patterns, program.Options()), 3 if size < 1_000_000 else 1) / size
        for size in sizes:
            yield f"time per KB at {size // 1000} KB / at 50 KB", each[size] / each[50_000], f"{each[size] * 1e6:.2f} ms a KB"

    def many(self) -> Iterator[tuple[str, float, str]]:
        """Many articles: the peak of memory whatever their number, and what a second process brings."""
        texts = [path.read_text(encoding="utf-8") for path in self.paths]
        script = str(ROOT / "extract_deals.py")
        subprocess.run([sys.executable, script, "-q", *map(str, self.paths)], stdout=subprocess.DEVNULL, check=True)  # fills the cache of patterns
        with tempfile.TemporaryDirectory() as folder:
            for count in self.counts:
                feed = Path(folder) / f"{count}.jsonl"
                with feed.open("w", encoding="utf-8") as stream:
                    for number in range(count):
                        stream.write(json.dumps({"id": str(number), "text": texts[number % len(texts)]}) + "\n")
                needs = {}
                for jobs in (1, 2):
                    # VmHWM begins anew with the program; getrusage would count the benchmark's own memory
                    code = ("import resource, runpy, sys; sys.argv = sys.argv[1:]\ntry: runpy.run_path(sys.argv[0], run_name='__main__')\n"
                            "finally: print(next(int(l.split()[1]) // 1024 for l in open('/proc/self/status') if l[:5] == 'VmHWM'), *("
                            "u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))),"
                            " file=sys.stderr)")
                    done = subprocess.run([sys.executable, "-c", code, script, "-q", f"-j{jobs}", str(feed)], stdout=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE, text=True, check=True)
                    peak, own, workers = map(float, done.stderr.split()[-3:])
                    needs[jobs] = max(own, (own + workers) / jobs)
                    yield f"{count} articles, --jobs {jobs}: peak of the main process, MB", peak, f"{own + workers:.1f} s of CPU"
                yield f"{count} articles: CPU time of one job / of the busier of two cores", needs[1] / needs[2], "both cores free"


def write_table(rows: list[tuple[str, float, str]], first: str) -> None:
    """Put the figures into the README, between its marks."""
    path = ROOT / "README.md"
    before, begin, rest = path.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, end, after = rest.partition("<!-- end of measured -->")
    table = "".join(f"| {name} | {value:.2f} | {note} |\n" for name, value, note in rows)
    path.write_text(f"{before}{begin}{first}\n\n| what / against what | ratio | |\n|---|---|---|\n{table}{end}{after}", encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure the program against langdetect and against the least work possible.")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="more articles (.txt), or folders of them")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes")
    parser.add_argument("--articles", type=int, default=20_000, metavar="N", help="how many articles are many; default: 20000")
    parser.add_argument("--only", choices=("warm", "cold", "adding", "growth", "many"), help="one part of the table")
    parser.add_argument("--readme", action="store_true", help="write the table into the README")
    arguments = parser.parse_args(argv)
    folders = [path for path in arguments.paths if path.is_dir()]
    paths = [path for path in arguments.paths if path.is_file()]
    for folder in (*folders, ROOT / "fixtures"):
        paths += sorted(folder.glob("*.txt"))
    bench = Bench(paths, arguments.quick, arguments.articles)
    first = f"{len(paths)} articles, records {bench.digest()}, Python {platform.python_version()}"
    print(first)
    rows = []
    parts: list[Any] = [bench.warm, bench.cold, bench.adding, bench.growth, bench.many]
    for part in parts:
        if arguments.only in (None, part.__name__):
            for name, value, note in part():
                print(f"{value:8.2f}  {name} ({note})", flush=True)
                rows.append((name, value, note))
    if arguments.readme:
        write_table(rows, first)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
