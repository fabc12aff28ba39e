"""Removes old entries of the audit trail, which nothing else can; an entry of its own tells that it was done."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.audit_chain import prune


class Command(BaseCommand):
    help = "Remove the entries of the audit trail that are older than so many days. The chain stays verifiable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True, help="how many days are kept, 30 at least")

    def handle(self, *args: Any, **options: Any) -> None:
        days = max(30, options["days"])
        count = prune(before=timezone.now() - timedelta(days=days))
        self.stdout.write(f"{count} entries older than {days} days were removed.")
