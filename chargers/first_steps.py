"""From an empty installation to the first charger that holds its setting: which steps are done, in one query."""

from dataclasses import dataclass

from django.db.models import Exists

from chargers.models import Charger, ChargerLink
from installations.cards import usable_cards
from installations.models import Installation, Mode


@dataclass(frozen=True)
class FirstSteps:
    """``connected``: a charger reached the portal with its password; ``booted``: it said what it is and was accepted;
    ``applied``: one was seen to hold the setting in force or an earlier one. ``carded``: somebody could charge."""

    registered: bool
    connected: bool
    booted: bool
    carded: bool
    applied: bool

    @property
    def done(self) -> bool:
        return self.registered and self.connected and self.booted and self.carded and self.applied


def first_steps(installation: Installation) -> FirstSteps:
    own, links = Charger.objects.filter(installation=installation), ChargerLink.objects
    links_here = links.filter(charger__installation=installation)
    row = (
        Installation.objects.filter(pk=installation.pk)
        .annotate(
            registered=Exists(own),
            connected=Exists(links_here.filter(connected_at__isnull=False)),
            booted=Exists(links_here.filter(boot_accepted=True)),
            carded=Exists(usable_cards(installation)),
            applied=Exists(own.filter(applied_revision__isnull=False)),
        )
        .values("registered", "connected", "booted", "carded", "applied")
        .get()
    )
    revision = installation.revision
    needs_card = revision is not None and revision.mode == Mode.NATIVE and revision.authorization_required
    return FirstSteps(
        registered=row["registered"],
        connected=row["connected"],
        booted=row["booted"],
        carded=row["carded"] or not needs_card,
        applied=row["applied"],
    )
