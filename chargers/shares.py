"""What the connectors of one charger were granted of its site, read along with the charger itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import Extract, JSONObject

from chargers.models import Charger, ChargingShare

_PLAIN = (
    "connector", "standby_granted", "standby_saying", "standby_told", "transaction_id", "current_granted",
    "current_saying", "current_told", "why", "limited_by_id", "drawn",
)  # fmt: skip


def with_shares(rows: QuerySet[Charger]) -> QuerySet[Charger]:
    """Ready for ``shares_in``, without a query more."""
    facts = JSONObject(**{name: name for name in _PLAIN}, fuse="limited_by__name", paused=Extract("paused_at", "epoch"))
    shares = ChargingShare.objects.filter(charger=OuterRef("pk")).order_by("connector").values(facts=facts)
    return rows.annotate(share_facts=ArraySubquery(shares))


def shares_in(charger: Charger) -> list[tuple[ChargingShare, str]]:
    """By connector, with the name of the circuit whose fuse binds it. None where the load is not balanced."""
    return [_share(charger, facts) for facts in getattr(charger, "share_facts")]  # noqa: B009  annotated


def _share(charger: Charger, facts: Mapping[str, Any]) -> tuple[ChargingShare, str]:
    paused = facts["paused"]
    share = ChargingShare(
        charger=charger,
        paused_at=None if paused is None else datetime.fromtimestamp(paused, UTC),
        **{name: facts[name] for name in _PLAIN},
    )
    return share, facts["fuse"] or ""
