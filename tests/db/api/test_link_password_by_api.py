"""A new link password by the API: on its way, taken back, or told once."""

import pytest

from tests.db.api.conftest import World

pytestmark = pytest.mark.django_db


def test_by_the_api(world: World) -> None:
    path = "/chargers/ZCS000143/link-password/"
    assert world["service"]("GET", path).json() == {"change": None}
    sent = world["service"]("POST", path, {"way": "over_ocpp"})
    assert (sent.status_code, sent.json()["state"], sent.json()["link"]) == (201, "waiting", None)
    assert world["service"]("POST", path, {"way": "over_ocpp"}).json()["code"] == "link_password_on_its_way"
    assert world["service"]("DELETE", path).json()["state"] == "cancelled"
    shown = world["service"]("POST", path, {"way": "by_hand", "revoke_old": True})
    assert (shown.status_code, len(shown.json()["link"]["password"])) == (201, 20)
    assert world["service"]("GET", path).json()["change"]["link"] is None
    assert world["service"]("POST", path, {"way": "by_post"}).status_code == 422
