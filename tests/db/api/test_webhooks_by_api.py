"""Webhooks through the API: made, changed, tried out, looked at; and whose they are."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import AuditEntry, Membership, Organisation
from installations.models import Grant
from installations.webhook_models import WebhookDelivery
from installations.webhooks import managing, sender
from tests.db.api.conftest import Caller, World, token_for
from tests.db.api.test_canary import text_of_the_database
from tests.receiver import listening


def made(world: World, role: str = "service", **body: Any) -> Any:
    wanted = {"url": "https://hooks.example.com/x", "events": ["session.started"], "installation": world.site.pk}
    return world[role]("POST", "/webhooks/", {**wanted, **body})


def test_the_whole_life_of_a_webhook(world: World) -> None:
    with listening() as receiver:
        answer = world["service"](
            "POST", "/webhooks/",
            {"url": receiver.url, "events": ["session.stopped", "session.started"], "installation": world.site.pk},
            Idempotency_Key="once",
        )  # fmt: skip
        assert answer.status_code == 201, answer.content
        secret, path = answer.json()["secret"], answer["Location"]
        assert answer.json()["events"] == ["session.started", "session.stopped"]
        assert secret.startswith("whsec_")
        read = world["owner"]("GET", path)
        assert "secret" not in read.json()
        stale = world["owner"]("PATCH", path, {"description": "Fleet"}, If_Match='"9"')
        assert stale.status_code == 412
        changed = world["owner"]("PATCH", path, {"description": "Fleet"}, If_Match=read["ETag"])
        assert (changed.status_code, changed.json()["description"]) == (200, "Fleet")

        sent = world["service"]("POST", f"{path}test/")
        assert sent.status_code == 202
        sender.deliver()
        seen = world["owner"]("GET", sent["Location"]).json()
        assert (seen["state"], seen["status"], seen["next_attempt_at"]) == ("delivered", 204, None)
        assert seen["payload"] == receiver.heard[0].verified(secret)
        assert seen["event_id"] == receiver.heard[0].name

        rotated = world["owner"]("POST", f"{path}rotate-secret/", {"reason": "time"}).json()
        again = world["owner"]("POST", f"{sent['Location']}redeliver/")
        assert (again.status_code, again.json()["state"]) == (202, "waiting")
        sender.deliver()
        assert receiver.heard[1].name == receiver.heard[0].name
        receiver.heard[1].verified(secret)
        receiver.heard[1].verified(rotated["secret"])
        assert world["owner"]("GET", path).json()["previous_secret_until"] == rotated["previous_secret_until"]

        stored = text_of_the_database()
        for shown in (secret, rotated["secret"]):
            assert shown not in stored
            assert shown.encode().hex() not in stored
    assert world["owner"]("DELETE", f"{path}?reason=over").status_code == 204
    assert world["owner"]("GET", path).status_code == 404
    trail = AuditEntry.objects.filter(object_type="webhook", object_id=path.split("/")[-2]).order_by("id")
    names = ["webhook_created", "webhook_changed", "webhook_secret_rotated", "webhook_deleted"]
    assert [entry.action for entry in trail] == names
    assert "of=portal" not in str([(entry.before, entry.after, entry.object_label) for entry in trail])


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"url": "http://hooks.example.com/"}, "/url", "scheme"),
        ({"url": "https://169.254.169.254/latest"}, "/url", "address"),
        ({"url": "https://hooks.example.com/" + "x" * 500}, "/url", "too_long"),
        ({"events": []}, "/events", "min_length"),
        ({"events": ["webhook.test"]}, "/events", "kinds"),
        ({"events": ["nonsense"]}, "/events", "kinds"),
        ({"secret": "whsec_mine"}, "/secret", "unknown_field"),
        ({"organisation": 1}, "/installation", "one_of"),
    ],
)
def test_what_cannot_be_accepted_is_named(
    world: World, settings: Settings, body: dict[str, Any], pointer: str, code: str
) -> None:
    settings.ALLOW_LOOPBACK_BACKENDS = False
    answer = made(world, **body)
    assert answer.status_code == 422, answer.content
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)


def test_a_webhook_of_an_organisation_is_its_admins_and_hears_of_what_it_owns(world: World) -> None:
    firm = Organisation.objects.get(name="Installers")
    body = {"url": "https://hooks.example.com/x", "events": ["session.started"], "organisation": firm.pk}
    refused = world["member"]("POST", "/webhooks/", body)
    assert (refused.status_code, refused.json()["missing_roles"]) == (403, ["admin"])
    unknown = world["stranger"]("POST", "/webhooks/", body)
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown_organisation")
    Membership.objects.filter(organisation=firm).update(is_admin=True)
    answer = world["member"]("POST", "/webhooks/", body)
    assert answer.status_code == 201, answer.content
    path = answer["Location"]
    assert world["owner"]("GET", path).status_code == 404, "an owner of a site is nobody in the organisation"
    narrowed = Caller(token_for(world.users["member"], installations=[world.site.pk]))
    assert narrowed("GET", path).status_code == 404
    assert world["staff"]("GET", path).status_code == 200
    Membership.objects.filter(organisation=firm).update(is_admin=False)
    assert world["member"]("GET", path).json()["missing_roles"] == ["admin"]
    Grant.objects.create(installation=world.site, organisation=firm, role="owner")
    assert world["owner"]("GET", path).status_code == 404


def test_what_is_switched_off_sends_nothing_and_says_so(world: World) -> None:
    path = made(world)["Location"]
    assert world["service"]("POST", f"{path}test/").status_code == 202
    off = world["service"]("PATCH", path, {"enabled": False})
    assert (off.json()["enabled"], off.json()["off_cause"]) == (False, "")
    refused = world["service"]("POST", f"{path}test/")
    assert (refused.status_code, refused.json()["code"]) == (409, "switched_off")
    listed = world["service"]("GET", f"{path}deliveries/?state=failed").json()["results"]
    assert [row["fault"] for row in listed] == ["switched_off"]
    assert WebhookDelivery.objects.filter(state="waiting").count() == 2, "those of the others"


def test_one_owner_has_a_few_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(managing, "MOST_OF_ONE_OWNER", 2)
    assert [made(world).status_code for _number in range(2)] == [201, 409]
