"""The house stays one to live in: sizes, settings that are explained, nothing skipped, one door to each thing."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked(pattern: str) -> list[Path]:
    done = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).exists()]


PYTHON = [path for path in tracked("*.py") if "migrations" not in path.parts]
PRODUCT = [path for path in PYTHON if path.relative_to(ROOT).parts[0] not in {"tests", "benchmarks"}]


def test_no_file_grows_past_four_hundred_lines() -> None:
    large = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in PYTHON}
    assert {name: lines for name, lines in large.items() if lines > 400} == {}


def settings_read() -> set[str]:
    found: set[str] = set()
    for path in PRODUCT:
        found |= set(re.findall(r'env\.(?:text|flag|number|words)\(\s*"([A-Z_]+)"', path.read_text()))
    return found


def test_every_setting_is_explained_and_every_explanation_has_its_setting() -> None:
    explained = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert settings_read() == explained


def test_the_environment_has_one_door() -> None:
    """os.environ is read in portal/env.py; elsewhere it is only handed on to child processes."""
    reading = re.compile(r"os\.environ(\.get\(|\[\"(?!XDG_RUNTIME_DIR|DJANGO)|\.items)|os\.getenv")
    assert [str(path.relative_to(ROOT)) for path in PRODUCT if reading.search(path.read_text())] == []


def test_no_test_is_skipped_for_good() -> None:
    marked = re.compile(r"pytest\.mark\.(skip|skipif|xfail)\b")
    mine = Path(__file__)
    assert [str(path) for path in PYTHON if path != mine and marked.search(path.read_text())] == []


def test_every_command_says_what_it_does() -> None:
    commands = [path for path in PRODUCT if "commands" in path.relative_to(ROOT).parts and path.name != "__init__.py"]
    assert commands
    assert [path.name for path in commands if not re.search(r"^    help = ", path.read_text(), re.MULTILINE)] == []


@pytest.mark.parametrize("path", tracked("templates/*.html"), ids=lambda path: path.name)
def test_templates_hold_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"", text)
