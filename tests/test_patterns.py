"""Plants every class of mistake in a patterns folder and looks for file, line, key and cure in the message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from timing import ROUNDS, seconds

import extract_deals as P

GOOD_LANGUAGE = """\
language: nl
name: Nederlands
function_words: [de, het, een, van, in, op, en, te, dat, met]
fragments:
  buys: koopt|verwerft
deals:
  - id: buys-firm
    match: '{buys}\\b.{0,40}'
    kind: acquisition
    examples:
      - {text: "Acme koopt Foo", kind: acquisition}
    not: ["Acme verkoopt Foo"]
"""
GOOD = {
    "companies": "companies:\n  - {name: Acme, aliases: [Acme Corporation], ticker: 'NASDAQ:ACME', wikidata: Q1}\n",
    "chips": "chips:\n  - {name: Z9, class: GPU, vendor: Acme}\n",
    "outlets": "outlets:\n  - {name: The Daily, country: NL}\n",
    "currencies": "codes: [EUR, USD]\nsigns:\n  EUR: ['€']\n",
    "places": "countries:\n  - {code: NL, names: {nl: [Nederland]}}\ncities:\n  - {names: [Delft], country: NL}\n",
    "people": "given_names: [Ada]\n",
    "forms": "legal_forms: [Inc]\nhead_words: [Labs]\nunit_words: [Cloud]\n",
    "nl": GOOD_LANGUAGE,
}


def runner(example: P.Example, language: str, patterns: Any) -> str | None:
    """A stand-in for the program's own: it knows one word."""
    hit = " koopt " in example.text
    if example.negative:
        return "found acquisition" if hit else None
    return P.unmet(example.expected, {"kind": "acquisition" if hit else None})


