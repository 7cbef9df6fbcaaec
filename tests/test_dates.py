"""Date mentions: every rule's examples, hand-worked tables, published dates, the missing reference, linear time."""
from __future__ import annotations

import datetime

import pytest
import yaml
from conftest import PATTERNS
from timing import grows_too_fast, seconds

import extract_deals as dates

LANGUAGES = tuple(c for c in ("ro", "it", "es", "en", "nl", "fr", "de", "pt") if (PATTERNS / f"{c}.yaml").exists())
DATA = {c: yaml.safe_load((PATTERNS / f"{c}.yaml").read_text("utf-8"))["dates"] for c in LANGUAGES}
GRAMMARS = {c: dates.compile_dates(DATA[c]) for c in LANGUAGES}
NEUTRAL = dates.compile_dates(None)
WEDNESDAY = datetime.date(2025, 12, 17)


def values(language, text, on=WEDNESDAY, claimed=()):
    return [m.value for m in dates.find_dates(text, GRAMMARS[language], on, claimed)]


SENTENCES = [
    ("en", "The supplier said on Tuesday it will open a plant in March, after a contract signed last October.", ["2025-12-16", "2026-03", "2025-10"]),
    ("en", "In November 2024 it raised money; the deal, reported in September, closes early next year.", ["2024-11", "2025-09", "2026"]),
    ("en", "It may march on in the second round; the sun sat low for four years.", []),
    ("en", "Over the next seven years and in the coming months, recently.", []),
    ("en", "The H100 and the Russell 2000 rose in 2025.", ["2025"]),
    ("en", "by 30/11/2025 and on 5/11/2025", ["2025-11-30", "2025-11-05"]),
    ("en", "on 11/5/2025", ["2025-11-05"]),
    ("en", "sales in 2024, 2025 and 2026", ["2024", "2025", "2026"]),
    ("ro", "Firma a anuntat luni, 15 decembrie, ca va investi; in ultimele luni a crescut.", ["2025-12-15"]),
    ("ro", "Marţi, în mai multe țări, s-a spus că în anul 2024 s-a semnat.", ["2025-12-16", "2024"]),
    ("it", "Lunedì ha detto che dal 2019 al 2024 e nell'ultimo trimestre dell'anno cresce.", ["2025-12-15", "2019/2024", "2025-36"]),
    ("es", "El pasado mes de octubre, hasta 2030 y desde alrededor de 2015; hoy en día no.", ["2025-10", "2030", "2015~"]),
    ("es", "Por la mañana subió; en los últimos años bajó.", []),
    ("nl", "Vandaag de dag; vorige week woensdag; tot 2032; de afgelopen jaren.", ["2025-12-10", "2032"]),
    ("fr", "Elle a été cédée; d'ici à 2030, dès l'été 2026; ces derniers mois.", ["2030", "2026-22"]),
    ("de", "Im Geschäftsjahr 2025/26, am 5.11.2025 und am Montagabend; in den kommenden Jahren.", ["2025/2026", "2025-11-05", "2025-12-15"]),
    ("pt", "Nesta terça-feira (16), a quarta maior; no dia 28; até 2030.", ["2025-12-16", "2025-11-28", "2030"]),
]

TOLD = [
    ("en", "It signed on Oct. 6, 2025. A day later it paid.", ["2025-10-06", "2025-10-07"]),
    ("en", "A day later it paid.", []),
    ("en", "It bought the firm in 2022 and shut it 18 months later.", ["2022"]),  # a year is too coarse to count months from
    ("en", "Sales fell in 2019 from a year earlier. They rose from a year earlier.", ["2019", "2018", "2024"]),
    ("it", "Aperta a giugno 2024 dopo la firma nel febbraio dello stesso anno", ["2024-06", "2024-02"]),
    ("de", "Bestand zum 31. Dezember 2023: 40 Lastwagen, im Jahr davor waren es neun", ["2023-12-31", "2022"]),
    ("nl", "Het team wordt donderdag 12 september bijgepraat.", ["2024-09-12"]),  # the year in which it falls on a Thursday
    ("es", "el trimestre de octubre a diciembre; el trimestre de noviembre a enero", ["2025-36", "2024-11/2025-01"]),
    ("ro", "un credit pe 24 de luni, semnat luni", ["2025-12-15"]),
]


@pytest.mark.parametrize(("language", "text", "expected"), [row for row in SENTENCES + TOLD if row[0] in GRAMMARS])
def test_sentences(language, text, expected):
    assert values(language, text) == expected


