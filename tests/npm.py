"""npm packages for tests: pinned in a package.json of ours, installed once under .local, asked of the registry only."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

LOCAL = Path(__file__).resolve().parents[1] / ".local"


def installed(manifest: Path, name: str, purpose: str) -> Path:
    """The folder ``.local/<name>`` with the packages of ``manifest``. Without Node.js the test is skipped, in CI it
    fails; the message says what stays untried."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        reason = f"NOT TESTED {purpose}: {' and '.join(missing)} not found"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = LOCAL / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = manifest.read_bytes()
        done = folder / "installed.json"
        if not done.exists() or done.read_bytes() != wanted:
            (folder / "package.json").write_bytes(wanted)
            command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
            done.write_bytes(wanted)
    return folder
