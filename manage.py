#!/usr/bin/env python
"""Entry point of every command. Starts the embedded PostgreSQL and Valkey where no servers are configured."""

import os
import sys

from portal.embedded import start_for_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    start_for_command(sys.argv)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
