"""Hostile and odd input through the whole program: always a valid, grounded record or one clear error, in time that grows with the text."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
import os
import re
import subprocess
import sys
import unicodedata

import jsonschema
import pytest
import scorer
from conftest import FIXTURES, PATIENCE, PATTERNS, SCRIPT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_reading import ANY_BYTES, JSON
from timing import ROUNDS, grows_too_fast, seconds

import extract_deals
from extract_deals import Article, Job, Limits, Options

EXAMPLES = int(os.environ.get("EXTRACT_DEALS_EXAMPLES", "150"))
PUMPS = int(os.environ.get("EXTRACT_DEALS_PUMPS", "2"))  # of each pattern; 120 for all
THOROUGH = bool(os.environ.get("EXTRACT_DEALS_THOROUGH"))
LENIENT = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
TEXTS = {path.stem: path.read_bytes().decode("utf-8-sig") for path in sorted(FIXTURES.glob("*.txt"))}
LANGUAGES = sorted(path.stem for path in PATTERNS.glob("??.yaml"))
DAY = Options(reference_date="2025-12-17")


@functools.cache
def patterns():
    return extract_deals.load_patterns(PATTERNS)


@functools.cache
def validator():
    schema = extract_deals.json_schema()
    return jsonschema.validators.validator_for(schema)(schema)


def record_of(text, language=None, options=DAY):
    line = extract_deals.record_line(extract_deals.extract(Article("p", "i", text, language=language), patterns(), options))
    return json.loads(line, parse_constant=pytest.fail)


def check(record, text):
    """Valid against the schema; every mention is that slice; nothing that JSON readers choke on."""
    validator().validate(record)
    for mention in scorer.mentions({key: value for key, value in record.items() if key != "meta"}):
        assert text[mention["start"] : mention["end"]] == mention["text"] != ""
    for name in ("amounts", "dates"):
        spans = [(item["start"], item["end"]) for item in record[name]]
        assert spans == sorted(spans)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


# ---- any text


WORDS = sorted({word for text in TEXTS.values() for word in re.findall(r"\S+", text)})
NEWS = st.lists(st.sampled_from(WORDS) | st.sampled_from(["\n", "\n\n", "\u00a0", "\u202f", "\u2011", "“", "”", "—", "\u0301", "\u200b"]), max_size=60).map(" ".join)


@LENIENT
@given(text=st.text() | NEWS | st.builds("".join, st.lists(NEWS | st.text(max_size=10), max_size=4)), language=st.sampled_from([None, "xx", *LANGUAGES]))
def test_any_text_gives_a_record(text, language):
    record = record_of(text, language)
    check(record, text)
    assert record_of(text, language) == record


@settings(LENIENT, max_examples=max(20, EXAMPLES // 2))
@given(data=st.data(), name=st.sampled_from(sorted(TEXTS)))
def test_any_piece_of_an_article_gives_a_record(data, name):
    """Articles cut anywhere, with something strange put in."""
    text = TEXTS[name]
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    at = data.draw(st.integers(start, end))
    text = text[start:at] + data.draw(st.text(max_size=5)) + text[at:end]
    check(record_of(text), text)


@LENIENT
@given(data=ANY_BYTES | JSON.map(lambda value: json.dumps({"text": value}).encode()), suffix=st.sampled_from([".txt", ".json", ".jsonl"]))
def test_any_bytes_give_records_or_failures(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"anything{suffix}"
    path.write_bytes(data)
    job = Job(PATTERNS, DAY, Limits())
    outcomes = [extract_deals.process(piece, patterns(), job) for piece in extract_deals.read_pieces([str(path)], job.limits)]
    assert outcomes
    for outcome in outcomes:
        assert outcome.made or outcome.failure
        assert "please report" not in (outcome.failure or "")
        for line in outcome.lines.splitlines():
            validator().validate(json.loads(line, parse_constant=pytest.fail))


@pytest.mark.parametrize("digits", [28, 34, 40, 400])
def test_a_number_of_too_many_digits_is_no_sum(digits):
    """What a Decimal does not hold exactly raised in the search for cents."""
    text = f"It costs $ {'7' * digits} 50 or 3 dollars."
    record = record_of(text, "en")
    check(record, text)
    assert [item["value"] for item in record["amounts"]] == [3]


# ---- what must not change a record


NEUTRAL = {"en": "The sky over the harbour stayed grey.", "nl": "De lucht boven de haven bleef grijs.", "it": "Il cielo sopra il porto restava grigio.",
           "es": "El cielo sobre el puerto seguía gris.", "ro": "Cerul de deasupra portului era gri.", "fr": "Le ciel restait gris au-dessus du port.",
           "de": "Der Himmel über dem Hafen blieb grau.", "pt": "O céu sobre o porto continuava cinzento.", "sv": "Himlen var grå."}  # fmt: skip


def essence(record):
    """All but what belongs to the text as a whole."""
    return {key: value for key, value in record.items() if key not in ("id", "path", "language_confidence")}


@pytest.mark.parametrize("name", TEXTS)
def test_a_sentence_without_mentions_changes_nothing(name):
    text = TEXTS[name].rstrip()
    language = record_of(text)["language"]
    longer = f"{text}\n\n{NEUTRAL[language]}\n"
    assert essence(record_of(longer)) == essence(record_of(text))


def spelled_alike(value):
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFC", value).split())
    if isinstance(value, list):
        return [spelled_alike(item) for item in value]
    if isinstance(value, dict):
        return {key: spelled_alike(item) for key, item in value.items() if key not in ("start", "end", "id", "path", "language_confidence")}
    return value


@pytest.mark.parametrize("name", TEXTS)
def test_spellings_of_one_text(name):
    """Composed and decomposed letters; other spaces; other line ends."""
    text = TEXTS[name]
    plain = spelled_alike(record_of(unicodedata.normalize("NFC", text)))
    assert spelled_alike(record_of(unicodedata.normalize("NFD", text))) == plain
    for old, new in ((" ", "\u00a0"), ("\n", "\r\n")):
        assert spelled_alike(record_of(text.replace(old, new))) == plain


def test_any_wrapping_gives_the_same_records(tmp_path):
    """The fixtures as files, as gzip, as JSON Lines, as an array, on standard input."""
    documents = [{"text": text} for text in TEXTS.values()]
    lines = "".join(json.dumps(document) + "\n" for document in documents).encode()
    (tmp_path / "files").mkdir()
    (tmp_path / "packed").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "files" / f"{name}.txt").write_bytes(text.encode())
        (tmp_path / "packed" / f"{name}.txt.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps(documents, indent=1).encode()))
    made = []
    for arguments in (["files"], ["packed"], ["a.jsonl"], ["a.json.gz"], ["-"], ["files", "-j2"]):
        command = [sys.executable, SCRIPT, *arguments]
        result = subprocess.run(command, input=lines if "-" in arguments else b"", cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=True)
        assert result.stderr == b""
        made.append([{**json.loads(line), "path": ""} for line in result.stdout.splitlines()])
    assert len(made[0]) == len(TEXTS)
    assert all(records == made[0] for records in made)


# ---- long texts are read in parts


@pytest.mark.parametrize("name", list(TEXTS)[::5])
def test_parts_give_one_record(name, monkeypatch):
    """Nothing is lost, doubled or out of place where an article is read in parts."""
    text = "\n\n".join([TEXTS[name]] * 3)
    whole = record_of(text)
    monkeypatch.setattr(extract_deals, "PART", len(TEXTS[name]))
    spans = list(extract_deals.part_spans(text))
    assert "".join(text[start:end] for start, end in spans) == text
    record = record_of(text)
    check(record, text)
    assert {(a["start"], a["end"]) for a in record["amounts"]} == {(a["start"], a["end"]) for a in whole["amounts"]}
    assert all(record[key] == whole[key] for key in ("language", "published", "reference_date", "warnings"))
    for key in ("parties", "chips", "sources"):
        names = [item["name"] for item in record[key]]
        assert len(names) == len(set(names))
    assert {party["name"] for party in record["parties"]} >= {name for deal in record["deals"] for name in deal["payer"] + deal["payee"]}


@pytest.mark.parametrize("text", ["", "x", "ab " * 50, "x" * 1000, "\u0301" * 500, "One. Two.\n" * 40])
def test_parts_hold_the_text(text, monkeypatch):
    monkeypatch.setattr(extract_deals, "PART", 100)
    spans = list(extract_deals.part_spans(text))
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(0 < end - start <= 100 for start, end in spans) or text == ""
    check(record_of(text, "en"), text)


def test_reading_ends_after_very_many_mentions(monkeypatch):
    """The record says how far it was read, and so does standard error."""
    text = "Acme bought Foo Labs for $1. " * 1000
    monkeypatch.setattr(extract_deals, "PART", 2900)
    monkeypatch.setattr(extract_deals, "MOST_FOUND", 1500)
    record = record_of(text, "en")
    check(record, text)
    assert len(record["amounts"]) == 300
    assert record["warnings"] == ["read only to character 8700 of 29000: more than 1500 mentions; split the text into articles"]
    piece = extract_deals.Piece("feed.jsonl:1", "document", {"text": text, "language": "en"})
    outcome = extract_deals.process(piece, patterns(), Job(PATTERNS, DAY))
    assert outcome.made and outcome.failure == f"feed.jsonl:1: {record['warnings'][0]}"


# ---- time that grows with the text


def cost(make, language):
    """The seconds that one article of so many characters takes; a language is loaded when it is first met, which is not to be timed."""
    patterns().language(language)
    return lambda size: seconds(functools.partial(extract_deals.extract, Article("p", "i", make(size), language=language), patterns(), DAY))


def growth(make, language, size=2000):
    """`grows_too_fast` of one article, within one of the parts in which long texts are read."""
    return grows_too_fast(cost(make, language), size, extract_deals.PART)


CLASSICS = ["1", "1.", "1,", "1 ", " ", "\n", "\t", "a", "A", "A ", "Aa ", '"', "“", "'", "’", "$", "€ ", "$1 ", "1 $", "% ", "5% ", "-", "–", ".", ". ", "...", "(", "(a) ", "[",
            "de de de ", "of the ", "and ", "billion ", "1 billion dollars ", "1 miliard de dolari ", "Amazon ", "Amazon, ", "OpenAI and ", "Amazon buys OpenAI ",
            "Amazon invests $1 billion in OpenAI. ", "company ", "the company said ", "Mr. ", "Inc. ", "S.p.A. ", "a.b.", "Foo Labs, ", "October ", "2025-", "2025 ",
            "in October ", "on Monday ", "Reuters ", "according to ", "H100 ", "\u200b", "a\u0301", "\u0301", "\u202e", "ש ", "中", "😀", "\ufffd", "\x00", "ſ", "İ", "ŉ", "\u00ad",
            "U.S. ", "Acme Bolt Labs (ABL), ABL, ", "http://a.b/ ", "<p>", "&amp; ", "{", "\\", "100.000.000 ", "1/2/", "O'Neil's ", "to to ", "between 5 and ", "from 1 to ", "x-y-"]  # fmt: skip


def repeated(piece):
    return lambda size: (piece * (size // len(piece) + 1))[:size]


@pytest.mark.parametrize("piece", CLASSICS, ids=ascii)
def test_time_is_linear(piece):
    """In one language each, in turn; in all of them where time does not matter."""
    for language in LANGUAGES if THOROUGH else [LANGUAGES[CLASSICS.index(piece) % len(LANGUAGES)]]:
        ratio = growth(repeated(piece), language)
        assert not ratio, f"{language}: twice the text takes {ratio:.1f} times as long"


DENSE = ["bought Firm{} Inc. from ", "Firm{0} Inc. raised ${0} million. ", "Company{} Labs, ", "Maria Bos{} said "]  # all different


def numbered(form):
    return lambda size: "".join(form.format(n) for n in range(size // len(form)))[:size]


@pytest.mark.skipif(not THOROUGH, reason="takes an hour: 10 MB of each; set EXTRACT_DEALS_THOROUGH=1")
@pytest.mark.parametrize("piece", [*CLASSICS, *DENSE], ids=ascii)
def test_ten_megabytes(tmp_path, piece):
    """Of anything: within a minute on one core, below 1 GB. What holds more mentions than MOST_FOUND is read as far as that, which is said."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": (numbered if piece in DENSE else repeated)(piece)(10_000_000)}, ensure_ascii=False))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9)); resource.setrlimit(resource.RLIMIT_CPU, (60, 60))"
    code = f"{limit}; import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import extract_deals; sys.exit(extract_deals.main())"
    command = [sys.executable, "-c", code, "a.jsonl", "--language", "en", "-o", "out"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=1200, check=False)
    lines = result.stderr.decode().splitlines()
    if result.returncode == 1 and extract_deals.UNREAD in lines[0]:
        [warning] = [w for w in json.loads((tmp_path / "out").read_text())["warnings"] if extract_deals.UNREAD in w]
        assert lines == [f"extract_deals: a.jsonl:1: {warning}"]
    else:
        assert (result.returncode, lines) == (0, []) or "NUL" in lines[0] or "is empty" in lines[0]


