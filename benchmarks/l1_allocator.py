"""L1: sharing the fuses of one big site among its chargers, beside a plain round robin.

uv run python -m benchmarks.l1_allocator [--sizes 250 1000] [--acn]

One main fuse, three feeders, 36 rows; chargers on one and on three phases, half of them charging, some away, some that
take no profiles. The round robin is written here and knows nothing but fuses: everybody in turn gets a step
more until no fuse above it permits any, which is how simple schedulers share; it has no turns, no priorities, and does
not look at what chargers still hold while they are told less. A tenth of an ampere is how fine the allocator shares.
With --acn also ACN-Sim's round robin, in steps of 1 A: its package is brought in by uv for that run only.
"""

import argparse
import json
import math
import random
import statistics
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from chargers.balancing.allocate import allocate
from chargers.balancing.site import LEAST, LINES, MAIN, Fuse, Held, Key, Outlet, Session, Why

FEEDERS, ROWS = 3, 36
ACN = ["uv", "run", "--no-project", "--with", "acnportal==0.3.3", "--with", "setuptools<81", "python"]
NOW = 1_000_000.0


def site(size: int, seed: int = 1) -> tuple[list[Fuse], list[Outlet]]:
    """Fuses that give about 10 A for each car that charges, so that every rule has work."""
    dice = random.Random(seed)
    each = size * 50
    fuses = [Fuse(MAIN, None, (each - 400, each - 150, each - 50))]
    fuses += [Fuse(key, MAIN, (each * 19 // 50,) * 3) for key in range(1, FEEDERS + 1)]
    rows = range(FEEDERS + 1, FEEDERS + ROWS + 1)
    fuses += [Fuse(key, key % FEEDERS + 1, (each * 5 // (4 * ROWS),) * 3) for key in rows]
    return fuses, [_outlet(dice, number, dice.choice(rows)) for number in range(size)]


def _outlet(dice: random.Random, number: int, fuse: int) -> Outlet:
    session = None
    if dice.random() < 0.5:
        admitted = NOW - dice.randrange(1800) if dice.random() < 0.8 else None
        paused = None if admitted else NOW - dice.randrange(1800)
        held = dice.choice((60, 80, 110)) if admitted else 0
        need = dice.choice((320, 320, 160, 90))
        session = Session(need, NOW - dice.randrange(7200), False, admitted, paused, Held(held, held))
    return Outlet(
        (number, 1), fuse, dice.choice((160, 320, 320)), LINES if dice.random() < 0.8 else (number % 3,),
        priority=dice.choice((0, 0, 0, 3)), reachable=dice.random() < 0.97, managed=dice.random() < 0.97,
        standby=Held(0, 0), session=session,
    )  # fmt: skip


def ours(fuses: Sequence[Fuse], outlets: Sequence[Outlet]) -> dict[Key, int]:
    return {key: grant.current or 0 for key, grant in allocate(fuses, outlets, NOW, unbalance=len(outlets) * 5).items()}


def round_robin(fuses: Sequence[Fuse], outlets: Sequence[Outlet], finest: int) -> dict[Key, int]:
    left = {(fuse.key, line): fuse.room[line] for fuse in fuses if fuse.room for line in LINES}
    parents = {fuse.key: fuse.parent for fuse in fuses}
    given: dict[Key, int] = {}
    for outlet in outlets:
        if not outlet.steered:
            _fits(left, parents, outlet, outlet.bound, force=True)
    queue = deque(outlet for outlet in outlets if outlet.steered and outlet.session)
    while queue:
        outlet = queue.popleft()
        has = given.get(outlet.key, 0)
        need = min(outlet.most, outlet.session.need if outlet.session else 0)
        step = min(finest, need - has) if has else LEAST
        if step > 0 and has + step <= need and _fits(left, parents, outlet, step):
            given[outlet.key] = has + step
            queue.append(outlet)
    return given


def _fits(
    left: dict[tuple[int, int], int], parents: dict[int, int | None], outlet: Outlet, step: int, *, force: bool = False
) -> bool:  # fmt: skip
    places = []
    key: int | None = outlet.fuse
    while key is not None:
        places += [(key, line) for line in outlet.lines]
        key = parents[key]
    if not force and any(left[place] < step for place in places):
        return False
    for place in places:
        left[place] -= step
    return True


def median_ms(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def acn_ms(fuses: Sequence[Fuse], outlets: Sequence[Outlet]) -> float:
    """The same fuses and sessions, in a process of its own. It has no least current and no chargers left alone."""
    places = {(fuse.key, line): fuse.room[line] for fuse in fuses if fuse.room for line in LINES}
    numbers = {place: number for number, place in enumerate(places)}
    parents = {fuse.key: fuse.parent for fuse in fuses}
    stations: list[dict[str, object]] = []
    for outlet in outlets:
        if outlet.session is None or not outlet.steered:
            continue
        keys: list[int] = []
        key: int | None = outlet.fuse
        while key is not None:
            keys.append(key)
            key = parents[key]
        limits = [numbers[key, line] for key in keys for line in outlet.lines]
        stations.append({"limits": limits, "need": min(outlet.most, outlet.session.need) / 10})
    site = {"limits": [room / 10 for room in places.values()], "stations": stations, "runs": 1}
    done = subprocess.run(
        [*ACN, str(Path(__file__).with_name("acn_peer.py"))],
        input=json.dumps(site), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=[250, 1000])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--acn", action="store_true", help="measure ACN-Sim's round robin too (one run, slow)")
    given = parser.parse_args()
    small, large = given.sizes
    ways: dict[str, Callable[[Sequence[Fuse], Sequence[Outlet]], object]] = {
        "allocator": ours,
        "plain round robin, steps of 1 A": partial(round_robin, finest=10),
        "plain round robin, steps of 0.1 A": partial(round_robin, finest=1),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for size in (small, large):
        fuses, outlets = site(size)
        for name, way in ways.items():
            found[name].append(median_ms(partial(way, fuses, outlets), given.runs))
        if given.acn:
            found.setdefault("ACN-Sim's round robin, steps of 1 A", []).append(acn_ms(fuses, outlets))
    print(f"{1 + FEEDERS + ROWS} fuses; median of {given.runs} runs\n")
    print(f"| ms for so many chargers | {small:,} | {large:,} | exponent |")
    print("|---|---|---|---|")
    for name, (few, many) in found.items():
        print(f"| {name} | {few:.1f} | {many:.1f} | {math.log(many / few) / math.log(large / small):.2f} |")
    fuses, outlets = site(large)
    grants = allocate(fuses, outlets, NOW, unbalance=len(outlets) * 5)
    counts = {str(why): sum(1 for grant in grants.values() if grant.why is why) for why in Why}
    print(f"\nfound: {', '.join(f'{count} {why}' for why, count in counts.items())}")


if __name__ == "__main__":
    main()
