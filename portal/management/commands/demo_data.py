"""Makes the database and the demo's data, and prints it as JSON for the demo command, which adds the addresses."""

import json
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from portal.demo.data import make_demo


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chargers", type=int, default=20)
        parser.add_argument("--data", type=Path, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, skip_checks=True)
        self.stdout.write(json.dumps(make_demo(chargers=options["chargers"], folder=options["data"])))
