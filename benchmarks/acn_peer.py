"""ACN-Sim's round robin on a site that comes as JSON; prints the median of its times in ms. Run by ``l1_allocator``.

Needs acnportal, which is no dependency of this project: uv run --no-project --with acnportal … (see there).
"""

import json
import statistics
import sys
import time
from types import SimpleNamespace
from typing import Any

import numpy as np  # type: ignore[import-not-found]  # see above
from acnportal.acnsim.interface import InfrastructureInfo, SessionInfo  # type: ignore[import-not-found]  # see above
from acnportal.algorithms import RoundRobin, first_come_first_served  # type: ignore[import-not-found]  # see above


def main() -> None:
    site: dict[str, Any] = json.load(sys.stdin)
    limits, stations, runs = site["limits"], site["stations"], site["runs"]
    matrix = np.zeros((len(limits), len(stations)))
    for column, station in enumerate(stations):
        for row in station["limits"]:
            matrix[row, column] = 1
    count = len(stations)
    names = [str(number) for number in range(count)]
    place = InfrastructureInfo(
        matrix, np.array(limits, dtype=float), np.zeros(count), np.full(count, 230.0),
        [str(number) for number in range(len(limits))], names, np.array([one["need"] for one in stations], dtype=float),
        np.zeros(count), [np.array([0.0])] * count, np.full(count, True),
    )  # fmt: skip
    sessions = [
        SessionInfo(name, name, 1000.0, 0.0, 0, 1000, 1000, 0, 0.0, station["need"])
        for name, station in zip(names, stations, strict=True)
    ]
    algorithm = RoundRobin(first_come_first_served, continuous_inc=1.0)
    algorithm._interface = SimpleNamespace(remaining_amp_periods=lambda _session: 1e9)
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        algorithm.round_robin(sessions, place)
        times.append((time.perf_counter() - begun) * 1000)
    print(statistics.median(times))


if __name__ == "__main__":
    main()
