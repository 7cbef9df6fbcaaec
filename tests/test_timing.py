"""What judges time in the other tests lets through what is linear, however noisy the machine, and nothing that grows as the square."""

from __future__ import annotations

import random
import re

import pytest
from timing import DOUBLING, grows_too_fast, seconds


def on_a_noisy_machine(cost, seed):
    """Each measurement takes up to three times as long as it should, in spells of some length."""
    dice = random.Random(seed)
    state = {"slow": 1.0, "left": 0}

    def measured(size):
        if state["left"] <= 0:
            state.update(slow=dice.choice([1.0, 1.0, 1.5, 2.0, 3.0]), left=dice.uniform(0.0, 0.3))
        taken = cost(size) * state["slow"] * dice.uniform(1.0, 1.3)
        state["left"] -= taken
        return taken

    return measured


@pytest.mark.parametrize("scale", [1e-8, 1e-6, 1e-4], ids=["fast", "usual", "slow"])
def test_noise_is_no_growth(scale):
    for seed in range(10):
        assert not grows_too_fast(on_a_noisy_machine(lambda n: 1e-4 + scale * n, seed), 2000)
        assert grows_too_fast(on_a_noisy_machine(lambda n: 1e-4 + scale * (n + n * n / 2000), seed), 2000) > DOUBLING


def test_a_planted_square_is_seen():
    """A search whose every start looks at all that follows, with the true clock."""
    square, line = re.compile(r"a[ab]*c"), re.compile(r"ab(?!c)")
    for regex, slow in ((square, True), (line, False)):
        assert bool(grows_too_fast(lambda n, regex=regex: seconds(lambda: list(regex.finditer("ab" * n))), 500)) is slow
