"""Accuracy on our own articles and on the five real ones, and what holds for every record: grounded, valid, the same every time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import floors
import jsonschema
import pytest
import scorer
from conftest import FIXTURES, SCRIPT, SHARED
from corpus import fixture_records, seed_records

import extract_deals

GOLD = scorer.read_gold(FIXTURES / "gold")
HELD = [(code, name, floor) for code, row in floors.FLOORS.items() for name, floor in row.items()]
SEEDS = pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="the five real articles are not in the repository (../shared/seeds)")


@pytest.fixture(scope="module")
def figures():
    return {code: board.figures() for code, board in floors.boards().items()}


# ---- accuracy


@pytest.mark.parametrize(("code", "name", "floor"), HELD)
def test_floor(figures, code, name, floor):
    assert figures[code].get(name, 0.0) >= floor - 1e-9


def test_every_field_of_every_language_has_a_floor(figures):
    assert {code: sorted(row) for code, row in figures.items()} == {code: sorted(row) for code, row in floors.FLOORS.items()}


def test_floors_are_only_raised():
    assert floors.raised({"xx": {"a": 0.5, "b": 0.9}}, {"xx": {"a": 0.777, "c": 0.29}}) == {"xx": {"a": 0.77, "b": 0.9, "c": 0.29}}
    assert floors.raised({}, {"xx": {"a": 1.0}}) == {"xx": {"a": 1.0}}


def test_four_styles_a_language():
    """At least four articles a language; one without any deal, one in a language without patterns."""
    count = {code: sum(gold["lang"] == code for gold in GOLD) for code in ("ro", "it", "es", "en", "nl", "fr", "de", "pt")}
    assert min(count.values()) >= 4
    assert any(not gold["deals"] for gold in GOLD)
    assert {gold["lang"] for gold in GOLD} - count.keys()
    for gold in GOLD:
        assert 120 <= len((FIXTURES / f"{gold['id']}.txt").read_text(encoding="utf-8").split()) <= 420, gold["id"]


NEEDED = {"amounts": 1.0, "amounts.modifier": 1.0, "amounts.role": 0.97, "parties": 1.0, "chips": 1.0, "dates": 1.0, "sources": 1.0,
          "sources.first": 1.0, "deals": 0.96, "deals.status": 0.96, "language": 1.0}  # fmt: skip


@SEEDS
@pytest.mark.parametrize("name", NEEDED)
def test_real_articles(name):
    found = scorer.score_all(scorer.read_gold(SHARED / "seeds" / "gold"), seed_records())
    where, _, _ = name.partition(".")
    assert found.figures()[name] >= NEEDED[name], found.fields[where].errors


# ---- the scorer itself


@pytest.mark.skipif(not (SHARED / "score.py").is_file(), reason="the project's own scorer is not in the repository (../shared/score.py)")
def test_our_scorer_is_the_projects(tmp_path):
    """On the fixtures, and on records that are wrong in every field."""
    sets = {"as made": list(fixture_records().values()), "broken": [broken(record) for record in fixture_records().values()]}
    for records in sets.values():
        (tmp_path / "r.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        command = [sys.executable, SHARED / "score.py", FIXTURES / "gold", tmp_path / "r.jsonl"]
        table = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[2:]
        theirs = {row.split()[0]: row.split()[-2] for row in table if "lenient" not in row}
        board = scorer.score_all(GOLD, {record["id"]: record for record in records})
        assert {name: f"{figure:.3f}" for name, figure in board.figures().items()} == theirs


def broken(record):
    """The record with every third item gone, every third one doubled and every third one changed."""
    made = json.loads(json.dumps(record))
    for name in scorer.FIELDS:
        items = made[name]
        changed = [{**item, "value": "1999" if name == "dates" else 5, "name": "Nobody", "kind": "other", "modifier": "approx", "first": True} for item in items[1::3]]
        made[name] = items[2::3] + items[2::3] + changed
    return made


@pytest.mark.parametrize(("gold", "said", "figure"), [
    ([{"value": 5, "currency": "EUR"}], [{"value": 5.0, "currency": "EUR"}], 1.0),
    ([{"value": 5, "currency": "EUR"}], [{"value": 5, "currency": "USD"}], 0.0),
    ([{"value": 5, "currency": "EUR"}], [], 0.0),
    ([], [], 1.0),
    ([{"value": 5, "currency": "EUR", "optional": True}], [{"value": 5, "currency": "EUR"}], 1.0),
    ([{"value": 5, "currency": "EUR"}] * 2, [{"value": 5, "currency": "EUR"}], 2 / 3),
    ([{"value": None, "modifier": "range", "low": 1, "high": 2, "currency": "EUR"}],
     [{"value": None, "modifier": "range", "low": 1, "high": 2, "currency": "EUR"}], 1.0),
])
def test_pairing(gold, said, figure):
    board = scorer.Board()
    scorer.pair(board, "amounts", gold, said, scorer.same_sum)
    assert board.fields["amounts"].f1 == pytest.approx(figure)


# ---- every record


def test_every_mention_is_that_slice_of_the_text():
    checked = 0
    for name, record in fixture_records().items():
        text = (FIXTURES / f"{name}.txt").read_bytes().decode("utf-8-sig")
        for mention in scorer.mentions({key: value for key, value in record.items() if key != "meta"}):
            assert text[mention["start"] : mention["end"]] == mention["text"]
            assert mention["text"].strip() == mention["text"] != ""
            checked += 1
    assert checked > 1000


@SEEDS
def test_every_mention_of_the_real_articles_is_that_slice():
    for name, record in seed_records().items():
        text = (SHARED / "seeds" / f"{name}.txt").read_bytes().decode("utf-8-sig")
        for mention in scorer.mentions({key: value for key, value in record.items() if key != "meta"}):
            assert text[mention["start"] : mention["end"]] == mention["text"]


def test_every_record_is_valid():
    schema = json.loads(subprocess.run([sys.executable, SCRIPT, "--schema"], capture_output=True, check=True).stdout)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    for record in fixture_records().values():
        validator(schema).validate(record)
        assert list(record) == list(schema["properties"])
    for wrong in ({"start": "0"}, {"end": None}, {"role": "nonsense"}, {"extra": 1}):
        record = json.loads(json.dumps(next(record for record in fixture_records().values() if record["amounts"])))
        record["amounts"][0].update(wrong)
        with pytest.raises(jsonschema.ValidationError):
            validator(schema).validate(record)


def test_names_in_deals_are_names_of_the_record():
    for name, record in fixture_records().items():
        parties = {party["name"] for party in record["parties"]}
        chips = {chip["name"] for chip in record["chips"]}
        sources = {source["name"] for source in record["sources"]}
        for deal in record["deals"]:
            assert {*deal["payer"], *deal["payee"]} <= parties, name
            assert set(deal["chips"]) <= chips, name
            assert set(deal["sources"]) <= sources, name


def test_the_same_bytes_every_time(tmp_path):
    """Two runs, two folders whose files were made in opposite orders, and three seeds of Python's hashes."""
    names = sorted(path.name for path in FIXTURES.glob("*.txt"))
    made = set()
    for number, order in enumerate((names, names[::-1])):
        folder = tmp_path / str(number) / "articles"
        folder.mkdir(parents=True)
        for name in order:
            shutil.copy(FIXTURES / name, folder / name)
        for seed in ("0", "1", "4242")[: 3 - number]:
            environment = {**os.environ, "PYTHONHASHSEED": seed}
            result = subprocess.run([sys.executable, SCRIPT, "articles"], cwd=folder.parent, env=environment, capture_output=True, check=True)
            assert result.stdout.count(b"\n") == len(names)
            made.add(result.stdout)
    assert len(made) == 1


def test_one_article_does_not_change_the_next():
    """Each fixture alone gives what it gives among the others, in either order."""
    patterns = extract_deals.load_patterns(extract_deals.default_patterns())
    options = extract_deals.Options()

    def lines(golds):
        texts = ((gold, (FIXTURES / f"{gold['id']}.txt").read_bytes().decode("utf-8-sig")) for gold in golds)
        articles = (extract_deals.Article(gold["id"], gold["id"], text, published=gold["reference_date"]) for gold, text in texts)
        return {article.id: extract_deals.record_line(extract_deals.extract(article, patterns, options), False) for article in articles}

    assert lines(GOLD) == lines(GOLD[::-1])
