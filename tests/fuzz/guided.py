"""Fuzzing guided by coverage (atheris), for ``seconds``: python -m tests.fuzz.guided SECONDS CORPUS

The bytes are a script for the generator of hostile frames or a text by itself; the laws are those of every other run.
"""

import random
import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["gateway"]):
    from tests.fuzz.hostile import Hostile
    from tests.fuzz.laws import Judge


def try_one(data: bytes) -> None:
    if not data:
        return
    rng = random.Random(data[0])
    judge = Judge(rng, bridged=bool(data[0] & 1))
    if data[0] & 2:
        for line in data[1:].decode(errors="surrogateescape").split("\n"):
            judge.hear(line)
    else:
        hostile = Hostile(random.Random(data))
        for _frame in range(20):
            judge.hear(hostile.frame())


def main() -> None:
    seconds, corpus = sys.argv[1], sys.argv[2]
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096", "-verbosity=0", corpus], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
