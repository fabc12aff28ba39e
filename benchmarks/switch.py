"""Publishes OCPP direct with one URL for an installation, as a save on the page does; one charger goes first.

Prints one JSON line with the moments (time.time()) before and after the save.
"""

import json
import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


def main(installation_id: int, url: str) -> None:
    import django

    django.setup()
    from accounts.models import User
    from chargers.services.authentication import preview, save
    from installations.authentication import Draft
    from installations.models import Installation

    installation = Installation.objects.select_related("revision").get(pk=installation_id)
    draft = Draft("ocpp_direct", url)
    warnings = {finding.code for finding in preview(installation=installation, draft=draft).warnings}
    actor = User.objects.filter(is_superuser=True).first()
    assert actor is not None
    assert installation.revision is not None
    begun = time.time()
    save(
        installation=installation, draft=draft, actor=actor, expected_number=installation.revision.number,
        acknowledged=warnings, policy={"waves": ["1"]},
    )  # fmt: skip
    print(json.dumps({"begun": begun, "saved": time.time()}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
