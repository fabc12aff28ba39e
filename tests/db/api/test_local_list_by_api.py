"""The charger's own list of cards over the API: how it stands, and sending it anew."""

from django.utils import timezone

from accounts.models import AuditEntry
from chargers.models import LocalList
from installations.models import AuthenticationRevision
from tests.db.api.conftest import World

PATH = "/chargers/ZCS000143/local-list/"


def test_the_list_is_seen_and_sent_anew(world: World) -> None:
    nothing = world["viewer"]("GET", PATH).json()
    assert (nothing["state"], nothing["cards"]) == (None, 0)
    refused = world["owner"]("POST", PATH)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_local_list")
    LocalList.objects.create(
        charger=world.charger, state="failed", version=4, cards=7, left_out=1, digest=b"", failures=3,
        changed_at=timezone.now(), retry_at=timezone.now(),
    )  # fmt: skip
    seen = world["viewer"]("GET", PATH).json()
    assert (seen["state"], seen["version"], seen["cards"], seen["left_out"]) == ("failed", 4, 7, 1)
    assert seen["retry_at"]
    sent = world["owner"]("POST", PATH, {"reason": "new cards"}, Idempotency_Key="k")
    assert (sent.status_code, sent.json()["state"], sent.json()["retry_at"]) == (202, "waiting", None)
    assert AuditEntry.objects.get(action="local_list_ordered").reason == "new cards"
    assert world["owner"]("POST", PATH, {"reason": "new cards"}, Idempotency_Key="k").json() == sent.json()
    AuthenticationRevision.objects.filter(installation=world.site).update(mode="ocpp_direct")
    refused = world["owner"]("POST", PATH)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_native")
