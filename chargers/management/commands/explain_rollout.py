"""Tells what the engine sees of a charger's delivery, or of a whole rollout, and what it would do next."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargers.explain import explain_delivery, explain_pause
from chargers.models import Charger, Delivery, Rollout
from chargers.rollout.due import database_now
from chargers.rollout.states import OPEN_STATES
from chargers.services.outlook import outlook

MOST = 200


class Command(BaseCommand):
    help = "Explain a charger's newest delivery, or every delivery of a rollout: the facts, the plan, the reason."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("device_id", nargs="?", help="the charger, in any capitalisation")
        parser.add_argument("--rollout", type=int, help="a whole rollout, by its id")
        parser.add_argument("--all", action="store_true", help="deliveries of the rollout that have ended too")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["device_id"] is None) == (options["rollout"] is None):
            raise CommandError("Name a charger, or a rollout with --rollout.")
        if options["rollout"] is not None:
            self._rollout(options["rollout"], everything=options["all"])
        else:
            self._charger(options["device_id"].upper())

    def _charger(self, device_id: str) -> None:
        charger = Charger.objects.filter(device_id=device_id).first()
        if charger is None:
            raise CommandError(f"There is no charger {device_id}.")
        newest = Delivery.objects.filter(charger=charger).select_related("charger", "rollout__installation", "revision")
        delivery = newest.order_by("-pk").first()
        if delivery is None:
            raise CommandError(f"{device_id} never had a delivery: its installation has not changed since it came.")
        self._head(delivery.rollout)
        self._tell([delivery])

    def _rollout(self, pk: int, *, everything: bool) -> None:
        rollout = Rollout.objects.select_related("installation", "revision").filter(pk=pk).first()
        if rollout is None:
            raise CommandError(f"There is no rollout {pk}.")
        rows = Delivery.objects.filter(rollout=rollout).select_related("charger").order_by("charger__device_id")
        counts = Counter(rows.values_list("state", flat=True))
        self._head(rollout, ", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
        shown = rows if everything else rows.filter(state__in=sorted(OPEN_STATES))
        deliveries = list(shown[:MOST])
        self._tell(deliveries)
        if len(deliveries) == MOST:
            self.stdout.write(f"(the first {MOST} only)")

    def _head(self, rollout: Rollout, counts: str = "") -> None:
        revision = rollout.revision
        line = f"{rollout.installation}, revision {revision.number} ({revision.mode}): {rollout.shown_state}"
        self.stdout.write(f"{line}; {counts}" if counts else line)
        if rollout.paused_at is not None:
            self.stdout.write(explain_pause(rollout.pause_cause))

    def _tell(self, deliveries: Iterable[Delivery]) -> None:
        now = database_now()
        for row in deliveries:
            self.stdout.write(f"{row.charger.device_id}  {row.state}  {explain_delivery(row)}")
            if row.lease_until is not None and row.lease_until > now:
                self.stdout.write(f"    A worker has it until {row.lease_until:%H:%M:%S} UTC.")
            elif row.state in OPEN_STATES:
                due = "when something rings" if row.due_at is None else f"at {row.due_at:%Y-%m-%d %H:%M:%S} UTC"
                self.stdout.write(f"    Looked at {due}.")
            for sentence in outlook(row):
                self.stdout.write(f"    {sentence}")
