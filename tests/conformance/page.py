"""docs/conformance.md, made from the list of cases: ``make docs`` writes it, the architecture tests hold it current."""

import re
from itertools import groupby
from pathlib import Path

from tests.conformance.cases import CASES

HERE = Path(__file__).parent
HEAD = """# OCPP 1.6 conformance

The Open Charge Alliance certifies with its own tool (OCTT), which is not free software. This is the public list of its
cases for a central system, in our words, each tried by a test of ours named after it (`tests/conformance`,
`test_tc_001` and so on). {done} of {all} cases are tried, with every change, each in two ways where a socket adds
something: at the pure session core, and over a WebSocket by a charge point built on the independent package `ocpp`,
which judges every message by the standard's schemas. It is no certificate.

A case proves that the gateway carries the exchange out and keeps what follows from it. Whether a page or the API
offers a call to people is another matter: see [commands](commands.md).
"""


def cases_tried() -> dict[str, int]:
    """How many tests there are for each case."""
    found: dict[str, int] = {}
    for path in sorted(HERE.glob("test_*.py")):
        for number in re.findall(r"^async def test_tc_(\d{3}(?:_\d)?)\(", path.read_text(), re.MULTILINE):
            found[number] = found.get(number, 0) + 1
    return found


def render() -> str:
    left_out = {number: case for number, case in CASES.items() if case.left_out}
    lines = [HEAD.format(done=len(CASES) - len(left_out), all=len(CASES))]
    for group, members in groupby(CASES.items(), lambda item: item[1].group):
        lines += [f"## {group}", "", "| case | what happens | |", "|---|---|---|"]
        for number, case in members:
            lines.append(f"| TC_{number}_CSMS | {case.title} | {'no' if case.left_out else 'yes'} |")
        lines.append("")
    lines += ["## What is left out, and why", ""]
    lines += [f"- **TC_{number}_CSMS**, {case.title}: {case.left_out}" for number, case in left_out.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE.parents[1] / "docs" / "conformance.md").write_text(render())
