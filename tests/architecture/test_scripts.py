"""The scripts of the pages: each parses, none can stop another or itself by being loaded twice."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "static" / "portal").glob("*.js"))
# Runs before the page is drawn and declares nothing outside of itself.
AT_ONCE = "theme.js"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_script_parses(path: Path, tmp_path: Path) -> None:
    """A name declared twice stops a whole file, and with it what every page leaves to it."""
    node = shutil.which("node")
    if node is None:
        reason = f"NOT TESTED whether {path.name} parses: node not found"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    copy = tmp_path / f"{path.stem}.mjs"
    copy.write_text(path.read_text())
    done = subprocess.run([node, "--check", str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_scripts_are_modules_which_share_no_names_and_run_once_however_often_they_are_named() -> None:
    loaded = {
        (name, tag)
        for template in (ROOT / "templates").rglob("*.html")
        for tag, name in re.findall(r"(<script[^>]*portal/(\w+\.js)[^>]*>)", template.read_text())
    }
    assert {name for name, _tag in loaded} == {path.name for path in SCRIPTS}
    assert [name for name, tag in sorted(loaded) if name != AT_ONCE and 'type="module"' not in tag] == []


def test_what_runs_at_once_declares_nothing_for_others() -> None:
    text = (ROOT / "static" / "portal" / AT_ONCE).read_text()
    assert re.findall(r"^(?:const|let|var|function|class)\b.*", text, re.MULTILINE) == []
