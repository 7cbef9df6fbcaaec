"""Coverage-guided fuzzing: `python tests/fuzz.py text|patterns [options of libFuzzer]`, with `pip install '.[test,fuzz]'`.

text: anything an article or an input file may hold. Every outcome is a valid, grounded record or one clear failure, the same the second
time, in time that fits the length. patterns: anything a patterns folder may hold. It is refused with file and line, or it works.
An hour: `python tests/fuzz.py text -max_total_time=3600 -max_len=4096`. What is found is kept as crash-… in the folder where it ran.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
with atheris.instrument_imports(include=["extract_deals"]):
    from test_patterns import GOOD
    from test_robust import DAY, LANGUAGES, WORDS, check, record_of, validator
    from test_robust import patterns as own_patterns

    import extract_deals

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz"))
ODD = ["\n", "\n\n", "\u00a0", "\u202f", "\u2011", "“", "”", "—", "\u0301", "\u200b", "\u202e", "\x00", "İ", "ﬁ", "😀", "$", "€", "%", ".", ",", "'", "’", "(", ")", "-", "1", "2025", "H100"]
SLOW, SLOWER = 0.5, 0.002  # seconds that a text may take at all, and for each character; ten times what is usual under instruments


# ---- texts


@functools.cache
def vocabulary() -> list[str]:
    """Words of articles, and every form and literal word of the pattern files."""
    found = {*WORDS, *ODD}
    for file in sorted((ROOT / "patterns").glob("*.yaml")):
        found.update(re.findall(r"[^\W\d_][\w.&'’-]{0,30}|[$€£¥%]", file.read_text())[:: 1 if len(file.stem) == 2 else 7])
    return sorted(found)


def words(data: atheris.FuzzedDataProvider) -> str:
    """A text of known words: two bytes choose one, a third at times what stands between."""
    known, pieces = vocabulary(), []
    while data.remaining_bytes() > 2:
        pieces.append(known[data.ConsumeUInt(2) % len(known)])
        pieces.append(ODD[data.ConsumeUInt(1) % len(ODD)] if data.ConsumeProbability() < 0.2 else " ")
    return "".join(pieces)


def one_text(data: atheris.FuzzedDataProvider) -> None:
    language = data.PickValueInList([None, "xx", *LANGUAGES])
    text = words(data) if data.ConsumeBool() else extract_deals.without_surrogates(data.ConsumeUnicode(4096))
    begun = time.process_time()
    record = record_of(text, language)
    taken = time.process_time() - begun
    if taken > SLOW + SLOWER * len(text):
        raise RuntimeError(f"{taken:.1f} s for {len(text)} characters")
    check(record, text)
    if record_of(text, language) != record:
        raise RuntimeError("another record the second time")


def one_file(data: atheris.FuzzedDataProvider) -> None:
    path = FOLDER / f"input{data.PickValueInList(['.txt', '.json', '.jsonl', '.txt.gz', '.json.gz'])}"
    path.write_bytes(data.ConsumeBytes(data.remaining_bytes()))
    job = extract_deals.Job(ROOT / "patterns", DAY, extract_deals.Limits(max_bytes=100_000))
    for piece in extract_deals.read_pieces([str(path)], job.limits):
        outcome = extract_deals.process(piece, own_patterns(), job)
        if "please report" in (outcome.failure or "") or not (outcome.made or outcome.failure):
            raise RuntimeError(outcome.failure)
        for line in outcome.lines.splitlines():
            validator().validate(json.loads(line))


def text(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    (one_file if provider.ConsumeIntInRange(0, 9) == 0 else one_text)(provider)


# ---- patterns


@functools.cache
def seeds() -> dict[str, list[str]]:
    """Small files of each name, as lines: those of the tests, and the language of the README."""
    danish = re.search(r"# patterns/da\.yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert danish
    return {**{name: text.splitlines() for name, text in GOOD.items()}, "da": danish[1].splitlines()}


@functools.cache
def bits() -> list[str]:
    """What may come into a file of patterns by mistake or on purpose."""
    keys = sorted(set(re.findall(r"^[ -]*([a-z_]+):", "\n".join(line for lines in seeds().values() for line in lines), re.MULTILINE)))
    signs = [": ", "- ", "[", "]", "{", "}", "'", '"', "\\", "|", ">", "&a ", "*a", "!!python/name:os.system ", "<<: ", "---", "...", "%YAML 1.1", "#", "\t", "? ", ",", "~", "null", "true",
             "no", "on", "1", "-1", "0.5", "1e3", "12:30", "2025-10-06", "10^6", "\x07", "\ufeff", "é", "😀", "\u2028", "\udc80", "", " ", "  "]  # fmt: skip
    regexes = ["(", ")", "(?:", "(?=", "(?<=", "(?<=a+)", "(?P<x>", "(?P=x)", "(?1)", "(?i)", "(?#", "[a", "[[a]]", "[z-a]", "*", "+", "++", "{2}", "{2,1}", "{9999999999}", "{60000}", "{buys}", "{year}",
               "{month}", "{nothing}", "\\", "\\1", "\\9", "\\Q", "\\u12", "\\N{DIGIT ONE}", "\\b", "^", "$", ".", "a|", "|", "(a|b)", "(?>a)", "\\d+", ".*", "(?s:.)", "(?(1)a|b)"]  # fmt: skip
    return [*(f"{key}: " for key in keys), *signs, *regexes]


def edited(lines: list[str], data: atheris.FuzzedDataProvider) -> str:
    """The lines after a few edits."""
    lines = list(lines)
    while data.remaining_bytes() > 4 and lines:
        at = data.ConsumeIntInRange(0, len(lines) - 1)
        other = data.ConsumeIntInRange(0, len(lines) - 1)
        column = data.ConsumeIntInRange(0, len(lines[at]))
        match data.ConsumeIntInRange(0, 5):
            case 0:
                lines[at] = lines[at][:column] + data.PickValueInList(bits()) + lines[at][column:]
            case 1:
                lines[at] = lines[at][:column] + data.PickValueInList(bits()) + lines[at][column + data.ConsumeIntInRange(0, 12) :]
            case 2:
                lines.insert(at, lines[other])
            case 3:
                del lines[at]
            case 4:
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                lines[at] = lines[at][:column] + lines[other][column:]
    return "\n".join(lines) + "\n"


NEWS = ("Nvidia køber Arm for cirka 40 milliarder dollar i oktober 2025. Ifølge Reuters er handlen på plads. De forhandler: Acme køber Foo Labs for "
        "tre milliarder kroner. Acme koopt Foo voor 3 EUR; The Daily meldt dat Acme Corporation Foo Cloud verwerft. Z9 in Delft, zegt Ada Bos.")  # fmt: skip


def problems(files: dict[str, extract_deals.PatternFile]) -> Iterator[extract_deals.Problem]:
    yield from extract_deals.clash_problems(files)
    for name, file in files.items():
        yield from (*file.problems, *extract_deals.shape_problems(name, file), *extract_deals.id_problems(file))
        yield from extract_deals.regex_problems(name, file, searching=False)


def patterns(data: bytes) -> None:
    """The check names problems with file and line; what loading takes can be used."""
    provider = atheris.FuzzedDataProvider(data)
    name = provider.PickValueInList(sorted(seeds()))
    for other, lines in seeds().items():
        (FOLDER / f"{other}.yaml").write_text("\n".join(lines) + "\n")
    whole = provider.ConsumeIntInRange(0, 9) == 0
    content = provider.ConsumeBytes(4096) if whole else edited(seeds()[name], provider).encode("utf-8", "surrogatepass")
    (FOLDER / f"{name}.yaml").write_bytes(content)
    files, unreadable = extract_deals._read_files(FOLDER)
    for problem in (*unreadable, *map(str, problems(files))):
        if not re.match(rf"{re.escape(str(FOLDER))}/[a-z]+\.yaml:\d+: .+; .+", problem, re.DOTALL):
            raise RuntimeError(f"no place or no cure: {problem}")
    with contextlib.suppress(extract_deals.ExtractError):
        made = extract_deals.load_patterns(FOLDER)
        for language in (*sorted(made.languages), None):
            article = extract_deals.Article("p", "i", NEWS, language=language)
            record = extract_deals.extract(article, made, extract_deals.Options(reference_date="2025-12-17"))
            check(json.loads(extract_deals.record_line(record)), NEWS)


TARGETS: dict[str, Callable[[bytes], None]] = {"text": text, "patterns": patterns}


if __name__ == "__main__":
    target = TARGETS[sys.argv.pop(1)]
    for language in (*LANGUAGES, None):
        record_of("*", language)  # a language, and langdetect, is loaded when it is first met: that is not to be timed
    os.environ["XDG_CACHE_HOME"] = "/dev/null"  # nothing of what is tried is worth keeping
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
