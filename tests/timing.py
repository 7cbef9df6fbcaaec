"""How tests judge time on machines that are slow, busy or have one core: by ratios of what is measured side by side, never by seconds.

One long text is measured against as much text in short ones, in turns. Both take about as long where time grows with the length, so whatever
else the machine does, and wherever it stalls, falls on both alike; a doubt is measured again, and only what never fits is too slow.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator

FACTOR = 8  # three doublings: what grows as the square takes eight times as long as it may, far beyond what other work on a machine does
DOUBLING = 2.3  # what twice the length may take
ENOUGH = 0.005  # seconds of work for a short text to be worth timing, far above the clock's grain and what is done whatever the length
ROUNDS = 12
PLAIN = 3 * FACTOR  # no other work explains a ratio like this twice


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    """Without the passes of the collector, which come in jumps and grow with all that the tests hold."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds(work: Callable[[], object]) -> float:
    """The processor time that this takes, whatever else runs beside it."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def grows_too_fast(cost: Callable[[int], float], size: int, most: int = 1 << 40) -> float:
    """How many times as long a doubling takes, over three doublings, where it never took DOUBLING or less, else 0.

    `cost`: seconds for a size. The shorter size is at least `size`, and larger where that is soon done, as long as the longer is within `most`.
    """
    with no_collector():
        while cost(size) < ENOUGH and 2 * FACTOR * size <= most:
            size *= 2
        least = float("inf")
        for turn in range(ROUNDS):
            half = sum(cost(size) for _ in range(FACTOR // 2))
            long = cost(FACTOR * size)
            short = half + sum(cost(size) for _ in range(FACTOR // 2))
            least = min(least, FACTOR * long / short)
            if least <= DOUBLING**3 or (turn and least > PLAIN):
                break
    return 0.0 if least <= DOUBLING**3 else least ** (1 / 3)
