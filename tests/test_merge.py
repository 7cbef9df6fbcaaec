"""Merging deals across articles: what is one deal, what is a disagreement, who pays whom in circles."""
from __future__ import annotations

import itertools
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_records import records_of
from timing import grows_too_fast, seconds

import extract_deals as program

HERE = Path(__file__).parent
SEEDS = HERE.parent.parent / "shared" / "seeds"
STORIES = HERE.parent / "fixtures" / "stories"
B = 10**9


def money(value: float | None, modifier: str | None = None, currency: str | None = "USD", low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"value": value, "currency": currency, "modifier": modifier, "low": low, "high": high}


def deal(payer: str, payee: str, amount: dict[str, Any] | None = None, kind: str = "investment", status: str = "in_talks", **more: Any) -> dict[str, Any]:
    names = lambda text: [name for name in text.split("+") if name]  # noqa: E731
    return {"kind": kind, "status": status, "payer": names(payer), "payee": names(payee), "amount": amount, "stake": None, "valuation": None,
            "date": None, "chips": [], "sources": [], "evidence": [{"text": "x", "start": 0, "end": 1}], **more}


def record(path: str, *deals: dict[str, Any], language: str = "en", published: str | None = None, sources: Any = (), parents: Any = ()) -> dict[str, Any]:
    names = {name for d in deals for name in d["payer"] + d["payee"]}
    parties = [{"name": n, "parent": dict(parents).get(n), "ticker": None, "wikidata": None, "mentions": []} for n in sorted(names)]
    return {"schema_version": 1, "id": path, "path": path, "language": language, "published": published, "deals": list(deals), "parties": parties,
            "sources": [{"name": n, "kind": k, "first": f, "acts": [], "mentions": []} for n, k, f in sources], "amounts": [], "chips": [], "dates": [],
            "meta": {}, "warnings": []}


def merged(*records: dict[str, Any]) -> list[dict[str, Any]]:
    return program.merge_records(records)


def fields(deals: list[dict[str, Any]]) -> list[list[str]]:
    return [[conflict["field"] for conflict in d["conflicts"]] for d in deals]


# ---- sums

COMPATIBLE = [(money(10 * B, "approx"), money(10 * B, "more_than")), (money(10 * B, "approx"), money(10 * B, "equal_or_more")),
              (money(10 * B), money(10 * B, "equal_or_less")), (money(10 * B), money(10.1 * B)), (money(None, "range", "USD", 8 * B, 12 * B), money(10 * B)),
              (money(10 * B, "more_than"), money(11 * B))]


@pytest.mark.parametrize("one, other", COMPATIBLE)
def test_sums_that_can_all_be_true_are_one_deal_without_conflict(one, other):
    [d] = merged(record("a", deal("A", "B", one)), record("b", deal("A", "B", other), language="it"))
    assert d["conflicts"] == [] and len(d["reports"]) == 2 and d["amount"] and d["languages"] == ["en", "it"]


def test_contradicting_sums_of_one_deal_are_told_apart_by_who_says_them():
    [d] = merged(record("a", deal("A", "B", money(4 * B, "more_than"), status="completed")),
                 *(record(x, deal("A", "B", money(8 * B, "equal_or_more"), status="completed"), language=x) for x in ("it", "es")))
    assert d["amount"] is None
    assert [c["text"] for c in d["conflicts"]] == ["amount: > 4 bn (en) against ≥ 8 bn (es, it)"]
    assert [(t["amount"]["value"], t["reports"], t["languages"]) for t in d["amounts"]] == [(8 * B, 2, ["es", "it"]), (4 * B, 1, ["en"])]


def test_a_conflict_within_one_language_names_the_articles():
    [d] = merged(record("a.txt", deal("A", "B", money(4 * B))), record("b.txt", deal("A", "B", money(5 * B))))
    assert d["conflicts"][0]["text"] == "amount: 4 bn (a.txt) against 5 bn (b.txt)"


def test_an_article_that_tells_both_sums_proves_two_deals():
    both = record("c", deal("A", "B", money(4 * B)), deal("A", "B", money(8 * B)))
    deals = merged(record("a", deal("A", "B", money(4 * B))), record("b", deal("A", "B", money(8 * B))), both)
    assert sorted(d["amount"]["value"] for d in deals) == [4 * B, 8 * B] and fields(deals) == [[], []]
    assert [len(d["reports"]) for d in deals] == [2, 2]


