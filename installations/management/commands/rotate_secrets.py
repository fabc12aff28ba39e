"""Encrypts every stored password again under the first key of SECRET_KEY_RING; interrupt and start again at will."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import keyring
from accounts.second_factor import rotate_apps
from installations.services.secrets import rotate_secrets


class Command(BaseCommand):
    help = "Encrypt stored passwords under the first key of SECRET_KEY_RING. Can be interrupted and repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        for rotate in (rotate_secrets, rotate_apps):
            while count := rotate():
                total += count
        self.stdout.write(f"{total} passwords now under key {keyring.current_key_id()}.")
