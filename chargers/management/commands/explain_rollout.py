"""Tells for every delivery of a rollout what it waits for and what the engine would do with it now."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargers.explain import explain_delivery
from chargers.models import Delivery, Rollout
from chargers.rollout.gather import gather
from chargers.rollout.plan import Action, Finish, Push, ReadBack, plan
from chargers.rollout.reconcile import database_now
from chargers.rollout.states import OPEN_STATES

MOST = 200


class Command(BaseCommand):
    help = "Explain where a rollout stands: one line per delivery that is not final, and what would happen next."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rollout", type=int, help="the rollout's id")
        parser.add_argument("--all", action="store_true", help="final deliveries too")

    def handle(self, *args: Any, **options: Any) -> None:
        rollout = Rollout.objects.select_related("installation", "revision").filter(pk=options["rollout"]).first()
        if rollout is None:
            raise CommandError(f"There is no rollout {options['rollout']}.")
        rows = Delivery.objects.filter(rollout=rollout).select_related("charger").order_by("charger__device_id")
        counts = Counter(rows.values_list("state", flat=True))
        shown = rows if options["all"] else rows.filter(state__in=sorted(OPEN_STATES))
        self.stdout.write(
            f"{rollout.installation}, revision {rollout.revision.number} ({rollout.revision.mode}): {rollout.state}; "
            + ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        )
        deliveries = list(shown[:MOST])
        now = database_now()
        steps = {
            snapshot.delivery_id: sentence(plan(snapshot, now, lambda: 1.0))
            for snapshot in gather([row.pk for row in deliveries if row.state in OPEN_STATES], now)
        }
        for row in deliveries:
            self.stdout.write(f"{row.charger.device_id}  {row.state}  {explain_delivery(row)}")
            if row.lease_until is not None and row.lease_until > now:
                self.stdout.write(f"    a worker has it until {row.lease_until:%H:%M:%S} UTC")
            elif row.pk in steps:
                due = "when something rings" if row.due_at is None else f"at {row.due_at:%Y-%m-%d %H:%M:%S} UTC"
                self.stdout.write(f"    looked at {due}; now it would: {steps[row.pk]}")
        if len(deliveries) == MOST:
            self.stdout.write(f"(the first {MOST} only)")


def sentence(action: Action) -> str:
    """What the engine decides, for the operator of the portal."""
    match action:
        case Push():
            keys = ", ".join(write.key for write in action.order.writes)
            return f"write {keys}" + (" and reset" if action.order.reset or action.order.force_reset else "")
        case ReadBack():
            return f"read back {', '.join(action.order.read_keys)}"
        case Finish():
            return f"end as {action.state} ({action.reason})" if action.reason else f"end as {action.state}"
        case _:
            return f"stay {action.state}" + (f" ({action.reason})" if action.reason else "")