def test_what_an_article_says_twice_is_one_report():
    [d] = merged(record("a", deal("A", "B", money(10 * B, "approx"), evidence=[{"text": "p", "start": 5, "end": 6}]), deal("A", "B", money(10 * B, "more_than"))))
    assert len(d["reports"]) == 1 and [e["start"] for e in d["reports"][0]["evidence"]] == [0, 5]


def test_sums_of_another_order_or_time_are_other_deals():
    assert len(merged(record("a", deal("A", "B", money(1 * B))), record("b", deal("A", "B", money(10 * B))))) == 2
    old = record("a", deal("A", "B", money(2 * B), status="completed"), published="2023-10-01")
    assert len(merged(old, record("b", deal("A", "B", money(3 * B), status="completed"), published="2025-01-01"))) == 2


def test_currencies_are_not_compared():
    [d] = merged(record("a", deal("A", "B", money(10 * B))), record("b", deal("A", "B", money(9 * B, None, "EUR"))), record("c", deal("A", "B", money(10 * B))))
    assert d["amount"]["currency"] == "USD" and d["conflicts"] == [] and len(d["amounts"]) == 2


def test_a_telling_without_a_sum_joins_the_only_deal_it_can_be_about():
    [d] = merged(record("a", deal("A", "B", money(4 * B), status="completed")), record("b", deal("A", "B", money(None, "vague", None), status="completed")))
    assert len(d["reports"]) == 2 and d["amount"]["value"] == 4 * B
    three = [record("a", deal("A", "B", money(4 * B)), deal("A", "B", money(40 * B))), record("b", deal("A", "B"))]
    assert len(merged(*three)) == 3


def test_a_stake_alone_says_nothing_of_a_sum():
    deals = merged(record("a", deal("A", "B", money(13 * B, "more_than"), status="completed")), record("b", deal("A", "B", status="completed", stake=0.27)))
    assert len(deals) == 2


# ---- parties and kinds

UNITS = (("A Cloud", "A"), ("A Labs", "A"))


def test_a_unit_and_its_parent_are_one_party_but_two_units_are_not():
    [d] = merged(record("a", deal("B", "A", money(38 * B), "purchase")), record("b", deal("B", "A Cloud", money(38 * B), "purchase"), parents=UNITS))
    assert d["payee"] == ["A Cloud"] and d["parents"] == {"A Cloud": "A"}
    assert len(merged(record("a", deal("B", "A Labs", money(38 * B), "purchase"), parents=UNITS),
                      record("b", deal("B", "A Cloud", money(38 * B), "purchase"), parents=UNITS))) == 2


def test_the_direction_of_the_money_counts():
    assert len(merged(record("a", deal("A", "B", money(B))), record("b", deal("B", "A", money(B))))) == 2


def test_an_unnamed_side_joins_only_where_there_is_no_choice():
    [d] = merged(record("a", deal("A", "B", money(40 * B), "funding_round")), record("b", deal("", "B", money(40 * B), "funding_round")))
    assert d["payer"] == ["A"]
    assert len(merged(record("a", deal("A", "B", money(40 * B))), record("b", deal("C", "B", money(40 * B))), record("c", deal("", "B", money(40 * B))))) == 3


@pytest.mark.parametrize("one, other, count", [("investment", "funding_round", 1), ("acquisition", "investment", 1), ("investment", "purchase", 2), ("other", "purchase", 1)])
def test_kinds_that_newsrooms_mix_up(one, other, count):
    assert len(merged(record("a", deal("A", "B", money(5 * B), one)), record("b", deal("A", "B", money(5 * B), other)))) == count


# ---- time and status

def told(*steps: tuple[str | None, str]) -> list[dict[str, Any]]:
    return merged(*(record(f"r{i}", deal("A", "B", money(6 * B), status=status), published=day) for i, (day, status) in enumerate(steps)))


