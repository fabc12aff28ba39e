"""W1 and W2: server time of pages and API lists with 10,000 chargers, beside the rows read plainly.

uv run python -m benchmarks.w1_pages [--chargers 10000]
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable

from benchmarks import rig

REPEATS = 15


def median_ms(work: Callable[[], object]) -> float:
    times = []
    work()
    for _repeat in range(REPEATS):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def measure(installation_id: int) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from chargers.models import Charger, Delivery, Rollout
    from chargers.services.authentication import preview
    from chargers.services.rollouts import open_deliveries, start_rollout
    from installations.authentication import Draft, Site, review
    from installations.models import Installation
    from installations.ocpp_url.identity import ChargerUrl

    installation = Installation.objects.select_related("revision").get(pk=installation_id)
    assert installation.revision is not None
    rollout = Rollout.objects.filter(revision=installation.revision).first() or start_rollout(installation.revision, {})
    while open_deliveries(rollout.pk):
        pass
    client = Client()
    client.force_login(User.objects.get(is_superuser=True))
    delivery = Delivery.objects.filter(rollout=rollout).earliest("pk")
    first = Charger.objects.filter(installation=installation).earliest("pk")
    floor = median_ms(lambda: json.dumps(list(Charger.objects.order_by("device_id").values("device_id", "name")[:50])))
    print(f"floor: 50 rows by values() and JSON: {floor:.1f} ms\n\n| page | ms |\n|---|---|")
    for path in (
        "/installations/", f"/installations/{installation_id}/", f"/installations/{installation_id}/chargers/",
        f"/installations/{installation_id}/chargers/?q=LOAD0099", f"/installations/{installation_id}/authentication/",
        f"/installations/{installation_id}/history/", f"/rollouts/{rollout.pk}/", "/rollouts/",
        f"/rollouts/{rollout.pk}/deliveries/{delivery.pk}/", f"/chargers/{first.device_id}/",
    ):  # fmt: skip
        assert client.get(path).status_code == 200, path
        taken = median_ms(lambda path=path: client.get(path))  # type: ignore[misc]
        print(f"| `{path}` | {taken:.0f} |")
    draft = Draft("ocpp_direct", "wss://backend.example.com/{deviceId}")
    chargers = [ChargerUrl(row.device_id) for row in Charger.objects.filter(installation=installation)]
    pure = median_ms(lambda: review(draft, Site(chargers=chargers)))
    with CaptureQueriesContext(connection) as captured:
        preview(installation=installation, draft=draft)
    whole = median_ms(lambda: preview(installation=installation, draft=draft))
    print(
        f"\npreview of {len(chargers)} chargers: {whole:.0f} ms, {len(captured)} queries; the rules alone {pure:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chargers", type=int, default=10_000)
    count = parser.parse_args().chargers
    with rig.bench_data() as environment:
        made = rig.script(environment, "benchmarks.populate", str(count), stdout=subprocess.PIPE).communicate()[0]
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="portal.settings")
        measure(int(made.strip()))


if __name__ == "__main__":
    main()
