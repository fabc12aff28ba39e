"""Puts N chargers of one installation, all with the bench's link password, into the database in a few statements."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


def main(count: int, prefix: str = "LOAD", label: str = "") -> int:
    import django

    django.setup()
    from django.conf import settings

    from accounts.models import User
    from benchmarks.rig import PASSWORD
    from chargers.link_key import digest_link_key
    from chargers.models import Charger
    from installations.services.installations import create_installation

    actor = User.objects.create_superuser(f"bench{label or count}@example.org", "unused")
    installation = create_installation(actor=actor, name=f"Bench {label or count}")
    digest = digest_link_key(settings.CHARGER_KEY_PEPPER.encode(), PASSWORD.encode())
    chargers = (
        Charger(device_id=f"{prefix}{number:06}", installation=installation, key_digest=digest)
        for number in range(1, count + 1)
    )
    Charger.objects.bulk_create(chargers, batch_size=2000)
    return installation.pk


if __name__ == "__main__":
    print(main(int(sys.argv[1]), *sys.argv[2:]))
