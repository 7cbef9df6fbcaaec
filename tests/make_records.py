"""Records as the program would make them, from gold annotations: what merging is tested with when extraction is not."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PARENTS = {"Amazon Web Services": "Amazon", "Google Cloud": "Google", "Google": "Alphabet", "DeepMind": "Google"}


def first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def money(item: dict[str, Any]) -> dict[str, Any] | None:
    value, modifier = item.get("value"), first(item.get("modifier"))
    if value is None and modifier not in ("range", "vague"):
        return None
    low, high = item.get("low"), item.get("high")
    if modifier in ("more_than", "equal_or_more"):
        low = value
    if modifier in ("less_than", "equal_or_less"):
        high = value
    return {"value": value, "currency": item.get("currency"), "modifier": modifier, "low": low, "high": high}


def spans(text: str, needle: str) -> dict[str, Any]:
    start = max(text.find(needle), 0)
    return {"text": text[start : start + len(needle)], "start": start, "end": start + len(needle)}


def record(gold: dict[str, Any], text: str, path: str) -> dict[str, Any]:
    """A record with all that the gold says; the article's sources speak for the deals that are not history."""
    amounts, at = [], 0
    for item in gold["amounts"]:
        start = text.index(item["text"], at)
        at = start + len(item["text"])
        sum_ = money(item) or {"value": None, "currency": None, "modifier": None, "low": None, "high": None}
        amounts.append({"text": item["text"], "start": start, "end": at, **sum_, "currency_implied": item.get("currency_implied", False),
                        "role": first(item["role"]), "rule": "gold-amount"})
    sources = [
        {"name": s["names"][0] if s["names"] else None, "kind": s["kind"], "first": s["first"],
         "acts": ["first_reported" if s["first"] else "reported"],
         "mentions": [spans(text, s["names"][0] if s["names"] else s["text"])] if s["names"] or s.get("text") else [], "rule": "gold-source"}
        for s in gold["sources"]
    ]
    named = {name for deal in gold["deals"] for name in deal["payer"] + deal["payee"]}
    parties = [
        {"name": names[0].lstrip("~"), "parent": PARENTS.get(names[0].lstrip("~")), "ticker": None, "wikidata": None, "rule": "gold-party",
         "mentions": [{"text": n, "start": i, "end": i + len(n)} for n in (n.lstrip("~") for n in names) for i in [text.find(n)] if i >= 0]}
        for names in gold["parties"]
    ]
    assert named <= {party["name"] for party in parties} or not parties, named - {party["name"] for party in parties}
    deals = []
    for deal in gold["deals"]:
        said = next((a for a in amounts if a["value"] == deal.get("value") and deal.get("value") is not None), None)
        start = text.rfind("\n", 0, said["start"]) + 1 if said else 0
        end = text.find("\n", said["end"]) if said else min(len(text), 80)
        end = len(text) if end < 0 else end
        deals.append({
            "kind": first(deal["kind"]), "status": first(deal["status"]), "payer": deal["payer"], "payee": deal["payee"], "amount": money(deal),
            "stake": deal.get("stake"), "valuation": None, "date": first(deal.get("date")), "chips": [],
            "sources": [s["name"] for s in sources] if first(deal["status"]) in ("in_talks", "denied") else [],
            "evidence": [{"text": text[start:end], "start": start, "end": end}], "rule": "gold-deal",
        })
    return {
        "schema_version": 1, "id": gold["id"], "path": path, "language": gold["lang"], "language_confidence": 1.0,
        "published": gold.get("published"), "reference_date": gold.get("reference_date"), "amounts": amounts, "parties": parties, "chips": [],
        "dates": [], "sources": sources, "deals": deals, "meta": {}, "warnings": [],
    }


def records_of(gold_folder: Path, text_folder: Path) -> list[tuple[dict[str, Any], str]]:
    made = []
    for path in sorted(gold_folder.glob("*.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        text = (text_folder / f"{gold['id']}.txt").read_bytes().decode("utf-8-sig")
        made.append((record(gold, text, f"{gold['id']}.txt"), text))
    return made
