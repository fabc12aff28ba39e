"""W1 for charging sessions: first and last page of many in one installation, search, totals and the file.

uv run python -m benchmarks.w1_sessions [--sizes 1000 100000]
"""

import argparse
import json
import os

from benchmarks import rig
from benchmarks.w1_pages import median_ms

POPULATE = """
INSERT INTO chargers_transaction (charger_id, installation_id, connector, id_tag, id_tag_status, meter_start,
    started_at, start_received_at, meter_stop, stopped_at, stop_received_at, stop_reason, stop_id_tag, orphan, flags)
SELECT c.id, c.installation_id, 1, 'CARD' || n %% 500, 'Accepted', n * 1000, t.at, t.at, n * 1000 + 8000 + n %% 9000,
    t.at + interval '2 h', t.at + interval '2 h', 'Local', '', false, '[]'
FROM generate_series(1, %s) AS n
CROSS JOIN LATERAL (SELECT '2020-01-01'::timestamptz + n * interval '20 min' AS at) AS t
JOIN chargers_charger c ON c.installation_id = %s AND c.device_id = %s || lpad((n %% 50 + 1)::text, 6, '0')
"""


def measure(size: int) -> dict[str, float]:
    from django.db import connection
    from django.test import Client

    from accounts.models import User
    from benchmarks import populate
    from chargers.models import Transaction
    from chargers.sessions.selectors import SESSION_ORDER
    from installations.models import IdTag, Installation

    prefix = f"S{size}X"
    site = populate.main(50, prefix, prefix)
    IdTag.objects.bulk_create(
        IdTag(installation=Installation.objects.get(pk=site), id_tag=f"CARD{number}", holder=f"Holder {number}")
        for number in range(500)
    )
    with connection.cursor() as cursor:
        cursor.execute(POPULATE, [size, site, prefix])
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(User.objects.filter(is_superuser=True).latest("pk"))
    rows = Transaction.objects.filter(installation=site).order_by(*SESSION_ORDER)
    last = list(rows.reverse()[:51])[-1]
    cursor_text = _cursor(last.began_at.isoformat(), last.pk)
    path = f"/installations/{site}/sessions/"
    found = {"floor: 50 rows by values() and JSON": median_ms(
        lambda: json.dumps(list(rows.values("id", "id_tag", "energy_wh")[:50]))
    )}  # fmt: skip
    for name, address in {
        "first page of 50, with totals": path,
        "last page of 50, with totals": f"{path}?cursor={cursor_text}",
        "one month": f"{path}?since=2020-01-03&until=2020-02-02",
        "by holder": f"{path}?card=Holder+17",
        "with a remark": f"{path}?state=flagged",
        "one session": f"/sessions/{last.pk}/",
        "the whole file": f"{path}export/",
    }.items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        answer.getvalue()
        found[name] = median_ms(lambda address=address: client.get(address).getvalue())  # type: ignore[misc]  # bound now
    return found


def _cursor(began_at: str, pk: int) -> str:
    """As ``accounts.keyset`` writes it, for the page that begins after this row."""
    import base64

    text = json.dumps(["-began_at,-id", 0, [{"t": began_at}, pk]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000])
    sizes = parser.parse_args().sizes
    with rig.bench_data() as environment:
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="portal.settings")
        import django

        django.setup()
        found = {size: measure(size) for size in sizes}
    print(f"| ms with so many sessions | {' | '.join(f'{size:,}' for size in sizes)} |")
    print("|" + "---|" * (len(sizes) + 1))
    for name in found[sizes[0]]:
        print(f"| {name} | {' | '.join(f'{found[size][name]:.1f}' for size in sizes)} |")


if __name__ == "__main__":
    main()