def test_spellings_of_one_date():
    for text in ("3\u00a0nov.\u00a02025", "3 novembre\u202f2025", "il 3 novembre\n2025"):
        assert values("it", text) == ["2025-11-03"]
    assert values("ro", "joi, 6 noiembrie 2025") == values("ro", "JOI, 6 NOIEMBRIE 2025") == ["2025-11-06"]
    if "es" in GRAMMARS:
        assert values("es", "mie\u0301rcoles") == values("es", "miercoles") == values("es", "miércoles") == ["2025-12-17"]


@pytest.mark.parametrize(("text", "value", "relative"), [
    ("in October", "XXXX-10", True), ("on Nov. 3", "XXXX-11-03", True), ("in the third quarter", "XXXX-35", True), ("on Monday", None, True),
    ("yesterday", None, True), ("last month", None, True), ("in October 2025", "2025-10", False), ("late 2026", "2026", False)])
def test_without_reference(text, value, relative):
    [mention] = dates.find_dates(text, GRAMMARS["en"], None)
    assert (mention.value, mention.relative) == (value, relative)


@pytest.mark.parametrize(("value", "first", "last"), [
    ("2025-10", "2025-10-01", "2025-10-31"), ("2026-35", "2026-07-01", "2026-09-30"), ("2026-41", "2026-07-01", "2026-12-31"),
    ("202X", "2020-01-01", "2029-12-31"), ("2026/2030", "2026-01-01", "2030-12-31"), ("2015~", "2015-01-01", "2015-12-31"),
    ("2026-24", "2026-12-01", "2027-02-28"), ("2024-02-29", "2024-02-29", "2024-02-29")])
def test_days_of_a_value(value, first, last):
    days = dates.edtf_days(value)
    assert days is not None and [d.isoformat() for d in days] == [first, last]


HEADERS = [
    ("nl", " date 2025-12-17 Het bedrijf meldde gisteren winst.", "2025-12-17"),
    ("en", "Chipmaker buys rival\nBy Jane Roe | 12 March 2026\nThe firm said so.", "2026-03-12"),
    ("en", "SAN FRANCISCO, Nov. 3, 2025 (Agency) - The firm said so.", "2025-11-03"),
    ("en", "Published: March 3, 2026 at 10:12 am\nThe firm said so.", "2026-03-03"),
    ("ro", "BUCUREȘTI, 5 noiembrie 2025 - Firma a spus.", "2025-11-05"),
    ("fr", "Publié le 3 mars 2026 à 10h12\nLa société a dit.", "2026-03-03"),
    ("fr", "Paris, le 3 mars 2026 – La société a dit.", "2026-03-03"),
    ("es", "Actualizado: 05/11/2025\nLa empresa dijo.", "2025-11-05"),
    ("es", "Madrid, 3 nov (Agencia).- La empresa dijo.", None),
    ("de", "Berlin, 5. November 2025 – Das Unternehmen teilte mit.", "2025-11-05"),
    ("en", "The firm agreed on 12 March 2026 to buy a rival for cash.", None),
    ("it", "L'accordo del 3 novembre 2025 prevede molto.", None)]


@pytest.mark.parametrize(("language", "text", "day"), [row for row in HEADERS if row[0] in GRAMMARS])
def test_published(language, text, day):
    found = dates.find_published(text, GRAMMARS[language])
    assert (found[0] if found else None) == day


def test_claimed_spans_are_not_read_again():
    text = "sold 2000 units in 2025"
    assert values("en", text, claimed=[(5, 9)]) == ["2025"]


def test_without_language():
    found = [m.value for m in dates.find_dates("2025-12-17, 31.12.2024, 2026-2030, 2019", NEUTRAL, WEDNESDAY)]
    assert found == ["2025-12-17", "2024-12-31", "2026/2030", "2019"]


@pytest.mark.parametrize("unit", ["1", "1.", "1. ", " ", "$", "a", "2025-", "2025 ", "of ", "October ", "in ", "the end of ", "Monday, ", "'25", "\n", "3/", "Q3", "-", "may "])
def test_linear_time(unit):
    def cost(size):
        text = (unit * (size // len(unit) + 1))[:size]
        return seconds(lambda: (dates.find_dates(text, GRAMMARS["en"], WEDNESDAY), dates.find_published(text, GRAMMARS["en"])))

    assert not grows_too_fast(cost, 5000, 1_000_000)


@pytest.mark.parametrize("entry", [
    {"id": "x", "match": "{month"}, {"id": "x", "match": "(a"}, {"id": "x", "match": "a)"}, {"id": "x", "match": "{nothing}"}, {"id": "x", "match": "({year})?"},
    {"id": "x", "match": "{year}", "colour": 1}, {"id": "x", "match": "{year}", "unit": "eon"}, {"id": "x", "match": "the of", "skip": True}])
def test_broken_rules_are_refused(entry):
    with pytest.raises(ValueError, match="dates: "):
        dates.compile_dates({"rules": [entry]})
