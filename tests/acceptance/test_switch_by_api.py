"""The main job by API over real processes, by the very lines of the README; simulated chargers and backend testify."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.acceptance import verdict
from tests.acceptance.portal import ROOT, Portal, wait_until
from tests.acceptance.switching import switch, wait_for_all


def run_the_readme(portal: Portal) -> str:
    """The curl lines as they are printed, on this portal's ports and folder; what they print."""
    section = (ROOT / "README.md").read_text().split("<!-- api-walk -->")[1]
    script: str = re.findall(r"```(?:bash|sh)\n(.*?)```", section, re.DOTALL)[0]
    for printed, real in {"8000": portal.ports["port"], "9100": portal.ports["backend-port"]}.items():
        script = script.replace(f":{printed}", f":{real}")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(".local/demo.json", str(portal.data / "demo.json"))],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_curl_lines_move_every_ready_charger_and_a_save_brings_back_those_with_a_link(portal: Portal) -> None:
    installation = portal.info["installations"][0]["id"]
    assert '"ocpp_direct"' in run_the_readme(portal)
    rollout = next(iter(portal.pages_of(f"/rollouts/?installation={installation}")))
    assert rollout["revision"] == 2

    count = portal.api("GET", f"/installations/{installation}/").json()["chargers"]["total"]
    rows = wait_for_all(portal, f"/api/v1/rollouts/{rollout['id']}/", timeout_seconds=240, count=count)
    states = Counter(row["state"] for row in rows)
    assert states["applied"] >= 1, states
    assert states["handed_over"] >= 1, states
    assert states["unsupported"] == 1, states
    assert states["waiting"] == 1, states
    assert next(row for row in rows if row["state"] == "unsupported")["explanation"]

    moved = {row["device_id"] for row in rows if row["state"] in {"applied", "handed_over"}}
    wait_until(
        lambda: moved <= {line["identity"] for line in portal.backend() if line["action"] == "BootNotification"},
        timeout_seconds=60,
        what="a boot of every moved charger at the backend",
    )
    for line in portal.backend():
        if line["action"] == "BootNotification":
            assert line["path"].endswith(f"/{line['identity']}")

    back = switch(portal, installation, {"mode": "native", "server_url": "", "authorization_required": False})
    kept = {row["device_id"] for row in rows if row["state"] == "applied"}
    returned = wait_for_all(portal, back, timeout_seconds=240)
    assert kept <= {row["device_id"] for row in returned if row["state"] == "applied"}

    judge = portal.judge()
    assert any(line["action"] == "ChangeConfiguration" for line in judge)
    assert verdict.disturbances(judge) == []
    assert verdict.open_fences(judge) == []
    assert verdict.repeats(judge) == []
