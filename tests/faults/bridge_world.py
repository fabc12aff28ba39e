"""Gateway, backend and charging chargers as processes of their own, killed and started one by one; records kept."""

import json
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.acceptance.portal import ROOT, read_lines, wait_until
from tests.faults.cloud_site import PREFIX
from tests.faults.proxy import Proxy
from tests.faults.world import MANAGE, World
from tests.upstream_record import Heard, Verdict, judge

LINK_PASSWORD = "LinkPassword01234567"
CONNECTED = "SELECT count(*) FROM chargers_upstreamlink WHERE state = 'connected'"
WAITING = "SELECT count(*) FROM chargers_upstreammessage WHERE ended_at IS NULL"
QUEUED = "SELECT count(*) FROM chargers_upstreammessage"
LOST = "SELECT count(*) FROM chargers_upstreammessage WHERE outcome NOT IN ('', 'delivered')"


class BridgeWorld(World):
    """``sky`` is what the gateway dials for the backend. ``retry_seconds``: the least time until it dials again."""

    def __init__(self, data: Path, *, chargers: int, retry_seconds: int, rotates: bool = False) -> None:
        super().__init__(data, chargers=chargers)
        self.retry_seconds, self.rotates = retry_seconds, rotates
        self.sky = Proxy(("127.0.0.1", self.ports["backend"]))

    def begin(self) -> None:
        from portal.embedded.places import socket_dir

        self.data.mkdir(parents=True, exist_ok=True)
        socket_dir(self.data).mkdir(parents=True, exist_ok=True)
        for proxy in (self.redis, self.database, self.air, self.sky):
            proxy.start()
        self.start_database()
        self.start_redis()
        self.manage("migrate", "--verbosity", "0")
        url = f"ws://127.0.0.1:{self.sky.port}/ocpp/{{deviceId}}"
        command = [sys.executable, "-m", "tests.faults.cloud_site", str(self.chargers), url]
        subprocess.run(command, cwd=ROOT, env=self.environment(), check=True, timeout=120)
        self.secret("link").write_text(LINK_PASSWORD)
        self.secret("initial").write_text("InitialPassword0123")
        self.start("backend")
        self.start("gateway")
        self.charge("idle")  # a charger goes to its backend when nobody charges there
        wait_until(lambda: self.count(CONNECTED) == self.chargers, timeout_seconds=180, what="all are connected")
        self.stop_charging()
        self.charge()
        some = self.chargers // 4
        wait_until(
            lambda: len(read_lines(self.data / "told.ndjson")) > some, timeout_seconds=180, what="some have begun"
        )

    def end(self) -> None:
        super().end()
        self.sky.stop()

    def secret(self, name: str) -> Path:
        return self.data / f"{name}.password"

    def environment(self, *, through: tuple[str, ...] = ()) -> dict[str, str]:
        environment = super().environment(through=through)
        pool = {"DATABASE_POOL_SIZE": "16"}
        return {**environment, **pool, "BACKEND_RETRY_SECONDS": str(self.retry_seconds)}

    def command(self, name: str) -> list[str]:
        if name != "backend":
            return super().command(name)
        rotate = ["--rotate", "--users", str(self.data / "users.ndjson")] if self.rotates else []
        return [*super().command(name), "--password-file", str(self.secret("initial")), *rotate]

    # Chargers

    def charge(self, scenario: str = "busy", *, speed: float = 3.0) -> None:
        """Or only be there: with ``idle`` nobody comes, and whose power went says so."""
        options = [
            "simulate", "--gateway", self.gateway_url, "--count", str(self.chargers), "--prefix", PREFIX,
            "--scenario", scenario, "--speed", str(speed), "--password-file", str(self.secret("link")),
            "--told", str(self.data / "told.ndjson"), "--state", str(self.data / "state.json"),
            "--longest-wait", "2", "--tag", "CARD",
        ]  # fmt: skip
        self._start("crowd", [*MANAGE, *options], self.environment())

    def stop_charging(self) -> None:
        self.running["crowd"].send_signal(signal.SIGTERM)
        self.running["crowd"].wait(60)

    def come_to_rest(self, *, timeout_seconds: float) -> Verdict:
        """No more cars; everything is told and delivered. Then the backend's record is the chargers' own."""
        self.stop_charging()
        self.charge("idle")
        told: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)

        def all_told() -> bool:
            """Chargers that were cut off in a session tell its stop when they are back."""
            actions = [line["action"] for line in read_lines(self.data / "told.ndjson")]
            ended = actions.count("StartTransaction") == actions.count("StopTransaction")
            return ended and self.count(QUEUED) == len(actions) and not self.count(WAITING)

        wait_until(lambda: self.count(CONNECTED) == self.chargers, timeout_seconds=180, what="all are connected again")
        wait_until(all_told, timeout_seconds=timeout_seconds, what="everything is told and delivered", every_seconds=2)
        assert self.count(LOST) == 0
        for line in read_lines(self.data / "told.ndjson"):
            told[line["device_id"]].append((line["action"], line["payload"]))
        return judge(told, self.heard())

    def heard(self) -> list[Heard]:
        return [
            Heard(line["identity"], line["connection"], line["action"], line["payload"])
            for line in read_lines(self.data / "backend.ndjson")
        ]

    def count(self, question: str) -> int:
        with self.sql() as connection:
            return int(connection.execute(question).fetchone()[0])

    def note(self, **facts: Any) -> None:
        """For people who want to look at a long run afterwards."""
        with (self.data / "notes.ndjson").open("a") as notes:
            notes.write(json.dumps(facts) + "\n")
