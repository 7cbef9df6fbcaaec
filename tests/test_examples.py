"""Every example and counter-example that the rules of patterns/ carry, one test each, and the folder as a whole."""

from __future__ import annotations

import functools

import pytest
from conftest import PATTERNS

import extract_deals

EXAMPLES = [example for example in extract_deals.iter_examples(PATTERNS) if example.section in extract_deals.RUNNERS]
LANGUAGES = {"ro", "it", "es", "en", "nl", "fr", "de", "pt"}


@functools.cache
def patterns() -> extract_deals.Patterns:
    return extract_deals.load_patterns(PATTERNS)


def name_of(example: extract_deals.Example) -> str:
    return f"{example.language or 'shared'}:{example.line}-{example.rule_id}{'-not' if example.negative else ''}"


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_example(example):
    complaint = extract_deals.RUNNERS[example.section](example, example.language, patterns())
    assert complaint is None, f"{example.rule_id} on {example.text!r}: {complaint}"


def test_the_languages_are_there():
    assert patterns().languages >= LANGUAGES


def test_every_rule_has_examples():
    """A rule of a language file that shows nothing proves nothing."""
    shown = {(example.language, example.rule_id) for example in EXAMPLES if not example.negative}
    files = extract_deals.read_folder(PATTERNS)
    bare = [f"{name}: {rule['id']}" for name in sorted(patterns().languages) for route, rule in extract_deals.iter_rules(files[name].data)
            if route[0] in extract_deals.RUNNERS and (name, rule["id"]) not in shown]  # fmt: skip
    assert not bare


def test_the_lists_are_as_long_as_promised():
    files = extract_deals.read_folder(PATTERNS)
    assert len(files["companies"].data["companies"]) >= 300
    assert len(files["chips"].data["chips"]) >= 80
    assert len(files["outlets"].data["outlets"]) >= 120
