"""Starts the embedded servers, migrates, tells their addresses, and keeps them until standard input closes."""

import json
import sys

from portal.embedded import database_url, redis_url, start_for_command


def main() -> None:
    start_for_command(["keeper", "migrate"])
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps({"DATABASE_URL": database_url(), "REDIS_URL": redis_url()}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    main()
