"""What the demo is made of: which chargers, which processes, which environment. Pure."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.places import database_url, redis_url

# The charge card that every simulated driver shows.
CARD = "04A1B2C3D4"


@dataclass(frozen=True)
class Options:
    data: Path
    port: int
    gateway_port: int
    backend_port: int
    chargers: int
    speed: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.gateway_port}/ocpp"

    @property
    def backend_url(self) -> str:
        return f"ws://127.0.0.1:{self.backend_port}/ocpp"


@dataclass(frozen=True)
class Group:
    """Chargers that behave alike, run by one simulator process. ``scenario`` empty: registered, but never started."""

    prefix: str
    count: int
    profile: str
    scenario: str
    place: int = 0

    def device_ids(self) -> list[str]:
        return [f"{self.prefix}{number:06}" for number in range(1, self.count + 1)]


def groups(chargers: int) -> list[Group]:
    """A quarter charges now and then, one is offline, one cannot do direct mode, a few leave for the backend."""
    offline, locked = 1, 1
    moving = max(1, chargers // 6)
    busy = max(1, chargers // 4)
    idle = max(1, chargers - offline - locked - moving - busy)
    return [
        Group("ZCS", idle, "simulator", "idle"),
        Group("ZCB", busy, "simulator", "busy"),
        Group("ZCM", moving, "simulator-moving", "idle"),
        Group("ZCL", locked, "simulator-locked", "idle"),
        Group("ZCX", offline, "simulator", ""),
        Group("ZHA", 2, "simulator", "idle", place=1),
    ]


def environment(options: Options) -> dict[str, str]:
    return {
        **os.environ,
        "PORTAL_DATA_DIR": str(options.data),
        "DATABASE_URL": database_url(options.data),
        "REDIS_URL": redis_url(options.data),
        "ALLOW_LOOPBACK_BACKENDS": "1",
        "GATEWAY_PUBLIC_URL": options.gateway_url,
        "PORTAL_PUBLIC_URL": options.url,
        "PYTHONUNBUFFERED": "1",
    }


def processes(options: Options) -> Mapping[str, list[str]]:
    """Name to command line, in the order of their start."""
    python = sys.executable
    manage = [python, "manage.py"]
    celery = [python, "-m", "celery", "--app", "portal", "--quiet"]
    data = options.data
    commands = {
        "web": [
            python, "-m", "uvicorn", "portal.asgi:application", "--host", "127.0.0.1", "--port", str(options.port),
            "--log-level", "warning", "--no-access-log",
        ],
        "gateway": [
            *manage, "gateway", "--host", "127.0.0.1", "--port", str(options.gateway_port), "--node", "demo",
        ],
        "worker": [
            *celery, "worker", "--pool", "threads", "--concurrency", "4", "--queues", "rollout,webhooks",
            "--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat",
        ],
        "beat": [*celery, "beat", "--loglevel", "warning", "--schedule", str(data / "celerybeat-schedule")],
        "backend": [*manage, "backend", "--port", str(options.backend_port), "--record", str(data / "backend.ndjson")],
    }  # fmt: skip
    for group in groups(options.chargers):
        if group.scenario:
            commands[f"chargers-{group.prefix.lower()}"] = [
                *manage, "simulate", "--gateway", options.gateway_url, "--count", str(group.count),
                "--prefix", group.prefix, "--scenario", group.scenario, "--profile", group.profile,
                "--judge", str(data / "judge.ndjson"), "--credentials", str(data / "credentials.ndjson"),
                "--state", str(data / f"chargers-{group.prefix.lower()}.json"), "--speed", str(options.speed),
                "--tag", CARD,
            ]  # fmt: skip
    return commands