@pytest.mark.parametrize("steps, status, conflicts", [
    ([("2026-01-01", "in_talks"), ("2026-02-01", "signed"), ("2026-04-01", "completed")], "completed", []),
    ([("2026-01-01", "in_talks"), ("2026-02-01", "denied")], "denied", []),
    ([("2026-01-01", "signed"), ("2026-02-01", "denied")], "denied", []),
    ([("2026-01-01", "denied"), ("2026-01-03", "signed")], "signed", []),
    ([("2026-01-01", "denied"), ("2026-01-03", "in_talks")], "denied", []),
    ([("2026-01-01", "denied"), ("2026-03-03", "in_talks")], "in_talks", []),
    ([("2026-01-01", "denied"), ("2026-01-01", "in_talks")], "denied", ["status"]),
    ([(None, "denied"), (None, "in_talks")], "denied", ["status"]),
])  # fmt: skip
def test_status_is_the_furthest_along_by_date(steps, status, conflicts):
    [d] = told(*steps)
    assert d["status"] == status and [c["field"] for c in d["conflicts"]] == conflicts
    assert d["first_published"] == steps[0][0] and d["last_published"] == steps[-1][0]


def test_talks_long_after_the_deal_are_about_the_next_one():
    assert len(told(("2024-01-01", "completed"), ("2026-01-01", "in_talks"))) == 2
    assert len(told(("2024-01-01", "in_talks"), ("2026-01-01", "in_talks"))) == 2
    assert len(told(("2024-01-01", "completed"), ("2026-01-01", "completed"))) == 1


def test_dates_of_the_deal():
    same = lambda *dates: merged(*(record(d, deal("A", "B", money(6 * B), status="completed", date=d)) for d in dates))  # noqa: E731
    [d] = same("2025-10", "2025-10-06", "2025")
    assert (d["date"], d["from"], d["to"], d["conflicts"]) == ("2025-10-06", "2025-01-01", "2025-12-31", [])
    assert fields(same("2025-10", "2025-11")) == [["date"]]
    assert len(same("2019", "2021")) == 2
    assert len(same("not a date", "1/2/3")) == 1


# ---- who says so

def test_first_reports_sources_and_confirmations():
    says = lambda path, *names: record(path, deal("A", "B", money(B), sources=[n for n in names if n != "T"]), language=path,  # noqa: E731
                                       sources=[(n, "outlet" if n else "anonymous", n in ("T", "F")) for n in names])
    [d] = merged(says("en", "T", "R", None), says("it", "T"), says("ro", "F", "R"))
    assert d["first_reported_by"] == [{"name": "T", "reports": 2, "languages": ["en", "it"]}, {"name": "F", "reports": 1, "languages": ["ro"]}]
    assert d["conflicts"][0]["text"] == "first_reported_by: T (en, it) against F (ro)"
    assert d["confirmations"] == 3
    assert d["sources"] == [{"name": "R", "kind": "outlet", "reports": 2}, {"name": "F", "kind": "outlet", "reports": 1}, {"name": None, "kind": "anonymous", "reports": 1}]
    assert d["reports"][0]["sources"] == ["R", None]


def test_a_first_report_is_of_the_news_not_of_history():
    history, news = deal("A", "B", money(13 * B), status="completed"), deal("C", "B", money(B), evidence=[{"text": "x", "start": 9, "end": 10}])
    found = {d["payer"][0]: d["first_reported_by"] for d in merged(record("a", history, news, sources=[("T", "outlet", True)]))}
    assert found["A"] == [] and found["C"][0]["name"] == "T"
    [named] = merged(record("a", {**history, "sources": ["T"]}, sources=[("T", "outlet", True)]))
    assert named["first_reported_by"][0]["name"] == "T"


# ---- the whole of it

def test_per_deal_lines():
    line = record("a.txt", deal("A", "B", money(B)), deal("B", "C"), published="2026-01-02")
    lines = list(program.per_deal(line))
    assert [list(x)[:4] for x in lines] == [["path", "id", "language", "published"]] * 2
    assert lines[0]["payer"] == ["A"] and lines[0]["published"] == "2026-01-02" and json.dumps(lines)


def many() -> list[dict[str, Any]]:
    """A fixed muddle of records about few parties, where much nearly fits."""
    draw = random.Random(7)
    names = ["A", "A Cloud", "A Labs", "B", "C", ""]
    made = []
    for i in range(60):
        deals = [
            deal(*draw.sample(names, 2), draw.choice([None, money(draw.choice([4, 5, 8, 10, 11]) * B, draw.choice([None, "approx", "more_than", "equal_or_less"]))]),
                 draw.choice(["investment", "funding_round", "purchase", "other"]), draw.choice(program.STATUSES),
                 date=draw.choice([None, None, "2025-10", "2025", "2023"]), stake=draw.choice([None, None, 0.1]))
            for _ in range(draw.randint(0, 4))
        ]
        made.append(record(f"{i}", *deals, language=draw.choice(["en", "it"]), published=draw.choice([None, "2025-12-01", "2026-02-01", "2024-01-01"]), parents=UNITS))
    return made


