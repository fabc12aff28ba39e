"""A charger that sends nonsense for ever makes its gateway keep nothing of it."""

import gc
import random
import tracemalloc

import pytest

from gateway.ocpp16 import redaction
from gateway.ocpp16.exchanges import Pairing
from tests.fuzz.hostile import Hostile
from tests.fuzz.laws import Judge

FRAMES, MOST_BYTES = 2_000, 100_000


def test_hostile_frames_leave_nothing_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_MOST_KNOWN", 16)
    rng = random.Random(5)
    hostile, pairing = Hostile(rng), Pairing()

    def hear(judge: Judge) -> Judge:
        for _frame in range(FRAMES):
            text = hostile.frame()
            judge.hear(text)
            judge.payloads.clear()
            pairing.take(False, text, judge.now)
            if judge.closed:
                judge = Judge(rng, bridged=True)
        gc.collect()
        return judge

    judge = hear(Judge(rng, bridged=True))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        hear(judge)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < MOST_BYTES
