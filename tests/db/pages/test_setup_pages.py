"""What to enter at the chargers: for the make, to print; a password only in the answer that made it."""

import pytest

from accounts.models import User
from chargers.models import Charger
from installations.models import Installation
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db


def test_each_charger_gets_the_url_its_make_wants_and_nobody_a_password(
    people: dict[str, User], site: Installation
) -> None:
    Charger.objects.create(installation=site, device_id="ZCS000001", vendor="Wall Box Chargers", model="Pulsar")
    Charger.objects.create(installation=site, device_id="ZCS000002")
    viewer = client_of(people["viewer"])
    wallbox = viewer.get("/chargers/ZCS000001/setup/").content.decode()
    assert "myWallbox" in wallbox
    assert "<code>ws://127.0.0.1:9000/<wbr>ocpp</code>" in wallbox
    assert "Charge Point Identity" in wallbox
    assert "Make a new one" not in wallbox
    assert "link-password" in client_of(people["service"]).get("/chargers/ZCS000001/setup/").content.decode()
    both = viewer.get(f"/installations/{site.pk}/chargers/setup/").content.decode()
    assert both.count('class="sheet setup"') == 2
    assert "Makes differ" in both
    chosen = viewer.get(f"/installations/{site.pk}/chargers/setup/?make=alfen").content.decode()
    assert "127.0.0.1:9000" in chosen
    assert "Makes differ" not in chosen


def test_the_answer_to_a_registration_prints_with_passwords_and_may_use_the_camera(
    people: dict[str, User], site: Installation
) -> None:
    service = client_of(people["service"])
    address = f"/installations/{site.pk}/chargers/register/"
    empty = service.get(address)
    assert empty["Permissions-Policy"] == "camera=(self)"
    assert "camera=()" in service.get("/installations/")["Permissions-Policy"]
    assert "autofocus" in empty.content.decode()
    made = service.post(address, {"lines": " zcs000143 \nZCS000144; Bay 2\n"}).content.decode()
    assert made.count('class="sheet setup"') == 2
    assert made.count("shown this once</span>") == 2
    assert "autofocus" not in made
    assert sorted(site.chargers.values_list("device_id", flat=True)) == ["ZCS000143", "ZCS000144"]