@settings(max_examples=25, deadline=None)
@given(st.permutations(many()))
def test_the_order_of_the_input_does_not_matter(records):
    assert json.dumps(program.merge_records(records)) == json.dumps(program.merge_records(many()))


def test_every_telling_is_reported_once_and_only_once():
    records = many()
    told = {(r["id"], i) for r in records for i, _ in enumerate(r["deals"])}
    reports = [report["id"] for d in merged(*records) for report in d["reports"]]
    assert set(reports) == {article for article, _ in told} and len(reports) <= len(told)


def test_the_same_record_twice_counts_once():
    one = record("a", deal("A", "B", money(B)))
    assert merged(one, json.loads(json.dumps(one))) == merged(one)


def test_records_are_read_once_and_let_go():
    alive, most = set(), 0

    class Watched(dict):
        def __del__(self):
            alive.discard(id(self))

    def stream():
        nonlocal most
        for i in range(500):
            item = Watched(record(str(i)))
            alive.add(id(item))
            most = max(most, len(alive))
            yield item
            del item

    assert program.merge_records(stream()) == []
    assert most <= 3


def test_many_records_in_good_time():
    def many(count):
        return [record(str(i), deal("A", f"P{i % 300}", money((1 + i % 7) * B, "approx")), deal("Q", "OpenStar", money((i % 2000 + 1) * 10**6)))
                for i in range(count)]  # fmt: skip

    deals = program.merge_records(iter(many(3000)))
    assert sum(len(d["reports"]) for d in deals) == 6000
    records = {count: many(count) for count in (375, 3000)}
    assert not grows_too_fast(lambda count: seconds(lambda: program.merge_records(iter(records[count]))), 375, 3000)


def test_a_chain_of_contradictions_is_not_one_deal():
    deals = merged(*(record(str(i), deal("A", "B", money(2**i * B))) for i in range(8)))
    assert len(deals) == 8
    assert len(merged(*(record(str(i), deal("A", "B", money((4 + i) * B))) for i in range(4)))) == 1


def test_hostile_numbers_and_very_many_sums():
    odd = [0, -5, 10**400, 1e308, 0.01, 3]
    assert len(merged(*(record(str(i), deal("A", f"B{i}", money(value))) for i, value in enumerate(odd)))) == 6
    assert "".join(program.report_html(merged(record("a", deal("A", "B", money(10**400)))), []))


