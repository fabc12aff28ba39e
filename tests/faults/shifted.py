"""``python -m tests.faults.shifted SECONDS …``: runs Python's arguments ``…`` with a clock so many seconds fast."""

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main() -> None:
    seconds, rest = float(sys.argv[1]), sys.argv[2:]
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()
    if rest[0] == "-m":
        sys.argv = rest[1:]
        runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = rest
        runpy.run_path(rest[0], run_name="__main__")


if __name__ == "__main__":
    main()
