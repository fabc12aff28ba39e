"""The nightly run of coverage-guided fuzzing: a bounded time, from a corpus of real frames."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.portal import ROOT

SECONDS = 120
SEEDS = (
    b'\x02[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]\n[2,"2","Heartbeat",{}]',
    b'\x03[2,"1","StartTransaction",{"connectorId":1,"idTag":"T","meterStart":1,"timestamp":"2026-01-01T10:00:00Z"}]',
    b'\x02[2,"1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"","sampledValue":[{"value":"1"}]}]}]',
    b"\x00generator",
    b"\x01generator",
)


@pytest.mark.slow
def test_no_input_that_coverage_finds_breaks_a_law(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS):
        (corpus / str(number)).write_bytes(seed)
    seconds = os.environ.get("FUZZ_SECONDS", str(SECONDS))
    command = [sys.executable, "-m", "tests.fuzz.guided", seconds, str(corpus)]
    ran = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    assert len(list(corpus.iterdir())) > len(SEEDS), "nothing new was reached"
