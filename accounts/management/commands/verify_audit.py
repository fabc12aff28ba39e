"""Goes through the audit trail's chain of digests; ends with an error that names the first entry that does not fit."""

import re
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit_chain import Break, Head, Verdict, verify

WORDS = {
    Break.CHANGED: "Broken at position {position} (entry {entry}): it is not what was sealed there.",
    Break.MISSING: "Broken before position {position} (entry {entry}): entries before it are missing.",
    Break.HEAD: "Another chain: position {position} does not carry the digest that was noted.",
    Break.CUT: "Cut off: position {position}, which was noted, is not there any more.",
}


class Command(BaseCommand):
    help = "Verify that no sealed entry of the audit trail was changed, removed, inserted or moved."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", type=head, metavar="POSITION:DIGEST", help="a head printed earlier, which the chain must hold"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify(known=options["head"])
        if verdict.broken is not None:
            words = WORDS[verdict.broken].format(position=verdict.position, entry=verdict.entry_id)
            raise CommandError(f"{words} Whole until {verdict.head}.")
        self.stdout.write(f"Whole: {verdict.checked} entries. Note this head elsewhere: {verdict.head}")
        self.stdout.write(_waiting(verdict))


def _waiting(verdict: Verdict) -> str:
    if verdict.late:
        return f"{verdict.waiting} entries wait for their seal, {verdict.late} for over an hour: is a worker running?"
    return f"{verdict.waiting} entries wait for their seal."


def head(text: str) -> Head:
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise ArgumentTypeError("write it as verify_audit prints it: POSITION:DIGEST")
    return Head(int(found[1]), bytes.fromhex(found[2]))