@pytest.mark.parametrize("form", DENSE)
def test_many_names(form):
    """All different: what is done for each name must not look through all the others."""
    assert not growth(numbered(form), "en", size=20_000)


def test_very_many_names_in_one_sentence():
    """A hundred thousand, and else as many as take two parts."""
    many = 100_000 if THOROUGH else 40_000
    text = ", ".join(f"Company{n} Labs" for n in range(many))
    record = extract_deals.extract(Article("p", "i", text, language="en"), patterns(), DAY)
    assert len(record.parties) > many - 10  # a name may lie across the end of a part


def test_long_article_of_ordinary_prose():
    text = "\n".join(text for name, text in TEXTS.items() if name.startswith("en"))
    assert not growth(repeated(text), "en")


def test_language_is_told_of_a_bounded_part():
    """Ten times the text costs less than twice: a fixed part is looked at."""
    copies = {size: extract_deals.reading_copy("a b c " * size) for size in (50_000, 500_000)}

    def taken(size):
        return min(seconds(lambda: extract_deals.detect_language(copies[size], patterns().heads)) for _ in range(3))

    assert any(taken(500_000) < 2 * max(taken(50_000), 0.001) for _ in range(ROUNDS))


def pumped(language):
    """Hostile texts made from the patterns of a language file: (where, prefix, piece, suffix)."""
    file = extract_deals.read_folder(PATTERNS)[language]
    for route, pattern, regex in extract_deals.iter_regexes(file.data, extract_deals.LANGUAGE_FILE):
        if regex.part:
            continue
        found = list(extract_deals.pumps(regex.wrap % extract_deals.expand(pattern, extract_deals.fragments_for(file.data, route, regex))))
        step = max(1, len(found) // PUMPS)
        for pump in found[::step][:PUMPS]:
            yield extract_deals.route_text(route), *pump


@pytest.mark.parametrize("language", LANGUAGES)
def test_pumped_patterns(language):
    """Each pattern's own worst texts, through the whole program: first at one length, and where that takes long, at two.

    Long is what takes twenty times as long as prose does, on the same machine at the same time.
    """
    prose = "\n".join(text for name, text in TEXTS.items() if name.startswith(language))
    slow, size, usual = [], 3000, cost(repeated(prose), language)
    usual(size)
    for where, prefix, piece, suffix in pumped(language):

        def make(size, prefix=prefix, piece=piece, suffix=suffix):
            return prefix + piece * (size // len(piece)) + suffix

        if (taken := cost(make, language)(size)) > 0.02 and taken > 20 * usual(size) and (ratio := growth(make, language)):
            slow.append(f"{where}: {ratio:.1f} times for twice {prefix!r} + {piece!r} * n + {suffix!r}")
    assert not slow
