#!/usr/bin/env python
"""Entry point of every command. Starts the embedded PostgreSQL and Valkey where no servers are configured."""

import os
import sys
from importlib import import_module

# They stand for other people's machines: chargers and a backend. Without settings and applications they start in a
# third of the time.
APART = ("simulate", "backend")


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in APART:
        import_module(f"gateway.management.commands.{sys.argv[1]}").Command().run_from_argv(sys.argv)
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from portal.embedded import start_for_command

    start_for_command(sys.argv)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
