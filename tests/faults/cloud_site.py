"""Registers simulated chargers of one site that charges over a backend; run as a process of its own.

``python -m tests.faults.cloud_site COUNT URL``: device ids SOAK000001 and so on, all with one link password.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
PREFIX = "SOAK"


def main(count: int, url: str) -> None:
    import django

    django.setup()
    from chargers.models import Charger
    from tests.loop.bridge.scene import put_in_cloud
    from tests.loop.gateway_world import make_charger

    first = make_charger(f"{PREFIX}{1:06}")
    Charger.objects.bulk_create(
        Charger(device_id=f"{PREFIX}{number:06}", installation=first.installation, key_digest=first.key_digest)
        for number in range(2, count + 1)
    )
    put_in_cloud(url)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
