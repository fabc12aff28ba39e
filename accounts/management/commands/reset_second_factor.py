"""For somebody who lost phone, passkeys and recovery codes: from then on the password alone signs in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.second_factor import remove_all


class Command(BaseCommand):
    help = "Remove somebody's second step of signing in. Make sure first that it is them who asks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError("nobody has this e-mail address")
        if not remove_all(user=user, actor=None):
            raise CommandError("this person has no second step")
        self.stdout.write(f"{user.email} signs in with the password alone.")