def write(folder: Path, **files: str | bytes) -> Path:
    for name, text in {**GOOD, **files}.items():
        (folder / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def check(folder: Path, compilers: Mapping[str, Any] | None = None) -> list[str]:
    return P.check_folder(folder, {"deals": runner}, dict, compilers or {})[0]


def test_good_folder_has_no_problems(tmp_path: Path) -> None:
    assert check(write(tmp_path)) == []


def planted(old: str, new: str) -> str:
    assert old in GOOD_LANGUAGE
    return GOOD_LANGUAGE.replace(old, new)


MISTAKES = [  # (planted text, line, key, what, cure)
    (planted("name: Ned", "nmae: Ned"), 2, "nmae", "unknown key", "did you mean name?"),
    (planted("name: Nederlands\n", ""), 1, "", "the key name is missing", "add name: a text"),
    (planted("language: nl", "language: fr"), 1, "language", "fr in a file called nl.yaml", "make the two the same"),
    (planted("te, dat", "on, dat"), 3, "function_words[7]", "YAML turns on into true or false", 'write "on" in quotes'),
    (planted("te, dat", "12:30, dat"), 3, "function_words[7]", "base 60", 'write "12:30" in quotes'),
    (planted("te, dat", "2025-10-06, dat"), 3, "function_words[7]", "into a date", 'write "2025-10-06" in quotes'),
    (planted("te, dat", "1_000, dat"), 3, "function_words[7]", "another number", 'write "1_000" in quotes'),
    (planted("te, dat", "0x1f, dat"), 3, "function_words[7]", "another number", 'write "0x1f" in quotes'),
    (planted("te, dat", "1e3, dat"), 3, "function_words[7]", "another number", 'write "1e3" in quotes'),
    (planted("te, dat", "~, dat"), 3, "function_words[7]", "no value at all", 'write "~" in quotes, or null'),
    (planted("te, dat", "null, dat"), 3, "function_words[7]", "null where a text is needed", "write a text"),
    (planted("te, dat", "360, dat"), 3, "function_words[7]", "the number 360 where a text is needed", 'in quotes: "360"'),
    (planted("te, dat", "true, dat"), 3, "function_words[7]", "truth value true where a text", 'in quotes: "true"'),
    (planted("te, dat", "'', dat"), 3, "function_words[7]", "an empty text", "write a text"),
    (planted("[de, het, een, van, in, op, en, te, dat, met]", "[de]"), 3, "function_words", "1 items where 10", "add"),
    (planted("[de, het, een, van, in, op, en, te, dat, met]", "de"), 3, "function_words", "the text 'de' where a list", "write a list"),
    (planted("[de, het, een, van, in, op, en, te, dat, met]", ""), 3, "function_words", "nothing stands after the colon", "write one"),
    (planted("name: Ned", "name: !!python/name:os.system Ned"), 2, "name", "the tag tag:yaml.org,2002:python/name:os.system", "delete"),
    (planted("name: Ned", "name: &x Ned"), 2, "name", "the anchor &x", "delete it"),
    (planted("name: Nederlands", "name: &x Ned\nsentences: *x"), 3, "sentences", "the alias *x", "write the value out"),
    (planted("deals:", "<<: {a: b}\ndeals:"), 6, "", "YAML turns << into an instruction", "in quotes"),
    (planted("deals:", "name: again\ndeals:"), 6, "name", "the key stands twice (first on line 2)", "keep one"),
    (planted("deals:", "---\ndeals:"), 6, "", "a second document", "delete the line ---"),
    (planted("name: Ned", "name: [Ned"), 3, "", "not YAML", "brackets"),
    (planted("name: Ned", "name: \x07Ned"), 2, "", "U+0007", "delete it"),
    (planted('text: "Acme koopt Foo"', "text: Acme, koopt Foo"), 11, "deals[0].examples[0].koopt Foo", "nothing stands", "in quotes"),
    (planted("{buys}", "{busy}"), 8, "deals[0].match", "no fragment is called {busy}", "did you mean buys?"),
    (planted("koopt|verwerft", "koopt|{buys}"), 5, "fragments.buys", "contain one another: buys -> buys", "take one of the uses out"),
    (planted("koopt|verwerft", "(koopt"), 5, "fragments.buys", "unterminated subpattern at position 0", "mend it there"),
    (planted("\\b.{0,40}", "("), 8, "deals[0].match", "<HERE>(", "mend it there"),
    (planted("\\b.{0,40}", "\\b[[a]"), 8, "deals[0].match", "nested set", "as \\["),
    (planted("{buys}\\b.{0,40}", "(?:{buys})?"), 8, "deals[0].match", "matches the empty text", "make some part of it required"),
    (planted("{buys}\\b.{0,40}", "(?:{buys})(?:a+)+!"), 8, "deals[0].match", "too slow", "bound the repeats"),
    (
        planted("kind: acquisition\n    ex", "kind: acqusition\n    ex"),
        9,
        "deals[0].kind",
        "'acqusition' is not known",
        "did you mean acquisition?",
    ),
    (planted("    kind: acquisition\n    ex", "    kind: acquisition\n    status: sigend\n    ex"), 10, "deals[0].status", "'sigend' is not known", "did you mean signed?"),
    (planted("    kind: acquisition\n    ex", "    kind: acquisition\n    or: {kind: lising}\n    ex"), 10, "deals[0].or.kind", "'lising' is not", "did you mean listing?"),
    (planted("    kind: acquisition\n    ex", "    kind: acquisition\n    payer: [{subject: x}]\n    ex"), 10, "deals[0].payer[0]", "a mapping where a text", "write a text"),
    (planted("    kind: acquisition\n    ex", "    kind: acquisition\n    or: {payee: object}\n    ex"), 10, "deals[0].or.payee", "the text 'object' where a list", "write a list"),
    (planted("    kind: acquisition\n    ex", "    kind: acquisition\n    weight: heavy\n    ex"), 10, "deals[0].weight", "the text 'heavy' where", "write a whole number"),
    (planted("id: buys-firm", "id: Buys Firm"), 7, "deals[0].id", "wrong form", "small letters, digits and single hyphens"),
    (planted('    not: ["Acme verkoopt Foo"]\n', ""), 7, "deals[0]", "the key not is missing", "add not: a list"),
    (planted('["Acme verkoopt Foo"]', "[]"), 12, "deals[0].not", "an empty list", "add"),
    (planted('["Acme verkoopt Foo"]', '["Acme koopt Foo"]'), 12, "deals[0].not[0]", "found acquisition", "mend the match or the example"),
    (planted('Foo", kind: acquisition', 'Foo", kind: listing'), 11, "deals[0].examples[0]", "kind is 'acquisition', not 'listing'", "mend"),
    (
        GOOD_LANGUAGE + GOOD_LANGUAGE[GOOD_LANGUAGE.index("  - id") :].replace("{buys}", "x{buys}"),
        13,
        "deals[1].id",
        "the id buys-firm is taken by deals[0] (line 7)",
        "give this rule another",
    ),
    (
        GOOD_LANGUAGE + GOOD_LANGUAGE[GOOD_LANGUAGE.index("  - id") :].replace("buys-firm", "other"),
        14,
        "deals[1].match",
        "the same match as deals[0] (line 7)",
        "join the rules",
    ),
]


@pytest.mark.parametrize(
    ("text", "line", "key", "what", "cure"), MISTAKES, ids=[f"{mistake[1]}-{mistake[2] or mistake[3]}" for mistake in MISTAKES]
)
def test_mistake_is_named(tmp_path: Path, text: str, line: int, key: str, what: str, cure: str) -> None:
    found = check(write(tmp_path, nl=text))
    start = f"{tmp_path / 'nl.yaml'}:{line}: {key + ': ' if key else ''}"
    hits = [problem for problem in found if problem.startswith(start) and what in problem and cure in problem.partition("; ")[2]]
    assert hits, found


SHARED_MISTAKES = [
    ("companies", "companies:\n  - {name: Acme, wikidata: 456}\n", 2, "companies[0].wikidata", "the number 456", 'in quotes: "456"'),
    (
        "companies",
        "companies:\n  - {name: Acme, wikidata: X1}\n",
        2,
        "companies[0].wikidata",
        "'X1' has the wrong form",
        "a Wikidata number",
    ),
    ("companies", "companies:\n  - {name: Acme, alias: [A]}\n", 2, "companies[0].alias", "unknown key", "did you mean aliases?"),
    (
        "companies",
        "companies:\n  - {name: Acme, country: NO, seat: [Oslo, no]}\n",
        2,
        "companies[0].country",
        "turns NO into",
        '"NO" in quotes',
    ),
    (
        "companies",
        "companies:\n  - name: Acme\n  - name: Bolt\n    aliases: [ACMÉ]\n",
        4,
        "",
        "means Bolt here and Acme at",
        "keep it in one",
    ),
    ("chips", "chips:\n  - {name: acme, class: GPU}\n", 2, "", "means acme here and Acme at", "keep it in one"),
    ("companies", b"companies:\n  - name: Caf\xe9\n", 2, "", "not UTF-8: byte 0xe9 at offset 24", "save the file as UTF-8"),
    ("companies", "", 1, "", "the file is empty", "fill it"),
    ("companies", "companies: " + "[" * 100_000, 1, "", "more than 24 levels deep", "flatten"),
    ("companies", "companies: []\n", 1, "companies", "an empty list", "fill it"),
    ("companies", "%YAML 1.1\n---\ncompanies: []\n", 1, "", "directive", "delete"),
    ("places", "cities: []\n", 1, "", "the key countries is missing", "add countries: a list"),
    ("places", "countries: []\ncities:\n  - {name: [Delft]}\n", 3, "cities[0].name", "unknown key", "did you mean names?"),
    ("forms", "legal_forms: [Inc, '(Ltd']\nhead_words: [Labs]\nunit_words: [Cloud]\n", 1, "legal_forms[1]", "not a regular expression", "mend it"),
    (
        "chips",
        "chips:\n  - {name: Z9, class: GPU, generic: maybe}\n",
        2,
        "chips[0].generic",
        "the text 'maybe' where true or false",
        "write true",
    ),
]


@pytest.mark.parametrize(("name", "text", "line", "key", "what", "cure"), SHARED_MISTAKES)
def test_shared_mistake_is_named(tmp_path: Path, name: str, text: str | bytes, line: int, key: str, what: str, cure: str) -> None:
    found = check(write(tmp_path, **{name: text}))
    start = f"{tmp_path / name}.yaml:{line}: {key + ': ' if key else ''}"
    assert [p for p in found if p.startswith(start) and what in p and cure in p.partition("; ")[2]], found


def test_all_problems_come_at_once_and_sorted(tmp_path: Path) -> None:
    bad = planted("name: Ned", "nmae: Ned").replace("{buys}", "{busy}")
    found = check(write(tmp_path, nl=bad, companies="companies:\n  - {nam: Acme}\n"))
    assert len(found) == 5
    assert [problem.split(":")[0].rpartition("/")[2] for problem in found] == ["companies.yaml"] * 2 + ["nl.yaml"] * 3


def test_folder_mistakes(tmp_path: Path) -> None:
    with pytest.raises(P.ExtractError, match="no such folder; give --patterns"):
        P.read_folder(tmp_path / "none")
    write(tmp_path)
    (tmp_path / "companys.yaml").write_text("a: b")
    (tmp_path / "it.yml").write_text("a: b")
    (tmp_path / "places.yaml").unlink()
    found = check(tmp_path)
    assert any("companys.yaml: neither" in p and "did you mean companies?" in p for p in found)
    assert any("it.yml" in p and "rename it" in p for p in found)
    assert any("places.yaml: no such file" in p for p in found)


@pytest.mark.parametrize(("old", "new", "what"), [("{buys}\\b.{0,40}", "{buys}(", "not a regular expression"), ("{buys}\\b", "{busy}\\b", "no fragment is called {busy}")])
def test_an_expression_that_does_not_compile_is_refused_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, what: str) -> None:
    """Not first by an article of that language; with a cache of an earlier run and without one."""
    write(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    P.load_patterns(tmp_path)
    write(tmp_path, nl=planted(old, new))
    for cache in (str(tmp_path / "cache"), str(tmp_path / "cache"), "/dev/null"):
        monkeypatch.setenv("XDG_CACHE_HOME", cache)
        with pytest.raises(P.ExtractError) as raised:
            P.load_patterns(tmp_path)
        assert raised.value.status == 2
        assert str(raised.value).startswith(f"{tmp_path / 'nl.yaml'}:8: deals[0].match: {what}") and "; " in str(raised.value)


@pytest.mark.parametrize(
    ("section", "text"),
    [("names", "[Acme]"), ("numbers", "{scales: many}"), ("money", "{currencies: {EUR: 5}}"), ("sentences", "{abbreviations: [a], before_number: 5}")],
)
def test_a_section_that_cannot_be_used_is_named(tmp_path: Path, section: str, text: str) -> None:
    """Sections without a shape of their own can hold anything: by the check, and by the articles of that language alone."""
    write(tmp_path, nl=planted("deals:", f"{section}: {text}\ndeals:"))
    assert any("nl.yaml" in problem and section in problem and "; " in problem for problem in P.check_patterns(tmp_path)[0])
    if section != "sentences":
        piece = P.Piece("a", "document", {"text": "Acme koopt Foo", "language": "nl"})
        outcome = P.process(piece, P.load_patterns(tmp_path), P.Job(tmp_path, P.Options()))
        assert outcome.failure and f"a: nl.yaml: {section}: cannot be used" in outcome.failure


def test_section_compiler_is_placed_at_its_rule(tmp_path: Path) -> None:
    def refuse(data: Any) -> None:
        raise ValueError("deals: rule 'buys-firm': no word of it; use another")

    assert check(write(tmp_path), {"deals": refuse}) == [
        f"{tmp_path / 'nl.yaml'}:7: deals[0]: deals: rule 'buys-firm': no word of it; use another"
    ]


@pytest.mark.parametrize("slow", [False, True], ids=["libyaml", "pure"])
def test_values_and_lines(tmp_path: Path, slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if slow:
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    path = tmp_path / "a.yaml"
    path.write_text("a: {b: [1, -2, 0.27, true, null, \"1\", 'no', nee]}\nc: |\n  on\n2: x\n")
    file = P.load_yaml(path, "patterns/a.yaml")
    assert file.problems == ()
    assert file.data == {"a": {"b": [1, -2, Decimal("0.27"), True, None, "1", "no", "nee"]}, "c": "on\n", 2: "x"}
    assert file.lines["c",] == 2
    assert file.lines["a", "b", 3] == 1
    assert file.lines[2,] == 4


@given(
    st.one_of(
        st.text("0123456789_.:-+eExobnaftTZ~=<", max_size=12),
        st.sampled_from(["yes", "No", "ON", "off", "TRUE", "Null", ".inf", ".NaN", "<<", "=", "0o7", "1."]),
    )
)
def test_nothing_yaml_changes_gets_through(value: str) -> None:
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (True, False)).rpartition(":")[2]
    found = P.PLAIN.fullmatch(value)
    kind = found.lastgroup if found else "str"
    assert tag == "str" or kind == "changed" or {"whole": "int", "decimal": "float", "flag": "bool", "nothing": "null"}[kind or ""] == tag


def test_fragments() -> None:
    known = {"a": "x|y", "b": "{a}{2,3}z", "double": "{d_a}{d_a}", "d_a": "q" * 50_000, "bomb": "{double}{double}{double}"}
    assert P.expand("{b}{4}[{a}]\\{a}", known) == "(?:(?:x|y){2,3}z){4}[{a}]\\{a}"
    with pytest.raises(P.ExtractError, match="did you mean double"):
        P.expand("{doubel}", known)
    with pytest.raises(P.ExtractError, match="longer than 200000"):
        P.expand("{bomb}", known)
    with pytest.raises(P.ExtractError, match="a -> b -> a; take"):
        P.expand("{a}", {"a": "{b}", "b": "{a}"})


EXPLODING = [
    r"(a+)+$", r"(a|a)*b", r"(\w+\s?)*x", r".*.*=x", r"\s+$", r"(?:\d+[.,]?)+ miljard", r"foo.*bar", r"(?<!\w)[\w ]+x", r"(?:[^x]+)+$",
    r"(?:[A-Z]\w+ ?)+ S\.A\.", r"(x+x+)+y", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(.*?,){11}P", r"a(?=.*x)", r"(?:.{0,60}x){0,5}y", r"((\w+\s?)*)*!",
    r"\bkoopt\b.*\bvan", r"(?:de )+x", r"(?<!\d)\d++(?:[.,]\d++)*+ ?euro",
]  # fmt: skip
SAFE = [
    r"(?<!\d)\d{1,20} miljard", r"(?<![\d.,])\d++(?:[.,]\d++)*+ ?euro", r"\bkoopt\b.{0,60}\bvan\b", r"(?<!\s)\s++$", r"\$\s*\d[\d.,]*\s*(?=mil)",
    r"(?<!\w)(?:[A-Z]\w{0,30} ){0,4}(?:Inc|Ltd)\b", r"\b(?:jan(?:uari)?|feb(?:ruari)?)\b\.?", r"a{1,3}b", r"(?<!\w)(?>\w+)(?<=x)y",
]  # fmt: skip


@pytest.mark.parametrize("pattern", EXPLODING)
def test_exploding_pattern_is_found(pattern: str) -> None:
    reason = P.explodes(pattern)
    assert reason
    assert " on " in reason


@pytest.mark.parametrize("pattern", SAFE)
def test_safe_pattern_passes(pattern: str) -> None:
    assert P.explodes(pattern) is None


def test_anchored_patterns_are_only_matched() -> None:
    assert P.explodes(r"\d+ ?miljard", anchored=True) is None
    assert P.explodes(r"(\d+)+ ?miljard", anchored=True)


def test_every_pump_is_a_growing_text() -> None:
    for pattern in (*EXPLODING, *SAFE):
        found = list(P.pumps(pattern))
        assert found and len(found) == len(set(found)) and all(piece for _, piece, _ in found)


def test_a_folder_of_patterns_is_checked_quickly() -> None:
    """Each pattern in less time than it takes to search as many texts of the longest kind as there may be of them."""
    words = ["koopt", "verkoopt", "investeert", "leent", "haalt op"]
    patterns = [rf"(?<!\w)(?:{'|'.join(words[: 2 + number % 4])})\b.{{0,60}}(?:x{number}|miljard)\b(?: (?:van|aan|in) (?:de|het|een))?" for number in range(8)]
    text = ("koopt x1 van de " * P.LONG_PROBE_LENGTH)[: P.LONG_PROBE_LENGTH]

    def search() -> None:
        for pattern in patterns:
            compiled = re.compile(pattern, re.IGNORECASE)
            for _ in range(P.MAX_PUMPS):
                compiled.findall(text)

    assert any(seconds(lambda: [P.explodes(pattern) for pattern in patterns]) < seconds(search) for _ in range(ROUNDS))
    assert not any(map(P.explodes, patterns))


def test_examples_and_capabilities(tmp_path: Path) -> None:
    write(tmp_path)
    examples = list(P.iter_examples(tmp_path))
    assert [(e.line, e.section, e.rule_id, e.text, dict(e.expected), e.negative) for e in examples] == [
        (11, "deals", "buys-firm", "Acme koopt Foo", {"kind": "acquisition"}, False),
        (12, "deals", "buys-firm", "Acme verkoopt Foo", {}, True),
    ]
    rows = P.capabilities(P.read_folder(tmp_path))
    assert {(row.value, row.counts["nl"]) for row in rows if row.section == "deals"} >= {("acquisition", 1), ("listing", 0)}
    table = P.capability_table(rows)
    assert re.search(r"^deals kind acquisition +1$", table, re.MULTILINE)
    assert re.search(r"^nl has nothing for .*deals kind: investment, funding_round", table, re.MULTILINE)


def test_forms_in_a_table_with_two_meanings(tmp_path: Path) -> None:
    text = GOOD_LANGUAGE + "dates:\n  months:\n    3: [maart, mrt.]\n    5: [mei, Maart]\n"
    assert any(":16: " in p and "'Maart' means 5 here and 3" in p for p in check(write(tmp_path, nl=text)))


@pytest.mark.parametrize("missing", ["examples", "not"])
def test_a_date_rule_shows_what_it_reads_and_what_not(tmp_path: Path, missing: str) -> None:
    shown = {"examples": '[{text: "in maart", value: "2025-03"}]', "not": '["in mei"]'}
    lines = [f"      {key}: {value}\n" for key, value in shown.items() if key != missing]
    rule = 'dates:\n  months: {3: [maart]}\n  rules:\n    - id: month\n      match: "{month}"\n' + "".join(lines)
    assert any(f"dates.rules[0]: the key {missing} is missing" in problem for problem in check(write(tmp_path, nl=GOOD_LANGUAGE + rule)))


def test_unmet() -> None:
    assert P.unmet({"value": Decimal("0.5"), "n": 3}, {"value": 0.5, "n": Decimal(3)}) is None
    assert P.unmet({"payer": ["Acme"]}, {"payer": ("Acme",)}) is None
    assert P.unmet({"currency": None}, {}) is None
    assert P.unmet({"stake": 1}, {"stake": None}) == "stake is null, not 1"