def test_very_many_sums_of_one_deal():
    def reports(count):
        told = [record(str(i), deal("A", "B", money(1.03 ** (i % 700) * 1e6 * (1 + i / 1e6)))) for i in range(2 * count // 3)]
        return [*told, *(record(f"s{i}", deal("A", "B")) for i in range(count // 3))]

    assert sum(len(d["reports"]) for d in merged(*reports(3000))) == 3000
    records = {count: reports(count) for count in (375, 3000)}
    assert not grows_too_fast(lambda count: seconds(lambda: merged(*records[count])), 375, 3000)


# ---- circles and graphs

def circles(*deals: dict[str, Any], parents: Any = ()) -> list[list[str]]:
    found = merged(*(record(str(i), d, parents=parents) for i, d in enumerate(deals)))
    return sorted({tuple(circle) for d in found for circle in d["circular"]})


def buys(payer: str, payee: str) -> dict[str, Any]:
    return deal(payer, payee, money(B), "purchase", "signed")


def test_money_that_comes_back_to_the_investor_or_its_unit():
    assert circles(deal("A", "B", money(B)), buys("B", "A")) == [("A", "B", "A")]
    assert circles(deal("A", "B", money(B)), buys("B", "A Cloud"), parents=UNITS) == [("A", "B", "A Cloud")]
    assert circles(deal("A", "B", money(B)), buys("B", "C"), buys("C", "D"), buys("D", "A")) == [("A", "B", "C", "D", "A")]


def test_what_is_no_circle():
    assert circles(buys("A", "B"), buys("B", "A")) == []  # trade
    assert circles(deal("A", "B", money(B), status="denied"), buys("B", "A")) == []
    assert circles(deal("A", "A Cloud", money(B)), parents=UNITS) == []
    assert circles(deal("A", "B", money(B)), *itertools.starmap(buys, itertools.pairwise("BCDEA"))) == []  # too long a way


def test_a_circle_is_named_once_whoever_invests():
    assert len(circles(deal("A", "B", money(B)), deal("B", "A", money(2 * B)))) == 1


NASTY = 'Evil "Corp" \\ <b>#1; --> {x}\n`'


def test_dot_and_mermaid():
    deals = merged(record("a", deal("A", "B", money(10 * B, "more_than"))), record("b", buys("B", "A Cloud"), parents=UNITS), record("c", deal(NASTY, "B", stake=0.27, status="denied")))
    dot, mmd = program.graph_text(deals, "dot"), program.graph_text(deals, "mmd")
    assert dot.startswith("digraph deals {\n") and dot.endswith("}\n")
    assert re.search(r'n0 -> n2 \[label="> 10 bn USD \(in_talks\)", style=dashed, color=red', dot)
    assert '"Evil \\"Corp\\" \\\\ <b>#1; --> {x} `"' in dot
    assert mmd.startswith("flowchart LR\n") and '-.->|"#62; 10 bn USD (in_talks)"|' in mmd and '["Evil #34;Corp#34; #92; #60;b#62;#35;1; --#62; {x} #96;"]' in mmd
    assert "27 % (denied)" in mmd and "linkStyle" in mmd
    assert program.graph_text([], "dot") and program.graph_text([], "mmd")


# ---- real stories, as annotated

def shown(d: dict[str, Any]) -> tuple[Any, ...]:
    amount = d["amount"] or {}
    return d["kind"], "+".join(d["payer"]), "+".join(d["payee"]), amount.get("value"), d["status"], len(d["reports"])


@pytest.mark.skipif(not (SEEDS / "gold").is_dir(), reason="the seed articles are not here")
def test_the_seeds():
    deals = program.merge_records(made for made, _ in records_of(SEEDS / "gold", SEEDS))
    by = {shown(d)[:3]: d for d in deals if d["stake"] is None}
    talks = by["investment", "Amazon", "OpenAI"]
    assert shown(talks)[3:] == (10 * B, "in_talks", 5) and talks["languages"] == ["en", "es", "it", "nl", "ro"]
    assert [(f["name"], f["reports"]) for f in talks["first_reported_by"]] == [("The Information", 3), ("Financial Times", 1)]
    assert [c["field"] for c in talks["conflicts"]] == ["first_reported_by"]
    assert talks["circular"] == [["Amazon", "OpenAI", "Amazon Web Services"]]
    assert shown(by["purchase", "OpenAI", "Amazon Web Services"])[3:] == (38 * B, "signed", 4)
    assert shown(by["investment", "Microsoft", "OpenAI"])[3:] == (13 * B, "completed", 3)
    assert shown(by["share_sale", "", "OpenAI"])[3:] == (6.6 * B, "completed", 3)
    claude = by["investment", "Amazon", "Anthropic"]
    assert claude["amount"] is None and [c["text"] for c in claude["conflicts"]] == ["amount: > 4 bn (en) against ≥ 8 bn (es, it)"]
    assert len(deals) == 11


@pytest.mark.parametrize("story", sorted(STORIES.glob("merged-*.json")), ids=lambda path: path.stem)
def test_stories_as_annotated_merge_as_annotated(story):
    wanted = json.loads(story.read_text(encoding="utf-8"))
    made = [r for r, _ in records_of(STORIES / "gold", STORIES) if r["id"] in wanted["articles"]]
    deals = program.merge_records(made)
    assert len(deals) == len(wanted["deals"])
    for want in wanted["deals"]:
        [d] = [d for d in deals if (d["kind"], d["payer"], d["payee"], (d["amount"] or {}).get("value")) == (want["kind"], want["payer"], want["payee"], want["value"])]
        assert (d["status"], d["languages"], len(d["reports"])) == (want["status"], want["languages"], want["reports"])
        assert [c["field"] for c in d["conflicts"]] == want["conflicts"]
        assert [f["name"] for f in d["first_reported_by"]] == want["first_reported_by"]
        assert bool(d["circular"]) == want["circular"]
