"""Makes an API token for a person and prints it, and nothing else, to standard output."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Scope
from accounts.refusals import Invalid
from accounts.tokens import issue_token


class Command(BaseCommand):
    help = "Create an API token for a person; it is printed once and kept only as a digest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="command line")
        parser.add_argument("--scopes", default=",".join(Scope), help="comma-separated; default: all")
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--installations", default="", help="comma-separated ids; default: all the person may see")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody with the e-mail address {options['email']} has an active account.")
        try:
            installations = [int(text) for text in options["installations"].split(",") if text.strip()] or None
        except ValueError:
            raise CommandError("--installations takes numbers, for example 1,2") from None
        try:
            _token, text = issue_token(
                user=user,
                name=options["name"][:100],
                scopes=[scope.strip() for scope in options["scopes"].split(",") if scope.strip()],
                expires_at=timezone.now() + timedelta(days=options["days"]),
                installation_ids=installations,
            )
        except Invalid as refusal:
            raise CommandError(str(refusal.detail)) from None
        self.stdout.write(text)
