"""The two commands as real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.loop.simulator.site import PASSWORD, read_lines

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 20


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=SECONDS)
    return process.returncode, out + error


def test_chargers_and_backend_find_each_other_and_end_when_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    record, secrets = tmp_path / "backend.ndjson", tmp_path / "credentials.ndjson"
    secrets.write_text("".join(f'{{"device_id": "T{n:06}", "password": "{PASSWORD}"}}\n' for n in (7, 8)))
    (tmp_path / "initial").write_text(PASSWORD)
    backend = start(
        "backend", "--port", str(port), "--record", str(record), "--password-file", str(tmp_path / "initial")
    )
    chargers = start(
        "simulate", "--gateway", f"ws://127.0.0.1:{port}/ocpp", "--count", "2", "--first", "7", "--prefix", "T",
        "--credentials", str(secrets), "--judge", str(tmp_path / "judge"), "--state", str(tmp_path / "state"),
    )  # fmt: skip
    try:
        deadline = time.monotonic() + SECONDS
        while sum(line["action"] == "BootNotification" for line in read_lines(record)) < 2:
            assert time.monotonic() < deadline
            assert backend.poll() is None
            assert chargers.poll() is None
            time.sleep(0.1)
        taken = start("backend", "--port", str(port), "--record", str(tmp_path / "other"))
        assert taken.wait(SECONDS) != 0
        assert "cannot listen" in taken.communicate()[1]
    finally:
        results = end(chargers), end(backend)
    assert [code for code, _ in results] == [0, 0], results
    assert all(PASSWORD not in said for _, said in results)
    assert {line["identity"] for line in read_lines(record)} == {"T000007", "T000008"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--gateway", "http://x"), "--gateway must be"),
        (("--gateway", "ws://x", "--offline", "2"), "--offline must not"),
        (("--gateway", "ws://x", "--speed", "0"), "--speed must be"),
        (("--gateway", "ws://x", "--credentials", "/nowhere"), "/nowhere"),
        (("--gateway", "ws://x", "--profile", "teapot"), "teapot"),
    ],
)
def test_a_wrong_option_is_named(arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("simulate", *arguments)


def test_missing_credentials_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("ZCS000001,x\n")
    with pytest.raises(CommandError, match="no password for 2 chargers, the first is ZCS000002"):
        call_command("simulate", "--gateway", "ws://x", "--count", "3", "--credentials", str(file))
