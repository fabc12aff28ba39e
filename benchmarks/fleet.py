"""Puts thousands of installations of 50 connected chargers each into the database: the portal that others' pages share.

uv run python -m benchmarks.fleet CHARGERS
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

CHARGERS_EACH = 50


def main(chargers: int) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from chargers.models import Charger, ChargerLink, Connector, GatewayNode
    from installations.models import AuthenticationRevision, Installation

    now = timezone.now()
    GatewayNode.objects.get_or_create(name="fleet", defaults={"started_at": now, "seen_at": now})
    sites = Installation.objects.bulk_create(
        Installation(name=f"Site {number:05}", address=f"Street {number}")
        for number in range(chargers // CHARGERS_EACH)
    )
    AuthenticationRevision.objects.bulk_create(
        [
            AuthenticationRevision(
                installation=site, number=1, mode="native", authorization_required=True, digest="0" * 64
            )
            for site in sites
        ],
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE installations_installation i SET revision_id = r.id"
            " FROM installations_authenticationrevision r WHERE r.installation_id = i.id AND i.revision_id IS NULL"
        )
    rows = Charger.objects.bulk_create(
        [
            Charger(device_id=f"F{site.pk:06}X{number:03}", installation=site)
            for site in sites
            for number in range(CHARGERS_EACH)
        ],
        batch_size=2000,
    )
    ChargerLink.objects.bulk_create(
        [
            ChargerLink(
                charger=row, node="fleet", connected_at=now, last_seen_at=now, boot_accepted=True, boot_number=1,
                disconnected_at=now if row.pk % 10 == 0 else None,
            )
            for row in rows
        ],
        batch_size=2000,
    )  # fmt: skip
    Connector.objects.bulk_create(
        [
            Connector(
                charger=row, number=1, status="Charging" if row.pk % 4 == 0 else "Available", status_at=now,
                boot_number=1,
            )
            for row in rows
        ],
        batch_size=2000,
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
