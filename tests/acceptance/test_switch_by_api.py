"""The main job by API over real processes; the simulated chargers and the demo backend are the witnesses."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.acceptance import verdict
from tests.acceptance.portal import ROOT, Portal, wait_until
from tests.acceptance.switching import switch, wait_for_all


def test_every_ready_charger_lands_at_the_backend_and_those_with_a_link_come_back(portal: Portal) -> None:
    installation = portal.info["installations"][0]["id"]
    template = f"{portal.info['backend_url'].rstrip('/')}/{{deviceId}}"
    password = "Initial0Password0123"

    rollout = switch(
        portal,
        installation,
        {
            "mode": "ocpp_direct",
            "server_url": template,
            "initial_device_password": password,
            "default_id_tag": "",
            "authorization_required": True,
            "legacy_identity": False,
        },
    )
    rows = wait_for_all(portal, rollout, timeout_seconds=240)

    states = Counter(row["state"] for row in rows)
    assert states["applied"] >= 1, states
    assert states["handed_over"] >= 1, states
    assert states["unsupported"] == 1, states
    assert states["waiting"] == 1, states
    incapable = next(row for row in rows if row["state"] == "unsupported")
    assert incapable["explanation"]

    moved = {row["device_id"] for row in rows if row["state"] in {"applied", "handed_over"}}
    wait_until(
        lambda: moved <= {line["identity"] for line in portal.backend() if line["action"] == "BootNotification"},
        timeout_seconds=60,
        what="a boot of every moved charger at the backend",
    )
    for line in portal.backend():
        if line["action"] == "BootNotification":
            assert line["path"].endswith(f"/{line['identity']}")
            assert line["basic_user"] == line["identity"]

    back = switch(
        portal,
        installation,
        {"mode": "native", "server_url": "", "authorization_required": False},
    )
    kept = {row["device_id"] for row in rows if row["state"] == "applied"}
    returned = wait_for_all(portal, back, timeout_seconds=240)
    assert kept <= {row["device_id"] for row in returned if row["state"] == "applied"}

    judge = portal.judge()
    assert any(line["action"] == "ChangeConfiguration" for line in judge)
    assert verdict.disturbances(judge) == []
    assert verdict.open_fences(judge) == []
    assert verdict.repeats(judge) == []
    assert password not in (portal.data / "judge.ndjson").read_text()
    assert password not in portal.log.read_text()


def test_the_curl_lines_of_the_readme_do_the_same(portal: Portal) -> None:
    readme = (ROOT / "README.md").read_text()
    section = readme.split("<!-- api-walk -->")[1]
    script = re.findall(r"```(?:bash|sh)\n(.*?)```", section, re.DOTALL)[0]
    ports = {"8000": portal.ports["port"], "9100": portal.ports["backend-port"]}
    for printed, real in ports.items():
        script = script.replace(f":{printed}", f":{real}")
    script = script.replace(".local/demo.json", str(portal.data / "demo.json"))

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        cwd=ROOT,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"ocpp_direct"' in done.stdout
