"""Scores records against the gold annotations of fixtures/: what is right, what is missed, what is invented.

A gold item and a predicted one match by their values; each prediction serves one gold item at most. Items that the gold marks optional
count neither for nor against, and they take a prediction out of the count that matches nothing else. The rules are those of the
annotation guide that the project was given: fields that are sets (parties, chips, sources) compare by name, mentions (amounts, dates)
by value, deals by kind, both sides and sum.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Item = dict[str, Any]
FIELDS = ("amounts", "parties", "chips", "dates", "sources", "deals")
LEGAL_FORM = re.compile(r"\b(inc|corp|corporation|ltd|limited|plc|nv|n v|sa|s a|spa|s p a|ag|gmbh|holdings?|group|company|co)$")
NOBODY = "(anonymous)"


@dataclass
class Count:
    """Of one field: gold items, predictions that count, and how many of them are one another."""

    hit: int = 0
    said: int = 0
    gold: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        precision = self.hit / self.said if self.said else float(self.gold == 0)
        recall = self.hit / self.gold if self.gold else 1.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@dataclass
class Board:
    """The counts of all fields, and of their attributes (right, of all matched)."""

    fields: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    attributes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def figures(self) -> dict[str, float]:
        """F1 of each field, accuracy of each attribute that was seen at all."""
        found = {name: count.f1 for name, count in self.fields.items()}
        return found | {name: right / total for name, (right, total) in self.attributes.items()}


def plain_name(name: str | None) -> str:
    """A name without case, accents, punctuation and legal form."""
    letters = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode().casefold()
    words = re.sub(r"[^a-z0-9]+", " ", letters).strip()
    return LEGAL_FORM.sub("", words).strip() or words


def rounded(number: float | None) -> float | None:
    return None if number is None else round(float(number), 2)


def readings(value: Any) -> list[Any]:
    """The gold writes a doubtful value as the list of the readings that count as right."""
    return value if isinstance(value, list) else [value]


def agrees(key: str) -> Callable[[Item, Item], bool]:
    return lambda gold, said: said.get(key) in readings(gold.get(key))


def pair(board: Board, name: str, gold: Iterable[Item], said: Iterable[Item], same: Callable[[Item, Item], bool],
         attributes: tuple[str, ...] = (), where: str = "") -> None:  # fmt: skip
    """Match one article's predictions of one field with its gold."""
    gold, left, count = list(gold), list(said), board.fields[name]
    for wanted in (item for item in gold if not item.get("optional")):
        count.gold += 1
        candidates = [item for item in left if same(wanted, item)]
        if not candidates:
            count.errors.append(f"{where}: missed {wanted}")
            continue
        best = max(candidates, key=lambda item: sum(agrees(key)(wanted, item) for key in attributes))
        left.remove(best)
        count.hit += 1
        count.said += 1
        for key in attributes:
            right = agrees(key)(wanted, best)
            board.attributes[f"{name}.{key}"][0] += right
            board.attributes[f"{name}.{key}"][1] += 1
            if not right:
                count.errors.append(f"{where}: {key} is {best.get(key)!r}, not {wanted.get(key)!r}, of {wanted}")
    for item in left:
        if not any(same(wanted, item) for wanted in gold if wanted.get("optional")):
            count.said += 1
            count.errors.append(f"{where}: invented {item}")


def same_sum(gold: Item, said: Item) -> bool:
    if gold.get("modifier") == "vague":
        return said.get("value") is None and said.get("modifier") == "vague"
    if gold.get("modifier") == "range":
        return all(rounded(gold.get(end)) == rounded(said.get(end)) for end in ("low", "high")) and gold.get("currency") == said.get("currency")
    return rounded(gold.get("value")) == rounded(said.get("value")) and gold.get("currency") == said.get("currency")


def same_deal_sum(gold: Item, said: Item) -> bool:
    if gold.get("value") is not None or gold.get("modifier") == "range":
        return same_sum(gold, said)
    if gold.get("stake") is not None:
        return said.get("stake") is not None and abs(said["stake"] - gold["stake"]) < 0.0006
    return said.get("value") is None


