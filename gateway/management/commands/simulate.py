"""``manage.py simulate``: simulated OCPP 1.6J chargers that connect to a gateway and stay until told to end."""

import argparse
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargers.profiles import all_profiles
from gateway.simulator.crowd import CrowdPlan, simulate
from gateway.simulator.keeping import BadCredentials, read_credentials
from gateway.simulator.make import is_url
from gateway.simulator.run import BackOff
from gateway.simulator.scenarios import Scenario
from gateway.simulator.values import Pace, Quirk


def at_least(least: int) -> Any:
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}")
        return value

    return number


class Command(BaseCommand):
    help = "Run simulated chargers: device ids are the prefix and a six-digit number."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--gateway", required=True, metavar="URL", help="endpoint, without the device id")
        parser.add_argument("--count", type=at_least(1), default=1)
        parser.add_argument("--prefix", default="ZCS")
        parser.add_argument("--first", type=at_least(0), default=1, help="number of the first charger")
        parser.add_argument("--scenario", choices=[each.value for each in Scenario], default=Scenario.IDLE.value)
        parser.add_argument("--profile", choices=sorted(all_profiles()), default="simulator", help="make of charger")
        parser.add_argument("--judge", type=Path, metavar="FILE", help="append every received call as a JSON line")
        parser.add_argument("--told", type=Path, metavar="FILE", help="append what they tell of sessions as JSON lines")
        parser.add_argument("--state", type=Path, metavar="FILE", help="what the chargers remember over a restart")
        passwords = parser.add_mutually_exclusive_group()
        passwords.add_argument(
            "--credentials", type=Path, metavar="FILE", help="NDJSON or CSV: device_id and password of each charger"
        )
        passwords.add_argument("--password-file", type=Path, metavar="FILE", help="one password for all chargers")
        parser.add_argument("--connectors", type=at_least(1), default=1)
        parser.add_argument("--offline", type=at_least(0), default=0, help="the last so many chargers never connect")
        parser.add_argument("--speed", type=float, default=1.0, help="cars and outages so many times as quick")
        parser.add_argument("--tag", default="DEMO-CARD", help="the card that every driver shows")
        parser.add_argument("--seed", type=int, help="the same cars and outages every time")
        parser.add_argument("--fallback", type=float, default=Pace().fallback, metavar="SECONDS",
                            help="after which an unreachable new backend is given up")  # fmt: skip
        parser.add_argument("--longest-wait", type=float, default=BackOff().longest, metavar="SECONDS",
                            help="between two attempts to connect")  # fmt: skip

        parser.add_argument("--quirk", choices=[each.value for each in Quirk], default=Quirk.NONE.value)
        parser.add_argument("--clock-offset", type=float, default=0.0, metavar="SECONDS",
                            help="how much their clocks are fast; less than 0: slow")  # fmt: skip
        parser.add_argument("--verify", action="store_true", help="refuse backends without a valid certificate")

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_url(options["gateway"]):
            raise CommandError("--gateway must be a ws:// or wss:// URL")
        if options["offline"] > options["count"]:
            raise CommandError("--offline must not be more than --count")
        if options["speed"] <= 0:
            raise CommandError("--speed must be more than 0")
        plan = CrowdPlan(
            gateway=options["gateway"],
            count=options["count"],
            prefix=options["prefix"],
            profile=options["profile"],
            scenario=Scenario(options["scenario"]),
            first=options["first"],
            offline=options["offline"],
            connectors=options["connectors"],
            seed=options["seed"],
            tag=options["tag"],
            pace=Pace(fallback=options["fallback"]).faster(options["speed"]),
            back_off=BackOff(longest=options["longest_wait"]),
            judge=options["judge"],
            told=options["told"],
            state=options["state"],
            quirk=Quirk(options["quirk"]),
            clock_offset=options["clock_offset"],
            verify=options["verify"],
        )
        plan = self._with_passwords(plan, options["credentials"], options["password_file"])
        logging.getLogger("picows").setLevel(logging.CRITICAL)
        self.stdout.write(f"simulating {plan.count} chargers from {plan.device_ids()[0]} ({plan.profile})")
        self.stdout.flush()
        uvloop.run(simulate(plan))

    @staticmethod
    def _with_passwords(plan: CrowdPlan, credentials: Path | None, shared: Path | None) -> CrowdPlan:
        try:
            if shared is not None:
                return replace(plan, passwords=dict.fromkeys(plan.device_ids(), shared.read_text().strip()))
            if credentials is None:
                return plan
            known = read_credentials(credentials)
        except (OSError, BadCredentials) as error:
            raise CommandError(str(error)) from error
        if missing := [device_id for device_id in plan.device_ids() if device_id not in known]:
            raise CommandError(f"{credentials} has no password for {len(missing)} chargers, the first is {missing[0]}")
        return replace(plan, passwords=known)
