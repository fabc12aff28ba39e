"""What is called pure stays pure: no database, no framework settings, no clock, no network."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE = [
    "installations/authentication.py",
    "installations/card_cells.py",
    "installations/card_file.py",
    "installations/card_input.py",
    "installations/findings.py",
    "installations/id_tag.py",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "installations/ocpp_url").glob("*.py")),
    *(f"installations/webhooks/{name}.py" for name in ("address", "body", "faults", "kinds", "retry", "signing")),
    "chargers/alarms.py",
    "chargers/link_key.py",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "chargers/charging").glob("*.py")),
    "chargers/link_state.py",
    "chargers/settings_diff.py",
    *(f"chargers/sessions/{name}.py" for name in ("chart", "course", "energy", "file", "readings")),
    "chargers/upstream_state.py",
    "chargers/links/base.py",
    "chargers/links/wire.py",
    "chargers/profiles/profile.py",
    "chargers/rollout/states.py",
    "chargers/rollout/retry.py",
    "chargers/rollout/plan.py",
    "chargers/rollout/judge.py",
    "chargers/rollout/actions.py",
    "chargers/rollout/snapshot.py",
    "gateway/attempts.py",
    "gateway/handshake.py",
    "gateway/limits/wanted.py",
    "gateway/limits/words.py",
    "gateway/push.py",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "gateway/ocpp16").glob("*.py")),
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "gateway/central").glob("*.py")),
]
FORBIDDEN = ("django.db", "django.conf", "django.utils.timezone", "time", "random", "socket", "asyncio", "redis", "os")
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("timezone", "now"), ("time", "time"), ("time", "monotonic")}


def imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_imports_nothing_that_acts(name: str) -> None:
    names = imported(ast.parse((ROOT / name).read_text()))
    acting = {one for one in names for bad in FORBIDDEN if one == bad or one.startswith(f"{bad}.")}
    assert acting == set()
    assert not [one for one in names if one.endswith(".models")]


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_reads_no_clock(name: str) -> None:
    calls = {
        (node.func.value.id, node.func.attr)
        for node in ast.walk(ast.parse((ROOT / name).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
    assert calls & CLOCKS == set()
