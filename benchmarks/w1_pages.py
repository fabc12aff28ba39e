"""W1 and W2: server time of pages and of the preview at three sizes of an installation, beside the rows read plainly.

uv run python -m benchmarks.w1_pages [--sizes 50 1000 10000] [--elsewhere 100000]

Every page shows the same number of rows whatever the size of its installation, so its time should not grow with it.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import time
from collections.abc import Callable

from benchmarks import rig

REPEATS = 15
FLOOR, PREVIEW, RULES = "floor: 50 rows by values() and JSON", "preview of all", "floor of the preview: the rules alone"


def median_ms(work: Callable[[], object]) -> float:
    times = []
    work()
    for _repeat in range(REPEATS):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def pages(installation_id: int, prefix: str, rollout_id: int, delivery_id: int) -> dict[str, str]:
    """By what stands in the table."""
    site = f"/installations/{installation_id}/"
    return {
        "installations": "/installations/",
        "installations, search": "/installations/?q=Site+0004",
        "installations, with an alarm": "/installations/?state=alarm",
        "find": f"/find/?q={prefix}000049",
        "installation": site,
        "chargers, first page of 50": f"{site}chargers/",
        "chargers, search": f"{site}chargers/?q={prefix}000049",
        "load, shared by all": f"{site}load/",
        "authentication settings": f"{site}authentication/",
        "history": f"{site}history/",
        "rollout, first page of 50": f"/rollouts/{rollout_id}/",
        "rollouts": "/rollouts/",
        "a delivery": f"/rollouts/{rollout_id}/deliveries/{delivery_id}/",
        "a charger": f"/chargers/{prefix}000001/",
    }


def measure(installation_id: int, prefix: str) -> tuple[dict[str, float], int]:
    """Milliseconds by what was measured, and the queries of the preview."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from chargers.models import Charger, Delivery, Rollout
    from chargers.services.authentication import preview
    from chargers.services.balancing import balance_due, site_changed
    from chargers.services.rollouts import open_deliveries, start_rollout
    from installations.authentication import Draft, Site, review
    from installations.models import Installation
    from installations.ocpp_url.identity import ChargerUrl

    Installation.objects.filter(pk=installation_id).update(main_fuse_current=400)
    installation = Installation.objects.select_related("revision").get(pk=installation_id)
    site_changed(installation)
    balance_due()
    assert installation.revision is not None
    rollout = Rollout.objects.filter(revision=installation.revision).first() or start_rollout(installation.revision, {})
    while open_deliveries(rollout.pk):
        pass
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(User.objects.filter(is_superuser=True).earliest("pk"))
    delivery = Delivery.objects.filter(rollout=rollout).earliest("pk")
    own = Charger.objects.filter(installation=installation).order_by("device_id")
    found = {FLOOR: median_ms(lambda: json.dumps(list(own.values("device_id", "name")[:50])))}
    for name, path in pages(installation_id, prefix, rollout.pk, delivery.pk).items():
        assert client.get(path).status_code == 200, path
        found[name] = median_ms(lambda path=path: client.get(path))  # type: ignore[misc]  # bound now
    draft = Draft("ocpp_direct", "wss://backend.example.com/{deviceId}")
    chargers = [ChargerUrl(row.device_id) for row in own]
    found[RULES] = median_ms(lambda: review(draft, Site(chargers=chargers)))
    with CaptureQueriesContext(connection) as captured:
        preview(installation=installation, draft=draft)
    found[PREVIEW] = median_ms(lambda: preview(installation=installation, draft=draft))
    return found, len(captured)


def report(found: dict[int, tuple[dict[str, float], int]]) -> None:
    sizes = sorted(found)
    smallest, largest = sizes[0], sizes[-1]
    print(f"| ms with so many chargers | {' | '.join(f'{size:,}' for size in sizes)} | exponent |")
    print("|" + "---|" * (len(sizes) + 2))
    for name in found[smallest][0]:
        times = [found[size][0][name] for size in sizes]
        growth = math.log(times[-1] / times[0]) / math.log(largest / smallest)
        print(f"| {name} | {' | '.join(f'{one:.1f}' for one in times)} | {growth:.2f} |")
    print(f"\nqueries of the preview: {', '.join(f'{found[size][1]} at {size:,}' for size in sizes)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 1000, 10_000])
    parser.add_argument("--elsewhere", type=int, default=100_000, help="chargers of other installations, 50 each")
    options = parser.parse_args()
    sizes = options.sizes
    with rig.bench_data() as environment:
        rig.script(environment, "benchmarks.fleet", str(options.elsewhere)).wait()
        made = {}
        for size in sizes:
            prefix = f"P{size}X"
            populated = rig.script(environment, "benchmarks.populate", str(size), prefix, stdout=subprocess.PIPE)
            made[size] = (int(populated.communicate()[0].strip()), prefix)
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="portal.settings")
        import django

        django.setup()
        report({size: measure(*made[size]) for size in sizes})


if __name__ == "__main__":
    main()
