"""The table of the last nightly run in docs/reliability.md, written by the run itself."""

import re
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from tests.acceptance.portal import ROOT

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- last nightly run: begin -->", "<!-- last nightly run: end -->"
FAULTS = {
    1: "web killed after the commit, before it rang",
    2: "web killed before the commit; the client repeats",
    3: "a save submitted twice at once",
    4: "two editors of one setting",
    5: "worker killed in the middle of a batch",
    6: "a child of the worker's pool killed",
    7: "worker told to end: drains within 30 s",
    8: "worker stopped longer than its lease, then continued",
    9: "two beats at once",
    10: "no beat while rings get lost",
    11: "Redis killed, everything in it lost",
    12: "Redis away for longer than every time-out",
    13: "Redis out of memory",
    14: "tasks, orders and answers three times, in another order",
    15: "PostgreSQL restarted in the middle",
    16: "gateway killed with 5, and with 1,000 chargers on it",
    17: "a charger drops right after the call",
    18: "charging begins between the check and the send",
    19: "a second socket with the same identity",
    20: "half-open connections",
    21: "clocks ten minutes off, chargers in 1970",
    22: "the backend hangs, redirects, has a bad certificate",
    23: "a charger answers Accepted and does nothing",
    24: "chargers reboot in the middle",
    25: "a wrong address: the first wave stops the rest",
}
_seen: dict[int, list[pytest.TestReport]] = defaultdict(list)


def note(report: pytest.TestReport) -> None:
    if found := re.search(r"tests/faults/.*::test_(\d\d)_", report.nodeid):
        _seen[int(found[1])].append(report)


def write_if_complete() -> None:
    """Nothing unless every fault was tried in this run."""
    if set(_seen) != set(FAULTS):
        return
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{render(datetime.now(UTC))}\n{END}{after}")


def render(at: datetime) -> str:
    failed = [number for number in FAULTS if not _passed(number)]
    verdict = f"failed: {', '.join(map(str, failed))}" if failed else f"all {len(FAULTS)} passed"
    seconds = sum(report.duration for reports in _seen.values() for report in reports)
    lines = [f"{at:%Y-%m-%d %H:%M} UTC: {verdict}, {seconds / 60:.0f} minutes.", "", "| | fault | result | seconds |"]
    lines.append("|---|---|---|---|")
    for number, fault in FAULTS.items():
        calls = [report.duration for report in _seen[number] if report.when == "call"]
        lines.append(f"| {number} | {fault} | {'passed' if _passed(number) else 'FAILED'} | {sum(calls):.0f} |")
    return "\n".join(lines)


def _passed(number: int) -> bool:
    return all(report.passed for report in _seen[number])