def same_date(gold: Item, said: Item) -> bool:
    return (said.get("value") or "").rstrip("~?") in [(value or "").rstrip("~?") for value in readings(gold["value"])]


def in_keys(gold: Item, said: Item) -> bool:
    return said["key"] in gold["keys"]


def named_gold(lists: Iterable[list[str]]) -> list[Item]:
    return [{"keys": {plain_name(name.lstrip("~")) for name in names}, "name": names[0], "optional": names[0].startswith("~")} for names in lists]


def named(items: Iterable[Item]) -> list[Item]:
    return list({key: {"key": key, "name": item["name"]} for item in reversed(list(items)) for key in [plain_name(item["name"])]}.values())


def gold_sources(sources: Iterable[Item]) -> list[Item]:
    """People familiar with the matter count once an article, and are required if one mention of them is."""
    wanted, nobody = [], None
    for source in sources:
        optional = bool(source.get("optional"))
        if source["kind"] == "anonymous" and not source["names"]:
            if nobody is None:
                nobody = {"keys": {NOBODY}, "name": NOBODY, "first": False, "optional": True}
                wanted.append(nobody)
            nobody["optional"] &= optional
        else:
            keys = {plain_name(name) for name in source["names"]}
            wanted.append({"keys": keys, "name": source["names"][0], "first": bool(source.get("first")), "optional": optional})
    return wanted


def said_sources(sources: Iterable[Item]) -> list[Item]:
    found: dict[str, Item] = {}
    for source in sources:
        key = plain_name(source["name"]) if source.get("name") else NOBODY
        item = found.setdefault(key, {"key": key, "name": source.get("name") or NOBODY, "first": False})
        item["first"] |= bool(source.get("first"))
    return list(found.values())


def flat(deal: Item) -> Item:
    amount = deal.get("amount") or {}
    return deal | {key: amount.get(key) for key in ("value", "currency", "modifier", "low", "high")}


def score(board: Board, gold: Item, record: Item) -> None:
    """Add one article to the board."""
    where = gold["id"]
    board.fields["language"].gold += 1
    board.fields["language"].said += 1
    board.fields["language"].hit += record.get("language") == gold["lang"]
    exact = [[amount for amount in side["amounts"] if amount.get("modifier") != "vague"] for side in (gold, record)]
    pair(board, "amounts", exact[0], exact[1], same_sum, ("modifier", "role"), where)
    for name in ("parties", "chips"):
        pair(board, name, named_gold(gold[name]), named(record[name]), in_keys, (), where)
    pair(board, "dates", gold["dates"], record["dates"], same_date, (), where)
    pair(board, "sources", gold_sources(gold["sources"]), said_sources(record["sources"]), in_keys, ("first",), where)
    alias = {plain_name(name.lstrip("~")): plain_name(names[0].lstrip("~")) for names in gold["parties"] for name in names}

    def side(names: Iterable[str] | None) -> set[str]:
        return {alias.get(plain_name(name), plain_name(name)) for name in names or ()}

    def same_deal(one: Item, other: Item) -> bool:
        sides = all(side(one[role]) == side(other[role]) for role in ("payer", "payee"))
        return other["kind"] in readings(one["kind"]) and sides and same_deal_sum(one, other)

    pair(board, "deals", gold["deals"], map(flat, record["deals"]), same_deal, ("status",), where)


def score_all(golds: Iterable[Item], records: dict[str, Item]) -> Board:
    """The board of several articles; `records` by the gold's id. An article without a record counts as one that holds nothing."""
    board, nothing = Board(), {name: [] for name in FIELDS}
    for gold in golds:
        score(board, gold, records.get(gold["id"], nothing))
    return board


def read_gold(folder: Path) -> list[Item]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def mentions(value: Any) -> Iterator[Item]:
    """Every object with text, start and end, at any depth."""
    if isinstance(value, dict):
        if {"text", "start", "end"} <= value.keys():
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from mentions(inner)
