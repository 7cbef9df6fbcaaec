#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["langdetect>=1.0.9", "python-dateutil>=2.8.2", "pyyaml>=6.0"]
# ///
"""Extract amounts, parties, AI chips, dates, sources and deals from news articles in many languages, as JSON Lines.

    python extract_deals.py articles/                     a record an article, on standard output
    python extract_deals.py feed.jsonl -o records.jsonl   one file in, one file out, whole or not at all
    cat article.txt | python extract_deals.py -           one article from standard input
    python extract_deals.py --help                        everything else

What it knows of languages, companies, chips and outlets lies in patterns/, one YAML file a language; the README shows how to add to it.
The file follows an article on its way: the record that comes out, the patterns, reading, the language, the mentions (amounts, names,
dates, sources), the deals between them, merging across articles, writing, the command line.
"""

from __future__ import annotations

import argparse
import array
import binascii
import bisect
import contextlib
import datetime
import errno
import functools
import gc
import importlib
import io
import itertools
import json
import marshal
import math
import os
import re
import signal
import stat
import sys
import time
import types
import typing
import unicodedata
import warnings
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from functools import partial
from itertools import chain, compress
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, NoReturn, Protocol, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from dateutil.relativedelta import relativedelta

__version__ = "0.1.0"
PROGRAM = "extract_deals"
T = TypeVar("T", bound=Any)


# A module that many runs do without is imported where it is used.


_SHA = "_sha2" if sys.version_info >= (3, 12) else "_sha256"


def sha256(data: bytes) -> bytes:
    """As in hashlib, which would load OpenSSL: that takes as long as half an article. The standard `random` goes the same way."""
    try:
        module: Any = importlib.import_module(_SHA)
    except ImportError:
        module = importlib.import_module("hashlib")
    return bytes(module.sha256(data).digest())


class ExtractError(Exception):
    """What went wrong and what to do about it, in a line (or several) for the user; `status` is the exit status it leads to."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


# ---- plain data ------------------------------------------------------------------------------------------------------------------
#
# What the dataclasses of the standard library do, in the little that this program needs of it: they write and compile six functions for
# each class at every start, 0.5 ms a class, and load `inspect` for it; here a class gets one function, when its first item is made.


def field(*, default_factory: Callable[[], Any]) -> Any:
    """The default of a field that each item has for itself, such as an empty dictionary."""
    return _Fresh(default_factory)


class _Fresh(NamedTuple):
    make: Callable[[], Any]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def plain(*, frozen: bool = True, order: bool = False) -> Callable[[type[T]], type[T]]:
    """Make a class of plain data of the annotations in its body: slots, an initializer, items that are equal where their values are.

    That nobody changes a frozen item, mypy sees to; here it means that items can be keys. `order`: items can be sorted.
    """
    def made(kind: type[T]) -> type[T]:
        body = {key: value for key, value in vars(kind).items() if key not in ("__dict__", "__weakref__")}
        names = tuple(body.get("__annotations__", ()))
        body["_defaults"] = {name: body.pop(name) for name in names if name in body}
        body.update(__slots__=names, __match_args__=names, _fields=names, __init__=_first_init, __eq__=_same, __reduce__=_kind_and_values)
        body.setdefault("__repr__", _shown_fields)
        body.setdefault("__hash__", _hash if frozen else None)
        if order:
            body["__lt__"] = _less
        return cast("type[T]", type(kind.__name__, kind.__bases__, body))

    return made


def _first_init(self: Any, *values: Any, **named: Any) -> None:
    """Write the initializer of a class at the first item that is made of it, and use it."""
    kind = type(self)
    defaults = kind._defaults
    head = ", ".join(f"{name}=_{name}" if name in defaults else name for name in kind._fields)
    body = [f"self.{name} = _{name}.make() if {name} is _{name} else {name}" if type(defaults.get(name)) is _Fresh
            else f"self.{name} = {name}" for name in kind._fields]  # fmt: skip
    if hasattr(kind, "__post_init__"):
        body.append("self.__post_init__()")
    space = {f"_{name}": value for name, value in defaults.items()}
    exec(f"def __init__(self{head and ', '}{head}):\n " + "\n ".join(body or ["pass"]), space)
    kind.__init__ = space["__init__"]
    kind.__init__(self, *values, **named)


def _values(item: Any) -> tuple[Any, ...]:
    return tuple([getattr(item, name) for name in item._fields])


def _same(one: Any, other: object) -> Any:
    return one is other or _values(one) == _values(other) if type(one) is type(other) else NotImplemented


def _less(one: Any, other: object) -> Any:
    return _values(one) < _values(other) if type(one) is type(other) else NotImplemented


def _hash(item: Any) -> int:
    return hash(_values(item))


def _shown_fields(item: Any) -> str:
    return f"{type(item).__qualname__}({', '.join(f'{name}={getattr(item, name)!r}' for name in item._fields)})"


def _kind_and_values(item: Any) -> tuple[Any, ...]:
    """What pickle needs to make the item again."""
    return type(item), _values(item)


def replace(item: T, **changes: Any) -> T:
    """A copy of an item with some fields changed."""
    return cast("T", type(item)(**{**{name: getattr(item, name) for name in item._fields}, **changes}))


def expression(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression of the program's own that is compiled when it is first used."""
    made = Expression(pattern, flags)
    _EXPRESSIONS.append(made)
    return cast("re.Pattern[str]", made)


_EXPRESSIONS: list[Expression] = []  # in the order of the file
_METHODS = ("match", "search", "fullmatch", "finditer", "findall", "sub")


class Expression:
    """What stands for a regular expression until it is used: then its methods are those of the compiled expression, and cost no more.

    `kept` are the arguments with which the engine of `re` makes it without reading the pattern again, as `marshal` writes them.
    """

    __slots__ = (*_METHODS, "flags", "kept", "pattern")

    def __init__(self, pattern: str, flags: int, kept: bytes = b"") -> None:
        self.pattern = pattern
        self.flags = flags
        self.kept = kept

    def __getattr__(self, name: str) -> Any:
        made = self.compiled()
        for method in _METHODS:
            setattr(self, method, getattr(made, method))
        self.kept = b""
        return getattr(made, name)

    def compiled(self) -> re.Pattern[str]:
        """The expression as `re` has it. The engine checks what was kept before it accepts it."""
        if not self.kept:
            return re.compile(self.pattern, self.flags)
        code, *groups = marshal.loads(self.kept)
        made = importlib.import_module("_sre").compile(self.pattern, self.flags, array.array("I", code).tolist(), *groups)
        return cast("re.Pattern[str]", made)


# ---- the record ------------------------------------------------------------------------------------------------------------------

SCHEMA_VERSION = 1
MODIFIERS = ("approx", "more_than", "less_than", "equal_or_more", "equal_or_less", "range", "vague")  # as in TimeML's TIMEX3 mod
ROLES = ("investment", "acquisition", "funding_round", "share_sale", "purchase", "financing", "listing", "valuation", "market_cap",
         "revenue", "profit", "loss", "spending", "cost", "price", "fine", "other")  # fmt: skip
DEAL_KINDS = ("investment", "acquisition", "funding_round", "share_sale", "purchase", "financing", "listing", "other")
STATUSES = ("in_talks", "planned", "signed", "completed", "denied")
SOURCE_KINDS = ("outlet", "company", "person", "anonymous")
ACTS = ("first_reported", "reported", "confirmed", "denied", "stated")

Number = int | float


@plain()
class Span:
    """A mention: `text` is exactly the article's code points from `start` to `end` (exclusive)."""

    text: str
    start: int
    end: int


@plain()
class Sum:
    """A deal's sum or valuation, in whole units of an ISO 4217 currency; `low` and `high` are the bounds that the modifier states."""

    value: Number | None
    currency: str | None
    modifier: Literal[MODIFIERS] | None  # type: ignore[valid-type]
    low: Number | None
    high: Number | None


@plain()
class Amount:
    """A mention of money. `currency_implied`: the mention leaves the currency out, the article makes it clear."""

    text: str
    start: int
    end: int
    value: Number | None
    currency: str | None
    currency_implied: bool
    modifier: Literal[MODIFIERS] | None  # type: ignore[valid-type]
    low: Number | None
    high: Number | None
    role: Literal[ROLES]  # type: ignore[valid-type]
    rule: str | None


@plain()
class Party:
    """A company or organisation under its canonical name, with all its mentions."""

    name: str
    parent: str | None
    ticker: str | None
    wikidata: str | None
    mentions: tuple[Span, ...]
    rule: str | None


@plain()
class Chip:
    """A chip product, family or class."""

    name: str
    vendor: str | None
    class_: str | None
    mentions: tuple[Span, ...]
    rule: str | None


@plain()
class Date:
    """A date mention: `value` in EDTF (ISO 8601-2), `from_` and `to` the first and last day it covers."""

    text: str
    start: int
    end: int
    value: str | None
    from_: str | None
    to: str | None
    relative: bool
    rule: str | None


@plain()
class Source:
    """Who the article says the news comes from; `name` is None for unnamed people."""

    name: str | None
    kind: Literal[SOURCE_KINDS]  # type: ignore[valid-type]
    first: bool
    acts: tuple[Literal[ACTS], ...]  # type: ignore[valid-type]
    mentions: tuple[Span, ...]
    rule: str | None


@plain()
class Deal:
    """Who pays whom, how much, how far along it is, who says so; money flows from `payer` to `payee`."""

    kind: Literal[DEAL_KINDS]  # type: ignore[valid-type]
    status: Literal[STATUSES]  # type: ignore[valid-type]
    payer: tuple[str, ...]
    payee: tuple[str, ...]
    amount: Sum | None
    stake: float | None
    valuation: Sum | None
    date: str | None
    chips: tuple[str, ...]
    sources: tuple[str | None, ...]
    evidence: tuple[Span, ...]
    rule: str | None


@plain()
class Record:
    """All that one article says: one line of output."""

    schema_version: int
    id: str
    path: str
    language: str | None
    language_confidence: float | None
    published: str | None
    reference_date: str | None
    amounts: tuple[Amount, ...]
    parties: tuple[Party, ...]
    chips: tuple[Chip, ...]
    dates: tuple[Date, ...]
    sources: tuple[Source, ...]
    deals: tuple[Deal, ...]
    meta: dict[str, Any]
    warnings: tuple[str, ...]


def record_line(record: Record, explain: bool = False) -> str:
    """One line of JSON for a record, without its line end; `rule` (the pattern behind an item) only with `explain`."""
    return (_EXPLAINING if explain else _PLAIN).encode(record)


def _fields_of(item: Any, explain: bool) -> dict[str, Any]:
    kind: Any = type(item)
    keys, values = _readers(kind, explain)
    return dict(zip(keys, values(item), strict=True))


@functools.cache
def _readers(kind: Any, explain: bool) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The JSON keys of a kind of item, and what gets their values from one in a single call."""
    known = [(slot, key) for slot, key in _keys(kind) if explain or key != "rule"]
    return tuple(key for _, key in known), attrgetter(*(slot for slot, _ in known))


@functools.cache
def _keys(kind: Any) -> tuple[tuple[str, str], ...]:
    """Slot and JSON key of each field: Python's keywords carry an underscore here and none there."""
    return tuple((name, name.rstrip("_")) for name in kind._fields)


# Nothing in a record holds itself, so the encoder need not look out for that.
_encoder = partial(json.JSONEncoder, ensure_ascii=False, allow_nan=False, separators=(", ", ": "), check_circular=False)
_PLAIN = _encoder(default=lambda item: _fields_of(item, False))
_EXPLAINING = _encoder(default=lambda item: _fields_of(item, True))


def json_line(value: Any) -> str:
    """One line of JSON for what was JSON before."""
    return _PLAIN.encode(value)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one output line, made from the classes above."""
    definitions: dict[str, Any] = {}
    top = _schema_of(Record, definitions)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "extract_deals record", **top, "$defs": definitions}


def _schema_of(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    properties = {key: _type_schema(hints[slot], definitions) for slot, key in _keys(kind)}
    if kind is Record:
        properties["schema_version"] = {"const": SCHEMA_VERSION}
    return {"type": "object", "properties": properties, "required": [key for key in properties if key != "rule"], "additionalProperties": False}


def _type_schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return {"enum": [value for arg in args for value in (arg if isinstance(arg, tuple) else (arg,))]}
    if origin is tuple:
        return {"type": "array", "items": _type_schema(args[0], definitions)}
    if origin is dict:
        return {"type": "object"}
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_type_schema(arg, definitions) for arg in args]}
    if hasattr(hint, "_fields"):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = _schema_of(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return {"type": {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}[hint]}


# ---- patterns: the shape of the files --------------------------------------------------------------------------------------------


Route = tuple[str | int, ...]  # the keys and list positions that lead to a value, e.g. ("deals", 3, "match")
Lines = dict[Route, int]  # the line, from 1, on which each value's key (or list item) stands


@plain()
class Text:
    """A text; `form` is a regular expression that all of it must match and `hint` says the same in words."""

    form: str = ""
    hint: str = "a text"


@plain()
class Regex:
    """A regular expression of the patterns folder.

    `slots` are named pieces that the engine supplies beside the file's fragments; `anchored` expressions are only ever tried
    where a literal was found, never searched for; a `part` (a fragment) is compiled but need not be safe on its own. `wrap` is what
    the engine puts around it, with %s where it goes, so that what is measured is what runs.
    """

    slots: Mapping[str, str] = field(default_factory=dict)
    anchored: bool = False
    part: bool = False
    wrap: str = "%s"


@plain()
class Whole:
    """A whole number, within bounds where given (inclusive)."""

    low: int | None = None
    high: int | None = None


@plain()
class NumberShape:
    """A whole number or a decimal fraction (loaded as int or Decimal)."""


@plain()
class Flag:
    """true or false."""


@plain()
class OneOf:
    """One of a few values; with `capability` each value becomes a row of the capability table."""

    values: tuple[str | int | None, ...]
    capability: bool = False


@plain()
class ListOf:
    """A list with `least` or more items of one shape."""

    item: Shape
    least: int = 1


@plain()
class MapOf:
    """A mapping whose keys are free within the shape `key`, e.g. a word of the language to its value.

    `forms` says which side holds surface forms of the language ("keys" or "values"): the other side is what they mean.
    """

    value: Shape
    key: Shape = Text()
    least: int = 1
    forms: str = ""


@plain()
class Keys:
    """A mapping with known keys. `forms` names the keys that hold surface forms, `meaning` the key that says what they mean."""

    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)
    forms: tuple[str, ...] = ()
    meaning: str = ""
    capability: tuple[str, ...] = ()  # keys that become rows of the capability table


@plain()
class Either:
    """Any one of several shapes; complaints come from the option of the same kind (list, mapping, plain) as the value."""

    options: tuple[Shape, ...]


@plain()
class Anything:
    """No shape of its own; mappings with `match` beside `id` or `examples` inside it are still held to be rules.

    `regex` is what their matches are (None: not regular expressions), `capabilities` the values of their fields that become rows of
    the capability table, `fields` what further fields must be, also where an alternative stands inside a rule.
    """

    regex: Regex | None = None
    capabilities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, Shape] = field(default_factory=dict)

    def field_shape(self, key: object) -> Shape:
        """What a field of a rule, or of its alternative, must be."""
        if (known := self.capabilities.get(str(key))) is not None:
            return OneOf(tuple(known))
        return self.fields.get(str(key)) or replace(self, regex=None)


Shape = Text | Regex | Whole | NumberShape | Flag | OneOf | ListOf | MapOf | Keys | Either | Anything

KEBAB = Text(r"[a-z0-9]+(?:-[a-z0-9]+)*", "small letters, digits and single hyphens, e.g. paid-for-stake")
LANGUAGE_CODE = Text(r"[a-z]{2}", "a language code of two small letters (ISO 639-1), e.g. nl")
COUNTRY = Text(r"[A-Z]{2}", "a country code of two capitals (ISO 3166-1), e.g. NL")
EXPECTED: Shape = Either(
    (OneOf((None,)), Text(), NumberShape(), Flag(), ListOf(Either((Text(), NumberShape(), OneOf((None,)))), least=0), Anything())
)


def rule(
    yields: Mapping[str, Shape],
    optional: Mapping[str, Shape] | None = None,
    *,
    expects: Mapping[str, Shape] | None = None,
    match: Shape | None = None,
) -> Keys:
    """The shape of a rule: id, match, what it yields, examples, and the texts in which it must find nothing.

    `yields` are its required further keys, `optional` the others; `expects` are the fields an example may hold beside its text
    (default: those that the rule yields); `match` is the shape of its match (default: a searched regular expression).
    """
    fields = dict(expects) if expects is not None else dict.fromkeys((*yields, *(optional or {})), EXPECTED)
    examples = ListOf(Keys({"text": Text()}, fields))
    common: dict[str, Shape] = {"id": KEBAB, "match": match or Regex(), "examples": examples, "not": ListOf(Text())}
    return Keys({**common, **yields}, optional or {})


# How the cue sections' matches are tried: as whole words.
CUE = Regex(wrap=r"(?<!\w)(?:%s)(?!\w)")
FORMS = ListOf(Text(), least=0)
CUE_FIELDS: dict[str, Shape] = {
    **dict.fromkeys(("payer", "payee", "source", "who"), FORMS), "weight": Whole(), **dict.fromkeys(("first", "leads", "light", "rejects"), Flag()),
}  # fmt: skip
WHOLE_OR_WORD = Either((Whole(), Text()))
DATE_RULE = rule(
    {},
    {
        "unit": OneOf(("day", "week", "weekend", "month", "quarter", "half", "year", "decade"), capability=True),
        "shift": WHOLE_OR_WORD,
        "look": OneOf(("past", "ahead", "before", "after", "this"), capability=True),
        "year_shift": Whole(),
        "nth": Whole(),
        "span": Flag(),
        "approx": Flag(),
        "skip": Flag(),
        "base": OneOf(("told", "told-or-now")),
        "before": Regex(anchored=True),
        "not_before": Regex(anchored=True),
    },
    match=Text(hint="words, ( | ), ? and {slots}"),  # the section's own templates, which its compiler checks
    expects={"value": EXPECTED, "from": EXPECTED, "to": EXPECTED, "relative": Flag(), "reference": Text(), "text_found": Text()},
)
DATE_TABLE = MapOf(FORMS, key=WHOLE_OR_WORD, forms="values")
DATES = Keys(
    {},
    {
        **dict.fromkeys(("months", "weekdays", "seasons", "ordinals", "numbers", "day_words", "units"), DATE_TABLE),
        **dict.fromkeys(("capital", "shy", "ahead", "behind", "behind_first", "clauses", "published", "bylines"), FORMS),
        **dict.fromkeys(("ordinal_suffixes", "decade_suffixes", "quarter_letters", "half_letters", "fiscal_letters"), FORMS),
        "reference": Text(r"\d{4}-\d\d-\d\d", 'a date in quotes, e.g. "2025-12-17"'),
        "numeric_order": OneOf(("dmy", "mdy")),
        "noun_capitals": Flag(),
        "words": MapOf(FORMS),
        "anchors": Anything(),
        "unit_plurals": Anything(),
        "rules": ListOf(DATE_RULE),
    },
    capability=("months", "weekdays", "seasons", "ordinals", "numbers", "day_words", "units", "quarter_letters", "half_letters", "rules"),
)
# What each file of patterns/ holds. A section that stands as Anything() is free but for its rules.
LANGUAGE_FILE = Keys(
    required={
        "language": LANGUAGE_CODE,
        "name": Text(),
        "function_words": ListOf(Text(), least=10),
    },
    optional={
        "diacritics_optional": Flag(),
        "sentences": Keys({}, {"abbreviations": FORMS, "before_number": FORMS}),
        "fragments": MapOf(Regex(part=True), key=Text(r"[a-z_]+", "small letters and _, as in {name}")),
        "numbers": Anything(Regex(anchored=True)),
        "money": Anything(Regex(anchored=True), {"modifier": MODIFIERS}),
        "dates": DATES,
        "names": Anything(CUE),
        "sources": Anything(CUE, {"act": ACTS, "kind": SOURCE_KINDS}, CUE_FIELDS),
        "roles": Anything(CUE, {"role": (*ROLES, "stake")}, CUE_FIELDS),
        "deals": Anything(CUE, {"kind": (*DEAL_KINDS, "same")}, {**CUE_FIELDS, "status": OneOf(STATUSES), "otherwise": OneOf(ROLES)}),
        "status": Anything(CUE, {"status": STATUSES}, CUE_FIELDS),
    },
)
COMPANY = Keys(
    {"name": Text()},
    {
        "aliases": FORMS,
        "weak": FORMS,
        "parent": Text(),
        "ticker": Text(r"[A-Z]+:[A-Z0-9.\-]+", "exchange, colon, symbol, e.g. NASDAQ:AMZN"),
        "wikidata": Text(r"Q\d+", "a Wikidata number, e.g. Q456157"),
        "country": COUNTRY,
        "seat": FORMS,
        "led_by": FORMS,
        "makes": FORMS,
        "kinds": FORMS,
        "ambiguous": Flag(),
    },
    forms=("name", "aliases", "weak"),
    meaning="name",
)
CHIP = Keys(
    {"name": Text(), "class": Text()},
    {
        "aliases": FORMS,
        "weak": FORMS,
        "vendor": Text(),
        "family": Text(),
        **{name: Flag() for name in ("generic", "system", "ambiguous", "needs_vendor")},
    },
    forms=("name", "aliases", "weak"),
    meaning="name",
)
OUTLET = Keys(
    {"name": Text()},
    {"aliases": FORMS, "weak": FORMS, "owner": Text(), "country": COUNTRY, "agency": Flag(), "ambiguous": Flag()},
    forms=("name", "aliases", "weak"),
    meaning="name",
)
CODE = Text(r"[A-Z]{3}", "an ISO 4217 code, e.g. EUR")
MODIFIER_RULE = rule(
    {"modifier": OneOf(MODIFIERS)},
    {"position": OneOf(("before", "after", "apart")), "unless_level": Flag()},
    expects=dict.fromkeys(("value", "currency", "modifier", "low", "high"), EXPECTED),
    match=Regex(anchored=True),
)
CURRENCIES = Keys(
    {"codes": ListOf(CODE), "signs": MapOf(ListOf(Text()))},
    {
        "codes_with_scale_only": ListOf(CODE),
        "codes_never": ListOf(CODE),
        "glued_only": FORMS,
        "minor_signs": MapOf(ListOf(Text())),
        "groups": MapOf(Keys({"default": CODE}, {"contrast": FORMS, "others": MapOf(ListOf(Text()), key=CODE)})),
        "modifiers": ListOf(MODIFIER_RULE),
    },
)
BY_LANGUAGE = MapOf(FORMS, key=LANGUAGE_CODE, least=0)
COUNTRY_NAMES = Keys({"code": COUNTRY, "names": MapOf(ListOf(Text()), key=LANGUAGE_CODE)}, {"adjectives": BY_LANGUAGE, "nationals": BY_LANGUAGE})
CITY = Keys(
    {"names": ListOf(Text())},
    {"country": COUNTRY, "kind": OneOf(("region",)), "ambiguous": FORMS, "adjectives": BY_LANGUAGE, "nationals": BY_LANGUAGE},
)
SHARED_FILES: Mapping[str, Shape] = {
    "companies": Keys({"companies": ListOf(COMPANY)}),
    "chips": Keys({"chips": ListOf(CHIP)}),
    "outlets": Keys({"outlets": ListOf(OUTLET)}),
    "currencies": CURRENCIES,
    "places": Keys({"countries": ListOf(COUNTRY_NAMES, least=0), "cities": ListOf(CITY, least=0)}),
    "people": Keys({"given_names": FORMS}),
    "forms": Keys(
        {"legal_forms": ListOf(Regex(anchored=True)), "head_words": ListOf(Text()), "unit_words": ListOf(Text())},
        {"group_words": ListOf(Text())},
    ),
}
# Files whose surface forms share one space: one form must not mean a company and a chip, but a house may be company and outlet.
FORM_SPACES = (("companies", "chips"), ("outlets",))


# ---- patterns: strict loading ----------------------------------------------------------------------------------------------------


@plain(order=True)
class Problem:
    """One mistake in a patterns file: where it stands (line from 1), under which key, what is wrong and what to do."""

    file: str
    line: int
    key: str
    what: str
    cure: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return f"{where}{self.key + ': ' if self.key else ''}{self.what}; {self.cure}"


@plain()
class PatternFile:
    """One loaded file: `data` of dict, list, str, int, Decimal, bool and None; the line of each value; what was refused."""

    path: str
    data: Any
    lines: Lines
    problems: tuple[Problem, ...]

    def problem(self, route: Route, what: str, cure: str) -> Problem:
        """A problem at the value that `route` leads to, or at the nearest one above it that has a line."""
        known = next((route[:n] for n in range(len(route), 0, -1) if route[:n] in self.lines), ())
        return Problem(self.path, self.lines.get(known, 1), route_text(route), what, cure)


MAX_FILE_BYTES = 16_000_000  # a hundred times the largest file that ships; a patterns folder is read whole into memory
MAX_DEPTH = 24
TOO_DEEP = (f"more than {MAX_DEPTH} levels deep", "flatten it")  # what is wrong, and what to do
UNPRINTABLE = expression(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # YAML 1.1, section 5.1
# What a text without quotes becomes. Only the first four are taken; "changed" is everything else that YAML 1.1 or 1.2 readers
# turn into a number, a date, a truth value or nothing (YAML 1.1 types int, float, bool, null, timestamp, merge; YAML 1.2 10.3.2).
PLAIN = expression(
    r"""(?P<whole>-?(?:0|[1-9][0-9]{0,39}))
      | (?P<decimal>-?(?:0|[1-9][0-9]{0,39})\.[0-9]{1,40})
      | (?P<flag>true|false)
      | (?P<nothing>null)
      | (?P<changed> (?P<truth>yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|True|TRUE|False|FALSE)
                   | (?P<none>~|Null|NULL|)
                   | (?P<time>[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)
                   | (?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?)
                   | (?P<number>[-+]?(?:0[xo][0-9a-fA-F_]+|0b[01_]+|\.?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?
                                |\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN))
                   | (?P<sign>=|<<))""",
    re.VERBOSE,
)
CHANGED = {
    "truth": "true or false",
    "none": "no value at all",
    "time": "a number in base 60",
    "date": "a date",
    "number": "another number than it looks",
    "sign": "an instruction to the YAML reader",
}


def route_text(route: Route) -> str:
    """The route as people write it: deals[3].match (list positions from 0)."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in route).lstrip(".")


class _Builder:
    """Turns the events of one YAML file into data, noting lines and problems; it never resolves tags, aliases or types by itself."""

    __slots__ = ("event", "lines", "name", "problems", "yaml")

    def __init__(self, text: str, name: str) -> None:
        self.yaml = importlib.import_module("yaml")  # not needed where what it reads was kept by an earlier run
        loader: Any = getattr(self.yaml, "CSafeLoader", self.yaml.SafeLoader)
        self.event: Callable[[], Any] = loader(text).get_event
        self.name = name
        self.lines: Lines = {}
        self.problems: list[Problem] = []

    def refuse(self, event: Any, route: Route, what: str, cure: str) -> None:
        self.problems.append(Problem(self.name, event.start_mark.line + 1, route_text(route), what, cure))

    def document(self) -> Any:
        """The only document of the file, None where it is empty."""
        self.event()  # the start of the stream
        start = self.event()
        if isinstance(start, self.yaml.StreamEndEvent):
            self.refuse(start, (), "the file is empty", "fill it or delete it")
            return None
        if start.version or start.tags:
            self.refuse(start, (), "a % directive", "delete the line")
        data = self.node(self.event(), ())
        self.event()  # the end of the document
        more = self.event()
        if not isinstance(more, self.yaml.StreamEndEvent):
            self.refuse(more, (), "a second document begins here", "keep one document a file: delete the line ---")
        return data

    def node(self, event: Any, route: Route) -> Any:
        kind = type(event)
        if kind is self.yaml.AliasEvent:
            self.refuse(event, route, f"the alias *{event.anchor}", "write the value out (no aliases in patterns files)")
            return None
        if event.anchor is not None:
            self.refuse(event, route, f"the anchor &{event.anchor}", "delete it (no aliases in patterns files)")
        if event.tag is not None:
            self.refuse(event, route, f"the tag {event.tag}", "delete it (no tags in patterns files); a text goes in quotes")
        if kind is self.yaml.ScalarEvent:
            return self.scalar(event, route)
        if len(route) >= MAX_DEPTH:
            line = event.start_mark.line + 1
            raise ExtractError(str(Problem(self.name, line, "", *TOO_DEEP)))
        return self.mapping(route) if kind is self.yaml.MappingStartEvent else self.sequence(route)

    def scalar(self, event: Any, route: Route) -> Any:
        value = event.value
        if event.style:  # in quotes or a block; plain is "" or None
            return value
        found = PLAIN.fullmatch(value)
        if found is None:
            return value
        kind = found.lastgroup
        if kind == "whole":
            return int(value)
        if kind == "decimal":
            return Decimal(value)
        if kind == "flag":
            return value == "true"
        if kind == "changed":
            self.changed(event, route, found)
            return value
        return None

    def changed(self, event: Any, route: Route, found: re.Match[str]) -> None:
        value = event.value
        if not value:
            cure = "write one or delete the key; inside {…} a comma ends a text, so a text with a comma goes in quotes"
            self.refuse(event, route, "nothing stands after the colon", cure)
            return
        made = next(words for name, words in CHANGED.items() if found[name] is not None)
        cure = f'write "{value}" in quotes' + ("" if value != "~" else ", or null")
        if found["truth"] is not None:
            cure += ", or true or false where that is meant"
        if found["number"] is not None:
            cure += ", or the number in plain digits"
        self.refuse(event, route, f"YAML turns {value} into {made}", cure)

    def sequence(self, route: Route) -> list[Any]:
        items: list[Any] = []
        while type(event := self.event()) is not self.yaml.SequenceEndEvent:
            here = (*route, len(items))
            self.lines[here] = event.start_mark.line + 1
            items.append(self.node(event, here))
        return items

    def mapping(self, route: Route) -> dict[str | int, Any]:
        known: dict[str | int, Any] = {}
        while type(event := self.event()) is not self.yaml.MappingEndEvent:
            key = self.node(event, route)
            if isinstance(key, bool) or not isinstance(key, str | int):
                if not self.problems or self.problems[-1].line != event.start_mark.line + 1:
                    self.refuse(event, route, "a key that is neither a text nor a whole number", "write it in quotes")
                self.node(self.event(), route)
                continue
            here = (*route, key)
            if key in known:
                self.refuse(event, here, f"the key stands twice (first on line {self.lines[here]})", "keep one of them")
            self.lines[here] = event.start_mark.line + 1
            known[key] = self.node(self.event(), here)
        return known


def load_yaml(path: Path, name: str = "") -> PatternFile:
    """Read one patterns file strictly. `name` is what messages call it (default: the path).

    Raises ExtractError where nothing can be made of the file (unreadable, not UTF-8, not YAML, too deep); all that can be told
    apart from the rest (duplicate keys, tags, anchors, changed values) is in `problems` of the result, which must then not be used.
    """
    import yaml

    name = name or str(path)
    text = _file_text(path, name)
    bad = UNPRINTABLE.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        raise ExtractError(str(Problem(name, line, "", f"the character U+{ord(bad[0]):04X}, which YAML forbids", "delete it")))
    try:
        builder = _Builder(text, name)
        data = builder.document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = " ".join(str(part) for part in (getattr(error, "problem", None), getattr(error, "context", None)) if part)
        cure = "look at indents, quotes and brackets at and above this line; a text with : # [ ] { } , goes in quotes"
        told = TOO_DEEP if "nesting" in what else (f"not YAML: {what or error}", cure)  # libyaml may have a limit of its own
        raise ExtractError(str(Problem(name, mark.line + 1 if mark else 1, "", *told))) from error
    return PatternFile(name, data, builder.lines, tuple(builder.problems))


def _file_text(path: Path, name: str) -> str:
    try:
        if not path.is_file():
            raise ExtractError(f"{name}: no such file; check the folder given with --patterns")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ExtractError(f"{name}: larger than {MAX_FILE_BYTES} bytes; split it or delete what is not a pattern")
        raw = path.read_bytes()
    except OSError as error:
        raise ExtractError(f"{name}: {error.strerror or error}; check the path and its permissions") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8: byte 0x{raw[error.start]:02x} at offset {error.start}"
        raise ExtractError(str(Problem(name, line, "", what, "save the file as UTF-8"))) from error


# ---- patterns: checking shapes ---------------------------------------------------------------------------------------------------


Complaint = tuple[Route, str, str]  # route, what is wrong, what to do


def nearest(word: str, known: Iterable[str]) -> str:
    """What to do about an unknown word: the nearest known one, else all of them."""
    import difflib

    words = sorted(set(known))
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(words)}" if words else "none is known here"


def describe(shape: Shape) -> str:
    """The shape in words, for messages."""
    match shape:
        case Text():
            return shape.hint
        case Regex():
            return "a regular expression"
        case Whole():
            bounds = [f"{shape.low} or more"] if shape.low is not None else []
            return " ".join(["a whole number", *bounds, *([f"up to {shape.high}"] if shape.high is not None else [])])
        case NumberShape():
            return "a number"
        case Flag():
            return "true or false"
        case OneOf():
            return "one of " + ", ".join("null" if value is None else str(value) for value in shape.values)
        case ListOf():
            return "a list"
        case MapOf() | Keys():
            return "a mapping (key: value)"
        case Either():
            return " or ".join(dict.fromkeys(describe(option) for option in shape.options))
    return "any value"


def excerpt(value: Any) -> str:
    """The value in words, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, int | Decimal):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    return "a list" if isinstance(value, list) else "a mapping"


def fits_kind(value: Any, shape: Shape) -> bool:
    """Whether the value is of the Python type that the shape asks for (its content is another matter)."""
    match shape:
        case Text() | Regex():
            return isinstance(value, str)
        case Whole():
            return isinstance(value, int) and not isinstance(value, bool)
        case NumberShape():
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case Flag():
            return isinstance(value, bool)
        case OneOf():
            return any(type(value) is type(known) and value == known for known in shape.values)
        case ListOf():
            return isinstance(value, list)
        case MapOf() | Keys():
            return isinstance(value, dict)
        case Either():
            return any(fits_kind(value, option) for option in shape.options)
    return True


def check_shape(data: Any, shape: Shape, route: Route = ()) -> Iterator[Complaint]:
    """Everything in which the data differ from the shape, as (route, what is wrong, what to do)."""
    if not fits_kind(data, shape):
        yield route, *_wrong_kind(data, shape)
        return
    match shape:
        case Text() | Regex() if not data.strip():
            yield route, "an empty text", f"write {describe(shape)}, or delete the key"
        case Text() if shape.form and not re.fullmatch(shape.form, data):
            yield route, f"{data[:40]!r} has the wrong form", f"write {shape.hint}"
        case Whole() if (shape.low is not None and data < shape.low) or (shape.high is not None and data > shape.high):
            yield route, f"{data} is out of bounds", f"write {describe(shape)}"
        case ListOf():
            if len(data) < shape.least:
                what = f"{len(data)} items where {shape.least} are needed" if data else "an empty list"
                yield route, what, "add what is missing" if data or shape.item == Text() else "fill it or delete the key"
            for index, item in enumerate(data):
                yield from check_shape(item, shape.item, (*route, index))
        case MapOf():
            if len(data) < shape.least:
                yield route, "an empty mapping" if not data else f"fewer than {shape.least} keys", "fill it or delete the key"
            for key, value in data.items():
                yield from check_shape(key, shape.key, (*route, key))
                yield from check_shape(value, shape.value, (*route, key))
        case Keys():
            yield from _check_record(data, shape, route)
        case Either():
            yield from check_shape(data, next(option for option in shape.options if fits_kind(data, option)), route)
        case Anything():
            yield from _check_free(data, shape, route)


def _wrong_kind(data: Any, shape: Shape) -> tuple[str, str]:
    if isinstance(data, bool | int | Decimal) and fits_kind("", shape):
        written = str(data).lower()
        return f"{excerpt(data)} where {describe(shape)} is needed", f'write it in quotes: "{written}"'
    if isinstance(data, str) and isinstance(shape, OneOf):
        return f"{data[:40]!r} is not known here", nearest(data, [str(value) for value in shape.values if value is not None])
    return f"{excerpt(data)} where {describe(shape)} is needed", f"write {describe(shape)}"


def _check_record(data: dict[str | int, Any], shape: Keys, route: Route) -> Iterator[Complaint]:
    for key, value in data.items():
        inner = shape.required.get(str(key)) or shape.optional.get(str(key))
        if inner is None:
            yield (*route, key), "unknown key", nearest(str(key), [*shape.required, *shape.optional])
        else:
            yield from check_shape(value, inner, (*route, key))
    for key in shape.required:
        if key not in data:
            yield route, f"the key {key} is missing", f"add {key}: {describe(shape.required[key])}"


def _check_free(data: Any, shape: Anything, route: Route) -> Iterator[Complaint]:
    if isinstance(data, dict):
        if "match" in data and ("id" in data or "examples" in data):
            known = rule({}, match=shape.regex or Text())
            extra = {str(key): shape.field_shape(key) for key in data if key not in known.required}
            examples = ListOf(Keys({"text": Text()}, _example_fields(data)))
            yield from _check_record(data, Keys({**known.required, "examples": examples}, extra), route)
            return
        for key, value in data.items():
            inner = shape.field_shape(key) if key in shape.fields or isinstance(value, str) else shape
            yield from check_shape(value, inner, (*route, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _check_free(item, shape, (*route, index))


def _example_fields(data: Mapping[str | int, Any]) -> dict[str, Shape]:
    examples = data.get("examples")
    found = examples if isinstance(examples, list) else []
    return {str(key): Anything() for example in found if isinstance(example, dict) for key in example if key != "text"}


# ---- patterns: regular expressions -----------------------------------------------------------------------------------------------


# Escapes and character classes are stepped over, so that \{name} and [{}] stay what they are.
FRAGMENT_USE = expression(r"\\N\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\]){0,500}+\]|\{([a-z_]+)\}", re.DOTALL)
MAX_EXPANDED = 200_000  # characters; a fragment that doubles itself a few times over is a mistake or an attack


def expand(pattern: str, fragments: Mapping[str, str]) -> str:
    """The pattern with each `{name}` replaced by that fragment in a group of its own; quantifiers such as {2,3} stay.

    Raises ExtractError ("what is wrong; what to do", without a place) for unknown names, circles and results past MAX_EXPANDED.
    """
    return _expand(pattern, fragments, {}, ())


def _expand(pattern: str, fragments: Mapping[str, str], done: dict[str, str], above: tuple[str, ...]) -> str:
    def put(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return found[0]
        if name in above:
            circle = " -> ".join([*above[above.index(name) :], name])
            raise ExtractError(f"fragments that contain one another: {circle}; take one of the uses out")
        if name not in fragments:
            cure = nearest(name, fragments)
            raise ExtractError(f"no fragment is called {{{name}}}; {cure} (a brace that is meant as such is written \\{{)")
        if name not in done:
            done[name] = f"(?:{_expand(fragments[name], fragments, done, (*above, name))})"
        return done[name]

    length = len(pattern) + sum(len(done.get(found[1] or "", "")) for found in FRAGMENT_USE.finditer(pattern))
    text = FRAGMENT_USE.sub(put, pattern) if length <= MAX_EXPANDED else ""
    if length > MAX_EXPANDED or len(text) > MAX_EXPANDED:
        raise ExtractError(f"longer than {MAX_EXPANDED} characters once its fragments are put in; use fewer or shorter ones")
    return text


def compile_pattern(pattern: str, fragments: Mapping[str, str], flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """Expand and compile. Raises ExtractError ("what is wrong; what to do", without a place) where that fails."""
    text = expand(pattern, fragments)
    try:
        return re.compile(text, flags)
    except (re.error, OverflowError, RecursionError) as error:
        at = getattr(error, "pos", None)
        near = "" if at is None else f" at position {at}: {text[max(0, at - 20) : at]}<HERE>{text[at : at + 20]}"
        grown = " (once its fragments are put in)" if text != pattern and near else ""
        what = f"not a regular expression: {getattr(error, 'msg', error)}{near}{grown}"
        raise ExtractError(f"{what}; mend it there, and put \\ before a ( ) [ ] . * + ? | $ that is meant as such") from error


REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
PUMPED_FROM = 4  # repeats of fewer rounds cannot grow with the text
MAX_PUMPS = 120
MAX_SAMPLE = 1_000  # characters
CATEGORY_TESTS: Mapping[str, Callable[[str], bool]] = {
    "DIGIT": str.isdecimal,
    "SPACE": str.isspace,
    "WORD": lambda char: char.isalnum() or char == "_",
}
BASE_ALPHABET = "a 0.-,$'\n\x00"
Tokens = Iterable[tuple[Any, Any]]


def pumps(pattern: str, flags: int = re.IGNORECASE) -> Iterator[tuple[str, str, str]]:
    """Hostile texts made from an expanded pattern's own parse tree, as (prefix, piece, suffix): prefix + piece * n + suffix.

    For each repeat: a text that leads to it, what its body matches (each branch, with and without optional parts, and pairs of the
    characters it takes), and a character it does not take; the same with what leads to it repeated along, so that every round
    is a new start. At most MAX_PUMPS, none twice.
    """
    tree = importlib.import_module("re._parser").parse(pattern, flags)
    alphabet = [*BASE_ALPHABET, *dict.fromkeys(chr(code) for code in _literals(tree) if chr(code) not in BASE_ALPHABET)][:24]
    whole = _samples(tree, alphabet)[0]
    sets = [atom for atom in _atoms(tree) if str(atom[0]) != "LITERAL"]
    seen: set[tuple[str, str, str]] = set()
    for prefix, body in _repeats(tree, "", alphabet):
        atoms = list(_atoms(body))
        suffix = next((char for char in (*reversed(BASE_ALPHABET), *alphabet) if not any(_fits(atom, char) for atom in atoms)), "")
        for piece in _pieces(body, atoms, sets, alphabet):
            for pump in ((prefix, piece, suffix), ("", prefix + piece, suffix)):
                if pump not in seen and len(seen) < MAX_PUMPS:
                    seen.add(pump)
                    yield pump
    if whole and ("", whole, "") not in seen:
        yield "", whole, ""


def _pieces(body: Tokens, atoms: list[tuple[Any, Any]], sets: list[tuple[Any, Any]], alphabet: list[str]) -> list[str]:
    """Texts that one or two rounds of the body may match; of characters that the pattern cannot tell apart, one is enough."""
    taken: dict[tuple[bool, ...], str] = {}
    for char in alphabet:
        if any(_fits(atom, char) for atom in atoms):
            literal = (_fits(atom, char) for atom in atoms if str(atom[0]) == "LITERAL")
            taken.setdefault((CATEGORY_TESTS["WORD"](char), *(_fits(atom, char) for atom in sets), *literal), char)
    chars = list(taken.values())[:5]
    pairs = [one + two for one in chars[:3] for two in chars[:3] if one != two]
    return [piece for piece in dict.fromkeys([*_samples(body, alphabet), *chars, *pairs]) if piece]


def _inner(op: str, value: Any) -> list[Any]:
    """The token lists inside a token."""
    if op in REPEATS:
        return [value[2]]
    if op == "BRANCH":
        return list(value[1])
    if op == "SUBPATTERN":
        return [value[3]]
    if op == "ATOMIC_GROUP":
        return [value]
    if op in ("ASSERT", "ASSERT_NOT"):
        return [value[1]]
    if op == "GROUPREF_EXISTS":
        return [part for part in value[1:] if part is not None]
    return []


def _atoms(tokens: Tokens) -> Iterator[tuple[Any, Any]]:
    for op, value in tokens:
        if str(op) in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            yield op, value
        for inner in _inner(str(op), value):
            yield from _atoms(inner)


def _literals(tokens: Tokens) -> Iterator[int]:
    for op, value in _atoms(tokens):
        if str(op) in ("LITERAL", "NOT_LITERAL"):
            yield value
        elif str(op) == "IN":
            yield from (part if str(kind) == "LITERAL" else part[0] for kind, part in value if str(kind) in ("LITERAL", "RANGE"))


def _fits(atom: tuple[Any, Any], char: str) -> bool:
    op, value = str(atom[0]), atom[1]
    if op == "ANY":
        return char != "\n"
    if op in ("LITERAL", "NOT_LITERAL"):
        return (chr(value).lower() == char.lower()) is (op == "LITERAL")
    if op == "RANGE":
        return any(value[0] <= ord(form) <= value[1] for form in (char, char.lower()[0]))
    if op == "CATEGORY":
        name = str(value).removeprefix("CATEGORY_")
        return CATEGORY_TESTS[name.removeprefix("NOT_")](char) is not name.startswith("NOT_")
    parts = list(value)
    negated = bool(parts) and str(parts[0][0]) == "NEGATE"
    return any(_fits(part, char) for part in parts[negated:]) is not negated


def _samples(tokens: Tokens, alphabet: list[str], most: int = 6) -> list[str]:
    """Up to `most` short texts that the tokens match, but for assertions and back references; never an empty list."""
    texts = [""]
    for op, value in tokens:
        name = str(op)
        if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            near = alphabet if name != "LITERAL" else []
            spare = chr(next(_literals([(op, value)]), 97))
            options = [next((char for char in near if _fits((op, value), char)), spare)]
        elif name in REPEATS:
            rounds = [min(value[0], 50)] if value[0] else [0, 1]
            options = [text * count for text in _samples(value[2], alphabet, most) for count in rounds]
        elif name == "ASSERT":  # what a look-behind asks for belongs to what leads here
            options = _samples(value[1], alphabet, most) if value[0] < 0 else [""]
        elif name == "ASSERT_NOT":
            options = [""]
        else:
            options = [text for inner in _inner(name, value) for text in _samples(inner, alphabet, most)] or [""]
        texts = list(dict.fromkeys((head + tail)[:MAX_SAMPLE] for tail in options for head in texts))[:most]
    return texts


def _repeats(tokens: Tokens, before: str, alphabet: list[str]) -> Iterator[tuple[str, Tokens]]:
    """Each repeat in the tokens as (a text that leads to it, its body)."""
    for op, value in tokens:
        if str(op) in REPEATS and value[1] >= PUMPED_FROM:
            yield before, value[2]
        for inner in _inner(str(op), value):
            yield from _repeats(inner, before, alphabet)
        before += _samples([(op, value)], alphabet)[0]


RUNGS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 24, 28, 36, 54, 108, 216, 432, 864)  # rounds; small steps first, for 2 ** n
PROBE_LENGTH, LONG_PROBE_LENGTH = 2_000, 8_000  # characters
STEEP = 0.005  # seconds; a text of PROBE_LENGTH characters or fewer that takes longer is looked at closely
SUSPECT = 0.0001  # seconds at PROBE_LENGTH; a quadratic search takes some 0.2 ms and more there
EVEN = 1.18  # over a quarter of the length, per character; what grows as the square and adds less is allowed by MAX_EXPONENT as well
MAX_EXPONENT = 1.4  # time ~ length ** exponent: 1 is linear, 2 quadratic; doubling the length must not take 2.6 times as long
MAX_SECONDS_PER_CHARACTER = 2e-5


def explodes(pattern: str, anchored: bool = False, flags: int = re.IGNORECASE) -> str | None:
    """Why an expanded pattern is too slow on a text pumped from its own parse tree, or None where it is not.

    `anchored`: measure a match at the start of the text; otherwise, finding all matches in it.
    """
    compiled = re.compile(pattern, flags)
    for prefix, piece, suffix in pumps(pattern, flags):
        reason = _growth(compiled, anchored, lambda n, p=prefix, q=piece, s=suffix: p + q * n + s, len(piece))  # type: ignore[misc]
        if reason:
            shape = f"{prefix[-30:]!r} + {piece[-30:]!r} * n + {suffix!r}"
            return f"{reason} on {shape}"
    return None


def _growth(compiled: re.Pattern[str], anchored: bool, text: Callable[[int], str], size: int) -> str | None:
    """What is wrong with the time as a function of the number of rounds, None where nothing is."""

    def seconds(rounds: int, repeats: int = 1) -> float:
        hostile = text(rounds)
        best = math.inf
        for _ in range(repeats):
            begin = time.thread_time()  # processor time of this thread: other programs do not disturb it
            if anchored:
                compiled.match(hostile)
            else:
                deque(compiled.finditer(hostile), maxlen=0)
            best = min(best, time.thread_time() - begin)
        return max(best, 1e-9)

    top = max(PROBE_LENGTH // size, 4)
    previous, last = 0.0, 1
    for rounds in [rung for rung in RUNGS if rung < top]:
        taken = seconds(rounds)
        if taken > STEEP and previous and math.log(taken / previous) > 1.5 * math.log(rounds / last):
            again = seconds(last, 3)
            taken = taken if taken > 10 * STEEP else min(taken, seconds(rounds, 2))  # once is enough where noise cannot matter
            steep = math.log(taken / again) / math.log(rounds / last)
            # a doubtful slope is measured once more over a doubling; a steep one would not come back from it
            if steep > 4 or (steep > 1.5 and math.log(seconds(2 * rounds, 3) / seconds(rounds, 3)) > 1.5 * math.log(2)):
                return f"{len(text(rounds))} characters take {taken:.2g} s, {len(text(last))} take {again:.2g} s,"
        previous, last = taken, rounds
    taken, quarter = seconds(top), text(max(top // 4, 1))
    if taken < SUSPECT:
        return None
    even = EVEN * seconds(max(top // 4, 1), 2) / len(quarter)
    if taken <= min(even, MAX_SECONDS_PER_CHARACTER) * len(text(top)):
        return None
    long = max(LONG_PROBE_LENGTH // size, 16)
    taken, longer = min(taken, seconds(top, 2)), seconds(long)
    if math.log(longer / taken) > MAX_EXPONENT * math.log(long / top):
        taken, longer = seconds(top, 3), seconds(long, 3)
        if math.log(longer / taken) > MAX_EXPONENT * math.log(long / top):
            return f"{long // top} times the text takes {longer / taken:.0f} times as long"
    if longer > MAX_SECONDS_PER_CHARACTER * len(text(long)):
        return f"{len(text(long))} characters take {longer:.2g} s"
    return None


# ---- patterns: walking over rules ------------------------------------------------------------------------------------------------


@plain()
class Example:
    """One example of a rule: `text` in which the rule finds `expected`, or, where `negative`, nothing."""

    file: str
    line: int
    language: str  # "" in the files that all languages share
    section: str
    rule_id: str
    route: Route
    text: str
    expected: Mapping[str, Any]
    negative: bool


Runner = Callable[[Example, str, Any], str | None]  # example, language, compiled patterns -> a complaint


def iter_rules(data: Any, route: Route = ()) -> Iterator[tuple[Route, dict[str, Any]]]:
    """Every rule (mapping with `id` and `match`) in the data, with the route to it, in file order."""
    if isinstance(data, dict):
        if "id" in data and "match" in data:
            yield route, data
            return
        for key, value in data.items():
            yield from iter_rules(value, (*route, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from iter_rules(item, (*route, index))


def file_examples(file: PatternFile) -> Iterator[Example]:
    """The examples of one file's rules, positive ones first within a rule. Malformed ones are passed over: the shape check names them."""
    language = file.data.get("language", "") if isinstance(file.data, dict) else ""
    for route, found in iter_rules(file.data):
        base = Example(file.path, 0, str(language), str(route[0]), str(found["id"]), route, "", {}, negative=False)
        for kind in ("examples", "not"):
            items = found.get(kind)
            for index, item in enumerate(items if isinstance(items, list) else []):
                here = (*route, kind, index)
                example = replace(base, line=file.lines[here], route=here, negative=kind == "not")
                if kind == "not" and isinstance(item, str):
                    yield replace(example, text=item)
                elif kind == "examples" and isinstance(item, dict) and isinstance(item.get("text"), str):
                    yield replace(example, text=item["text"], expected={str(k): v for k, v in item.items() if k != "text"})


def iter_examples(folder: Path) -> Iterator[Example]:
    """The examples of all rules of a patterns folder, in order of files. Raises ExtractError where a file cannot be read."""
    for file in read_folder(folder).values():
        yield from file_examples(file)


def unmet(expected: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """For runners: the first expected field that what was found does not hold, in words; numbers compare by value."""
    for key, value in expected.items():
        other = found.get(key)
        if isinstance(other, float):
            other = Decimal(repr(other))
        if isinstance(other, tuple):
            other = list(other)
        if other != value or isinstance(other, bool) is not isinstance(value, bool):
            was, asked = ("null" if thing is None else repr(thing) for thing in (other, value))
            return f"{key} is {was}, not {asked}"
    return None


def iter_regexes(data: Any, shape: Shape, route: Route = ()) -> Iterator[tuple[Route, str, Regex]]:
    """Every regular expression that the shape knows in the data, with its route."""
    match shape:
        case Regex() if isinstance(data, str):
            yield route, data, shape
        case ListOf() if isinstance(data, list):
            for index, item in enumerate(data):
                yield from iter_regexes(item, shape.item, (*route, index))
        case MapOf() if isinstance(data, dict):
            for key, value in data.items():
                yield from iter_regexes(value, shape.value, (*route, key))
        case Keys() if isinstance(data, dict):
            for key, inner in {**shape.required, **shape.optional}.items():
                if key in data:
                    yield from iter_regexes(data[key], inner, (*route, key))
        case Either():
            for option in shape.options:
                if fits_kind(data, option):
                    yield from iter_regexes(data, option, route)
                    return
        case Anything():
            for here, found in iter_rules(data, route):
                if shape.regex and isinstance(found["match"], str):
                    yield (*here, "match"), found["match"], shape.regex


def iter_forms(data: Any, shape: Shape, route: Route = ()) -> Iterator[tuple[Route, str, str]]:
    """Every surface form that the shape knows in the data, as (route, form, meaning)."""
    match shape:
        case ListOf() if isinstance(data, list):
            for index, item in enumerate(data):
                yield from iter_forms(item, shape.item, (*route, index))
        case MapOf() if isinstance(data, dict):
            for key, value in data.items():
                if shape.forms == "keys":
                    yield (*route, key), str(key), str(value)
                elif shape.forms == "values":
                    yield from ((here, form, str(key)) for here, form in _texts(value, (*route, key)))
                else:
                    yield from iter_forms(value, shape.value, (*route, key))
        case Keys() if isinstance(data, dict):
            for key in shape.forms:
                yield from ((here, form, str(data.get(shape.meaning))) for here, form in _texts(data.get(key), (*route, key)))
            for key, inner in {**shape.required, **shape.optional}.items():
                if key in data and key not in shape.forms:
                    yield from iter_forms(data[key], inner, (*route, key))


def _texts(value: Any, route: Route) -> Iterator[tuple[Route, str]]:
    if isinstance(value, str):
        yield route, value
    elif isinstance(value, list):
        yield from (((*route, index), item) for index, item in enumerate(value) if isinstance(item, str))


def surface_clashes(entries: Iterable[tuple[str, int, str, str]]) -> list[Problem]:
    """Forms with two meanings among (file, line, form, meaning), compared without case, accents and kinds of dash and space."""
    first: dict[str, tuple[str, int, str]] = {}
    problems = []
    for file, line, form, meaning in entries:
        bare = "".join(char for char in unicodedata.normalize("NFKD", form.casefold()) if not unicodedata.combining(char))
        key = " ".join(re.sub(r"[\u2010-\u2015-]", "-", bare).split())
        other = first.setdefault(key, (file, line, meaning))
        if other[2] != meaning:
            what = f"the form {form!r} means {meaning} here and {other[2]} at {other[0]}:{other[1]}"
            problems.append(Problem(file, line, "", what, "keep it in one of the two places"))
    return problems


# ---- patterns: the capability table ----------------------------------------------------------------------------------------------


Capability = tuple[str, str, str]  # section, field, value


@plain()
class CapabilityRow:
    """How many rules each language has for one capability."""

    section: str
    field: str
    value: str
    counts: Mapping[str, int]


def wanted_capabilities(shape: Shape, section: str = "", name: str = "") -> Iterator[Capability]:
    """The capabilities that a shape knows, in its order."""
    match shape:
        case OneOf() if shape.capability:
            yield from ((section, name, str(value)) for value in shape.values if value is not None)
        case Anything():
            yield from ((section, key, value) for key, values in shape.capabilities.items() for value in values)
        case ListOf():
            yield from wanted_capabilities(shape.item, section, name)
        case MapOf():
            yield from wanted_capabilities(shape.key, section, name)
            yield from wanted_capabilities(shape.value, section, name)
        case Either():
            for option in shape.options:
                yield from wanted_capabilities(option, section, name)
        case Keys():
            yield from ((section, name, key) for key in shape.capability)
            for key, inner in {**shape.required, **shape.optional}.items():
                yield from wanted_capabilities(inner, section or key, key if section else "")


def found_capabilities(data: Any, shape: Shape, section: str = "", name: str = "") -> Iterator[Capability]:
    """The capabilities that the data hold, each once for every rule or form that has it."""
    match shape:
        case OneOf() if shape.capability and data is not None:
            yield section, name, str(data)
        case Anything():
            yield from ((section, key, str(found.get(key))) for _, found in iter_rules(data) for key in shape.capabilities)
        case ListOf() if isinstance(data, list):
            for item in data:
                yield from found_capabilities(item, shape.item, section, name)
        case MapOf() if isinstance(data, dict):
            for key, value in data.items():
                yield from (cell for cell in found_capabilities(key, shape.key, section, name) for _ in range(_weight(value)))
                yield from found_capabilities(value, shape.value, section, name)
        case Either():
            for option in shape.options:
                if fits_kind(data, option):
                    yield from found_capabilities(data, option, section, name)
        case Keys() if isinstance(data, dict):
            for key, inner in {**shape.required, **shape.optional}.items():
                if key in data:
                    if key in shape.capability:
                        yield from [(section, name, key)] * _weight(data[key])
                    yield from found_capabilities(data[key], inner, section or key, key if section else "")


def _weight(value: Any) -> int:
    return len(value) if isinstance(value, list | dict) else 1


def capabilities(files: Mapping[str, PatternFile], shape: Shape = LANGUAGE_FILE) -> list[CapabilityRow]:
    """One row for each capability the shape knows: the number of rules in each language file, by language code."""
    wanted = list(dict.fromkeys(wanted_capabilities(shape)))
    counts = {name: Counter(found_capabilities(file.data, shape)) for name, file in files.items() if name not in SHARED_FILES}
    return [CapabilityRow(*cell, {name: found[cell] for name, found in counts.items()}) for cell in wanted]


def capability_table(rows: Sequence[CapabilityRow]) -> str:
    """The rows as aligned text, languages across, and below it what each language lacks."""
    if not rows:
        return ""
    names = list(rows[0].counts)
    labels = [" ".join(part for part in (row.section, row.field, row.value) if part) for row in rows]
    wide = max(map(len, labels))
    lines = [" ".join([" " * wide, *(f"{name:>4}" for name in names)])]
    for label, row in zip(labels, rows, strict=True):
        lines.append(" ".join([f"{label:<{wide}}", *(f"{row.counts[name] or '-':>4}" for name in names)]))
    for name in names:
        missing: dict[str, list[str]] = {}
        for row in rows:
            if not row.counts[name]:
                missing.setdefault(f"{row.section} {row.field}".strip(), []).append(row.value)
        if missing:
            lines.append(f"{name} has nothing for " + "; ".join(f"{place}: {', '.join(values)}" for place, values in missing.items()))
    return "\n".join(lines)


# ---- patterns: reading and checking a folder -------------------------------------------------------------------------------------


def folder_files(folder: Path) -> dict[str, Path]:
    """The YAML files of a patterns folder by name without ending, sorted. Raises ExtractError where there are none to use."""
    if not folder.is_dir():
        raise ExtractError(f"{folder}: no such folder; give --patterns the folder that holds companies.yaml and the language files")
    found = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix == ".yaml" and not path.name.startswith(".")}
    wrong = [path.name for path in sorted(folder.iterdir()) if path.suffix in (".yml", ".YAML", ".YML")]
    problems = [f"{folder / name}: the name does not end in .yaml; rename it" for name in wrong]
    problems += [f"{folder / name}.yaml: no such file; add it" for name in SHARED_FILES if name not in found]
    for name, path in found.items():
        if name not in SHARED_FILES and not re.fullmatch(r"[a-z]{2}", name):
            problems.append(f"{path}: neither a language of two small letters nor a shared list; {nearest(name, SHARED_FILES)}")
    if problems:
        raise ExtractError("\n".join(sorted(problems)))
    return found


def read_folder(folder: Path) -> dict[str, PatternFile]:
    """All files of a patterns folder by name without ending. Raises ExtractError with all that keeps them from being used."""
    files, unreadable = _read_files(folder)
    problems = sorted(problem for file in files.values() for problem in file.problems)
    if problems or unreadable:
        raise ExtractError("\n".join([*unreadable, *map(str, problems)]))
    return files


def _read_files(folder: Path) -> tuple[dict[str, PatternFile], list[str]]:
    files = {}
    unreadable = []
    for name, path in folder_files(folder).items():
        try:
            files[name] = load_yaml(path)
        except ExtractError as error:
            unreadable.append(str(error))
    return files, unreadable


def shape_problems(name: str, file: PatternFile) -> list[Problem]:
    """Where one file differs from its shape, sorted by line."""
    shape = SHARED_FILES.get(name, LANGUAGE_FILE)
    found = {file.problem(*complaint) for complaint in check_shape(file.data, shape)}
    if name not in SHARED_FILES and isinstance(file.data, dict) and isinstance(file.data.get("language"), str):
        language = file.data["language"]
        if language != name:
            found.add(file.problem(("language",), f"{language} in a file called {name}.yaml", "make the two the same"))
    return sorted(found)


def id_problems(file: PatternFile) -> list[Problem]:
    """Rules that share an id within the file, and rules of one section with the same match."""
    first: dict[tuple[str, str], Route] = {}
    problems = []
    for route, found in iter_rules(file.data):
        other = first.setdefault(("", str(found["id"])), route)
        if other != route:
            what = f"the id {found['id']} is taken by {route_text(other)} (line {file.lines[other]})"
            problems.append(file.problem((*route, "id"), what, "give this rule another"))
        other = first.setdefault((route_text(route[:-1]), str(found["match"])), route)
        if other != route:
            what = f"the same match as {route_text(other)} (line {file.lines[other]}), so one form has two meanings"
            problems.append(file.problem((*route, "match"), what, "join the rules or tell the matches apart"))
    return problems


def regex_problems(name: str, file: PatternFile, searching: bool = True) -> list[Problem]:
    """Regular expressions of one file that do not compile, match the empty text, or (with `searching`) explode."""
    shape = SHARED_FILES.get(name, LANGUAGE_FILE)
    problems = []
    for route, pattern, regex in iter_regexes(file.data, shape):
        fragments = fragments_for(file.data, route, regex)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                compiled = compile_pattern(pattern, fragments)
                whole = compiled if regex.part else re.compile(regex.wrap % compiled.pattern, re.IGNORECASE)
        except (ExtractError, Warning) as error:
            what, _, cure = str(error).partition("; ")
            problems.append(file.problem(route, what, cure or "write a [ inside a class as \\["))
            continue
        if regex.part:
            continue
        if not regex.anchored and compiled.search(""):
            problems.append(file.problem(route, "matches the empty text, so it is found everywhere", "make some part of it required"))
        elif searching and (reason := explodes(whole.pattern, regex.anchored)):
            cure = "bound the repeats ({0,60}), make them possessive (*+ ++), or begin with something that cannot repeat"
            problems.append(file.problem(route, f"too slow: {reason}", cure))
    return problems


def fragments_for(data: Any, route: Route, regex: Regex) -> dict[str, str]:
    """The fragments a pattern may use: the file's, its section's own, and what the engine supplies, later ones first in rank."""
    named: dict[str, str] = {}
    section = data.get(route[0]) if isinstance(data, dict) and route else None
    for place in (data, section):
        own = place.get("fragments") if isinstance(place, dict) else None
        if isinstance(own, dict):
            named.update({str(name): value for name, value in own.items() if isinstance(value, str)})
    return {**named, **regex.slots}


def clash_problems(files: Mapping[str, PatternFile]) -> list[Problem]:
    """Surface forms with two meanings, in the shared lists and within each section of each language."""
    problems = []
    for space in FORM_SPACES:
        entries = [
            (files[name].path, files[name].problem(route, "", "").line, form, meaning)
            for name in space
            if name in files
            for route, form, meaning in iter_forms(files[name].data, SHARED_FILES[name])
        ]
        problems += surface_clashes(entries)
    for name, file in files.items():
        if name in SHARED_FILES or not isinstance(file.data, dict):
            continue
        spaces: dict[Route, list[tuple[str, int, str, str]]] = {}
        for route, form, meaning in iter_forms(file.data, LANGUAGE_FILE):
            spaces.setdefault(route[:2], []).append((file.path, file.lines[route], form, meaning))
        problems += [problem for entries in spaces.values() for problem in surface_clashes(entries)]
    return problems


def example_problems(file: PatternFile, runners: Mapping[str, Runner], patterns: Any) -> list[Problem]:
    """Examples of one file that do not hold. `runners` tries an example of a section; sections without one are passed over."""
    problems = []
    for example in file_examples(file):
        run = runners.get(example.section)
        complaint = run(example, example.language, patterns) if run else None
        if complaint:
            cure = "mend the match or the example"
            problems.append(file.problem(example.route, f"rule {example.rule_id} on {example.text[:80]!r}: {complaint}", cure))
    return problems


def section_problems(file: PatternFile, compilers: Mapping[str, Callable[[Any], object]]) -> list[Problem]:
    """Sections that their own compiler refuses, placed at the rule whose id the compiler quotes, else at the section."""
    problems = []
    data = file.data if isinstance(file.data, dict) else {}
    for section, compile_section in compilers.items():
        if section not in data:
            continue
        try:
            compile_section(data[section])
        except (ValueError, ExtractError) as error:
            what, _, cure = str(error).partition("; ")
            routes = [route for route, found in iter_rules(data[section], (section,)) if f"'{found['id']}'" in what]
            problems.append(file.problem(routes[0] if routes else (section,), what, cure or "mend it there"))
        except (TypeError, KeyError, AttributeError):
            continue  # a shape mistake, which the shape check names
    return problems


def check_folder(
    folder: Path,
    runners: Mapping[str, Runner],
    build: Callable[[Mapping[str, PatternFile]], Any],
    compilers: Mapping[str, Callable[[Any], object]],
) -> tuple[list[str], str]:
    """Everything wrong with a patterns folder, one line each, in order of file and line, and the capability table as text.

    `build` makes of the loaded files what the runners need, or raises ExtractError; it and they only run on a folder without other
    problems. `compilers` turn one section of a language file into what the engine uses, raising ValueError or ExtractError where they cannot.
    """
    try:
        files, unreadable = _read_files(folder)
    except ExtractError as error:
        return str(error).splitlines(), ""
    told = {(problem.file, problem.key) for file in files.values() for problem in file.problems}
    problems = clash_problems(files)
    for name, file in files.items():
        problems += [*shape_problems(name, file), *id_problems(file), *regex_problems(name, file)]
        problems += section_problems(file, compilers if name not in SHARED_FILES else {})
    problems = [problem for problem in problems if (problem.file, problem.key) not in told]
    problems += [problem for file in files.values() for problem in file.problems]
    if not problems and not unreadable:
        try:
            patterns = build(files)
        except ExtractError as error:
            return str(error).splitlines(), capability_table(capabilities(files))
        problems = [problem for file in files.values() for problem in example_problems(file, runners, patterns)]
    return [*unreadable, *map(str, sorted(set(problems)))], capability_table(capabilities(files))


# ---- patterns: kept between runs -------------------------------------------------------------------------------------------------
#
# Reading YAML strictly and compiling a language takes a hundred times longer than an article does. What came out is kept in
# the user's cache folder under a digest of the files, the program and Python; without a cache a run is slower and the same.
# The form is pickle, as Black and Jinja keep theirs, but only plain data and this program's own records can come out of it.


class Shelf(dict[str, T]):
    """A dictionary of which, once kept, only what is asked for is restored: an article needs a few of many thousands of entries.

    What was kept lies in numbered boxes, in `kept` one behind the other; `ends` says where each ends. A box that was opened has its
    entries in the dictionary, each still as bytes until it is asked for.
    """

    def __init__(self, entries: Iterable[tuple[str, Any]] = (), kept: bytes = b"", ends: bytes = b"") -> None:
        super().__init__(entries)
        self._kept = memoryview(kept)
        self._ends = memoryview(ends).cast("I")
        self._opened = bytearray(len(self._ends))

    def find(self, key: str) -> T | None:
        """The entry of a key, or None."""
        value: Any = self.get(key)
        if value is None and self._open(key):
            value = self.get(key)
        if type(value) is bytes:
            value = self[key] = _restored(value)
        return cast("T | None", value)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (self._open(str(key)) and super().__contains__(key))

    def _open(self, key: str) -> bool:
        """Open the box in which a key would lie; whether it was closed."""
        if not self._opened:
            return False
        number = _box_of(key, len(self._opened))
        if self._opened[number]:
            return False
        self._opened[number] = True
        begin = self._ends[number - 1] if number else 0
        if begin < self._ends[number]:
            self.update(marshal.loads(self._kept[begin : self._ends[number]]))
        return True


def _box_of(key: str, boxes: int) -> int:
    return binascii.crc32(key.encode("utf-8", "surrogatepass")) % boxes


def _shelf(kept: bytes, ends: bytes) -> Shelf[Any]:
    return Shelf((), kept, ends)


def _boxed(shelf: Shelf[Any]) -> tuple[bytes, bytes]:
    """The entries of a shelf in boxes, about two in each."""
    boxes: list[dict[str, bytes]] = [{} for _ in range(len(shelf) // 2 + 1)]
    for key, entry in shelf.items():
        boxes[_box_of(key, len(boxes))][key] = _stored(entry)
    kept = [marshal.dumps(box) if box else b"" for box in boxes]
    return b"".join(kept), array.array("I", itertools.accumulate(map(len, kept))).tobytes()


def _kept(digest: str, name: str, make: Callable[[], T]) -> T:
    """What an earlier run kept under a name, else what `make` makes, kept for the next run."""
    path = _cache_folder() / f"{digest}.{name}"
    with contextlib.suppress(Exception):  # a damaged file can raise anything: it counts as none
        data = path.read_bytes()
        if int.from_bytes(data[-4:], "big") == binascii.crc32(memoryview(data)[:-4]):
            kept: T = _restored(data)
            return kept
    made = make()
    with contextlib.suppress(OSError):
        data = _stored(made)
        _keep(path, data + binascii.crc32(data).to_bytes(4, "big"))
    return made


def _cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / PROGRAM


def _keep(path: Path, data: bytes) -> None:
    """Write the cache file whole or not at all, and take away those of older versions."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(path)
    versions: dict[str, float] = {}
    for file in path.parent.iterdir():
        versions[file.name[:64]] = max(versions.get(file.name[:64], 0.0), file.stat().st_mtime)
    for old in sorted(versions, key=lambda digest: versions[digest])[:-8]:
        for file in path.parent.glob(f"{old}*"):
            file.unlink(missing_ok=True)


def _stored(value: Any) -> bytes:
    """Records, containers, numbers, texts and compiled expressions as bytes: what marshal can keep by marshal, which needs no loading."""
    with contextlib.suppress(ValueError):
        return marshal.dumps(value)
    import pickle

    class Packer(pickle.Pickler):
        def reducer_override(self, item: Any) -> Any:
            if isinstance(item, (re.Pattern, Expression)):
                return Expression, (item.pattern, item.flags, _program(item.pattern, item.flags))
            if isinstance(item, Shelf):
                return _shelf, _boxed(item)
            return NotImplemented

    stream = io.BytesIO()
    Packer(stream, protocol=5).dump(value)
    return stream.getvalue()


def _restored(data: bytes) -> Any:
    """The value that `_stored` made bytes of, whatever stands behind it. Raises whatever damaged bytes raise."""
    return _unpacker()(io.BytesIO(data)).load() if data[:1] == _PICKLE else marshal.loads(data)


_PICKLE = b"\x80"  # how pickle begins, and marshal does not


@functools.cache
def _unpacker() -> Callable[[io.BytesIO], Any]:
    import pickle

    class Unpacker(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            """Only what cannot do anything: containers, decimals, this program's records and expressions, and the function below."""
            if (module, name) in (("builtins", "frozenset"), ("builtins", "set"), ("decimal", "Decimal")):
                return super().find_class(module, name)
            found = globals().get(name)
            if found in (Expression, _shelf) or (isinstance(found, type) and hasattr(found, "_fields")):
                return found
            raise pickle.UnpicklingError(f"{module}.{name} is not kept")

    return Unpacker


def _program(pattern: str, flags: int) -> bytes:
    """A regular expression as what the engine of `re` runs. Compiling takes it all but no time after the pattern is parsed and turned
    into this, which is two thirds of the start of a run; `re` has no public way to keep it."""
    parser, compiler = importlib.import_module("re._parser"), importlib.import_module("re._compiler")
    tree = parser.parse(pattern, flags)
    names = [None] * tree.state.groups
    for name, number in tree.state.groupdict.items():
        names[number] = name
    code = array.array("I", compiler._code(tree, tree.state.flags)).tobytes()
    return marshal.dumps((code, tree.state.groups - 1, tree.state.groupdict, tuple(names)))


# ---- reading ---------------------------------------------------------------------------------------------------------------------
#
# A run is a stream of pieces. A piece is exactly one article that is still to be read (or a failure already known), small enough to
# be handed to a worker: the name of a text file, a raw line of JSON Lines, a parsed document. Splitting a file into pieces
# is done in the main process, making an article of a piece wherever the article is worked on.

ARTICLE_SUFFIXES = (".txt", ".md")
JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")
SUFFIXES = ARTICLE_SUFFIXES + JSON_SUFFIXES
MAX_BYTES = 100_000_000
BLOCK = 1 << 16
PIPE_PATIENCE = 5.0  # seconds to wait for somebody to write into a named pipe
GZIP_MAGIC = b"\x1f\x8b"
# Byte-order marks and the encodings they announce; the longer first, as UTF-32's begins with UTF-16's.
MARKS = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\x00\x00", "utf-32-le"), (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
)
# The names under which JSON documents give their parts, the contract's own first: trafilatura and news-please, schema.org NewsArticle,
# IPTC ninjs 1.x and 2.x. trafilatura's "fingerprint" is no id: it is a similarity hash that two articles may share.
TEXT_KEYS = ("text", "maintext", "articleBody", "body_text")
ID_KEYS = ("id", "uri", "@id")
LANGUAGE_KEYS = ("language", "inLanguage")
PUBLISHED_KEYS = (
    "published", "date", "date_publish", "datePublished", "versioncreated", "versionCreated", "firstcreated", "firstCreated",
)
OWN_KEYS = ("text", "id", "language", "published", "date")
ISO_DATE = expression(r"\s*+(\d{4})-?(\d\d)-?(\d\d)(?:[T\s]\s*+\d[\d:.,]*+\s*+(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?)?\s*+", re.ASCII)
LANGUAGE_TAG = expression(r"([A-Za-z]{2})(?:[-_][A-Za-z0-9_-]{1,32})?")
SURROGATE = expression("[\ud800-\udfff]")


@plain()
class Article:
    """One article as the core takes it: `text` is what all offsets count in, `path` and `id` are those of the record, `published` is
    YYYY-MM-DD, `meta` holds the input's other keys; the record's warnings begin with `warnings`."""

    path: str
    id: str
    text: str
    language: str | None = None
    published: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Piece(NamedTuple):
    """One article to be read. `kind` says what `body` is: "file" a text file's name, "text" a text, "line" a line of JSON as bytes,
    "document" parsed JSON, "failure" why there is no article."""

    path: str
    kind: str
    body: Any
    walked: bool = False  # found in a folder, not named by the user


@plain()
class Limits:
    """How input is read: the bytes that one file (or one line of JSON Lines) may have when unpacked, the encoding where no mark says it,
    and the device and inode of the file that standard output goes to, which is never read."""

    max_bytes: int = MAX_BYTES
    encoding: str | None = None
    output: tuple[int, int] | None = None


def shown(path: str) -> str:
    """The path as text that every JSON reader takes: bytes of a file name that are not UTF-8 as \\xNN, whatever the locale."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def os_reason(error: OSError) -> str:
    """What the system said, with what to do about it."""
    cures = {
        errno.ENOENT: "there is no such file; check the path (it may have been removed while this ran)",
        errno.EACCES: "may not be read; check its permissions",
        errno.EPERM: "may not be read; check its permissions",
        errno.ELOOP: "is a symbolic link that leads to itself; remove it",
        errno.ENAMETOOLONG: "the path is too long for the system; move the folder nearer to the root",
    }
    said = (error.strerror or str(error) or type(error).__name__).lower()
    return cures.get(error.errno or 0, f"cannot be read ({said}); check the file")


def read_pieces(paths: Iterable[str], limits: Limits) -> Iterator[Piece]:
    """The articles of files, folders and "-", one after the other, in the order of the paths (a folder's files sorted by their path).
    Never raises for what it finds: what cannot be read comes out as a piece of the kind "failure"."""
    for path in paths:
        if path == "-":
            yield from _guarded("-", lambda: _standard_input(limits))
            continue
        try:
            status = os.stat(path)
        except OSError as error:
            dangling = os.path.islink(path) and error.errno == errno.ENOENT
            yield Piece(shown(path), "failure", _DANGLING if dangling else os_reason(error))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _folder(path, limits)
        else:
            yield from _named_file(path, status, limits)


_DANGLING = "is a symbolic link to a file that is not there; remove it or restore the file"
_IS_OUTPUT = "is the file that the output goes to; write it somewhere else"
_KINDS = "articles are " + " ".join(SUFFIXES) + ", each also .gz"


def _suffix(path: str) -> str:
    """The suffix that says what a file holds, without .gz, in lower case."""
    name = os.path.basename(path).lower()
    return os.path.splitext(name.removesuffix(".gz"))[1]


def _named_file(path: str, status: os.stat_result, limits: Limits) -> Iterator[Piece]:
    """The pieces of a file that the command line names: of any regular file with a known suffix; pipes, devices and files without
    a suffix are sniffed as standard input is."""
    suffix = _suffix(path)
    if (status.st_dev, status.st_ino) == limits.output:
        yield Piece(shown(path), "failure", _IS_OUTPUT)
    elif suffix in SUFFIXES and stat.S_ISREG(status.st_mode):
        yield from _regular_file(path, limits)
    elif suffix in SUFFIXES or suffix == "" or not stat.S_ISREG(status.st_mode):
        yield from _guarded(path, lambda: _sniffed_file(path, suffix, limits))
    else:
        yield Piece(shown(path), "failure", f"has the unknown suffix {suffix}; {_KINDS} (or pass it with: < FILE -)")


def _regular_file(path: str, limits: Limits) -> Iterator[Piece]:
    """The pieces of an ordinary file: a text is left to be read where it is worked on, JSON is split here."""
    if _suffix(path) in ARTICLE_SUFFIXES:
        yield Piece(shown(path), "file", path)
    else:
        yield from _guarded(path, lambda: _json_file(path, limits))


def _guarded(path: str, read: Callable[[], Iterator[Piece]]) -> Iterator[Piece]:
    """What `read` gives; an error ends this file alone, with a failure."""
    try:
        yield from read()
    except ExtractError as error:
        yield Piece(shown(path), "failure", str(error))
    except OSError as error:
        yield Piece(shown(path), "failure", _stream_reason(error))
    except EOFError:
        yield Piece(shown(path), "failure", _TRUNCATED)


_TRUNCATED = "its gzip data ends too early; fetch it again (what came before is read)"


def _stream_reason(error: OSError) -> str:
    """The reason for a failed read; gzip's own errors are OSErrors without a number."""
    return os_reason(error) if error.errno else f"its gzip data is damaged ({error}); fetch it again"


# -- folders

def _folder(root: str, limits: Limits) -> Iterator[Piece]:
    """The pieces of every article file below `root`, in the order of their paths. Links to folders are not followed: inside the tree
    their articles are read at their own place, and a loop or a way out of the tree is reported. Names are held for the folders
    on the way down only, texts never."""
    home = os.path.realpath(root)
    pending: list[tuple[str, str]] = [(root, "folder")]
    empty = True
    while pending:
        path, kind = pending.pop()
        if kind == "folder":
            try:
                pending.extend(_listing(path, limits))
            except OSError as error:
                empty = False
                yield Piece(shown(path), "failure", os_reason(error))
            continue
        failure = _link_failure(path, home) if kind == "link" else kind
        if failure == _ELSEWHERE:
            continue
        empty = False
        if failure and failure != "file":
            yield Piece(shown(path), "failure", failure)
        else:
            yield from (piece._replace(walked=True) for piece in _regular_file(path, limits))
    if empty:
        yield Piece(shown(root), "failure", f"holds no articles; {_KINDS}")


_ELSEWHERE = "elsewhere"


def _listing(folder: str, limits: Limits) -> list[tuple[str, str]]:
    """A folder's subfolders, links and article files as (path, kind), last first; the kind of what is none of these is the reason why
    it is not read. Sorted so that the paths of the whole tree come out in order: a folder as if its name ended in a slash."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found.append((entry.name + "/", entry.path, "folder"))
            elif entry.is_symlink():
                found.append((entry.name, entry.path, "link"))
            elif _suffix(entry.name) not in SUFFIXES:
                continue
            elif not entry.is_file(follow_symlinks=False):
                found.append((entry.name, entry.path, "is a pipe or a device; name it on the command line to read it"))
            elif limits.output and entry.inode() == limits.output[1] and _identity(entry.path) == limits.output:
                found.append((entry.name, entry.path, _IS_OUTPUT))
            else:
                found.append((entry.name, entry.path, "file"))
    found.sort(reverse=True)
    return [(path, kind) for _, path, kind in found]


def _identity(path: str) -> tuple[int, int] | None:
    """Device and inode of a file, None where it is gone."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _link_failure(path: str, home: str) -> str | None:
    """Why the symbolic link `path`, met under the folder `home`, is not read as a file: a reason, `_ELSEWHERE` where nothing is lost
    by leaving it out, or None where it is to be read."""
    target = os.path.realpath(path)
    inside = _within(target, home)
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        known = _suffix(path) in SUFFIXES or error.errno == errno.ELOOP
        return (_DANGLING if error.errno == errno.ENOENT else os_reason(error)) if known else _ELSEWHERE
    if stat.S_ISDIR(mode):
        if _within(os.path.realpath(os.path.dirname(path)), target):
            return f"is a symbolic link back to {shown(target)}, a loop; remove it"
        return _ELSEWHERE if inside else _outside(target)
    if _suffix(path) not in SUFFIXES:
        return _ELSEWHERE
    if not stat.S_ISREG(mode):
        return "is a link to a pipe or a device; name it on the command line to read it"
    return None if inside else _outside(target)


def _outside(target: str) -> str:
    return f"is a symbolic link out of the folder to {shown(target)}; name that on the command line to read it"


def _within(path: str, folder: str) -> bool:
    """Whether a real path is a real folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


# -- from bytes to pieces

def _standard_input(limits: Limits) -> Iterator[Piece]:
    """The pieces of standard input: JSON Lines, one JSON document or array, or one plain article."""
    if sys.stdin is None:
        raise ExtractError("standard input is closed; pipe an article or JSON Lines into it")
    return _split(sys.stdin.buffer, "-", "", limits)


def _sniffed_file(path: str, suffix: str, limits: Limits) -> Iterator[Piece]:
    """The pieces of a pipe, a device or a file without a suffix."""
    with _open_patiently(path) as stream:
        yield from _split(stream, shown(path), suffix, limits)


def _json_file(path: str, limits: Limits) -> Iterator[Piece]:
    with open(path, "rb") as stream:
        yield from _split(stream, shown(path), _suffix(path), limits)


def _open_patiently(path: str) -> BinaryIO:
    """The file opened for reading. Opening a named pipe the plain way would wait for ever where nobody writes to it."""
    if stat.S_ISFIFO(os.stat(path).st_mode):
        return io.BufferedReader(_PatientPipe(path))
    return open(path, "rb")


class _PatientPipe(io.RawIOBase):
    """A named pipe to read from, given up where nobody has it open for writing within PIPE_PATIENCE seconds."""

    def __init__(self, path: str) -> None:
        self.handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.begun = False
        self.deadline = time.monotonic() + PIPE_PATIENCE

    def readable(self) -> bool:
        """Always: it is made for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As io.RawIOBase.readinto. An empty pipe reads as "try again" while somebody has it open for writing, else as its end."""
        import select

        while True:
            try:
                data = os.read(self.handle, len(buffer))
            except BlockingIOError:
                self.begun = True
                select.select([self.handle], [], [])
                continue
            if data or self.begun:
                self.begun = True
                buffer[: len(data)] = data
                return len(data)
            if time.monotonic() > self.deadline:
                raise ExtractError(f"is a pipe that nobody wrote to for {PIPE_PATIENCE:g} s; start its writer first")
            time.sleep(0.02)

    def close(self) -> None:
        """Close the pipe."""
        if not self.closed:
            os.close(self.handle)
        super().close()


def _split(stream: BinaryIO, path: str, suffix: str, limits: Limits) -> Iterator[Piece]:
    """The pieces of an open file or stream; gzip is known by its first bytes. Without a JSON or text suffix the content decides:
    a first line that is an object begins JSON Lines, other JSON is a document or an array, the rest is a plain article."""
    stream = _utf8_stream(_unpacked(stream), limits)
    if suffix in ARTICLE_SUFFIXES:
        yield Piece(path, "text", decoded(_all_of(stream, limits.max_bytes), "utf-8"))
        return
    begun = _begun(stream, limits.max_bytes)
    first = begun[-1].lstrip()
    if suffix == "" and not first.startswith((b"{", b"[")):
        yield Piece(path, "text", decoded(_rest(begun, stream, limits), "utf-8"))
        return
    if first.startswith(b"{") and len(first) <= limits.max_bytes and not _is_json_object(first):
        begun.append(stream.readline(limits.max_bytes + 1))
    if _is_json_object(begun[-1]) or len(begun[-1]) > limits.max_bytes:
        yield from _numbered_lines(_Again(begun, stream), path, limits.max_bytes)
    else:
        yield from _split_document(_rest(begun, stream, limits), path, suffix, limits)


_EMPTY = "is empty; remove it or fetch it again"


def _begun(stream: BinaryIO, limit: int) -> list[bytes]:
    """The first lines of a stream, up to the first that is not blank."""
    lines: list[bytes] = []
    size = 0
    while line := stream.readline(limit + 1):
        lines.append(line)
        size += len(line)
        if line.strip():
            return lines
        if size > limit:
            break
    raise ExtractError(_EMPTY)


class _Again:
    """A stream of lines again whose first lines have been read."""

    def __init__(self, begun: list[bytes], stream: BinaryIO) -> None:
        self.begun = deque(begun)
        self.stream = stream

    def readline(self, size: int) -> bytes:
        """As io.BufferedReader.readline, save that a line read before comes whole."""
        return self.begun.popleft() if self.begun else self.stream.readline(size)


def _rest(begun: list[bytes], stream: BinaryIO, limits: Limits) -> bytes:
    """All of a stream whose first lines have been read."""
    head = b"".join(begun)
    return head + _all_of(stream, limits.max_bytes - len(head))


def _is_json_object(line: bytes) -> bool:
    return isinstance(_parsed_or_none(line), dict)


def _split_document(whole: bytes, path: str, suffix: str, limits: Limits) -> Iterator[Piece]:
    """The pieces of JSON over several lines: a document, an array, or JSON Lines that begin with broken ones."""
    document = _parsed_or_none(whole)
    if isinstance(document, list):
        yield from (Piece(f"{path}:{number}", "document", item) for number, item in enumerate(document, 1))
        if not document:
            raise ExtractError("holds an empty list; there is no article in it")
    elif document is not None:
        yield Piece(path, "document", document)
    elif any(map(_is_json_object, whole.split(b"\n"))):
        yield from _numbered_lines(io.BytesIO(whole), path, limits.max_bytes)
    elif suffix == "" and not re.match(rb'\s*+[{\[]\s*+["{\[]', whole):
        yield Piece(path, "text", decoded(whole, "utf-8"))
    else:
        yield Piece(path, "document", parsed(whole))


def _unpacked(stream: Any) -> BinaryIO:
    """The stream, unpacked where it begins as gzip does."""
    if stream.peek(2)[:2] != GZIP_MAGIC:
        return stream  # type: ignore[no-any-return]
    import gzip

    return io.BufferedReader(_Unzipped(gzip.GzipFile(fileobj=stream)))


class _Unzipped(io.RawIOBase):
    """gzip data as a raw stream that raises the errors of damaged data as ours."""

    def __init__(self, packed: Any) -> None:
        self.packed = packed

    def readable(self) -> bool:
        """Always: it is made for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As io.RawIOBase.readinto."""
        import zlib

        try:
            data = self.packed.read1(len(buffer))
        except zlib.error as error:
            raise ExtractError(f"its gzip data is damaged ({error}); fetch it again") from None
        buffer[: len(data)] = data
        return len(data)


def _utf8_stream(stream: Any, limits: Limits) -> BinaryIO:
    """The stream past a byte-order mark and in UTF-8; what is in another encoding is read whole and converted."""
    encoding, mark = _encoding(stream.peek(4)[:4], limits.encoding)
    if encoding == "utf-8":
        stream.read(len(mark))
        return stream  # type: ignore[no-any-return]
    text = decoded(_all_of(stream, limits.max_bytes), limits.encoding)
    return io.BytesIO(text.encode("utf-8", "replace"))


def _encoding(head: bytes, said: str | None) -> tuple[str, bytes]:
    """The encoding of data that begins with `head`, and its byte-order mark; a mark is surer than what the user said."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding, mark
    return said or "utf-8", b""


def decoded(data: bytes, said: str | None) -> str:
    """The text that `data` is, without its byte-order mark, line ends as they are. Raises ExtractError that names the first
    wrong byte."""
    encoding, mark = _encoding(data[:4], said)
    try:
        text = data[len(mark):].decode(encoding)
    except UnicodeDecodeError as error:
        place = error.start + len(mark)
        cure = "save it as UTF-8, or say --encoding (latin-1, cp1252 …)" if said in (None, "utf-8") else "say another --encoding"
        raise ExtractError(f"byte 0x{data[place]:02x} at offset {place} is not {encoding.upper()}; {cure}") from None
    return without_surrogates(text)


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which no encoding of Unicode can hold; as long as before."""
    return SURROGATE.sub("\ufffd", text)


def _all_of(stream: BinaryIO, limit: int) -> bytes:
    """All that is left of the stream; more than `limit` bytes is an error, so that neither a device nor a gzip bomb fills the memory."""
    blocks, size = [], 0
    while block := stream.read(BLOCK):
        blocks.append(block)
        size += len(block)
        if size > limit:
            raise ExtractError(f"has more than {limit} bytes when unpacked; if that is right, raise --max-bytes")
    return b"".join(blocks)


def _numbered_lines(stream: BinaryIO | _Again, path: str, limit: int) -> Iterator[Piece]:
    """The lines of JSON Lines that are not blank, with their numbers in the path; a line that is too long is passed over, as far as that
    ends within ten times the limit."""
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        if len(line) > limit and not line.endswith(b"\n"):
            del line
            ended = _pass_over(stream, limit)
            reason = f"the line has more than {limit} bytes; if that is right, raise --max-bytes"
            yield Piece(f"{path}:{number}", "failure", reason + ("" if ended else " (the rest of the file is not read)"))
            if not ended:
                return
        elif line.strip():
            yield Piece(f"{path}:{number}", "line", line)


def _pass_over(stream: BinaryIO | _Again, limit: int) -> bool:
    """Read to the end of the line; False where it does not end within ten times the limit."""
    passed = 0
    while passed <= 10 * limit:
        line = stream.readline(BLOCK)
        passed += len(line)
        if not line or line.endswith(b"\n"):
            return True
    return False


# -- from pieces to articles

def parsed(data: bytes) -> Any:
    """The JSON value of `data` (UTF-8). NaN and the infinities, which are no JSON, become null. Raises ExtractError."""
    try:
        return json.loads(decoded(data, "utf-8"), parse_constant=lambda _: None, parse_float=_finite)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}" if b"\n" in data.strip() else f"column {error.colno}"
        raise ExtractError(f"broken JSON at {place} ({error.msg}); mend it or leave it out") from None
    except RecursionError:
        raise ExtractError("JSON nested too deeply; it cannot be an article") from None
    except ValueError as error:
        raise ExtractError(f"broken JSON ({error}); mend it or leave it out") from None


def _parsed_or_none(data: bytes) -> Any:
    """The JSON value of `data`, None where it has none."""
    try:
        return parsed(data)
    except ExtractError:
        return None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if abs(number) != float("inf") else None


def article_of(piece: Piece, limits: Limits) -> tuple[Article, str | None]:
    """The article of a piece, and what is wrong with it where it could be read all the same. Raises ExtractError, OSError, EOFError."""
    if piece.kind == "failure":
        raise ExtractError(piece.body)
    if piece.kind == "file":
        return _plain_article(piece.path, read_text(piece.body, limits)), None
    if piece.kind == "text":
        return _plain_article(piece.path, piece.body), None
    return article_from_json(piece.path, parsed(piece.body) if piece.kind == "line" else piece.body)


def read_text(path: str, limits: Limits) -> str:
    """The text of a text file, unpacked and decoded."""
    with open(path, "rb") as stream:
        return decoded(_all_of(_unpacked(stream), limits.max_bytes), limits.encoding)


def _plain_article(path: str, text: str) -> Article:
    return Article(path, text_id(_checked(text, "")), text)


def _checked(text: str, name: str) -> str:
    """The text, if it can be an article's. `name` says in a message which part of the input it is."""
    if not text.strip():
        raise ExtractError(f"{name}{_EMPTY}")
    if "\0" in text:
        raise ExtractError(f"{name}holds a NUL character at offset {text.index(chr(0))}, so it is no text; check what wrote it")
    return text


def text_id(text: str) -> str:
    """The id of an article whose input gives none: the first 16 hex digits of the SHA-256 of its text in UTF-8."""
    return sha256(text.encode("utf-8")).hex()[:16]


def article_from_json(path: str, document: Any) -> tuple[Article, str | None]:
    """The article of a parsed JSON document, under any of the names that crawlers and agencies use, and what is wrong with its date.
    Keys that are not used go to `meta` as they are."""
    if not isinstance(document, dict):
        raise ExtractError("is JSON but no object; an article is an object with \"text\"")
    meta = _without_lone(document)
    text = _take_text(meta)
    own_id = _take(meta, ID_KEYS, _as_id)
    language = _take(meta, LANGUAGE_KEYS, language_code)
    stated = next((key for key in PUBLISHED_KEYS if meta.get(key)), None)
    published = iso_day(meta[stated]) if stated else None
    wrong = None
    if stated and published is None:
        wrong = f"{stated} is {json.dumps(meta[stated])[:60]}, no date; write it as YYYY-MM-DD (the article is read without it)"
    if stated:
        del meta[stated]
    for key in OWN_KEYS:
        if key in meta and meta[key] is None:
            del meta[key]
    return Article(path, own_id or text_id(text), text, language, published, meta, (f"published: {wrong}",) if wrong else ()), wrong


def _take(meta: dict[str, Any], keys: Sequence[str], read: Callable[[Any], str | None]) -> str | None:
    """What `read` makes of the first key it can read, which is then taken out of `meta`."""
    for key in keys:
        if key in meta and (value := read(meta[key])) is not None:
            del meta[key]
            return value
    return None


def _take_text(meta: dict[str, Any]) -> str:
    """The article's text, taken out of `meta`. ninjs 2 has a list of bodies (the plain one is preferred), JSON-LD may have a graph."""
    for key in TEXT_KEYS:
        if isinstance(meta.get(key), str):
            return _checked(meta.pop(key), f"{key} ")
    bodies = meta.get("bodies")
    if isinstance(bodies, list):
        usable = [body for body in bodies if isinstance(body, dict) and isinstance(body.get("value"), str)]
        usable.sort(key=lambda body: "plain" not in str(body.get("contentType", body.get("contenttype", "plain"))))
        if usable:
            del meta["bodies"]
            return _checked(usable[0]["value"], "the body's value ")
    graph = meta.get("@graph")
    for node in graph if isinstance(graph, list) else []:
        if isinstance(node, dict) and isinstance(node.get("articleBody"), str):
            del meta["@graph"]
            meta.update(node)
            return _checked(meta.pop("articleBody"), "articleBody ")
    if "schema_version" in meta and "deals" in meta:
        raise ExtractError("is a record made earlier, not an article; read it with --merge")
    raise ExtractError(f"has no text; an article needs one of the keys {', '.join(TEXT_KEYS)}, with a string")


def _as_id(value: Any) -> str | None:
    """An id is a string that is not empty, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def language_code(value: Any) -> str | None:
    """ISO 639-1 code of a language tag ("nl-NL" gives "nl"), of a list of them, or of a schema.org Language; None for anything else."""
    if isinstance(value, list) and value:
        return language_code(value[0])
    if isinstance(value, dict):
        return language_code(value.get("alternateName"))
    tag = LANGUAGE_TAG.fullmatch(value.strip()) if isinstance(value, str) else None
    return tag[1].lower() if tag else None


def iso_day(value: Any) -> str | None:
    """YYYY-MM-DD of an ISO 8601 date, or date and time, as stated (no time zone is applied); None for anything else."""
    stated = ISO_DATE.fullmatch(value) if isinstance(value, str) and len(value) < 64 else None
    if stated is None:
        return None
    try:
        year, month, day = map(int, stated.groups())
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


def _without_lone(value: Any) -> Any:
    """A copy of a JSON value without lone surrogates in its strings."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [_without_lone(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(key): _without_lone(item) for key, item in value.items()}
    return value


# ---- the reading copy ------------------------------------------------------------------------------------------------------------


class Words(NamedTuple):
    """The words of a text: their spans, as written, and in small letters."""

    spans: list[tuple[int, int]]
    written: list[str]
    lows: list[str]


@plain()
class Copy:
    """An article as the stages read it: composed letters, one kind of space, apostrophe, quote and hyphen, no hard-wrapped lines.

    `text` and `low` (lower-cased) have the same length. `offsets` is None where they also have the article's own offsets;
    else `offsets[i]` is the article's code point at which character i of the copy begins, with one entry more for the end. The words are
    cut once for all stages.
    """

    text: str
    low: str
    offsets: tuple[int, ...] | None
    words: Words

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The article's code points for a span of the copy."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end]


WORD = expression(r"[^\W_]+")


def words_of(text: str, low: str) -> Words:
    """The words of a text, given also in small letters."""
    spans = [match.span() for match in WORD.finditer(text)]
    return Words(spans, [text[start:end] for start, end in spans], [low[start:end] for start, end in spans])


# One for one, so that offsets stay. Cedilla forms are how older keyboards write the comma-below letters.
_ONE_FOR_ONE = (
    ("\u00a0", " "), ("\u202f", " "), ("\u2009", " "), ("\u2007", " "), ("\u2008", " "), ("\u200a", " "), ("\u2002", " "), ("\u2003", " "),
    ("\u3000", " "), ("\t", " "), ("\x0b", " "), ("\x0c", "\n"), ("\x85", "\n"), ("\u2028", "\n"), ("\u2029", "\n"), ("\r", "\n"),
    ("\u2019", "'"), ("\u2018", "'"), ("\u02bc", "'"), ("\u00b4", "'"), ("`", "'"), ("\u201b", "'"),
    ("\u201c", '"'), ("\u201d", '"'), ("\u201e", '"'), ("\u201f", '"'), ("\u00ab", '"'), ("\u00bb", '"'), ("\u2033", '"'),
    ("\u2010", "-"), ("\u2011", "-"), ("\u2012", "\u2013"), ("\u2014", "\u2013"), ("\u2015", "\u2013"), ("\u2212", "-"),
    ("\u015f", "\u0219"), ("\u0163", "\u021b"), ("\u015e", "\u0218"), ("\u0162", "\u021a"),
)  # fmt: skip
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_DROPPED = expression(f"[{_INVISIBLE}]")
_MARKS = expression("[\u0300-\u036f]")
_HARD_WRAP = expression(r"(?<=[^\W\d_,;])\n(?=[^\W\d_])")


def reading_copy(text: str) -> Copy:
    """Make the copy that every stage reads; see Copy."""
    offsets = None
    if not text.isascii():
        if _MARKS.search(text) or _DROPPED.search(text):
            text, offsets = _compose(text)
        for odd, plain in _ONE_FOR_ONE:
            text = text.replace(odd, plain)
    else:
        text = text.replace("\t", " ").replace("\r", "\n").replace("`", "'")
    wraps = sum(text[match.end()].islower() for match in _HARD_WRAP.finditer(text))
    # a single small letter at the start of a line may be a byline under a title; a wrapped text has one on every other line
    if wraps >= 3 and wraps * 3 >= text.count("\n"):
        text = _HARD_WRAP.sub(_unwrap, text)
    low = text.lower()
    if len(low) != len(text):
        low = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    return Copy(text, low, offsets, words_of(text, low))


def _unwrap(match: re.Match[str]) -> str:
    """A line end in the middle of a sentence becomes a space: the next line goes on in lower case."""
    return " " if match.string[match.end()].islower() else "\n"


def _compose(text: str) -> tuple[str, tuple[int, ...]]:
    """Compose letters with their combining marks and leave invisible characters out, with the offset of each character kept."""
    out: list[str] = []
    offsets: list[int] = []
    i, size = 0, len(text)
    while i < size:
        j = i + 1
        while j < size and "\u0300" <= text[j] <= "\u036f" and j - i < 8:
            j += 1
        if j > i + 1:
            for c in unicodedata.normalize("NFC", text[i:j]):
                out.append(c)
                offsets.append(i)
        elif text[i] not in _INVISIBLE:
            out.append(text[i])
            offsets.append(i)
        i = j
    return "".join(out), (*offsets, size)


_MOST_MET = 1 << 13  # words kept with what is known of them; a news archive's vocabulary has no end


def looked_up(words: Sequence[str], met: dict[str, T], look: Callable[[str], T]) -> list[T]:
    """What `look` says of each of the words (nothing false), asked once a word and kept in `met`: most words were in the articles before."""
    found: list[Any] = list(map(met.get, words))
    if not all(found):
        for k, known in enumerate(found):
            if known is None and (known := met.get(words[k])) is None:
                if len(met) >= _MOST_MET:
                    met.clear()
                known = met[words[k]] = look(words[k])
            found[k] = known
    return found


# ---- language --------------------------------------------------------------------------------------------------------------------

_VOTING_TEXT = 3000  # code points that the vote and langdetect see: the answer has settled long before
_VOTE_SHARE, _VOTE_LEAD, _VOTE_WORDS = 0.28, 1.35, 12
# Neighbours of the written languages, so that langdetect can say "none of these".
_DECOYS = ("ca", "da", "sv", "no", "pl", "cs", "hu", "tr", "fi", "af", "hr", "sq", "ru", "bg", "uk", "el", "ar", "zh-cn", "ja", "ko")
_LETTERS = expression(r"[^\W\d_]+")


def voters(function_words: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Each function word with the codes of the languages that have it."""
    codes: dict[str, list[str]] = {}
    for code, words in function_words.items():
        for word in sorted(set(words)):
            codes.setdefault(word, []).append(code)
    return {word: " ".join(known) for word, known in codes.items()}


def detect_language(copy: Copy, heads: Mapping[str, str]) -> tuple[str | None, float | None]:
    """Tell an article's language: by the function words of the patterns where they are clear, else by langdetect.

    `heads` maps function words to the ISO 639-1 codes of their languages. The answer is a code (perhaps of a language without
    patterns) and a confidence from 0 to 1, or None twice where there is nothing to go by. It depends on the text alone.
    """
    cut = copy.words.lows[: bisect.bisect_left(copy.words.spans, (_VOTING_TEXT,))]
    words = [word for word in cut if word.isalpha()]
    words += _LETTERS.findall(" ".join([word for word in cut if not word.isalpha()]))
    if not words:
        return None, None
    votes: Counter[str] = Counter()
    # one look-up a word, whatever the number of languages; what they find is counted in C
    for codes, times in Counter(map(heads.get, words)).items():
        for code in codes.split() if codes else ():
            votes[code] += times
    ranked = sorted(((count, code) for code, count in votes.items()), reverse=True)
    if ranked:
        best, code = ranked[0]
        second = ranked[1][0] if len(ranked) > 1 else 0
        # langdetect takes ten times as long as everything else: it is asked where the vote is not clear
        if best >= _VOTE_WORDS and best >= _VOTE_SHARE * len(words) and best >= _VOTE_LEAD * second:
            return code, round(min(1.0, best / (best + second * 0.5)), 2)
    written = {code for codes in heads.values() for code in codes.split()}
    return _ask_langdetect(copy.low[:_VOTING_TEXT], tuple(sorted(written)))


def _ask_langdetect(text: str, written: tuple[str, ...]) -> tuple[str | None, float | None]:
    from langdetect.lang_detect_exception import LangDetectException  # type: ignore[import-untyped]

    detector = _langdetect_factory(written).create()
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return None, None
    if not found:
        return None, None
    return str(found[0].lang).split("-")[0], round(float(found[0].prob), 2)


@functools.cache
def _langdetect_factory(written: tuple[str, ...]) -> Any:
    """langdetect with the profiles of the written languages and some decoys only: all 55 take half a second to load."""
    import langdetect  # type: ignore[import-untyped]
    from langdetect.detector_factory import DetectorFactory  # type: ignore[import-untyped]

    folder = Path(langdetect.__file__).parent / "profiles"
    names = [name for name in sorted({*written, *_DECOYS}) if (folder / name).is_file()]
    factory = DetectorFactory()
    factory.load_json_profile([(folder / name).read_text(encoding="utf-8") for name in names])
    factory.seed = 0
    return factory


# ---- mentions: amounts -----------------------------------------------------------------------------------------------------------
#
# A text is read once, left to right: `tokens` yields the digits, signs and words that can belong to an amount, in
# clusters of neighbours; `read_sums` parses each cluster (number, scale, currency); `pair_sums` joins ranges; and
# `find_money` decides with the whole article in view what is money, in which currency and with which bound.

Exact = int | Decimal


@plain()
class Money:
    """One mention of money: offsets in code points (end exclusive), values in whole currency units."""

    start: int
    end: int
    value: Exact | None
    currency: str | None
    implied: bool
    modifier: str | None
    low: Exact | None
    high: Exact | None
    rule: str


@plain()
class Share:
    """A percentage or a stake, as a fraction of one."""

    start: int
    end: int
    fraction: Decimal


class Token(NamedTuple):
    """A piece of an amount; `kind` is one of the capitals below."""

    kind: str
    start: int
    end: int
    value: Decimal | None
    code: str
    flag: str


class Entry(NamedTuple):
    """What a word or sign stands for; `rest` matches what must follow the first word of a longer form."""

    kind: str
    value: Decimal | None
    code: str
    flag: str
    rest: re.Pattern[str] | None


NUM, MONEY_WORD, HUNDRED, SCALE, VAGUE, HALF, CUR, MINOR, PERCENT, OTHER = (
    "num", "word", "hundred", "scale", "vague", "half", "currency", "minor", "percent", "other")
PIECE, TELLING, STAKE = 1, 2, 4
MILLION = Decimal(10**6)
_ZERO, _ONE = Decimal(0), Decimal(1)
CLUSTER_GAP = 12  # code points between two tokens of one amount
CLUSTER_SIZE = 60  # tokens; bounds the work on text made of nothing else
LOOK_BACK = 48  # code points before an amount in which its modifier may begin
BOUND_SIDE = {"more_than": "low", "equal_or_more": "low", "less_than": "high", "equal_or_less": "high"}
# Letters with a mark that texts confuse: s and t with comma below are often typed with a cedilla.
LOOKALIKES = {"ș": "ş", "ț": "ţ"}


@plain()
class MoneyRule:
    """A modifier rule of a language file, by its id."""

    id: str
    modifier: str
    apart: bool
    unless_level: bool


@plain()
class Group:
    """A sign or word that several currencies share."""

    default: str
    contrast: re.Pattern[str] | None
    others: tuple[tuple[str, re.Pattern[str]], ...]
    plain: frozenset[str]  # the forms of the others that stand without *


@plain()
class MoneyGrammar:
    """A language's numbers and money, compiled; see `compile_money`."""

    token: re.Pattern[str]
    marked_token: re.Pattern[str]
    lexicon: Mapping[str, tuple[Entry, ...]]
    cased: Mapping[str, Entry]
    stems: Mapping[str, tuple[tuple[str, Entry], ...]]
    glue: Mapping[str, tuple[str, Decimal]]
    glue_heads: frozenset[str]
    word_heads: frozenset[str]
    telling: frozenset[str]
    compound_heads: tuple[str, ...]
    stake_heads: frozenset[str]
    joins: frozenset[str]
    of: frozenset[str]
    decimal: str
    thousands: str
    three_after_decimal: str
    groups: Mapping[str, Group]
    before: re.Pattern[str]
    before_rules: tuple[MoneyRule, ...]
    after: re.Pattern[str]
    after_rules: tuple[MoneyRule, ...]
    level: re.Pattern[str]
    range_gap: re.Pattern[str]
    between: re.Pattern[str]
    start_from: re.Pattern[str]
    change: re.Pattern[str]
    counted: re.Pattern[str]
    some_noun: re.Pattern[str]
    money_next: re.Pattern[str]
    cue: re.Pattern[str]
    unit: re.Pattern[str]
    unknown_next: str
    unit_told: re.Pattern[str]
    prices_of: re.Pattern[str]
    home_scales: Mapping[Decimal, tuple[str, re.Pattern[str]]]
    stake: re.Pattern[str] | None
    signs: re.Pattern[str]  # the characters of currency signs and percent
    sign_heads: frozenset[str]  # letters with which signs such as "Rs." begin
    opens_modifier: re.Pattern[str]  # finds where a modifier before an amount may begin
    stake_values: tuple[Decimal, ...] = ()

    def look(self, word: str) -> int:
        """What a word (as written) can be to an amount: a piece of one, one that tells that there may be one, part of a stake."""
        low = word.lower()
        telling = low in self.telling or DIGIT.search(low) is not None or low.startswith(self.compound_heads)
        piece = (telling or low in self.lexicon or word in self.cased or low[:3] in self.word_heads or word in self.sign_heads
                 or word[-1].isupper())  # fmt: skip
        return PIECE * piece | TELLING * telling | STAKE * (low in self.stake_heads)


# -- compiling

SPACES = r"[ \t\u00a0\u2007\u2009\u202f]"
NEVER = expression(r"(?!)")


def widen(pattern: str) -> str:
    """A pattern that also accepts the other ways to type it: no diacritics, decomposed, no-break spaces, curly quotes."""
    out: list[str] = []
    for char in unicodedata.normalize("NFC", pattern):
        base = unicodedata.normalize("NFD", char)
        if char == " ":
            out.append(r"\s{1,2}")
        elif char == "'":
            out.append("['’]")
        elif len(base) > 1 and base[0].isalpha():
            other = LOOKALIKES.get(char.lower(), "")
            forms = [base, *([unicodedata.normalize("NFD", other), other] if other else []), char, base[0]]
            out.append("(?:" + "|".join(forms) + ")")
        else:
            out.append(char)
    return "".join(out)


def form_pattern(form: str) -> str:
    """The pattern of one literal form; a final * stands for any ending."""
    body = widen(re.sub(r"([.^$+?{}\[\]\\|()])", r"\\\1", form.rstrip("*")))
    body = body.replace("-", "[-\u2010\u2011]").replace(r"\s{1,2}", "[\\s\u2010\u2011-]{1,2}")
    return body + (r"\w{0,20}" if form.endswith("*") else "")


def any_form(forms: Iterable[str]) -> str:
    """An alternation of literal forms, the longest first; matches nothing where there are none."""
    listed = sorted(set(forms), key=lambda form: (-len(form), form))
    return "(?:" + "|".join(form_pattern(form) for form in listed) + ")" if listed else "(?!)"


def whole_words(forms: Iterable[str]) -> re.Pattern[str]:
    """Any of the forms as whole words."""
    return re.compile(r"(?<!\w)" + any_form(forms) + r"(?!\w)", re.IGNORECASE)


def spellings(word: str) -> set[str]:
    """The lower-case ways to type one word: composed, decomposed, bare, with the letters that are taken for its own."""
    composed = unicodedata.normalize("NFC", word.lower())
    decomposed = unicodedata.normalize("NFD", composed)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    lookalike = "".join(LOOKALIKES.get(char, char) for char in composed)
    return {composed, decomposed, bare, lookalike, unicodedata.normalize("NFD", lookalike)}


class LexiconBuilder:
    """Collects forms, then gives the lexicon: first word → entries, the longest form first."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Entry]] = {}

    def add(self, forms: Iterable[str], kind: str, value: Decimal | None = None, code: str = "", flag: str = "") -> None:
        """Every form means the same; the first meaning of a form stays."""
        for form in forms:
            text = str(form).rstrip(".")
            head = re.match(r"[^\W\d_]+", text)
            if not head:
                continue
            tail = text[head.end():]
            rest = re.compile(form_pattern(tail) + r"(?!\w)", re.IGNORECASE) if tail else None
            for word in spellings(head.group()):
                self.entries.setdefault(word, {}).setdefault(tail, Entry(kind, value, code, flag, rest))

    def lexicon(self) -> dict[str, tuple[Entry, ...]]:
        return {word: tuple(tails[tail] for tail in sorted(tails, key=lambda tail: (-len(tail), tail)))
                for word, tails in self.entries.items()}


def power(text: str) -> Decimal:
    """The value of a scale key such as "10^9"."""
    base, _, exponent = text.partition("^")
    return Decimal(base) ** int(exponent or 1)


def build_lexicon(numbers: Mapping[str, Any], money: Mapping[str, Any]) -> dict[str, tuple[Entry, ...]]:
    """The words of a language that can belong to an amount."""
    lexicon = LexiconBuilder()
    lexicon.add(numbers.get("articles", []), MONEY_WORD, Decimal(1), flag="article")
    for word, value in numbers.get("words", {}).items():
        lexicon.add([word], MONEY_WORD, Decimal(str(value)), flag="article" if value < 1 or value % 1 else "")
    for word, value in numbers.get("about", {}).items():
        lexicon.add([word], MONEY_WORD, Decimal(value), flag="about")
    lexicon.add(numbers.get("hundreds", []), HUNDRED, Decimal(100))
    lexicon.add(numbers.get("hundreds_many", []), HUNDRED, Decimal(100), flag="many")
    for key, scale in numbers.get("scales", {}).items():
        for flag in ("many", "words", "abbreviations", "letters"):
            lexicon.add(scale.get(flag, []), SCALE, power(key), flag=flag)
    lexicon.add(numbers.get("vague", []), VAGUE)
    lexicon.add(numbers.get("and_a_half", []), HALF)
    lexicon.add(numbers.get("percent", []), PERCENT)
    lexicon.add(money.get("not_currency", []), OTHER)
    scaled, cued = set(money.get("only_with_scale", [])), set(money.get("or_with_money_word", []))
    before = set(money.get("before", []))
    for code, forms in money.get("currencies", {}).items():
        for form in forms:
            flag = " ".join(name for name, has in (("scaled", form in scaled), ("cued", form in cued), ("sign", form in before)) if has)
            lexicon.add([form], CUR, code=code, flag=flag)
    for codes, forms in money.get("minor", {}).items():
        lexicon.add(forms, MINOR, Decimal("0.01"), code=codes)
    for key, scale in money.get("scale_with_currency", {}).items():
        for code, forms in scale.items():
            lexicon.add(forms, SCALE, power(key), code=code, flag="abbreviations")
    return lexicon.lexicon()


def build_cased(shared: Mapping[str, Any]) -> tuple[dict[str, Entry], list[str]]:
    """Codes and signs by their exact form, and the signs that are not letters alone (for the token pattern)."""
    never, scaled = set(shared.get("codes_never", [])), set(shared.get("codes_with_scale_only", []))
    glued = set(shared.get("glued_only", []))
    cased = {code: Entry(CUR, None, code, "sign scaled code" if code in scaled else "sign code", None)
             for code in shared.get("codes", []) if code not in never}
    signs: list[str] = []
    for code, forms in shared.get("signs", {}).items():
        for form in forms:
            cased[form] = Entry(CUR, None, code, "sign glued" if form in glued else "sign", None)
            if not form.isalpha():
                signs.append(form)
    for codes, forms in shared.get("minor_signs", {}).items():
        cased.update({form: Entry(MINOR, Decimal("0.01"), codes, "", None) for form in forms})
        signs.extend(forms)
    return cased, signs


def token_pattern(signs: Iterable[str], thousands: str, marks: str = "") -> re.Pattern[str]:
    """Signs, numbers and words; the repeats are bounded so that a run of digits and marks is one quick step."""
    forms = sorted(signs, key=lambda sign: (-len(sign), sign))
    lettered = "|".join(re.escape(form) for form in forms if form[0].isalpha())
    plain = "|".join(re.escape(form) for form in forms if not form[0].isalpha())
    spaced = rf"(?:{SPACES}\d{{3}}(?!\d)){{1,6}}+(?:[.,]\d{{1,2}}(?!\d))?|" if " " in thousands else ""
    number = rf"(?<!\d)(?<!\d[.,'’])(?:\d{{1,3}}(?:[½¼¾]|{SPACES}[1-7]/[2-8](?![\d/]))|\d{{1,3}}(?:{spaced}\d*+(?:[.,'’]\d++){{0,8}}+))"
    word = rf"(?:[^\W\d_]|[{marks}])++" if marks else r"[^\W\d_]++"
    return re.compile(rf"(?P<word>{word}(?![$¥£./-]| ?\$))|(?P<num>{number})|(?P<sign>(?:(?<![^\W\d_])(?:{lettered or '(?!)'}))"
                      rf"|(?:{plain or '(?!)'})|[%‰])|(?P<dotted>{word})")


def compile_rules(rules: Iterable[Mapping[str, Any]], position: str, articles: Iterable[str]) -> tuple[re.Pattern[str], tuple[MoneyRule, ...]]:
    """One pattern for all modifier rules of a position: group rN is rule N."""
    chosen = [rule for rule in rules if (rule.get("position") == "after") == (position == "after")]
    found = tuple(MoneyRule(rule["id"], rule["modifier"], rule.get("position") == "apart", bool(rule.get("unless_level"))) for rule in chosen)
    if not chosen:
        return NEVER, ()
    body = "|".join(f"(?P<r{at}>{widen(rule['match'])})" for at, rule in enumerate(chosen))
    if position == "after":
        return re.compile(rf"\s{{0,2}}-?(?:{body})(?!\w)", re.IGNORECASE), found
    return re.compile(rf"(?:{body})(?<!\w\w\w\.)[\s-]{{0,2}}(?:{any_form(articles)}(?<=['’])|{any_form(articles)}\s{{1,2}})?", re.IGNORECASE), found


def opens_modifier(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Where a word stands with which a match of the pattern can begin: told by its first letters, up to three, where these can be told."""
    told = (text.lower() for text, _ in _beginnings(re._parser.parse(pattern.pattern, pattern.flags)))  # type: ignore[attr-defined]
    heads = {"" if text.startswith((_ANY, "0")) else text[:3] for text in told}
    return re.compile(rf"(?<![^\W_])(?=\S)(?={'|'.join(map(re.escape, sorted(heads)))})", re.IGNORECASE)


def compile_groups(shared: Mapping[str, Any]) -> dict[str, Group]:
    """The shared signs and words, with the words that decide between their currencies."""
    return {name: Group(data["default"], loose_forms(data["contrast"]) if data.get("contrast") else None,
                        tuple((code, loose_forms(forms)) for code, forms in data.get("others", {}).items()),
                        frozenset(form for forms in data.get("others", {}).values() for form in forms if not form.endswith("*")))
            for name, data in shared.get("groups", {}).items()}


def loose_forms(forms: Iterable[str]) -> re.Pattern[str]:
    """The forms as written in the article, capitals as given (names, codes and signs)."""
    return re.compile(r"(?<!\w)" + any_form(forms) + r"(?![^\W\d_])")


def glue_parts(numbers: Mapping[str, Any], lexicon: Mapping[str, tuple[Entry, ...]]) -> dict[str, tuple[str, Decimal]]:
    """The parts of number words written as one, without diacritics: part → its kind and value."""
    if not numbers.get("glued"):
        return {}
    parts: dict[str, tuple[str, Decimal]] = {}
    for word, entries in lexicon.items():
        for entry in entries:
            plain = entry.rest is None and entry.value is not None and word.isalpha()
            if plain and entry.value is not None and (
                    (entry.kind == MONEY_WORD and entry.value % 1 == 0) or entry.kind == HUNDRED
                    or (entry.kind == SCALE and entry.value == 1000 and entry.flag in ("words", "many"))):
                parts[bare(word)] = (entry.kind, entry.value)
    for form, value in numbers.get("glued_forms", {}).items():
        parts[bare(form)] = (MONEY_WORD, Decimal(value)) if value < 1000 else (SCALE, Decimal(value))
    for form in numbers.get("glue", []):
        parts.setdefault(bare(form), ("join", Decimal(0)))
    return parts


def bare(word: str) -> str:
    """Lower case, without diacritics."""
    return "".join(char for char in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(char))


def compile_stems(money: Mapping[str, Any], lexicon: Mapping[str, tuple[Entry, ...]]) -> dict[str, tuple[tuple[str, Entry], ...]]:
    """Forms that may begin a compound ("dollardeal"), by their first four letters."""
    stems: dict[str, list[tuple[str, Entry]]] = {}
    for form in sorted(money.get("compound_heads", []), key=lambda form: (-len(form), form)):
        for entry in lexicon.get(form.lower(), ())[-1:]:
            stems.setdefault(form.lower()[:4], []).append((form.lower(), entry))
    return {head: tuple(found) for head, found in stems.items()}


def compile_money(language_data: Mapping[str, Any], shared_currencies: Mapping[str, Any]) -> MoneyGrammar:
    """The grammar of one language.

    Takes the language file as a mapping (its keys `numbers` and `money`; both may be absent, which leaves signs and codes
    with digits) and the shared currencies. Raises re.error, KeyError or TypeError on data that the checks would refuse.
    """
    numbers, money = language_data.get("numbers", {}), language_data.get("money", {})
    lexicon = build_lexicon(numbers, money)
    cased, signs = build_cased(shared_currencies)
    glue = glue_parts(numbers, lexicon)
    thousands = "".join(numbers.get("thousands", [",", ".", " "]))
    rules = [*money.get("modifiers", []), *shared_currencies.get("modifiers", [])]
    articles = money.get("articles", [])
    before, before_rules = compile_rules(rules, "before", articles)
    after, after_rules = compile_rules(rules, "after", articles)
    ranges = money.get("ranges", {})
    nouns = noun_patterns(money, numbers.get("of", []))
    fractions = money.get("fractions", {})
    return MoneyGrammar(
        token=token_pattern(signs, thousands), marked_token=token_pattern(signs, thousands, "\u0300-\u036f"),
        lexicon=lexicon, cased=cased, stems=compile_stems(money, lexicon), glue=glue, glue_heads=frozenset(part[:3] for part in glue),
        word_heads=frozenset({form[:3].lower() for form in money.get("compound_heads", [])} | {
            spelling[:3] for part in glue for spelling in (part, *lexicon) if spelling[:3] == part[:3]}
            | {spelling[:3] for word in lexicon if glue and bare(word) in glue for spelling in spellings(word)}
            ),
        telling=telling_words(lexicon), compound_heads=tuple(form.lower() for form in money.get("compound_heads", [])),
        joins=frozenset(spelling for form in numbers.get("joins", []) for spelling in spellings(form)),
        of=frozenset(spelling for form in numbers.get("of", []) for spelling in spellings(form)),
        decimal=numbers.get("decimal", "."), thousands=thousands, three_after_decimal=numbers.get("three_after_decimal_mark", "thousands"),
        groups=compile_groups(shared_currencies), before=before, before_rules=before_rules, after=after, after_rules=after_rules,
        level=whole_words(money.get("level_words", [])), range_gap=range_pattern(ranges, articles),
        between=opener(ranges.get("between", []), articles), start_from=opener(ranges.get("from", []), articles),
        change=whole_words(ranges.get("change_words", [])), counted=nouns[0], some_noun=nouns[1], money_next=nouns[2], cue=nouns[3],
        unit=nouns[4], unknown_next=money.get("unknown_word_after", "deny"),
        unit_told=opener(money.get("unit_told", []), ()), prices_of=opener(money.get("prices_of", []), ()), home_scales=compile_home_scales(money),
        stake_heads=frozenset(spelling for form in fractions for spelling in spellings(re.split(r"[\W_]", form)[-1])),
        signs=re.compile("[%‰" + "".join(sorted({char for form in signs for char in form if unicodedata.category(char) == "Sc"})) + "]"),
        sign_heads=frozenset(head[0] for form in cased if (head := re.match(r"[^\W\d_]+", form)) and head[0] != form),
        opens_modifier=opens_modifier(before),
        stake=stake_pattern(fractions, money.get("stake_words", [])), stake_values=tuple(fraction_value(value) for value in fractions.values()))


def compile_home_scales(money: Mapping[str, Any]) -> dict[Decimal, tuple[str, re.Pattern[str]]]:
    """Scales that are weights elsewhere: their currency, and what shows that they are weights."""
    return {power(key): (home["currency"], re.compile(rf"\s{{1,2}}{any_form(home['not_before'])}(?!\w)", re.IGNORECASE))
            for key, home in money.get("home_scales", {}).items()}


def telling_words(lexicon: Mapping[str, tuple[Entry, ...]]) -> frozenset[str]:
    """The words without which there is no amount in words: scales, currencies, percent."""
    return frozenset(word for word, entries in lexicon.items()
                     if any(entry.kind in (SCALE, CUR, MINOR, PERCENT) and entry.flag != "letters"
                            and (entry.rest is None or entry.kind == CUR) for entry in entries))


def noun_patterns(money: Mapping[str, Any], of: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """What may follow or precede a number without a currency: counted things, some noun, money words, either, units."""
    counts, cues = money.get("counted", []), money.get("money_words", [])
    skip = any_form([*money.get("may_follow", []), *of])
    of_any = any_form(of)
    of_part = rf"(?:{of_any}(?:(?<=['’])|\s{{1,2}}))?"
    adjectives = rf"(?:(?!{skip}(?!\w))[^\W\d_][\w'’-]{{0,24}}\s{{1,2}}){{0,2}}"
    return (
        re.compile(rf"[\s-]{{0,2}}{of_part}{adjectives}{any_form(counts)}(?!\w)", re.IGNORECASE),
        re.compile(rf"\s{{1,2}}{of_any}(?:(?<=['’])|\s{{1,2}})[^\W\d_]", re.IGNORECASE),
        re.compile(rf"[\s-]{{1,2}}{of_part}{any_form([*money.get('may_follow', []), *cues])}(?!\w)", re.IGNORECASE),
        re.compile(rf"(?<!\w)(?:(?P<count>{any_form(counts)})|(?P<cue>{any_form(cues)}))(?!\w)", re.IGNORECASE),
        re.compile(rf"[\s-]{{0,2}}{of_part}{any_form(counts)}(?!\w)", re.IGNORECASE))


def range_pattern(ranges: Mapping[str, Any], articles: Iterable[str]) -> re.Pattern[str]:
    """What stands between the two ends of a range."""
    article = rf"(?:\s{{1,2}}{any_form(articles)}(?:(?<=['’])|\s{{1,2}}))?"
    return re.compile(rf"\s{{0,2}}(?:(?P<dash>[-–—−\u2010\u2011])|(?P<to>(?<=\s){any_form(ranges.get('to', []))}(?=\s))"
                      rf"|(?P<either>(?<=\s){any_form(ranges.get('or', []))}(?=\s))"
                      rf"|(?P<shift>(?<=\s){any_form(ranges.get('shift', []))}(?=\s))"
                      rf"|(?P<both>(?<=\s){any_form(ranges.get('and', []))}(?=\s))){article}\s{{0,2}}", re.IGNORECASE)


def opener(forms: Iterable[str], articles: Iterable[str]) -> re.Pattern[str]:
    """A word such as "between" right before an amount."""
    return re.compile(rf"{any_form(forms)}(?:(?<=['’])|\s{{1,2}})(?:{any_form(articles)}(?:(?<=['’])|\s{{1,2}}))?", re.IGNORECASE)


def fraction_value(text: str) -> Decimal:
    """ "1/3" as a decimal of four places."""
    top, _, bottom = str(text).partition("/")
    return round(Decimal(top) / Decimal(bottom or 1), 4)


def stake_pattern(fractions: Mapping[str, str], stakes: Iterable[str]) -> re.Pattern[str] | None:
    """A spelled-out fraction beside the language's stake words; group rN is fraction N."""
    if not fractions:
        return None
    body = "|".join(f"(?P<r{at}>{form_pattern(form)})" for at, form in enumerate(fractions))
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)(?=[\s-]{{1,2}}(?:[^\W\d_]{{1,4}}\s){{0,2}}{any_form(stakes)}(?!\w))", re.IGNORECASE)


# -- reading tokens


DIGIT = expression(r"\d+")
NEXT_WORD = expression(r"[\s-]{1,2}([^\W\d_])")
MONEY_MARKS = expression("[\u0300-\u036f]")
REACH_BACK, REACH_ON = 64, 48  # code points around a digit or a telling word in which the rest of its amount stands


def lowered(text: str) -> str:
    """The text in small letters, each at its own offset."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def stretches(text: str, words: Words, facts: Sequence[int], grammar: MoneyGrammar) -> Iterator[tuple[int, int]]:
    """The words and signs of a text, neighbours together, that can be pieces of an amount: most of a text is none, and is never looked at."""
    pieces = list(compress(words.spans, map(PIECE.__and__, facts)))
    for sign in grammar.signs.finditer(text):
        start = sign.start()
        while start and sign.start() - start < 4 and text[start - 1].isalpha():
            start -= 1
        pieces.append((start, sign.end()))
    pieces.sort()
    begin, end, at = -1, -1, 0
    near = list(windows(text, [start for start, _ in compress(words.spans, map(TELLING.__and__, facts))]))
    for start, stop in pieces:
        while at < len(near) and near[at][1] <= start:
            at += 1
        if at == len(near):
            break
        if start < near[at][0]:
            continue
        if begin >= 0 and start > end + 1:
            yield begin, end
            begin = -1
        begin, end = (start if begin < 0 else begin), max(end, stop)
    if begin >= 0:
        yield begin, end


def windows(text: str, spots: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The stretches of a text that can hold amounts, in order, around digits and telling words; they end between words where words are short."""
    begin, stop = -1, -1
    for spot in spots:
        if begin >= 0 and spot - REACH_BACK > stop:
            yield begin, at_space(text, stop)
            begin = -1
        if begin < 0:
            begin = at_space(text, max(0, spot - REACH_BACK))
        stop = spot + REACH_ON
    if begin >= 0:
        yield begin, at_space(text, stop)


def at_space(text: str, at: int) -> int:
    """The next white space, within reason."""
    while 0 < at < len(text) and not text[at].isspace():
        at += 1
        if at % 256 == 0:
            break
    return min(at, len(text))


def tokens(text: str, parts: Iterable[tuple[int, int]], pattern: re.Pattern[str], grammar: MoneyGrammar) -> Iterator[Token]:
    """The tokens of a text that can belong to an amount, from left to right, of those that begin within the given parts."""
    lexicon, cased, heads = grammar.lexicon, grammar.cased, grammar.word_heads
    done, last = 0, Token("", -9, -9, None, "", "")
    for begin, stop in parts:
        for found in pattern.finditer(text, max(begin, done)):
            start = found.start()
            if start >= stop:
                break
            if found.lastgroup == "word":
                word = found.group()
                low = word.lower()
                if low not in lexicon and word not in cased and low[:3] not in heads and not (word[-1:].isupper() and last.kind == NUM):
                    continue
            if start < done:
                continue
            for token in read_found(text, found, last, grammar):
                yield token
                last, done = token, token.end


def read_found(text: str, found: re.Match[str], last: Token, grammar: MoneyGrammar) -> Sequence[Token]:
    """The tokens of one match of the token pattern: mostly one or none."""
    start, end = found.span()
    word = found.group()
    if found.lastgroup == "num":
        return read_digits(text, found, grammar)
    if found.lastgroup in ("word", "dotted"):
        entry = grammar.cased.get(word)
        if entry is None:
            entries = grammar.lexicon.get(word.lower())
            return read_entries(text, entries, start, end) if entries else read_unlisted(word, start, end, last, grammar)
    elif word in "%‰":
        return [Token(PERCENT, start, end, Decimal(100 if word == "%" else 1000), "", "")]
    else:
        entry = grammar.cased[word]
    return [Token(entry.kind, start, end, entry.value, entry.code, entry.flag)]


def read_entries(text: str, entries: tuple[Entry, ...], start: int, end: int) -> list[Token]:
    """The token of the longest listed form at this word, if any; a scale with its own currency gives two."""
    for entry in entries:
        found = entry.rest.match(text, end) if entry.rest else None
        if entry.rest and not found:
            continue
        stop = found.end() if found else end
        token = Token(entry.kind, start, stop, entry.value, entry.code, entry.flag)
        if entry.kind == SCALE and entry.code:
            return [token, Token(CUR, stop, stop, None, entry.code, "")]
        return [token]
    return []


def read_unlisted(word: str, start: int, end: int, last: Token, grammar: MoneyGrammar) -> list[Token]:
    """Number words written as one, compounds that begin with a listed form, and scale letters glued to a code ("MUSD")."""
    low = word.lower()
    if len(word) < 4 or len(word) > 80:
        return []
    if last.kind == NUM and start - last.end <= 1 and len(word) <= 7:
        code = grammar.cased.get(word[-3:])
        scales = grammar.lexicon.get(low[:-3], ())
        if code and "code" in code.flag and scales and scales[-1].kind == SCALE:
            return [Token(SCALE, start, end - 3, scales[-1].value, "", scales[-1].flag), Token(CUR, end - 3, end, None, code.code, "code")]
    if grammar.glue and (low[:3] in grammar.glue_heads or not low[:3].isascii()):
        value = glued_value(bare(low), grammar.glue)
        if value is not None:
            return [Token(MONEY_WORD, start, end, value, "", "")]
    for stem, entry in grammar.stems.get(low[:4], ()):
        if low.startswith(stem):
            stop = start + len(stem)
            return [Token(entry.kind, start, stop, entry.value, entry.code, "compound")]
    return []


def glued_value(word: str, parts: Mapping[str, tuple[str, Decimal]]) -> Decimal | None:
    """The number that a glued word spells, or None. Longest part first; each position is tried once."""
    dead: set[int] = set()

    def walk(at: int, made: tuple[tuple[str, Decimal], ...]) -> Decimal | None:
        if at == len(word):
            return sum_parts(made)
        if at in dead:
            return None
        for size in range(min(14, len(word) - at), 0, -1):
            part = parts.get(word[at:at + size])
            if part is not None:
                value = walk(at + size, (*made, part))
                if value is not None:
                    return value
        dead.add(at)
        return None

    return walk(0, ())


def sum_parts(made: tuple[tuple[str, Decimal], ...]) -> Decimal | None:
    """The value of number parts in order, or None where they make no number (units may precede tens after a join)."""
    total, current, joined = Decimal(0), Decimal(0), False
    for kind, value in made:
        if kind == "join":
            joined = True
            continue
        if kind == SCALE or (kind == MONEY_WORD and value == 1000):
            total, current = total + (current or 1) * 1000, Decimal(0)
        elif kind == HUNDRED or value == 100:
            if current >= 100:
                return None
            current = (current or Decimal(1)) * 100
        elif joined and 20 <= value < 100 and 0 < current % 100 < 10:
            current += value
        elif current and not fits(current, value):
            return None
        else:
            current += value
        joined = False
    return None if joined else total + current


def fits(current: Decimal, value: Decimal) -> bool:
    """Whether a number word may follow: five after twenty, twelve after hundred, seventeen after sixty (soixante-dix-sept)."""
    if value < 10 and current >= 20 and current % 10 == 0 and current % 100 != 10:
        return True
    if 10 <= value < 20 and current % 100 in (60, 80):
        return True
    if value < 1000 <= current:
        return current % 1000 == 0
    return value < 100 <= current and current % 100 == 0


def read_digits(text: str, found: re.Match[str], grammar: MoneyGrammar) -> list[Token]:
    """The token of a number in digits; none inside names, times, dates and versions."""
    start, end = found.span()
    before = text[start - 1] if start else " "
    behind = text[end] if end < len(text) else " "
    if before in ":_#" or (behind in ":/" and text[end + 1:end + 2].isdigit()) or behind == "_":
        return []
    joined = before in "-\u2010\u2011" and start > 1 and text[start - 2].isalpha()
    if (joined or before == "/") and not joins_amounts(text, start, grammar):
        return []
    if before.isalpha() and not glued_currency(text, start, grammar):
        return []
    token = digits_token(text, found, grammar)
    return [token] if token.value is not None else []


def glued_currency(text: str, start: int, grammar: MoneyGrammar) -> bool:
    """Whether the letters right before a digit are a currency ("EUR5", "Rs500")."""
    word = re.search(r"[^\W\d_]{1,6}$", text[max(0, start - 6):start])
    return bool(word and (word.group() in grammar.cased or any(e.kind == CUR for e in grammar.lexicon.get(word.group().lower(), ()))))


def joins_amounts(text: str, start: int, grammar: MoneyGrammar) -> bool:
    """Whether the mark before a digit joins ends of a range ("5 million-6 million"), a currency and its number ("AUD-200 million"), or two sums.

    These are one in two currencies: "5 million euro/24.8 million lei".
    """
    word = re.search(r"[^\W\d_]{1,20}$", text[max(0, start - 21):start - 1])
    if word is None:
        return False
    known = grammar.lexicon.get(word.group().lower(), ())
    return word.group() in grammar.cased or any(entry.kind in (SCALE, CUR, MINOR) for entry in known)


def digits_token(text: str, found: re.Match[str], grammar: MoneyGrammar) -> Token:
    """The number token with its value, None where the marks make no number; flag "doubt" where a mark has two readings."""
    start, end = found.span()
    raw = found.group()
    value, flag = parse_digits(raw, grammar)
    if value is not None and text[end:end + 2] in (",-", ",—", ",–", ".-", ".—", ".–") and not text[end + 2:end + 3].isalnum():
        end += 2
    return Token(NUM, start, end, value, "", flag)


_MOST_DIGITS = 27  # the precision of decimal arithmetic is 28


def parse_digits(raw: str, grammar: MoneyGrammar) -> tuple[Decimal | None, str]:
    """Digits with marks as a value, by the language's decimal and thousands marks.

    A mark that comes twice parts thousands; of two different marks the last is the decimal one; one mark before one, two or
    more than three digits is a decimal mark, before three digits what the language says (flag "doubt": see `settle`). Nothing
    is counted in so many digits that a Decimal holds them no longer.
    """
    if len(raw) > _MOST_DIGITS and sum(map(str.isdigit, raw)) > _MOST_DIGITS:
        return None, ""
    if raw.isdigit():
        return Decimal(raw), ""
    if raw[-1] in FRACTIONS or "/" in raw:
        return mixed_number(raw), "mixed"
    text = re.sub(SPACES + "|['’]", "", raw)
    marks = [char for char in text if char in ".,"]
    if not marks:
        return (Decimal(text), "grouped") if re.fullmatch(r"\d{1,3}([^\d.,]\d{3})+", raw) else (None, "")
    whole, _, rest = text.rpartition(marks[-1])
    if len(set(marks)) == 2:
        good = marks.count(marks[-1]) == 1 and grouped(whole, marks[0])
        return (Decimal(re.sub("[.,]", "", whole) + "." + rest), "grouped") if good else (None, "")
    if len(marks) > 1:
        return (Decimal(re.sub("[.,]", "", text)), "grouped") if grouped(text, marks[0]) else (None, "")
    if len(rest) != 3 or len(whole) > 3 or whole.startswith("0"):
        return Decimal(f"{whole}.{rest}"), "decimal" + marks[0]
    if marks[0] in grammar.thousands and marks[0] != grammar.decimal:
        return Decimal(whole + rest), "grouped"
    if marks[0] == grammar.decimal and grammar.three_after_decimal == "decimal" and rest != "000":
        return Decimal(f"{whole}.{rest}"), "doubt"
    return Decimal(whole + rest), "doubt" if rest != "000" else "grouped"


FRACTIONS = {"½": "1/2", "¼": "1/4", "¾": "3/4"}


def mixed_number(raw: str) -> Decimal:
    """ "1 1/2" and "1½" as a decimal."""
    whole, fraction = (raw[:-1], FRACTIONS[raw[-1]]) if raw[-1] in FRACTIONS else re.split(r"\s", raw, maxsplit=1)
    return Decimal(whole) + fraction_value(fraction)


def grouped(text: str, mark: str) -> bool:
    """Whether a mark parts the digits into groups: threes, or twos before a last three as in India."""
    return bool(re.fullmatch(r"\d{1,3}(?:M\d{3})+|\d{1,2}(?:M\d{2})*M\d{3}".replace("M", re.escape(mark)), text))


# -- parsing sums


@plain(frozen=False)
class ReadSum:
    """A number with what stands beside it; still without the article's view."""

    start: int
    end: int
    value: Decimal | None
    scale: Decimal
    code: str = ""
    sign_before: bool = False
    weak: bool = False  # a scale letter ("70B"), money only beside a currency
    about: bool = False
    flag: str = ""
    minor: bool = False
    plain: bool = False  # one end of a change: its bound words belong to the change
    low: Decimal | None = None
    high: Decimal | None = None
    is_range: bool = False
    rule: str = ""

    @property
    def vague(self) -> bool:
        return self.value is None and not self.is_range


class ReadNumber(NamedTuple):
    """A parsed number expression: `next` is the index of the first token after it."""

    value: Decimal | None
    scale: Decimal
    next: int
    weak: bool
    inner: Token | None
    flag: str
    about: bool


def clusters(stream: Iterable[Token]) -> Iterator[list[Token]]:
    """Neighbouring tokens together; only those clusters in which a number can be."""
    cluster: list[Token] = []
    for token in stream:
        if cluster and (token.start - cluster[-1].end > CLUSTER_GAP or len(cluster) >= CLUSTER_SIZE):
            if worth_reading(cluster):
                yield cluster
            cluster = []
        cluster.append(token)
    if worth_reading(cluster):
        yield cluster


def worth_reading(cluster: list[Token]) -> bool:
    """A number word alone is no amount."""
    if any(token.kind in (NUM, SCALE) for token in cluster):
        return True
    return len(cluster) > 1 and (cluster[-1].kind != MONEY_WORD or any(token.kind != MONEY_WORD for token in cluster[1:]))


def only_bare_numbers(text: str, cluster: list[Token], grammar: MoneyGrammar) -> bool:
    """Whether a cluster is a number by itself, such as a year, or several, no unit behind any: `keep_sums` would keep none."""
    if any(token.kind != NUM or token.flag == "grouped" for token in cluster):
        return False
    follows = [token.start for token in cluster[1:]]
    apart = [token for token, start in zip(cluster, follows, strict=False) if text[token.end : start] != " "]  # nothing fits between the others
    return not any(grammar.unit.match(text, token.end) for token in (*apart, cluster[-1]))


def joint(text: str, left: Token, right: Token, grammar: MoneyGrammar) -> str | None:
    """How two tokens touch: "" (spaces), "-", "join" (and), "of", or None (not at all)."""
    gap = text[left.end:right.start]
    if not gap or gap == " ":
        return ""
    if len(gap) > CLUSTER_GAP or gap.count("\n") > 1:
        return None
    if gap[0] == "." and left.kind == SCALE and left.flag == "abbreviations":
        gap = gap[1:]
    inner = gap.strip().lower().replace("’", "'")
    if not inner:
        return "" if len(gap) <= 3 else None
    if inner in "-\u2010\u2011":
        return "-" if len(gap) == 1 else None
    if inner in grammar.of:
        return "of"
    return "join" if inner in grammar.joins else None


class NumberReader:
    """Reads one number expression, token by token, as a stack of scaled parts."""

    def __init__(self, text: str, cluster: list[Token], grammar: MoneyGrammar) -> None:
        self.text, self.cluster, self.grammar = text, cluster, grammar
        self.stack: list[Decimal] = []
        self.scales: list[Decimal] = []
        self.current: Decimal | None = None
        self.vague = self.weak = self.article = self.worded = self.about = False
        self.parts = 0
        self.first = 0
        self.inner: Token | None = None
        self.flag = ""
        self.lone = False  # a scale word in the singular without a number

    def read(self, first: int) -> ReadNumber | None:
        """The number that begins at this token, or None."""
        at = self.first = first
        while at < len(self.cluster):
            gap = joint(self.text, self.cluster[at - 1], self.cluster[at], self.grammar) if at > first else ""
            if gap is None or not self.take(at, gap, at == first):
                break
            at += 1
        return self.result(first, at)

    def take(self, at: int, gap: str, first: bool) -> bool:
        """Whether the token continues the number; if so it is taken in."""
        token = self.cluster[at]
        self.about = self.about or token.flag == "about"
        if token.kind == NUM:
            return self.take_digits(at, gap, first)
        if token.kind == MONEY_WORD:
            return self.take_word(at, gap, first)
        if token.kind == HUNDRED:
            return self.take_hundred(token, gap)
        if token.kind == SCALE:
            return self.take_scale(token, gap)
        if token.kind == VAGUE:
            return self.take_vague(first, gap)
        if token.kind == HALF:
            return self.take_half(gap)
        if token.kind == CUR and "sign" in token.flag and self.current is not None and not self.scales and not self.inner and gap == "":
            follows = self.cluster[at + 1] if at + 1 < len(self.cluster) else None
            if follows and follows.kind == SCALE and follows.flag != "letters" and joint(self.text, token, follows, self.grammar) == "":
                self.inner = token
                return True
        return False

    def take_digits(self, at: int, gap: str, first: bool) -> bool:
        """Digits open a number, or go on after a higher scale ("10 mil 500 millones")."""
        token = self.cluster[at]
        if first:
            self.current, self.flag, self.parts = token.value, token.flag, 1
            return True
        if self.current is not None or not self.scales or self.vague or token.value is None or token.value >= self.scales[-1]:
            return False
        if gap != "" and not (gap == "join" and self.goes_on(at)):
            return False
        follows = self.cluster[at + 1] if at + 1 < len(self.cluster) else None
        if not follows or joint(self.text, token, follows, self.grammar) not in ("", "of"):
            return False
        lower = follows.kind == SCALE and follows.value is not None and (follows.value < self.scales[-1] or self.scales == [Decimal(1000)])
        if lower or (follows.kind == CUR and self.scales[-1] == 1000 and "sign" not in follows.flag):
            self.current, self.parts = token.value, 2
            return True
        return False

    def goes_on(self, at: int) -> bool:
        """Whether digits behind "and" are the lower part of one sum: "1 billion and 300 million dollars", but no range or list."""
        before = self.cluster[self.first - 1] if self.first else None
        value, scale = self.cluster[at].value, self.scale_after(at + 1)
        lower = scale is not None and value is not None and 1000 <= scale < self.scales[-1] and value * scale < self.scales[-1]
        signed = before is not None and before.kind == CUR and opens_sum(self.text, self.cluster, self.first - 1)
        return lower and not self.weak and not signed and not ends_before(self.text, self.cluster[self.first].start, self.grammar.between)

    def take_word(self, at: int, gap: str, first: bool) -> bool:
        """A number word: alone, or after a higher one that it fits."""
        token = self.cluster[at]
        value = token.value or Decimal(0)
        if first:
            self.current, self.article, self.worded, self.parts = value, token.flag == "article", True, 1
            return True
        if gap == "of" or self.vague or self.flag or (self.cluster and not self.worded and self.current is not None):
            return False
        if self.current is None:
            if token.flag == "article" or not self.scales or not self.worded or value >= self.scales[-1]:
                return False  # "1 billion three years ago": words go on with words alone
            if gap == "join" and self.scale_after(at) in self.scales:
                return False  # "between two thousand and three thousand": the other end of a range
            self.current, self.parts = value, 2
            return True
        if self.article and value >= 1 and self.current < 1:
            return False
        if (value < 1 and self.current == 1) or (self.article and token.flag != "article" and self.current == 1 and value >= 10):
            self.current = value * self.current
            self.article = token.flag == "article"
            return True
        if fits(self.current, value):
            self.current += value
            self.article = False
            return True
        return False

    def scale_after(self, at: int) -> Decimal | None:
        """The scale of the words that begin at this token, if they have one."""
        while at < len(self.cluster) and self.cluster[at].kind in (MONEY_WORD, HUNDRED):
            at += 1
        return self.cluster[at].value if at < len(self.cluster) and self.cluster[at].kind == SCALE else None

    def take_hundred(self, token: Token, gap: str) -> bool:
        if (gap == "of" and not self.vague) or self.flag:
            return False
        if token.flag == "many" and self.current is None:
            self.vague = True
            return not self.scales
        if self.current is not None and (self.current >= 100 or self.current % 1 or not self.worded):
            return False
        if not self.vague:
            self.current = (self.current or Decimal(1)) * 100
        self.article, self.worded = False, True
        return True

    def take_scale(self, token: Token, gap: str) -> bool:
        """A scale word multiplies what is lower than itself."""
        value = token.value or Decimal(1)
        if gap == "join" or value in self.scales:
            return False
        if token.flag == "compound" and gap == "" and self.text[token.start - 1:token.start] not in ("", "-") and self.scales:
            return False
        if gap == "of" and self.current is None and not self.vague and not (self.scales and self.scales[-1] < value):
            return False
        if self.scales and self.current is None and self.scales[-1] > value:
            return False
        if self.current is None and not self.scales and not self.vague:
            if token.flag in ("letters", "abbreviations"):
                return False
            if value >= MILLION or token.flag == "many" or token.flag == "compound":
                self.vague, self.lone = True, token.flag == "words"
            else:
                self.worded = True  # "mil doscientos": a thousand opens a number in words
        lower = Decimal(0)
        while self.stack and self.stack[-1] < value:
            lower += self.stack.pop()
        amount = lower + (self.current or 0)
        self.stack.append((amount or 1) * value)
        self.scales.append(value)
        self.current, self.weak = None, token.flag == "letters"
        return True

    def take_vague(self, first: bool, gap: str) -> bool:
        if not first and not (self.vague and not self.scales) and not (self.article and self.current == 1 and gap == ""):
            return False
        self.vague, self.current = True, None
        return True

    def take_half(self, gap: str) -> bool:
        if gap not in ("", "-") or (self.vague and not self.lone):
            return False
        if self.vague:
            self.vague = False  # "millón y medio"
        if self.current is not None and not self.scales:
            self.current += Decimal("0.5")
            self.article = True
            return True
        if self.scales and self.current is None:
            self.stack.append(self.scales[-1] / 2)
            return True
        return False

    def result(self, first: int, at: int) -> ReadNumber | None:
        """The number read so far; an article, a half or "several" needs a scale."""
        if at == first or (not self.scales and (self.article or self.vague)):
            return None
        scale = max(self.scales) if self.scales else _ONE
        if len(self.scales) == 2 and self.parts == 1 and self.scales[0] < self.scales[1]:
            scale *= self.scales[0]  # "5 mil millones": the unit is the thousand million
        if self.inner is not None and not self.scales:
            return None
        value = None if self.vague else sum(self.stack, _ZERO) + (self.current or _ZERO)
        flag = "article" if self.article and value == scale else self.flag or ("words" if self.worded else "")
        return ReadNumber(value, scale, at, self.weak, self.inner, flag, self.about)


def read_sums(text: str, cluster: list[Token], grammar: MoneyGrammar) -> Iterator[ReadSum | Share]:
    """The numbers of a cluster with the currencies and percent signs beside them."""
    at = free = 0
    while at < len(cluster):
        sign = cluster[at] if opens_sum(text, cluster, at) else None
        first = at + 1 if sign else at
        number = NumberReader(text, cluster, grammar).read(first) if cluster[first].kind not in (CUR, MINOR, PERCENT, HALF) else None
        if number is None:
            at += 1
            continue
        last = cluster[number.next - 1]
        follows = cluster[number.next] if number.next < len(cluster) else None
        touch = joint(text, last, follows, grammar) if follows else None
        if follows and follows.kind == PERCENT and touch in ("", "-") and number.value is not None and not sign:
            yield Share(cluster[first].start, follows.end, number.value / (follows.value or 100))
            at = number.next + 1
            continue
        made = ReadSum((sign or cluster[first]).start, last.end, number.value, number.scale, weak=number.weak, about=number.about, flag=number.flag)
        if number.flag == "article" and (touch == "-" or last.flag == "compound"):
            made.value = None  # "a billion-dollar deal", "een miljoenendeal" tell no sum
        at = number.next
        if sign:
            made.code, made.sign_before, made.rule = sign.code, True, "before"
        if number.inner:
            made.code, made.rule = made.code or number.inner.code, "inside"
        if follows and touch is not None and touch != "join" and take_currency(text, cluster, number.next, made, grammar):
            made.end = follows.end
            at += 1
            at += add_half(text, cluster, at, made)
        elif not made.code and free < first and announces(text, cluster[first - 1], made, grammar):
            made.code, made.rule = cluster[first - 1].code, "announced"
        free = at
        yield made


def add_half(text: str, cluster: list[Token], at: int, made: ReadSum) -> bool:
    """Whether "and a half" stands behind the currency of a small sum ("tres euros y medio"); it is then added."""
    half = cluster[at] if at < len(cluster) else None
    if half is None or half.kind != HALF or made.scale > 1 or made.value is None or made.value % 1:
        return False
    if text[cluster[at - 1].end:half.start] != " " or not CLAUSE_END.match(text, half.end):
        return False
    made.value, made.end = made.value + Decimal("0.5"), half.end
    return True


def announces(text: str, token: Token, made: ReadSum, grammar: MoneyGrammar) -> bool:
    """Whether a currency in front tells the unit of a sum: "in euros: 3.8 billion"."""
    return (token.kind == CUR and made.scale >= MILLION and not made.weak and text[token.end:made.start].strip() in (":", ",")
            and not grammar.counted.match(text, made.end) and ends_before(text, token.start, grammar.unit_told))


def opens_sum(text: str, cluster: list[Token], at: int) -> bool:
    """Whether the token is a currency right before a number."""
    token = cluster[at]
    if token.kind != CUR or "sign" not in token.flag or at + 1 >= len(cluster):
        return False
    follows = cluster[at + 1]
    touch = text[token.end:follows.start]
    if follows.kind in (MONEY_WORD, HUNDRED, VAGUE):
        scaled = follows.kind == MONEY_WORD and follows.flag != "article" and at + 2 < len(cluster) and cluster[at + 2].kind == SCALE
        return touch.isspace() and len(touch) == 1 and ("code" in token.flag or scaled)
    if follows.kind != NUM or touch.strip(" \t\u00a0\u2007\u2009\u202f-−") or len(touch) > 2:
        return False
    scaled = at + 2 < len(cluster) and cluster[at + 2].kind == SCALE
    if "glued" in token.flag and touch and not (scaled and touch.isspace() and cluster[at + 2].flag != "letters"):
        return False
    if "scaled" in token.flag:
        return scaled
    # a word such as "euro" before a bare year is no sum
    year = not follows.flag and follows.value is not None and 1900 <= follows.value < 2100 and follows.value % 1 == 0
    return not (year and not scaled and "code" not in token.flag and text[token.start:token.end].isalpha() and len(text[token.start:token.end]) > 3)


def take_currency(text: str, cluster: list[Token], at: int, made: ReadSum, grammar: MoneyGrammar) -> bool:
    """Gives the sum the currency that follows it; says whether the token is used up."""
    token = cluster[at]
    if token.kind == MINOR and not made.sign_before and made.value is not None:
        made.code, made.minor, made.rule = token.code, True, "minor"
        made.value *= Decimal("0.01")
        return True
    if token.kind != CUR:
        return False
    if "scaled" in token.flag and made.scale < 1000 and not ("cued" in token.flag and paid_in(text, made, token, grammar)):
        return False
    if "glued" in token.flag and token.start != cluster[at - 1].end:
        return False
    spaced = made.code or token.start != cluster[at - 1].end
    if "sign" in token.flag and spaced and opens_sum(text, cluster, at) and not (not made.code and closes_sum(text, cluster, at)):
        return False
    if made.code and made.code != token.code and made.code in grammar.cased:
        return False
    if not made.code or made.code not in grammar.cased:
        made.code, made.rule = token.code, made.rule or "after"
    return True


def paid_in(text: str, made: ReadSum, token: Token, grammar: MoneyGrammar) -> bool:
    """Whether a word that is often something else is money here: a word of money stands before, and nothing is measured ("9 pounds of rice")."""
    cues = [found.lastgroup for found in grammar.cue.finditer(clause_before(text, made.start, 40))]
    alone = not NEXT_WORD.match(text, token.end) or grammar.money_next.match(text, token.end)
    return bool(cues) and cues[-1] == "cue" and bool(alone) and not grammar.some_noun.match(text, token.end)


def closes_sum(text: str, cluster: list[Token], at: int) -> bool:
    """Whether a currency between two numbers belongs to the first one: cents follow ("3 GBP 50 pence", "5 euros 50."), or a currency again."""
    number, follows = cluster[at + 1], cluster[at + 2] if at + 2 < len(cluster) else None
    if text[cluster[at - 1].end:cluster[at].start] not in (" ", "\u00a0", "") or cluster[at - 1].kind != NUM:
        return False
    if follows and text[number.end:follows.start] in ("", " ", "\u00a0"):
        return follows.kind == MINOR or (follows.kind == CUR and "sign" in follows.flag and not opens_sum(text, cluster, at + 2))
    return text[cluster[at].start:cluster[at].end].isalpha() and loose_cents(text, number.start, number.end)


def loose_cents(text: str, start: int, end: int) -> bool:
    """Whether two digits can be the cents of a sum: the clause ends behind them."""
    return end - start == 2 and text[start:end].isdigit() and bool(CLAUSE_END.match(text, end))


CLAUSE_END = expression(r"\s*(?:$|[.,;:!?)\n](?!\d))")


# -- joining


def merge_minor(text: str, sums: list[ReadSum], grammar: MoneyGrammar) -> list[ReadSum]:
    """ "ten dollars and fifty cents" is one sum."""
    merged: list[ReadSum] = []
    for made in sums:
        last = merged[-1] if merged else None
        if made.minor and last and last.code and not last.minor and last.value is not None and made.value is not None:
            gap = text[last.end:made.start].strip(" ,").lower()
            if made.start - last.end <= CLUSTER_GAP and (not gap or gap in grammar.joins):
                last.value, last.end = last.value + made.value, made.end
                continue
        if last and last.value is not None and made.value is not None and cents_follow(text, last, made):
            last.value, last.end = last.value + made.value / 100, made.end
            continue
        merged.append(made)
    return merged


def cents_follow(text: str, last: ReadSum, made: ReadSum) -> bool:
    """Whether a bare number behind a small sum is its cents: "5 euros 50", "thirteen dollars forty-five"."""
    if not last.code or last.sign_before or last.minor or last.scale > 1 or last.value is None or last.value % 1 or made.code or made.scale > 1:
        return False
    words = made.flag == "words" and made.value is not None and 10 <= made.value < 100 and bool(CLAUSE_END.match(text, made.end))
    return text[last.end - 1:last.end].isalpha() and text[last.end:made.start] == " " and (words or loose_cents(text, made.start, made.end))


def pair_sums(text: str, sums: list[ReadSum], grammar: MoneyGrammar) -> list[ReadSum]:
    """Joins the two ends of a range into one sum, and gives the first end of a change the unit of the second."""
    out: list[ReadSum] = []
    at = 0
    while at < len(sums):
        left, right = sums[at], sums[at + 1] if at + 1 < len(sums) else None
        kind = pair_kind(text, left, right, grammar) if right else ""
        if right and kind:
            share_unit(left, right)
            left.plain = kind == "change"
            if kind == "range":
                out.append(replace(right, start=left.start, value=None, low=left.value, high=right.value, is_range=True,
                                   sign_before=left.sign_before or right.sign_before, code=right.code or left.code,
                                   rule=(left.rule or right.rule) + "+range"))
                at += 2
                continue
        out.append(left)
        at += 1
    return out


def pair_kind(text: str, left: ReadSum, right: ReadSum, grammar: MoneyGrammar) -> str:
    """ "range", "change" or "list" (two sums that share a unit), or "" for two numbers side by side."""
    if left.value is None or right.value is None or right.start - left.end > CLUSTER_GAP:
        return ""
    if left.minor != right.minor and (left.minor or left.code or left.scale > 1):
        return ""
    gap = grammar.range_gap.fullmatch(text, left.end, right.start)
    if not gap or not same_unit(left, right):
        return ""
    opened = ends_before(text, left.start, grammar.between)
    if gap.lastgroup == "both" and not opened:
        return "list" if lists_sums(text, left, right) else ""
    if gap.lastgroup == "both":
        return "range" if ordered(left, right) else ""
    started = ends_before(text, left.start, grammar.start_from)
    changed = bool(grammar.change.search(clause_before(text, left.start, 70)))
    if gap.lastgroup == "shift":
        return "change" if started else ""
    own_unit = left.scale > 1 or bool(left.code and right.code)
    if gap.lastgroup == "to" and (changed or (started and own_unit)) and not opened:
        return "change" if started or own_unit else ""
    if gap.lastgroup == "to" and started and left.flag == "grouped" and not ordered(left, right):
        return "change"
    return "range" if ordered(left, right) else ""


def lists_sums(text: str, left: ReadSum, right: ReadSum) -> bool:
    """Whether a bare number before a conjunction shares the unit behind the next: "170 and 185 dollars"; not "Boeing 737 and 5 million"."""
    bare_number = left.scale == 1 and not left.code and left.value is not None and left.value < 1000 and right.scale != 1000
    return bare_number and ordered(left, right) and not NAME_BEFORE.search(text, max(0, left.start - 30), left.start)


NAME_BEFORE = re.compile(r"(?<!\w)[^\W\d_a-z]\w*\s{1,2}$")


def same_unit(left: ReadSum, right: ReadSum) -> bool:
    """Whether two neighbouring numbers can be the ends of one range of money."""
    if not (right.code or left.code or right.scale >= 100_000):
        return False
    if left.code and right.code and left.code != right.code:
        return False
    if right.sign_before and not left.sign_before:
        return False
    if left.code and not left.sign_before and not right.code:
        return False
    return not (left.scale > 1 and right.scale == 1 and not right.code)


def shared_value(left: ReadSum, right: ReadSum) -> Decimal:
    """The left value in the unit of the right one, where it has none of its own and stays the smaller one."""
    assert left.value is not None and right.value is not None
    if right.minor and not left.minor:
        return left.value / 100  # "between 28 and 30 cents"
    if left.scale == 1000 and not left.code and left.value * MILLION < right.value and right.scale in (MILLION, 1000 * MILLION):
        return left.value * MILLION  # "entre mil y dos mil millones"
    lone = left.scale == 1 and right.scale > 1
    return left.value * right.scale if lone and (left.value < 1000 or left.flag in ("grouped", "words")) else left.value


def ordered(left: ReadSum, right: ReadSum) -> bool:
    """Whether the left end is lower, in the shared unit or its own."""
    assert left.value is not None and right.value is not None
    year = not left.code and left.scale == 1 and left.value >= 1000 and right.scale > 1 and left.flag not in ("grouped", "words")
    return not year and (shared_value(left, right) < right.value or (bool(left.code) and left.value < right.value))


def share_unit(left: ReadSum, right: ReadSum) -> None:
    """Gives the left end the scale and currency that only the right one states."""
    assert left.value is not None and right.value is not None
    value = shared_value(left, right)
    if (left.scale == 1 < right.scale or value != left.value) and (value < right.value or not left.code):
        left.value, left.scale = value, right.scale
    left.code = left.code or right.code
    left.rule = left.rule or right.rule


def ends_before(text: str, at: int, pattern: re.Pattern[str]) -> bool:
    """Whether the pattern fits right before an offset."""
    return any(pattern.fullmatch(text, start, at) for start in word_starts(text, at, 30))


WORD_START = expression(r"(?<![^\W_])\S")


def word_starts(text: str, at: int, reach: int) -> list[int]:
    """Offsets before `at` where a word or a sign begins, the farthest first; none beyond a line break."""
    begin = max(0, at - reach)
    begin = max(begin, text.rfind("\n", begin, at) + 1)
    return [found.start() for found in WORD_START.finditer(text, begin, at)][-10:]


def clause_before(text: str, at: int, reach: int) -> str:
    """The text before an offset, within its sentence."""
    window = text[max(0, at - reach):at]
    cut = max(window.rfind("\n"), *(window.rfind(mark + " ") for mark in ".!?;"))
    return window[cut + 1:]


# -- deciding


def find_money(
    text: str, grammar: MoneyGrammar, words: Words | None = None, facts: Sequence[int] | None = None
) -> tuple[list[Money], list[Share], list[tuple[int, int]]]:
    """All money in a text, all shares, and the spans of all other quantities; each list in order, no two spans overlapping.

    `words` are those of the text and `facts` what each can be to an amount, where they are known.
    """
    sums: list[ReadSum] = []
    shares: list[Share] = []
    words = words or words_of(text, lowered(text))
    facts = [grammar.look(word) for word in words.written] if facts is None else facts
    if MONEY_MARKS.search(text):
        stream = tokens(text, [(0, len(text))], grammar.marked_token, grammar)
    else:
        stream = tokens(text, stretches(text, words, facts, grammar), grammar.token, grammar)
    for cluster in clusters(stream):
        if only_bare_numbers(text, cluster, grammar):
            continue
        found: list[ReadSum] = []
        for item in read_sums(text, cluster, grammar):
            if isinstance(item, Share):
                shares.append(item)
            else:
                found.append(item)
        sums.extend(keep_sums(text, pair_sums(text, merge_minor(text, found, grammar), grammar), grammar))
    if any(map(STAKE.__and__, facts)):
        shares.extend(find_stakes(text, grammar))
    settle_marks(sums, grammar.decimal)
    codes = resolve_codes(text, sums, grammar)
    main = dominant(codes)
    money: list[Money] = []
    others: list[tuple[int, int]] = []
    stated: set[Decimal | None] = {made.value for made in sums if made.code and made.value is not None and made.scale >= MILLION}
    elsewhere = {made.value: code for made, code in zip(sums, codes, strict=True) if code and made.scale >= MILLION}
    done = 0
    nearest, named_at = None, 0
    for made, code in zip(sums, codes, strict=True):
        implied = not code
        if code and (code == nearest or not told_again(text, made.start, named_at, grammar)):
            nearest, named_at = code, made.end
        if implied:
            # the currency named last in the same paragraph (not in brackets), else the article's main one
            likely = nearest if nearest and "\n" not in text[named_at : made.start] else main or nearest
            if made.scale >= MILLION and made.value is not None and named_at == 0:
                likely = elsewhere.get(made.value, likely)  # a headline leaves out what the article says of the same sum
            if made.scale >= MILLION and made.scale in grammar.home_scales:
                likely = grammar.home_scales[made.scale][0]  # "720 crore": one country counts so
            code = likely if bare_is_money(text, made, likely, stated, grammar) else home_currency(text, made, grammar)
        if code is None:
            others.append((made.start, made.end))
            continue
        mention = to_money(text, made, code, implied, done, grammar)
        done = mention.end
        money.append(mention)
    shares.sort(key=lambda share: share.start)
    return money, [share for share in shares if not covered(share.start, money)], others


ASIDE = expression(r"[\s–—-]{0,2}[(\[][^\d()\[\]]{0,30}")
REPEATED = expression(r"(?:,\s|\s[–—-]\s)(?:[^\W\d_]{1,12}\s){0,2}")


def told_again(text: str, start: int, last: int, grammar: MoneyGrammar) -> bool:
    """Whether a sum repeats the one before it in another currency: in brackets, or with "about" between commas or dashes."""
    if text[start - 1:start] in ("(", "["):
        return True
    if not last or start - last > LOOK_BACK:
        return False
    if ASIDE.fullmatch(text, last, start):
        return True
    found = modifier_before(text, start, last, grammar)
    return bool(found and REPEATED.fullmatch(text, last, found[1]) and text[last:found[1]] == text[last:found[1]].lower())


def covered(at: int, money: list[Money]) -> bool:
    """Whether an offset lies in one of the mentions (in order)."""
    low, high = 0, len(money)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if money[middle].end <= at else (low, middle)
    return low < len(money) and money[low].start <= at


def keep_sums(text: str, sums: list[ReadSum], grammar: MoneyGrammar) -> Iterator[ReadSum]:
    """The sums that are money, may be money, or are surely another quantity; bare numbers are left for the dates."""
    for made in sums:
        if prices_of_a_year(text, made, grammar):
            continue
        if made.code or (made.scale >= 1000 and not made.weak) or made.flag == "grouped" or grammar.unit.match(text, made.end):
            yield made


def prices_of_a_year(text: str, made: ReadSum, grammar: MoneyGrammar) -> bool:
    """Whether a year says in whose prices another sum is told: "(in 2010 dollars)"."""
    if made.sign_before or made.scale > 1 or made.flag or made.value is None or made.is_range or not 1900 <= made.value < 2100:
        return False
    return ends_before(text, made.start, grammar.prices_of)


def find_stakes(text: str, grammar: MoneyGrammar) -> Iterator[Share]:
    """Spelled-out fractions beside the language's stake words."""
    if grammar.stake is not None:
        for found in grammar.stake.finditer(text):
            yield Share(found.start(), found.end(), grammar.stake_values[int((found.lastgroup or "r0")[1:])])


def settle_marks(sums: list[ReadSum], decimal: str) -> None:
    """A mark before three digits that the language leaves in doubt follows the decimal mark of the article's other numbers."""
    seen = {made.flag[-1] for made in sums if made.flag.startswith("decimal")}
    if len(seen) != 1:
        return
    right = decimal in seen
    for made in sums:
        if made.flag == "doubt" and made.value is not None:
            base = made.value / made.scale
            if right and base % 1 == 0:
                made.value /= 1000
            elif not right and base % 1:
                made.value *= 1000


def resolve_codes(text: str, sums: list[ReadSum], grammar: MoneyGrammar) -> list[str | None]:
    """The ISO code of each sum, None where it has no currency of its own."""
    known: dict[str, str] = {}
    told: dict[str, int] = {}  # where each currency was last told by its own name, or first if that comes later
    for at in range(len(sums) - 1, -1, -1):
        told[sums[at].code] = at
    codes: list[str | None] = []
    for at, made in enumerate(sums):
        name = made.code
        if name in grammar.groups:
            group = grammar.groups[name]
            if name not in known:
                known[name] = resolve_group(text, group)
            name = told_code(text, made, at, told, group) or known[name]
        else:
            told[name] = at
        codes.append(name or None)
    for at, made in enumerate(sums):
        code = codes[at]
        if code and " " in code:
            plain = [other for other in codes if other and " " not in other]
            choices = code.split()
            codes[at] = next((other for other in reversed(plain) if other in choices), choices[0])
        elif at and code == "USD" and codes[at - 1] == "USD" and made.code in grammar.groups and sums[at - 1].code == "USD":
            codes[at] = converted(text, sums[at - 1], made, grammar) or code
    return codes


def told_code(text: str, made: ReadSum, at: int, told: Mapping[str, int], group: Group) -> str | None:
    """Which currency of a group the words around a sum tell, else the sums before it, else those after it."""
    if group.contrast:
        return None
    around = clause_before(text, made.start, 80) + re.split(r"[.!?;\n]", text[made.end:made.end + 30], maxsplit=1)[0]
    near = [code for code, pattern in group.others if pattern.search(around)]
    if len(near) == 1:
        return near[0]
    named = [(told[code] > at, abs(told[code] - at), code) for code, _ in group.others if code in told]
    return min(named)[2] if named else None


def resolve_group(text: str, group: Group) -> str:
    """Which of the currencies that share a sign the article means."""
    if group.contrast and not group.contrast.search(text):
        return group.default
    best, count = group.default, 1  # one country named in passing makes no newsroom's currency
    for code, pattern in group.others:
        # the name of a country ("Singapore*") says less than that of its money or its exchange
        hits = sum(2 if found.group() in group.plain else 1 for found in pattern.finditer(text[:20000]))
        if hits > count:
            best, count = code, hits
    return best


def converted(text: str, left: ReadSum, right: ReadSum, grammar: MoneyGrammar) -> str | None:
    """ "US$27.7 billion ($37.6 billion)": a conversion in brackets is in another dollar."""
    if text[left.end:right.start].strip() != "(" or left.value == right.value:
        return None
    group = grammar.groups[right.code]
    return next((code for code, pattern in group.others if pattern.search(text)), None)


def dominant(codes: list[str | None]) -> str | None:
    """The article's main currency: that of most mentions, where one has half of them."""
    counts: dict[str, int] = {}
    for code in codes:
        if code:
            counts[code] = counts.get(code, 0) + 1
    if not counts:
        return None
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] * 2 >= sum(counts.values()) else None


def bare_is_money(text: str, made: ReadSum, main: str | None, stated: set[Decimal | None], grammar: MoneyGrammar) -> bool:
    """Whether a number without a currency is money: a scale word, nothing counted beside it, and money in view."""
    if main is None or made.weak or made.scale < MILLION or grammar.counted.match(text, made.end):
        return False
    follows_money = bool(grammar.money_next.match(text, made.end))
    if not follows_money:
        if grammar.some_noun.match(text, made.end):
            return False
        noun = NEXT_WORD.match(text, made.end)
        if noun and (grammar.unknown_next == "deny" or (grammar.unknown_next == "lowercase" and noun.group(1).isupper())):
            return False
    told = grammar.cue.match(text, made.end + 1)
    if told and told.lastgroup == "cue":
        return True  # "40 toestellen zijn 10 miljard waard"
    before = clause_before(text, made.start, 90)
    cues = [found.lastgroup for found in grammar.cue.finditer(before)]
    if cues:
        return cues[-1] == "cue"
    if made.value is not None and made.value in stated:
        return True
    after = re.split(r"[.!?;\n]", text[made.end:made.end + 60], maxsplit=1)[0]
    found_after = grammar.cue.search(after)
    return found_after is None or found_after.lastgroup == "cue"


def home_currency(text: str, made: ReadSum, grammar: MoneyGrammar) -> str | None:
    """The currency of a small sum in a scale that is a weight elsewhere, where a word of money stands by ("haalde twee ton op")."""
    home, most = grammar.home_scales.get(made.scale), made.high if made.is_range else made.value
    if not home or most is None or most >= MILLION or home[1].match(text, made.end):
        return None
    if NEXT_WORD.match(text, made.end) and not grammar.money_next.match(text, made.end):
        return None
    cues = [found.lastgroup for found in grammar.cue.finditer(clause_before(text, made.start, 90))]
    found_after = grammar.cue.search(re.split(r"[.!?;\n]", text[made.end:made.end + 60], maxsplit=1)[0])
    cues += [found_after.lastgroup] if found_after and not cues else []
    return home[0] if cues and cues[-1] == "cue" else None


def to_money(text: str, made: ReadSum, code: str, implied: bool, done: int, grammar: MoneyGrammar) -> Money:
    """The finished mention: its modifier, bounds, sign and span."""
    start, end, value = made.start, made.end, made.value
    rule = made.rule or "implied"
    if made.vague:
        return Money(start, end, None, code, implied, "vague", None, None, "vague")
    if made.is_range:
        return Money(extend(text, start, done, grammar), end, None, code, implied, "range", exact(made.low), exact(made.high), rule)
    if value is not None and start > 0 and negative(text, start):
        value, start = -value, start - 1
    elif value is not None and made.sign_before and INNER_MINUS.match(text, start):
        value = -value
    found = None if made.plain else modifier_before(text, start, done, grammar) or modifier_after(text, end, grammar)
    modifier = "approx" if made.about else None
    if found:
        chosen, edge = found
        modifier, rule = chosen.modifier, f"{rule}+{chosen.id}"
        start, end = (min(start, edge), end) if edge <= start else (start, edge)
    number = exact(value)
    side = BOUND_SIDE.get(modifier or "")
    return Money(start, end, number, code, implied, modifier, number if side == "low" else None, number if side == "high" else None, rule)


INNER_MINUS = expression(r"[€$£¥][\s\u00a0]?[-−]\d")


def negative(text: str, start: int) -> bool:
    """Whether a minus sign stands glued before the amount (not a dash between words, nor one that opens a list item)."""
    return text[start - 1] in "-−" and start > 1 and (text[start - 2] in " (\u00a0") and not text[start:start + 1].isspace()


def extend(text: str, start: int, done: int, grammar: MoneyGrammar) -> int:
    """Where the mention begins if "between" or "from" is taken in."""
    for at in word_starts(text, start, 30):
        if at >= done and (grammar.between.fullmatch(text, at, start) or grammar.start_from.fullmatch(text, at, start)):
            return at
    found = modifier_before(text, start, done, grammar)
    return found[1] if found else start


def modifier_before(text: str, start: int, done: int, grammar: MoneyGrammar) -> tuple[MoneyRule, int] | None:
    """The rule that fits right before an amount and where the mention then begins."""
    begin = max(0, start - LOOK_BACK, done)
    begin = max(begin, text.rfind("\n", begin, start) + 1)
    for opened in grammar.opens_modifier.finditer(text, begin, start):  # most words begin no modifier
        at = opened.start()
        found = grammar.before.fullmatch(text, at, start)
        if not found:
            continue
        rule = grammar.before_rules[int((found.lastgroup or "r0")[1:])]
        if rule.unless_level and grammar.level.search(clause_before(text, at, 50)):
            return None
        return rule, start if rule.apart else at
    return None


def modifier_after(text: str, end: int, grammar: MoneyGrammar) -> tuple[MoneyRule, int] | None:
    """The rule that fits right after an amount and where the mention then ends."""
    found = grammar.after.match(text, end)
    return (grammar.after_rules[int((found.lastgroup or "r0")[1:])], found.end()) if found else None


def exact(value: Decimal | None) -> Exact | None:
    """An integer where it is one."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else value.normalize()


# ---- names: companies, chips, outlets, places, people ----------------------------------------------------------------------------

_JOINT = expression(r"[ \-&.'+/\u2013]{1,3}|")  # what may stand between two words of one name
_BEFORE_FORM = expression(r" & |, ?| ")  # and between a name and its legal form: "Acme & Co.", "Acme, Inc."


@plain()
class Entity:
    """One entry of the name lists, or a name that only the article knows (then `listed` is false)."""

    kind: str  # company, chip, outlet, place, product, person
    name: str
    parent: str | None = None
    ticker: str | None = None
    wikidata: str | None = None
    country: str | None = None
    seats: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    vendor: str | None = None
    chip_class: str | None = None
    ambiguous: bool = False
    listed: bool = True

    def __hash__(self) -> int:
        """Equal entities have equal names; hashing all fields takes ten times as long."""
        return hash(self.name)


@plain()
class Name:
    """A mention of an entity in the reading copy, offsets in its code points."""

    start: int
    end: int
    entity: Entity
    rule: str = "names"


@plain()
class Alias:
    """One surface form: its words folded, as written, and whether the letters' case must agree."""

    words: tuple[str, ...]
    written: str
    entity: Entity
    exact: bool


@plain()
class Forms:
    """The listed forms that begin with one word: those of that word alone, and the longer ones by their second, longest first."""

    single: tuple[Alias, ...]
    by_second: Mapping[str, tuple[Alias, ...]]


@plain()
class Gazetteer:
    """All listed names by the folded first word of each form."""

    index: Shelf[Forms]
    lower_first: frozenset[str]  # first words of names that are written with a small letter
    by_name: Shelf[Entity]
    by_seat: Shelf[tuple[Entity, ...]]
    forms: re.Pattern[str]  # legal forms, matched where a word starts
    head_words: frozenset[str]  # words that make a capitalised run a company
    given_names: frozenset[str]  # folded
    unit_words: frozenset[str]  # words that make a listed name and themselves a unit of its own: "Qualcomm Ventures"
    group_words: frozenset[str]  # words that may follow a listed name and change nothing: "Sanlam Group"
    countries: frozenset[str]  # the names under which places.yaml keeps them
    led_by: Mapping[str, tuple[str, ...]]  # full name of a person, folded -> the companies by whose name newspapers call them: "Sam Altman's company"


def fold(word: str) -> str:
    """Casefold a word and take its diacritics away: the key under which names are looked up."""
    word = word.casefold()
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def find_listed(copy: Copy, tokens: Sequence[tuple[int, int]], begins: Sequence[bool], gazetteer: Gazetteer,
                grammar: NamesGrammar) -> list[Name]:  # fmt: skip
    """Every listed name in the copy, leftmost and longest first, none inside another.

    A name must begin with a capital or a digit unless the lists write it small; `begins` says of each token whether one begins with it.
    """
    text, found, i = copy.text, [], 0
    suffixes, acronyms = grammar.suffixes, grammar.acronyms_as_words
    index, size = gazetteer.index, len(tokens)
    # most words, of those with a capital too, begin no listed name
    for k in compress(range(size), begins):
        if k < i:
            continue
        start, end = tokens[k]
        # an elided word before an apostrophe is no name: "Dell'operazione"
        elided = text[end : end + 1] == "'" and text[end + 1 : end + 2].isalpha() and f"{text[start:end].lower()}'" in grammar.elided
        best = _longest(text, tokens, k, index, suffixes, acronyms)
        if best is None or (elided and len(best[0].words) == 1):
            continue
        alias, last_token, stop = best
        entity = alias.entity
        following = tokens[last_token + 1] if last_token + 1 < size else (0, 0)
        while entity.kind == "company" and following[0] == stop + 1 and text[stop] == " " and _makes_unit(text[slice(*following)], gazetteer):
            stop, last_token = following[1], last_token + 1
            parent = entity.name if entity.listed else entity.parent
            entity = Entity("company", text[start:stop], parent=parent, kinds=entity.kinds - {"startup"}, listed=False)
            following = tokens[last_token + 1] if last_token + 1 < size else (0, 0)
        group = following[0] == stop + 1 and text[stop] == " " and text[slice(*following)] in gazetteer.group_words
        if group and entity.kind in ("company", "outlet"):
            stop, last_token = following[1], last_token + 1
            entity = entity if entity.kind == "company" else Entity("company", text[start:stop], listed=False)  # "Reuters Group"
        joint = _BEFORE_FORM.match(text, stop) if entity.kind == "company" else None
        if joint is not None and (form := gazetteer.forms.match(text, joint.end())):
            stop = form.end()
            while last_token + 1 < size and tokens[last_token + 1][0] < stop:
                last_token += 1
        found.append(Name(start, stop, entity))
        i = last_token + 1
    return found


def begins_name(word: str, gazetteer: Gazetteer, grammar: NamesGrammar) -> bool:
    """Whether any listed form begins with a word (as written) or with one that it is an inflection of."""
    if not (word[0].isupper() or word[0].isdigit() or word.lower() in gazetteer.lower_first):
        return False
    key = fold(word)
    return key in gazetteer.index or any(
        key[-cut:] in grammar.suffixes and key[:-cut] in gazetteer.index for cut in range(1, min(6, len(key) - 1)))


def _makes_unit(word: str, gazetteer: Gazetteer) -> bool:
    """Whether a word right behind a listed name makes the two a company of their own: "Qualcomm Ventures", "Santander Brasil"."""
    if word in gazetteer.unit_words:
        return True
    forms = gazetteer.index.find(fold(word)) if word[0].isupper() else None
    places = [alias.entity.name for alias in forms.single if alias.entity.kind == "place" and not alias.exact] if forms else []
    return any(place in gazetteer.countries for place in places)


def _longest(
    text: str, tokens: Sequence[tuple[int, int]], i: int, index: Shelf[Forms], suffixes: frozenset[str], acronyms: bool
) -> tuple[Alias, int, int] | None:
    """The longest listed form that begins at token i, its last token and its end offset; None where there is none."""
    start, end = tokens[i]
    word = fold(text[start:end])
    forms = index.find(word)
    if forms is not None:
        if forms.by_second and i + 1 < len(tokens):
            second = fold(text[slice(*tokens[i + 1])])
            third = fold(text[slice(*tokens[i + 2])]) if i + 2 < len(tokens) else ""
            alike = forms.by_second.get(second) or _inflected(forms.by_second, second, suffixes)
            # many forms begin alike: "U.S. Steel", "U.S. Bank"
            for alias in [alias for alias in alike if len(alias.words) == 2 or third.startswith(alias.words[2])] if alike else ():
                found = _match_alias(text, tokens, i, alias, suffixes, acronyms)
                if found is not None:
                    return alias, *found
        for alias in forms.single:
            if _case_agrees(alias, text[start:end], acronyms):
                return alias, i, end
    for cut in range(1, min(6, len(word) - 1)):
        if word[-cut:] in suffixes and (shorter := index.find(word[:-cut])):
            for alias in shorter.single:
                # an ending glued to the name is not part of the mention
                if _case_agrees(alias, text[start : end - cut], acronyms):
                    return alias, i, end - cut
    return None


def _inflected(by_second: Mapping[str, tuple[Alias, ...]], second: str, suffixes: frozenset[str]) -> tuple[Alias, ...]:
    """The forms whose second word is this one less an ending of the language."""
    for cut in range(1, min(6, len(second) - 1)):
        if second[-cut:] in suffixes and second[:-cut] in by_second:
            return by_second[second[:-cut]]
    return ()


def _match_alias(
    text: str, tokens: Sequence[tuple[int, int]], i: int, alias: Alias, suffixes: frozenset[str], acronyms: bool
) -> tuple[int, int] | None:
    """Index of the last token and end offset of a form of several words that begins at token i, or None."""
    words = alias.words
    last = i + len(words) - 1
    if last >= len(tokens):
        return None
    extra = 0
    for k in range(1, len(words)):
        start, end = tokens[i + k]
        token = fold(text[start:end])
        if token != words[k]:
            if k < len(words) - 1 or not token.startswith(words[k]) or token[len(words[k]) :] not in suffixes:
                return None
            extra = len(token) - len(words[k])
        if not _JOINT.fullmatch(text, tokens[i + k - 1][1], start):
            return None
    end = tokens[last][1] - extra
    return (last, end) if _case_agrees(alias, text[tokens[i][0] : end], acronyms) else None


def _case_agrees(alias: Alias, surface: str, acronyms: bool) -> bool:
    """Whether capitals are as the form has them, where that matters; `acronyms`: the language writes them as words too (Amd)."""
    if not surface.isascii() and alias.written.isascii() and len(surface) < 6:
        return False
    if not alias.exact or surface == alias.written or (len(surface) > 3 and surface.isupper()):
        return True
    return acronyms and len(surface) > 2 and alias.written.isupper() and surface == alias.written.capitalize() and not alias.entity.ambiguous


@plain()
class Run:
    """A capitalised run of words that no list knows: perhaps a company, a person or nothing."""

    start: int
    end: int  # without the legal form
    full_end: int  # with it
    words: tuple[str, ...]
    legal: bool
    initial: bool  # stands where any word takes a capital
    name: str  # as it stands there


_CUED = ("nouns", "people", "papers", "roles", "deals", "sources", "status")  # the sections of cues


def find_runs(copy: Copy, tokens: Sequence[tuple[int, int]], names: Sequence[Name], starts: frozenset[int], capitals: AbstractSet[int],
              names_grammar: NamesGrammar, gazetteer: Gazetteer, claimed: Sequence[tuple[int, int]]) -> list[Run]:  # fmt: skip
    """Capitalised runs outside the listed names (places may stand inside one: "Turin Robotics"); `capitals`: where such words begin."""
    text = copy.text
    runs: list[Run] = []
    taken = {name.start: name for name in names}
    tickers = {at for found in _BRACKETED.finditer(text) if found[2].isupper() for at in (found.start(1), found.start(2))}
    tokens = outside_spans(tokens, claimed)
    if tickers:
        tokens = [token for token in tokens if token[0] not in tickers]
    i, skip = 0, 0
    heads = capitals | taken.keys()
    for k, start in [(k, start) for k, (start, _) in enumerate(tokens) if start in heads]:
        if k < i or start < skip:
            continue
        name = taken.get(start)
        if name is not None and name.entity.kind not in _ABSORBED:
            skip = name.end
            continue
        if start not in capitals:
            continue
        run, i = _grow_run(text, tokens, k, taken, starts, names_grammar, gazetteer)
        if run is None or _opens_dateline(text, run):
            continue
        if runs and run.legal and _goes_on_trade(text, runs[-1], run, names_grammar, gazetteer):
            before = runs.pop()
            run = replace(run, start=before.start, words=before.words + run.words, initial=before.initial, name=text[before.start : run.end])
        runs.append(run)
    return runs



def _goes_on_trade(text: str, before: Run, run: Run, grammar: NamesGrammar, gazetteer: Gazetteer) -> bool:
    """Whether a conjunction stands inside a name: "Crest Steel and Power Pvt Ltd", words of the trade on both sides and one legal form."""
    if before.legal or text[before.end : run.start].strip() not in grammar.conjunctions or run.start - before.end > 6:
        return False
    return len(before.words) > 1 and fold(before.words[-1]) in gazetteer.head_words and all(fold(word) in gazetteer.head_words for word in run.words)


def _opens_dateline(text: str, run: Run) -> bool:
    """Whether a run is the town of a dateline: "HEERENVEEN (ANP) -", "TREVISO - Dopo"."""
    if run.start and text[run.start - 1] != "\n":
        return False
    behind = _DATELINE.match(text, run.full_end)
    return behind is not None and (behind[1] is not None or text[run.start : run.end].isupper())


_DATELINE = expression(r"(?:, [^()\n]{3,20})?( ?\([^\W\d_][^()\d\n]{1,24}\))? ?(?:[\u2013\u2014-]|\.-) ")  # not "Acme (ACME3) –"


def opening_names(copy: Copy, runs: Sequence[Run], cues: Mapping[str, Sequence[Cue]], grammar: NamesGrammar) -> frozenset[tuple[str, ...]]:
    """The words of runs that open a sentence and are names all the same: a deal verb follows, or in a list a sum, and none is ever written small.

    Not where every noun has a capital.
    """
    low = copy.low
    opening = [run for run in runs if run.initial and len(run.words) == 1] if not grammar.noun_capitals else []
    if not opening:
        return frozenset()
    small = frozenset(copy.words.written)
    verbs = {cue.start for cue in cues.get("deals", ()) if "subject" in (*cue.rule.payer, *cue.rule.payee)}
    known = {cue.start for section in _CUED for cue in cues.get(section, ())}
    deals = [cue.start for cue in cues.get("deals", ())]
    nouns = {cue.start for cue in cues.get("nouns", ())}
    saying = [cue for cue in cues.get("sources", ()) if "subject" in cue.rule.source]
    leads = {cue.start: cue.end for cue in (*saying, *cues.get("status", ()))}
    found = set()
    for run in opening:
        if run.start in known or low[run.start : run.end] in small:
            continue
        if _acts(low, run.end, verbs, grammar) or _is_told_of(low, run.end, verbs, nouns, grammar) or _heads_item(low, run, deals) \
                or not run.words[0][1:].islower() or _is_about_to(low, run.end, verbs, leads):  # fmt: skip
            found.add(run.words)
    return frozenset(found)


def _is_about_to(low: str, end: int, verbs: AbstractSet[int], leads: Mapping[int, int]) -> bool:
    """Whether a verb of saying or of intent follows what ends at `end`, and soon the deal: "Acme has announced the purchase", "Acme plans to buy"."""
    word = _NEXT_WORD.match(low, end)
    close = leads.get(word.start(1)) if word else None
    return close is not None and _CLAUSE_MARK.search(low, close, close + _LEAD) is None and not verbs.isdisjoint(range(close, close + _LEAD))


_LEAD = 30  # code points between a verb of saying and the deal
_CLAUSE_MARK = expression(r"[.,;:()\n]")


def _acts(low: str, end: int, verbs: AbstractSet[int], grammar: NamesGrammar) -> bool:
    """Whether a deal verb follows what ends at `end`, at once or behind one little word."""
    word = _NEXT_WORD.match(low, end)
    return word is not None and (word.start(1) in verbs or (word[1] in grammar.stops and word.end() + 1 in verbs))


def _is_told_of(low: str, end: int, verbs: AbstractSet[int], nouns: AbstractSet[int], grammar: NamesGrammar) -> bool:
    """Whether what stands between commas behind a word shows it to be a company: a relative clause, what it is, or a deal verb behind it."""
    if low[end : end + 2] != ", ":
        return False
    word = _NEXT_WORD.match(low, end + 1)
    if word and word[1] in grammar.relatives:
        return True
    closes = low.find(",", end + 2, end + _LONG_APPOSITION)
    if closes < 0 or _APPOSITION_ENDS.search(low, end + 2, closes) or not verbs.isdisjoint(range(end, closes)):
        return False
    article = word and (word[1] in grammar.articles or word[1] in grammar.determiners)
    return _acts(low, closes + 1, verbs, grammar) or bool(article and word and word.end() + 1 in nouns)


_LONG_APPOSITION = 150  # code points
_APPOSITION_ENDS = expression(r"[.!?]\s|[;\n]")


def _is_item(low: str, start: int) -> bool:
    """Whether what starts here is the first word of an item of a list."""
    line = low.rfind("\n", max(0, start - 12), start) + 1
    return line > 0 and _ITEM.fullmatch(low, line, start) is not None


def _heads_item(low: str, run: Run, deals: Sequence[int]) -> bool:
    """Whether a word opens an item of a list that speaks of money or of a deal: "- Acme (Milan), 5 million", "- Acme: bought by …"."""
    if not _is_item(low, run.start):
        return False
    if _ITEM_GOES_ON.match(low, run.end):
        return True
    ends = low.find("\n", run.end)
    k = bisect.bisect_left(deals, run.end)
    return _ITEM_HEAD.match(low, run.end) is not None and k < len(deals) and (ends < 0 or deals[k] < ends)


_NEXT_WORD = expression(r" ([^\W\d_]+)")
_ITEM = expression(r"[ ]*(?:[*#>\u2022\u2013\u25aa\u00b7-]|[0-9]{1,2}[.)])[ ]*\**[ ]?")  # what opens an item of a list
_ITEM_GOES_ON = expression(r"\**(?: \([^()\n]{1,80}\))?\**(?: ?:\**|,) [^\n]{0,20}[0-9]")  # a head, what it is in brackets, and soon a number
_ITEM_HEAD = expression(r"\**(?: \([^()\n]{1,40}\))?(?: ?\**:|\.\**(?= ))")


def is_kicker(text: str, run: Run) -> bool:
    """Whether a run in capitals fills a short line: the name of a newsletter or of one of its parts."""
    if not text[run.start : run.end].isupper():
        return False
    begin = text.rfind("\n", max(0, run.start - 60), run.start) + 1
    if not begin and run.start > 60:
        return False  # a long line
    line = text[begin : run.end + 60].split("\n", 1)[0]
    return line.isupper() and len(line.split()) < 5 and not any(char.isdigit() for char in line)


def common_nouns(copy: Copy, tokens: Sequence[tuple[int, int]], cues: Mapping[str, Sequence[Cue]], grammar: NamesGrammar,
                 gazetteer: Gazetteer) -> list[tuple[int, int]]:  # fmt: skip
    """Spans of the capitalised words that are common nouns, where all nouns take capitals: they break a run.

    Such are words of cues, listed words and words with a noun's ending; not where a legal form makes the word part of a name.
    """
    text = copy.text
    spans = [(cue.start, cue.end) for section in _CUED for cue in cues.get(section, ())
             if cue.end - cue.start < 40 and " " not in copy.low[cue.start : cue.end]]  # fmt: skip
    in_cue = {start for span in spans for start in (span[0],)} | {end for _, end in spans}
    found = []
    for position, (start, end) in enumerate(tokens):
        word = text[start:end]
        if not word[0].isupper() or (gazetteer.forms.match(text, end + 1) and text[end] in " ,"):
            continue
        key = fold(word)
        before = text[slice(*tokens[position - 1])] if position and text[tokens[position - 1][1] : start] == " " else ""
        if before and key in gazetteer.head_words and is_capital(before) and fold(before) not in grammar.not_names:
            continue
        named = before[:1].isupper() and fold(before) in gazetteer.given_names  # "Petra Schuhmacher": many surnames are trades
        ending = word[1:].islower() and len(word) > 5 and not named and (
            word.lower().endswith(grammar.noun_endings) or _heads_compound(text, start, grammar))  # fmt: skip
        if key in grammar.not_names or ending or (not named and (start in in_cue or end in in_cue)):
            found.append((start, end))
    return found


def titles_between(copy: Copy, cues: Mapping[str, Sequence[Cue]]) -> list[tuple[int, int]]:
    """Spans of titles in capitals between a company's name and a person's: "Acme Chief Executive Jane Doe"."""
    text = copy.text
    return [(cue.start, cue.end) for cue in cues.get("people", ()) if text[cue.start].isupper()
            and _BETWEEN.search(text[max(0, cue.start - 2) : cue.start])
            and text[cue.end : cue.end + 1] == " " and text[cue.end + 1 : cue.end + 2].isupper()]  # fmt: skip


_BETWEEN = expression(r"[^\W_] $")


def _heads_compound(text: str, start: int, grammar: NamesGrammar) -> bool:
    """Whether a word is the last part of a compound that an article or an adjective makes a common noun: "die GB300-Systeme"."""
    compound = _COMPOUND.search(text, max(0, start - 60), start)
    if compound is None:
        return False
    word = compound[1].lower()
    adjective = compound[1] == word and len(word) > 4 and word.endswith(grammar.adjective_endings)
    return word in grammar.determiners or word in grammar.articles or (adjective and word not in grammar.stops and word not in grammar.cases)


_COMPOUND = expression(r"([^\W\d_]+) (?:[^\W_]+-)+$")
_BRACKETED = expression(r"[(\[](?:([A-Z]{2,9}): ?)?([^\W_]{1,6})[)\]]")  # a symbol, and its exchange, where the words are in capitals


def is_capital(word: str) -> bool:
    return word[0].isupper() or (not word.islower() and word[0].isalpha() and not word.isdigit())


def _grow_run(text: str, tokens: Sequence[tuple[int, int]], i: int, taken: Mapping[int, Name], starts: frozenset[int],
              grammar: NamesGrammar, gazetteer: Gazetteer) -> tuple[Run | None, int]:  # fmt: skip
    """The run that begins at token i (or None where it is no name) and the token after it."""
    if tokens[i][0] not in taken:
        word = fold(text[slice(*tokens[i])])
        if (not grammar.noun_capitals and word in grammar.not_names) or (tokens[i][0] in starts and word in grammar.openers):
            return None, i + 1  # the next word may open one: "Board of Acme", "Meanwhile Acme"
    first = i
    legal = None
    last = i
    k = i + 1
    while k < len(tokens) and k - first < 6:
        start, end = tokens[k]
        gap = text[tokens[k - 1][1] : start]
        word = text[start:end]
        if len(gap) <= 2 and gap.strip(" ,") == "" and (form := gazetteer.forms.match(text, start)):
            legal = form.end()
            while (form := gazetteer.forms.match(text, legal + 1)) and text[legal] == " ":
                legal = form.end()
            break
        if gap not in _RUN_GAPS:
            break
        name = taken.get(start)
        if name is not None and name.entity.kind not in _ABSORBED:
            break
        if is_capital(word) or (gap == "." and word in _DOMAINS):
            last = k
        elif word.isdigit() and gap == " " and len(word) < 4 and not grammar.noun_capitals:
            pass  # "Section 9 Labs": a number counts only between capitals
        elif not (gap == " " and k + 1 < len(tokens) and not (k == first + 1 and tokens[first][0] in taken)
                  and is_capital(text[slice(*tokens[k + 1])]) and text[start : tokens[k + 1][0]].rstrip() in grammar.connectors
                  and taken.get(tokens[k + 1][0]) is None):  # fmt: skip
            break
        k += 1
    after = last + 1
    initial = tokens[first][0] in starts
    while grammar.noun_capitals and first <= last and tokens[first][0] not in taken and (
            fold(word := text[slice(*tokens[first])]) in grammar.not_names):  # fmt: skip
        if legal and first < last and not initial and word.lower() in grammar.demonyms:
            break  # "der Investor Deutsche Holz AG": an adjective has a capital in a name alone
        first += 1
        initial = False  # what a function word opens has its capital for its own sake
    if first > last:
        return None, after
    if legal is not None:
        while after < len(tokens) and tokens[after][0] < legal:
            after += 1
    start, end = tokens[first][0], tokens[last][1]
    words = tuple([text[s:e] for s, e in tokens[first : last + 1]])
    if max(map(len, words)) == 1 and (legal is None or len(words) == 1):
        return None, after  # "M&A", "R&D"
    known_end = max((taken[s].end for s, _ in tokens[first : last + 1] if s in taken), default=-1)
    only_known = tokens[first][0] in taken and known_end >= end
    if legal is None and only_known:
        return None, after
    return Run(start, end, legal or end, words, legal is not None, initial, text[start:end]), after


_ABSORBED = ("place", "product")  # kinds of listed names that may be part of an unknown company's name
_RUN_GAPS = frozenset((" ", "-", " & ", "'", ".", "&"))
_DOMAINS = frozenset(("ai", "com", "io", "net", "org", "tech"))  # what a company writes behind its name: "Normo.ai"


@plain()
class NamesGrammar:
    """How a language builds names and refers to them; compiled from the `names` key of its file."""

    suffixes: frozenset[str]
    articles: frozenset[str]
    determiners: frozenset[str]
    connectors: frozenset[str]
    conjunctions: frozenset[str]
    not_names: frozenset[str]
    openers: frozenset[str]  # words that have a capital only where they open a sentence: "Meanwhile Acme"
    cases: Mapping[str, str]  # surface form -> case label
    case_labels: frozenset[str]
    case_tails: Mapping[str, frozenset[str]]  # last word of the forms -> their labels
    stops: frozenset[str]
    possessives: frozenset[str]  # words such as its, sua: what follows belongs to a party named before
    through: frozenset[str]  # nouns for which a name joined to them stands: "the robotics arm of Acme", "a syndicate of Acme and Bolt"
    against: frozenset[str]  # prepositions that set a sum against the one before: from, versus
    turns: frozenset[str]  # conjunctions behind which another clause begins: while, and
    others: frozenset[str]  # words that end a list of names: "Acme, Bolt and others"
    relatives: frozenset[str]  # relative pronouns
    genitives: tuple[str, ...]  # endings that mark an owner: 's
    definite_endings: tuple[str, ...]  # endings by which a noun carries its article
    noun_capitals: bool  # every noun has a capital: it is no evidence of a name
    noun_endings: tuple[str, ...]  # endings of common nouns, read where `noun_capitals`
    adjective_endings: tuple[str, ...]  # endings of inflected adjectives, read where `noun_capitals`
    verb_second: bool  # something else before the verb puts its subject behind it
    pronoun_dropped: bool  # verbs stand without a subject, so that a name right behind one is its object
    acronyms_as_words: bool  # whether newsrooms write Amd, Tsmc
    elided: frozenset[str]  # articles and prepositions with an apostrophe
    demonyms: Mapping[str, str]  # adjectives of countries and towns -> code of the country or name of the town: "the Dutch group"
    nationals: frozenset[str]  # those of them that stand for people or a company by themselves: "the Americans"


_MEMBERS = frozenset(("of", "from"))  # the cases by which a part names its whole, or a group those who are in it


def demonym(word: str, grammar: NamesGrammar) -> str | None:
    """What a word calls by its people, as written or with the capital of a sentence's first word."""
    return grammar.demonyms.get(word) or grammar.demonyms.get(word.lower())


_QUOTED = expression(r' ?(?:[^\W\d_A-Z]+ ){0,2}["\']([^\W\d_a-z][^"\'\n]{1,40})["\']')
_TITLE_ARTICLE = expression(r" ([^\W\d_a-z][^\W\d_]{0,2}) ")
_ADJECTIVES = expression(r" (?:[^\W\d_]+ ){0,2}")


def name_papers(
    copy: Copy, names: Sequence[Name], runs: Sequence[Run], cues: Mapping[str, Sequence[Cue]], grammar: NamesGrammar
) -> tuple[list[Name], list[Run]]:
    """News outlets that no list knows, by the noun before them ("the blog Foo Bar", "das Magazin „Foo“"), and the runs that remain.

    Only where words of reporting stand beside: papers are bought and sold too.
    """
    citing = _citing(cues)
    taken = {name.start for name in names}
    known: set[tuple[str, ...]] = set()
    found: list[Name] = []
    for cue in cues.get("papers", ()):
        quoted = _QUOTED.match(copy.text, cue.end)
        k = bisect.bisect_left(runs, cue.end, key=attrgetter("start"))
        run = runs[k] if k < len(runs) and not runs[k].legal else None
        if quoted and quoted.start(1) not in taken and _is_cited(citing, cue.start, quoted.end(1)):
            found.append(Name(*quoted.span(1), Entity("outlet", quoted[1], listed=False), "names.paper"))
        elif run is not None and (article := _TITLE_ARTICLE.fullmatch(copy.text, cue.end, run.start)) and _is_cited(citing, cue.start, run.end):
            start = article.start(1)
            found.append(Name(start, run.end, Entity("outlet", copy.text[start : run.end], listed=False), "names.paper"))
        elif run is not None and _describes(copy.low, cue.end, run.start, cues, grammar) and _is_cited(citing, cue.start, run.end):
            known.add(run.words)
    found += [Name(run.start, run.end, Entity("outlet", " ".join(run.words), listed=False), "names.paper") for run in runs if run.words in known]
    found.sort(key=attrgetter("start"))
    spans = [(name.start, name.end) for name in found]
    return found, outside(runs, spans)


def _citing(cues: Mapping[str, Sequence[Cue]]) -> list[Cue]:
    """The cues by which an outlet may be said to report something."""
    return [cue for cue in cues.get("sources", ()) if "outlet" in cue.rule.who and cue.rule.source]


def _is_cited(citing: Sequence[Cue], start: int, end: int) -> bool:
    """Whether words of reporting stand near before or right behind a span."""
    k = bisect.bisect_left(citing, start, key=attrgetter("start"))
    before, behind = citing[max(0, k - 2) : k], citing[k : k + 3]
    return any(start - cue.end <= 30 for cue in before) or any(cue.start - end <= 25 for cue in behind)


def _describes(low: str, end: int, start: int, cues: Mapping[str, Sequence[Cue]], grammar: NamesGrammar) -> bool:
    """Whether nothing or an adjective or two stand between a noun and a name, so that the noun says what the name is."""
    gap = low[end:start] if start - end < 30 else ","
    if gap in (" ", "-"):
        return True
    if not _ADJECTIVES.fullmatch(gap):
        return False
    for section in ("sources", "deals"):
        k = bisect.bisect_left(cues.get(section, ()), end, key=attrgetter("start"))
        if k < len(cues.get(section, ())) and cues[section][k].start < start:
            return False
    return not any(word in group for word in gap.split() for group in (
        grammar.stops, grammar.cases, grammar.conjunctions, grammar.articles, grammar.determiners))  # fmt: skip


def judge_runs(
    copy: Copy, runs: Sequence[Run], listed: Sequence[Name], cues: Mapping[str, Sequence[Cue]], grammar: NamesGrammar, gazetteer: Gazetteer
) -> tuple[list[Name], list[Run]]:
    """Tell companies and people among the unknown runs by their form and their neighbours.

    Gives the names found, and the runs that remain open (a deal may yet show one to be a company).
    """
    around = _Neighbours(copy, listed, cues, grammar)
    proper = frozenset(run.words for run in runs if not run.initial or len(run.words) > 1)
    verdict: dict[tuple[str, ...], list[int]] = {}
    for run in runs:
        tally = verdict.setdefault(run.words, [0, 0])
        tally[0] += _company_evidence(run, around, gazetteer, run.words in proper)
        tally[1] += _person_evidence(run, around, gazetteer.given_names)
    first = {run.words: run for run in reversed(runs)}
    entities: dict[tuple[str, ...], Entity] = {}
    for words, (company, person) in verdict.items():
        if company > person:
            entities[words] = Entity("company", copy.text[first[words].start : first[words].end], listed=False)  # without its legal form
        elif person:
            entities[words] = Entity("person", " ".join(words), listed=False)
    _add_short_forms(entities, verdict)
    entities.update(_short_listed(copy, runs, listed, around, gazetteer, entities))
    names = [Name(run.start, run.full_end if run.legal else run.end, entities[run.words], "names.form")
             for run in runs if run.words in entities]  # fmt: skip
    return names, [run for run in runs if run.words not in entities]


def join_funds(copy: Copy, names: Sequence[Name], unlisted: list[Name], gazetteer: Gazetteer) -> list[Name]:
    """The listed names without those that begin an unknown one ("Acme Catalyst Fund"), which takes them in, or are a product inside it."""
    behind = {name.start: k for k, name in enumerate(unlisted) if name.entity.kind == "company"}
    swallowed = set()
    for name in names:
        k = behind.get(name.end + 1)
        if name.entity.kind == "company" and k is not None and copy.text[name.end] == " ":
            last = unlisted[k]
            if fold(last.entity.name.split()[-1]) in gazetteer.head_words:
                whole = copy.text[name.start : last.start] + last.entity.name
                unlisted[k] = Name(name.start, last.end, Entity("company", whole, listed=False), last.rule)
                swallowed.add(name.start)
    spans = [(name.start, name.end) for name in unlisted]
    products = {name.start for name in names if name.entity.kind == "product"}
    free = {name.start for name in outside(names, spans)}
    return [name for name in names if name.start not in swallowed and (name.start in free or name.start not in products)]


def name_acronyms(copy: Copy, names: Sequence[Name], runs: Sequence[Run]) -> tuple[list[Name], list[Run]]:
    """The names, each by the first letters of a long name one with it, and the runs that remain.

    Such letters stand in brackets behind the long name ("Banca di Credito Popolare (BCP)"), or, three at least, anywhere in its article.
    The way of Schwartz and Hearst (2003), with first letters alone.
    """
    text = copy.text
    listed = {text[name.start : name.end]: name.entity for name in names if name.entity.listed and name.end - name.start > 3}
    one: dict[str, Entity] = {}  # what is written -> whom it means
    maybe: dict[str, set[Entity]] = {}
    for name in names:
        written = text[name.start : name.end]
        if name.entity.kind != "company" or " " not in written:
            continue
        letters = "".join(word[0] for word in written.split() if word[0].isupper())
        said = _BRACKETED.match(text, name.end + 1) if text[name.end : name.end + 2] in (" (", " [") else None
        if said is not None and said[1] is None and len(letters) > 1 and said[2] == letters:
            if said[2] in listed and not name.entity.listed:
                one[written] = listed[said[2]]  # three letters may be anybody's, four are the listed company's
            else:
                one.setdefault(said[2], name.entity)
        elif len(letters) > 2:
            maybe.setdefault(letters, set()).add(name.entity)
    if not one and not maybe:
        return list(names), list(runs)
    bare = {letters: next(iter(entities)) for letters, entities in maybe.items() if len(entities) == 1}
    meant, left, read = {**bare, **one}, [], []
    for run in runs:
        entity = meant.get(run.words[0]) if len(run.words) == 1 and not run.legal else None
        if entity is None:
            left.append(run)
        else:
            read.append(Name(run.start, run.end, entity, "names.acronym"))
    for name in names:
        written = text[name.start : name.end]
        entity = (one if name.entity.listed else meant).get(written) if name.entity.kind == "company" else None
        read.append(name if entity is None else replace(name, entity=entity))
    return sorted(read, key=attrgetter("start")), left


def _add_short_forms(entities: dict[tuple[str, ...], Entity], verdict: Mapping[tuple[str, ...], object]) -> None:
    """A later "Foo" for Foo Labs, a surname for a person: the short form is the same entity, where only one fits."""
    for words in sorted(entities, key=len, reverse=True):
        for k in range(2, len(words)):
            if words[:k] in entities and entities[words[:k]].kind == entities[words].kind == "company":
                entities[words[:k]] = entities[words]
    short: dict[tuple[str, ...], set[Entity]] = {}
    for words, entity in entities.items():
        if len(words) > 1:
            for k in range(1, len(words)):
                piece = words[:k] if entity.kind == "company" else words[k:]
                short.setdefault(piece, set()).add(entity)
    for words in verdict:
        fits = short.get(words, set())
        if len(fits) == 1:
            entities[words] = next(iter(fits))


def _short_listed(copy: Copy, runs: Sequence[Run], listed: Sequence[Name], around: _Neighbours, gazetteer: Gazetteer,
                  taken: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Entity]:  # fmt: skip
    """The first words of listed names of several words, where they stand for the whole later: "Insight Partners … Insight bought it"."""
    written = frozenset(copy.words.written)
    found: dict[tuple[str, ...], Entity] = {}
    full: dict[str, tuple[int, set[Entity]]] = {}
    for name in listed:
        first, _, rest = copy.text[name.start : name.end].partition(" ")
        if rest and name.entity.kind == "company" and len(first) > 3 and fold(first) not in gazetteer.head_words:
            full.setdefault(first, (name.end, set()))[1].add(name.entity)
    for run in runs:
        word = run.words[0]
        if len(run.words) > 1 or run.legal or word not in full or run.words in taken or word.lower() in written or run.start < full[word][0]:
            continue
        if len(full[word][1]) == 1 and (not run.initial or run.end + 1 in around.deal_starts or run.end + 1 in around.speech_starts):
            found[run.words] = next(iter(full[word][1]))
    return found


_ONE_WORD = expression(r" ([^\W\d_]{4,16}) $")


_APPOSED = expression(r"(?:, | \(| \u2013 | ?: )(.*)")  # between a name and the noun that says what it is
# behind a company's name: its symbol, or how its shares did ("+2.4%")
_TICKER = expression(r" ?[(\[](?:(?:[A-Z]{2,9}: ?[A-Z]|([A-Z]))[A-Z]{1,5}[0-9]{0,2}[)\]]|[+\u2212\u2013-][0-9]{1,3}(?:[.,][0-9]{1,2})? ?%)")


_PIECES = expression(r"[^\W_]+(?:-[^\W_]+)*'?|[^\w\s]")


def _tells_trade(pieces: Sequence[str], grammar: NamesGrammar) -> bool:
    """Whether the words between a company noun and a name say what the company does: "the maker of chips Acme", "la société de conseil Acme".

    A word at which a preposition stops may be a noun where another preposition stands before it.
    """
    if pieces[-1] in grammar.cases or pieces[-1] in grammar.determiners or pieces[-1] in grammar.articles:
        return False
    return all(piece[0].isalpha() and piece not in grammar.conjunctions and (piece not in grammar.stops or (
        at > 0 and (pieces[at - 1] in grammar.cases) and pieces[at - 1] not in grammar.stops)) for at, piece in enumerate(pieces))  # fmt: skip


def _word_before(low: str, at: int) -> str:
    begin = at
    while begin > 0 and at - begin < 12 and (low[begin - 1].isalnum() or low[begin - 1] == "."):
        begin -= 1
    return low[begin:at]


class _Neighbours:
    """What stands just before and after a run: company nouns, titles and speech verbs, by offset."""

    def __init__(self, copy: Copy, listed: Sequence[Name], cues: Mapping[str, Sequence[Cue]], grammar: NamesGrammar) -> None:
        self.text, self.low, self.grammar = copy.text, copy.low, grammar
        self.place_starts = {name.start for name in listed if name.entity.kind == "place"}
        self.outlet_starts = {name.start for name in listed if name.entity.kind == "outlet"}
        self.deals = [cue.start for cue in cues.get("deals", ())]
        self.nouns = [cue for cue in cues.get("nouns", ()) if cue.rule.kind not in ("pronoun", "latter")]
        self.titles = cues.get("people", ())
        self.speech = [cue for cue in cues.get("sources", ()) if "subject" in cue.rule.source]
        self.ends = sorted(cue.end for cue in self.nouns)
        self.noun_ends = frozenset(self.ends)
        self.noun_starts = sorted(cue.start for cue in self.nouns)
        self.title_ends = {cue.end for cue in self.titles}
        self.title_starts = sorted(cue.start for cue in self.titles)
        self.speech_starts = {cue.start for cue in self.speech}
        self.speech_ends = {cue.end for cue in self.speech}
        self.deal_starts = {cue.start for cue in cues.get("deals", ()) if "subject" in (*cue.rule.payer, *cue.rule.payee)}

    def before(self, start: int, ends: AbstractSet[int], reach: int = 3) -> bool:
        """Whether a cue ends right before `start`: only blanks, hyphens or an opening quote between."""
        return any(end in ends for end in range(max(0, start - reach), start) if not self.low[end:start].strip(" -\""))

    def before_adjective(self, start: int) -> bool:
        """Whether a company noun and one more word stand right before `start`: "the Dutch start-up", "fondul londonez"."""
        match = _ONE_WORD.search(self.low, max(0, start - 24), start)
        if match is None or match.start() not in self.noun_ends:
            return False
        word = match.group(1)
        grammar = self.grammar
        return not (word in grammar.stops or word in grammar.cases or word in grammar.conjunctions or word in grammar.articles
                    or word in grammar.determiners or match.start(1) in self.speech_starts or match.start(1) in self.deal_starts)  # fmt: skip

    def before_demonym(self, start: int) -> bool:
        """Whether an article or a preposition that holds one, and the adjective of a town or country stand right before: "the Dutch Acme"."""
        if self.grammar.noun_capitals or not self.grammar.demonyms or self.text[start - 1 : start] != " ":
            return False  # where every noun has a capital, what follows may be any
        words = self.text[max(0, start - 40) : start].split()[-2:]
        return len(words) == 2 and demonym(words[1], self.grammar) is not None and words[0].lower() in self.grammar.determiners

    def at_place(self, end: int) -> bool:
        """Whether the town where it sits follows a name behind a comma: "Acme, of Austin,"."""
        said = _COMMA_WORD.match(self.low, end)
        return said is not None and said.end() in self.place_starts and self.grammar.cases.get(said[1]) in _MEMBERS

    def heads_item(self, run: Run) -> bool:
        """Whether a run heads an item of a list that tells of a deal; a single word there may be a rubric ("Bought: …")."""
        return len(run.words) > 1 and _heads_item(self.low, run, self.deals)

    def before_trade(self, start: int) -> bool:
        """Whether a company noun and what the company does stand right before `start`: "la société allemande de conseil"."""
        k = bisect.bisect_left(self.ends, start)
        if not k or not 4 < start - self.ends[k - 1] <= 40:
            return False
        pieces = _PIECES.findall(self.low, self.ends[k - 1], start)
        said = any(piece in self.grammar.cases for piece in pieces[:2])
        return said and 2 <= len(pieces) <= 4 and self.low[self.ends[k - 1]] == " " and _tells_trade(pieces, self.grammar)

    def starts_within(self, starts: Sequence[int], begin: int, reach: int) -> int | None:
        """The first cue start in the next `reach` code points, or None."""
        k = bisect.bisect_left(starts, begin)
        return starts[k] if k < len(starts) and starts[k] - begin <= reach else None


def _company_evidence(run: Run, around: _Neighbours, gazetteer: Gazetteer, proper: bool) -> int:
    """How much speaks for a company; `proper` where the word has its capital elsewhere than at the start of a sentence too."""
    low, grammar = around.low, around.grammar
    score = 0
    if len(run.words) == 1 and run.words[0] in grammar.nationals and _word_before(low, run.start - 1) in grammar.determiners:
        return 0  # "die Chinesen": a people by itself is no name
    if proper and run.end + 1 in around.deal_starts and low[run.end] == " ":
        score += 1
    if run.legal:
        score += 6
    symbol = _TICKER.match(around.text, run.full_end)
    if symbol and symbol[1] and symbol[1] not in {word[0] for word in run.words}:
        symbol = None  # "și Reziliență (PNRR)": the letters of something longer
    if symbol and around.outlet_starts.isdisjoint(range(run.full_end, symbol.end())):  # "LONDON (AFP) -" is a dateline
        score += 4
    if len(run.words) > 1 and any(fold(word) in gazetteer.head_words for word in run.words[run.initial:]):
        score += 4 if not run.initial or low[run.end : run.end + 2].strip(" ")[:1] in ("", ",", "'", "(", "\u2013") else 0
    if around.before(run.start, around.noun_ends) or around.before_adjective(run.start):
        score += 4
    elif not grammar.noun_capitals and around.before_trade(run.start):
        score += 2
    elif around.before_demonym(run.start) or around.at_place(run.end) or around.heads_item(run):
        score += 3
    noun = around.starts_within(around.noun_starts, run.full_end, 45)
    if noun is not None:
        gap = low[run.full_end : noun]
        if gap in (" ", "-") and not around.grammar.definite_endings and not run.initial:
            score += 2
        elif (opened := _APPOSED.match(gap)) and not any(c in opened[1] for c in ",.;:()–") and \
                (not opened[1] or opened[1].split(" ", 1)[0].rstrip("'") in grammar.articles
                 or ((proper or _heads_item(low, run, around.deals)) and opened[1].split(" ", 1)[0].rstrip("'") in grammar.determiners)) and \
                around.starts_within(around.title_starts, run.full_end, noun - run.full_end) is None:  # fmt: skip
            score += 3
    return score


_COMMA_WORD = expression(r", ([^\W\d_]+'?) ?")
_INITIALS = expression(r"(?<![^\W_.])(?:[^\W\d_a-z]\. ){1,3}$")  # "R. Karthikeyan"


def _person_evidence(run: Run, around: _Neighbours, given_names: frozenset[str]) -> int:
    score = 0
    size = len(run.words)
    if size > 1 and fold(run.words[0]) in given_names:
        score += 3
    if size < 3 and not run.initial and _INITIALS.search(around.text, max(0, run.start - 9), run.start):
        score += 3
    if around.before(run.start, around.title_ends) and (size > 1 or run.start - 2 in around.title_ends):
        score += 3
    after = around.starts_within(around.title_starts, run.end, 12)
    if size > 1 and after is not None and around.low[run.end : after].startswith((",", " (")):
        score += 4
    if size > 1 and around.low[run.start - 2 : run.start] == ", " and around.low[run.end : run.end + 1] in (",", ".", ")", ""):
        title = max((end for end in range(max(0, run.start - 70), run.start) if end in around.title_ends), default=-1)
        if title >= 0 and not any(mark in around.low[title : run.start - 2] for mark in ",.;:\n"):
            score += 4
    if size > 1 and (run.end + 1 in around.speech_starts or around.before(run.start, around.speech_ends)):
        score += 1
    return score


def sentence_starts(copy: Copy, sentences: Sequence[tuple[int, int]], tokens: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Offsets of the tokens that open a sentence or a quotation: there a capital says nothing."""
    starts = {tokens[k][0] for begin, _ in sentences if (k := bisect.bisect_left(tokens, (begin,))) < len(tokens)}
    quote = copy.text.find('"')
    while quote >= 0:
        k = bisect.bisect_left(tokens, (quote + 1,))
        if k < len(tokens) and tokens[k][0] == quote + 1:
            starts.add(quote + 1)
        quote = copy.text.find('"', quote + 1)
    return frozenset(starts)


def settle_ambiguous(
    copy: Copy, names: Sequence[Name], starts: frozenset[int], cues: Mapping[str, Sequence[Cue]], grammar: NamesGrammar, gazetteer: Gazetteer
) -> list[Name]:
    """Drop names that are also common words where nothing around them says that the name is meant."""
    citing, papers = _citing(cues), {cue.end for cue in cues.get("papers", ())}
    sure = {name.entity.name for name in names if not name.entity.ambiguous}
    kept = []
    cue_starts = {cue.start for section in ("sources", "deals") for cue in cues.get(section, ())}
    # a word that the article also writes small is that word at the start of a sentence
    common = frozenset(copy.words.written) if any(name.entity.ambiguous for name in names) else frozenset()
    trade = any(name.entity.kind == "chip" and not name.entity.ambiguous for name in names)
    for name in names:
        if name.entity.kind == "chip" and name.entity.ambiguous:
            # "Grace" and "B200" are chips where the article names their maker or other chips
            if trade or name.entity.vendor in sure:
                sure.add(name.entity.name)
            continue
        if name.entity.ambiguous and name.entity.kind == "outlet":
            evident = _is_outlet(copy, name, citing, papers, name.start in starts, grammar)
            if name.entity.name not in sure and evident and _stands_alone(copy, name, gazetteer):
                sure.add(name.entity.name)
        elif name.entity.ambiguous and name.entity.name not in sure:
            bare = name.start in starts and name.entity.kind == "company" and copy.text[name.start : name.end].lower() not in common
            if _stands_alone(copy, name, gazetteer) and (name.start not in starts or bare or name.end + 1 in cue_starts):
                sure.add(name.entity.name)
    for name in names:
        if name.entity.kind == "company" and " " not in copy.text[name.start : name.end] and _is_surname(copy, name, gazetteer):
            continue  # "Michael Dell"
        if not name.entity.ambiguous or (name.entity.name in sure and (name.entity.kind == "chip" or _stands_alone(copy, name, gazetteer))):
            kept.append(name if not name.entity.ambiguous else replace(name, entity=replace(name.entity, ambiguous=False)))
    return kept


def _is_outlet(copy: Copy, name: Name, citing: Sequence[Cue], papers: AbstractSet[int], opens: bool,
               grammar: NamesGrammar) -> bool:  # fmt: skip
    """Whether an ordinary word, or initials, may be the name of an outlet: it is printed as one, and something is said to be reported there."""
    text, before, words = copy.text, copy.low[max(0, name.start - 20) : name.start], copy.text[name.start : name.end].split()
    if any(word[:1].islower() and len(word) > 3 for word in words[1:]):
        return False
    if len(words) > 1 and not opens and not grammar.noun_capitals:
        return True
    if any(end in papers for end in range(name.start - 2, name.start)) or (before.endswith("(") and text[name.end : name.end + 1] in ")-/"):
        return True
    word = before.split()[-1:]
    if word and (word[0] in grammar.articles or word[0].isdigit()) and word[0] not in grammar.determiners:
        return False
    return _is_cited(citing, name.start, name.end) and (not opens or before.endswith('"') or any(
        0 <= cue.start - name.end <= 3 for cue in citing))  # fmt: skip


_LAST_WORD = expression(r"([^\W\d_]+) $")
_WORD_BEFORE = expression(r"(?<!\S)(\S+) $")


def _is_surname(copy: Copy, name: Name, gazetteer: Gazetteer) -> bool:
    """Whether a given name stands right before a name."""
    before = copy.text[max(0, name.start - 16) : name.start]
    if before[-1:] != " " or before.islower():  # by far the most frequent case
        return False
    given = _LAST_WORD.search(before)
    return given is not None and given.group(1)[0].isupper() and fold(given.group(1)) in gazetteer.given_names


def _stands_alone(copy: Copy, name: Name, gazetteer: Gazetteer) -> bool:
    """Whether an ambiguous word is not part of a longer capitalised name, such as a person's or a street's."""
    text = copy.text
    before = _WORD_BEFORE.search(text, max(0, name.start - 30), name.start)
    previous = before[1] if before else ""
    after = re.match(r"[ ]([^\W_]+)", text[name.end : name.end + 25])
    following = after.group(1) if after else ""
    if gazetteer.forms.match(text, name.end + 1):
        return name.entity.kind != "outlet"
    if name.entity.kind == "outlet" and previous[:1].isupper() and previous.isalpha() and name.start - len(previous) - 1 > 0:
        return False
    if name.entity.kind == "outlet" and fold(following) in gazetteer.given_names:
        return True  # "told Expansión Jane Doe"
    return not (previous[:1].isupper() and previous.isalpha() and fold(previous) in gazetteer.given_names) and not (
        following[:1].isupper() and following.lower() not in gazetteer.head_words and gazetteer.index.find(fold(following)) is None)


def outside_spans(tokens: Sequence[tuple[int, int]], claimed: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The tokens that overlap no claimed span (both in order): cut out between the spans, as most tokens are far from any."""
    kept: list[tuple[int, int]] = []
    at = 0
    for start, end in claimed:
        stop = bisect.bisect_left(tokens, (start,))
        if stop and tokens[stop - 1][1] > start:
            stop -= 1
        kept += tokens[at:stop]
        at = max(at, bisect.bisect_left(tokens, (end,)))
    return [*kept, *tokens[at:]]


def beside(cues: Sequence[Cue], names: Sequence[tuple[int, int]]) -> list[Cue]:
    """The cues that no name holds (both in order); a cue may span a whole name, as a verb and its particle do."""
    kept, k = [], 0
    for cue in cues:
        while k < len(names) and names[k][1] <= cue.start:
            k += 1
        if k == len(names) or names[k][0] >= cue.end or (cue.start < names[k][0] and names[k][1] < cue.end):
            kept.append(cue)
    return kept


def not_inside(cues: Sequence[Cue], names: Sequence[tuple[int, int]]) -> list[Cue]:
    """The cues that are not words of a name (both in order): "Speciale Invest", "Gilde Buy Out Partners"."""
    starts = [start for start, _ in names]
    return [cue for cue in cues if not ((k := bisect.bisect_right(starts, cue.start)) and cue.end <= names[k - 1][1])]


def outside(names: Sequence[T], claimed: Sequence[tuple[int, int]]) -> list[T]:
    """The names or cues that overlap no claimed span (both in order)."""
    kept, k = [], 0
    for name in names:
        while k < len(claimed) and claimed[k][1] <= name.start:
            k += 1
        if k == len(claimed) or claimed[k][0] >= name.end:
            kept.append(name)
    return kept


def by_sentence(things: Iterable[Any], sentences: Sequence[tuple[int, int]]) -> dict[int, list[Any]]:
    """Some things (with `start`) by the index of the sentence in which they begin; each costs one look-up, however many sentences there are.

    A thing in the sentence of the one before it costs none.
    """
    groups: dict[int, list[Any]] = {}
    begin = end = k = 0
    for thing in things:
        at = thing.start
        if not begin <= at < end:
            k = bisect.bisect_right(sentences, (at, sys.maxsize)) - 1
            if k < 0:
                continue
            begin, end = sentences[k]
            if at >= end:
                continue
        if k in groups:
            groups[k].append(thing)
        else:
            groups[k] = [thing]
    return groups


# ---- cues: the words of a language that say what a sum is, who pays and who says so ----------------------------------------------


@plain()
class Rule:
    """One rule of a language file. Which fields it fills depends on its section; see the README on each."""

    id: str
    section: str  # deals, roles, status, sources, nouns, people, papers
    kind: str | None = None
    role: str | None = None
    status: str | None = None
    payer: tuple[str, ...] = ()
    payee: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    act: str | None = None
    first: bool = False
    who: tuple[str, ...] = ("outlet", "person")
    otherwise: str | None = None
    alternative: Rule | None = None  # what the cue says where its payee is not found
    weight: int = 0
    leads: bool = False  # subject and object both stand behind the cue
    light: bool = False  # a verb such as "raise": what is raised, a noun beside it says
    rejects: bool = False  # its subject turns down what another offers


@plain()
class Cue:
    """A rule's match in the reading copy."""

    start: int
    end: int
    rule: Rule


_CUE_REACH = 2000  # code points; more than any sentence has
_COMPOUND_REACH = 64  # code points from the beginning of a compound or phrase to what it must hold


class IndexedRule(NamedTuple):
    """A rule as a word meets it; `rank` is its place in the file, `needy` whether it is tried only in an article that holds one of
    its literals, and `behind` what may stand behind the word: the next characters, up to _BEHIND of them (None: anything)."""

    pattern: re.Pattern[str]
    rank: int
    rule: Rule
    needy: bool
    behind: frozenset[str] | None
    reach: int = _CUE_REACH  # code points from the word to the one that holds a literal of a needy rule


class WordCues(NamedTuple):
    """What a word means to the rules: those that it can begin, and (by rank) those of which it holds a literal.

    `before` keeps which of the rules are left before some characters.
    """

    begins: tuple[IndexedRule, ...]
    holds: tuple[int, ...]
    before: dict[str, tuple[IndexedRule, ...]]

    def begins_before(self, text: str) -> tuple[IndexedRule, ...]:
        """The rules that the word can begin where this text (of up to _BEHIND characters) stands behind it."""
        rules = tuple(rule for rule in self.begins if rule.behind is None or any(map(text.startswith, rule.behind)))
        if len(self.before) >= _MOST_BEHIND:
            self.before.clear()
        self.before[text] = rules
        return rules


Ranks = tuple[tuple[int, frozenset[str] | None], ...]  # rules by rank, and what may stand behind the word


@plain()
class CueIndex:
    """Rules by the words that their patterns can begin with, so that a word meets only the few rules it may begin.

    Nearly all patterns begin with one of some dozen words; those are listed when a language is compiled. At most words of an article
    no pattern is then tried at all, and a hundred rules more cost nothing.
    """

    rules: tuple[IndexedRule, ...]
    words: Shelf[Ranks]  # whole words
    stems: Mapping[str, Ranks]  # beginnings of words, where what follows cannot be listed
    tails: Mapping[str, Ranks]  # ends of words, for compounds with anything before
    pieces: Mapping[str, Ranks]  # what stands somewhere in a word; the empty text: rules that any word can begin
    literals: Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]]  # what needy rules must hold, with their ranks, by its first letters
    longest: int  # letters of the longest stem or tail

    def look(self, word: str) -> WordCues | None:
        """What a word (in small letters) means to the rules; None for nothing at all."""
        key = word if word.isalpha() else DIGIT.sub(lambda digits: "0" * len(digits[0]), word)
        ranks = [*(self.words.find(key) or ())]
        holds: set[int] = set()
        for piece in self.pieces:
            if piece in key:
                ranks += self.pieces[piece]
        for length in range(1, min(len(key), self.longest) + 1):  # a "word" of a megabyte is not cut at each letter
            ranks += self.stems.get(key[:length], ())
            ranks += self.tails.get(key[-length:], ())
        for at in range(len(key)):
            for literal, holders in self.literals.get(word[at : at + _GRAM], ()):
                if word.startswith(literal, at):
                    holds.update(holders)
        behind: dict[int, frozenset[str] | None] = {}
        for rank, follows in ranks:
            known = behind.get(rank, frozenset())
            behind[rank] = None if follows is None or known is None else known | follows
        begins = tuple(IndexedRule(*self.rules[rank][:4], behind[rank], self.rules[rank].reach) for rank in sorted(behind))
        return WordCues(begins, tuple(holds), {}) if begins or holds else None


_MOST_BEHIND = 400
_LONG = 250  # characters of a pattern from which it pays to know whether the article holds any of its literals
_GRAM = 3  # letters under which a literal is found
_MOST_BEGINNINGS = 1000
_ANY = "*"  # in front of a beginning: any letters before it
_BEHIND = 3  # characters behind a word
# the parts of a beginning: whether any letters come first, the word, what stands behind it
_BEGINNING = expression(rf"(\*?)([^\W_]*)([\W_]?\D{{0,{_BEHIND - 1}}})")


def index_rules(rules: Iterable[tuple[str, Rule]]) -> CueIndex:
    """Build the index from pairs of an expanded pattern and its rule."""
    indexed: list[IndexedRule] = []
    under: dict[str, dict[str, dict[int, set[str] | None]]] = {kind: {} for kind in ("words", "stems", "tails", "pieces")}
    literals: dict[str, dict[str, tuple[int, ...]]] = {}
    for rank, (pattern, rule) in enumerate(rules):
        tree = list(re._parser.parse(pattern))  # type: ignore[attr-defined]
        beginnings = sorted(_beginnings(tree))
        anywhere = any(text.strip(_ANY) == "" for text, _ in beginnings)  # what any word can begin is tried near its literals only
        needs = {max(WORD.findall(literal), key=len, default="") for literal in _held(tree)} if anywhere or len(pattern) > _LONG else {""}
        needy = min(map(len, needs)) >= _GRAM
        for literal in sorted(needs) if needy else ():
            same = literals.setdefault(literal[:_GRAM], {})
            same[literal] = (*same.get(literal, ()), rank)
        reach = _COMPOUND_REACH if anywhere else _CUE_REACH
        indexed.append(IndexedRule(re.compile(rf"(?:{pattern})(?!\w)"), rank, rule, needy, None, reach))
        for text, ends in beginnings:
            before, word, behind = _BEGINNING.match(text).groups()  # type: ignore[union-attr]
            if behind and not before and not word:
                continue  # no word begins with a sign
            whole = word and (ends or behind)
            kind = ("tails" if before else "words") if whole else "pieces" if before or not word else "stems"
            ranks = under[kind].setdefault(word, {})
            known = ranks.setdefault(rank, set())
            if known is None or not behind:
                ranks[rank] = None
            else:
                known.add(behind)
    words, stems, tails, pieces = ({key: tuple((rank, None if signs is None else frozenset(signs)) for rank, signs in ranks.items())
                                    for key, ranks in found.items()} for found in under.values())
    longest = max(map(len, (*stems, *tails)), default=0)
    grams = {gram: tuple(found.items()) for gram, found in literals.items()}
    return CueIndex(tuple(indexed), Shelf(words.items()), stems, tails, pieces, grams, longest)


def _beginnings(nodes: Iterable[Any]) -> set[tuple[str, bool]]:
    """What a match of some parse-tree nodes can begin with: its first word and some characters behind it, as far as they can be told.

    Pairs of a text and whether it is all that is said up to here (else more follows that cannot be told); digits are all written 0.
    """
    heads = {("", True)}
    for node in nodes:
        growing = [text for text, grows in heads if grows and not _is_told(text)]
        if not growing:
            break
        tails = _node_beginnings(node)
        heads = {(text, grows) for text, grows in heads if not grows or _is_told(text)}
        for text in growing:
            for tail, grows in tails:
                whole = text + tail
                # of letters after which come any letters only what stands before them can be told
                cut = text if text and tail.startswith(_ANY) else _BEGINNING.match(whole)[0]  # type: ignore[index]
                heads.add((cut, grows and cut == whole))
        length = 12
        while len(heads) > _MOST_BEGINNINGS:
            heads = {(text[:length], grows and len(text) <= length) for text, grows in heads}
            length -= 1
    return heads


def _is_told(text: str) -> bool:
    """Whether a beginning is as long as the index asks for."""
    return len(_BEGINNING.match(text)[3]) == _BEHIND  # type: ignore[index]


def _node_beginnings(node: Any) -> set[tuple[str, bool]]:
    op, value = str(node[0]), node[1]
    if op == "LITERAL":
        return {(_letter(value), True)}
    if op == "IN" and len(value) <= 12 and all(str(kind) == "LITERAL" for kind, _ in value):
        return {(_letter(code), True) for _, code in value}
    if _is_set_of(node, "CATEGORY_DIGIT"):
        return {("0", True)}
    if op == "BRANCH":
        return set().union(*map(_beginnings, value[1]))
    if op in ("SUBPATTERN", "ATOMIC_GROUP"):
        return _beginnings(value[3] if op == "SUBPATTERN" else value)
    if op.endswith("_REPEAT"):
        least, most, body = value
        if len(body) == 1 and _is_set_of(body[0], "CATEGORY_WORD"):
            return {(_ANY, True)}
        turn = _beginnings(body)
        if most > 1:  # another turn may follow
            turn = {(text, grows and not text) for text, grows in turn}
        return turn | ({("", True)} if least == 0 else set())
    return {("", op in ("ASSERT", "ASSERT_NOT", "AT"))}


def _is_set_of(node: Any, category: str) -> bool:
    """Whether a parse-tree node is that class of characters and nothing else."""
    return str(node[0]) == "IN" and [str(what) for _, what in node[1]] == [category]


def _letter(code: int) -> str:
    """A literal character; digits are all one to the index."""
    return "0" if chr(code).isdecimal() else chr(code)


def _held(nodes: Sequence[Any]) -> set[str]:
    """Literal strings one of which every match holds, as long as may be; the empty string where there are none."""
    best, run = {""}, ""
    for node in (*nodes, ("END", None)):
        op, value = str(node[0]), node[1]
        if op == "LITERAL":
            run += chr(value)
            continue
        inner = {""}
        if op == "BRANCH":
            inner = set().union(*(_held(list(branch)) for branch in value[1]))
        elif op == "SUBPATTERN":
            inner = _held(list(value[3]))
        elif op == "ASSERT" and value[0] == 1:
            inner = _held(list(value[1]))
        elif op == "ATOMIC_GROUP" or (op.endswith("_REPEAT") and value[0] > 0):
            inner = _held(list(value if op == "ATOMIC_GROUP" else value[2]))
        best = max(best, {run}, inner, key=lambda strings: min(map(len, strings)))
        run = ""
    return best


def find_cues(copy: Copy, facts: Sequence[WordCues | None]) -> dict[str, list[Cue]]:
    """All rules' matches by section, in order; within a section leftmost, then longest, none inside another.

    `facts` says of each word what the index of the rules knows of it.
    """
    low = copy.low
    hits: dict[str, list[tuple[int, int, int, Rule]]] = {}
    # at most words no rule begins and none has a literal: they are left out once
    known = [(span, word) for span, word in zip(copy.words.spans, facts, strict=True) if word is not None]
    held: dict[int, list[int]] = {}  # by rank: where the words begin that hold a literal of the rule
    for (start, _), word in known:
        for rank in word.holds:
            held.setdefault(rank, []).append(start)
    for (start, end), word in known:
        if not word.begins:
            continue
        behind = low[end : end + _BEHIND]
        rules = word.before.get(behind)
        for pattern, rank, rule, needy, _, reach in word.begins_before(behind) if rules is None else rules:
            if needy and ((spots := held.get(rank)) is None or not _is_near(spots, start, reach)):
                continue
            if match := pattern.match(low, start):
                hits.setdefault(rule.section, []).append((start, -match.end(), rank, rule))
    return {section: _leftmost_longest(found) for section, found in hits.items()}


def without_name(text: str, cue: Cue, grammar: NamesGrammar) -> Cue:
    """A noun's cue without the name behind it whose ending is that of an adjective: "la start-up Ombrane" as against "la start-up toscane"."""
    before, _, last = text[cue.start : cue.end].rpartition(" ")
    if not before or not last[:1].isupper() or not last[1:].islower():
        return cue
    word = before.rpartition(" ")[2]
    if (not word.islower() and " " in before) or fold(word) in grammar.not_names:
        return cue  # "géant du Net"
    return replace(cue, end=cue.start + len(before))


def _is_near(spots: Sequence[int], start: int, reach: int) -> bool:
    """Whether any of some offsets (in order) lies within reach from a start on."""
    k = bisect.bisect_left(spots, start)
    return k < len(spots) and spots[k] - start <= reach


def _leftmost_longest(hits: list[tuple[int, int, int, Rule]]) -> list[Cue]:
    """The cues of some hits (start, minus the end, rank, rule): a rank stands for one rule."""
    hits.sort(key=itemgetter(0, 1, 2))
    kept: list[Cue] = []
    end = -1
    for start, minus_end, _, rule in hits:
        if start >= end:
            end = -minus_end
            kept.append(Cue(start, end, rule))
    return kept


# ---- dates -----------------------------------------------------------------------------------------------------------------------
#
# The text is read once, word by word. Every word that the language's table or rules know becomes one character of a
# short "line", every number a letter for its shape, and everything else a break. The rules are regular expressions over
# that line, without repetition, so the time is linear in the text whatever the patterns folder says.


@plain()
class DateMention:
    """One date in the text: offsets in code points (end exclusive), `value` in EDTF, or None where only a reference date could tell.

    `first` and `last` are the first and last day covered (ISO), None where the value leaves the year open.
    `relative` is true where the reference date was needed, `rule` the id of the rule that read it.
    """

    start: int
    end: int
    value: str | None
    first: str | None
    last: str | None
    relative: bool
    rule: str


@plain()
class DateRule:
    """One construction: its pattern over the line of marks, and what it yields beyond what its slots say.

    `base` says that it counts from the date told before ("a day later"); `before` and `not_before` say what has to follow in the text.
    """

    id: str
    pattern: re.Pattern[str]
    order: int
    contexts: tuple[str, ...] = ()
    unit: str | None = None
    shift: int | str | None = None
    look: str | None = None
    year_shift: int | None = None
    nth: int | None = None
    span: bool = False
    approx: bool = False
    skip: bool = False
    base: str | None = None
    before: re.Pattern[str] | None = None
    not_before: re.Pattern[str] | None = None


@plain()
class DateGrammar:
    """A language's date rules, compiled: pure data, made by `compile_dates`."""

    marks: Mapping[str, str]
    cased: frozenset[str]
    values: Mapping[str, Mapping[str, int | str]]
    rules: Mapping[str, tuple[DateRule, ...]]
    gates: Mapping[str, re.Pattern[str]]  # for each mark, whether any rule that begins with it fits at all
    strong: re.Pattern[str]
    strong_words: frozenset[str]  # each form both as the table spells it and without diacritics
    month_first: bool
    noun_capitals: bool
    ordinal_suffixes: frozenset[str]
    decade_suffixes: frozenset[str]
    codes: re.Pattern[str] | None
    cues: re.Pattern[str] | None
    clause_end: re.Pattern[str]
    published: re.Pattern[str] | None
    met_pieces: dict[str, int] = field(default_factory=dict)  # what stood between two blanks: what of it a date can hold

    def is_strong(self, word: str) -> bool:
        """Whether a date may hang on a word (in small letters)."""
        return word in self.strong_words or (not word.isascii() and _fold(word) in self.strong_words)


DATE_UNITS = ("day", "week", "weekend", "month", "quarter", "half", "year", "decade")
DATE_LOOKS = ("past", "ahead", "before", "after", "this")
DATE_TABLES = ("months", "weekdays", "seasons", "ordinals", "numbers", "day_words", "units", "unit_plurals")
DATE_KEYS = frozenset(DATE_TABLES) | {
    "reference", "numeric_order", "noun_capitals", "capital", "shy", "anchors", "ordinal_suffixes", "decade_suffixes", "quarter_letters",
    "half_letters", "fiscal_letters", "words", "ahead", "behind", "behind_first", "clauses", "published", "bylines", "rules",
}
DATE_RULE_KEYS = frozenset(
    {"id", "match", "unit", "shift", "look", "year_shift", "nth", "span", "approx", "skip", "base", "before", "not_before",
     "examples", "not"})
SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "winter": 24}

_TOKEN = expression(
    r"[0-9]++(?:[.,/:\u2010-\u2013-][0-9]++)*+(?:[^\W\d_]\w*+|°)?"  # numbers, numeric dates, "3rd", "2020s", "3Q25"
    r"|[^\W\d_][\w\u0300-\u036f]*+"
    r"|['\u2019][0-9]{2}(?!\w)"
    r"|[,.'\u2019/()\u2010-\u2014-]"
)
_PUNCTUATION = {**{c: c for c in ",.'/()-"}, "\u2019": "'", **{chr(c): "-" for c in range(0x2010, 0x2015)}}
_BREAK = " "
_SPACED_DASH = "\u2013"
# Letters of the line: small numbers by size (a 1-12, b 13-31, c other two-digit), ordinals (o 1-4, p 5-12, u 13-31), y year, z year
# before 1900, e decade, and the numeric shapes of _SHAPES and the codes of _CODE_MARKS.
_SLOT_MARKS = {
    "day": "abopu", "n": "abc", "yy": "t", "year": "y", "old_year": "z", "ordinal": "op", "date": "d", "daymonth": "m", "monthyear": "M",
    "years": "Y", "days": "D", "decade": "e", "two_digit_decade": "E", "quarter_code": "qQ", "half_code": "hH",
    "dated_quarter_code": "Q", "dated_half_code": "H", "fiscal_code": "f",
}
_SLOT_TABLES = {
    "month": "months", "lone_month": "months", "weekday": "weekdays", "lone_weekday": "weekdays", "season": "seasons",
    "lone_season": "seasons", "ordinal": "ordinals", "n": "numbers", "day": "day_words", "unit": "units",
}
_STRONG_MARKS = "tyzdmMYeEqhQHf"
_SHAPES = (
    (expression(r"(?:19|20)[0-9]{2}"), "y"),
    (expression(r"1[5-8][0-9]{2}"), "z"),
    (expression(r"[0-9]{4}([./-])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"), "d"),
    (expression(r"(?:0?[1-9]|[12][0-9]|3[01])([./-])(?:0?[1-9]|[12][0-9]|3[01])\1(?:(?:19|20)[0-9]{2}|[0-9]{2})"), "d"),
    (expression(r"(?:19|20)[0-9]{2}[/-](?:(?:19|20)[0-9]{2}|[0-9]{2})"), "Y"),
    (expression(r"(?:0?[1-9]|1[0-2])/(?:19|20)[0-9]{2}"), "M"),
    (expression(r"(?:0?[1-9]|[12][0-9]|3[01])-(?:0?[1-9]|[12][0-9]|3[01])"), "D"),
    (expression(r"(?:0?[1-9]|[12][0-9]|3[01])[/.](?:0?[1-9]|[12][0-9]|3[01])"), "m"),
)
_WORD = expression(r"[^\W\d_][\w\u0300-\u036f]*+")
_NUMBER_ANCHOR = expression(  # begins with a digit in each case, so that the search passes over text without any
    r"[0-9](?:[0-9]{3}|[0-9]?(?:[./\u2010-\u2013-][0-9]|[^\W\d_])|(?<=['\u2019][0-9])[0-9]|(?<=[^\W\d_][0-9]))")
_DASHES = expression(r"[\u2010-\u2014]")
_ISO_DAY = expression(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NEUTRAL_RULES = (("numeric-date", "{date}"), ("year-range", "{years}"), ("year", "{year}"))
_SENTENCE_END = expression(r"[.!?]\s|[;\n]")
_CUE_WINDOW = 240  # characters of context that may say whether a sentence looks ahead: longer than any clause of prose


def _fold(word: str) -> str:
    """The word in lower case without its diacritics (cedilla and comma-below, composed and decomposed, come out alike)."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c)).replace("ß", "ss")


# Compiling: templates ("({weekday} ,?)? {day} {month}") to regular expressions over the line.

_TEMPLATE = expression(r"\s+|\{(\w+)\}|\\([()])|([()|?\[\]])|([,.'/-])|([^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*)")


@plain()
class _Node:
    """A compiled piece of a template: its expression, the marks it can begin with, whether it can be empty, all marks in it."""

    expression: str
    firsts: frozenset[str]
    empty: bool
    marks: frozenset[str]
    single: frozenset[str]  # marks that are the whole of one reading


class _Compiler:
    """Turns one language's table and templates into a grammar; holds the marks given out so far."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.marks: dict[str, str] = {}
        self.values: dict[str, dict[str, int | str]] = {}
        self.options: dict[str, list[str]] = {slot: list(marks) for slot, marks in _SLOT_MARKS.items()}
        self.dotted: set[str] = set()
        self.shy = {self.spell(w) for w in data.get("shy", ())}
        for table in DATE_TABLES:
            self.read_table(table)
        plurals = self.values["unit_plurals"]
        self.options["units"] = [*self.options.get("unit", ()), *plurals]
        self.values["all_units"] = {**self.values["units"], **plurals}
        if "." in data.get("ordinal_suffixes", ()):
            self.dotted.update("ab")
            self.options["ordinal"].append("a.")

    def mark(self, word: str) -> str:
        key = _fold(word)
        if key not in self.marks:
            self.marks[key] = chr(0x100 + len(set(self.marks.values())))
        self.marks.setdefault(word.lower(), self.marks[key])
        return self.marks[key]

    def spell(self, form: str) -> str:
        """A form of one or more words as marks ("terça-feira" is three); a closing dot is left to `dotted`."""
        return "".join(_PUNCTUATION.get(t) or self.mark(t) for t in _TOKEN.findall(form.removesuffix(".")))

    def read_table(self, table: str) -> None:
        entries = self.data.get(table, {})
        values = self.values.setdefault(table, {})
        for value, forms in entries.items():
            for form in forms:
                spelled = self.spell(str(form))
                if values.setdefault(spelled, SEASONS.get(value, value)) != SEASONS.get(value, value):
                    raise ValueError(f"dates: {table}: '{form}' has two meanings; keep one")
                if form.endswith("."):
                    self.dotted.add(spelled)
        for slot, source in _SLOT_TABLES.items():
            if source == table:
                lone = slot.startswith("lone_")
                self.options.setdefault(slot, []).extend(s for s in values if not (lone and s in self.shy))

    def strong(self) -> Iterator[str]:
        """The forms one of which every date has, apart from rules that are one word ("yesterday")."""
        for slot in ("month", "weekday", "season", "units"):
            yield from self.options.get(slot, ())
        yield from map(self.spell, self.data.get("anchors", ()))

    def template(self, rule: str, text: str) -> _Node:
        tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _TEMPLATE.match(text, at)
            if not found:
                raise ValueError(f"dates: rule '{rule}': cannot read the pattern at '{text[at:at + 20]}'; "
                                 "use words, ( | ), ?, [ ] and {slots}")
            at = found.end()
            slot, escaped, operator, sign, word = found.groups()
            if slot or word or escaped or operator or sign:
                kind = "slot" if slot else "operator" if operator else "word"
                tokens.append((kind, slot or escaped or operator or sign or word))
        node, rest = self.choice(rule, tokens, 0)
        if rest != len(tokens):
            raise ValueError(f"dates: rule '{rule}': a bracket is closed that was not opened; balance the brackets")
        return node

    def choice(self, rule: str, tokens: Sequence[tuple[str, str]], at: int) -> tuple[_Node, int]:
        branches = []
        node, at = self.sequence(rule, tokens, at)
        branches.append(node)
        while at < len(tokens) and tokens[at] == ("operator", "|"):
            node, at = self.sequence(rule, tokens, at + 1)
            branches.append(node)
        return _either(branches), at

    def sequence(self, rule: str, tokens: Sequence[tuple[str, str]], at: int) -> tuple[_Node, int]:
        parts: list[_Node] = []
        while at < len(tokens) and tokens[at] not in (("operator", "|"), ("operator", ")"), ("operator", "]")):
            kind, text = tokens[at]
            if kind == "operator" and text in "([":
                node, at = self.choice(rule, tokens, at + 1)
                if at >= len(tokens):
                    raise ValueError(f"dates: rule '{rule}': a bracket is not closed; balance the brackets")
                if text == "[":
                    node = _Node(f"(?:{node.expression})(?P<at>)", node.firsts, node.empty, node.marks, frozenset())
            elif kind == "operator":
                raise ValueError(f"dates: rule '{rule}': '{text}' stands where a word is expected; remove it")
            else:
                node = self.slot(rule, text) if kind == "slot" else self.word(text)
            at += 1
            if at < len(tokens) and tokens[at] == ("operator", "?"):
                node = _Node(f"(?:{node.expression})?", node.firsts, True, node.marks, node.single)
                at += 1
            parts.append(node)
        return _chain(parts), at

    def word(self, text: str) -> _Node:
        if text == "-":
            return _Node(f"[-{_SPACED_DASH}]", frozenset("-" + _SPACED_DASH), False, frozenset(), frozenset())
        mark = _PUNCTUATION.get(text) or self.mark(text)
        return _Node(re.escape(mark), frozenset(mark), False, frozenset(mark), frozenset(mark))

    def slot(self, rule: str, name: str) -> _Node:
        words = self.data.get("words", {}).get(name)
        if words is not None:
            return _either([self.template(rule, w) for w in words])
        base = name.rstrip("2")
        options = self.options.get(base)
        if not options:
            raise ValueError(f"dates: rule '{rule}': no slot or word list is called '{name}'; define it under words")
        expression = "|".join(
            "".join(map(re.escape, o)) + (r"\.?" if o in self.dotted else "") for o in sorted(options, key=len, reverse=True))
        firsts = frozenset(o[0] for o in options)
        single = frozenset(o for o in options if len(o) == 1)
        return _Node(f"(?P<{name}>{expression})", firsts, False, frozenset("".join(options)), single)


def _either(branches: Sequence[_Node]) -> _Node:
    if len(branches) == 1:
        return branches[0]
    union = [frozenset[str]().union(*(getattr(b, f) for b in branches)) for f in ("firsts", "marks", "single")]
    return _Node(f"(?:{'|'.join(b.expression for b in branches)})", union[0], any(b.empty for b in branches), union[1], union[2])


def _chain(parts: Sequence[_Node]) -> _Node:
    firsts: frozenset[str] = frozenset()
    for part in parts:
        firsts |= part.firsts
        if not part.empty:
            break
    required = [p for p in parts if not p.empty]
    single = required[0].single if len(required) == 1 else frozenset()
    marks = frozenset[str]().union(*(p.marks for p in parts))
    return _Node("".join(p.expression for p in parts), firsts, not required, marks, single)


def compile_dates(language_data: Mapping[str, Any] | None) -> DateGrammar:
    """A grammar from the `dates` mapping of a language file, or from None what needs no language (numeric dates and years).

    Raises ValueError for unknown keys and patterns that cannot be read, with what is wrong and what to do.
    """
    data = language_data or {}
    unknown = sorted(set(data) - DATE_KEYS)
    if unknown:
        raise ValueError(f"dates: unknown key '{unknown[0]}'; the keys are {', '.join(sorted(DATE_KEYS))}")
    compiler = _Compiler(data)
    rules: list[tuple[DateRule, _Node]] = []
    for entry in (*data.get("rules", ()), *({"id": i, "match": m} for i, m in _NEUTRAL_RULES)):
        rules.append(_compile_rule(compiler, entry, len(rules)))
    strong = {*_STRONG_MARKS, *compiler.strong()}
    strong.update(m for _, node in rules for m in node.single if m not in _SLOT_MARKS["n"] + _SLOT_MARKS["day"])
    words = frozenset("".join(strong))
    for rule, node in rules:
        if not node.marks & words:
            raise ValueError(f"dates: rule '{rule.id}': no word of it is in a table or a date alone, so it would never be tried; "
                             "put one of its words under anchors")
    first: dict[str, list[DateRule]] = {}
    for rule, node in rules:
        for mark in sorted(node.firsts):
            first.setdefault(mark, []).append(rule)
    letters = "|".join(f"(?P<{k}>{_letters(data, k)})" for k in ("quarter", "half", "fiscal") if data.get(f"{k}_letters"))
    return DateGrammar(
        marks=compiler.marks,
        cased=frozenset(compiler.marks[_fold(w)] for w in data.get("capital", ()) if _fold(w) in compiler.marks),
        values=compiler.values,
        rules={mark: tuple(found) for mark, found in first.items()},
        gates={mark: _gate(found) for mark, found in first.items()},
        strong=re.compile("|".join(re.escape(s) for s in sorted(strong, key=lambda s: (-len(s), s)))),
        strong_words=frozenset(word for word, mark in compiler.marks.items() if mark in {s[-1] for s in strong}),
        month_first=data.get("numeric_order", "dmy") == "mdy",
        noun_capitals=bool(data.get("noun_capitals", not language_data)),
        ordinal_suffixes=frozenset(data.get("ordinal_suffixes", ())),
        decade_suffixes=frozenset(data.get("decade_suffixes", ())),
        codes=re.compile(letters) if letters else None,
        cues=_compile_cues(data),
        clause_end=re.compile(rf"[,;:.!?()\n\u2013\u2014]|(?<!\w)(?:{_words(data.get('clauses', ()))})(?!\w)"),
        published=_compile_published(data),
    )


def _gate(rules: Sequence[DateRule]) -> re.Pattern[str]:
    return re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", rule.pattern.pattern) for rule in rules))


def _compile_rule(compiler: _Compiler, entry: Mapping[str, Any], order: int) -> tuple[DateRule, _Node]:
    """A rule and its compiled template; ValueError where a key or a value is none that the rules have."""
    name = entry["id"]
    unknown = sorted(set(entry) - DATE_RULE_KEYS)
    if unknown:
        raise ValueError(f"dates: rule '{name}': unknown key '{unknown[0]}'; the keys are {', '.join(sorted(DATE_RULE_KEYS))}")
    if entry.get("unit", "day") not in DATE_UNITS or entry.get("look", "past") not in DATE_LOOKS:
        raise ValueError(f"dates: rule '{name}': unit is one of {', '.join(DATE_UNITS)}; look is one of {', '.join(DATE_LOOKS)}")
    node = compiler.template(name, entry["match"])
    if node.empty:
        raise ValueError(f"dates: rule '{name}': matches nothing at all; make one word of it required")
    # A year glued to a hyphen belongs to a name or a compound, unless a rule says what the hyphen does.
    guard = r"(?<!-){}(?!-)" if name == "year" and not entry.get("examples") else "{}"
    expression = _number_groups(node.expression)
    fields = {k: entry[k] for k in ("unit", "shift", "look", "year_shift", "nth", "span", "approx", "skip", "base") if k in entry}
    fields |= {k: re.compile(entry[k], re.IGNORECASE) for k in ("before", "not_before") if k in entry}
    pattern = re.compile(guard.format(expression))
    contexts = tuple(g for g in pattern.groupindex if g.split("_")[0] == "at")
    return DateRule(id=name, pattern=pattern, order=order, contexts=contexts, **fields), node


def _number_groups(expression: str) -> str:
    """The expression with a slot that stands in several branches told apart: month, month_1, month_2 …"""
    seen: dict[str, int] = {}

    def rename(found: re.Match[str]) -> str:
        seen[found[1]] = seen.get(found[1], -1) + 1
        return f"(?P<{found[1]}{'_' + str(seen[found[1]]) if seen[found[1]] else ''}>"

    return re.sub(r"\(\?P<(\w+)>", rename, expression)


def _words(words: Iterable[str]) -> str:
    """An alternation of phrases, each also without its diacritics; "*ed" stands for any word that ends so (spelled exactly)."""
    forms: set[str] = {r"\w{2,24}" + re.escape(w[1:]) for w in words if w.startswith("*")}
    for phrase in (w for w in words if not w.startswith("*")):
        forms.update(re.escape(f).replace(r"\ ", r"\s+") for f in (phrase.lower(), _fold(phrase)))
    return "|".join(sorted(forms, key=lambda f: (-len(f), f))) or r"(?!)"


def _letters(data: Mapping[str, Any], kind: str) -> str:
    letters = "|".join(re.escape(str(x).lower()) for x in data[f"{kind}_letters"])
    if kind == "fiscal":
        return rf"(?:{letters})(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}})"
    top = 4 if kind == "quarter" else 2
    return rf"(?:{letters})[1-{top}]|[1-{top}](?:{letters})(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}})?"  # "H100" is no half


def _compile_cues(data: Mapping[str, Any]) -> re.Pattern[str] | None:
    if not data.get("ahead"):
        return None
    groups = [f"(?P<{kind}>{_words(data.get(kind, ()))})" for kind in ("ahead", "behind", "behind_first")]
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)")


def _compile_published(data: Mapping[str, Any]) -> re.Pattern[str] | None:
    """What may stand before the date of a byline or a "published on" line, up to the date."""
    words, bylines = _words(data.get("published", ())), _words(data.get("bylines", ()))
    return re.compile(rf"(?:.*(?<!\w)(?:{words})|(?:{bylines})\s+[^.!?]{{1,80}}[,\s])\s*:?\s*", re.IGNORECASE | re.DOTALL)


# Reading: the text as a line of marks, and the rules over it.


@plain()
class _Line:
    """The text as marks: `marks[i]` stands for `text[starts[i]:ends[i]]`, a break for anything no rule knows."""

    marks: str
    starts: list[int]
    ends: list[int]
    month_first: bool


def _read_line(text: str, grammar: DateGrammar, claimed: Sequence[tuple[int, int]], anchors: Sequence[int] | None = None) -> _Line:
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter whose small form is longer: keep the offsets
        lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    marks: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    end, broken, orders, known, cased = 0, True, [0, 0], grammar.marks, grammar.cased
    for found in _tokens(lowered, grammar, _own_anchors(lowered, grammar) if anchors is None else anchors):
        if found is None:
            broken = True
            continue
        token = found.group()
        mark = known.get(token)
        if mark is None and token.isalpha() and token.isascii():  # by far the most frequent case
            broken = True
            continue
        start, stop = found.span()
        if mark is None:
            mark = _mark_of(text, token, start, stop, grammar, orders)
        if mark == _BREAK or (mark in cased and not text[start].isupper()):
            broken = True
            continue
        if broken or (start != end and text[end:start] != " " and not _joins(text[end:start])):
            marks.append(_BREAK)
            starts.append(start)
            ends.append(start)
        marks.append(mark)
        starts.append(start)
        ends.append(stop)
        end, broken = stop, False
    month_first = grammar.month_first if orders[0] == orders[1] else orders[1] > orders[0]
    return _Line(_mask("".join(marks), starts, ends, claimed), starts, ends, month_first)


def _own_anchors(lowered: str, grammar: DateGrammar) -> list[int]:
    """The anchors of a text that is no reading copy: letters may be followed by their marks."""
    return date_anchors(lowered, [found.start() for found in _WORD.finditer(lowered) if grammar.is_strong(found.group())])


def date_anchors(text: str, strong: Iterable[int]) -> list[int]:
    """Where the numbers and the words (`strong`) begin on which a date may hang, in order."""
    return sorted([*(found.start() for found in _NUMBER_ANCHOR.finditer(text)), *strong])


def _tokens(lowered: str, grammar: DateGrammar, anchors: Sequence[int]) -> Iterator[re.Match[str] | None]:
    """The tokens around every anchor, with None where text is passed over."""
    for start, end in _windows(lowered, anchors, grammar):
        yield None
        yield from _TOKEN.finditer(lowered, start, end)


def _windows(lowered: str, anchors: Sequence[int], grammar: DateGrammar) -> list[tuple[int, int]]:
    """The stretches of text worth reading: what stands between blanks around each anchor, as far as a date can reach on either side."""
    windows: list[tuple[int, int]] = []
    floor, size = 0, len(lowered)
    for anchor in anchors:
        if anchor < floor:
            continue
        start = lowered.rfind(" ", floor, anchor) + 1 or floor
        end = lowered.find(" ", anchor) % (size + 1)
        going = True
        while going and start > floor:
            before = lowered.rfind(" ", floor, start - 1) + 1 or floor
            known = _known(lowered[before:start - 1], grammar)
            if known & _KNOWN_LAST:
                start = before
            going = known == _KNOWN_ALL
        going = True
        while going and end < size:
            after = lowered.find(" ", end + 1) % (size + 1)
            known = _known(lowered[end + 1:after], grammar)
            if known & _KNOWN_FIRST:
                end = after
            going = known == _KNOWN_ALL
        windows.append((start, end))
        floor = end
    return windows


_KNOWN_FIRST, _KNOWN_LAST, _KNOWN_ALL = 1, 2, 7


def _known(piece: str, grammar: DateGrammar) -> int:
    """Whether a date may hold the first, the last or all tokens of a piece of text without blanks; asked once a piece, as most come again."""
    known = grammar.met_pieces.get(piece)
    if known is None:
        tokens = _TOKEN.findall(piece)
        told = [_may_be_marked(token, grammar) for token in tokens]
        whole = sum(map(len, tokens)) == len("".join(piece.split())) and all(told)
        first, last = bool(told) and told[0] and piece.startswith(tokens[0]), bool(told) and told[-1] and piece.endswith(tokens[-1])
        known = _KNOWN_ALL if whole else _KNOWN_FIRST * first | _KNOWN_LAST * last
        if len(grammar.met_pieces) >= _MOST_MET:
            grammar.met_pieces.clear()
        if len(piece) < 40:
            grammar.met_pieces[piece] = known
    return known


def _may_be_marked(token: str, grammar: DateGrammar) -> bool:
    """Whether a token can have a mark, whatever stands around it."""
    if token in grammar.marks or not token[-1].isalpha() or token[0].isdigit():
        return True
    return not token.isascii() and _fold(token) in grammar.marks


def _joins(gap: str) -> bool:
    """Whether what stands between two words keeps them in one phrase: a little space, at most one line end."""
    return len(gap) <= 4 and gap.isspace() and gap.count("\n") <= 1


def _mark_of(text: str, token: str, start: int, stop: int, grammar: DateGrammar, orders: list[int]) -> str:
    """The mark of a token that is no known word as it stands: a sign, a number, a code such as Q3, a word with diacritics."""
    sign = _PUNCTUATION.get(token)
    if sign == "-":
        # a dash before a space or another mark joins nothing: "(in 2016—, …)"
        return sign if start == 0 or stop == len(text) or text[stop].isalnum() else _SPACED_DASH
    if sign is not None:
        return sign
    if len(token) == 3 and token[1:].isdigit() and token[0] in "'\u2019":
        return "t"
    if "0" <= token[0] <= "9":
        mark = _number_mark(token, grammar)
        if mark != _BREAK and _is_glued(text, start, stop):
            return _BREAK
        if mark == "d":
            _count_order(token, orders)
        return mark
    if grammar.codes and token[-1].isdigit() and (code := grammar.codes.fullmatch(token)):
        return _code_mark(code)
    return _BREAK if token.isascii() else grammar.marks.get(_fold(token), _BREAK)


_CODE_BEFORE = expression(r"(?<![\w/])[^\W\d_]?[1-4][^\W\d_]?/$")  # "S1/2026", "3T/2025"


def _is_glued(text: str, start: int, stop: int) -> bool:
    """Whether a number hangs on an address, a sign, a currency or a percentage."""
    before = text[start - 1] if start else " "
    after = text[stop] if stop < len(text) else " "
    if before == "/" and _CODE_BEFORE.search(text, max(0, start - 6), start):
        before = " "
    return before in "/_=#@$€£¥.,&?+\\" or after in "%_=€£$@\\" or (after == "/" and stop + 1 < len(text) and text[stop + 1].isalnum())


def _number_mark(token: str, grammar: DateGrammar) -> str:
    if len(token) > 12:
        return "d" if token[10] == "t" and _ISO_DAY.match(token) else _BREAK
    digits = len(token)
    while not token[digits - 1].isdigit():
        digits -= 1
    head, tail = token[:digits], token[digits:]
    if head.isdigit() and head.isascii() and not tail:
        return _plain_number_mark(head)
    if tail:
        return _suffixed_mark(token, head, tail, grammar)
    plain = _DASHES.sub("-", head)
    for shape, mark in _SHAPES:
        if shape.fullmatch(plain):
            return mark
    if grammar.codes and (code := grammar.codes.fullmatch(token)):
        return _code_mark(code)
    return "d" if _ISO_DAY.match(token) and token[10:11] == "t" else _BREAK


def _plain_number_mark(digits: str) -> str:
    if len(digits) <= 2:
        number = int(digits)
        return "a" if 1 <= number <= 12 else "b" if 13 <= number <= 31 else "c"
    if len(digits) != 4:
        return _BREAK
    return "y" if digits[:2] in ("19", "20") else "z" if digits[0] == "1" and digits[1] in "5678" else _BREAK


def _code_mark(code: re.Match[str]) -> str:
    """q, h or f for a code of quarter, half or fiscal year; a capital where a quarter or half carries its year ("3Q25")."""
    kind = (code.lastgroup or _BREAK)[0]
    return kind.upper() if kind in "qh" and len(re.sub(r"[^0-9]", "", code[0])) > 1 else kind


def _suffixed_mark(token: str, head: str, tail: str, grammar: DateGrammar) -> str:
    if grammar.codes and (code := grammar.codes.fullmatch(token)):
        return _code_mark(code)
    if not (head.isdigit() and head.isascii()):  # "6²" is all digits and no number
        return "d" if tail == "t" and _ISO_DAY.fullmatch(head) else _BREAK
    number = int(head)
    if len(head) <= 2 and 1 <= number <= 31 and tail in grammar.ordinal_suffixes:
        return "o" if number <= 4 else "p" if number <= 12 else "u"
    if number % 10 == 0 and tail in grammar.decade_suffixes:
        return "e" if len(head) == 4 else "E" if len(head) == 2 else _BREAK
    return _BREAK


def _count_order(token: str, orders: list[int]) -> None:
    """Notes what an unambiguous numeric date says about the text's order: day first in `orders[0]`, month first in `orders[1]`."""
    parts = [int(p) for p in re.findall("[0-9]+", token)[:2]]
    if parts[0] <= 31:
        orders[0] += parts[0] > 12
        orders[1] += parts[1] > 12


def _mask(marks: str, starts: list[int], ends: list[int], claimed: Sequence[tuple[int, int]]) -> str:
    """The marks with every one that touches a claimed span turned into a break."""
    if not claimed:
        return marks
    masked, at = list(marks), 0
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        while at < len(claimed) and claimed[at][1] <= start:
            at += 1
        if at == len(claimed):
            break
        if claimed[at][0] < end:
            masked[i] = _BREAK
    return "".join(masked)


_RUN = expression(f"[^{_BREAK}]+")


@plain()
class _Match:
    """A rule that fits the line: the mention is `marks[start:end]`; what stands before it in the match is context only."""

    rule: DateRule
    found: re.Match[str]
    start: int
    end: int


def _best_at(text: str, line: _Line, at: int, grammar: DateGrammar) -> _Match | None:
    """The reading that begins at a mark: the mention that starts first, of those the longest, of those the first in the file."""
    best: _Match | None = None
    marks = line.marks
    gate = grammar.gates.get(marks[at])
    if gate is None or not gate.match(marks, at):
        return None
    for rule in grammar.rules.get(marks[at], ()):
        found = rule.pattern.match(marks, at)
        if not found or not _stands_before(rule, text, line.ends[found.end() - 1]):
            continue
        start = max((found.start(g) for g in rule.contexts), default=-1)
        match = _Match(rule, found, start if start >= 0 else at, found.end())
        if best is None or _precedes(match, best):
            best = match
    return best


def _precedes(one: _Match, other: _Match) -> bool:
    return (one.start, -one.end, one.rule.order) < (other.start, -other.end, other.rule.order)


def _stands_before(rule: DateRule, text: str, end: int) -> bool:
    """Whether what follows a mention is what its rule asks for."""
    return ((rule.before is None or rule.before.match(text, end) is not None)
            and (rule.not_before is None or rule.not_before.match(text, end) is None))


def _matches(text: str, line: _Line, grammar: DateGrammar) -> Iterator[_Match]:
    """Every mention of the line: leftmost, then longest, then the rule that comes first in the file."""
    for run in _RUN.finditer(line.marks):
        at, stop = run.span()
        if not grammar.strong.search(line.marks, at, stop):
            continue
        while at < stop:
            best = _best_at(text, line, at, grammar)
            ahead = at + 1
            while best and ahead <= min(best.start, stop - 1):  # the context of one mention may be the beginning of another
                other = _best_at(text, line, ahead, grammar)
                if other and _precedes(other, best):
                    best = other
                ahead += 1
            if best:
                yield best
            at = best.end if best else at + 1


def find_dates(
    text: str, grammar: DateGrammar, reference: datetime.date | None, claimed: Sequence[tuple[int, int]] = (), anchors: Sequence[int] | None = None
) -> list[DateMention]:
    """The dates that a text mentions, in order, none overlapping another or a claimed span.

    `claimed` are sorted spans (start, end) in code points that other stages have read; `reference` is what relative dates and dates
    without a year are resolved against: without it the year stays open ("XXXX-10") or the value None. `anchors` are where the words and
    numbers begin on which a date may hang, where they are known.
    """
    return list(_each_date(text, grammar, reference, claimed, anchors))


def _each_date(text: str, grammar: DateGrammar, reference: datetime.date | None, claimed: Sequence[tuple[int, int]],
               anchors: Sequence[int] | None) -> Iterator[DateMention]:
    """The dates of a text one by one: who looks for the first of a kind need not read on."""
    line = _read_line(text, grammar, claimed, anchors)
    mentions: list[DateMention] = []
    for match in _matches(text, line, grammar):
        rule = match.rule
        if rule.skip:
            continue
        slots = _Slots(text, line, match.found, grammar)
        start, end = line.starts[match.start], line.ends[match.end - 1]
        if rule.id == "year" and _in_a_name(text, start, end, grammar):
            continue
        base = _base_day(rule, slots, mentions, text, start, reference) if rule.base else reference
        if rule.base and base is None:
            continue
        read = _resolve(rule, slots, base, partial(_looks_ahead, text, start, end, grammar))
        if read is None:
            continue
        value, relative = read
        days = edtf_days(value) if value else None
        mentions.append(DateMention(
            start, end, value, days[0].isoformat() if days else None, days[1].isoformat() if days else None, relative, rule.id))
        yield mentions[-1]


_COUNTED = expression(r"\s(?:[^\W\d_]{1,2}\s)?([^\W\d_]{2,})")  # what a number counts, also past a particle ("24 de luni")


def counts_time(low: str, start: int, end: int, grammar: DateGrammar) -> bool:
    """Whether a quantity is a small number before a unit of time ("5 years"), which a date may hang on."""
    number = low[start:end]
    if not (number.isalpha() or (number.isdigit() and len(number) <= 2)):
        return False
    word = _COUNTED.match(low, end)
    return word is not None and grammar.marks.get(word[1], grammar.marks.get(_fold(word[1]))) in grammar.values["all_units"]


_NEXT_SENTENCE = expression(r"(?:[^\W\d_]{4}|[\d%)])[.!?][\"'»”)]*\s+[\"'«„“(]*[^\W_a-z]|\n")  # no abbreviation
_TOLD_REACH = 400  # characters back to the date that "a day later" counts from
_LONGEST = {"day": 1, "week": 7, "weekend": 7, "month": 31, "quarter": 92, "half": 184, "year": 366, "decade": 3653}  # days


def _base_day(rule: DateRule, slots: _Slots, mentions: Sequence[DateMention], text: str, start: int,
              reference: datetime.date | None) -> datetime.date | None:
    """The day to count from: the date told last, if it is as fine as the rule's unit, or, where the rule allows it, today.

    A rule that may count from today takes another date only from its own sentence.
    """
    longest = _LONGEST.get(str(rule.unit or slots.value("unit") or slots.value("units")), 366)
    or_now = rule.base == "told-or-now"
    last = next((mention for mention in reversed(mentions[-3:]) if mention.first), None)
    near = last and start - last.end <= _TOLD_REACH and not (or_now and _NEXT_SENTENCE.search(text, max(last.start, last.end - 4), start))
    if last and near and last.first and last.last:
        first = datetime.date.fromisoformat(last.first)
        earlier = reference is None or not or_now or first <= reference  # who looks back from what is yet to come looks back from today
        if earlier and (datetime.date.fromisoformat(last.last) - first).days < longest:
            return first
    return reference if or_now else None


_NAME_BEFORE = expression(r"[^\s.!?:\"“”«»(]\s+([^\W\d_][\w&:’'-]*)[ \u00a0]$")


def _in_a_name(text: str, start: int, end: int, grammar: DateGrammar) -> bool:
    """Whether a bare year is the tail of a name ("Agenda 2030"): a capitalised word before it, within the sentence, and none after."""
    if grammar.noun_capitals:
        return False
    before = _NAME_BEFORE.search(text, max(0, start - 40), start)
    if not before or not before[1][0].isupper() or _fold(before[1]) in grammar.marks:
        return False
    return not (text[end:end + 1] == " " and text[end + 1:end + 2].isupper())


def _looks_ahead(text: str, start: int, end: int, grammar: DateGrammar) -> bool:
    """Whether the clause around a mention speaks of the future.

    The last cue before the mention in its clause decides; where the mention opens its clause, the first cue after it.
    """
    if grammar.cues is None:
        return False
    before = text[max(0, start - _CUE_WINDOW):start].lower()
    sentence = before[max((m.end() for m in _SENTENCE_END.finditer(before)), default=0):]
    clause = sentence[max((m.end() for m in grammar.clause_end.finditer(sentence)), default=0):]
    kinds = [cue.lastgroup for cue in grammar.cues.finditer(clause)]
    finite = [kind for kind in kinds if kind != "behind_first"]
    if kinds or len(clause.split()) > 3:
        return finite[-1:] == ["ahead"]
    after = _SENTENCE_END.split(text[end:end + _CUE_WINDOW].lower(), maxsplit=1)[0]
    cue = grammar.cues.search(after) or max(grammar.cues.finditer(sentence), key=re.Match.end, default=None)
    return cue is not None and cue.lastgroup == "ahead"


# Values: from what the slots say to EDTF.


def _steps(**steps: Any) -> relativedelta:
    """A step of months, weeks … from a day; many an article holds no date that takes one."""
    from dateutil.relativedelta import relativedelta

    return relativedelta(**steps)


class _Slots:
    """What the slots of one match hold, as numbers."""

    __slots__ = ("filled", "found", "grammar", "line", "text")

    def __init__(self, text: str, line: _Line, found: re.Match[str], grammar: DateGrammar) -> None:
        self.text, self.line, self.found, self.grammar = text, line, found, grammar
        # the group that holds each slot: a slot may stand in several branches of a rule
        self.filled: dict[str, int] = {}
        for group, number in found.re.groupindex.items():
            if found.start(number) >= 0:
                self.filled.setdefault(_slot_of(group), number)

    def raw(self, name: str) -> str | None:
        """The slot's text, or None where the rule has no such slot or it is left out."""
        group = self.filled.get(name)
        if group is None:
            return None
        begin, end = self.found.span(group)
        return self.text[self.line.starts[begin]:self.line.ends[end - 1]]

    def value(self, name: str) -> int | str | None:
        group = self.filled.get(name)
        if group is None:
            return None
        raw = self.raw(name) or ""
        table = self.grammar.values.get("all_units" if name == "units" else _SLOT_TABLES.get(name.rstrip("2"), ""), {})
        known = table.get(self.found[group], table.get(self.found[group].removesuffix(".")))
        return known if known is not None else int(re.findall("[0-9]+", raw)[0])

    def number(self, name: str) -> int | None:
        value = self.value(name)
        return value if isinstance(value, int) else None

    def code(self, name: str) -> tuple[int, int | None] | None:
        """The number and the year, if any, of a code such as "Q3", "3Q25" or "H1"."""
        raw = self.raw(name)
        found = re.fullmatch(r"(?:[^\W\d]+([1-4])|([1-4])[^\W\d]+)([0-9]*)", raw) if raw else None
        return (int(found[1] or found[2]), _full_year(found[3]) if found[3] else None) if found else None

    def year(self, suffix: str = "") -> int | None:
        """The year in four digits, from a four-digit or two-digit slot."""
        for name in ("quarter_code", "half_code", "dated_quarter_code", "dated_half_code") if not suffix else ():
            if (code := self.code(name)) and code[1]:
                return code[1]
        fiscal = self.raw("fiscal_code") if not suffix else None
        if fiscal:
            return _full_year(re.findall("[0-9]+", fiscal)[0])
        short = self.number("yy" + suffix)
        if short is not None:
            return _century(short)
        year = self.number("year" + suffix)
        return year if year is not None else self.number("old_year" + suffix)


@functools.cache
def _slot_of(group: str) -> str:
    """The slot of a group; see `_number_groups`."""
    return re.sub(r"_[0-9]+$", "", group)


def _century(short: int) -> int:
    """Two-digit years as POSIX reads them: 69 to 99 are 19xx, the rest 20xx."""
    return short + (1900 if short >= 69 else 2000)


def _full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else _century(int(digits))


_Ahead = Callable[[], bool]  # whether the clause looks ahead; asked only where it matters
_Read = tuple[str | None, bool] | None


def _resolve(rule: DateRule, slots: _Slots, reference: datetime.date | None, ahead: _Ahead) -> _Read:
    """(EDTF value or None, relative) for a match; None where the numbers make no date."""
    numeric = next((name for name in _NUMERIC_READERS if name in slots.filled), None)
    if numeric is not None:
        value = _NUMERIC_READERS[numeric](_DASHES.sub("-", (slots.raw(numeric) or "").lower()), slots)
        return None if value is None else (value, False)
    if rule.span:
        return _span_until(rule, reference), True
    if rule.unit == "month" and slots.raw("n"):
        return _several_months(rule, slots, reference, ahead)
    if slots.found.re.groupindex.keys() & {"month2", "day2", "year2", "days", "ordinal2"}:
        read_interval = _interval(rule, slots, reference, ahead)
        if read_interval is not None or slots.raw("days") or slots.year("2"):
            return read_interval
    if (slots.raw("weekday") and not slots.raw("month") and not slots.raw("daymonth")) or (slots.raw("lone_weekday") and not slots.raw("lone_month")):
        return _weekday(rule, slots, reference, ahead)
    part = _part_of_year(rule, slots)
    if part is None and slots.raw("day"):
        return _day_of_month(rule, slots.number("day") or 1, reference, ahead)
    if part is not None:
        if rule.unit == "quarter" and slots.raw("month"):
            return _months_until(part, 3, rule, slots, reference, ahead)
        if rule.unit in ("day", "week") or (slots.raw("weekday") and slots.raw("ordinal")):
            return _nth_in_month(rule, slots, part, reference, ahead)
        return _on_its_weekday(slots, _in_year(rule, slots.year(), part, reference, ahead))
    year = slots.year()
    if year is not None:
        return (_decade(year) if rule.unit == "decade" else f"{year}~" if rule.approx else str(year)), False
    number = slots.number("n")
    if rule.unit == "decade" and rule.shift is None and number is not None:
        return None if number % 10 else (_decade(_century(number)), False)
    return _shifted(rule, slots, reference), True


def _several_months(rule: DateRule, slots: _Slots, reference: datetime.date | None, ahead: _Ahead) -> _Read:
    """Some months up to a month ("the three months to June"), or the first or last (nth: -1) of a year."""
    count = slots.number("n") or 0
    part = _part_of_year(rule, slots)
    if part is not None:
        return _months_until(part, count, rule, slots, reference, ahead)
    year = slots.year()
    if not 1 < count < 12 or (year is None and reference is None):
        return None
    month = 13 - count if rule.nth == -1 else 1
    if year is not None or reference is None:
        return _stretch(year or 0, month, count), False
    over = (month + count - 1) <= reference.month or ahead() or rule.year_shift is not None
    return _stretch(reference.year + (rule.year_shift or 0 if over else -1), month, count), True


def _months_until(part: str, count: int, rule: DateRule, slots: _Slots, reference: datetime.date | None, ahead: _Ahead) -> _Read:
    """So many months, the last of them stated."""
    read = _in_year(rule, slots.year(), part, reference, ahead)
    days = edtf_days(read[0]) if read and read[0] else None
    if read is None or days is None or not 1 < count <= 12:
        return None
    first = days[0] + _steps(months=1 - count)
    return _stretch(first.year, first.month, count), read[1]


def _stretch(year: int, month: int, count: int) -> str:
    """Whole months from one on: a quarter, a half or a year where they are one."""
    if count in (3, 6, 12) and month % count == 1:
        return {3: f"{year}-{33 + month // 3}", 6: f"{year}-{40 + month // 6}", 12: f"{year}"}[count]
    last = month + count - 1
    return f"{year}-{month:02}/{year + (last - 1) // 12}-{(last - 1) % 12 + 1:02}"


def _part_of_year(rule: DateRule, slots: _Slots) -> str | None:
    """What follows the year in EDTF ("-10", "-10-06", quarter "-33", half "-41", season "-22"); None where the rule names no such part."""
    month = slots.number("month") or slots.number("lone_month")
    if slots.raw("daymonth"):
        pair = [int(x) for x in re.findall("[0-9]+", slots.raw("daymonth") or "")]
        swap = (slots.line.month_first and pair[0] <= 12) or pair[1] > 12
        return f"-{pair[0]:02}-{pair[1]:02}" if swap else f"-{pair[1]:02}-{pair[0]:02}"
    if month is not None:
        day = slots.number("day") or (slots.number("n") if rule.unit is None else None)
        return f"-{month:02}" if day is None else f"-{month:02}-{day:02}"
    season = slots.number("season") or slots.number("lone_season")
    if season is not None:
        return f"-{season}"
    for name, first in (("quarter_code", 32), ("half_code", 39), ("dated_quarter_code", 32), ("dated_half_code", 39)):
        if code := slots.code(name):
            return f"-{code[0] + first}"
    if rule.unit in ("quarter", "half"):
        number = rule.nth or slots.number("ordinal") or slots.number("n")
        if number is None:
            return None
        return f"-{number + (32 if rule.unit == 'quarter' else 39)}" if number <= (4 if rule.unit == "quarter" else 2) else "-99"
    return None


def _in_year(rule: DateRule, year: int | None, part: str, reference: datetime.date | None, ahead: _Ahead) -> _Read:
    """A part of a year: of the year stated, of the year the rule points to, or of the nearest one in the right direction."""
    mark = "~" if rule.approx else ""
    if year is not None:
        return (f"{year}{part}{mark}", False) if edtf_days(f"{year}{part}") else None
    if not edtf_days(f"2024{part}"):  # a leap year, so that any day that exists in some year passes
        return None
    if reference is None:
        return f"XXXX{part}{mark}", True
    if rule.year_shift is not None:
        return f"{reference.year + rule.year_shift}{part}{mark}", True
    return f"{_nearest_year(part, reference, rule.look or ('ahead' if ahead() else 'past'))}{part}{mark}", True


def _on_its_weekday(slots: _Slots, read: _Read) -> _Read:
    """A day without a year that names its weekday, in the nearest year where it falls on one ("Thursday, September 12")."""
    weekday = slots.number("weekday")
    if read is None or read[0] is None or weekday is None or slots.year() is not None or not _ISO_DAY.fullmatch(read[0]):
        return read
    for shift in (0, 1, -1):
        value = f"{int(read[0][:4]) + shift}{read[0][4:]}"
        days = edtf_days(value)
        if days and days[0].isoweekday() == weekday:
            return value, read[1]
    return read


def _nearest_year(part: str, reference: datetime.date, look: str) -> int:
    """The year whose `part` lies nearest to the reference in the direction of `look`; the current one counts for past and ahead."""
    past = look in ("past", "before")
    years = range(reference.year + 1, reference.year - 9, -1) if past else range(reference.year - 1, reference.year + 9)
    for year in years:  # nine years reach the next 29 February
        days = edtf_days(f"{year}{part}")
        if days and {"past": days[0] <= reference, "before": days[1] < reference, "ahead": days[1] >= reference,
                     "after": days[0] > reference, "this": year == reference.year}[look]:
            return year
    return reference.year


def _weekday(rule: DateRule, slots: _Slots, reference: datetime.date | None, ahead: _Ahead) -> _Read:
    """A day of the week: with a day number ("Tuesday (28)") the nearest such day, else in the direction of the rule or the clause."""
    if reference is None:
        return None, True
    weekday = (slots.number("weekday") or slots.number("lone_weekday") or 1) - 1
    if rule.unit == "week":
        monday = reference - datetime.timedelta(days=reference.weekday()) + datetime.timedelta(weeks=int(rule.shift or 0))
        return (monday + datetime.timedelta(days=weekday)).isoformat(), True
    day = slots.number("day")
    look = rule.look or ("ahead" if ahead() else "past")
    if day is not None:
        return _numbered_weekday(weekday, day, reference, look), True
    since = (reference.weekday() - weekday) % 7
    until = (weekday - reference.weekday()) % 7
    steps = {"past": -since, "before": -(since or 7), "ahead": until, "after": until or 7, "this": weekday - reference.weekday()}
    return (reference + datetime.timedelta(days=steps[look])).isoformat(), True


def _day_of_month(rule: DateRule, day: int, reference: datetime.date | None, ahead: _Ahead) -> _Read:
    """A day number alone ("on the 15th" of the nearest month that has one)."""
    if reference is None:
        return None, True
    look = rule.look or ("ahead" if ahead() else "past")
    forward = look in ("ahead", "after")
    for shift in range(3):
        month = reference.replace(day=1) + _steps(months=shift if forward else -shift)
        if day <= (month + _steps(months=1, days=-1)).day:
            date = month.replace(day=day)
            if date == reference or (date > reference) == forward:
                return date.isoformat(), True
    return None, True


def _numbered_weekday(weekday: int, day: int, reference: datetime.date, look: str) -> str | None:
    """The nearest date with that day number and weekday within four months, in the direction first; None where there is none."""
    months = sorted(range(-4, 5), key=lambda m: (m > 0 if look in ("past", "before") else m < 0, abs(m)))
    for shift in months:
        month = reference.replace(day=1) + _steps(months=shift)
        try:
            date = month.replace(day=day)
        except ValueError:
            continue
        if date.weekday() == weekday and (date <= reference or shift > 0 or look in ("ahead", "after") or (date - reference).days < 7):
            return date.isoformat()
    return None


def _nth_in_month(rule: DateRule, slots: _Slots, part: str, reference: datetime.date | None, ahead: _Ahead) -> _Read:
    """The first, second … or last (nth: -1) day, whole week or weekday of a month."""
    read = _in_year(rule, slots.year(), part, reference, ahead)
    days = edtf_days(read[0]) if read and read[0] else None
    if read is None or days is None:
        return read
    nth = rule.nth if rule.nth is not None else slots.number("ordinal") or 1
    wanted = slots.number("weekday") if slots.raw("weekday") else 1 if rule.unit == "week" else None
    dates = [days[0] + datetime.timedelta(days=i) for i in range((days[1] - days[0]).days + 1)]
    if wanted is not None:
        dates = [d for d in dates if d.isoweekday() == wanted]
    if rule.unit == "week":
        dates = [d for d in dates if d + datetime.timedelta(days=6) <= days[1]]
    if len(dates) < abs(nth):
        return None
    found = dates[nth] if nth < 0 else dates[nth - 1]
    return (_week_of(found) if rule.unit == "week" else found.isoformat()), read[1]


def _interval(rule: DateRule, slots: _Slots, reference: datetime.date | None, ahead: _Ahead) -> _Read:
    """Two ends of the same kind ("from March to May 2026", "5-7 November"): what one end leaves out, the other fills in."""
    years = [slots.year(), slots.year("2")]
    ends = [_interval_part(rule, slots, ""), _interval_part(rule, slots, "2")]
    if ends == ["", ""]:
        return (f"{years[0]}/{years[1]}", False) if years[0] and years[1] and years[0] < years[1] else None
    if not ends[0] or not ends[1]:
        return None
    relative = years == [None, None]
    if relative:
        last = _in_year(rule, None, ends[1], reference, ahead)
        if last is None or last[0] is None or reference is None:
            return (f"XXXX{ends[0]}/XXXX{ends[1]}", True) if last else None
        years[1] = int(last[0][:4])
    turn = ends[1] < ends[0]  # "from November to January" runs into the next year
    until = years[1] if years[1] is not None else (years[0] or 0) + turn
    since = years[0] if years[0] is not None else until - turn
    first, last_days = edtf_days(f"{since}{ends[0]}"), edtf_days(f"{until}{ends[1]}")
    if not first or not last_days or first[0] >= last_days[0]:
        return None
    if rule.unit == "quarter" and slots.raw("month"):
        return _stretch(since, first[0].month, (until - since) * 12 + last_days[0].month - first[0].month + 1), relative
    return f"{since}{ends[0]}/{until}{ends[1]}", relative


def _interval_part(rule: DateRule, slots: _Slots, suffix: str) -> str:
    month = slots.number("month" + suffix) or slots.number("month") or slots.number("month2")
    if slots.raw("days"):
        day: int | None = int(re.findall("[0-9]+", slots.raw("days") or "")[bool(suffix)])
    else:
        day = slots.number("day" + suffix)
    if month is not None:
        return f"-{month:02}" if day is None else f"-{month:02}-{day:02}"
    number = slots.number("ordinal" + suffix)
    return f"-{number + (32 if rule.unit == 'quarter' else 39)}" if number is not None and rule.unit else ""


def _shifted(rule: DateRule, slots: _Slots, reference: datetime.date | None) -> str | None:
    """A whole unit counted from the reference: "last month", "two years ago", "tomorrow"."""
    unit = rule.unit or (slots.value("unit") or slots.value("units"))
    if reference is None or not isinstance(unit, str):
        return None
    number = slots.number("n")
    shift = rule.shift if isinstance(rule.shift, int) else (number or 1) * (-1 if rule.shift == "-n" else 1 if rule.shift == "+n" else 0)
    steps: dict[str, Any] = {"day": {"days": 1}, "week": {"weeks": 1}, "weekend": {"weeks": 1}, "month": {"months": 1}, "quarter": {"months": 3},
             "half": {"months": 6}, "year": {"years": 1}, "decade": {"years": 10}}[unit]
    try:
        day = reference + _steps(**{k: v * shift for k, v in steps.items()})
    except (ValueError, OverflowError):
        return None
    if unit == "weekend":
        saturday = day - datetime.timedelta(days=day.weekday() - 5)
        return f"{saturday.isoformat()}/{(saturday + datetime.timedelta(days=1)).isoformat()}"
    return {"day": day.isoformat(), "week": _week_of(day), "month": day.isoformat()[:7], "year": f"{day.year:04}", "decade": _decade(day.year),
            "quarter": f"{day.year:04}-{33 + (day.month - 1) // 3}", "half": f"{day.year:04}-{40 + (day.month - 1) // 6}"}[unit]


def _week_of(day: datetime.date) -> str:
    monday = day - datetime.timedelta(days=day.weekday())
    return f"{monday.isoformat()}/{(monday + datetime.timedelta(days=6)).isoformat()}"


def _span_until(rule: DateRule, reference: datetime.date | None) -> str | None:
    """The time up to the reference month: "in the past year" is twelve months back to now."""
    if reference is None:
        return None
    months = {"year": 12, "half": 6, "quarter": 3, "month": 1}[rule.unit or "year"]
    return f"{(reference + _steps(months=-months)).isoformat()[:7]}/{reference.isoformat()[:7]}"


def _decade(year: int) -> str:
    return f"{year // 10}X"


def _read_numeric(raw: str, slots: _Slots) -> str | None:
    """A numeric date by the order of the text; the other order where only that makes a date."""
    numbers = [int(x) for x in re.findall("[0-9]+", raw)[:3]]
    if len(raw) >= 4 and raw[:4].isdigit():
        orders = [numbers]
    else:
        year = numbers[2] if numbers[2] > 99 else _century(numbers[2])
        orders = [[year, numbers[0], numbers[1]], [year, numbers[1], numbers[0]]]
        if not slots.line.month_first:
            orders.reverse()
    for year, month, day in orders:
        value = f"{year:04}-{month:02}-{day:02}"
        if edtf_days(value):
            return value
    return None


def _read_years(raw: str, _: _Slots) -> str | None:
    """Two years in one ("2026-2030", "2025/26"), or a year and a month in ISO form ("2025-10")."""
    first, last = raw[:4], raw[5:]
    if len(last) == 2:
        if int(last) != (int(first) + 1) % 100 and raw[4] == "-" and 1 <= int(last) <= 12:
            return raw
        last = first[:2] + last
    return f"{first}/{last}" if int(first) < int(last) else None


def _read_decade(raw: str, _: _Slots) -> str | None:
    digits = re.findall("[0-9]+", raw)[0]
    return _decade(int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 30 else 1900))


_NUMERIC_READERS: Mapping[str, Callable[[str, _Slots], str | None]] = {
    "date": _read_numeric,
    "years": _read_years,
    "monthyear": lambda raw, _: f"{raw[-4:]}-{int(raw.split('/')[0]):02}",
    "decade": _read_decade,
    "two_digit_decade": _read_decade,
}


@functools.lru_cache(maxsize=4096)
def edtf_days(value: str) -> tuple[datetime.date, datetime.date] | None:
    """The first and last day of an EDTF value as this program writes them; None where it leaves the year open or is no date."""
    if "/" in value:
        first, last = (edtf_days(end) for end in value.split("/"))
        return (first[0], last[1]) if first and last else None
    value = value.rstrip("~")
    if value.startswith("XXXX"):
        return None
    try:
        if value.endswith("X"):
            return datetime.date(int(value[:-1]) * 10, 1, 1), datetime.date(int(value[:-1]) * 10 + 9, 12, 31)
        numbers = [int(x) for x in value.split("-")]
        if len(numbers) == 3:
            return (day := datetime.date(*numbers)), day
        year = numbers[0]
        return _months(year, 1, 12) if len(numbers) == 1 else _months(year, *_part_months(numbers[1]))
    except (ValueError, OverflowError):
        return None


def _part_months(part: int) -> tuple[int, int]:
    """First month and number of months of an EDTF part of the year: months 1-12, seasons 21-24, quarters 33-36, halves 40-41."""
    if 1 <= part <= 12:
        return part, 1
    if 21 <= part <= 24:
        return part * 3 - 60, 3
    if 33 <= part <= 36:
        return part * 3 - 98, 3
    if 40 <= part <= 41:
        return part * 6 - 239, 6
    raise ValueError(f"no such part of a year: {part}")


def _months(year: int, month: int, count: int) -> tuple[datetime.date, datetime.date]:
    years, after = divmod(month - 1 + count, 12)  # dateutil does the same in ten times as long
    return datetime.date(year, month, 1), datetime.date(year + years, after + 1, 1) - datetime.timedelta(days=1)


# The article's own date, and the rules' examples.

_HEAD_CHARS, _HEAD_LINES = 1200, 12  # bylines and datelines stand above or at the start of the story
_AFTER_DATE = expression(  # what may follow the date of a header: a time, then an end, a separator or an agency in brackets
    r"[ \t\u00a0,]*(?:[^\W\d_]{0,3}[ \u00a0]?[0-9]{1,2}\s?[:.hH][0-9]{0,2}[^\n|\u2013\u2014(-]{0,24})?"
    r"[.]?[ \t\u00a0]*(?:$|\n|[|\u00b7\u2022\u2013\u2014(/-]|\.[-\u2013\u2014])")
_PLACE = expression(  # "SAN FRANCISCO, ", "Paris, le ", "(ANSA) - ROMA, ", "SEATTLE--(BUSINESS WIRE)--"
    r"\s*(?:\([^()\n]{2,30}\)\s*[\u2013\u2014-]+\s*)?[^\W\d_a-z][\w.'\u2019 /-]{1,40}"
    r"(?:\([^()\n]{2,30}\)\s*|,\s*(?:[^\W\d_a-z][\w.]{1,14},\s*)?(?:[^\W\d_]{1,3}\s)?)?(?:[\u2013\u2014-]+\s*)?")
_SEPARATED = expression(r"[^\n]{0,100}[|\u00b7\u2022]\s*|\s*[(\[]?\s*")
_BYLINE = expression(r"[^\n]{0,100}(?:[,\u2013\u2014]|\s-)\s*(?:[^\W\d_]{1,12},\s)?")  # before a date that ends its line: "Di Anna Neri - Novara, "
_LINE_END = expression(r"[.]?\s*(?:\n|$)")
_NEW_SENTENCE = expression(r"\.\s+[^\W\d_a-z]")
_HEADER_DAY = expression(r"\s*(?:([a-z]{2,12})\s*:?\s+)?([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s+(?=[^\W\d_])(?=([^\W\d_]*))|\s*$)")
_HEADER_WORD = expression(r"\s*(?:[a-z]{2,12}\s*:?\s*)?")


_YEAR_ANCHOR = expression(r"(?:1[5-9]|20)[0-9]{2}|['\u2019][0-9]{2}(?![0-9])|[0-9][./\u2010-\u2014-][0-9]{1,2}[./\u2010-\u2014-][0-9]{2}")


def find_published(text: str, grammar: DateGrammar) -> tuple[str, int, int] | None:
    """The article's own date (ISO day, start, end) from its header, dateline or byline near the top; None without a full date there."""
    head = "\n".join(text[:_HEAD_CHARS].split("\n")[:_HEAD_LINES])
    if (plain := _HEADER_DAY.match(head)) and plain[1] not in grammar.marks and (plain[3] or "").lower() not in grammar.marks and edtf_days(plain[2]):
        return plain[2], *plain.span(2)  # most archives: nothing else needs to be read
    years = [found.start() for found in _YEAR_ANCHOR.finditer(head)]  # a full date has a year: the other dates need not be read
    for mention in _each_date(head, grammar, None, (), years) if years else ():
        if mention.value is None or not _ISO_DAY.fullmatch(mention.value):
            continue
        line_start = head.rfind("\n", 0, mention.start) + 1
        before, rest = head[line_start:mention.start], head[mention.end:]
        iso_header = not head[:line_start].strip() and _ISO_DAY.fullmatch(head, mention.start, mention.end)
        if iso_header and _HEADER_WORD.fullmatch(before):
            return mention.value, mention.start, mention.end
        if grammar.published and len(before) <= 160 and grammar.published.fullmatch(before):
            return mention.value, mention.start, mention.end
        if _AFTER_DATE.match(rest) and (_PLACE.fullmatch(before) or _SEPARATED.fullmatch(before)):
            return mention.value, mention.start, mention.end
        if _PLACE.fullmatch(before) and before.rstrip().endswith(",") and _NEW_SENTENCE.match(rest):
            return mention.value, mention.start, mention.end
        if _LINE_END.match(rest) and _BYLINE.fullmatch(before) and head.count("\n", 0, line_start) < 4:
            return mention.value, mention.start, mention.end
    return None


# ---- sentences and who acts in them ----------------------------------------------------------------------------------------------

_STOPS = expression(r"(?<![.!?\u2026])[.!?\u2026]++[\"')\]]*+[ \n]+(?=[\"'(\[\u2013\-]?[ ]?[^\W_a-z])|\n+")


def split_sentences(copy: Copy, abbreviations: frozenset[str], ordinal_dot: bool, protected: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of the sentences of a copy; every line end closes one. A full stop inside a protected span (an amount) closes none."""
    text, low = copy.text, copy.low
    spans: list[tuple[int, int]] = []
    begin = 0
    for match in _STOPS.finditer(text):
        at = match.start()
        if text[at] == "?" and "\n" not in match.group() and at - begin < 24 and text.count(" ", begin, at) <= 2:
            continue  # "The price? 3 billion." answers itself
        if text[at] == "." and text[at + 1 : at + 2] != ".":
            word = _word_before(low, at)
            shortened = word in abbreviations or (len(word) == 1 and word.isalpha()) or (ordinal_dot and word.isdigit() and len(word) < 3)
            if shortened and "\n" not in match.group():
                continue
            k = bisect.bisect_right(protected, (at, len(text)))
            if k and protected[k - 1][0] <= at < protected[k - 1][1] - 1:
                continue
        spans.extend(_sentence_pieces(text, begin, match.end()))
        begin = match.end()
    spans.extend(_sentence_pieces(text, begin, len(text)))
    return spans


_LONGEST_SENTENCE = 1500  # code points; what goes on for longer is a table or a list: read in pieces, it cannot cost the square of its length


def _sentence_pieces(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence, if there is anything in it; cut at spaces where it is too long to be one."""
    while end - begin > _LONGEST_SENTENCE:
        cut = text.rfind(" ", begin + 1, begin + _LONGEST_SENTENCE) + 1 or begin + _LONGEST_SENTENCE
        if text[begin:cut].strip():
            yield begin, cut
        begin = cut
    if text[begin:end].strip():
        yield begin, end


@plain()
class Reference:
    """A company by other words: "the chipmaker", "the ChatGPT maker", "it". `entity` is set where the words themselves tell which."""

    start: int
    end: int
    kind: str  # a company class of the language file, or any, pronoun, pair
    entity: Entity | None = None
    seat: str | None = None  # a town, or the code of a country


@plain()
class Actor:
    """A company, or a reference to one, as it stands in its sentence.

    `label` is the case label of the preposition before its group, "poss" for an owner, "compound" where it is joined to what
    follows, or "" where it stands bare. Actors of one coordination ("A, B and C") share `group`.
    """

    start: int
    end: int
    entity: Entity | None
    reference: Reference | None
    label: str
    group: int
    open_run: bool = False  # a name that no list knows and no form shows to be a company
    reach: int = 0  # how far before a verb such a name may stand to be its subject


def case_label(low: str, start: int, floor: int, grammar: NamesGrammar) -> str:
    """The case label of the preposition that reaches what begins at `start`, or "" where none does; nothing before `floor` counts."""
    pieces = _PIECES.findall(low, max(floor, start - 70), start)
    for back, piece in enumerate(reversed(pieces[-7:])):
        at = len(pieces) - 1 - back
        label, opens = (grammar.cases.get(f"{pieces[at - 1]} {piece}") if at else None), at - 1
        if label is None:
            label, opens = grammar.cases.get(piece), at
        if label is not None:
            noun = next((words for words in (" ".join(pieces[max(0, opens - k) : opens]) for k in (1, 2)) if words in grammar.through), None)
            return label if label not in _MEMBERS or noun is None else case_label(low, low.rfind(noun, floor, start), floor, grammar)
        if piece in grammar.stops or (not piece[0].isalnum() and piece not in "\"'") or back > 4:
            return ""
    return ""


_MEMORY = 100  # mentions; no reader looks further back for what "the company" means


def find_references(copy: Copy, nouns: Sequence[Cue], names: Sequence[Name], nationals: Iterable[tuple[int, int]], grammar: NamesGrammar,
                    gazetteer: Gazetteer) -> list[Reference]:  # fmt: skip
    """Nouns, demonyms and pronouns that stand for a company of the article, in order; `nationals` are the spans of what may be a demonym."""
    low, found = copy.low, []
    starts = [name.start for name in names]
    for cue in nouns:
        k = bisect.bisect_left(starts, cue.start)
        before = names[k - 1] if k and cue.start - names[k - 1].end <= 2 else None
        after = bisect.bisect_left(starts, cue.end)
        follows = names[after] if after < len(names) and names[after].start - cue.end <= 16 else None
        if follows is not None and follows.entity.kind == "company" and not low[cue.end : follows.start].strip(" -\",:"):
            continue  # "the chipmaker Nvidia": the name is there
        kind = cue.rule.kind or "any"
        if kind in ("maker", "parent"):
            entity = _made_or_owned(low, cue, kind, before, follows, gazetteer)
            if entity is not None:
                start = before.start if before and entity.name != before.entity.name and cue.start - before.end <= 2 else cue.start
                found.append(Reference(start, cue.end, kind, entity))
            continue
        if kind in ("pronoun", "latter"):
            found.append(Reference(cue.start, cue.end, kind))
            continue
        previous = names[k - 1] if k else None
        if previous is not None and previous.entity.kind == "company" and (
                _is_apposed(low[previous.end : cue.start], low[cue.start : cue.end], grammar)):  # fmt: skip
            continue  # "Nvidia, the chipmaker": the name is there
        leader = next((name for name in names[after : after + 1] if name.entity.kind == "person" and name.start - cue.end <= 30), None)
        led = gazetteer.led_by.get(fold(leader.entity.name), ()) if leader and not set(low[cue.end : leader.start]) & _BREAKS else ()
        if (called := _led_company(led, kind, names[max(0, k - _MEMORY) : k], gazetteer)) is not None:
            found.append(Reference(cue.start, cue.end, kind, called))
            continue
        seat = _seat(low, cue, before, follows, grammar) or _demonym_beside(copy.text, cue, grammar)
        if _is_definite(low, cue, before, seat, grammar):
            found.append(Reference(cue.start, cue.end, kind, None, seat))
    return sorted([*found, *_nationals(copy, found, starts, nouns, nationals, grammar)], key=attrgetter("start"))


_BREAKS = frozenset(",.;:()\n")


def _led_company(led: Sequence[str], kind: str, earlier: Sequence[Name], gazetteer: Gazetteer) -> Entity | None:
    """Which of the companies that newspapers call by one person is meant: the only one of its kind, else the one named last."""
    entities = [entity for name in led if (entity := gazetteer.by_name.find(name)) is not None]
    fits = [entity for entity in entities if kind in entity.kinds] or entities
    if len(fits) == 1:
        return fits[0]
    return next((name.entity for name in reversed(earlier) if name.entity in fits), None)


def _is_apposed(gap: str, noun: str, grammar: NamesGrammar) -> bool:
    """Whether only a comma, an article and at most one more word stand between a name and a noun, so that the noun says what it is."""
    if gap == ", " and noun.endswith(grammar.definite_endings or ("\0",)):
        return True
    pieces = _PIECES.findall(gap) if len(gap) < 30 else []
    return 2 <= len(pieces) <= 3 and pieces[0] in (",", "(", "\u2013") and (pieces[1] in grammar.determiners or pieces[1] in grammar.articles)


def _demonym_beside(text: str, cue: Cue, grammar: NamesGrammar) -> str | None:
    """The country or town whose adjective stands beside a company noun, one more word between them at the most: "il gruppo chimico olandese"."""
    before = WORD.findall(text, max(0, cue.start - 40), cue.start)[-1:]
    behind = re.match(r" ([^\W\d_]+)(?: ([^\W\d_]+))?", text[cue.end : cue.end + 50])
    return next((seat for word in (*before, *(behind.groups("") if behind else ())) if (seat := demonym(word, grammar))), None)


_SEAT_REACH = 45  # code points before or behind a name


def told_seats(copy: Copy, names: Sequence[Name], demonyms: Sequence[int], grammar: NamesGrammar) -> dict[str, frozenset[str]]:
    """Where the article itself says that companies sit, by their names: "the Dutch start-up Acme", "Acme, ein Linzer Sensorbauer".

    `demonyms` are where such adjectives begin: few names have one near.
    """
    found: dict[str, frozenset[str]] = {}
    for name in names:
        k = bisect.bisect_left(demonyms, name.start - _SEAT_REACH)
        if k == len(demonyms) or demonyms[k] > name.end + _SEAT_REACH:
            continue
        before = _WORDS_BEFORE.search(copy.text, max(0, name.start - _SEAT_REACH), name.start)
        behind = _WORDS_BEHIND.match(copy.text, name.end, name.end + _SEAT_REACH)
        for words in (before[0].split()[::-1] if before else (), behind[0].split() if behind else ()):
            seat = next((seat for word in _describing(words, grammar) if (seat := demonym(word, grammar))), None)
            if seat is not None:
                found[name.entity.name] = found.get(name.entity.name, frozenset()) | {seat}
    return found


def _describing(words: Sequence[str], grammar: NamesGrammar) -> Iterator[str]:
    """The words beside a name up to the first that no description of it holds."""
    for word in words:
        low = word.lower().strip(",")
        if low in grammar.cases or low in grammar.stops or low in grammar.conjunctions:
            return
        yield word.strip(",-")


_WORDS_BEFORE = expression(r"(?:[^\W\d_]+(?:-[^\W\d_]+)* ){1,3}$")
_WORDS_BEHIND = expression(r", (?:[^\W\d_]+(?:-[^\W\d_]+)* ){1,4}")


def _nationals(copy: Copy, found: Sequence[Reference], names: Sequence[int], nouns: Sequence[Cue], nationals: Iterable[tuple[int, int]],
               grammar: NamesGrammar) -> Iterator[Reference]:  # fmt: skip
    """Demonyms that stand for a company by themselves behind an article: "the Americans", "gli olandesi"."""
    text, noun_starts = copy.text, [cue.start for cue in nouns]
    taken = {reference.start for reference in found}
    others = grammar.cases.keys() | grammar.determiners  # "übernehmen die Stuttgarter den Anlagenbauer": another noun begins
    for start, end in nationals:
        if start in taken:
            continue
        word = text[start:end]
        pieces = _PIECES.findall(copy.low, max(0, start - 16), start)
        if not (pieces and pieces[-1] in grammar.determiners) and not word.lower().endswith(grammar.definite_endings or ("\0",)):
            continue
        gaps = [copy.low[end : starts[k]] for starts in (names, noun_starts) if (k := bisect.bisect_left(starts, end)) < len(starts)]
        beside = any(len(gap) <= 16 and not set(gap) & _BREAKS and gap.strip() not in others for gap in gaps)
        if not beside and not (text[end : end + 1] == " " and text[end + 1 : end + 2].isupper()):
            yield Reference(start, end, "people", None, grammar.demonyms.get(word) or grammar.demonyms[word.lower()])


def _made_or_owned(low: str, cue: Cue, kind: str, before: Name | None, follows: Name | None, gazetteer: Gazetteer) -> Entity | None:
    """The company meant by "ChatGPT maker" or "Google parent", the name standing on either side."""
    for name in (before, follows):
        if name is None or any(c in low[min(cue.end, name.end) : max(cue.start, name.start)] for c in ",.;:()\n"):
            continue
        if name.entity.parent and (name.entity.kind == "product" if kind == "maker" else name.entity.kind in ("company", "product")):
            return gazetteer.by_name.find(name.entity.parent)
    return None


def _seat(low: str, cue: Cue, before: Name | None, follows: Name | None, grammar: NamesGrammar) -> str | None:
    """The place by which a noun names a company: "the Santa Clara chipmaker", "il gruppo di Redmond"."""
    if before is not None and before.entity.kind == "place":
        return before.entity.name
    if follows is not None and follows.entity.kind == "place":
        between = low[cue.end : follows.start].split()
        if len(between) == 1 and between[0] in grammar.cases:
            return follows.entity.name
    return None


def _is_definite(low: str, cue: Cue, before: Name | None, seat: str | None, grammar: NamesGrammar) -> bool:
    if grammar.definite_endings and low[cue.start : cue.end].endswith(grammar.definite_endings):
        return True
    at = before.start if seat and before is not None else cue.start
    pieces = _PIECES.findall(low, max(0, at - 40), at)
    for back, piece in enumerate(reversed(pieces[-3:])):
        if piece in grammar.determiners:
            return True
        if piece in grammar.stops or piece in grammar.articles or not piece[0].isalnum():
            return False
        if back == 2:
            break
    return False


_FRESH = 3  # sentences after which a topic is forgotten, unless the article is about it
_BYSTANDERS = frozenset(("regulator", "exchange"))  # they are parties only where they take part in a deal


_HEAD_ENDS = expression(r"[.:\u2013]|[ ]?(?::|[\u2013-][ ])|[.*]*\s*$")

_LENDERS = frozenset(("bank", "fund", "investor", "insurer", "broker", "institution"))


@plain()
class Place:
    """The place of a party that a sentence leaves out or calls by another word."""

    kind: str | None
    pays: bool

    def suits(self, entity: Entity) -> bool:
        """Whether a company is likely here: lenders lend, and what is on an exchange raises no round."""
        if entity.kinds & _BYSTANDERS:
            return False
        if self.pays:
            return self.kind != "financing" or bool(entity.kinds & _LENDERS)
        return not (entity.kinds & _LENDERS or (self.kind == "funding_round" and entity.ticker))


@plain(frozen=False)
class Discourse:
    """What the article has spoken of so far: lets "the company" find its antecedent. Lives for one article."""

    gazetteer: Gazetteer
    grammar: NamesGrammar
    mentions: list[Name]  # companies, in order
    runs: Mapping[int, Run]  # open runs by start
    adopted: dict[tuple[str, ...], Entity] = field(default_factory=dict)
    told: dict[str, tuple[tuple[Entity, ...], tuple[Entity, ...]]] = field(default_factory=dict)  # payer and payee of the last deal of a kind
    bare: Sequence[tuple[int, Entity]] = ()  # companies of this sentence that no preposition holds
    counts: Counter[str] = field(default_factory=Counter)
    salient: int = 1
    most: int = 1  # how often the company is named that is named most often
    told_seats: Mapping[str, AbstractSet[str]] = field(default_factory=dict)  # where the article says that a company sits, by its name
    by_seat: dict[str, dict[str, Entity]] = field(default_factory=dict)  # those of the article, by name
    ends: list[int] = field(default_factory=list)  # where the mentions end
    companies: list[Entity] = field(default_factory=list)  # what they mention

    def __post_init__(self) -> None:
        self.ends = [name.end for name in self.mentions]
        self.companies = [name.entity for name in self.mentions]
        for entity in {name.entity.name: name.entity for name in self.mentions}.values():
            for seat in (*entity.seats, *([entity.country] if entity.country else ()), *self.told_seats.get(entity.name, ())):
                self.by_seat.setdefault(seat, {})[entity.name] = entity
        self.counts.update(name.entity.name for name in self.mentions if not name.entity.kinds & _BYSTANDERS)
        # what is named once is hardly what "the company" means, if anything is named more often
        self.most = max(self.counts.values(), default=1)
        self.salient = min(2, self.most)
    topics: list[tuple[int, int, Entity]] = field(default_factory=list)  # subjects in order: offset, sentence, company
    sentence: int = 0
    line: int = -1  # where the line of that sentence begins
    title: AbstractSet[str] = frozenset()  # companies of the first sentence
    head: Entity | None = None  # what stands at the head of that line: "- Acme: …"
    leaders: AbstractSet[str] = frozenset()  # the companies that an article is about: none is more often what a sentence speaks of

    def resolve(self, reference: Reference, exclude: Collection[str], place: Place | None = None) -> Entity | None:
        """The company that a reference stands for, none of `exclude`; None where nothing fits. `place`: the party it is, if of a deal."""
        if reference.entity is not None:
            return None if reference.entity.name in exclude else reference.entity
        k = bisect.bisect_right(self.ends, reference.start)
        earlier = self.companies[max(0, k - _MEMORY) : k]
        if exclude or place is not None:
            earlier = [e for e in earlier if e.name not in exclude and (place is None or not e.kinds & _BYSTANDERS)]
        if reference.seat is not None:
            found, known = self._seated(reference, earlier, exclude)
            if known:
                return found
        if reference.kind == "latter":  # the one named last
            return next((entity for entity in reversed(earlier) if not entity.kinds & _BYSTANDERS), None)
        loose = reference.kind in ("any", "pronoun", "people")
        if not loose:  # a company that no list knows may be of any kind
            earlier = [e for e in earlier if reference.kind in e.kinds or not e.listed]
        fits = {e.name for e in earlier}
        # by their names, as these are hashed once and entities each time
        inside = {e.name: e for at, e in self.bare if at < reference.start and e.name not in exclude and (loose or e.name in fits)}
        recent: dict[str, tuple[int, Entity]] = {}  # where each was last what a sentence speaks of: what is not fresh there is nowhere
        for at, sentence, e in reversed(self.topics[-_MEMORY:]):
            if e.name not in recent and at < reference.start:
                recent[e.name] = sentence, e
        topics = {name: e for name, (sentence, e) in recent.items()
                  if name not in exclude and (loose or name in fits) and self.is_fresh(e, sentence)}  # fmt: skip
        here = self.companies[max(bisect.bisect_right(self.ends, self.line), k - _MEMORY) : k]
        return self._likeliest(inside, topics, {e.name: e for e in reversed(earlier)}, [e.name for e in here], exclude, place)

    def _spoken_of(self, reference: Reference, exclude: Collection[str]) -> Iterator[Entity]:
        """Who a reference means before anybody else, if it is of the kind: the head of the list item, the subject of this sentence, of the last."""
        if self.head is not None and self.head.name not in exclude:
            yield self.head
        yield from (e for at, e in self.bare[:1] if at < reference.start and e.name not in exclude)
        yield from (e for at, sentence, e in self.topics[-_MEMORY:][::-1]
                    if at < reference.start and sentence >= self.sentence - 1 and e.name not in exclude)  # fmt: skip

    def _likeliest(self, inside: Mapping[str, Entity], topics: Mapping[str, Entity], earlier: Mapping[str, Entity], paragraph: Sequence[str],
                   exclude: Collection[str], place: Place | None) -> Entity | None:  # fmt: skip
        """The company for which most speaks: how near it is, what is spoken of, and whether it suits the place.

        `paragraph` are the names in this paragraph so far: it is about the first of them more often than about what went before.

        The weights were fitted to how annotators filled such places in the fixtures and other articles of eight languages.
        """
        scores: dict[str, float] = {}
        known = {**earlier, **topics, **inside}
        for weight, fade, names in ((10.0, 0.8, inside), (5.0, 0.8, topics), (6.0, 0.8, earlier)):
            for rank, name in enumerate(names):
                scores[name] = scores.get(name, 0) + weight * fade**rank
        if self.head is not None and self.head.name not in exclude:
            scores[self.head.name] = scores.get(self.head.name, 0) + 70
            known[self.head.name] = self.head
        if place is not None:
            for name in scores:
                entity = known[name]
                scores[name] += 20 * place.suits(entity)
                if not place.pays:  # an article is about who is bought or financed, more often a young company than a giant
                    scores[name] += 3 * (name in self.title) + 3 * self.counts.get(name, 0) / self.most
                    scores[name] += 4 * (not entity.listed) - 6 * bool(entity.ticker)
                    scores[name] += 10 * (name in paragraph) + 4 * (name in paragraph[:1])
        return known[max(scores, key=scores.__getitem__)] if scores else None

    def _sits(self, entity: Entity, seat: str) -> bool:
        return seat in (*entity.seats, entity.country, *self.told_seats.get(entity.name, ()))

    def _seated(self, reference: Reference, earlier: Sequence[Entity], exclude: Collection[str]) -> tuple[Entity | None, bool]:
        """The company of a town or country that a reference speaks of, the last one named; and whether any is known to sit there."""
        seat = reference.seat or ""
        named = [*self._spoken_of(reference, exclude), *reversed(earlier), *(e for e in self.by_seat.get(seat, {}).values() if e.name not in exclude)]
        here = [e for e in named if self._sits(e, seat)]
        of_kind = [e for e in here if reference.kind in ("any", "people") or reference.kind in e.kinds]
        if here:
            return next(iter(of_kind or here)), True
        if seat in self.by_seat:
            return None, True
        fits = [e for e in self.gazetteer.by_seat.find(seat) or () if reference.kind == "any" or reference.kind in e.kinds]
        if len(fits) == 1 and fits[0].name not in exclude:
            return fits[0], True
        return None, False

    def enter(self, low: str, scene: Scene) -> None:
        """Note what the article speaks of as it comes to a sentence: the head of an item of a list holds for its whole line."""
        self.sentence = scene.index
        self.bare = []
        if scene.actors:
            groups = Counter(actor.group for actor in scene.actors)  # "the company" is none of several that are named in one breath
            self.bare = [(actor.start, actor.entity) for actor in scene.actors
                         if actor.entity is not None and actor.label in ("", "poss") and groups[actor.group] == 1]  # fmt: skip
            opening = next((actor for actor in scene.actors if actor.open_run and not actor.label), None)
            if opening is not None and (adopted := self.adopt(opening)) is not None:
                self.bare.append((opening.start, adopted))
                self.bare.sort(key=itemgetter(0))
        line = low.rfind("\n", 0, scene.start + 1) + 1
        if line > self.line:
            self.line, self.head = line, None
        first = scene.actors[0] if scene.actors else None
        if first is not None and first.reference is None and not low[line : first.start].strip(" *#>\u2022\u2013-0123456789.)"):
            item = _is_item(low, first.start)
            if _HEAD_ENDS.match(low[first.end : scene.end].lstrip("*")) or (item and _ITEM_GOES_ON.match(low, first.end, scene.end)):
                self.head = first.entity or (self.adopt(first) if item else None)

    def restart(self) -> None:
        """Go back to the article's first sentence, knowing what each speaks of."""
        self.line, self.head = -1, None

    def is_fresh(self, entity: Entity, sentence: int) -> bool:
        """Whether what was spoken of in a sentence still is: longer where the article names it more than once."""
        reach = _FRESH if self.counts.get(entity.name, 0) >= self.salient else 1
        return self.sentence - sentence <= reach or self.leads(entity)

    def leads(self, entity: Entity) -> bool:
        """Whether an article is about this company: none is more often what a sentence speaks of."""
        return entity.name in self.leaders

    def adopt(self, actor: Actor) -> Entity | None:
        """Take an unknown name in the place of a party for a company."""
        run = self.runs[actor.start]
        if run.words not in self.adopted:
            self.adopted[run.words] = Entity("company", run.name, listed=False)
        return self.adopted[run.words]

    def adopted_names(self) -> Iterator[Name]:
        """Every mention of the names that deals have shown to be companies."""
        for run in self.runs.values():
            if run.words in self.adopted:
                yield Name(run.start, run.full_end, self.adopted[run.words], "names.deal")


def find_actors(copy: Copy, span: tuple[int, int], names: Sequence[Name], references: Sequence[Reference], runs: Sequence[Run],
                barriers: Sequence[int], grammar: NamesGrammar) -> list[Actor]:  # fmt: skip
    """The companies and references of one sentence with their case labels and coordination groups.

    `barriers` are offsets over which no preposition reaches: the ends of cues and amounts.
    """
    low = copy.low
    things: list[tuple[int, int, Entity | None, Reference | None, int]] = [(n.start, n.end, n.entity, None, 0) for n in names]
    things += [(r.start, r.end, r.entity, r, 0) for r in references]
    things += [(r.start, r.full_end, None, None, 30) for r in runs]
    things.sort(key=lambda thing: (thing[0], -thing[1]))
    kept: list[tuple[int, int, Entity | None, Reference | None, int]] = []
    for thing in things:
        again = bool(kept) and thing[2] is not None and thing[2] == kept[-1][2]
        if again and low[kept[-1][1] : thing[0]].strip() == "(" and low[thing[1] : thing[1] + 1] == ")":
            kept[-1] = (kept[-1][0], thing[1] + 1, *kept[-1][2:])  # "Advanced Micro Devices (AMD)" is named once
        elif thing[3] is not None and thing[2] is None and kept and kept[-1][4] and (
                _is_apposed(low[kept[-1][1] : thing[0]], low[thing[0] : thing[1]], grammar)):  # fmt: skip
            pass  # "Acme, the chipmaker": the name is there
        elif not kept or thing[0] >= kept[-1][1]:
            kept.append(thing)
    joined = _coordinated(low, kept, grammar)
    actors: list[Actor] = []
    group, last_end = 0, span[0]
    for position, (start, end, entity, reference, reach) in enumerate(kept):
        k = bisect.bisect_right(barriers, start)
        floor = max(last_end, barriers[k - 1] if k else span[0], span[0])
        label = _own_label(low, end, grammar)
        if label == "compound" and position + 1 < len(kept) and kept[position + 1][0] == end + 1:
            head = kept[position + 1][3]  # "die Acme-Tochter": the company and the noun are one party
            label = "" if head is not None and head.kind in ("any", "unit") else label
        link = joined[position]
        said = link.rpartition("again ")[2]  # "della", "der" may be no preposition here, only an article
        if link in ("comma", "conjunction") or said in grammar.determiners or (link and actors[-1].label in grammar.case_tails.get(said, ())):
            label = label or actors[-1].label
        else:
            group += 1
            if not label and not (reference is not None and reference.kind == "pronoun"):
                label = case_label(low, start, floor, grammar)
        between = actors and reference is None and not (k and barriers[k - 1] > actors[-1].end)
        if between and (_stands_for(low, actors[-1], start, grammar)
                        or _is_named_by(actors[-1], low[actors[-1].end : start], low[end : end + 1] == ",", grammar)):  # fmt: skip
            named = actors.pop()  # "the maker of chips Acme": the noun's own case counts
            label, group = named.label, named.group
        actors.append(Actor(start, end, entity, reference, label, group, reach > 0, reach))
        if label not in ("compound", "poss"):  # a preposition reaches over "Kochi-based" and "OpenAI's rival"
            last_end = end
    return actors


def _is_named_by(noun: Actor, gap: str, closes: bool, grammar: NamesGrammar) -> bool:
    """Whether a company noun, adjectives or what it is a maker of, and then a name stand in a row, so that the name belongs to the noun.

    Or the name stands behind it between commas (`closes`: one follows it).
    """
    if noun.reference is None or noun.reference.kind in ("pronoun", "latter", "maker", "parent") or len(gap) > 40 or gap[:1] != " ":
        return noun.reference is not None and noun.reference.kind not in ("pronoun", "latter") and gap == ", " and closes
    pieces = _PIECES.findall(gap)
    if noun.reference.kind == "unit" and len(pieces) <= 2 and grammar.cases.get(pieces[0], "of") in ("of", "from"):
        return all(piece in grammar.determiners or piece in grammar.cases for piece in pieces)  # "the robotics arm of Acme" is Acme's to sell
    if noun.reference.kind == "people":  # "the Americans of Acme", "gli indiani di Acme"
        return gap.strip() in grammar.cases
    if not 1 <= len(pieces) <= 4 or (pieces[0] in grammar.determiners and pieces[0] not in grammar.cases):
        return False  # "nun will der Konzern die britische Firma Acme kaufen": another noun begins
    of_what = any(piece in grammar.cases or piece in grammar.connectors for piece in pieces[:2])
    if len(pieces) > 1 and not of_what and not any(demonym(piece, grammar) for piece in pieces):
        return False
    return _tells_trade(pieces, grammar)


def _stands_for(low: str, noun: Actor, start: int, grammar: NamesGrammar) -> bool:
    """Whether a noun for a part of a company is followed by the name of the whole: "the robotics arm of Acme", "la divisione robotica di Acme"."""
    if noun.reference is None or low[noun.start : noun.end] not in grammar.through:
        return False
    pieces = _PIECES.findall(low[noun.end : start]) if start - noun.end < 50 else []
    return 1 <= len(pieces) <= 5 and grammar.cases.get(pieces[-1]) in _MEMBERS and all(
        piece[0].isalpha() and piece not in grammar.stops for piece in pieces)  # fmt: skip


def _coordinated(low: str, things: Sequence[tuple[int, int, Entity | None, Reference | None, int]], grammar: NamesGrammar) -> list[str]:
    """For each thing by what link it goes on a list that the one before it began, "" where it does not.

    Commas count only where a conjunction ends them.
    """
    if len(things) < 2:
        return [""] * len(things)
    links = [""] + [_link(low[things[k - 1][1] : things[k][0]], grammar) for k in range(1, len(things))]
    joined = [""] * len(things)
    end = "conjunction" if things and _ends_in_others(low, things[-1][1], grammar) else ""  # the link that ends the list in which a thing stands
    for k in range(len(things) - 1, 0, -1):
        if links[k] == "late" and links[k - 1] == "comma":
            links[k] = "conjunction"
        if links[k] == "conjunction" or links[k].startswith("again "):
            end = links[k]
        elif links[k] != "comma":
            said = links[k].rpartition(" ")[2] if links[k].startswith("comma") else ""
            if not said or (said != end.rpartition(" ")[2] and said not in grammar.determiners):
                end = "conjunction" if _ends_in_others(low, things[k - 1][1], grammar) else ""
        joined[k] = links[k] if end else ""
    return joined


def _ends_in_others(low: str, end: int, grammar: NamesGrammar) -> bool:
    """Whether a list of names ends here in others that it does not name: "Acme, Bolt and others", "Acme, Bolt y otros fondos"."""
    pieces = [piece for piece in _PIECES.findall(low, end, end + 30) if piece != ","] if grammar.others else []
    return len(pieces) > 1 and (pieces[0] in grammar.others or (pieces[0] in grammar.conjunctions and not grammar.others.isdisjoint(pieces[1:3])))


def _says_case_again(pieces: Sequence[str], grammar: NamesGrammar) -> bool:
    """Whether a comma or conjunction and a preposition stand between two names: "by Acme, by Bolt and by the Acorn group"."""
    if not 2 <= len(pieces) <= 3 or not (pieces[0] == "," or pieces[0] in grammar.conjunctions):
        return False
    return pieces[1] in grammar.case_tails and (len(pieces) == 2 or pieces[2] in grammar.determiners)


def _link(gap: str, grammar: NamesGrammar) -> str:
    """conjunction or comma where a list may run on from one name to the next over this text, else nothing."""
    if len(gap) > 40:
        return ""
    pieces = _PIECES.findall(gap)
    rest = [piece for piece in pieces if piece not in (",", "/") and piece not in grammar.conjunctions]
    if len(rest) == len(pieces) or len(rest) > (5 if rest and rest[0] in grammar.determiners | grammar.articles else 3):
        return ""
    if _says_case_again(pieces, grammar):
        return f"{'comma ' if pieces[0] == ',' else ''}again {pieces[1]}"
    if any(not piece[0].isalnum() or piece in grammar.stops or piece in grammar.cases for piece in rest):
        return ""
    if pieces[0] == "," and pieces[1:2] and pieces[1] in grammar.conjunctions:
        return "late"  # a list ends so, but two names are not joined by a comma: a clause begins
    return "conjunction" if "/" in pieces or any(piece in grammar.conjunctions for piece in pieces) else "comma"


def _own_label(low: str, end: int, grammar: NamesGrammar) -> str:
    """poss for "Amazon's investment", compound for "Amazon-investering"."""
    for ending in grammar.genitives:
        if low.startswith(ending, end) and not low[end + len(ending) : end + len(ending) + 1].isalnum():
            return "poss"
    if low[end : end + 1] == "-" and low[end + 1 : end + 2].isalpha():
        return "compound"
    return ""


# ---- deals: from mentions to relations -------------------------------------------------------------------------------------------


@plain(frozen=False)
class Frame:
    """A deal as one sentence (and what it leaves to its neighbours) states it."""

    kind: str
    cue: Cue
    sentence: int
    payer: list[Entity]
    payee: list[Entity]
    money: Money | None
    stake: Decimal | None
    status: str | None
    hedged: bool
    sentences: dict[int, None]  # in order, each once
    valuation: Money | None = None
    rules: list[str] = field(default_factory=list)
    told: bool = True  # whether the sentence itself says who is paid
    guess: Mapping[str, Entity] = field(default_factory=dict)  # who likely is the party that neither this nor another telling names


@plain()
class Scene:
    """One sentence with all that was found in it."""

    index: int
    start: int
    end: int
    actors: tuple[Actor, ...]
    money: tuple[Money, ...]
    shares: tuple[Share, ...]
    deals: tuple[Cue, ...]
    roles: tuple[Cue, ...]
    status: tuple[Cue, ...]
    labels: frozenset[str] = frozenset()  # those of the actors


_BEGIN = attrgetter("start")
_FAR = 26  # words between a sum and the word that says what it is, at the most
_REACH = 220  # and code points


def govern(low: str, scene: Scene, grammar: NamesGrammar) -> dict[int, Cue]:
    """Which cue says what each sum (by its start) is: the nearest, counting words, other sums and clause ends on the way."""
    if not scene.money:
        return {}
    cues = sorted((*scene.deals, *(cue for cue in scene.roles if cue.rule.role != "stake")), key=_BEGIN)
    starts, sums = [cue.start for cue in cues], [money.start for money in scene.money]
    governed: dict[int, Cue] = {}
    for position, money in enumerate(scene.money):
        previous = scene.money[position - 1] if position else None
        if previous is not None and previous.start in governed and (
                is_conversion(low, previous, money) or _LISTED.fullmatch(low, previous.end, money.start)):  # fmt: skip
            governed[money.start] = governed[previous.start]
            continue
        best, least = None, float(_FAR)
        small = _is_price(money)
        near = slice(bisect.bisect_left(starts, money.start - 2 * _REACH), bisect.bisect_right(starts, money.end + _REACH))
        for cue in cues[near]:
            if small and (cue.rule.section == "deals" or cue.rule.role in _OF_COMPANIES):
                continue
            cost = _distance(low, cue, money, sums)
            if cue.start >= money.end and not grammar.turns.isdisjoint(low[money.end : cue.start].split()):
                cost += 6
            if cost < least:
                best, least = cue, cost
        if previous is not None and not small and previous.start in governed and least > 0 and _is_compared(low, previous, money, grammar):
            best = governed[previous.start]  # "rose to 5 billion from 4 billion"
        if best is not None:
            governed[money.start] = best
    return governed


_LISTED = expression(r"\)(?:,|,? [^\W\d_]{1,3}) [^(),;.]{2,40}\(")  # between two sums: "Acme (5 million), Bolt (3 million)"


def _is_compared(low: str, before: Money, money: Money, grammar: NamesGrammar) -> bool:
    """Whether a sum is set against the one before it by a preposition ("to 5 billion this year from 4 billion"), no clause between."""
    gap = low[before.end : money.start]
    if len(gap) > 40 or set(gap) & _BREAKS - {","}:
        return False
    words = gap.replace(",", " ").split()
    return bool(words) and words[-1] in grammar.against and grammar.turns.isdisjoint(words)


_OF_COMPANIES = ("valuation", "market_cap", "funding_round", "listing")


def _is_price(money: Money) -> bool:
    """Whether a sum is of a few units: the price of one thing, never the size of a deal (but a company may change hands for one euro)."""
    most = money.high if money.value is None else money.value
    return most is not None and 1 < most < 1000


def is_conversion(low: str, money: Money, following: Money) -> bool:
    """Whether a sum right behind another, in brackets or after a comma, says the same in another currency."""
    gap = low[money.end : following.start]
    if len(gap) > 25 or money.currency == following.currency or following.currency is None:
        return False
    return (gap.lstrip()[:1] in ("(", "[", "/") and not (")" in gap or "]" in gap)) or gap.strip() in (",", "\u2013", "-")


def _distance(low: str, cue: Cue, money: Money, sums: Sequence[int]) -> float:
    if cue.start < money.end and money.start < cue.end:
        return -50.0 - cue.rule.weight
    if cue.end <= money.start:
        begin, end, back = cue.end, money.start, 0.0
    else:
        begin, end, back = money.end, cue.start, 1.0
    if end - begin > _REACH:
        return 1000.0
    gap = low[begin:end]
    cost = gap.count(" ") + back - cue.rule.weight
    cost += (2 + 4 * back) * gap.count(",") + 5 * (gap.count(";") + gap.count(":")) + 3 * (gap.count("(") + gap.count(")")) + 4 * gap.count("\u2013")
    cost += 7 * (bisect.bisect_left(sums, end) - bisect.bisect_left(sums, begin))
    if back:  # "for 5 million and revenue of 30 million": the word has a sum of its own
        k = bisect.bisect_left(sums, cue.end)
        cost += 6 * (k < len(sums) and sums[k] - cue.end < 20 and low.count(" ", cue.end, sums[k]) <= 3 and not set(low[cue.end : sums[k]]) & _BREAKS)
    return cost


def scene_frames(low: str, scene: Scene, governed: Mapping[int, Cue], discourse: Discourse) -> list[Frame]:
    """The deals that one sentence states, each with what of its slots the sentence fills."""
    frames: list[Frame] = []
    for position, cue in enumerate(scene.deals):
        sums = [m for m in scene.money if governed.get(m.start) is cue and m.modifier != "vague"]
        main = [m for k, m in enumerate(sums) if not (k and is_conversion(low, sums[k - 1], m))]
        stake = _stake(low, cue, scene)
        for number, money in enumerate(main or [None]):
            until = main[number + 1].start if number + 1 < len(main) else None
            frame = _frame(low, scene, position, money, stake, until if number or until else None, discourse, number)
            if frame is not None:
                if number and not frame.told and frame.kind == frames[-1].kind:
                    _go_on(frames[-1], frame)
                frames.append(frame)
    _share_payee(frames)
    _lend_to_buyer(frames)
    _turn_round(frames)
    return frames


def _turn_round(frames: Sequence[Frame]) -> None:
    """A noun that leaves open who pays whom has the direction that another word of its sentence gives the same two: "won from Acme a contract"."""
    for k, frame in enumerate(frames):
        if EITHER in frame.cue.rule.payer and frame.payer and frame.payee:
            for other in frames[max(0, k - 3) : k + 4]:
                turned = other.kind == frame.kind and _names(other.payer) == _names(frame.payee) and _names(other.payee) == _names(frame.payer)
                if turned and EITHER not in other.cue.rule.payer:
                    frame.payer, frame.payee = list(other.payer), list(other.payee)


def _lend_to_buyer(frames: Sequence[Frame]) -> None:
    """A loan told in one sentence with a purchase of a company, its borrower left out, is the buyer's."""
    buyer = next((frame.payer for frame in frames if frame.kind == "acquisition" and frame.payer), [])
    for frame in frames if buyer else ():
        if frame.kind == "financing" and frame.payee and not frame.told and not _names(frame.payer) & _names(buyer):
            frame.payee = list(buyer)


def _go_on(before: Frame, frame: Frame) -> None:
    """A further sum of one verb goes to the one that the sum before went to, where nothing else is said: "A will put in 4 billion, B 3"."""
    if before.payee and not _names(frame.payer) & _names(before.payee):
        frame.payee, frame.told = list(before.payee), before.told
        frame.payer = frame.payer or list(before.payer)


def _share_payee(frames: Sequence[Frame]) -> None:
    """Of the cues of one sentence that speak of raising money, those that leave its receiver out mean the one that another names.

    Who leads a round is not who raises it: "SoftBank, which led the 40 billion round".
    """
    for frame in frames:
        leads = "subject" in frame.cue.rule.payer and frame.kind == "funding_round" and frame.payer and frame.payee
        for other in frames if leads else ():
            behind = other.kind == "funding_round" and other.cue.start > frame.cue.start
            if behind and other.payee and _names(other.payee) <= _names(frame.payer):
                other.payee = list(frame.payee)
    lead = next((frame for frame in frames if frame.payer and frame.payee and frame.kind == "funding_round"), None)
    for frame in frames:  # who led a round is not the one who raised it
        if lead is not None and frame.kind == "funding_round" and frame.money is None and _names(frame.payee) & _names(lead.payer):
            frame.payee, frame.told = list(lead.payee), False
    told = [frame for frame in frames if frame.told and frame.payee and frame.kind in _RAISED]
    for frame in frames:
        if told and not frame.told and frame.kind in _RAISED and not _names(frame.payer) & _names(told[0].payee):
            frame.payee = list(told[0].payee)


def _stake(low: str, cue: Cue, scene: Scene) -> Decimal | None:
    """The share of a company that a deal cue is about: a percentage beside a word for a stake."""
    if not scene.shares:
        return None
    stakes = [role for role in scene.roles if role.rule.role == "stake"]
    best, least = None, 14
    for share in scene.shares:
        near = min((_words_between(low, share.start, share.end, role.start, role.end) for role in stakes), default=99)
        if near > 5:
            continue
        far = _words_between(low, share.start, share.end, cue.start, cue.end)
        if far < least:
            best, least = share.fraction, far
    return best


def _words_between(low: str, start: int, end: int, other_start: int, other_end: int) -> int:
    if start < other_end and other_start < end:
        return 0
    begin, stop = (end, other_start) if end <= other_start else (other_end, start)
    return 99 if stop - begin > 200 else low.count(" ", begin, stop)


def _frame(low: str, scene: Scene, position: int, money: Money | None, stake: Decimal | None, until: int | None, discourse: Discourse,
           number: int) -> Frame | None:  # fmt: skip
    """Fill the slots of one cue (for one of its sums)."""
    cue = scene.deals[position]
    zone_end = next((later.start for later in scene.deals[position + 1 :] if not _goes_on(low, cue, later)), scene.end)
    zone_start = scene.deals[position - 1].end if position else scene.start
    after_from = money.start if number and money is not None else cue.end
    zone = (after_from, until or zone_end)
    mine = [m for m in scene.money if money is not None and number and cue.end <= m.start < money.start]
    gap_from = mine[-1].end if mine else None
    rule = cue.rule
    item = _heads_sum(low, scene, cue, money) if rule.kind == "acquisition" and rule.payer[:1] == ("subject",) else None
    if item is not None:
        zone, gap_from = (cue.end, zone_end), None
    payer, payee, told = _fill_slots(low, scene, cue, rule, zone, zone_start, discourse, gap_from)
    if item is not None:
        payee, told = _entities([item], discourse, {entity.name for entity in payer}, Place(rule.kind, False)), True
    other = rule.alternative
    while not told and other is not None:
        slots = _fill_slots(low, scene, cue, other, zone, zone_start, discourse, gap_from)
        if slots[2] or other.kind == SAME or (other.alternative is None and slots[1] and not payee):
            rule, (payer, payee, told) = other, slots
        other = other.alternative
    status, hedged = _status(low, scene, cue, money)
    kind = rule.kind or "other"
    if kind == "share_sale" and payee and not payer and "to" not in rule.payee:
        payer = _buyers(low, scene, cue, zone, {entity.name for entity in payee}, discourse)
        kind = "acquisition" if payer else kind
    if kind == "funding_round" and cue.rule.light and payer and all(entity.kinds & _PUBLIC_LENDERS for entity in payer):
        kind = "financing"  # what is "received" from such is a loan
    promised = kind == "investment" and "to" in rule.payee[:1] and stake is None
    if promised and payer and payee and "startup" in payer[0].kinds and payee[0].ticker and _supplies(payee[0]) > 1:
        kind = "purchase"  # what a start-up promises a giant of the cloud is no stake
    bids = rule.kind == SAME and payer and cue.rule.status == "in_talks"  # "Acme offers 3 billion": a deal, if it means none told before
    alone = cue.rule.kind if bids else rule.kind
    return Frame(kind, cue, scene.index, payer, payee, money, stake, status, hedged, {scene.index: None},
                 rules=[cue.rule.id], told=told, guess={} if rule.otherwise else _guess(alone, cue, payer, payee, discourse))  # fmt: skip


def _buyers(low: str, scene: Scene, cue: Cue, zone: tuple[int, int], sold: set[str], discourse: Discourse) -> list[Entity]:
    """Who takes over the shares whose sale is told: "sold its stake in Acme to Bolt"; nobody where they went to the market."""
    free = [actor for actor in scene.actors if actor.label == "to" and not actor.open_run and actor.start >= cue.end]
    group = _find_slot(low, scene, cue, "to", zone, scene.start, free, discourse.grammar) if free else []
    return _entities(group, discourse, sold, Place("acquisition", True))


def _heads_sum(low: str, scene: Scene, cue: Cue, money: Money | None) -> Actor | None:
    """The actor behind a cue to whom a sum in brackets belongs: "bought three firms: Acme (5 million), Bolt (3 million)"."""
    if money is None or low[money.start - 2 : money.start] != " (":
        return None
    return next((actor for actor in scene.actors if actor.start >= cue.end and actor.end == money.start - 2), None)


_PUBLIC_LENDERS = frozenset(("bank", "institution"))


def _goes_on(low: str, cue: Cue, later: Cue) -> bool:
    """Whether a later cue says the same deal on: a verb, and the noun or the participle that closes its clause."""
    kinds, gap = {cue.rule.kind, later.rule.kind}, low[cue.end : later.start]
    if later.rule.alternative is not None and later.rule.alternative.kind == SAME:
        return False  # that word knows for itself whether it has parties of its own
    return (len(kinds) == 1 or kinds <= _BOUGHT or kinds <= _RAISED) and len(gap) < _CLAUSE and not set(gap) & _BREAKS


_CLAUSE = 120  # code points between the verb of a clause and the word that closes it


def _guess(kind: str | None, cue: Cue, payer: Sequence[Entity], payee: Sequence[Entity], discourse: Discourse) -> dict[str, Entity]:
    """For the parties that a deal of this kind cannot do without, and that its words do not place: the likeliest companies."""
    found: dict[str, Entity] = {}
    for slot, mine, other in (("payee", payee, payer), ("payer", payer, payee)):
        if not mine and slot in _REQUIRED.get(kind or "", ()) and (slot, kind) != ("payee", "purchase"):  # a plan to spend names no supplier
            exclude = {entity.name for entity in (*other, *found.values())}
            sells = kind == "acquisition" and slot == "payee" and cue.rule.alternative is not None and "subject" in cue.rule.alternative.payee
            place = None if sells else Place(kind, slot == "payer")  # who sells a part of itself need not look like a target
            entity = discourse.resolve(Reference(cue.start, cue.end, "pronoun"), exclude, place)
            if entity is not None:
                found[slot] = entity
    return found


def _fill_slots(low: str, scene: Scene, cue: Cue, rule: Rule, zone: tuple[int, int], zone_start: int,
                discourse: Discourse, until_from: int | None) -> tuple[list[Entity], list[Entity], bool]:  # fmt: skip
    """Payer and payee of a cue by its rule, and whether the sentence itself names the payee."""
    payers, payees = _slot_actors(low, scene, cue, rule, zone, zone_start, discourse) if scene.actors else ([], [])
    # names first: then a reference on the other side knows whom it cannot mean
    if any(actor.entity for actor in payers) and not any(actor.entity for actor in payees):
        payer = _entities(payers, discourse, set(), Place(rule.kind, True))
        payee = _entities(payees, discourse, {e.name for e in payer}, Place(rule.kind, False))
    else:
        payee = _entities(payees, discourse, set(), Place(rule.kind, False))
        payer = _entities(payers, discourse, {e.name for e in payee}, Place(rule.kind, True))
    told = bool(payee)
    gapped = [] if until_from is None else [a for a in scene.actors if until_from <= a.start < zone[0] and not a.label and a.entity is not None]
    if len(gapped) == 1 and gapped[0].entity is not None:  # "Nvidia invests 5 billion, SoftBank 3": the verb is not said again
        if "subject" in rule.payer:
            payer = [gapped[0].entity]
        elif "subject" in rule.payee:
            payee = [gapped[0].entity]
    refusal = _refusal(scene, cue) if payer and not payee else None
    if refusal is not None and payers[:1] and payers[0].start < refusal.start:
        payer, payee = payee, payer
    elif refusal is not None:  # "Acme refused an offer by Bolt"
        asked = [actor for actor in scene.actors if actor.end <= refusal.start and not actor.label][-1:]
        payee = _entities(asked, discourse, {e.name for e in payer}, Place(rule.kind, False))
    issues = not rule.payer or rule.payee[:1] == ("subject",)  # a bank may sell bonds of its own
    if rule.kind == "financing" and payee and not payer and payee[0].kinds & _LENDERS and not issues:
        payer, payee = payee, payer
    mutual = rule.kind == "purchase" and all(not a.label for a in payers) and all(a.label == "with" for a in payees)
    if mutual and payer and payee and _supplies(payer[0]) > _supplies(payee[0]):
        payer, payee = payee, payer
    if rule.kind == "financing" and not payee:
        payee = _financed_buyer(scene, cue, discourse, {entity.name for entity in payer})
    for mine, labels, other in ((payer, rule.payer, payee), (payee, rule.payee, payer)):
        if mine or not labels:
            continue
        taken_names = {e.name for e in other}
        before = discourse.told.get(_ALIKE.get(rule.kind or "", rule.kind or ""), ((), ()))
        for label, earlier in zip(("last_payer", "last_payee"), before, strict=True):
            if not mine and label in labels:
                mine.extend(entity for entity in earlier if entity.name not in taken_names)
        if not mine and ("subject" in labels or "topic" in labels) and not _place_taken(low, zone, labels, scene.money, discourse.grammar):
            topic = discourse.resolve(Reference(cue.start, cue.end, "pronoun"), taken_names, Place(rule.kind, mine is payer)) \
                or _first_told(scene, cue, taken_names)  # fmt: skip
            mine.extend([topic] if topic else [])
    return payer, payee, told


def _first_told(scene: Scene, cue: Cue, exclude: Collection[str]) -> Entity | None:
    """The one bare company behind a cue before which the article names none: "Backed by a cheque of 3 million, Acme plans"."""
    bare = [a for a in scene.actors if not a.label and a.start >= cue.end and a.entity is not None and a.entity.name not in exclude]
    return bare[0].entity if len({a.group for a in bare}) == 1 else None


def _slot_actors(low: str, scene: Scene, cue: Cue, rule: Rule, zone: tuple[int, int], zone_start: int,
                 discourse: Discourse) -> tuple[Sequence[Actor], Sequence[Actor]]:  # fmt: skip
    """The actors that stand in the places of payer and payee."""
    slots: dict[str, Sequence[Actor]] = {"payer": (), "payee": ()}
    taken: set[int] = set()
    by_subject = rule.payer[:1] == ("subject",), rule.payee[:1] == ("subject",)
    behind = _subject_behind(low, scene, cue, zone) if discourse.grammar.verb_second else []
    # the slot that a verb's object or a preposition fills goes first; what remains bare can then be the subject
    payee_first = by_subject[1] and not by_subject[0] if behind else by_subject[0] and not by_subject[1]
    for slot, labels in (("payee", rule.payee), ("payer", rule.payer)) if payee_first else (("payer", rule.payer), ("payee", rule.payee)):
        if behind and labels[:1] == ("subject",):
            slots[slot] = behind
            taken.update(actor.start for actor in behind)
            continue
        free = [actor for actor in scene.actors if actor.start not in taken and not _oversees(actor)]
        for label in (*labels, _WHOLE_OF) if "object" in labels else labels:
            if label != "subject" and _BARE.get(label, label) not in scene.labels:
                continue  # nothing stands so in this sentence
            group = _find_slot(low, scene, cue, label, zone, zone_start, free, discourse.grammar)
            if group and _means_something(group, discourse):
                slots[slot] = group
                taken.update(actor.start for actor in group)
                break
    if not slots["payee"] and EITHER in rule.payer:
        return _either_way(low, scene, cue, discourse.grammar)
    if rule.kind == "acquisition" and not slots["payer"] and not slots["payee"] and "between" in scene.labels:
        pair = [actor for actor in scene.actors if actor.label == "between"]
        if len(pair) == 2:  # "talks between Acme and Bolt over a takeover": the buyer is named first
            return pair[:1], pair[1:]
    if rule.kind == "acquisition" and rule.payee[:1] != ("object",) and len(slots["payer"]) == 2 and not slots["payee"]:
        first, second = slots["payer"]
        if "subject" in rule.payer and not first.label and not second.label and first.group == second.group:
            return [first], [second]  # "Acme and Bolt have agreed on a takeover"
    return slots["payer"], slots["payee"]


_WHOLE_OF = "whole"  # the label of an object that only its owner names: "buys Acme's robotics arm"
_OWNER_OF = "owner"  # the label of whose wares a verb buys, named behind it: "spends three billion on Acme's cloud"
_BARE = {"object": "", "next": "", "after": "", _WHOLE_OF: "poss", _OWNER_OF: "poss"}  # the label of the actors that fill a slot, where another


def _oversees(actor: Actor) -> bool:
    """Whether an actor is a regulator, who is told of deals and judges them, and takes part in none."""
    return actor.entity is not None and "regulator" in actor.entity.kinds


def _supplies(entity: Entity) -> int:
    """How likely a company is the supplier where two sign a contract with each other, by what it makes."""
    return next((rank for rank, kinds in _SUPPLIERS if entity.kinds & kinds), 0)


_SUPPLIERS = ((3, frozenset(("chipmaker", "equipment", "neocloud", "datacenter"))), (2, frozenset(("cloud",))), (1, frozenset(("ai",))))


def _financed_buyer(scene: Scene, cue: Cue, discourse: Discourse, lenders: Collection[str]) -> list[Entity]:
    """Who borrows where a sentence says how the takeover told before is paid for: "the deal will be financed by a loan"."""
    spoken = any(other.end <= cue.start and other.rule.kind in (SAME, "acquisition") for other in scene.deals)
    buyers, _ = discourse.told.get("acquisition", ((), ())) if spoken else ((), ())
    return [entity for entity in buyers if entity.name not in lenders]


_ALIKE = {"funding_round": "investment", "share_sale": "investment"}  # kinds whose parties a text goes on about in one breath


def _refusal(scene: Scene, cue: Cue) -> Cue | None:
    """The word by which the clause says that its subject turned the deal of a cue down: then the subject is the one who was asked."""
    return next((word for word in scene.status if word.rule.rejects and word.end <= cue.start and cue.start - word.end < 60), None)


def _place_taken(low: str, zone: tuple[int, int], labels: Sequence[str], sums: Sequence[Money], grammar: NamesGrammar) -> bool:
    """Whether the slot's own preposition follows the cue with something else than a company behind it ("invests 5 billion in cables").

    A sum is neither ("a compra da Acme por 5 milhões").
    """
    wanted = next((label for label in labels if label in grammar.case_labels), None)
    if wanted is None or labels[0] != wanted:
        return False
    end = min(zone[1], zone[0] + 90)
    comma = low.find(", ", zone[0], end)  # what another clause has in it is another matter
    prices = {money.start - 1 for money in sums}
    return any(grammar.cases.get(piece[0]) == wanted and piece.end() not in prices
               for piece in _PIECES.finditer(low, zone[0], end if comma < 0 else comma))  # fmt: skip


def _means_something(group: Sequence[Actor], discourse: Discourse) -> bool:
    """Whether any actor of a group is a company or a reference that resolves to one."""
    if any(actor.entity is not None or actor.open_run for actor in group):
        return True
    return any(actor.reference is not None and discourse.resolve(actor.reference, ()) for actor in group)


def _either_way(low: str, scene: Scene, cue: Cue, grammar: NamesGrammar) -> tuple[Sequence[Actor], Sequence[Actor]]:
    """Payer and payee of "A in talks with B on an investment", which leaves the direction open: a start-up is the one that receives."""
    first = _subject(low, scene, cue, scene.actors, grammar)
    second = [actor for actor in scene.actors if actor.label == "with"]
    pair = [actor for actor in scene.actors if actor.label == "between"]
    if not second and len(pair) == 2:
        first, second = pair[:1], pair[1:]
    elif not second and len(first) == 2:
        first, second = first[:1], first[1:]
    if not first or not second:
        return first, second
    young = [[a for a in side if a.entity is not None and "startup" in a.entity.kinds] for side in (first, second)]
    return (second, first) if young[0] and not young[1] else (first, second)


EITHER = "either"  # the label of a party that may be payer or payee
TOPIC = "topic"  # the label of who is spoken of, where a sentence does not say: whose deal it is, whose document "the annual report"


def _find_slot(low: str, scene: Scene, cue: Cue, label: str, after: tuple[int, int], zone_start: int, free: Sequence[Actor],
               grammar: NamesGrammar) -> list[Actor]:  # fmt: skip
    """The group of actors that fills a slot by one label, or none."""
    if label == "subject":
        return _subject(low, scene, cue, free, grammar)
    if label in ("poss", "compound"):
        for actor in reversed(free):
            if actor.end <= cue.start and actor.label == label and cue.start - actor.end <= (60 if label == "poss" else 14):
                return [actor]
        return []
    if label == _WHOLE_OF:
        owner = next((actor for actor in free if actor.start >= cue.end), None)
        return [owner] if owner is not None and owner.label == "poss" and _owns_part(low, cue, owner, grammar) else []
    if label in ("next", "after"):
        reach = 2 if label == "next" else 28
        near = [a for a in free if 0 <= a.start - cue.end <= reach and not a.label and not any(c in low[cue.end : a.start] for c in ",;:.")]
        return [a for a in free if near and a.group == near[0].group and a.start >= near[0].start]
    wanted = "" if label == "object" else _BARE.get(label, label)
    behind = slice(bisect.bisect_left(free, after[0], key=_BEGIN), bisect.bisect_left(free, after[1], key=_BEGIN))
    for actor in free[behind]:
        if actor.label == wanted:
            if label == "object" and (actor.start - cue.end > 90 or _sentence_turn(low, cue.end, actor.start, scene.money)
                                      or _turns_clause(low, cue.end, actor.start, grammar)):
                return []
            return [a for a in free if a.group == actor.group and a.start >= actor.start]
    held = next((a for a in free if a.label == wanted and a.reference is None and cue.start <= a.start and a.end <= cue.end), None)
    if held is not None:  # the cue reaches around it: "sale of Acme to"
        return [a for a in free if a.group == held.group]
    if label != "object":
        for actor in reversed(free):
            if zone_start <= actor.start < cue.start and actor.label == wanted and _opens_clause(low, scene, actor, cue.start):
                return [a for a in free if a.group == actor.group and a.end <= cue.start]
        return []
    return _relative_object(low, scene, cue, free, grammar)


def _relative_object(low: str, scene: Scene, cue: Cue, free: Sequence[Actor], grammar: NamesGrammar) -> list[Actor]:
    """Whom a relative clause has for the object of its verb: "Bolt, which Acme bought in 2016"."""
    subject = next((a for a in reversed(scene.actors) if not a.label and a.end <= cue.start), None)
    if subject is None or cue.start - subject.end > 30 or "," in low[subject.end : cue.start]:
        return []
    actor = next((a for a in reversed(free) if a.end <= subject.start and a.group != subject.group), None)
    if actor is None or subject.start - actor.end > 45:
        return []
    words = _PIECES.findall(low, actor.end, subject.start)
    relative = words[1:] if words[:1] == [","] else words
    if not relative or relative[0] not in grammar.relatives or not all(word.isalpha() for word in relative):
        return []
    return [actor]


def _owns_part(low: str, cue: Cue, owner: Actor, grammar: NamesGrammar) -> bool:
    """Whether an owner stands right behind a verb, and what it owns is a part of it rather than wares."""
    words = low[owner.end : owner.end + 50].replace("'", " ", 1).split(" ")[1:6]
    part = next((k for k, word in enumerate(words) if word.strip(",.") in grammar.through), None)
    return part is not None and owner.start - cue.end <= 14 and not any(word in grammar.cases or "," in word for word in words[:part])


def _opens_clause(low: str, scene: Scene, actor: Actor, cue_start: int) -> bool:
    """Whether an actor stands in the first words of its clause or right before a cue: there it may belong to what follows."""
    if low.count(" ", actor.end, cue_start) <= 3 and cue_start - actor.end < 24:
        return True
    before = low[max(scene.start, actor.start - 40) : actor.start]
    clauses = re.split(r"[,;:\u2013(]", before)
    return len(clauses[-1].split()) <= 4 and (actor.start - scene.start < 40 or len(before) < 40 or len(clauses) > 1)


def _subject_behind(low: str, scene: Scene, cue: Cue, zone: tuple[int, int]) -> list[Actor]:
    """The bare actors right behind a verb before which its clause has something else than a subject ("for 3 billion buys Acme …").

    For languages whose verb stands second, and for rules whose cue opens a clause (`leads`).
    """
    begin = max(scene.start, *(low.rfind(mark, scene.start, cue.start) + 1 for mark in (",", ";", ":", "\u2013", "\n", "(")))
    alone = any(not actor.label for actor in scene.actors if actor.end <= begin)
    if alone and not cue.rule.leads and not low[begin : cue.start].strip() and begin > scene.start and low[begin - 1] == ",":
        return []
    before = [actor for actor in scene.actors if actor.end <= cue.start]
    if any(actor.start >= begin and not actor.label for actor in before) or _named_examples(before):
        return []
    first = next((actor for actor in scene.actors if actor.start >= cue.end), None)
    if first is None or first.label or first.start - cue.end > 45 or first.start >= zone[1] or "," in low[cue.end : first.start]:
        return []
    return [actor for actor in scene.actors if actor.group == first.group]


_ASIDE = expression(r",(?: [\w-]+){1,3},")  # "bought, last year, the maker of"


def _sentence_turn(low: str, begin: int, end: int, sums: Sequence[Money]) -> bool:
    """Whether the text between a verb and a would-be object shows that a new clause has begun; a sum may stand in between."""
    gap = _ASIDE.sub(" ", low[begin:end], 1)
    if any(begin <= money.start < end for money in sums):
        gap = gap.replace(",", "", 2)
    return ";" in gap or ": " in gap or gap.count(",") > 1 or " \u2013 " in gap


def _turns_clause(low: str, begin: int, end: int, grammar: NamesGrammar) -> bool:
    """Whether the last comma of a stretch opens a clause of its own: a conjunction, a verb or a pronoun stands behind it."""
    comma = low.rfind(", ", begin, end)
    word = _NEXT_WORD.match(low, comma + 1) if comma >= 0 else None
    return word is not None and word.end() < end and word[1] in grammar.stops


def _before_relative(low: str, end: int, grammar: NamesGrammar) -> bool:
    """Whether a relative pronoun follows a name and makes it the subject of what comes: "a move by Acme, which will buy"."""
    pieces = _PIECES.findall(low, end, end + 14)
    return bool(pieces) and (pieces[0] in grammar.relatives or (pieces[0] == "," and pieces[1:2] != [] and pieces[1] in grammar.relatives))


def _before_participle(low: str, end: int, cue: Cue) -> bool:
    """Whether a name is followed at once by a participle that tells what was done to it: "belonged to Mellanox, bought in 2019"."""
    return cue.rule.payee[:1] == ("subject",) and low[end : cue.start] == ", " and " " not in low[cue.start : cue.end]


def _inside_relative(low: str, actor: Actor, verb: int, grammar: NamesGrammar) -> bool:
    """Whether an actor stands in a relative clause that a comma closes before a verb: "Acme, in which Bolt has 40%, bought …"."""
    opens = low.rfind(",", max(0, actor.start - 60), actor.start)
    if opens < 0 or low.find(",", actor.end, verb) < 0 or not low[opens - 1 : opens].isalnum():
        return False
    words = _PIECES.findall(low, opens + 1, actor.start)
    if any(not word[0].isalnum() for word in words):
        return False
    relative = next((k for k, word in enumerate(words[:3]) if word in grammar.relatives), -1)
    return relative >= 0 and len(words) > relative and all(word in grammar.case_tails or word in grammar.determiners for word in words[:relative])


def _behind_content(low: str, start: int, floor: int, grammar: NamesGrammar) -> bool:
    """Whether the word before a name and its article is neither a function word nor the end of a clause."""
    pieces = _PIECES.findall(low, max(floor, start - 40), start)
    article = next((k for k in (-1, -2, -3) if -k <= len(pieces) and (pieces[k] in grammar.determiners or pieces[k] in grammar.articles)), 0)
    if article:  # "beats the maker Acme": what stands before the article counts
        del pieces[article:]
    if not pieces or not pieces[-1].isalpha():
        return False
    return not any(pieces[-1] in group for group in (grammar.stops, grammar.cases, grammar.conjunctions, grammar.relatives))


_MOST_PASSED = 20  # actors between a verb and its subject; a sentence with more is a list


def _subject(low: str, scene: Scene, cue: Cue, free: Sequence[Actor], grammar: NamesGrammar) -> list[Actor]:
    """The nearest bare actors before a cue, passing over those that prepositions or earlier verbs hold."""
    nearest = bisect.bisect_left(free, cue.start, key=attrgetter("start"))
    second: list[Actor] = []  # a name right behind a word such as a verb is rather its object
    for actor in reversed(free[max(0, nearest - _MOST_PASSED) : nearest]):
        if actor.end > cue.start or (actor.open_run and _distance_to_verb(low, actor.end, cue.start) > actor.reach):
            continue
        bound = actor.label and _belongs_to_noun(low, scene, actor, grammar)
        told = _before_relative(low, actor.end, grammar) or _before_participle(low, actor.end, cue)
        if bound or ((actor.label or _is_object(low, scene, actor, cue)) and not told):
            continue
        if _inside_relative(low, actor, cue.start, grammar):
            continue
        behind = low[actor.end : cue.start].split()
        if low[actor.end : actor.end + 1] == "," and len(behind) > 1 and not grammar.relatives.isdisjoint(behind[2:]):
            return [actor]  # "Acme and Bolt, the group that bought": the last one
        found = [a for a in free if a.group == actor.group and a.end <= cue.start]
        named = actor.reference is None
        if not grammar.pronoun_dropped or not _behind_content(low, found[0].start, scene.start, grammar) \
                or _before_relative(low, actor.end, grammar) or _is_described(low, actor.end, cue.start, grammar):  # fmt: skip
            return found if named or not second or second[0].reference is not None else second
        second = second or found
    if second:
        return second
    if examples := _named_examples(free[:nearest]):
        return examples
    if low.count(" ", scene.start, cue.start) <= 2 and not any(actor.end <= cue.start for actor in scene.actors):
        return _behind_participle(low, cue, free, grammar)
    return []


def _named_examples(before: Sequence[Actor]) -> list[Actor]:
    """Those who stand for a subject that says only what they are: "several banks, among them Acme and Bolt, will lend"."""
    last = before[-1] if before else None
    return [a for a in before if a.group == last.group] if last is not None and last.label in _EXAMPLES else []


_EXAMPLES = frozenset(("including", "among", "like"))  # the cases of names that stand for what was named before


def _is_described(low: str, end: int, verb: int, grammar: NamesGrammar) -> bool:
    """Whether what stands between a name and a participle only says what the name is: "Acme, a firm bought in May"."""
    between = low[end:verb].split()
    return low[end : end + 1] == "," and len(between) <= 3 and grammar.conjunctions.isdisjoint(between)


def _belongs_to_noun(low: str, scene: Scene, actor: Actor, grammar: NamesGrammar) -> bool:
    """Whether a preposition alone joins a name to a company noun, which is what the relative clause is about: "the firm of Kochi, which"."""
    before = next((other for other in reversed(scene.actors) if other.end <= actor.start), None)
    return before is not None and before.reference is not None and not before.label and low[before.end : actor.start].strip(" '") in grammar.cases


def _distance_to_verb(low: str, end: int, verb: int) -> int:
    """Code points between a name and its verb, what stands between two commas right behind the name left out."""
    closes = low.rfind(",", end + 1, verb) if low[end : end + 1] == "," else -1
    return verb - closes if closes > 0 else verb - end


def _behind_participle(low: str, cue: Cue, free: Sequence[Actor], grammar: NamesGrammar) -> list[Actor]:
    """The bare actors right behind the comma that closes a participle at the head of a sentence: "Bought in 2021 by Acme, Bolt …"."""
    for actor in free:
        gap = low[cue.end : actor.start].rstrip()
        before, _, article = gap.rpartition(" ")
        if article in grammar.determiners or article in grammar.articles:  # "Depois de captar 3 milhões com a Acme, a Bolt …"
            gap = before
        if actor.start >= cue.end and not actor.label and gap.endswith(",") and len(gap) < 120:
            return [a for a in free if a.group == actor.group]
    return []


def _is_object(low: str, scene: Scene, actor: Actor, cue: Cue | None = None) -> bool:
    """Whether an earlier deal verb already governs this actor as its object."""
    end_of = attrgetter("end")
    near = slice(bisect.bisect_right(scene.deals, actor.start - 45, key=end_of), bisect.bisect_right(scene.deals, actor.start, key=end_of))
    for other in scene.deals[near]:
        if other is not cue and "object" in (*other.rule.payee[:1], *other.rule.payer[:1]):
            gap = low[other.end : actor.start]
            if not any(mark in gap for mark in ",;:"):
                return True
    return False


def _entities(actors: Sequence[Actor], discourse: Discourse, exclude: set[str], place: Place) -> list[Entity]:
    """The companies behind a group of actors in a place of a deal, references resolved, each once."""
    found: list[Entity] = []
    for actor in actors:
        entity = actor.entity
        if actor.reference is not None:
            entity = discourse.resolve(actor.reference, exclude | {e.name for e in found}, place)
        elif entity is None and actor.open_run:
            entity = discourse.adopt(actor)
        if entity is not None and entity.name not in exclude and all(entity.name != e.name for e in found):
            found.append(entity)
    return found


_HEDGES = {"denied": 4, "in_talks": 3, "planned": 2, "signed": 1, "completed": 0}


def _status(low: str, scene: Scene, cue: Cue, money: Money | None) -> tuple[str | None, bool]:
    """How far along the deal of a cue is, and whether a word beside the cue says so.

    A denial anywhere in the sentence counts; else the nearest status word before the cue in its clause, then after it or right before the sum:
    "the contract, over ten years, would be worth 1 billion".
    """
    best: tuple[float, str] | None = None
    for word in scene.status:
        status = word.rule.status or ""
        if word.end <= cue.start:
            gap = low[word.end : cue.start]
            cost = gap.count(" ") + 4.0 * gap.count(",") + 20 * gap.count(";")
            reach = 14
        elif word.start >= cue.end:
            gap = low[cue.end : word.start]
            if cue.rule.status == "completed" and "," in gap and status != "denied":
                continue  # the past tense of a verb stands; another clause speaks of something else
            cost = 4 + gap.count(" ") + 4.0 * gap.count(",") + 20 * gap.count(";")
            reach = 18
            aside = low[word.end : money.start] if money is not None and word.end <= money.start else "."
            if not set(aside) & _BREAKS and aside.count(" ") <= 5:
                cost = min(cost, 8.0 + aside.count(" "))
        else:
            cost, reach = 0.0, 9
        cost -= 2 * word.rule.weight
        if status == "denied":
            cost, reach = cost - 12, reach + 4
        if status == "denied" and cost < reach and not any(
                cue.end <= other.start < word.start and other.rule.kind != SAME for other in scene.deals):  # fmt: skip
            cost -= 2 * reach  # it goes before any other word
        if cost < reach and (best is None or cost < best[0]):
            best = (cost, status)
    if best is not None and best[1] == "completed" and cue.rule.kind == SAME and any(word.rule.status == "planned" for word in scene.status):
        return "planned", True  # "the closing of the deal … should take place in the first quarter"
    if best is not None:
        return best[1], True
    return cue.rule.status, False


_REQUIRED = {
    "investment": ("payer", "payee"), "acquisition": ("payee",), "funding_round": ("payee",), "share_sale": ("payee",),
    "purchase": ("payer", "payee"), "financing": ("payee",), "listing": ("payee",), "other": ("payer", "payee"),
}  # fmt: skip
SAME = "same"  # the kind of a cue that speaks of a deal already told: "the transaction is worth …"


def article_frames(low: str, scenes: Sequence[Scene], discourse: Discourse) -> tuple[list[Frame], dict[int, str]]:
    """All deals of an article, told once each, and the role of every sum by its start."""
    frames: list[Frame] = []
    cues: dict[int, Cue] = {}
    owners: dict[int, Frame] = {}
    scenes = _under_headings(low, scenes)
    discourse.leaders = _leaders(scenes)
    discourse.title = {actor.entity.name for scene in scenes[:1] for actor in scene.actors if actor.entity is not None}
    alone: Money | None = None
    for scene in scenes:
        discourse.enter(low, scene)
        objects: AbstractSet[int] = frozenset()
        if discourse.grammar.pronoun_dropped:  # "bought Acme and in May invested": who is bought is not who then invests
            objects = {actor.start for actor in scene.actors if not actor.label and _is_object(low, scene, actor)}
            discourse.bare = [(at, entity) for at, entity in discourse.bare if at not in objects]
        governed = govern(low, scene, discourse.grammar)
        told = sorted(scene_frames(low, scene, governed, discourse), key=_comes_late)
        if alone is not None and told and told[0].kind != SAME and not any(frame.money for frame in told):
            told[0].money, governed[alone.start] = alone, told[0].cue
        cues.update(governed)
        here: list[Frame] = []
        for frame in told:
            host = _host(frame, here, frames)
            if host is None and frame.kind == SAME and frame.cue.rule.kind == "acquisition" and frame.payer and frame.money is not None:
                target = _guess("acquisition", frame.cue, frame.payer, (), discourse)
                if any(discourse.leads(entity) or entity == discourse.head or not entity.listed for entity in target.values()):
                    frame.kind, frame.guess = "acquisition", target  # a bid for the one that the article is about
            if host is None:
                here.append(frame)
                host = frame
            else:
                _absorb(host, frame)
            last = frames[-1:] if host.kind == SAME else [host]  # a part of the price has the role of the deal before
            for money in (*scene.money, *((alone,) if alone else ())):
                if governed.get(money.start) is frame.cue and (money is frame.money or money.start not in owners):
                    owners[money.start] = last[0] if last else host
            if host.payer and host.payee and host.kind != SAME:
                discourse.told[_ALIKE.get(host.kind, host.kind)] = tuple(host.payer), tuple(host.payee)
        if not scene.deals and frames and any(word.rule.status == "denied" for word in scene.status):
            _deny(frames[-1], scene.index)
        _note_valuation(scene, governed, here or frames[-1:])
        frames.extend(here)
        _note_topic(scene, discourse, objects)
        alone = _lone_sum(scene)
    merged = _merge_frames(frames)
    _complete(merged)
    roles = _sum_roles(scenes, cues, owners)
    return [frame for frame in merged if _is_whole(frame)], roles


def _under_headings(low: str, scenes: Sequence[Scene]) -> list[Scene]:
    """The scenes, those items of a list that only name a company and a sum with the cue of the heading above them ("Funding rounds")."""
    read: list[Scene] = []
    rule, reach = None, -1
    for scene in scenes:
        kinds = [cue.rule for cue in scene.deals if cue.rule.kind == "investment" or cue.rule.kind in _RAISED]
        if kinds and not scene.money and _is_heading(low, scene):
            rule = replace(kinds[0], payer=("by", "from", "of", "with"), payee=("subject",), status="completed", otherwise=None, alternative=None)
            reach = _items_end(low, scene.end)
        elif rule is not None and scene.start < reach and scene.money and not scene.deals and not any(c.rule.role != "stake" for c in scene.roles):
            start = scene.money[0].start
            scene = replace(scene, deals=(Cue(start, start, rule),))
        read.append(scene)
    return read


def _is_heading(low: str, scene: Scene) -> bool:
    """Whether a scene is a short line of its own that is no item of a list and names nobody."""
    line = low[scene.start : scene.end].strip()
    alone = low[max(0, scene.start - 1) : scene.start] in ("", "\n") and low[scene.end - 1 : scene.end] in ("", "\n")
    return alone and len(line) < _HEADING and line[-1:] not in ".?!" and not scene.actors and line[0] not in "-\u2022\u2013"


_HEADING = 60  # code points of a line that may be a heading


def _items_end(low: str, start: int) -> int:
    """Where the items of a list that begin here, blank lines between them, end."""
    while start < len(low):
        end = low.find("\n", start) + 1 or len(low)
        if low[start:end].strip() and not _ITEM.match(low, start, end):
            break
        start = end
    return start


def _complete(frames: Sequence[Frame]) -> None:
    """Give deals with a sum the parties that no sentence placed, unless another deal has that sum."""
    whole = {(frame.money.value, frame.money.currency) for frame in frames if frame.money is not None and _is_whole(frame)}
    for frame in frames:
        if frame.kind == SAME and frame.guess and frame.cue.rule.kind == "acquisition":
            frame.kind = "acquisition"
        if frame.money is not None and frame.kind != SAME and (frame.money.value, frame.money.currency) not in whole:
            for slot, entity in frame.guess.items():
                side = getattr(frame, slot)
                if not side and entity.name not in _names((*frame.payer, *frame.payee)):
                    side.append(entity)


def _lone_sum(scene: Scene) -> Money | None:
    """The sum that is all a sentence says: "Two billion euros." The next one tells what it is for."""
    if len(scene.money) != 1 or scene.deals or scene.roles or scene.actors:
        return None
    (money,) = scene.money
    return money if scene.end - scene.start - (money.end - money.start) <= _LITTLE else None


_LITTLE = 12  # code points beside a sum that is all a sentence says


def _comes_late(frame: Frame) -> tuple[bool, bool]:
    """What speaks of a deal told already comes last, as the sentence itself may tell it; and so does a light verb without a sum."""
    return frame.kind == SAME, frame.money is None and frame.cue.rule.light


def _deny(frame: Frame, sentence: int) -> None:
    """A sentence that only denies ("there is nothing in it") denies the talks or plans told just before it."""
    if sentence - frame.sentence <= 2 and frame.status in ("in_talks", "planned"):
        frame.status, frame.hedged = "denied", True
        frame.sentences[sentence] = None


def _note_topic(scene: Scene, discourse: Discourse, objects: AbstractSet[int]) -> None:
    """The first bare company of a sentence, or the only one, is what the next ones call "the company" or "it"."""
    if not scene.actors:
        return
    actors = [a for a in scene.actors if not a.open_run and a.start not in objects and not (a.entity and a.entity.kinds & _BYSTANDERS)]
    named = {actor.entity.name: actor for actor in actors if actor.entity is not None}
    only = next(iter(named.values())) if len(named) == 1 else None
    if only is not None and only.entity is not None and (only.label in ("", "poss") or discourse.leads(only.entity)):
        actors = [only]
    else:
        actors = [actor for actor in actors if actor.label == ""]
    for actor in actors:
        entity = actor.entity or (actor.reference and discourse.resolve(actor.reference, set()))
        if entity and (discourse.leads(entity) or not entity.kinds & _LENDERS):
            discourse.topics.append((actor.start, scene.index, entity))
            return


def _leaders(scenes: Sequence[Scene]) -> frozenset[str]:
    """The companies that are most often the first bare one of a sentence; the first sentence that has one is the title and counts twice."""
    counts: Counter[str] = Counter()
    for scene in scenes:
        first = next((a.entity for a in scene.actors if a.entity is not None and a.label == "" and not a.entity.kinds & _BYSTANDERS), None)
        if first is not None:
            counts[first.name] += 1 if counts else 2
    most = max(counts.values(), default=0)
    return frozenset(name for name, count in counts.items() if count == most)


def _host(frame: Frame, here: Sequence[Frame], earlier: Sequence[Frame]) -> Frame | None:
    """The frame that a new one only adds to, or None where it is a deal of its own."""
    for other in reversed(here[-12:]):
        if (frame.kind == SAME or frame.kind == other.kind) and _may_be_one(frame, other, loose=True):
            return other
        if frame.kind in _RAISED and other.kind in _RAISED and (frame.cue.rule.light or other.cue.rule.light) and (
                frame.money is None or other.money is None) and _agree(frame.payee, other.payee):  # fmt: skip
            return other
        if _halves(frame, other) or _backs(frame, other) or _turns_down(frame, other):
            return other
    near = [other for other in reversed(earlier[-12:]) if frame.sentence - other.sentence <= 4]
    if frame.kind == SAME:
        fits = [other for other in near if _may_be_one(frame, other, loose=True)]
        equal = [other for other in fits if frame.money is not None and other.money is not None]
        return next(iter(equal or fits), None)
    for other in near[:3]:
        if not (other.money or other.stake is not None or (other.payer and other.payee)):
            continue
        if _names_givers(frame, other):
            return other
        if frame.kind == other.kind and (frame.money is None or other.money is None) and _may_be_one(frame, other, loose=False):
            return other
    return None


def _names_givers(frame: Frame, round_: Frame) -> bool:
    """Whether words without a sum say who gave the money of a round told before them: "received the investment from Acme", "Bolt also took part"."""
    if frame.money is not None or frame.stake is not None or not frame.payer:
        return False
    if round_.kind != "funding_round" or round_.money is None or round_.payer:
        return False
    joins = frame.kind == "funding_round" and not frame.told and frame.sentence - round_.sentence <= 2
    same = frame.kind == "investment" and _names(round_.payee) == _names(frame.payee)
    return (joins or same) and not _names(frame.payer) & _names(round_.payee)


def _agree(some: Sequence[Entity], others: Sequence[Entity]) -> bool:
    """Whether two sides can be the same: one is open, or they share a company."""
    return not some or not others or bool(_names(some) & _names(others))


def _halves(a: Frame, b: Frame) -> bool:
    """Whether two frames of one sentence tell one deal: the same payer, one with the sum and no payee, the other with the payee and no sum."""
    if {a.kind, b.kind} - _BOUGHT or not a.payer or _names(a.payer) != _names(b.payer):
        return False
    return any(x.money is not None and not x.payee and y.money is None and y.payee
               and (x.kind, y.kind) != ("acquisition", "purchase")  # "bought it, paying Acme 3 million": that is the seller
               for x, y in ((a, b), (b, a)))  # fmt: skip


def _turns_down(frame: Frame, other: Frame) -> bool:
    """Whether a refusal that names nobody else is the answer to the bid that its sentence tells: "Acme offered 5 million, but they refused"."""
    alone = frame.money is None and frame.stake is None and not frame.payer and (not frame.told or _names(frame.payee) <= _names(other.payer))
    return frame.status == "denied" and frame.kind == other.kind and alone


def _backs(frame: Frame, other: Frame) -> bool:
    """Whether a cue without a sum names the lenders of the loan that its sentence tells: "a loan of 5 billion led by Acme"."""
    joins = TOPIC in frame.cue.rule.payee[:1] and frame.money is None and frame.stake is None and frame.kind == "funding_round"
    return joins and other.kind == "financing" and other.money is not None and not other.payer


_BOUGHT = frozenset(("purchase", "acquisition", "investment"))
_RAISED = frozenset(("funding_round", "listing", "financing", "share_sale"))  # what money can be raised by


def _names(entities: Iterable[Entity]) -> set[str]:
    return {entity.name for entity in entities}


def _may_be_one(a: Frame, b: Frame, loose: bool) -> bool:
    """Whether two frames of one kind can be the same deal: no sum and no party of one contradicts the other.

    `loose` (one sentence tells both): investors of one round may be named one after the other.
    """
    if a.money is not None and b.money is not None and not _same_sum(a.money, b.money):
        return False
    if a.stake is not None and b.stake is not None and a.stake != b.stake:
        return False
    sides = [(_names(a.payee), _names(b.payee))]
    # the investors of one round are named here and there; two sums that agree or one that is missing show it to be one
    if not ({a.kind, b.kind} in _ROUNDS and (loose or a.money is not None or b.money is not None)):
        sides.append((_names(a.payer), _names(b.payer)))
    for ours, theirs in sides:
        if ours and theirs and not ours & theirs:
            return False
    shared = (_names(a.payer) & _names(b.payer)) | (_names(a.payee) & _names(b.payee))
    return loose or bool(shared) or not (a.payer or a.payee)


_ROUNDS = ({"funding_round"}, {"funding_round", SAME})


def _same_sum(a: Money, b: Money) -> bool:
    return (a.value, a.low if a.value is None else None, a.currency) == (b.value, b.low if b.value is None else None, b.currency)


def _absorb(host: Frame, frame: Frame) -> None:
    """Add to a deal what another telling of it knows."""
    if host.cue.rule.light and frame.kind in _RAISED:
        host.kind, host.cue = frame.kind, frame.cue
    if host.kind in ("other", SAME) or (not host.payee and frame.payee and frame.kind in _BOUGHT and host.kind in _BOUGHT):
        host.kind = frame.kind if frame.kind != SAME else host.kind
    for mine, theirs, other in ((host.payer, frame.payer, _names(host.payee)), (host.payee, frame.payee, _names(host.payer))):
        mine.extend(e for e in theirs if e.name not in _names(mine) and e.name not in other)
    host.stake = host.stake if host.stake is not None else frame.stake
    host.valuation = host.valuation or frame.valuation
    if frame.money is not None and host.money is None and not host.hedged:
        host.status, host.hedged = frame.status or host.status, frame.hedged
    elif frame.hedged and not (host.status == "completed" and frame.status in ("in_talks", "planned")) and (
            not host.hedged or _HEDGES.get(frame.status or "", 0) == 4 or _is_done(host, frame)):  # fmt: skip
        host.status, host.hedged = frame.status, True
    host.status = host.status or frame.status
    host.money = host.money or frame.money
    host.sentences.update(frame.sentences)
    host.rules.extend(rule for rule in frame.rules if rule not in host.rules)


def _is_done(host: Frame, frame: Frame) -> bool:
    """Whether a sentence about a deal told as agreed says that it has been closed since: "The transaction was completed in March"."""
    return frame.kind == SAME and frame.status == "completed" and host.status == "signed"


def _merge_frames(frames: Sequence[Frame]) -> list[Frame]:
    """One frame a deal: frames with the same sum and no contradicting party are one, whatever lies between them."""
    merged: list[Frame] = []
    by_sum: dict[object, list[Frame]] = {}
    for frame in frames:
        if frame.money is None and frame.stake is None and _settles(frame, merged):
            continue
        key = (frame.money.value, frame.money.low, frame.money.currency) if frame.money else frame.stake
        for other in by_sum.get(key, [])[:_MEMORY] if key is not None else ():
            if (frame.kind == other.kind or _is_whole(frame) is False or "other" in (frame.kind, other.kind)
                    or _names(frame.payee) == _names(other.payee)) and _may_be_one(frame, other, loose=False):  # fmt: skip
                _absorb(other, frame)
                break
        else:
            merged.append(frame)
            by_sum.setdefault(key, []).append(frame)
    return merged


def _settles(frame: Frame, told: Sequence[Frame]) -> bool:
    """Whether a later sentence without a sum says what became of a deal told before, which then has its status: "completed the purchase"."""
    if frame.status not in ("completed", "denied") or not frame.payer or not frame.payee:
        return False
    for other in reversed(told[-_MEMORY:]):
        same = other.kind == frame.kind and _names(other.payer) == _names(frame.payer) and _names(other.payee) == _names(frame.payee)
        if same and other.status in ("signed", "planned", "in_talks") and _is_whole(other):
            other.status = frame.status
            other.sentences.update(frame.sentences)
            other.rules.extend(rule for rule in frame.rules if rule not in other.rules)
            return True
    return False


def _is_whole(frame: Frame) -> bool:
    """A deal is told when it has a sum or a stake and the parties that its kind needs."""
    if frame.kind == SAME or (frame.money is None and frame.stake is None):
        return False
    return all(getattr(frame, slot) for slot in _REQUIRED[frame.kind])


def _note_valuation(scene: Scene, governed: Mapping[int, Cue], frames: Sequence[Frame]) -> None:
    """A valuation told beside a deal is that deal's."""
    for money in scene.money:
        cue = governed.get(money.start)
        if cue is not None and cue.rule.role == "valuation" and frames:
            frames[-1].valuation = frames[-1].valuation or money
            if scene.index == frames[-1].sentence:
                return


def _sum_roles(scenes: Sequence[Scene], cues: Mapping[int, Cue], owners: Mapping[int, Frame]) -> dict[int, str]:
    """The role of every sum: its deal's kind, its cue's role, else that of an equal sum of the article."""
    roles: dict[int, str] = {}
    by_value: dict[object, str] = {}
    open_sums = []
    for scene in scenes:
        for money in scene.money:
            role = _cue_role(cues.get(money.start), owners.get(money.start))
            if role is None:
                open_sums.append(money)
                continue
            roles[money.start] = role
            by_value.setdefault((money.value, money.currency), role)
    for money in open_sums:
        roles[money.start] = by_value.get((money.value, money.currency), "price" if _is_price(money) else "other")
    return roles


def _cue_role(cue: Cue | None, frame: Frame | None) -> str | None:
    if cue is None:
        return None
    if cue.rule.section == "roles":
        return cue.rule.role
    if frame is not None and cue.rule.otherwise and not _is_whole(frame):
        return cue.rule.otherwise
    if frame is not None and frame.kind != SAME:
        return frame.kind
    return cue.rule.kind if cue.rule.kind != SAME else None


# ---- sources: who says so --------------------------------------------------------------------------------------------------------


@plain(frozen=False)
class Attribution:
    """A source as the article builds it up: one for each name, one for all unnamed people."""

    name: str | None
    kind: str
    first: bool
    acts: list[str]
    spans: dict[tuple[int, int], None]  # in order, each once
    rule: str


_SPEAKERS = {"outlet": "outlet", "person": "person", "company": "company"}


_REFERRED = "sources.reference"


def find_sources(copy: Copy, found: Findings, scenes: Sequence[Scene], discourse: Discourse) -> list[Attribution]:
    """Everyone to whom the article attributes information, with what they did.

    It comes last, for by then the article's deals have shown who does what: `discourse` knows what each sentence speaks of, and
    unknown names that take part in a deal are companies. A company counts where a rule's `who` lets it speak.
    """
    told: dict[str | None, Attribution] = {}
    names, references, cues, titles = (by_sentence(things, found.sentences) for things in (
        sorted(found.names, key=attrgetter("start")), found.references, found.cues.get("sources", ()), found.cues.get("people", ())))  # fmt: skip
    by_index = {scene.index: scene for scene in scenes}
    person: Name | None = None  # the last one named: whom "the executive" means
    discourse.restart()
    strangers = {entity.name for entity in discourse.adopted.values()} - {name.entity.name for name in found.names}
    for index in sorted({*names, *references, *cues}):
        begin, end = found.sentences[index]
        mine, here = cues.get(index, []), names.get(index, [])
        discourse.enter(copy.low, by_index.get(index) or Scene(index, begin, end, (), (), (), (), (), ()))
        if mine:
            nouns = [r for r in references.get(index, ()) if not _is_name_behind(copy.low, r, here, discourse.grammar)]
            speakers = sorted([*here, *_speaking_references(nouns, mine, discourse, strangers)], key=attrgetter("start"))
            _sentence_sources(copy.low, (begin, end), mine, speakers, discourse, strangers, told)
            if person is not None and not any(name.entity.kind == "person" for name in here):
                for cue, title in _titles_speaking(copy.low, titles.get(index, ()), mine, discourse.grammar):
                    _note(told, replace(person, start=title.start, end=title.end), cue.rule.act or "stated", False, cue.rule.id)
        person = next((name for name in reversed(here) if name.entity.kind == "person"), person)
        quoted = '"' in copy.text[begin:end] or any("subject" in cue.rule.source for cue in mine)
        floor = begin
        for name in here:
            # newsrooms name others for what they said; an outlet that does business is told apart by its deals
            if name.entity.kind == "outlet":
                _note(told, name, "reported", False, "sources.outlet")
            elif name.entity.kind == "person" and quoted and not case_label(copy.low, name.start, floor, discourse.grammar):
                _note(told, name, "stated", False, "sources.quote")
            floor = name.end  # "told Reuters Jane Doe": the preposition is the agency's
    return list(told.values())


def _titles_speaking(low: str, titles: Sequence[Cue], cues: Sequence[Cue], grammar: NamesGrammar) -> Iterator[tuple[Cue, Cue]]:
    """The titles with an article right beside a verb of speech, and that verb: "said the executive", but not "said the head of Acme"."""
    for title in titles:
        before = _PIECES.findall(low, max(0, title.start - 14), title.start)
        behind = _PIECES.findall(low, title.end, title.end + 14)
        if not before or before[-1] not in grammar.determiners or grammar.cases.get("".join(behind[:1])) == "of":
            continue
        start = title.start - len(before[-1]) - 1
        for cue in cues:
            beside = 0 <= start - cue.end <= 1 or 0 <= cue.start - title.end <= 1 or cue.start <= start < cue.end
            if beside and cue.rule.source and "person" in cue.rule.who:
                yield cue, title
                break


def _is_name_behind(low: str, reference: Reference, names: Sequence[Name], grammar: NamesGrammar) -> bool:
    """Whether the name that a company noun belongs to follows it: "the Estonian group Acme"."""
    k = bisect.bisect_left(names, reference.end, key=attrgetter("start"))
    noun = Actor(reference.start, reference.end, None, reference, "", 0)
    return k < len(names) and names[k].entity.kind == "company" and _is_named_by(noun, low[reference.end : names[k].start], False, grammar)


def _speaking_references(references: Sequence[Reference], cues: Sequence[Cue], discourse: Discourse,
                         strangers: AbstractSet[str]) -> Iterator[Name]:  # fmt: skip
    """The references of a sentence as mentions of the companies that they stand for, so that "the company said" has a speaker.

    A pronoun speaks only right beside its verb: "it" stands for all sorts of things, and "they" are mostly people.
    """
    starts, ends = [cue.start for cue in cues], {cue.end + 1 for cue in cues}
    for reference in references:
        k = bisect.bisect_left(starts, reference.end)
        if reference.kind in ("pronoun", "latter") and reference.start not in ends and not (k < len(starts) and starts[k] - reference.end <= 1):
            continue
        entity = discourse.resolve(reference, strangers)
        if entity is not None:  # "the investor laughs" is a person
            yield Name(reference.start, reference.end, entity, "" if reference.kind == "investor" else _REFERRED)


def _sentence_sources(low: str, span: tuple[int, int], cues: Sequence[Cue], names: Sequence[Name], discourse: Discourse,
                      strangers: AbstractSet[str], found: dict[str | None, Attribution]) -> None:  # fmt: skip
    speakers = [name for name in names if name.entity.kind in _SPEAKERS]
    actors = find_actors(Copy("", low, None, words_of("", "")), span, speakers, (), (), [cue.end for cue in cues], discourse.grammar)
    by_start = {name.start: name for name in speakers}
    for cue in cues:
        rule = cue.rule
        if rule.kind == "anonymous":
            entry = found.setdefault(None, Attribution(None, "anonymous", False, [], {}, rule.id))
            _add(entry, rule.act or "reported", (cue.start, cue.end))
            continue
        for label in rule.source:
            group = _owner(actors, cue, cues, by_start, discourse, strangers) if label == TOPIC else _speaking(actors, cue, label, by_start)
            if group:
                for name in group:
                    _note(found, name, rule.act or "reported", rule.first, rule.id)
                break
    for cue in cues:
        if cue.rule.first and not cue.rule.source:
            outlets = [name for name in speakers if name.entity.kind == "outlet"]
            if outlets:
                nearest = min(outlets, key=lambda name: max(cue.start - name.end, name.start - cue.end))
                _note(found, nearest, "first_reported", True, cue.rule.id)


def _owner(actors: Sequence[Actor], cue: Cue, cues: Sequence[Cue], names: Mapping[int, Name], discourse: Discourse,
           strangers: AbstractSet[str]) -> list[Name]:  # fmt: skip
    """Whose document a cue speaks of: that of the company which its sentence, else the article, is about.

    Nobody where a verb of speech stands right before ("Acme said in a filing"): its subject is who speaks.
    """
    if any(0 <= cue.start - other.end <= 12 for other in cues if other is not cue and other.rule.source):
        return []
    bare = [actor for actor in actors if not actor.label and names[actor.start].entity.kind == "company"]
    if bare:
        return [names[actor.start] for actor in bare if actor.group == bare[0].group]
    entity = discourse.resolve(Reference(cue.start, cue.end, "pronoun"), strangers)
    return [] if entity is None else [Name(cue.start, cue.end, entity)]


def _speaking(actors: Sequence[Actor], cue: Cue, label: str, names: Mapping[int, Name]) -> list[Name]:
    """The names that one label of an attribution rule points at, those that the rule lets speak."""
    allowed = cue.rule.who
    fits = [actor for actor in actors if names[actor.start].entity.kind in allowed or _says(names[actor.start], cue)]
    if label == "subject":
        for actor in reversed(fits):
            reach = 40 if names[actor.start].entity.kind == "company" else 120
            if actor.end <= cue.start and not actor.label and cue.start - actor.end < reach:
                return [names[a.start] for a in fits if a.group == actor.group and a.end <= cue.start]
        return []
    wanted = "" if label == "object" else label
    for actor in fits:
        if actor.start >= cue.end and actor.start - cue.end < 70 and (actor.label == wanted or label == "any"):
            return [names[a.start] for a in fits if a.group == actor.group]
    if label not in ("object", "any"):
        for actor in reversed(fits):
            if actor.end <= cue.start and cue.start - actor.end < 70 and actor.label == wanted:
                return [names[a.start] for a in fits if a.group == actor.group]
    return []


def _says(name: Name, cue: Cue) -> bool:
    """Whether a company called by another word stands right beside a verb of people: "the start-up admits"."""
    return name.rule == _REFERRED and "person" in cue.rule.who and (0 <= cue.start - name.end <= 2 or 0 <= name.start - cue.end <= 5)


def _note(found: dict[str | None, Attribution], name: Name, act: str, first: bool, rule: str) -> None:
    entity = name.entity
    entry = found.get(entity.name)
    if entry is None:
        entry = found[entity.name] = Attribution(entity.name, _SPEAKERS[entity.kind], False, [], {}, rule)
    entry.first |= first
    _add(entry, "first_reported" if first else act, (name.start, name.end))


def _add(entry: Attribution, act: str, span: tuple[int, int]) -> None:
    if act not in entry.acts:
        entry.acts.append(act)
    entry.spans.setdefault(span)


# ---- patterns: compiling the language files and the name lists -------------------------------------------------------------------


@plain()
class Language:
    """All that one language file says, compiled. Made when the language is first met."""

    code: str
    money: MoneyGrammar
    dates: DateGrammar
    names: NamesGrammar
    cues: CueIndex
    abbreviations: frozenset[str]
    ordinal_dot: bool
    met: dict[str, WordFacts] = field(default_factory=dict)  # words (as written) met so far

    def look(self, word: str, gazetteer: Gazetteer) -> WordFacts:
        """What a word (as written) is to each stage."""
        low = lowered(word)
        names = self.names
        return WordFacts(self.money.look(word), begins_name(word, gazetteer, names), self.cues.look(low), self.dates.is_strong(low),
                         word in names.nationals or low in names.nationals, is_capital(word), demonym(word, names) is not None)  # fmt: skip


class WordFacts(NamedTuple):
    """What a word is to each stage, so that one look-up serves them all: what the fields mean their stages say."""

    amount: int
    begins_name: bool
    cues: WordCues | None
    dated: bool
    national: bool
    capital: bool
    demonym: bool


class ReadWords(NamedTuple):
    """The facts of all words of a text, each a column for its stage."""

    amounts: Sequence[int]
    begin_names: Sequence[bool]
    cues: Sequence[WordCues | None]
    dated: list[int]  # where the words begin on which a date may hang
    nationals: list[tuple[int, int]]
    capitals: frozenset[int]  # where the words begin that have a capital
    demonyms: list[int]  # where adjectives of countries and towns begin


def read_words(words: Words, language: Language, gazetteer: Gazetteer) -> ReadWords:
    """What a language knows of each word of a text."""
    rows = looked_up(words.written, language.met, partial(language.look, gazetteer=gazetteer))
    amounts, names, cues, dated, nationals, capitals, demonyms = zip(*rows, strict=True) if rows else ((),) * 7
    return ReadWords(amounts, names, cues, [start for start, _ in compress(words.spans, dated)], list(compress(words.spans, nationals)),
                     frozenset([start for start, _ in compress(words.spans, capitals)]),
                     [start for start, _ in compress(words.spans, demonyms)])  # fmt: skip


_CUE_SECTIONS = ("sources", "roles", "deals", "status")


def compile_language(data: Mapping[str, Any], currencies: Mapping[str, Any], places: Mapping[str, Any]) -> Language:
    """Make a language of the data of its file; an empty mapping gives what needs no language."""
    fragments = data.get("fragments", {})
    rules = [(expand(_loosen(item["match"], data), fragments), _rule_of(section, item))
             for section in _CUE_SECTIONS for item in data.get(section, ())]  # fmt: skip
    names = data.get("names", {})
    for kind, forms in names.get("nouns", {}).items():
        rules += [(_loosen(form, data), Rule(f"noun-{kind}", "nouns", kind=kind)) for form in forms]
    rules += [(_loosen(form, data), Rule("title", "people")) for form in names.get("people", {}).get("titles", ())]
    rules += [(_loosen(form, data), Rule("paper", "papers")) for form in names.get("papers", ())]
    sentences = data.get("sentences", {})
    return Language(
        code=data.get("language", ""),
        money=compile_money(data, currencies),
        dates=compile_dates(data.get("dates")),
        names=compile_names(names, frozenset(fold(word) for word in data.get("function_words", ())),
                            *_demonyms(places, data.get("language", ""), names.get("adjectives_as_nouns", False))),
        cues=index_rules(rules),
        abbreviations=frozenset(sentences.get("abbreviations", ())),
        ordinal_dot=bool(sentences.get("before_number")),
    )


def _loosen(pattern: str, data: Mapping[str, Any]) -> str:
    """Let letters with diacritics match without them where the language is often written so."""
    if not data.get("diacritics_optional"):
        return str(pattern)
    return "".join(f"(?:{c}|{fold(c)})" if not c.isascii() and c.isalpha() else c for c in pattern)


def _rule_of(section: str, item: Mapping[str, Any]) -> Rule:
    """A rule of the engine from one of a language file."""
    alternative = item.get("or")
    return Rule(
        id=item.get("id", ""),
        section=section,
        kind=item.get("kind"),
        role=item.get("role"),
        status=item.get("status"),
        payer=tuple(item.get("payer", ())),
        payee=tuple(item.get("payee", ())),
        source=tuple(item.get("source", ())),
        act=item.get("act"),
        first=item.get("first", False),
        who=tuple(item.get("who", ("outlet", "person"))),
        otherwise=item.get("otherwise"),
        alternative=_rule_of(section, {"payer": item.get("payer", ()), **alternative}) if alternative else None,
        weight=item.get("weight", 0),
        leads=item.get("leads", False),
        light=item.get("light", False),
        rejects=item.get("rejects", False),
    )


def _case_tails(cases: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    tails: dict[str, set[str]] = {}
    for label, forms in cases.items():
        for form in forms:
            tails.setdefault(form.rsplit(" ", 1)[-1], set()).add(label)
    return {word: frozenset(labels) for word, labels in tails.items()}


def _demonyms(places: Mapping[str, Any], code: str, nominal: bool) -> tuple[dict[str, str], frozenset[str]]:
    """Adjectives of countries and towns in one language, with what they stand for; and those that can stand by themselves.

    `nominal`: the language uses every such adjective as a noun ("gli olandesi").
    """
    demonyms: dict[str, str] = {}
    nationals: set[str] = set()
    for key, items in (("code", places.get("countries", ())), ("names", places.get("cities", ()))):
        for item in items:
            seat = item[key] if key == "code" else item[key][0]
            adjectives, people = item.get("adjectives", {}).get(code, ()), item.get("nationals", {}).get(code, ())
            demonyms.update(dict.fromkeys((*adjectives, *people), seat))
            nationals.update(people, adjectives if nominal else ())
    return demonyms, frozenset(nationals)


def compile_names(names: Mapping[str, Any], function_words: frozenset[str], demonyms: Mapping[str, str], nationals: frozenset[str]) -> NamesGrammar:
    """The names grammar from the `names` key of a language file, the folded function words and what places.yaml calls its people."""
    def words(key: str) -> frozenset[str]:
        return frozenset(names.get(key, ()))

    return NamesGrammar(
        suffixes=words("suffixes"),
        articles=words("articles"),
        determiners=words("determiners"),
        connectors=words("connectors"),
        conjunctions=words("conjunctions"),
        openers=frozenset(fold(word) for word in names.get("openers", ())),
        not_names=frozenset(fold(word) for key in ("not_names", "articles", "determiners", "stops") for word in names.get(key, ()))
        | frozenset(fold(word) for forms in names.get("cases", {}).values() for word in forms) | function_words,
        cases={form: label for label, forms in names.get("cases", {}).items() for form in forms},
        case_labels=frozenset(names.get("cases", {})),
        case_tails=_case_tails(names.get("cases", {})),
        stops=words("stops"),
        possessives=words("possessives"),
        through=words("through"),
        against=words("against"),
        turns=words("turns"),
        others=words("others"),
        relatives=words("relatives"),
        genitives=tuple(names.get("genitives", ())),
        definite_endings=tuple(names.get("definite_endings", ())),
        noun_capitals=names.get("noun_capitals", False),
        noun_endings=tuple(names.get("noun_endings", ())),
        adjective_endings=tuple(names.get("adjective_endings", ())) or ("\0",),
        verb_second=names.get("verb_second", False),
        pronoun_dropped=names.get("pronoun_dropped", False),
        acronyms_as_words=names.get("acronyms_as_words", False),
        elided=frozenset(
            word for words in (names.get("articles", ()), names.get("determiners", ()), *names.get("cases", {}).values())
            for word in words if word.endswith("'")
        ),
        demonyms=demonyms,
        nationals=nationals,
    )


def compile_gazetteer(files: Mapping[str, Mapping[str, Any]]) -> Gazetteer:
    """One index of all names of the shared lists."""
    index: dict[str, list[Alias]] = {}
    by_name: dict[str, Entity] = {}
    by_seat: dict[str, list[Entity]] = {}
    lower_first: set[str] = set()
    city_names = {form: city["names"][0] for city in files["places"]["cities"] for form in city["names"]}
    for entity, forms, weak in _listed_entities(files, city_names):
        if entity.kind == "company":
            by_name[entity.name] = entity
            for seat in entity.seats:
                by_seat.setdefault(seat, []).append(entity)
        for form in dict.fromkeys((*forms, *weak)):
            words = tuple(fold(word) for word in WORD.findall(form))
            if not words:
                continue
            capitals = len(form) <= 5 and form[1:] != form[1:].lower()
            exact = form in weak or (entity.ambiguous and form == entity.name) or capitals or not form[-1].isalnum()
            if "generic" in entity.kinds:  # newsrooms write gpu and GPU
                exact = False
                lower_first.add(WORD.findall(form)[0].lower())
            held = replace(entity, ambiguous=True) if form in weak else entity
            index.setdefault(words[0], []).append(Alias(words, form, held, exact))
            if form[0].islower():
                lower_first.add(WORD.findall(form)[0].lower())
    return Gazetteer(
        index=Shelf((word, _forms(aliases)) for word, aliases in index.items()),
        lower_first=frozenset(lower_first),
        by_name=Shelf(by_name.items()),
        by_seat=Shelf((seat, tuple(entities)) for seat, entities in by_seat.items()),
        forms=re.compile(rf"(?:{'|'.join(files['forms']['legal_forms'])})(?!\w)"),
        head_words=frozenset(files["forms"]["head_words"]),
        unit_words=frozenset(files["forms"]["unit_words"]),
        group_words=frozenset(files["forms"].get("group_words", ())),
        given_names=frozenset(files["people"]["given_names"]),
        countries=frozenset(_country_name(country) for country in files["places"]["countries"]),
        led_by=_led_by(files["companies"]["companies"]),
    )


def _led_by(companies: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """By their folded names, the people by whom newspapers call a company, with all that are called so."""
    led: dict[str, tuple[str, ...]] = {}
    for item in companies:
        for person in item.get("led_by", ()):
            led[fold(person)] = (*led.get(fold(person), ()), item["name"])
    return led


def _forms(aliases: Sequence[Alias]) -> Forms:
    by_second: dict[str, list[Alias]] = {}
    for alias in sorted(aliases, key=lambda alias: -len(alias.words)):
        if len(alias.words) > 1:
            by_second.setdefault(alias.words[1], []).append(alias)
    return Forms(tuple(a for a in aliases if len(a.words) == 1), {word: tuple(found) for word, found in by_second.items()})


def _country_name(country: Mapping[str, Any]) -> str:
    """The name under which a country of places.yaml is kept: the first that it has."""
    return str(next(iter(country["names"].values()))[0])


def _listed_entities(files: Mapping[str, Mapping[str, Any]], cities: Mapping[str, str]) -> Iterator[tuple[Entity, Sequence[str], Sequence[str]]]:
    """Every listed entity with its forms and the forms that count in context only."""
    for item in files["companies"]["companies"]:
        name = item["name"]
        entity = Entity("company", name, item.get("parent"), item.get("ticker"), item.get("wikidata"), item.get("country"),
                        tuple(cities.get(seat, seat) for seat in item.get("seat", ())), frozenset(item.get("kinds", ())),
                        ambiguous=item.get("ambiguous", False))  # fmt: skip
        yield entity, (name, *item.get("aliases", ())), item.get("weak", ())
        for product in item.get("makes", ()):
            yield Entity("product", product, parent=name), (product,), ()
    for item in files["chips"]["chips"]:
        entity = Entity("chip", item["name"], kinds=frozenset(("generic",) if item.get("generic") else ()), vendor=item.get("vendor"),
                        chip_class=item.get("class"), ambiguous=item.get("ambiguous", False) or item.get("needs_vendor", False))  # fmt: skip
        yield entity, (item["name"], *item.get("aliases", ())), item.get("weak", ())
    for item in files["outlets"]["outlets"]:
        entity = Entity("outlet", item["name"], country=item.get("country"), ambiguous=item.get("ambiguous", False))
        yield entity, (item["name"], *item.get("aliases", ())), item.get("weak", ())
    for city in files["places"]["cities"]:
        yield Entity("place", city["names"][0], country=city.get("country")), city["names"], ()
    for country in files["places"]["countries"]:
        forms = [form for names in country["names"].values() for form in names]
        yield Entity("place", _country_name(country), country=country["code"]), forms, ()


# ---- patterns: the folder as the program uses it ---------------------------------------------------------------------------------


@plain()
class Options:
    """What the user says about all articles of a run: a language, a date for those without one, whether to name the patterns."""

    language: str | None = None
    reference_date: str | None = None
    explain: bool = False


class Patterns:
    """A patterns folder ready for use: the name lists compiled, each language compiled when an article first needs it.

    `data` gives the data of all files; it is asked only for what `keep` does not hold from an earlier run.
    """

    def __init__(self, data: Callable[[], Mapping[str, Any]], keep: Callable[[str, Callable[[], Any]], Any] = lambda _, make: make()) -> None:
        self._files = functools.cache(data)
        self._keep = keep
        self._compiled: dict[str | None, Language] = {}
        self.heads: Mapping[str, str]
        self.gazetteer: Gazetteer
        self.languages, self.heads, self.gazetteer = keep("names", self._shared)

    def _shared(self) -> tuple[frozenset[str], dict[str, str], Gazetteer]:
        """What every article needs: the languages, their function words and the names."""
        files = self._files()
        languages = sorted(set(files) - set(SHARED_FILES))
        return frozenset(languages), voters({code: files[code]["function_words"] for code in languages}), compile_gazetteer(files)

    def language(self, code: str | None) -> Language:
        """The language with this code, or what needs no language where it has no file."""
        known = code if code in self.languages else None
        if known not in self._compiled:
            self._compiled[known] = self._keep(known or "none", partial(self._compile, known))
        return self._compiled[known]

    def _compile(self, known: str | None) -> Language:
        """Make a language of its data. Raises ExtractError with the section that cannot be used: those without a shape can hold anything."""
        files = self._files()
        data = _whole_keys(files.get(known or "", {}))
        make = partial(compile_language, currencies=files["currencies"], places=files["places"])
        try:
            return make(data)
        except Exception as error:
            culprits = [section for section in data if _works(make, {key: value for key, value in data.items() if key != section})]
            what = f"{known}.yaml: {' or '.join(culprits)}: cannot be used ({type(error).__name__}: {error})"
            raise ExtractError(f"{what}; compare it with the program's own files in {default_patterns()}, and run --check-patterns") from error

    def rules(self, code: str, section: str) -> Sequence[Mapping[str, Any]]:
        """The rules of one section of a language file, as data."""
        return tuple(self._files()[code].get(section, ()))


def _works(make: Callable[[Any], object], data: Any) -> bool:
    """Whether something can be made of the data."""
    with contextlib.suppress(Exception):
        make(data)
        return True
    return False


def default_patterns() -> Path:
    """The program's own patterns: beside the script (or what a link to it points at), else where the wheel puts them."""
    here = Path(__file__).resolve().parent
    beside = here / "patterns"
    return beside if beside.is_dir() else here / "extract_deals_patterns"


def load_patterns(folder: Path) -> Patterns:
    """The patterns of a folder. Raises ExtractError naming everything that keeps the folder from being used."""
    keep = partial(_kept, _digest_of([Path(__file__), *folder_files(folder).values()]))
    own = keep("expressions", lambda: [_program(item.pattern, item.flags) for item in _EXPRESSIONS])
    for item, program in zip(_EXPRESSIONS, own, strict=True):
        item.kept = program
    return Patterns(lambda: dict(json.loads(keep("data", lambda: _folder_data(folder)))), keep)


def _digest_of(paths: Sequence[Path]) -> str:
    """A digest of Python's version and of all that stands in some files. Files that have the sizes and times that they had in an earlier
    run are not read again, unless they were changed just now: the clock may not yet have moved on, and a second change would not show."""
    def read() -> str:
        whole = b"".join(path.name.encode() + b"\0" + sha256(path.read_bytes()) for path in paths)
        return sha256(sys.version.encode() + whole).hex()

    known = [(str(path), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino) for path in paths for state in (path.stat(),)]
    if time.time_ns() - max(state[3] for state in known) < _JUST_NOW:
        return read()
    return _kept(sha256(repr((sys.version, known)).encode()).hex(), "digest", read)


_JUST_NOW = 2 * 10**9  # nanoseconds; file systems count time in up to two seconds


def _folder_data(folder: Path) -> str:
    """The data of all files of a folder, without the examples, as JSON. Raises ExtractError with all that keeps them from being used."""
    files = read_folder(folder)
    problems = [problem for name, file in files.items() for problem in shape_problems(name, file)]
    problems = problems or [problem for name, file in files.items() if not _compiles(name, file)
                            for problem in regex_problems(name, file, searching=False)]  # fmt: skip
    if problems:
        raise ExtractError("\n".join(map(str, sorted(problems))))
    return json.dumps({name: _without_examples(file.data) for name, file in files.items()}, ensure_ascii=False, default=float)


def _compiles(name: str, file: PatternFile) -> bool:
    """Whether all regular expressions of a file do; what is wrong with one that does not takes longer to say."""
    try:
        for route, pattern, regex in iter_regexes(file.data, SHARED_FILES.get(name, LANGUAGE_FILE)):
            re.compile(regex.wrap % expand(pattern, fragments_for(file.data, route, regex)))
    except (ExtractError, re.error, OverflowError, RecursionError):
        return False
    return True


_WHOLE = "\0"  # before a key that is a whole number: JSON knows keys of text only


def _whole_keys(data: Any) -> Any:
    """The data with whole numbers as keys again."""
    if isinstance(data, dict):
        return {int(key[1:]) if key[:1] == _WHOLE else key: _whole_keys(value) for key, value in data.items()}
    return data


def _without_examples(data: Any) -> Any:
    """The data of a patterns file as the engine needs it: rules without their examples."""
    if isinstance(data, dict):
        return {
            key if isinstance(key, str) else f"{_WHOLE}{key}": _without_examples(value)
            for key, value in data.items() if not ("match" in data and key in ("examples", "not"))
        }  # fmt: skip
    if isinstance(data, list):
        return [_without_examples(value) for value in data]
    return data


# ---- the way of an article: text in, record out ----------------------------------------------------------------------------------


@plain(frozen=False)
class Findings:
    """All mentions of one article, offsets in the reading copy."""

    money: list[Money]
    shares: list[Share]
    dates: list[DateMention]
    names: list[Name]
    references: list[Reference]
    runs: list[Run]
    cues: dict[str, list[Cue]]
    sentences: list[tuple[int, int]]
    sources: list[Attribution]
    proper: frozenset[tuple[str, ...]]  # the words of runs whose capitals do not come from where they stand
    pairs: int = 0  # of a deal cue and someone who may act in it, over all sentences

    def count(self) -> int:
        """How much was found, and so how much work and memory it takes."""
        lists: tuple[Sequence[object], ...] = (self.money, self.shares, self.dates, self.names, self.references, self.runs, self.sentences)
        return sum(map(len, (*lists, *self.cues.values()))) + self.pairs // PAIRS


PART = 500_000  # code points; a longer text is read in parts, so that memory does not grow with it beyond what is found
PAIRS = 10  # so many pairs of a cue and an actor take about as long as anything else that is found; few sentences of news hold more
MOST_FOUND = 750_000  # mentions, cues and sentences; no part is read after so many: ten megabytes of dense news hold fewer


def extract(article: Article, patterns: Patterns, options: Options) -> Record:
    """Make one article's record. Pure: the same article, patterns and options give the same record."""
    header, parts, end, found = None, [], 0, 0
    for start, end in part_spans(article.text):
        copy = reading_copy(article.text[start:end])
        code, confidence = (header.language, header.confidence) if header else _language_of(article, copy, patterns, options)
        language = patterns.language(code)
        facts = read_words(copy.words, language, patterns.gazetteer)
        header = header or _header_of(article, copy, language, code, confidence, options)
        mentions = read_mentions(copy, facts, language, patterns.gazetteer, header.reference, None if start else header.span)
        frames, roles = read_deals(copy, facts, mentions, language, patterns.gazetteer)
        parts.append(assemble(article, start, copy, mentions, frames, roles, header))
        found += mentions.count() + len(frames)
        if found > MOST_FOUND:
            break
    assert header
    return _whole(parts, [*article.warnings, *_warnings(header, parts), *_unread(end, article.text)])


def part_spans(text: str) -> Iterator[tuple[int, int]]:
    """The parts in which a text is read, nearly always one; a long text is cut at the last line end, sentence or blank that fits."""
    start = 0
    while len(text) - start > PART:
        end = start + PART
        ends = (text.rfind(mark, end - PART // 2, end) + len(mark) for mark in ("\n", ". ", " "))
        cut = next((at for at in ends if at > end - PART // 2), end)
        yield start, cut
        start = cut
    yield start, len(text)


def _unread(end: int, text: str) -> Iterator[str]:
    if end < len(text):
        yield f"{UNREAD} {end} of {len(text)}: more than {MOST_FOUND} mentions; split the text into articles"


UNREAD = "read only to character"


def _language_of(article: Article, copy: Copy, patterns: Patterns, options: Options) -> tuple[str | None, float | None]:
    """The language that the user or the input names, else what the text shows."""
    said = options.language or article.language
    return (said, 1.0) if said else detect_language(copy, patterns.heads)


def _header_of(article: Article, copy: Copy, language: Language, code: str | None, confidence: float | None, options: Options) -> Header:
    """What holds for the whole article, from what came with it and its (first) part."""
    found = None if article.published else find_published(copy.text, language.dates)
    published = article.published or (found[0] if found else None)
    return Header(code, confidence, published, published or options.reference_date, bool(language.code), found[1:] if found else None)


def read_mentions(
    copy: Copy, facts: ReadWords, language: Language, gazetteer: Gazetteer, reference: str | None, header: tuple[int, int] | None = None
) -> Findings:
    """All mentions of the article: sums first, then names, then dates, none reading what another has claimed.

    `header` is the span of the article's own date, which is no mention.
    """
    tokens = copy.words.spans
    money, shares, quantities = find_money(copy.text, language.money, copy.words, facts.amounts)
    claimed = sorted([(m.start, m.end) for m in money] + [(s.start, s.end) for s in shares] + quantities)
    sentences = split_sentences(copy, language.abbreviations, language.ordinal_dot, claimed)
    starts = sentence_starts(copy, sentences, tokens)
    names = outside(find_listed(copy, tokens, facts.begin_names, gazetteer, language.names), [(m.start, m.end) for m in money])
    cues = find_cues(copy, facts.cues)
    if "nouns" in cues and not language.names.noun_capitals:
        cues["nouns"] = [without_name(copy.text, cue, language.names) for cue in cues["nouns"]]
    names = settle_ambiguous(copy, names, starts, cues, language.names, gazetteer)
    solid = [(n.start, n.end) for n in names if n.entity.kind in ("company", "outlet", "product")]
    cues = {section: beside(found, solid) for section, found in cues.items()}
    common = common_nouns(copy, tokens, cues, language.names, gazetteer) if language.names.noun_capitals else titles_between(copy, cues)
    runs = find_runs(copy, tokens, names, starts, facts.capitals, language.names, gazetteer, sorted(claimed + common))
    runs = [run for run in runs if len(run.words) < 2 or not is_kicker(copy.text, run)]
    papers, runs = name_papers(copy, names, runs, cues, language.names)
    unlisted, runs = judge_runs(copy, runs, names, cues, language.names, gazetteer)
    names = sorted([*join_funds(copy, names, unlisted, gazetteer), *papers, *unlisted], key=lambda name: name.start)
    names, runs = name_acronyms(copy, names, runs)
    whole = [(name.start, name.end) for name in unlisted if name.entity.kind == "company"]
    cues = {section: not_inside(found, whole) for section, found in cues.items()}
    timed = {span for span in quantities if counts_time(copy.low, *span, language.dates)}
    claimed = sorted([span for span in claimed if span not in timed] + [(n.start, n.end) for n in names] + ([header] if header else []))
    dates = find_dates(copy.text, language.dates, datetime.date.fromisoformat(reference) if reference else None, claimed,
                       date_anchors(copy.low, facts.dated))
    references = find_references(copy, cues.get("nouns", ()), names, facts.nationals, language.names, gazetteer)
    proper = frozenset(run.words for run in runs if not run.initial or len(run.words) > 1) | opening_names(copy, runs, cues, language.names)
    return Findings(money, shares, dates, names, references, runs, cues, sentences, [], proper)


def read_deals(copy: Copy, facts: ReadWords, found: Findings, language: Language, gazetteer: Gazetteer) -> tuple[list[Frame], dict[int, str]]:
    """The deals of the article and the role of each sum, from its mentions; who says so, and companies that only deals show, join the mentions."""
    companies = [name for name in found.names if name.entity.kind == "company"]
    discourse = Discourse(gazetteer, language.names, companies, {run.start: run for run in found.runs},
                          told_seats=told_seats(copy, companies, facts.demonyms, language.names))  # fmt: skip
    things: dict[str, Sequence[Any]] = {
        "money": found.money, "companies": companies, "names": found.names, "shares": found.shares, "dates": found.dates, "runs": found.runs,
        "references": found.references, **{section: found.cues.get(section, ()) for section in ("deals", "roles", "status")},
    }  # fmt: skip
    inside = {kind: by_sentence(listed, found.sentences) for kind, listed in things.items()}
    nouns = [cue.start for cue in found.cues.get("nouns", ())]
    scenes = []
    refusals = {index for index, cues in inside["status"].items() if any(cue.rule.rejects for cue in cues)}
    for index in sorted({*inside["money"], *inside["companies"], *inside["deals"], *refusals}):
        here = {kind: groups.get(index, []) for kind, groups in inside.items()}
        scenes.append(make_scene(copy, index, found.sentences[index], here, found.proper, nouns, language))
    found.pairs = sum(len(scene.deals) * len(scene.actors) for scene in scenes)
    frames, roles = article_frames(copy.low, scenes, discourse)
    kept = {entity.name for frame in frames for entity in (*frame.payer, *frame.payee)}
    found.names.extend(name for name in discourse.adopted_names() if name.entity.name in kept)
    found.sources.extend(find_sources(copy, found, scenes, discourse))
    return frames, roles


def make_scene(copy: Copy, index: int, span: tuple[int, int], inside: Mapping[str, list[Any]], proper: AbstractSet[tuple[str, ...]],
               nouns: Sequence[int], language: Language) -> Scene:  # fmt: skip
    """One sentence with what stands in it."""
    money, deals, roles, status = inside["money"], inside["deals"], inside["roles"], inside["status"]
    actors: Sequence[Actor] = ()
    runs = [run for run in inside["runs"]
            if run.words in proper and not _modifies(copy.low, run, nouns, language.names)
            and not (language.names.noun_capitals and _has_article(copy.low, run, language.names))]  # fmt: skip
    if runs or inside["companies"] or inside["references"]:
        places = [name.end for name in inside["names"] if name.entity.kind == "outlet"
                  or (name.entity.kind == "place" and copy.text[name.end : name.end + 1] != "-")]  # fmt: skip
        barriers = sorted([*places, *[thing.end for things in (money, inside["dates"], deals) for thing in things]])
        actors = find_actors(copy, span, inside["companies"], inside["references"], runs, barriers, language.names)
    return Scene(index, *span, tuple(actors), tuple(money), tuple(inside["shares"]), tuple(deals), tuple(roles), tuple(status),
                 frozenset([actor.label for actor in actors]))  # fmt: skip


def _has_article(low: str, run: Run, grammar: NamesGrammar) -> bool:
    """Whether an article, an inflected adjective or a number stands before a run of one word: then it is a common noun."""
    before = low[max(0, run.start - 30) : run.start].split()
    if len(run.words) > 1 or not before or not run.words[0][1:].islower():  # BayWa is nobody's noun
        return False
    word = before[-1]
    if word in grammar.determiners or word in grammar.articles or word.isdigit():
        return True
    return len(word) > 4 and word.isalpha() and word.endswith(grammar.adjective_endings) and word not in grammar.stops and word not in grammar.cases


def _modifies(low: str, run: Run, nouns: Sequence[int], grammar: NamesGrammar) -> bool:
    """Whether a run stands before a company noun that it only describes: "a Kochi data centre firm"."""
    k = bisect.bisect_left(nouns, run.end)
    if k == len(nouns) or nouns[k] - run.end > 26 or not re.fullmatch(r"(?: [a-z]+){1,2} ", low[run.end : nouns[k]]):
        return False
    return not any(word in grammar.cases or word in grammar.stops or word in grammar.determiners or word in grammar.articles
                   for word in low[run.end : nouns[k]].split())  # fmt: skip


@plain()
class Header:
    """What the record says of the article as a whole."""

    language: str | None
    confidence: float | None
    published: str | None
    reference: str | None
    written: bool  # whether the language has a patterns file
    span: tuple[int, int] | None  # where the article's own date stands in the reading copy, if there


def assemble(article: Article, begin: int, copy: Copy, found: Findings, frames: Sequence[Frame], roles: Mapping[int, str],
             header: Header) -> Record:  # fmt: skip
    """The record of the part of the article that begins at `begin`: all in the article's own offsets, names gathered under their entities."""
    text = article.text

    def span(start: int, end: int) -> Span:
        start, end = copy.span(start, end)
        return Span(text[start + begin : end + begin], start + begin, end + begin)

    by_entity: dict[Entity, list[Name]] = {}
    for name in sorted(found.names, key=lambda name: name.start):
        by_entity.setdefault(name.entity, []).append(name)
    dealing = {entity.name for frame in frames for entity in (*frame.payer, *frame.payee)}
    parties = [
        Party(e.name, e.parent, e.ticker, e.wikidata, tuple(span(n.start, n.end) for n in names), names[0].rule)
        for e, names in by_entity.items() if e.kind == "company" and (e.name in dealing or not e.kinds or e.kinds - _BYSTANDERS)
    ]  # fmt: skip
    chips = [Chip(e.name, e.vendor, e.chip_class, tuple(span(n.start, n.end) for n in names), names[0].rule)
             for e, names in by_entity.items() if e.kind == "chip"]  # fmt: skip
    told = [s for s in found.sources if s.kind != "outlet" or s.name not in dealing]
    sources = [Source(s.name, s.kind, s.first, tuple(s.acts), tuple(span(*at) for at in s.spans), s.rule) for s in told]
    return Record(
        SCHEMA_VERSION, article.id, article.path, header.language, header.confidence, header.published, header.reference,
        amounts=tuple(_amount(m, span(m.start, m.end), roles.get(m.start, "other")) for m in found.money),
        parties=tuple(parties),
        chips=tuple(chips),
        dates=tuple(Date(*_texts_of(span(d.start, d.end)), d.value, d.first, d.last, d.relative, d.rule) for d in found.dates),
        sources=tuple(sources),
        deals=tuple(_deals(frames, found, span)),
        meta=article.meta,
        warnings=(),
    )  # fmt: skip


def _whole(parts: Sequence[Record], warnings: Sequence[str]) -> Record:
    """The record of an article from those of its parts: who stands in several has the mentions of all."""
    if len(parts) == 1:
        return replace(parts[0], warnings=tuple(warnings))
    return replace(
        parts[0],
        amounts=tuple(chain.from_iterable(part.amounts for part in parts)),
        parties=tuple(replace(same[0], mentions=_mentions_of(same)) for same in _alike(party for part in parts for party in part.parties)),
        chips=tuple(replace(same[0], mentions=_mentions_of(same)) for same in _alike(chip for part in parts for chip in part.chips)),
        dates=tuple(chain.from_iterable(part.dates for part in parts)),
        sources=tuple(
            replace(same[0], first=any(source.first for source in same), mentions=_mentions_of(same),
                    acts=tuple(dict.fromkeys(chain.from_iterable(source.acts for source in same))))
            for same in _alike(source for part in parts for source in part.sources)
        ),
        deals=tuple(chain.from_iterable(part.deals for part in parts)),
        warnings=tuple(warnings),
    )  # fmt: skip


def _alike(items: Iterable[T]) -> Iterable[list[T]]:
    """The items with the same name together, in order of first appearance."""
    by_name: dict[str | None, list[T]] = {}
    for item in items:
        by_name.setdefault(item.name, []).append(item)
    return by_name.values()


def _mentions_of(items: Iterable[Any]) -> tuple[Span, ...]:
    return tuple(chain.from_iterable(item.mentions for item in items))


def _texts_of(span: Span) -> tuple[str, int, int]:
    return span.text, span.start, span.end


def _amount(money: Money, span: Span, role: str) -> Amount:
    return Amount(span.text, span.start, span.end, number(money.value), money.currency, money.implied, money.modifier,
                  number(money.low), number(money.high), role, money.rule)  # fmt: skip


def number(value: int | Decimal | None) -> Number | None:
    """A JSON number: an integer where the value is one."""
    if value is None or isinstance(value, int):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _sum(money: Money | None) -> Sum | None:
    return None if money is None else Sum(number(money.value), money.currency, money.modifier, number(money.low), number(money.high))


def _deals(frames: Sequence[Frame], found: Findings, span: Callable[[int, int], Span]) -> Iterator[Deal]:
    """The frames as deals, with the chips, sources and dates of the sentences that tell them."""
    chips = by_sentence(sorted((name for name in found.names if name.entity.kind == "chip"), key=attrgetter("start")), found.sentences)
    dates = by_sentence((date for date in found.dates if date.value), found.sentences)
    sources: dict[int, list[int]] = {}
    for order, source in enumerate(found.sources):
        for index in by_sentence((Span("", *at) for at in source.spans), found.sentences):
            sources.setdefault(index, []).append(order)
    for frame in frames:
        evidence = [found.sentences[index] for index in frame.sentences]
        named = dict.fromkeys(name.entity.name for index in sorted(frame.sentences) for name in chips.get(index, ()))
        told = dict.fromkeys(found.sources[order].name for order in sorted({o for index in frame.sentences for o in sources.get(index, ())}))
        yield Deal(frame.kind, frame.status or "planned", tuple(e.name for e in frame.payer), tuple(e.name for e in frame.payee), _sum(frame.money),
                   None if frame.stake is None else float(frame.stake), _sum(frame.valuation), _deal_date(frame, dates.get(frame.sentence, ())),
                   tuple(named), tuple(told), tuple(_trimmed(span(*sentence)) for sentence in evidence), " ".join(frame.rules))  # fmt: skip


def _trimmed(span: Span) -> Span:
    """The span without the white space around it."""
    text = span.text.strip()
    start = span.start + span.text.index(text)
    return Span(text, start, start + len(text))


def _deal_date(frame: Frame, near: Sequence[DateMention]) -> str | None:
    """The date nearest to the cue in the sentence that tells the deal, if it is near."""
    if not near:
        return None
    best = min(near, key=lambda date: max(date.start - frame.cue.end, frame.cue.start - date.end))
    return best.value if max(best.start - frame.cue.end, frame.cue.start - best.end) < 90 else None


def _warnings(header: Header, parts: Sequence[Record]) -> Iterator[str]:
    if header.language and not header.written:
        yield f"unsupported language: {header.language}"
    if header.language is None:
        yield "language not known"
    left = sum(date.relative and date.from_ is None for part in parts for date in part.dates)
    if header.reference is None and left:
        yield f"no reference date: {left} relative date{'s' if left > 1 else ''} left open"


# ---- checking: every rule proves itself on its own examples ----------------------------------------------------------------------


def check_patterns(folder: Path) -> tuple[list[str], str]:
    """Everything wrong with a patterns folder, a line each in order of file and line, and the table of what each language can do."""
    return check_folder(folder, RUNNERS, _built, {"dates": compile_dates})


def _built(files: Mapping[str, PatternFile]) -> Patterns:
    """The patterns of the files, all languages compiled."""
    patterns = Patterns(lambda: {name: _without_examples(file.data) for name, file in files.items()})
    for language in sorted(patterns.languages):
        patterns.language(language)
    return patterns


def _example_record(example: Example, language: str, patterns: Patterns) -> Record:
    """The record of an example's text, read in the rule's own language; a date in it is never taken for the article's own."""
    reference = str(example.expected.get("reference") or "2025-12-17")
    return extract(Article("", "", example.text, language=language or None, published=reference), patterns, Options())


def _run_on(field_name: str, describe: Callable[[Any], Mapping[str, Any]]) -> Runner:
    """A runner that looks for an item of one field of the record, made by the rule, that holds all that an example expects."""

    def run(example: Example, language: str, patterns: Patterns) -> str | None:
        record = _example_record(example, language, patterns)
        items = [(item, describe(item)) for item in getattr(record, field_name)]
        if example.negative:
            mine = [item for item, _ in items if example.rule_id in str(item.rule).split()]
            return f"it finds {mine[0]!r}" if mine else None
        expected = {key: value for key, value in example.expected.items() if key != "reference"}
        complaints = [unmet(expected, found) for _, found in items]
        if None in complaints:
            return None
        return min((c for c in complaints if c), key=len, default=f"no {field_name} found")

    return run


def _as_dict(item: Any) -> dict[str, Any]:
    return dict(_fields_of(item, True))


def _deal_as_dict(deal: Any) -> dict[str, Any]:
    amount = deal.amount
    return {**_as_dict(deal), "value": amount and amount.value, "currency": amount and amount.currency,
            "modifier": amount and amount.modifier, "low": amount and amount.low, "high": amount and amount.high}  # fmt: skip


def _run_roles(example: Example, language: str, patterns: Patterns) -> str | None:
    """Roles show on the sums; a stake shows on the deal."""
    if "stake" in example.expected:
        return _run_on("deals", _deal_as_dict)(example, language, patterns)
    if example.negative:
        record = _example_record(example, language, patterns)
        role = next((rule["role"] for rule in patterns.rules(language, "roles") if rule["id"] == example.rule_id), None)
        wrong = [amount for amount in record.amounts if amount.role == role]
        return f"{wrong[0].text!r} has the role {role}" if wrong else None
    return _run_on("amounts", _as_dict)(example, language, patterns)


def _run_status(example: Example, language: str, patterns: Patterns) -> str | None:
    """A status shows on the deal that it colours."""
    record = _example_record(example, language, patterns)
    if example.negative:
        status = next((rule["status"] for rule in patterns.rules(language, "status") if rule["id"] == example.rule_id), None)
        wrong = [deal for deal in record.deals if deal.status == status]
        return f"a deal is {status}" if wrong else None
    found = [deal.status for deal in record.deals]
    return None if example.expected.get("status") in found else f"the deals are {found}"


def _run_dates(example: Example, language: str, patterns: Patterns) -> str | None:
    """A date has to come from the rule itself; a rule that passes over what only looks like a date shows by what it keeps out."""
    grammar = patterns.language(language).dates
    fitting = {match.rule for match in _matches(example.text, _read_line(example.text, grammar, ()), grammar) if match.rule.id == example.rule_id}
    skips = any(rule.skip for rules in grammar.rules.values() for rule in rules if rule.id == example.rule_id)
    if skips and bool(fitting) is example.negative:
        return "it fits" if fitting else "it does not fit"
    if skips and example.negative:
        return None
    dates = _example_record(example, language, patterns).dates
    own = [_as_dict(date) for date in dates if skips or date.rule == example.rule_id]
    if skips or example.negative:
        return f"{own[0]['text']!r} is read as a date" if own else None
    complaints = [unmet({k: v for k, v in example.expected.items() if k != "reference"}, date) for date in own]
    return None if None in complaints else next(iter(complaints), "no date found")


RUNNERS: Mapping[str, Runner] = {
    "money": _run_on("amounts", _as_dict),
    "dates": _run_dates,
    "sources": _run_on("sources", _as_dict),
    "deals": _run_on("deals", _deal_as_dict),
    "roles": _run_roles,
    "status": _run_status,
}


# ---- merge: one deal, told by many -----------------------------------------------------------------------------------------------
#
# Every deal of every article is a *telling*. Tellings are gathered into deals in four steps, each over deals only:
#   1. same parties, kind and time, and sums that can all be true at once: one deal;
#   2. same parties, kind and stage, but sums that contradict each other: one deal with a conflict, if no article tells both sums
#      (an article that does is the proof that there are two deals) and the sums are of one order;
#   3. tellings without a sum join the one deal that they can be about; where there are several, they join none;
#   4. one sum between the same parties under two kinds that newsrooms mix up: one deal.
# Tellings are put in a fixed order first, so the order of the input does not matter.

ROUNDING = 0.02  # an exact sum may be a rounded one: 6.63 is told as 6.6
ABOUT = 0.1  # how far "about" reaches
OPEN_END = 1.5  # "more than 4" is not said of 8: a bound is near the sum that it bounds, within this factor
ONE_ORDER = 3.0  # sums further apart than this factor are not a disagreement about one deal
SAME_TALKS_DAYS = 365  # talks told of more than a year apart are other talks
NEW_TALKS_DAYS = 60  # talks told of so long after a deal was done are about the next deal
SAME_DONE_DAYS = 100  # dates given for one finished deal (signed, closed) differ by a quarter at most …
SAME_PLAN_DAYS = 548  # … while a plan and its closing may be a year and a half apart
SAME_NEWS_DAYS = 180  # contradicting sums are about one deal only if the articles are of one time
RESUMED_DAYS = 30  # talks told of so long after a denial were taken up again
LEAST_SHARE = 3  # a party counts if at least one in so many reports names it
STEP = math.log(OPEN_END)
MOST_MONEY = 1e30  # beyond it a number is no sum of money in any currency
MOST_VARIANTS = 200  # of more deals between the same parties nobody can say which contradict each other
PROSPECTS = ("in_talks", "planned")
DONE = ("signed", "completed")
ROUNDS = ("investment", "funding_round")  # an investor's view and the company's view of the same money
MIXED_KINDS = frozenset(
    frozenset(pair) for pair in (
        ("investment", "acquisition"), ("acquisition", "purchase"), ("acquisition", "share_sale"), ("investment", "financing"),
        ("funding_round", "financing"), *(("other", kind) for kind in DEAL_KINDS if kind != "other"),
    )
)  # fmt: skip

Days = tuple[datetime.date, datetime.date]
@plain()
class Teller:
    """Who says so: `name` is None for unnamed people; `reports` counts the articles that cite them for this deal."""

    name: str | None
    kind: str
    reports: int


@plain()
class FirstReport:
    """An outlet that had the news first, according to `reports` articles in these languages."""

    name: str
    reports: int
    languages: tuple[str, ...]


@plain()
class ToldSum:
    """One way in which the sum is told, and by how many articles in which languages."""

    amount: Sum
    reports: int
    languages: tuple[str, ...]


@plain()
class Variant:
    """One side of a disagreement, for people (`value`), and who takes it."""

    value: str
    languages: tuple[str, ...]
    paths: tuple[str, ...]


@plain()
class Conflict:
    """Where the articles disagree: the field, all of it in one line ("amount: > 4 bn (en) against ≥ 8 bn (es, it)"), and each side."""

    field: str
    text: str
    variants: tuple[Variant, ...]


@plain()
class Report:
    """What one article says of the deal; `sources` holds None for unnamed people, `evidence` offsets are code points, end exclusive."""

    path: str
    id: str
    language: str | None
    published: str | None
    amount: Sum | None
    status: str
    sources: tuple[str | None, ...]
    evidence: tuple[Span, ...]


@plain()
class MergedDeal:
    """One line of --merge: a deal over all articles that tell it.

    `amount` is the sum the sources agree on (of compatible ones the most told), None where they contradict each other or tell none;
    `amounts` has every way it is told. `status` is the furthest along by date. `date` is EDTF, `from_` and `to` the days that the told
    dates cover; `first_published` and `last_published` are of the articles. `parents` names the parent of each party that has one.
    `confirmations` counts the distinct outlets cited. `circular`: the circles of money that the deal is part of, as names from
    payer to payee.
    """

    schema_version: int
    kind: str
    status: str
    payer: tuple[str, ...]
    payee: tuple[str, ...]
    parents: dict[str, str]
    amount: Sum | None
    amounts: tuple[ToldSum, ...]
    stake: float | None
    valuation: Sum | None
    date: str | None
    from_: str | None
    to: str | None
    first_published: str | None
    last_published: str | None
    chips: tuple[str, ...]
    sources: tuple[Teller, ...]
    first_reported_by: tuple[FirstReport, ...]
    confirmations: int
    languages: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    circular: tuple[tuple[str, ...], ...]
    reports: tuple[Report, ...]


@plain()
class Telling:
    """One deal as one article tells it."""

    path: str
    id: str
    language: str | None
    published: str | None
    kind: str
    status: str
    payer: tuple[str, ...]
    payee: tuple[str, ...]
    amount: Sum | None
    stake: float | None
    valuation: Sum | None
    date: str | None
    chips: tuple[str, ...]
    sources: tuple[tuple[str | None, str], ...]
    first: tuple[str, ...]
    evidence: tuple[Span, ...]

    @property
    def article(self) -> tuple[str, str]:
        return self.path, self.id


def per_deal(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of --per deal: each deal of a record with the article's path, id, language and published before it."""
    article = {key: record[key] for key in ("path", "id", "language", "published")}
    for deal in record["deals"]:
        yield {**article, **deal}


def merge_records(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Merge the deals of many records (parsed output lines) into one `MergedDeal` each, as JSON objects.

    One pass over the records; what is kept grows with the deals told, not with the articles. The result and its order (most told first)
    do not depend on the order of the input.
    """
    tellings: set[Telling] = set()
    parents: dict[str, str] = {}
    for record in records:
        told = list(_tellings(record))
        tellings.update(told)
        if told:
            _note_parents(record, parents)
    lines = Lineage(parents)
    merged = sorted((_merged(gathered, lines) for gathered in _gather(tellings, lines)), key=_merged_order)
    plain = [_plain(deal) for deal in merged]
    for deal, circles in zip(plain, find_circles(plain), strict=True):
        deal["circular"] = circles
    return plain


def _plain(deal: MergedDeal) -> dict[str, Any]:
    """The JSON object of a merged deal: Python's keyword fields without their underscore, tuples as lists."""
    return {key: _listed(getattr(deal, slot)) for slot, key in _keys(cast("Any", type(deal)))}


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_listed(item) for item in value]
    return {slot: _listed(getattr(value, slot)) for slot in value._fields} if hasattr(value, "_fields") else value


def _merged_order(deal: MergedDeal) -> tuple[Any, ...]:
    size = deal.amount.value if deal.amount and deal.amount.value else 0
    return -len(deal.reports), -size, deal.kind, deal.payer, deal.payee, deal.status, repr(deal)


# From a record to its tellings.


def _tellings(record: Mapping[str, Any]) -> Iterator[Telling]:
    deals = record["deals"]
    kinds = {source["name"]: source["kind"] for source in record.get("sources", ())}
    firsts = _first_credits(record)
    for index, deal in enumerate(deals):
        yield Telling(
            path=record["path"], id=record["id"], language=record["language"], published=record["published"],
            kind=deal["kind"], status=deal["status"], payer=tuple(sorted(deal["payer"])), payee=tuple(sorted(deal["payee"])),
            amount=_sum_of(deal.get("amount")), stake=deal.get("stake"), valuation=_sum_of(deal.get("valuation")), date=deal.get("date"),
            chips=tuple(deal.get("chips", ())), first=tuple(firsts[index]),
            sources=tuple((name, kinds.get(name, "outlet" if name else "anonymous")) for name in deal.get("sources", ())),
            evidence=tuple(Span(span["text"], span["start"], span["end"]) for span in deal.get("evidence", ())),
        )  # fmt: skip


def _first_credits(record: Mapping[str, Any]) -> list[list[str]]:
    """For each deal of a record the outlets that had it first: of the deal that names the outlet, else of the first one that is news."""
    deals = record["deals"]
    credited: list[list[str]] = [[] for _ in deals]
    news = [i for i, deal in enumerate(deals) if deal["status"] != "completed"]
    news.sort(key=lambda i: min((span["start"] for span in deals[i].get("evidence", ())), default=math.inf))
    for source in record.get("sources", ()):
        if source.get("first") and source["name"]:
            naming = [i for i, deal in enumerate(deals) if source["name"] in deal.get("sources", ())]
            for i in naming or news[:1]:
                credited[i].append(source["name"])
    return credited


def _sum_of(amount: Mapping[str, Any] | None) -> Sum | None:
    if amount is None:
        return None
    return Sum(amount["value"], amount["currency"], amount["modifier"], amount.get("low"), amount.get("high"))


def _note_parents(record: Mapping[str, Any], parents: dict[str, str]) -> None:
    named = {name for deal in record["deals"] for name in (*deal["payer"], *deal["payee"])}
    for party in record.get("parties", ()):
        if party.get("parent") and party["name"] in named:
            # records of different ages may name different parents: the choice must not depend on their order
            parents[party["name"]] = min(party["parent"], parents.get(party["name"], party["parent"]))


class Lineage:
    """Who belongs to whom: a unit, its parent, the parent's parent …"""

    def __init__(self, parents: Mapping[str, str]) -> None:
        self.parents = parents
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, name: str) -> tuple[str, ...]:
        """The name itself, its parent, and so on up."""
        line = self._known.get(name)
        if line is None:
            up = [name]
            while (above := self.parents.get(up[-1])) and above not in up:
                up.append(above)
            line = self._known[name] = tuple(up)
        return line

    def root(self, name: str) -> str:
        return self.of(name)[-1]

    def related(self, one: str, other: str) -> bool:
        """Whether the two are the same, or one is a unit of the other; two units of one parent are not."""
        return one == other or one in self.of(other) or other in self.of(one)

    def same(self, one: Iterable[str], other: Iterable[str]) -> bool:
        """Whether each of either side is, or belongs with, one of the other side."""
        one, other = tuple(one), tuple(other)
        return all(any(self.related(a, b) for b in other) for a in one) and all(any(self.related(a, b) for a in one) for b in other)

    def overlap(self, one: Iterable[str], other: Iterable[str]) -> bool:
        other = tuple(other)
        return any(self.related(a, b) for a in one for b in other)


# From tellings to deals.


def _bounds(amount: Sum) -> tuple[float, float] | None:
    """Between what and what the sum lies, going by what a newsroom means by such words; None where no number is told."""
    value, modifier = amount.value, amount.modifier
    if modifier == "range" and amount.low and amount.high and 0 < amount.low <= amount.high <= MOST_MONEY:
        return float(amount.low), float(amount.high)
    if not value or not 0 < value <= MOST_MONEY:
        return None
    tiny = 1e-9  # more than 10 and up to 10 exclude each other
    if modifier in ("more_than", "equal_or_more"):
        return value * (1 + tiny * (modifier == "more_than")), value * OPEN_END
    if modifier in ("less_than", "equal_or_less"):
        return value / OPEN_END, value * (1 - tiny * (modifier == "less_than"))
    slack = ABOUT if modifier == "approx" else ROUNDING
    return value * (1 - slack), value * (1 + slack)


def _stage(status: str) -> str:
    return "prospect" if status in PROSPECTS else "done" if status in DONE else status


@plain(frozen=False)
class Gathered:
    """Tellings taken for one deal, with what is needed to compare it with others, all in constant space but the tellings.

    `bounds`: for each currency where all told sums overlap. (Intervals that overlap pairwise have a point in common, so it is enough
    to keep that.) `published`: first and last day of the articles by stage. `dated`: the days told for the deal, by stage.
    """

    tellings: list[Telling]
    payer: set[str] = field(default_factory=set)
    payee: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    stages: set[str] = field(default_factory=set)
    stakes: set[float] = field(default_factory=set)
    bounds: dict[str | None, tuple[float, float]] = field(default_factory=dict)
    published: dict[str, Days] = field(default_factory=dict)
    dated: dict[str, Days] = field(default_factory=dict)
    articles: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)


def _alone(telling: Telling) -> Gathered:
    """A deal of one telling."""
    stage = _stage(telling.status)
    bounds = _bounds(telling.amount) if telling.amount else None
    published, dated = _days(telling.published), _days(telling.date)
    return Gathered(
        [telling], set(telling.payer), set(telling.payee), {telling.kind}, {stage}, {telling.stake} - {None},  # type: ignore[arg-type]
        {telling.amount.currency: bounds} if telling.amount and bounds else {},
        {stage: published} if published else {}, {stage: dated} if dated else {}, {telling.article: {(telling.kind, telling.status)}},
    )  # fmt: skip


def _days(value: str | None) -> Days | None:
    try:
        return edtf_days(value) if value else None
    except ValueError:
        return None  # a record made elsewhere may hold anything


def _join(one: Gathered, other: Gathered) -> None:
    """Add all of `other` to `one`."""
    one.tellings += other.tellings
    one.payer |= other.payer
    one.payee |= other.payee
    one.kinds |= other.kinds
    one.stages |= other.stages
    one.stakes |= other.stakes
    for currency, (low, high) in other.bounds.items():
        mine = one.bounds.get(currency, (low, high))
        both = max(low, mine[0]), min(high, mine[1])
        one.bounds[currency] = both if both[0] <= both[1] else (min(low, mine[0]), max(high, mine[1]))
    for spans, more in ((one.published, other.published), (one.dated, other.dated)):
        for stage, (first, last) in more.items():
            kept = spans.get(stage, (first, last))
            spans[stage] = min(first, kept[0]), max(last, kept[1])
    for article, told in other.articles.items():
        one.articles[article] = one.articles.get(article, set()) | told


def _order(telling: Telling) -> tuple[Any, ...]:
    """The order in which tellings are gathered: what says most comes first, so that what says less finds it."""
    modifier = telling.amount.modifier if telling.amount else None
    firmness = 0 if modifier is None else 1 if modifier == "approx" else 2
    return not (telling.payer and telling.payee), firmness, telling.published or "~", telling.path, telling.id, repr(telling)


def _gather(tellings: Iterable[Telling], lines: Lineage) -> list[Gathered]:
    """Tellings to deals, in the four steps told above."""
    told = [_alone(telling) for telling in sorted(tellings, key=_order)]
    index = Index(lines)
    for piece in told:
        if piece.bounds:
            index.settle(piece, _sums_fit, best=True)
    deals = _unite(index.deals, lines, _contradict)
    index = Index(lines)
    for deal in deals:
        index.add(deal)
    for piece in told:
        if not piece.bounds:
            index.settle(piece, _silence_fits, best=False)
    return _unite(index.deals, lines, _mixed_up)


class Index:
    """Deals found so far, by the roots of who pays whom, so that a telling is compared only with deals between the same parties."""

    def __init__(self, lines: Lineage) -> None:
        self.lines = lines
        self.deals: list[Gathered] = []
        self._found: dict[tuple[str, str, str], dict[int, Gathered]] = defaultdict(dict)

    def _keys(self, deal: Gathered) -> Iterator[tuple[str, str, str]]:
        """"" stands for a side that is not named, "*" for any side or any sum."""
        payers = {self.lines.root(name) for name in deal.payer} or {""}
        payees = {self.lines.root(name) for name in deal.payee} or {""}
        for payer, payee in (*itertools.product(payers, payees), *(("*", payee) for payee in payees), *((payer, "*") for payer in payers)):
            for size in ("*", *_sizes(deal)):
                yield payer, payee, size

    def add(self, deal: Gathered) -> None:
        self.deals.append(deal)
        self._register(deal)

    def _register(self, deal: Gathered) -> None:
        for key in self._keys(deal):
            self._found[key][id(deal)] = deal

    def _candidates(self, piece: Gathered) -> Iterator[Gathered]:
        payers = {self.lines.root(name) for name in piece.payer}
        payees = {self.lines.root(name) for name in piece.payee}
        pairs: set[tuple[str, str]] = set()
        if payers and payees:
            pairs = {*itertools.product(payers, payees), *(("", payee) for payee in payees), *((payer, "") for payer in payers)}
        elif payees:
            pairs = {("*", payee) for payee in payees}
        elif payers:
            pairs = {(payer, "*") for payer in payers}
        found: dict[int, Gathered] = {}
        for pair, size in itertools.product(sorted(pairs), _sizes(piece) or ["*"]):
            found.update(self._found.get((*pair, size), {}))
        return iter(found.values())

    def settle(self, piece: Gathered, fits: Callable[[Gathered, Gathered], bool], best: bool) -> None:
        """Put a telling to the deal that it is about: the nearest one of those that name both sides as it does (with `best` off, only if
        there is no choice), else the only one that fits where a side is not named; else it is a deal of its own."""
        full: list[Gathered] = []
        part: list[Gathered] = []
        for deal in self._candidates(piece):
            sides = _sides(piece, deal, self.lines)
            if sides and _kinds_fit(piece, deal) and _times_fit(piece, deal) and _articles_fit(piece, deal) and fits(piece, deal):
                (full if sides == "full" else part).append(deal)
                if len(full) > 1 and not best:
                    break
        chosen = full or part
        if len(chosen) > 1 and not (best and full):
            chosen = []
        if not chosen:
            self.add(piece)
            return
        deal = min(chosen, key=lambda deal: (_sum_distance(piece, deal), -len(deal.tellings)))
        known = piece.payer <= deal.payer and piece.payee <= deal.payee
        _join(deal, piece)
        if not known:
            self._register(deal)


def _sizes(deal: Gathered) -> list[str]:
    """The orders of size that the sum may have: deals whose sums can both be true share one."""
    spans = ((currency, [int(math.log(max(end, 1)) / STEP) for end in bounds]) for currency, bounds in deal.bounds.items())
    return [f"{currency} {step}" for currency, (first, last) in spans for step in range(first, last + 1)]


def _sides(one: Gathered, other: Gathered, lines: Lineage) -> str:
    """"full" where both payers and both payees have someone in common, "part" where a side is not named by one of the two, else ""."""
    answer = "full"
    for mine, theirs in ((one.payer, other.payer), (one.payee, other.payee)):
        if bool(mine) != bool(theirs):
            answer = "part"
        elif mine and not lines.overlap(mine, theirs):
            return ""
    return answer if (one.payer or one.payee) and (other.payer or other.payee) else ""


def _kinds_fit(one: Gathered, other: Gathered) -> bool:
    return bool(one.kinds & other.kinds) or all(kind in ROUNDS for kind in one.kinds | other.kinds)


def _sum_distance(one: Gathered, other: Gathered) -> float:
    """How far apart the sums are, as a logarithm; 0 where one tells none."""
    shared = [(one.bounds[currency], other.bounds[currency]) for currency in one.bounds if currency in other.bounds]
    return min((abs(math.log((sum(a) or 1) / (sum(b) or 1))) for a, b in shared if sum(a) > 0 and sum(b) > 0), default=0.0)


def _sums_fit(one: Gathered, other: Gathered) -> bool:
    """Whether all sums told of the two can be true at once, in a currency that both are told in."""
    shared = [currency for currency in one.bounds if currency in other.bounds]
    pairs = ((one.bounds[currency], other.bounds[currency]) for currency in shared)
    return bool(shared) and all(max(mine[0], theirs[0]) <= min(mine[1], theirs[1]) for mine, theirs in pairs)


def _stakes_fit(one: Gathered, other: Gathered) -> bool:
    return not (one.stakes and other.stakes) or any(abs(a - b) < 0.005 for a in one.stakes for b in other.stakes)


def _silence_fits(piece: Gathered, deal: Gathered) -> bool:
    """Whether a telling without a sum can be about the deal: at the same stage, and where it tells a stake, the deal has that stake.

    A stake alone says nothing of a sum told elsewhere (what was paid over the years for 27 percent is another matter).
    """
    if not (piece.stages & deal.stages or "denied" in piece.stages | deal.stages):
        return False
    if piece.stakes:
        return bool(deal.stakes) and _stakes_fit(piece, deal)
    return bool(deal.bounds) or not deal.stakes


def _articles_fit(one: Gathered, other: Gathered) -> bool:
    """Two deals of one article are two deals, unless they tell the same again: kind, parties, status, and sums that agree."""
    few, many = sorted((one.articles, other.articles), key=len)
    return all(article not in many or few[article] == many[article] for article in few) and (
        _stakes_fit(one, other) or not any(article in many for article in few))  # fmt: skip


def _times_fit(one: Gathered, other: Gathered) -> bool:
    """Whether the days told for the deal, and the days on which it was told, leave room for one deal."""
    for (stage, mine), (other_stage, theirs) in itertools.product(one.dated.items(), other.dated.items()):
        if _gap(mine, theirs) > (SAME_DONE_DAYS if stage == other_stage == "done" else SAME_PLAN_DAYS):
            return False
    open_stages = ("prospect", "denied")
    for (stage, mine), (other_stage, theirs) in itertools.product(one.published.items(), other.published.items()):
        if stage in open_stages and other_stage in open_stages and _gap(mine, theirs) > SAME_TALKS_DAYS:
            return False
        talks, deed = (mine, theirs) if stage == "prospect" else (theirs, mine)
        if {stage, other_stage} == {"prospect", "done"} and (talks[0] - deed[0]).days > NEW_TALKS_DAYS:
            return False
    return True


def _gap(one: Days, other: Days) -> int:
    """Days between two spans of days; 0 where they overlap."""
    return max((one[0] - other[1]).days, (other[0] - one[1]).days, 0)


# What is one deal although its tellings do not fit together.


def _unite(deals: Sequence[Gathered], lines: Lineage, test: Callable[[Gathered, Gathered], bool]) -> list[Gathered]:
    """Join deals between the same parties: in groups of which each two pass the test and no article tells two."""
    blocks: dict[tuple[frozenset[str], frozenset[str]], list[Gathered]] = defaultdict(list)
    for deal in deals:
        blocks[frozenset(map(lines.root, deal.payer)), frozenset(map(lines.root, deal.payee))].append(deal)
    united: list[Gathered] = []
    for (payer, payee), block in blocks.items():
        named = [deal for deal in block if payer and payee and deal.bounds]
        united += [deal for deal in block if not (payer and payee and deal.bounds)]
        if len(named) > MOST_VARIANTS:
            united += named
            continue
        for group in _components(named, lambda one, other: test(one, other) and _one_matter(one, other, lines)):
            told_apart = sum(len(deal.articles) for deal in group) > len({article for deal in group for article in deal.articles})
            if told_apart or not all(test(one, other) for one, other in itertools.combinations(group, 2)):
                united += group
                continue
            for other in group[1:]:
                _join(group[0], other)
            united.append(group[0])
    return united


def _components(items: Sequence[Gathered], linked: Callable[[Gathered, Gathered], bool]) -> list[list[Gathered]]:
    """The items in groups of those that are linked, directly or by others; each group in the order of the items."""
    group_of = list(range(len(items)))
    for i, j in itertools.combinations(range(len(items)), 2):
        if group_of[i] != group_of[j] and linked(items[i], items[j]):
            low, high = sorted((group_of[i], group_of[j]))
            group_of = [low if group == high else group for group in group_of]
    groups: dict[int, list[Gathered]] = defaultdict(list)
    for item, group in zip(items, group_of, strict=True):
        groups[group].append(item)
    return list(groups.values())


def _one_matter(one: Gathered, other: Gathered, lines: Lineage) -> bool:
    """The same parties on both sides, at the same stage and of the same time."""
    stages = one.stages & other.stages or "denied" in one.stages | other.stages
    near = all(_gap(a, b) <= SAME_NEWS_DAYS for a in one.published.values() for b in other.published.values())
    return bool(stages) and near and lines.same(one.payer, other.payer) and lines.same(one.payee, other.payee) and _times_fit(one, other)


def _contradict(one: Gathered, other: Gathered) -> bool:
    """Two sums of one order for what must be one deal, or sums in currencies that cannot be compared here."""
    shared = [currency for currency in one.bounds if currency in other.bounds]
    near = (max(a, b) <= ONE_ORDER * min(a, b) for a, b in ((sum(one.bounds[c]), sum(other.bounds[c])) for c in shared))
    return _kinds_fit(one, other) and _stakes_fit(one, other) and all(near)


def _mixed_up(one: Gathered, other: Gathered) -> bool:
    """The same sum under kinds that newsrooms mix up."""
    pairs = itertools.product(one.kinds, other.kinds)
    return not _kinds_fit(one, other) and all(frozenset(pair) in MIXED_KINDS for pair in pairs) and _sums_fit(one, other)


# From the tellings of a deal to what is known of it.


def _merged(deal: Gathered, lines: Lineage) -> MergedDeal:
    tellings = sorted(deal.tellings, key=lambda t: (t.published or "~", t.language or "~", t.path, t.id, repr(t)))
    articles: dict[tuple[str, str], list[Telling]] = defaultdict(list)
    for telling in tellings:
        articles[telling.article].append(telling)
    reports = tuple(_report(told) for told in articles.values())
    payer, payee = _side([t.payer for t in tellings], lines), _side([t.payee for t in tellings], lines)
    date, first_day, last_day = _date_of(tellings)
    published = sorted(t.published for t in tellings if t.published)
    outlets = {name for t in tellings for name, kind in t.sources if kind == "outlet"} | {name for t in tellings for name in t.first}
    return MergedDeal(
        schema_version=SCHEMA_VERSION, kind=_most_told([t.kind for t in tellings], DEAL_KINDS.index), status=_merged_status(tellings),
        payer=payer, payee=payee, parents={name: lines.parents[name] for name in (*payer, *payee) if name in lines.parents},
        amount=_agreed([t.amount for t in tellings if t.amount]), amounts=_told_sums(reports),
        stake=min(stakes) if (stakes := {t.stake for t in tellings if t.stake is not None}) and max(stakes) - min(stakes) < 0.005 else None,
        valuation=_agreed([t.valuation for t in tellings if t.valuation]), date=date, from_=first_day, to=last_day,
        first_published=published[0] if published else None, last_published=published[-1] if published else None,
        chips=tuple(sorted({chip for t in tellings for chip in t.chips})), sources=_sources(articles.values()),
        first_reported_by=_first_reports(tellings), confirmations=len(outlets),
        languages=_languages(tellings), conflicts=tuple(_conflicts(tellings)), circular=(), reports=reports,
    )  # fmt: skip


def _most_told(values: Sequence[T], rank: Callable[[T], Any]) -> T:
    """The most frequent value; of several the one of the lowest rank."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], rank(value)))


def _languages(tellings: Iterable[Telling]) -> tuple[str, ...]:
    return tuple(sorted({t.language for t in tellings if t.language}))


def _report(told: Sequence[Telling]) -> Report:
    """What one article says of a deal, also where it says it in several places: the telling with a sum speaks."""
    main = min(told, key=lambda t: t.amount is None or _bounds(t.amount) is None)
    sources = dict.fromkeys(name for t in told for name, _ in t.sources)
    evidence = sorted({span for t in told for span in t.evidence}, key=lambda span: (span.start, span.end, span.text))
    return Report(main.path, main.id, main.language, main.published, main.amount, main.status, tuple(sources), tuple(evidence))


def _side(sides: Sequence[tuple[str, ...]], lines: Lineage) -> tuple[str, ...]:
    """Who is on one side of the deal: everyone whom enough articles name; of a parent and its unit the one more often named."""
    counts = Counter(name for side in sides for name in side)
    naming = sum(bool(side) for side in sides)
    chosen: list[str] = []
    for name in sorted(counts, key=lambda name: (-counts[name], -len(lines.of(name)), name)):
        backing = sum(any(lines.related(name, other) for other in side) for side in sides)
        if backing * LEAST_SHARE >= naming and not any(lines.related(name, other) for other in chosen):
            chosen.append(name)
    return tuple(sorted(chosen))


def _agreed(sums: Sequence[Sum]) -> Sum | None:
    """The sum on which all agree: of those that can be true at once the most told, in the currency most told; else None."""
    numbered = [amount for amount in sums if _bounds(amount)]
    if not numbered:
        return _most_told(sums, repr) if sums else None
    if any(len(groups) > 1 for groups in _groups(numbered).values()):
        return None
    currency = _most_told([amount.currency for amount in numbered], str)
    return _most_told([amount for amount in numbered if amount.currency == currency], _vagueness)


def _vagueness(amount: Sum) -> tuple[Any, ...]:
    low, high = _bounds(amount) or (0.0, math.inf)
    return high / low if low else math.inf, repr(amount)


def _groups(sums: Iterable[Sum]) -> dict[str | None, list[list[Sum]]]:
    """By currency, the sums in as few groups as possible within which all can be true at once; several groups are a conflict."""
    by_currency: dict[str | None, list[tuple[float, float, Sum]]] = defaultdict(list)
    for amount in set(sums):
        if bounds := _bounds(amount):
            by_currency[amount.currency].append((*bounds, amount))
    found: dict[str | None, list[list[Sum]]] = {}
    for currency in sorted(by_currency, key=str):
        groups: list[list[Sum]] = []
        least = -math.inf
        for low, high, amount in sorted(by_currency[currency], key=lambda item: (item[1], item[0], repr(item[2]))):
            if low > least:
                groups.append([])
                least = high
            groups[-1].append(amount)
        found[currency] = groups
    return found


def _told_sums(reports: Sequence[Report]) -> tuple[ToldSum, ...]:
    told: dict[Sum, list[Report]] = defaultdict(list)
    for report in reports:
        if report.amount:
            told[report.amount].append(report)
    variants = [
        ToldSum(amount, len(by), tuple(sorted({report.language for report in by if report.language}))) for amount, by in told.items()
    ]
    return tuple(sorted(variants, key=lambda variant: (-variant.reports, _vagueness(variant.amount))))


def _merged_status(tellings: Sequence[Telling]) -> str:
    """The furthest along, by date: a denial ends what was told before it; only a deal done later, or talks well after it, revive it.

    An article without a date is taken to be old, a denial without a date to be the last word.
    """
    denials = [t.published or "9999" for t in tellings if t.status == "denied"]
    told = [t for t in tellings if t.status != "denied"]
    if denials:
        last = max(denials)
        later = [t for t in told if t.published and t.published > last]
        told = [t for t in later if t.status in DONE or _days_between(last, t.published or last) > RESUMED_DAYS]
    return max((t.status for t in told), key=STATUSES.index, default="denied")


def _days_between(first: str, last: str) -> int:
    one, other = _days(first), _days(last)
    return (other[0] - one[0]).days if one and other else 0


def _date_of(tellings: Sequence[Telling]) -> tuple[str | None, str | None, str | None]:
    """The deal's date as most tell it, of several the most precise, and the first and last day that all told dates cover."""
    dates = [t.date for t in tellings if t.date]
    spans = [days for date in dates if (days := _days(date))]
    if not dates:
        return None, None, None
    date = _most_told(dates, lambda date: (_days_wide(date), date))
    if not spans:
        return date, None, None
    return date, min(first for first, _ in spans).isoformat(), max(last for _, last in spans).isoformat()


def _days_wide(date: str) -> int:
    days = _days(date)
    return (days[1] - days[0]).days if days else 10**7


def _sources(articles: Iterable[Sequence[Telling]]) -> tuple[Teller, ...]:
    counts = Counter(source for told in articles for source in {source for t in told for source in t.sources})
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0][0] is None, item[0][0] or "", item[0][1]))
    return tuple(Teller(name, kind, count) for (name, kind), count in ranked)


def _first_reports(tellings: Sequence[Telling]) -> tuple[FirstReport, ...]:
    by_name: dict[str, list[Telling]] = defaultdict(list)
    for telling in tellings:
        for name in telling.first:
            by_name[name].append(telling)
    firsts = [FirstReport(name, len({t.article for t in told}), _languages(told)) for name, told in by_name.items()]
    return tuple(sorted(firsts, key=lambda first: (-first.reports, first.name)))


# Where the articles disagree.


def _conflicts(tellings: Sequence[Telling]) -> Iterator[Conflict]:
    """Everything that cannot be true at once. What only changed with time (talks, then a signature) is no conflict."""
    for groups in _groups(t.amount for t in tellings if t.amount).values():
        yield from _conflict("amount", _sum_sides(tellings, groups, lambda t: t.amount))
    for groups in _groups(t.valuation for t in tellings if t.valuation).values():
        yield from _conflict("valuation", _sum_sides(tellings, groups, lambda t: t.valuation))
    stakes = {t.stake for t in tellings if t.stake is not None}
    if stakes and max(stakes) - min(stakes) >= 0.005:
        yield from _conflict("stake", [(f"{stake:.3g}", [t for t in tellings if t.stake == stake]) for stake in sorted(stakes)])
    yield from _conflict("date", _date_sides(tellings))
    yield from _conflict("status", _status_sides(tellings))
    if not all(t.kind in ROUNDS for t in tellings):
        kinds = sorted({t.kind for t in tellings}, key=DEAL_KINDS.index)
        yield from _conflict("kind", [(kind, [t for t in tellings if t.kind == kind]) for kind in kinds])
    firsts = [(first.name, [t for t in tellings if first.name in t.first]) for first in _first_reports(tellings)]
    yield from _conflict("first_reported_by", firsts)


def _sum_sides(
    tellings: Sequence[Telling], groups: Sequence[Sequence[Sum]], read: Callable[[Telling], Sum | None]
) -> list[tuple[str, list[Telling]]]:
    sides = []
    for group in groups:
        told = [t for t in tellings if read(t) in group]
        said = _most_told([amount for t in told if (amount := read(t))], _vagueness)
        sides.append((sum_text(said, currency=False), told))
    return sides


def _date_sides(tellings: Sequence[Telling]) -> list[tuple[str, list[Telling]]]:
    """The dates told for one and the same status, where two of them have no day in common."""
    for status in STATUSES:
        spans = {t.date: days for t in tellings if t.status == status and t.date and (days := _days(t.date))}
        if spans and max(first for first, _ in spans.values()) > min(last for _, last in spans.values()):
            return [(date, [t for t in tellings if t.status == status and t.date == date]) for date in sorted(spans)]
    return []


def _status_sides(tellings: Sequence[Telling]) -> list[tuple[str, list[Telling]]]:
    """Statuses that time does not explain: a denial and its opposite on one day or without dates, a deal done and later in talks."""
    denials = [t for t in tellings if t.status == "denied"]
    others = [t for t in tellings if t.status != "denied"]
    if any(not (a.published and b.published) or a.published == b.published for a in denials for b in others):
        sides = {t.status for t in tellings}
    else:
        done = [t.published for t in others if t.status in DONE and t.published]
        late = [t for t in others if t.status == "in_talks" and t.published and done and t.published > min(done)]
        sides = {t.status for t in others if t.status in DONE} | {"in_talks"} if late else set()
    return [(status, [t for t in tellings if t.status == status]) for status in STATUSES if status in sides]


def _conflict(name: str, sides: Sequence[tuple[str, Sequence[Telling]]]) -> Iterator[Conflict]:
    """The conflict between the sides, if there are two: told apart by language where that does it, else by path."""
    if len(sides) < 2:
        return
    variants = tuple(Variant(value, _languages(told), tuple(sorted({t.path for t in told}))) for value, told in sides)
    spoken = Counter(language for variant in variants for language in variant.languages)
    by_language = all(variant.languages for variant in variants) and max(spoken.values()) == 1
    who = [", ".join(variant.languages if by_language else _few(variant.paths)) for variant in variants]
    text = " against ".join(f"{variant.value} ({names})" for variant, names in zip(variants, who, strict=True))
    yield Conflict(name, f"{name}: {text}", variants)


def _few(names: Sequence[str], most: int = 3) -> list[str]:
    return [*names[:most], *(["…"] if len(names) > most else [])]


SIGNS = {"approx": "≈ ", "more_than": "> ", "less_than": "< ", "equal_or_more": "≥ ", "equal_or_less": "≤ "}
SCALES = ((10**12, " tn"), (10**9, " bn"), (10**6, " m"), (10**3, " k"))


def sum_text(amount: Sum | None, currency: bool = True) -> str:
    """A sum for people: "> 4 bn USD", "5–10 bn EUR"; "?" where no number is told."""
    if amount is None or not _bounds(amount):
        return "?"
    unit = f" {amount.currency}" if currency and amount.currency else ""
    if amount.value is None:
        low, high = _short(amount.low or 0), _short(amount.high or 0)
        same = low.partition(" ")[2] == high.partition(" ")[2]
        return f"{low.partition(' ')[0] if same else low}–{high}{unit}"
    return f"{SIGNS.get(amount.modifier or '', '')}{_short(amount.value)}{unit}"


def _short(value: Number) -> str:
    for scale, name in SCALES:
        if abs(value) >= scale:
            return f"{round(value / scale, 3):.10g}{name}"
    return f"{value:.10g}"


# ---- money flows -----------------------------------------------------------------------------------------------------------------
#
# Parties are nodes, deals edges in the direction of the money. A deal without a payer or a payee is no edge, a denied one is no flow.

CAPITAL = ("investment", "funding_round", "financing")  # money that makes the receiver a debtor or a holding: a circle starts with it
LONGEST_CIRCLE = 4


@plain()
class Flow:
    """All deals with one payer, payee and status: `label` tells their sums, `deals` are their places in the merged list."""

    payer: str
    payee: str
    status: str
    label: str
    deals: tuple[int, ...]
    circular: bool


def find_circles(merged: Sequence[Mapping[str, Any]]) -> list[list[list[str]]]:
    """For each merged deal the circles it is part of: A invests in B and the money comes back to A, or to a unit or parent of A.

    A circle is the names on the way, from the investor to where the money comes back ("Amazon", "OpenAI", "Amazon Web Services"), over at
    most four deals, by the shortest ways back. Returns lists as long and in the order of `merged`.
    """
    lines = Lineage({name: parent for deal in merged for name, parent in sorted(deal["parents"].items())})
    away: dict[str, dict[str, dict[tuple[str, str], list[int]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for place, deal in enumerate(merged):
        if deal["status"] != "denied":
            for payer, payee in itertools.product(deal["payer"], deal["payee"]):
                if lines.root(payer) != lines.root(payee):
                    away[lines.root(payer)][lines.root(payee)][payer, payee].append(place)
    found: list[set[tuple[str, ...]]] = [set() for _ in merged]
    for place, deal in enumerate(merged):
        if deal["kind"] in CAPITAL and deal["status"] != "denied":
            for payer, payee in itertools.product(deal["payer"], deal["payee"]):
                for way in _ways_back(lines.root(payee), lines.root(payer), away):
                    names, places = _named_circle(payer, payee, way, away)
                    for on_the_way in (place, *places):
                        found[on_the_way].add(names)
    first_seen: dict[frozenset[str], tuple[str, ...]] = {}
    for names in sorted(set().union(*found)):
        first_seen.setdefault(frozenset(map(lines.root, names)), names)  # seen from another of its investors it is the same circle
    return [[list(names) for names in sorted(circles & set(first_seen.values()))] for circles in _renamed(found, first_seen, lines)]


def _renamed(
    found: Sequence[set[tuple[str, ...]]], names_of: Mapping[frozenset[str], tuple[str, ...]], lines: Lineage
) -> Iterator[set[tuple[str, ...]]]:
    for circles in found:
        yield {names_of[frozenset(map(lines.root, names))] for names in circles}


def _ways_back(start: str, goal: str, away: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The shortest ways from start to goal, as the roots on them, that a circle has room for."""
    ways: list[tuple[str, ...]] = [(start,)]
    for _ in range(LONGEST_CIRCLE - 1):
        onward = [(*way, step) for way in ways for step in sorted(away.get(way[-1], ())) if step not in way]
        if back := [way for way in onward if way[-1] == goal]:
            return back
        ways = onward
    return []


def _named_circle(payer: str, payee: str, way: Sequence[str], away: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[str, ...], list[int]]:
    """A circle with the names that its deals give the parties, and the places of all deals that close it."""
    names, places = [payer, payee], []
    for start, step in itertools.pairwise(way):
        steps = away[start][step]
        names.append(min(steps, key=lambda pair: (-len(steps[pair]), pair))[1])
        places += [place for pair in steps for place in steps[pair]]
    return tuple(names), places


def flows_of(merged: Sequence[Mapping[str, Any]]) -> list[Flow]:
    """The flows between named parties, by payer, payee and status."""
    gathered: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for place, deal in enumerate(merged):
        for payer, payee in itertools.product(deal["payer"], deal["payee"]):
            gathered[payer, payee, STATUSES.index(deal["status"])].append(place)
    flows = []
    for (payer, payee, status), places in sorted(gathered.items()):
        deals = [merged[place] for place in places]
        label = ", ".join(dict.fromkeys(flow_text(deal) for deal in deals))
        flows.append(Flow(payer, payee, STATUSES[status], label, tuple(places), any(deal["circular"] for deal in deals)))
    return flows


def flow_text(deal: Mapping[str, Any]) -> str:
    """What flows: the sum, each contradicting one, or the stake; "?" where nothing is told."""
    told = [sum_text(_sum_of(deal["amount"]))] if deal["amount"] else [sum_text(_sum_of(told["amount"])) for told in deal["amounts"]]
    known = [text for text in told if text != "?"]
    if not known and deal["stake"] is not None:
        return f"{deal['stake'] * 100:.3g} %"
    return " / ".join(known) or "?"


def graph_text(merged: Sequence[Mapping[str, Any]], form: str) -> str:
    """The money flows as a graph in the language of Graphviz (form "dot") or of Mermaid ("mmd"), ending in a line end.

    Dashed: not agreed yet; dotted: denied; red and thick: part of a circle; grey: a unit and its parent.
    """
    flows = flows_of(merged)
    names = sorted({name for flow in flows for name in (flow.payer, flow.payee)})
    units = sorted({(unit, parent) for deal in merged for unit, parent in deal["parents"].items() if unit in names and parent in names})
    circles = sorted({tuple(circle) for deal in merged for circle in deal["circular"]})
    return (_mermaid if form == "mmd" else _dot)(names, flows, units, circles)


Pairs = Sequence[tuple[str, str]]


def _dot(names: Sequence[str], flows: Sequence[Flow], units: Pairs, circles: Sequence[tuple[str, ...]]) -> str:
    ids = {name: f"n{number}" for number, name in enumerate(names)}
    style = {"in_talks": "dashed", "planned": "dashed", "denied": "dotted"}
    lines = ["digraph deals {", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="sans-serif"];']
    lines += ['  edge [fontname="sans-serif", fontsize=10];']
    lines += [f"  // circle: {_one_line(' -> '.join(circle))}" for circle in circles]
    lines += [f"  {ids[name]} [label={_quoted(name)}];" for name in names]
    for flow in flows:
        extra = ", color=red, penwidth=2" if flow.circular else ""
        label = _quoted(f"{flow.label} ({flow.status})")
        lines.append(f"  {ids[flow.payer]} -> {ids[flow.payee]} [label={label}, style={style.get(flow.status, 'solid')}{extra}];")
    lines += [f"  {ids[unit]} -> {ids[parent]} [style=dotted, color=gray, arrowhead=none];" for unit, parent in units]
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    """A string of the DOT language (https://graphviz.org/doc/info/lang.html): only the quotation mark and the escape sign need care."""
    return '"' + _one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mermaid(names: Sequence[str], flows: Sequence[Flow], units: Pairs, circles: Sequence[tuple[str, ...]]) -> str:
    ids = {name: f"n{number}" for number, name in enumerate(names)}
    lines = ["flowchart LR"]
    lines += [f"  %% circle: {_one_line(' -> '.join(circle)).translate({123: '(', 125: ')'})}" for circle in circles]
    lines += [f'  {ids[name]}["{_party_entities(name)}"]' for name in names]
    for flow in flows:
        arrow = "-->" if flow.status in DONE else "-.->"
        lines.append(f'  {ids[flow.payer]} {arrow}|"{_party_entities(f"{flow.label} ({flow.status})")}"| {ids[flow.payee]}')
    lines += [f"  {ids[unit]} -.- {ids[parent]}" for unit, parent in units]
    circular = [str(number) for number, flow in enumerate(flows) if flow.circular]
    lines += [f"  linkStyle {','.join(circular)} stroke:#c00,stroke-width:3px"] if circular else []
    return "\n".join([*lines, ""])


def _party_entities(text: str) -> str:
    """Text within quotation marks in Mermaid: its own signs as entity codes (https://mermaid.js.org/syntax/flowchart.html)."""
    return re.sub(r'[#"<>&`\\]', lambda sign: f"#{ord(sign[0])};", _one_line(text))


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", text)


# ---- the report: a page to look at -----------------------------------------------------------------------------------------------
#
# One page that needs no network: its policy (first line of the head) lets it load nothing and run no script but its own.

PAGE_TITLE = "Deals"
WORDS = {  # what the page says, in one place; the articles keep their own language
    "table": "Merged deals", "table_hint": "Choose a heading to sort by it.", "picture": "Who pays whom", "articles": "Articles",
    "kind": "Kind", "payer": "Payer", "payee": "Payee", "sum": "Sum", "status": "Status", "date": "Date", "reports": "Told by",
    "first": "First reported by", "conflicts": "Conflicts, circles", "circles": "Money that goes round",
    "none": "No deals.", "unnamed": "without a named payer or payee, so in the table only", "left_out": "left out of the picture",
    "key": "How mentions are marked", "no_text": "This record was made earlier; its text is not at hand. What was quoted from it:",
    "skip": "Skip to the articles", "pattern": "pattern", "source": "source",
    "amount": "amount", "party": "party", "chip": "chip", "mention_date": "date", "link": "original",
    "sorted": "sorted by", "circle": "circle",
    "deals": "deals", "unit": "unit of", "denied_key": "denied",
    "open_key": "in talks or planned", "done_key": "signed or completed",
}  # fmt: skip
STATUS_WORDS = {status: status.replace("_", " ") for status in STATUSES}

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbf9;--card:#fff;--ink:#1b1e23;--soft:#5a6270;--line:#d9dce1;--accent:#0b57a4;--warn:#a3310d;
--warnbg:#fdeee8;
--amount:#d8f0dc;--amount-u:#1b7a34;--party:#dde9fb;--party-u:#1d5fb8;--chip:#f0e2fa;--chip-u:#7a35b0;--date:#fdf0c8;--date-u:#8a6400;
--source:#fbe0e8;--source-u:#b02a5b;--ev:#8884}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1c2026;--ink:#e7e9ec;--soft:#a2abb8;--line:#373d47;--accent:#7db8f5;
--warn:#ffa98a;--warnbg:#3d2319;
--amount:#173d22;--amount-u:#6fd48a;--party:#1b3357;--party-u:#86b6f5;--chip:#38234a;--chip-u:#d09cf5;--date:#43370f;--date-u:#e8c65c;
--source:#4a1f30;--source-u:#f391b4;--ev:#aaa3}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:82rem;padding:1rem clamp(.7rem,3vw,2rem) 4rem;background:var(--bg);color:var(--ink);
font:16px/1.55 system-ui,sans-serif}
h1{font-size:1.6rem;margin:.4rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}
.soft,caption,figcaption{color:var(--soft);font-size:.9rem}
.frame{overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:var(--card)}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;padding:.5rem .7rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-top:1px solid var(--line)}
thead th{padding:0;background:var(--card);position:sticky;top:0}
th button{all:unset;cursor:pointer;padding:.5rem .6rem;font-weight:600;display:block}
th button:focus-visible{outline:3px solid var(--accent);outline-offset:-3px}
th button::after{content:" \\2195";color:var(--soft)}
th[aria-sort=ascending] button::after{content:" \\2191";color:inherit}th[aria-sort=descending] button::after{content:" \\2193";
color:inherit}
td.c-sum,td.c-date{white-space:nowrap;font-variant-numeric:tabular-nums}
.warn{color:var(--warn);background:var(--warnbg);border-radius:4px;padding:.05rem .35rem;display:inline-block;margin:.1rem 0}
.warn::before{content:"\\26A0\\00A0"}
.pill{border:1px solid var(--line);border-radius:99px;padding:0 .55rem;white-space:nowrap;font-size:.85rem}
.denied{text-decoration:line-through}
td details ul{margin:.3rem 0;padding-left:1rem;max-width:30rem;font-size:.85rem;overflow-wrap:anywhere}.c-conflicts{min-width:11rem}
.picture{max-height:44rem;overflow:auto}summary{cursor:pointer}
figure{margin:0}svg{display:block;margin:auto;font:13px system-ui,sans-serif}
svg .box{fill:var(--card);stroke:var(--soft)}svg text{fill:var(--ink)}svg .unit{fill:var(--soft);font-size:11px}
svg .flow{fill:none;stroke:var(--soft);stroke-width:1.6}svg .tip{fill:var(--soft)}
svg .label{font-size:12px;paint-order:stroke;stroke:var(--card);stroke-width:5px;stroke-linejoin:round}
svg .open .flow{stroke-dasharray:7 4}svg .no .flow{stroke-dasharray:2 4}
svg .circle .flow{stroke:var(--warn);stroke-width:2.6}svg .circle .tip{fill:var(--warn)}svg .circle .label{fill:var(--warn);
font-weight:600}
.article{border:1px solid var(--line);border-radius:8px;background:var(--card);margin:.5rem 0;padding:.5rem .8rem;
content-visibility:auto;contain-intrinsic-size:auto 2.6rem}
.article>summary{overflow-wrap:anywhere}
.text{white-space:pre-wrap;overflow-wrap:anywhere;max-width:46rem;margin:.8rem 0;line-height:1.75}
mark{color:inherit;border-radius:3px;padding:0 .1em;cursor:help;background:none;text-underline-offset:3px;text-decoration-thickness:2px}
.m-amount{background:var(--amount);text-decoration:underline double var(--amount-u)}.m-party{background:var(--party);
text-decoration:underline solid var(--party-u)}
.m-chip{background:var(--chip);text-decoration:underline dotted var(--chip-u)}.m-date{background:var(--date);
text-decoration:underline dashed var(--date-u)}
.m-source{background:var(--source);text-decoration:underline wavy var(--source-u);text-decoration-thickness:1px}
.ev{border-left:3px solid var(--ev);padding-left:.3em}.ev:has(:target),.ev:target{background:var(--ev);outline:2px solid var(--accent)}
#tip{position:absolute;z-index:9;max-width:min(24rem,92vw);background:var(--ink);color:var(--bg);padding:.35rem .6rem;
border-radius:6px;font-size:.85rem;line-height:1.4;pointer-events:none;overflow-wrap:anywhere}
.key mark{margin-right:.6rem;cursor:default}
@media(max-width:44rem){
#deals,#deals tbody,#deals tr,#deals td{display:block}#deals caption{display:block}
#deals thead,#deals thead tr{display:flex;flex-wrap:wrap}#deals thead th{position:static;border:0}#deals th button{padding:.3rem .5rem}
#deals tbody tr{border-top:3px solid var(--line);padding:.4rem 0}#deals td{border:0;padding:.12rem .7rem;display:flex;gap:.6rem}
#deals td.c-sum{white-space:normal}
#deals td::before{content:attr(data-label);color:var(--soft);flex:0 0 6.2rem}#deals td:empty{display:none}#deals td>*{min-width:0}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#333;--line:#999;--warn:#800;--warnbg:#fff}
body{max-width:none;font-size:10.5pt;padding:0}.frame{overflow:visible;border:0;max-height:none}th button::after{content:""}
thead th{position:static}
.article{content-visibility:visible;break-inside:auto}.skip,#tip,.hint{display:none}tr,figure{break-inside:avoid}
mark,.warn{print-color-adjust:exact}a{color:inherit}svg{max-width:100%;height:auto}}
"""

SCRIPT = """
(function(){"use strict";
var table=document.getElementById("deals"),say=document.getElementById("say");
if(table){var heads=Array.prototype.slice.call(table.tHead.rows[0].cells);
heads.forEach(function(head,column){head.querySelector("button").addEventListener("click",function(){
var down=head.getAttribute("aria-sort")==="ascending",body=table.tBodies[0],rows=Array.prototype.slice.call(body.rows);
var keyed=rows.map(function(row,place){
var v=row.cells[column].getAttribute("data-v");return{row:row,v:v,n:v===""?NaN:Number(v),place:place}});
var numeric=keyed.every(function(k){return k.v===""||!isNaN(k.n)});
keyed.sort(function(a,b){if(a.v===""||b.v==="")return a.v===b.v?a.place-b.place:(a.v===""?1:-1);
var order=numeric?a.n-b.n:a.v.localeCompare(b.v);return(down?-order:order)||a.place-b.place});
var part=document.createDocumentFragment();keyed.forEach(function(k){part.appendChild(k.row)});body.appendChild(part);
heads.forEach(function(other){other.removeAttribute("aria-sort")});head.setAttribute("aria-sort",down?"descending":"ascending");
say.textContent=say.getAttribute("data-word")+" "+head.textContent.trim()+", "+head.getAttribute("aria-sort")})})}
var tip=document.getElementById("tip");
function show(mark){var text=mark.getAttribute("aria-description");if(!text)return;tip.textContent=text;tip.hidden=false;
var box=mark.getClientRects()[0]||mark.getBoundingClientRect(),wide=document.documentElement.clientWidth;
tip.style.left="0px";tip.style.top="0px";
tip.style.left=(Math.max(4,Math.min(box.left,wide-tip.offsetWidth-4))+window.scrollX)+"px";
var above=box.top-tip.offsetHeight-6;tip.style.top=((above>0?above:box.bottom+6)+window.scrollY)+"px"}
function hide(){tip.hidden=true}
["mouseover","focusin"].forEach(function(kind){document.addEventListener(kind,function(event){
var mark=event.target.closest&&event.target.closest("mark[aria-description]");if(mark)show(mark);else hide()})});
["mouseout","focusout"].forEach(function(kind){document.addEventListener(kind,hide)});
document.addEventListener("keydown",function(event){if(event.key==="Escape")hide()});
function reveal(){var place=location.hash.length>1&&document.getElementById(decodeURIComponent(location.hash.slice(1)));if(!place)return;
for(var up=place;up;up=up.parentElement)if(up.tagName==="DETAILS")up.open=true;
place.scrollIntoView({block:"center"});place.focus({preventScroll:true})}
window.addEventListener("hashchange",reveal);document.addEventListener("click",function(event){
var link=event.target.closest&&event.target.closest("a[href^='#']");
if(link&&link.getAttribute("href")===location.hash){event.preventDefault();reveal()}});
reveal()})();
"""


def report_html(merged: Sequence[Mapping[str, Any]], articles: Iterable[tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    """The page, piece by piece: merged deals as a table and a picture, then each article with its mentions marked.

    `articles` are records (with `rule` on their items where the page is to name the pattern) and the text that they were made from;
    an empty text stands for a record made earlier. They are read one at a time, so the page may be longer than memory.
    """
    yield _page_head()
    yield f'<a class="skip" href="#articles">{WORDS["skip"]}</a><h1>{PAGE_TITLE}</h1><main>'
    yield f'<section aria-labelledby="h-table"><h2 id="h-table">{WORDS["table"]}</h2>'
    yield from _table(merged)
    yield f'</section><section aria-labelledby="h-picture"><h2 id="h-picture">{WORDS["picture"]}</h2>'
    yield from _picture(merged)
    yield '</section><section id="articles" tabindex="-1" aria-labelledby="h-articles">'
    yield f'<h2 id="h-articles">{WORDS["articles"]}</h2>{_key()}'
    for record, text in articles:
        yield _article(record, text)
    yield f'</section></main><div id="tip" role="tooltip" hidden></div><script>{SCRIPT}</script></body></html>\n'


def _page_head() -> str:
    import base64

    digest = base64.b64encode(sha256(SCRIPT.encode())).decode()
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    policy += f"; script-src 'sha256-{digest}'"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{PAGE_TITLE}</title><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body>"
    )


_UNSAFE = expression("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def _esc(text: Any) -> str:
    """Text for any place in the page; what HTML or UTF-8 cannot hold becomes the replacement character."""
    import html

    return html.escape(_UNSAFE.sub("\ufffd", str(text)))


def _anchor(path: str, article_id: str) -> str:
    return "a" + sha256(f"{path}\0{article_id}".encode("utf-8", "surrogatepass")).hex()[:12]


def _table(merged: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not merged:
        yield f"<p>{WORDS['none']}</p>"
        return
    heads = ("kind", "payer", "payee", "sum", "status", "date", "reports", "first", "conflicts")
    cells = "".join(f'<th role="columnheader" scope="col"><button type="button">{WORDS[head]}</button></th>' for head in heads)
    yield f'<div class="frame"><table id="deals" role="table"><caption>{WORDS["deals"]}: {len(merged)}. '
    yield f'<span class="hint">{WORDS["table_hint"]}</span> <span id="say" role="status" data-word="{WORDS["sorted"]}"></span></caption>'
    yield f'<thead role="rowgroup"><tr role="row">{cells}</tr></thead><tbody role="rowgroup">'
    for deal in merged:
        yield f'<tr role="row">{"".join(_cells(deal, heads))}</tr>\n'
    yield "</tbody></table></div>"


def _cells(deal: Mapping[str, Any], heads: Sequence[str]) -> Iterator[str]:
    """A row: in each cell what is read, and in `data-v` what it is sorted by."""
    payer, payee = ", ".join(deal["payer"]), ", ".join(deal["payee"])
    day = deal["date"] or ""
    told = f"{len(deal['reports'])} ({', '.join(deal['languages'])})" if deal["languages"] else str(len(deal["reports"]))
    firsts = ", ".join(f"{first['name']} ({first['reports']})" for first in deal["first_reported_by"])
    reports = "".join(map(_told, deal["reports"]))
    shown = {
        "kind": (_esc(deal["kind"].replace("_", " ")), deal["kind"]), "payer": (_esc(payer), payer), "payee": (_esc(payee), payee),
        "sum": (_esc(flow_text(deal)), _size(deal)),
        "status": (f'<span class="pill {deal["status"]}">{STATUS_WORDS[deal["status"]]}</span>', STATUSES.index(deal["status"])),
        "date": (_esc(day), deal["from"] or day), "first": (_esc(firsts), firsts),
        "reports": (f"<details><summary>{_esc(told)}</summary><ul>{reports}</ul></details>", len(deal["reports"])),
        "conflicts": (_troubles(deal), len(deal["conflicts"]) + len(deal["circular"])),
    }  # fmt: skip
    for head in heads:
        text, key = shown[head]
        yield f'<td role="cell" class="c-{head}" data-label="{WORDS[head]}" data-v="{_esc(key)}">{text}</td>'


def _size(deal: Mapping[str, Any]) -> Number | str:
    """What a deal is sorted by: its sum, the largest told, or nothing."""
    sums = [_sum_of(amount) for amount in (deal["amount"], *(told["amount"] for told in deal["amounts"]))]
    return max((bounds[0] for amount in sums if amount and (bounds := _bounds(amount))), default="")


def _told(report: Mapping[str, Any]) -> str:
    where = _anchor(report["path"], report["id"])
    who = " · ".join(filter(None, (report["language"], report["published"], report["path"])))
    quotes = "; ".join(
        f'<a href="#{where}-{span["start"]}-{span["end"]}">{_esc(_shortened(span["text"]))}</a>' for span in report["evidence"]
    )
    what = f"{sum_text(_sum_of(report['amount']))}, {STATUS_WORDS[report['status']]}"
    return f'<li><a href="#{where}">{_esc(who)}</a>: {_esc(what)}. {quotes}</li>'


def _shortened(text: str, most: int = 160) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _troubles(deal: Mapping[str, Any]) -> str:
    texts = [(conflict["field"], conflict["text"]) for conflict in deal["conflicts"]]
    lines = [_esc(name.replace("_", " ") + text.removeprefix(name)) for name, text in texts]
    lines += [f"{WORDS['circle']}: {_esc(' → '.join(circle))}" for circle in deal["circular"]]
    return f"<div>{'<br>'.join(f'<span class=warn>{line}</span>' for line in lines)}</div>" if lines else ""


def _key() -> str:
    names = {"amount": "amount", "party": "party", "chip": "chip", "date": "mention_date", "source": "source"}
    marks = "".join(f"<mark class=m-{kind}>{WORDS[word]}</mark>" for kind, word in names.items())
    return f'<p class="key soft">{WORDS["key"]}: {marks}</p>'


# An article with its mentions. Spans are nested as they lie in the text, evidence outermost.


@plain()
class Shown:
    """A span to mark, with the tags around it; `rank` orders spans of one place, outermost first."""

    start: int
    end: int
    rank: int
    open: str
    close: str


def _article(record: Mapping[str, Any], text: str) -> str:
    where = _anchor(record["path"], record["id"])
    language = record["language"] if re.fullmatch(r"[a-z]{2,3}", record["language"] or "") else None
    title = record.get("meta", {}).get("title")
    url = record.get("meta", {}).get("url")
    count = f"{WORDS['deals']}: {len(record['deals'])}"
    parts = [record["path"], language, record["published"], title if isinstance(title, str) else None, count]
    link = f' <a href="{_esc(url)}" rel="noreferrer">{WORDS["link"]}</a>' if isinstance(url, str) and re.match(r"https?://", url) else ""
    body = _marked(record, text, where) if text else _quoted_only(record, where)
    tag = f' lang="{language}"' if language else ""
    summary = _esc(" · ".join(part for part in parts if part))
    shown = f'<div class="text" dir="auto"{tag}>{body}</div>'
    return f'<details class="article" id="{where}"><summary>{summary}</summary>{link}{shown}</details>\n'


def _quoted_only(record: Mapping[str, Any], where: str) -> str:
    spans = {(span["start"], span["end"]): span["text"] for deal in record["deals"] for span in deal["evidence"]}
    places = ((f"{where}-{start}-{end}", text) for (start, end), text in sorted(spans.items()))
    quotes = "".join(f'<p class="ev" tabindex="-1" id="{place}">{_esc(text)}</p>' for place, text in places)
    return f'<p class="soft" lang="en">{WORDS["no_text"]}</p>{quotes}'


def _marked(record: Mapping[str, Any], text: str, where: str) -> str:
    """The article's text with every mention and each piece of evidence in tags; a span that crosses another one stays unmarked."""
    spans = [*_mentions(record, text)]
    spans += _evidence(record, text, where, spans)
    pieces: list[str] = []
    inside: list[Shown] = []
    at = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end, span.rank)):
        while inside and inside[-1].end <= span.start:
            pieces += (_esc(text[at : inside[-1].end]), inside[-1].close)
            at = inside.pop().end
        if inside and span.end > inside[-1].end:
            continue
        pieces += (_esc(text[at : span.start]), span.open)
        at = span.start
        inside.append(span)
    while inside:
        pieces += (_esc(text[at : inside[-1].end]), inside[-1].close)
        at = inside.pop().end
    return "".join([*pieces, _esc(text[at:])])


def _mentions(record: Mapping[str, Any], text: str) -> Iterator[Shown]:
    for kind, item, mention in _items(record):
        start, end = mention["start"], mention["end"]
        if 0 <= start < end <= len(text) and text[start:end] == mention["text"]:
            about = _esc(" · ".join(filter(None, _about(kind, item))))
            rank = ("source", "party", "chip", "date", "amount").index(kind) + 1
            yield Shown(start, end, rank, f'<mark class="m-{kind}" tabindex="0" aria-description="{about}">', "</mark>")


def _items(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Every mention with its kind and the item that it is a mention of."""
    for kind, key in (("amount", "amounts"), ("date", "dates")):
        for item in record.get(key, ()):
            yield kind, item, item
    for kind, key in (("party", "parties"), ("chip", "chips"), ("source", "sources")):
        for item in record.get(key, ()):
            for mention in item["mentions"]:
                yield kind, item, mention


def _about(kind: str, item: Mapping[str, Any]) -> Iterator[str | None]:
    """What the tooltip says: the kind, the normalised value, and the pattern that made it where the record names it."""
    yield WORDS["mention_date" if kind == "date" else kind]
    if kind == "amount":
        value = item["value"]
        yield sum_text(_sum_of(item))
        yield f"{value:,} {item['currency'] or ''}".strip() if value is not None else item["modifier"]
        yield item["role"].replace("_", " ")
    elif kind == "date":
        yield item["value"]
    else:
        yield item["name"] or item["kind"]
        yield from _more_about(kind, item)
    if rule := item.get("rule"):
        yield f"{WORDS['pattern']} {rule}"


def _more_about(kind: str, item: Mapping[str, Any]) -> Iterator[str | None]:
    if kind == "party":
        yield f"{WORDS['unit']} {item['parent']}" if item.get("parent") else None
        yield item.get("ticker")
    elif kind == "chip":
        yield item.get("class")
        yield item.get("vendor")
    elif item["name"]:
        yield ", ".join([item["kind"], *(act.replace("_", " ") for act in item.get("acts", ()))])


def _evidence(record: Mapping[str, Any], text: str, where: str, mentions: Sequence[Shown]) -> Iterator[Shown]:
    """The evidence of all deals; pieces that overlap, or that a mention crosses, are marked as one, each with its own anchor."""
    told = {(span["start"], span["end"]) for deal in record["deals"] for span in deal["evidence"]}
    regions: list[tuple[int, int, list[tuple[int, int]]]] = []
    crossing = {(span.start, span.end): False for span in mentions}
    for start, end, is_told in sorted([*((s, e, True) for s, e in told if 0 <= s < e <= len(text)), *((s, e, False) for s, e in crossing)]):
        if regions and start < regions[-1][1]:
            first, last, anchors = regions[-1]
            regions[-1] = (first, max(last, end), [*anchors, (start, end)] if is_told else anchors)
        else:
            regions.append((start, end, [(start, end)] if is_told else []))
    for start, end, anchors in regions:
        if anchors:
            marks = "".join(f'<a tabindex="-1" id="{where}-{first}-{last}"></a>' for first, last in anchors)
            yield Shown(start, end, 0, f'<span class="ev">{marks}', "</span>")


# The picture: parties in columns, money from left to right; what flows back is drawn from right to left. A flow that passes a column has a
# free lane there (a box that is not drawn), so lines do not run through boxes.

MOST_FLOWS = 40
BOX, GAP, ROW, COLUMN = 150, 24, 22, 320  # widths and heights in pixels: a box, between boxes, a flow at a box, from column to column
LETTER = 7.2  # width of a letter, near enough to cut names to their box and labels to the space between columns


@plain(frozen=False)
class Box:
    """A party in the picture, or a lane: its column, the numbers of the flows on either side, and where it stands."""

    name: str
    lane: bool = False
    column: int = 0
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0

    @property
    def height(self) -> int:
        return ROW if self.lane else (max(len(self.left), len(self.right), 1) + 1) * ROW


def _picture(merged: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    flows = flows_of(merged)
    chosen = sorted(flows, key=lambda flow: (not flow.circular, min(flow.deals)))[:MOST_FLOWS]
    chosen.sort(key=lambda flow: (flow.payer, flow.payee, flow.status))
    parents = {unit: parent for deal in merged for unit, parent in deal["parents"].items()}
    notes = [f"{WORDS['open_key']}: – –", f"{WORDS['denied_key']}: · ·", f"{WORDS['done_key']}: ──"]
    unnamed = sum(not (deal["payer"] and deal["payee"]) for deal in merged)
    notes += [f"{WORDS['unnamed']}: {unnamed}"] if unnamed else []
    notes += [f"{WORDS['left_out']}: {len(flows) - len(chosen)}"] if len(flows) > len(chosen) else []
    circles = sorted({tuple(circle) for deal in merged for circle in deal["circular"]})
    yield '<figure><div class="frame picture" tabindex="0" role="region" aria-labelledby="h-picture">' if chosen else "<figure>"
    yield from _drawing(chosen, parents) if chosen else ()
    yield "</div>" if chosen else ""
    yield f"<figcaption>{_esc('; '.join(notes))}.</figcaption></figure>"
    if circles:
        items = "".join(f"<li>{_esc(' → '.join(circle))}</li>" for circle in circles)
        yield f'<h3>{WORDS["circles"]}</h3><ul>{items}</ul>'


def _drawing(flows: Sequence[Flow], parents: Mapping[str, str]) -> Iterator[str]:
    boxes, ways = _placed(flows)
    width = int(max(box.x for box in boxes) + BOX + GAP)
    height = int(max(box.y + box.height for box in boxes) + GAP)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" role="group" aria-labelledby="h-picture" {size}>'
    drawn = [_drawn_flow(number, flow, ways[number]) for number, flow in enumerate(flows)]
    yield from (line for line, _ in drawn)
    for box in boxes:
        if not box.lane:
            yield _drawn_box(box, parents.get(box.name))
    yield from (label for _, label in drawn)
    yield "</svg>"


def _drawn_box(box: Box, parent: str | None) -> str:
    centre, middle = box.x + BOX / 2, box.y + box.height / 2
    of_whom = _esc(_cut(f"{WORDS['unit']} {parent}"))
    unit = f'<tspan class="unit" x="{centre:g}" dy="1.2em">{of_whom}</tspan>' if parent else ""
    return (
        f'<g><title>{_esc(box.name)}</title><rect class="box" x="{box.x:g}" y="{box.y:g}" width="{BOX}" height="{box.height}" rx="7"/>'
        f'<text x="{centre:g}" y="{middle - 3 if unit else middle + 5:g}" text-anchor="middle">{_esc(_cut(box.name))}{unit}</text></g>'
    )


def _cut(text: str, space: float = BOX) -> str:
    return _shortened(text, int(space / LETTER))


def _drawn_flow(number: int, flow: Flow, way: Sequence[Box]) -> tuple[str, str]:
    """A flow's line with its arrow head, and its label (drawn later, above all lines, where the line sets out)."""
    path, x2, y2, back = "", 0.0, 0.0, 1
    start = (*_port(way[0], number, _directions(way[0], way[1])[0]), _directions(way[0], way[1])[0])
    for one, other in itertools.pairwise(way):
        out, back = _directions(one, other)
        (x1, y1), (x2, y2) = _port(one, number, out), _port(other, number, back)
        tip = 0 if other.lane else 10 * back
        reach = max(60.0, abs(x2 - x1) / 2)
        path += f"{'L' if path else 'M'}{x1:g} {y1:g}C{x1 + out * reach:g} {y1:g} {x2 + back * reach:g} {y2:g} {x2 + tip:g} {y2:g}"
    stage = {"prospect": "open", "denied": "no"}.get(_stage(flow.status), "done")
    classes = f"{stage} circle" if flow.circular else stage
    told = _esc(f"{flow.payer} → {flow.payee}: {flow.label}, {STATUS_WORDS[flow.status]}")
    drawn = (
        f'<g class="{classes}" role="img" aria-label="{told}"><title>{told}</title><path class="flow" d="{path}"/>'
        f'<path class="tip" d="M{x2:g} {y2:g}l{11 * back:g} -5v10z"/></g>'
    )
    x, y, out = start
    anchor = "start" if out > 0 else "end"
    text = _esc(_cut(flow.label, COLUMN - BOX))
    place = f'text-anchor="{anchor}" x="{x + out * 9:g}" y="{y - 4:g}"'
    return drawn, f'<g class="{classes}" aria-hidden="true"><text class="label" {place}>{text}</text></g>'


def _directions(one: Box, other: Box) -> tuple[int, int]:
    """On which side a line leaves and on which it arrives: 1 right, -1 left."""
    return (1 if one.column <= other.column else -1), (-1 if one.column < other.column else 1)


def _port(box: Box, number: int, side: int) -> tuple[float, float]:
    ports = box.right if side > 0 else box.left
    return box.x + (BOX if side > 0 else 0), box.y + box.height * (ports.index(number) + 1) / (len(ports) + 1)


def _placed(flows: Sequence[Flow]) -> tuple[list[Box], list[list[Box]]]:
    """All boxes, standing in their columns near the boxes they deal with, and for each flow the boxes on its way, lanes included."""
    named = {name: Box(name) for name in sorted({name for flow in flows for name in (flow.payer, flow.payee)})}
    _set_columns(flows, named)
    boxes = list(named.values())
    ways: list[list[Box]] = []
    for number, flow in enumerate(flows):
        one, other = named[flow.payer], named[flow.payee]
        step = 1 if one.column < other.column else -1
        between = range(one.column + step, other.column, step) if one.column != other.column else ()
        lanes = [Box(f"{number}", True, column) for column in between]
        boxes += lanes
        ways.append([one, *lanes, other])
    _join_up(boxes, ways)
    return boxes, ways


def _join_up(boxes: Sequence[Box], ways: Sequence[Sequence[Box]]) -> None:
    """Give every box its flows and its place; parts of the picture that no flow joins stand one below the other, the largest first."""
    beside: dict[int, list[Box]] = defaultdict(list)
    facing: dict[tuple[int, int, int], Box] = {}
    for number, way in enumerate(ways):
        for one, other in itertools.pairwise(way):
            for box, next_box, side in zip((one, other), (other, one), _directions(one, other), strict=True):
                (box.right if side > 0 else box.left).append(number)
                beside[id(box)].append(next_box)
                facing[id(box), side, number] = next_box
    below = 0.0
    for part in sorted(_parts(boxes, beside), key=len, reverse=True):
        below = _stand(part, beside, below)
    for box in boxes:
        box.left.sort(key=lambda number, box=box: (facing[id(box), -1, number].y, number))  # type: ignore[misc]
        box.right.sort(key=lambda number, box=box: (facing[id(box), 1, number].y, number))  # type: ignore[misc]


def _parts(boxes: Sequence[Box], beside: Mapping[int, Sequence[Box]]) -> list[list[Box]]:
    """The boxes in parts between which nothing flows, in the order of the boxes."""
    parts: list[list[Box]] = []
    seen: set[int] = set()
    for box in boxes:
        if id(box) not in seen:
            part, seen = [box], seen | {id(box)}
            for reached in part:  # grows on the way
                new = list({id(near): near for near in beside[id(reached)] if id(near) not in seen}.values())
                seen |= {id(near) for near in new}
                part += new
            parts.append(part)
    return parts


def _stand(boxes: Sequence[Box], beside: Mapping[int, Sequence[Box]], below: float) -> float:
    """Order each column by the middle of each box's neighbours, a few times over, and centre the columns. Returns where this part ends."""
    columns: dict[int, list[Box]] = defaultdict(list)
    for box in boxes:
        columns[box.column].append(box)
    for sweep in range(8):
        for column in sorted(columns, reverse=sweep % 2 == 1):
            _stack(columns[column], beside, column)
    tallest = max(box.y + box.height for box in boxes)
    for stood in columns.values():
        shift = (tallest - max(box.y + box.height for box in stood)) / 2
        for box in stood:
            box.y += shift + below
    return below + tallest


def _stack(column: list[Box], beside: Mapping[int, Sequence[Box]], number: int) -> None:
    """Order a column by the middle of each box's neighbours, and stand it up from the top."""
    column.sort(key=lambda box: (sum(n.y + n.height / 2 for n in beside[id(box)]) / (len(beside[id(box)]) or 1), box.lane, box.name))
    y = float(GAP)
    for box in column:
        box.x, box.y = GAP + number * COLUMN, y
        y += box.height + GAP


def _set_columns(flows: Sequence[Flow], boxes: Mapping[str, Box]) -> None:
    """A column for each box: one further than whoever pays it, as long as that does not go round."""
    onward: dict[str, list[str]] = defaultdict(list)
    paid = Counter(flow.payee for flow in flows)
    spent = Counter(flow.payer for flow in flows)
    for flow in flows:
        onward[flow.payer].append(flow.payee)
    # those who pay more than they are paid come first, which leaves few flows against the stream
    placed = sorted(boxes, key=lambda name: (paid[name] - spent[name], name))
    order = {name: place for place, name in enumerate(placed)}
    for name in placed:
        for other in onward[name]:
            if order[other] > order[name]:
                boxes[other].column = max(boxes[other].column, boxes[name].column + 1)


# ---- writing ---------------------------------------------------------------------------------------------------------------------

class Output(Protocol):
    """Where records go. `write` takes whole lines, `commit` makes them last, `close` gives up what was not committed;
    `handles` are the open files that worker processes must not keep."""

    @property
    def handles(self) -> tuple[int, ...]: ...
    def write(self, lines: bytes, /) -> None: ...
    def commit(self) -> None: ...
    def close(self) -> None: ...


class StandardOutput:
    """Standard output, in UTF-8 whatever the locale; each record is flushed unless a file is at the other end."""

    handles: tuple[int, ...] = ()

    def __init__(self) -> None:
        if sys.stdout is None:
            raise ExtractError("standard output is closed; open it, or write to a file with -o FILE", status=1)
        self.stream = sys.stdout.buffer
        try:
            self.at_once = not stat.S_ISREG(os.fstat(self.stream.fileno()).st_mode)
        except (OSError, ValueError):
            self.at_once = True

    def write(self, lines: bytes) -> None:
        """Write whole lines."""
        self.stream.write(lines)
        if self.at_once:
            self.stream.flush()

    def commit(self) -> None:
        """Flush."""
        self.stream.flush()

    def close(self) -> None:
        """Flush what an interrupted run has still to say; the interpreter reports nothing when the other end is gone."""
        try:
            self.stream.flush()
        except OSError:
            with contextlib.suppress(OSError, ValueError):
                sink = os.open(os.devnull, os.O_WRONLY)
                os.dup2(sink, self.stream.fileno())
                os.close(sink)


class WholeFile:
    """A file that is replaced as a whole or not at all: written without a name in the target's folder, synced, then named and renamed over
    the target. Without a name nothing is left behind even by `kill -9`; where the file system has no such files, a
    hidden one is used. Pipes and devices are written to directly."""

    def __init__(self, path: str) -> None:
        self.target = os.path.realpath(path)
        self.folder, self.name = os.path.split(self.target)
        self.beside = f".{PROGRAM}.{os.getpid()}.{id(self)}.tmp"
        self.named = False
        try:
            self.mode: int | None = os.stat(path).st_mode
        except OSError:
            self.mode = None
        self.direct = self.mode is not None and not stat.S_ISREG(self.mode)
        if self.direct:
            self.target = path  # what /dev/stdout leads to has no path of its own
        self.stream: BinaryIO = os.fdopen(self._open(), "wb")
        self.handles = (self.stream.fileno(),)

    def _open(self) -> int:
        if self.direct:
            return os.open(self.target, os.O_WRONLY)
        if self.mode is not None and not os.access(self.target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), self.target)
        if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                return os.open(self.folder, os.O_TMPFILE | os.O_RDWR, 0o666)
        handle = os.open(os.path.join(self.folder, self.beside), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        self.named = True
        return handle

    def write(self, lines: bytes) -> None:
        """Write whole lines."""
        self.stream.write(lines)

    def commit(self) -> None:
        """Sync, and put the new file in the old one's place."""
        self.stream.flush()
        if self.direct:
            return
        handle = self.stream.fileno()
        if self.mode is not None:
            os.fchmod(handle, stat.S_IMODE(self.mode))
        os.fsync(handle)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            if not self.named:
                # A directory handle makes Python call linkat and follow the link in /proc to the file itself.
                os.link(f"/proc/self/fd/{handle}", self.beside, dst_dir_fd=folder)
                self.named = True
            os.replace(self.beside, self.name, src_dir_fd=folder, dst_dir_fd=folder)
            self.named = False
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Let go of the file; what was not committed is gone."""
        with contextlib.suppress(OSError):
            self.stream.close()
        if self.named:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.folder, self.beside))


RECORD_START = b'{"schema_version"'
RECORD_ID = re.compile(rb'\{"schema_version": ?+(\d++), ?+"id": ?+("(?:[^"\\]|\\.)*+")', re.DOTALL)


class GrowingFile:
    """A file of records that new ones are added to (--update). Holds a lock on it that the kernel releases when the process ends, however
    it ends, and in memory the ids that the file has. A last line that an earlier run was killed in the middle of is cut off; its
    article is then a new one again. Records already there stay as they are, also when patterns, program or the text behind an id change."""

    def __init__(self, path: str, notice: Callable[[str], None]) -> None:
        self.path = path
        self.notice = notice
        self.handle = self._locked()
        self.handles = (self.handle,)
        try:
            self.ids = self._scanned()
        except BaseException:
            os.close(self.handle)
            raise

    def _locked(self) -> int:
        """The file opened and locked. A file that was put in its place while we waited for the lock is opened anew."""
        import fcntl

        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o666)
            try:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise ExtractError(f"{shown(self.path)}: is no ordinary file; --update needs one")
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(handle), os.stat(self.path)):
                    return handle
                os.close(handle)
            except BlockingIOError:
                os.close(handle)
                raise ExtractError(f"{shown(self.path)}: another run is adding to it; wait until it has ended", status=1) from None
            except BaseException:
                os.close(handle)
                raise

    def _scanned(self) -> set[str]:
        """The ids of the file's records; cuts off a torn last line."""
        ids: set[str] = set()
        whole = 0
        unended = False
        with open(self.path, "rb") as stream:
            # Closing a second descriptor does not release a lock of flock (it would one of lockf).
            for number, line in enumerate(stream, 1):
                if not line.endswith(b"\n") and _parsed_or_none(line) is None and self._torn(line):
                    os.ftruncate(self.handle, whole)
                    self.notice(f"{shown(self.path)}:{number}: the last line was cut short, an earlier run was stopped; it is replaced")
                    break
                ids.add(self._id(line, number))
                whole += len(line)
                unended = not line.endswith(b"\n")
        if unended:
            _write_all(self.handle, b"\n")
        return ids

    @staticmethod
    def _torn(line: bytes) -> bool:
        """Whether a last line without its end is what is left of a record, so that it may be cut off."""
        return line.startswith(RECORD_START) or RECORD_START.startswith(line)

    def _id(self, line: bytes, number: int) -> str:
        begun = RECORD_ID.match(line)
        if begun and line.rstrip().endswith(b"}"):
            version, own = int(begun[1]), str(json.loads(begun[2]))
        else:
            record = _parsed_or_none(line)
            record = record if isinstance(record, dict) else {}
            version, own = record.get("schema_version", 0), record.get("id", "")
        if version != SCHEMA_VERSION or not isinstance(own, str) or not own:
            cure = f"--update adds to files that {PROGRAM} {__version__} wrote; move it away and run again"
            raise ExtractError(f"{shown(self.path)}:{number}: is no record of schema version {SCHEMA_VERSION}; {cure}", status=1)
        return own

    def write(self, lines: bytes) -> None:
        """Append whole lines."""
        _write_all(self.handle, lines)

    def commit(self) -> None:
        """Sync."""
        os.fsync(self.handle)

    def close(self) -> None:
        """Release the lock."""
        os.close(self.handle)


def _write_all(handle: int, data: bytes) -> None:
    """os.write until all is written."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view):]


def write_whole(path: str, text: str) -> None:
    """Write a text file whole or not at all."""
    file = WholeFile(path)
    try:
        file.write(text.encode("utf-8"))
        file.commit()
    finally:
        file.close()


def deal_lines(record: dict[str, Any]) -> list[str]:
    """The lines of --per deal."""
    return [json_line(deal) for deal in per_deal(record)]


# ---- running ---------------------------------------------------------------------------------------------------------------------
#
# Pieces go in, outcomes come out in the same order, made in this process or in workers by the same function. A worker has one batch of
# pieces at a time and answers article by article, so that the main process always knows which one it is at.

FEW_ARTICLES = 48  # up to so many, starting workers costs more than it saves
BATCH_PIECES = 16
BATCH_BYTES = 1 << 18
FILE_WEIGHT = 1 << 12  # what a piece counts as whose text is not with it
BATCHES_PER_WORKER = 4  # in flight: waiting, at work or done but not yet written


class Outcome(NamedTuple):
    """What became of a piece: its lines, whether a record was made, whether it need not be as it is known; the id, how many deals;
    what went wrong (also with a record that was made); the text where the report needs it."""

    lines: bytes
    id: str = ""
    deals: int = 0
    failure: str | None = None
    made: bool = False
    known: bool = False
    text: str = ""


@plain()
class Job:
    """All that turning a piece into an outcome depends on, besides the patterns; goes to each worker once."""

    folder: Path
    options: Options
    limits: Limits = Limits()
    per_deal: bool = False
    take_records: bool = False
    keep_text: bool = False
    known: AbstractSet[str] = frozenset()


def process(piece: Piece, patterns: Patterns, job: Job) -> Outcome:
    """The outcome of one piece. Never raises: what is wrong with one article costs that article alone."""
    try:
        if job.take_records and (record := _earlier_record(piece)) is not None:
            return Outcome(_bytes([json_line(record)]), str(record.get("id", "")), len(record["deals"]), made=True)
        if piece.walked and _is_about_an_article(piece):
            return Outcome(b"")
        article, wrong = article_of(piece, job.limits)
        failure = f"{piece.path}: {wrong}" if wrong else None
        if article.id in job.known:
            return Outcome(b"", article.id, 0, failure, known=True)
        line, deals, unread = _line_of(article, patterns, job)
        failure = failure or (unread and f"{piece.path}: {unread}")
        lines = deal_lines(json.loads(line)) if job.per_deal else [line]
        return Outcome(_bytes(lines), article.id, deals, failure, made=True, text=article.text if job.keep_text else "")
    except ExtractError as error:
        return Outcome(b"", failure=f"{piece.path}: {error}")
    except OSError as error:
        return Outcome(b"", failure=f"{piece.path}: {_stream_reason(error)}")
    except EOFError:
        return Outcome(b"", failure=f"{piece.path}: {_TRUNCATED}")
    except MemoryError:
        return Outcome(b"", failure=f"{piece.path}: needs more memory than there is; lower --max-bytes to leave such articles out")
    except Exception as error:  # noqa: BLE001 - a fault of the program on one article must not cost the others
        fault = f"{type(error).__name__}: {error}"
        return Outcome(b"", failure=f"{piece.path}: {PROGRAM} failed on it ({fault}); please report it with the text")


def _line_of(article: Article, patterns: Patterns, job: Job) -> tuple[str, int, str | None]:
    """An article's record as a line (the record itself can be large and is let go), how many deals it has, and what was left unread."""
    made = extract(article, patterns, job.options)
    unread = next((warning for warning in made.warnings if warning.startswith(UNREAD)), None)
    return record_line(made, job.options.explain), len(made.deals), unread


def _bytes(lines: Iterable[str]) -> bytes:
    return b"".join(line.encode("utf-8") + b"\n" for line in lines)


def _is_about_an_article(piece: Piece) -> bool:
    """Whether a document in a folder is no article but a record, an annotation or an outcome of articles: it has deals and no text."""
    if piece.kind not in ("line", "document"):
        return False
    document = _parsed_or_none(piece.body) if piece.kind == "line" else piece.body
    return (isinstance(document, dict) and not any(key in document for key in TEXT_KEYS)
            and isinstance(document.get("deals"), list))  # fmt: skip


def _earlier_record(piece: Piece) -> dict[str, Any] | None:
    """The piece's JSON if it is a record made earlier."""
    document = _parsed_or_none(piece.body) if piece.kind == "line" else piece.body
    if isinstance(document, dict) and document.get("schema_version") == SCHEMA_VERSION and isinstance(document.get("deals"), list):
        return document
    return None


def run(
    pieces: Iterator[Piece], patterns: Patterns, job: Job, *, jobs: int | None, timeout: float | None, live: bool,
    handles: tuple[int, ...],
) -> Generator[Outcome, None, None]:
    """The outcomes of the pieces, in their order. `jobs` None: this process does the first few dozen articles, and if there are more, as
    many workers as there are cores do the rest (not for a live stream, whose records are wanted one by one). With `timeout`
    (seconds an article) there is always a worker, as only a process can be stopped in the middle of anything."""
    if timeout is None and jobs is None and not live:
        for _, piece in zip(range(FEW_ARTICLES), pieces, strict=False):
            yield process(piece, patterns, job)
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jobs = jobs or 1
    if jobs == 1 and timeout is None:
        for piece in pieces:
            yield process(piece, patterns, job)
        return
    upcoming = next(pieces, None)
    if upcoming is None:
        return
    batches = _batches(chain((upcoming,), pieces), 1 if live else BATCH_PIECES)
    crew = Crew(patterns, job, jobs, timeout, handles)
    try:
        yield from crew.outcomes(batches, 1 if live and jobs == 1 else BATCHES_PER_WORKER * jobs)
    finally:
        crew.stop()


class Batch:
    """Some pieces on their way through a worker: `done` of them have an outcome, `ready` are outcomes that nobody has taken yet."""

    __slots__ = ("done", "pieces", "ready")

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        self.done = 0
        self.ready: deque[Outcome] = deque()

    def add(self, outcome: Outcome) -> None:
        """Note the outcome of the next piece."""
        self.done += 1
        self.ready.append(outcome)

    @property
    def finished(self) -> bool:
        """Whether each piece has its outcome."""
        return self.done == len(self.pieces)


def _batches(pieces: Iterable[Piece], most: int) -> Iterator[Batch]:
    """The pieces in batches of at most so many pieces and about BATCH_BYTES bytes, each given out as soon as it is full."""
    batch: list[Piece] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += len(piece.body) if piece.kind in ("line", "text") else FILE_WEIGHT
        if len(batch) >= most or size >= BATCH_BYTES:
            yield Batch(batch)
            batch, size = [], 0
    if batch:
        yield Batch(batch)


class Worker:
    """A worker process and its end of the pipe; `since` is when it was last heard of (monotonic seconds)."""

    __slots__ = ("batch", "connection", "process", "ready", "since")

    def __init__(self, process: BaseProcess, connection: Connection) -> None:
        self.process = process
        self.connection = connection
        self.batch: Batch | None = None
        self.ready = False
        self.since = time.monotonic()


class Crew:
    """The worker processes of a run. Started as they are needed, at most `size` at a time; one that dies or takes too long over an
    article is replaced, and costs that article alone."""

    def __init__(self, patterns: Patterns, job: Job, size: int, timeout: float | None, handles: tuple[int, ...]) -> None:
        import multiprocessing
        import selectors

        self.context = multiprocessing.get_context()
        self.patterns, self.job, self.size, self.timeout, self.handles = patterns, job, size, timeout, handles
        self.selector = selectors.DefaultSelector()
        self.workers: list[Worker] = []
        self.backlog: deque[Batch] = deque()

    def outcomes(self, batches: Iterator[Batch], most: int) -> Iterator[Outcome]:
        """The outcomes of all batches, in order; at most `most` batches are in flight."""
        flight: deque[Batch] = deque()
        more = True
        while True:
            while more and len(flight) < most:
                batch = next(batches, None)
                more = batch is not None
                if batch is not None:
                    flight.append(batch)
                    self.backlog.append(batch)
                    self._hand_out()
            while flight:
                while flight[0].ready:
                    yield flight[0].ready.popleft()
                if not flight[0].finished:
                    break
                flight.popleft()
            if flight:
                self._listen()
            elif not more:
                return

    def _hand_out(self) -> None:
        """Give waiting batches to workers that have none; start workers while batches wait."""
        for worker in self.workers:
            if self.backlog and worker.ready and worker.batch is None:
                worker.since = time.monotonic()
                try:
                    worker.connection.send(self.backlog[0].pieces[self.backlog[0].done:])
                except OSError:  # it died while it had nothing to do
                    self._remove(worker)
                    break
                worker.batch = self.backlog.popleft()
        starting = sum(not worker.ready for worker in self.workers)
        if len(self.backlog) > starting and len(self.workers) < self.size:
            self._start()

    def _start(self) -> None:
        """Start a worker. A forked one inherits the patterns; it also inherits what it must close, so that pipes end and locks are released
        when this process dies."""
        if sys.stdout is not None:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
        ours, theirs = self.context.Pipe()
        forked = self.context.get_start_method() == "fork"
        inherited = (ours.fileno(), *(worker.connection.fileno() for worker in self.workers), *self.handles) if forked else ()
        arguments = (theirs, self.job, self.patterns if forked else None, inherited)
        process = self.context.Process(target=work, args=arguments, daemon=True)
        try:
            process.start()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ExtractError(f"no worker process can be started ({reason}); try again with --jobs 1", status=1) from None
        theirs.close()
        worker = Worker(process, ours)
        self.workers.append(worker)
        self.selector.register(ours, 1, worker)

    def _listen(self) -> None:
        """Take in what the workers say, at most until the first of them has used up its time."""
        heard = [key.data for key, _ in self.selector.select(self._patience())]
        for worker in heard:
            self._hear(worker)
        now = time.monotonic()
        for worker in list(self.workers):
            # Only who has nothing to say is late: this process may itself have been held up, by a slow reader of its output.
            if self.timeout is not None and worker.batch and worker not in heard and now - worker.since >= self.timeout:
                self._bury(worker, f"took longer than {self.timeout:g} s; raise --timeout or leave it out")
        self._hand_out()

    def _patience(self) -> float | None:
        """Seconds until the first worker has used up its time."""
        if self.timeout is None:
            return None
        starts = [worker.since for worker in self.workers if worker.batch is not None]
        return max(0.0, min(starts) + self.timeout - time.monotonic()) if starts else None

    def _hear(self, worker: Worker) -> None:
        try:
            said = worker.connection.recv()
        except (EOFError, OSError):
            if not worker.ready:
                raise ExtractError("a worker process could not be started; try again with --jobs 1", status=1) from None
            worker.process.join()
            status = f"exit status {worker.process.exitcode}"
            self._bury(worker, f"its worker process died ({status}); look at the article, or at the memory that is left")
            return
        worker.since = time.monotonic()
        if worker.batch is None:
            worker.ready = True
            return
        worker.batch.add(said)
        if worker.batch.finished:
            worker.batch = None

    def _bury(self, worker: Worker, reason: str) -> None:
        """Remove a worker; the article it was at has failed for `reason`, the rest of its batch goes to another."""
        self._remove(worker)
        batch = worker.batch
        if batch is not None:
            batch.add(Outcome(b"", failure=f"{batch.pieces[batch.done].path}: {reason}"))
            if not batch.finished:
                self.backlog.appendleft(batch)

    def _remove(self, worker: Worker) -> None:
        self.workers.remove(worker)
        self.selector.unregister(worker.connection)
        worker.process.kill()
        worker.process.join()
        worker.connection.close()

    def stop(self) -> None:
        """End all workers at once."""
        for worker in self.workers:
            worker.process.kill()
        for worker in list(self.workers):
            self._remove(worker)
        self.selector.close()


_MANY_NEW = 200_000  # objects made between two looks for such as hold each other


def work(connection: Connection, job: Job, patterns: Patterns | None, inherited: tuple[int, ...]) -> None:
    """A worker's whole life: batches of pieces in, an outcome for each article out, until the main process is gone. Interrupts are the main
    process's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for handle in inherited:
        os.close(handle)
    gc.set_threshold(_MANY_NEW)
    if patterns is None:
        patterns = load_patterns(job.folder)
    try:
        connection.send(None)
        while True:
            for piece in connection.recv():
                connection.send(process(piece, patterns, job))
    except (EOFError, OSError):
        return


# ---- command line ----------------------------------------------------------------------------------------------------------------

EPILOG = """\
PATH is a file, a folder (read with all its subfolders, in the order of the names) or "-" (standard input: JSON Lines, one JSON
document or array, or one plain article). Files: .txt .md .json .jsonl .ndjson, each also .gz.

Exit status: 0 all read, also when the reader of a pipe has had enough; 1 something could not be read or written (one line each on
standard error; every other record is there); 2 wrong usage or unusable patterns; 130 interrupted; 143 terminated.
"""


class Parser(argparse.ArgumentParser):
    """argparse with errors in one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and stop with 2."""
        say(f"{message}; see --help")
        raise SystemExit(2)


def say(message: str) -> None:
    """One line on standard error, in UTF-8, with control characters escaped; nobody there to read it is no reason to fail."""
    line = "".join(c if c.isprintable() or c == " " else c.encode("unicode_escape").decode() for c in f"{PROGRAM}: {message}")
    data = (line + "\n").encode("utf-8", "backslashreplace")
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
        sys.stderr.buffer.write(data)
        sys.stderr.buffer.flush()


def day_argument(text: str) -> str:
    """argparse type: YYYY-MM-DD."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and iso_day(text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as YYYY-MM-DD, for example 2025-12-17")


def language_argument(text: str) -> str:
    """argparse type: ISO 639-1 code, or a tag that begins with one."""
    if code := language_code(text):
        return code
    raise argparse.ArgumentTypeError(f"{text!r} is no language code; write two letters (ISO 639-1), for example nl")


def jobs_argument(text: str) -> int:
    """argparse type: number of processes."""
    if re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= 512:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; write a whole number from 1 to 512")


def seconds_argument(text: str) -> float:
    """argparse type: seconds, more than none."""
    if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}", text) and float(text) > 0:
        return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no time; write seconds, more than 0, for example 10 or 0.5")


def bytes_argument(text: str) -> int:
    """argparse type: bytes, with k, M or G for thousands, millions and thousand millions."""
    size = re.fullmatch(r"([0-9]{1,15})([kMG]?)", text)
    if size and int(size[1]) > 0:
        return int(size[1]) * {"": 1, "k": 1000, "M": 10**6, "G": 10**9}[size[2]]
    raise argparse.ArgumentTypeError(f"{text!r} is no size; write bytes, for example 500000, 200M or 1G")


def encoding_argument(text: str) -> str:
    """argparse type: an encoding of text that Python knows."""
    try:
        b"a".decode(text)
    except UnicodeDecodeError:
        return text
    except (LookupError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is no encoding; for example latin-1, cp1252, utf-16") from None
    return "utf-8" if text.lower().replace("_", "-") in ("utf8", "utf-8", "utf-8-sig") else text


def graph_argument(text: str) -> str:
    """argparse type: a file name whose ending says the format."""
    if text.endswith((".dot", ".mmd")):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} must end in .dot (Graphviz) or .mmd (Mermaid)")


def make_parser() -> Parser:
    """The command line."""
    parser = Parser(
        prog=PROGRAM, allow_abbrev=False, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Read business news; write amounts, parties, chips, dates, sources and the deals they make up, as JSON Lines.",
    )
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="file, folder or - for standard input")
    add("-o", "--output", metavar="FILE", help="write FILE, whole or not at all, rather than standard output")
    add("--update", metavar="FILE", help="append to FILE the articles whose id it does not hold yet; to have all made anew, delete FILE")
    add("--per", choices=("article", "deal"), default="article", help="a line an article (default) or a line a deal")
    add("--merge", action="store_true", help="a line a deal across all articles; PATH may also hold records made earlier")
    add("--graph", metavar="FILE", type=graph_argument, help="also write who pays whom, as .dot or .mmd")
    add("--report", metavar="FILE", help="also write a page to look at, FILE.html")
    add("--language", metavar="XX", type=language_argument,
        help="the language of all input (ISO 639-1); default: found out for each article")
    add("--reference-date", metavar="YYYY-MM-DD", type=day_argument,
        help="the day that relative dates count from in articles without a date")
    add("--patterns", metavar="DIR", type=Path, help="the folder of patterns to use; default: the program's own")
    add("-j", "--jobs", metavar="N", type=jobs_argument,
        help="worker processes; default: one a core for more than a few dozen articles (none for a pipe)")
    add("--timeout", metavar="SECONDS", type=seconds_argument, help="give up an article that takes longer; default: never")
    add("--max-bytes", metavar="N", type=bytes_argument, default=MAX_BYTES,
        help="refuse files, and lines of JSON Lines, with more bytes unpacked (k, M, G); default: 100M")
    add("--encoding", metavar="NAME", type=encoding_argument, help="the encoding of input without a byte-order mark; default: utf-8")
    add("--explain", action="store_true", help="add to each item the id of the pattern that found it")
    add("--schema", action="store_true", help="print the JSON Schema of a record and stop")
    add("--check-patterns", metavar="DIR", nargs="?", const="",
        help="check a folder of patterns (default: the one in use) and stop")
    add("-q", "--quiet", action="store_true", help="no progress bar and no notices; failures are still reported")
    add("-v", "--verbose", action="store_true", help="end with a line that counts articles, deals, failures and seconds")
    add("--version", action="version", version=f"{PROGRAM} {__version__}")
    return parser


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line's arguments; says what is wrong with them and raises SystemExit(2)."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if arguments.schema or arguments.check_patterns is not None:
        return arguments
    if not arguments.paths:
        parser.error("name at least one file or folder, or - for standard input")
    if arguments.update and (arguments.output or arguments.merge or arguments.per == "deal" or arguments.graph or arguments.report):
        parser.error("--update keeps a file of whole records, so it goes with none of -o, --per deal, --merge, --graph and --report")
    if arguments.merge and arguments.per == "deal":
        parser.error("--merge is already a line a deal; leave out --per deal")
    targets = [path for path in (arguments.output, arguments.update, arguments.graph, arguments.report) if path]
    for target in targets:
        if clash := _clash(target, arguments.paths):
            parser.error(f"{shown(target)} is read as well ({shown(clash)}); write to a file outside what is read")
    if len({os.path.realpath(target) for target in targets}) < len(targets):
        parser.error("two outputs go to the same file; name different ones")
    return arguments


def _clash(target: str, paths: Iterable[str]) -> str | None:
    """The first of the paths that is the file `target` or a folder that holds it."""
    real = os.path.realpath(target)
    if os.path.exists(real) and not os.path.isfile(real):
        return None
    for path in paths:
        if path != "-" and (_within(real, os.path.realpath(path)) or (_identity(real) and _identity(real) == _identity(path))):
            return path
    return None


class Progress:
    """The count of what came out, and a bar on standard error for a run over more than a moment, if somebody looks."""

    MOMENT = 1.0
    WIDTH = 30

    def __init__(self, *, quiet: bool) -> None:
        self.articles = self.deals = self.failures = self.known = self.found = 0
        self.start = self.drawn = time.monotonic()
        self.shown = False
        looked_at = sys.stderr is not None and sys.stderr.isatty()
        self.bar = looked_at and not quiet and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def pieces(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """The pieces, counted as they are found."""
        for piece in pieces:
            self.found += 1
            yield piece

    def add(self, outcome: Outcome) -> None:
        """Count an outcome; report what failed."""
        self.articles += outcome.made
        self.deals += outcome.deals
        self.known += outcome.known
        if outcome.failure:
            self.failures += 1
            self.clear()
            say(outcome.failure)
        if self.bar and (now := time.monotonic()) - self.drawn > 0.1 and now - self.start > self.MOMENT:
            self.drawn = now
            self._draw()

    def _draw(self) -> None:
        done = self.articles + self.failures + self.known
        filled = self.WIDTH * done // max(done, self.found)
        text = f"\r[{'#' * filled}{'.' * (self.WIDTH - filled)}] {done} articles, {self.deals} deals, {self.failures} failures"
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
            self.shown = True

    def clear(self) -> None:
        """Wipe the bar away."""
        if self.shown:
            with contextlib.suppress(OSError):
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
            self.shown = False

    def summary(self) -> str:
        """What -v says at the end."""
        known = f", {self.known} known already" if self.known else ""
        seconds = time.monotonic() - self.start
        return f"{self.articles} articles, {self.deals} deals, {self.failures} failures{known}, {seconds:.1f} seconds"


def _is_live(path: str) -> bool:
    """Whether a path is a pipe or a terminal, whose articles come when they come."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode if path == "-" else os.stat(path).st_mode
    except (OSError, ValueError, AttributeError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _output_identity() -> tuple[int, int] | None:
    """Device and inode of the file that standard output goes to, if it is a file."""
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _open_output(arguments: argparse.Namespace) -> StandardOutput | WholeFile | GrowingFile:
    if arguments.update:
        return GrowingFile(arguments.update, (lambda _: None) if arguments.quiet else say)
    return WholeFile(arguments.output) if arguments.output else StandardOutput()


def _print(text: str) -> int:
    """Write a text to standard output; the exit status."""
    output = StandardOutput()
    try:
        output.write(text.encode("utf-8"))
        output.commit()
    finally:
        output.close()
    return 0


def _check(folder: Path) -> int:
    """--check-patterns: the problems on standard error, 2 if there are any."""
    problems, table = check_patterns(folder)
    for problem in problems:
        say(problem)
    if not problems:
        _print(table + "\n")
    return 2 if problems else 0


def command(arguments: argparse.Namespace) -> int:
    """Do what the command line says; the exit status. Raises ExtractError and OSError where the run as a whole has failed."""
    folder = arguments.patterns or default_patterns()
    if arguments.schema:
        return _print(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n")
    if arguments.check_patterns is not None:
        return _check(Path(arguments.check_patterns) if arguments.check_patterns else folder)
    patterns = load_patterns(folder)
    output = _open_output(arguments)
    progress = Progress(quiet=arguments.quiet)
    merging = bool(arguments.merge or arguments.graph or arguments.report)
    try:
        job = Job(
            folder=folder, options=Options(arguments.language, arguments.reference_date, arguments.explain or bool(arguments.report)),
            limits=Limits(arguments.max_bytes, arguments.encoding, _output_identity()),
            per_deal=arguments.per == "deal" and not merging, take_records=merging, keep_text=bool(arguments.report),
            known=output.ids if isinstance(output, GrowingFile) else frozenset(),
        )
        pieces = progress.pieces(read_pieces(arguments.paths, job.limits))
        live = any(map(_is_live, arguments.paths))
        outcomes = run(pieces, patterns, job, jobs=arguments.jobs, timeout=arguments.timeout, live=live, handles=output.handles)
        with contextlib.closing(outcomes):
            _write(outcomes, output, progress, arguments)
        _finish(output, progress, arguments)
    finally:
        progress.clear()
        output.close()
    if arguments.verbose:
        say(progress.summary())
    return 1 if progress.failures else 0


def _finish(output: Output, progress: Progress, arguments: argparse.Namespace) -> None:
    """Make the output last; a run that could read nothing at all leaves an old file as it was."""
    if arguments.output and progress.failures and not progress.articles:
        say(f"{shown(arguments.output)}: not written, as no article could be read")
    else:
        output.commit()


def _write(outcomes: Iterator[Outcome], output: Output, progress: Progress, arguments: argparse.Namespace) -> None:
    """Write what the command line asks for: records, deals, or merged deals, and the pages made of these."""
    if not (arguments.merge or arguments.graph or arguments.report):
        for outcome in _new(outcomes, output, progress):
            output.write(outcome.lines)
        return
    articles: list[tuple[dict[str, Any], str]] = []
    merged = list(merge_records(_records(_new(outcomes, output, progress), output, articles, arguments)))
    if arguments.merge:
        for deal in merged:
            output.write(_bytes([json_line(deal)]))
    if arguments.graph:
        write_whole(arguments.graph, graph_text(merged, arguments.graph[-3:]))
    if arguments.report:
        write_whole(arguments.report, "".join(report_html(merged, articles)))


def _new(outcomes: Iterator[Outcome], output: Output, progress: Progress) -> Iterator[Outcome]:
    """The outcomes, counted; under --update without the articles that the file has by now (the same one may come twice in one run)."""
    ids = output.ids if isinstance(output, GrowingFile) else None
    for outcome in outcomes:
        if ids is not None and outcome.lines:
            if outcome.id in ids:
                outcome = Outcome(b"", outcome.id, failure=outcome.failure, known=True)
            ids.add(outcome.id)
        if outcome.lines:
            yield outcome
        progress.add(outcome)


def _records(
    outcomes: Iterator[Outcome], output: Output, articles: list[tuple[dict[str, Any], str]], arguments: argparse.Namespace,
) -> Iterator[dict[str, Any]]:
    """The records of the outcomes for merging; on the way each is written, unless only merged deals are wanted, and kept for the report."""
    for outcome in outcomes:
        record: dict[str, Any] = json.loads(outcome.lines)
        if not arguments.merge:
            output.write(_bytes(deal_lines(record)) if arguments.per == "deal" else outcome.lines)
        if arguments.report:
            articles.append((record, outcome.text))
        yield record


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the run as an interrupt does, through every `finally`, with the status 143."""
    def stop(_number: int, _frame: object) -> NoReturn:
        raise SystemExit(143)

    try:
        before = signal.getsignal(signal.SIGTERM)
        if before == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: whoever runs us sees to signals
        before = signal.SIG_IGN
    try:
        yield
    finally:
        if before == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def _rarely_collecting() -> Iterator[None]:
    """Look for objects that hold each other when there are many new ones: looking takes a tenth of a short run, and there are hardly any."""
    before = gc.get_threshold()
    gc.set_threshold(_MANY_NEW)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own); the exit status."""
    try:
        with _terminable(), _rarely_collecting():
            return command(parse_arguments(argv))
    except SystemExit as stop:
        if sys.stdout is not None:
            StandardOutput().close()
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except ExtractError as error:
        for line in str(error).splitlines():
            say(line)
        return error.status
    except OSError as error:
        name = shown(str(error.filename or "output"))
        say(f"{name}: cannot be written ({(error.strerror or str(error)).lower()}); see to it and run again")
        return 1


if __name__ == "__main__":
    outcome = main()
    gc.freeze()  # the interpreter would look once more through all there is for what only holds itself
    raise SystemExit(outcome)
