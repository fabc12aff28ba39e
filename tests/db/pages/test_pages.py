"""Every page: who may see it, and the same few queries however many rows there are."""

import gzip

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from accounts.models import User
from chargers.models import Charger, Delivery, GatewayRequest, Rollout, Transaction
from chargers.services.rollouts import start_rollout
from installations.models import Circuit, Grant, IdTag, Installation
from installations.services.installations import create_installation
from installations.webhook_models import WebhookDelivery
from tests.db.chargers import scene
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db

MOST_QUERIES = 12
MOST_BYTES_OF_A_PART = 10 * 1024


def addresses(site: Installation, rollout: Rollout) -> dict[str, str]:
    own = {"pk": site.pk}
    delivery = Delivery.objects.filter(rollout=rollout).order_by("pk").first()
    card = IdTag.objects.filter(installation=site).order_by("pk").first()
    session = Transaction.objects.filter(installation=site).order_by("pk").first()
    assert delivery is not None
    assert card is not None
    assert session is not None
    webhook = site.webhooks.earliest("pk")
    return {
        "installation_webhooks": reverse("installation_webhooks", kwargs=own),
        "webhook_new": reverse("webhook_new", kwargs=own),
        "webhook": reverse("webhook", args=[webhook.pk]),
        "webhook_edit": reverse("webhook_edit", args=[webhook.pk]),
        "webhook_delivery": reverse("webhook_delivery", args=[webhook.pk, webhook.deliveries.latest("pk").pk]),
        "installations": reverse("installations"),
        "installation": reverse("installation", kwargs=own),
        "installation_chargers": reverse("installation_chargers", kwargs=own),
        "charger_register": reverse("charger_register", kwargs=own),
        "installation_authentication": reverse("installation_authentication", kwargs=own),
        "installation_history": reverse("installation_history", kwargs=own),
        "installation_load": reverse("installation_load", kwargs=own),
        "installation_access": reverse("installation_access", kwargs=own),
        "installation_edit": reverse("installation_edit", kwargs=own),
        "installation_audit": reverse("installation_audit", kwargs=own),
        "installation_audit_download": reverse("installation_audit_download", kwargs=own),
        "installation_cards": reverse("installation_cards", kwargs=own),
        "card_new": reverse("card_new", kwargs=own),
        "installation_sessions": reverse("installation_sessions", kwargs=own),
        "installation_sessions_export": reverse("installation_sessions_export", kwargs=own),
        "charger_sessions": reverse("charger_sessions", args=["ZCS000001"]),
        "charger_sessions_export": reverse("charger_sessions_export", args=["ZCS000001"]),
        "session": reverse("session", args=[session.pk]),
        "card_edit": reverse("card_edit", args=[site.pk, card.pk]),
        "card_delete": reverse("card_delete", args=[site.pk, card.pk]),
        "cards_import": reverse("cards_import", kwargs=own),
        "cards_export": reverse("cards_export", kwargs=own),
        "revision_restore": reverse("revision_restore", kwargs={"pk": site.pk, "number": 1}),
        "charger": reverse("charger", args=["ZCS000001"]),
        "charger_edit": reverse("charger_edit", args=["ZCS000001"]),
        "charger_setup": reverse("charger_setup", args=["ZCS000001"]),
        "installation_setup": reverse("installation_setup", kwargs=own),
        "charger_messages": reverse("charger_messages", args=["ZCS000001"]),
        "charger_messages_download": reverse("charger_messages_download", args=["ZCS000001"]),
        "charger_move": reverse("charger_move", args=["ZCS000001"]),
        "charger_link_password": reverse("charger_link_password", args=["ZCS000001"]),
        "change_new": reverse("change_new") + "?all=1",
        "find": reverse("find") + "?q=g",
        "rollouts": reverse("rollouts"),
        "rollout": reverse("rollout", args=[rollout.pk]),
        "delivery": reverse("delivery", args=[rollout.pk, delivery.pk]),
        "charger_commands": reverse("charger_commands", args=["ZCS000001"]),
        "diagnostics": reverse("diagnostics", args=["ZCS000001", diagnostics_of("ZCS000001")]),
        "backend_test": reverse(
            "backend_test", args=[site.pk, scene.backend_test(Charger.objects.filter(installation=site)[0]).pk]
        ),
        "account": reverse("account"),
        "security": reverse("security"),
        "organisations": reverse("organisations"),
        "second_factor": reverse("second_factor"),
        "installation_new": reverse("installation_new"),
    }


def diagnostics_of(device_id: str) -> int:
    charger = Charger.objects.get(device_id=device_id)
    found = GatewayRequest.objects.filter(charger=charger, kind="get_diagnostics").first()
    return (found or scene.diagnostics(charger, b"a file")).pk


# Page: roles that get 200; who is related but lacks the role gets 403, strangers 404.
ALL = frozenset({"owner", "service", "viewer"})
RIGHTS: dict[str, frozenset[str]] = {
    "installation_webhooks": frozenset({"owner", "service"}),
    "webhook_new": frozenset({"owner", "service"}),
    "webhook": frozenset({"owner", "service"}),
    "webhook_edit": frozenset({"owner", "service"}),
    "webhook_delivery": frozenset({"owner", "service"}),
    "installation": ALL,
    "installation_chargers": ALL,
    "installation_authentication": ALL,
    "installation_history": ALL,
    "installation_load": ALL,
    "charger": ALL,
    "charger_setup": ALL,
    "installation_setup": ALL,
    "rollout": ALL,
    "delivery": ALL,
    "charger_register": frozenset({"service"}),
    "charger_edit": frozenset({"service"}),
    "charger_messages": frozenset({"owner", "service"}),
    "charger_messages_download": frozenset({"owner", "service"}),
    "charger_move": frozenset({"service"}),
    "charger_link_password": frozenset({"service"}),
    "installation_access": frozenset({"owner", "service"}),
    "installation_edit": frozenset({"owner", "service"}),
    "installation_audit": frozenset({"owner", "service"}),
    "installation_audit_download": frozenset({"owner", "service"}),
    "installation_cards": ALL,
    "installation_sessions": ALL,
    "installation_sessions_export": ALL,
    "charger_sessions": ALL,
    "charger_sessions_export": ALL,
    "session": ALL,
    "card_new": frozenset({"owner", "service"}),
    "card_edit": frozenset({"owner", "service"}),
    "card_delete": frozenset({"owner", "service"}),
    "cards_import": frozenset({"owner", "service"}),
    "cards_export": frozenset({"owner", "service"}),
    "revision_restore": frozenset({"owner", "service"}),
    "backend_test": ALL,
    "charger_commands": ALL,
    "diagnostics": frozenset({"owner", "service"}),
}
FOR_EVERYBODY = {
    "change_new",
    "find",
    "installations",
    "rollouts",
    "account",
    "security",
    "second_factor",
    "organisations",
    "installation_new",
}
POSTS: dict[str, frozenset[str]] = {
    "webhook_new": frozenset({"owner", "service"}),
    "webhook_edit": frozenset({"owner", "service"}),
    "webhook_switch": frozenset({"owner", "service"}),
    "webhook_test": frozenset({"owner", "service"}),
    "webhook_secret": frozenset({"owner", "service"}),
    "webhook_delete": frozenset({"owner", "service"}),
    "webhook_again": frozenset({"owner", "service"}),
    "installation_authentication": frozenset({"owner", "service"}),
    "backend_test_start": frozenset({"owner", "service"}),
    "charger_commands": frozenset({"owner", "service"}),
    "installation_circuits": frozenset({"service"}),
    "installation_load": frozenset({"service"}),
    "installation_load_switch": frozenset({"service"}),
    "installation_access": frozenset({"owner"}),
    "installation_delete": frozenset({"owner"}),
    "charger_delete": frozenset({"service"}),
    "charger_link_password_cancel": frozenset({"service"}),
    "local_list_send": frozenset({"owner", "service"}),
    "circuit_delete": frozenset({"service"}),
    "access_revoke": frozenset({"owner"}),
    "card_new": frozenset({"owner", "service"}),
    "card_edit": frozenset({"owner", "service"}),
    "card_block": frozenset({"owner", "service"}),
    "card_delete": frozenset({"owner", "service"}),
    "cards_import": frozenset({"owner", "service"}),
    "rollout_retry": frozenset({"owner", "service"}),
    "rollout_cancel": frozenset({"owner", "service"}),
    "rollout_pause": frozenset({"owner", "service"}),
    "rollout_resume": frozenset({"owner", "service"}),
    "rollout_proceed": frozenset({"owner", "service"}),
}
# A change belongs to who asked for it: see tests/db/chargers/test_changes.py.
ELSEWHERE = {
    "audit",
    "audit_download",
    # Chargers have no session: see tests/db/chargers/test_diagnostics.py.
    "diagnostics_upload",
    "change",
    "home",
    "sign_in",
    "sign_out",
    "token_revoke",
    "prove",
    "session_end",
    "passkey_new",
    "passkey_new_options",
    "passkey_options",
    "passkey_prove",
    "passkey_prove_options",
    "passkey_remove",
    "passkey_sign_in",
    "invitation",
    # tests/db/pages/test_webhook_pages.py
    "organisation_webhooks",
    "organisation_webhook_new",
    "member",
    "organisation",
    "organisation_second_factor",
    "people",
    "person",
    "sign_in_code",
    "sessions_end",
    "typed_keep",  # writes for the person who typed only; tests/db/pages/test_typed.py
    "language",
    "filter_save",
    "filter_remove",
    "health-live",
    "health-ready",
    "metrics",
}


def test_every_page_address_stands_in_the_matrix() -> None:
    def names(resolver: URLResolver) -> set[str]:
        found: set[str] = set()
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                found |= names(entry)
            elif isinstance(entry, URLPattern) and entry.name:
                found.add(entry.name)
        return found

    pages = {name for name in names(get_resolver()) if not name.startswith("api-")}
    known = set(RIGHTS) | FOR_EVERYBODY | set(POSTS) | ELSEWHERE

    def is_page(name: str) -> bool:
        for arguments in ([], [1], ["X"], [1, 1]):
            try:
                return not reverse(name, args=arguments).startswith("/api/")
            except NoReverseMatch:
                continue
        return True

    assert {name for name in pages - known if is_page(name)} == set()


@pytest.mark.parametrize("name", sorted(RIGHTS))
def test_who_may_see_a_page(name: str, site: Installation, people: dict[str, User]) -> None:
    rollout = populate(site, 1, 1)
    address = addresses(site, rollout)[name]
    assert Client().get(address).status_code == 302
    for role, user in people.items():
        answer = client_of(user).get(address)
        wanted = 404 if role == "stranger" else 200 if role in RIGHTS[name] else 403
        assert answer.status_code == wanted, role
        if wanted == 403:
            assert "This needs the role" in answer.content.decode()


def post_address(name: str, site: Installation, rollout: Rollout) -> str:
    match name:
        case "rollout_retry" | "rollout_cancel" | "rollout_pause" | "rollout_resume" | "rollout_proceed":
            return reverse(name, args=[rollout.pk])
        case "charger_delete" | "charger_link_password_cancel" | "charger_commands" | "local_list_send":
            return reverse(name, args=["ZCS000001"])
        case "webhook_again":
            told = WebhookDelivery.objects.filter(webhook__installation=site).latest("pk")
            return reverse(name, args=[told.webhook_id, told.pk])
        case "webhook_edit" | "webhook_switch" | "webhook_test" | "webhook_secret" | "webhook_delete":
            return reverse(name, args=[site.webhooks.earliest("pk").pk])
        case "circuit_delete":
            circuit = Circuit.objects.filter(installation=site).first()
            assert circuit is not None
            return reverse(name, args=[site.pk, circuit.pk])
        case "card_edit" | "card_block" | "card_delete":
            card = IdTag.objects.filter(installation=site).first()
            assert card is not None
            return reverse(name, args=[site.pk, card.pk])
        case "access_revoke":
            grant = Grant.objects.filter(installation=site, role="viewer").first()
            assert grant is not None
            return reverse(name, args=[site.pk, grant.pk])
    return reverse(name, args=[site.pk])


@pytest.mark.parametrize("name", sorted(POSTS))
def test_who_may_do_it(name: str, site: Installation, people: dict[str, User]) -> None:
    rollout = populate(site, 1, 1)
    address = post_address(name, site, rollout)
    assert Client().post(address).status_code == 302
    for role, user in people.items():
        if role in POSTS[name]:
            continue
        assert client_of(user).post(address).status_code == (404 if role == "stranger" else 403), role
    allowed = next(role for role in ("service", "owner") if role in POSTS[name])
    assert client_of(people[allowed]).post(address).status_code in {200, 302, 422}


@pytest.mark.parametrize("name", sorted(set(RIGHTS) | FOR_EVERYBODY))
def test_a_page_costs_the_same_queries_for_three_and_for_forty_rows(
    name: str, site: Installation, people: dict[str, User]
) -> None:
    role = "owner" if name == "installation_access" else "service"
    client = client_of(people[role])
    rollout = populate(site, 1, 3)
    few = queries(client, addresses(site, rollout)[name])
    populate(site, 4, 37)
    for number in range(20):
        other = create_installation(actor=people[role], name=f"Other {number}")
        assert other.revision is not None
        start_rollout(other.revision, {})
    many = queries(client, addresses(site, rollout)[name])
    assert few == many
    assert many <= MOST_QUERIES, many
    part = client.get(addresses(site, rollout)[name], headers={"HX-Request": "true"}).getvalue()
    if b"<html" not in part:
        assert len(gzip.compress(part)) <= MOST_BYTES_OF_A_PART


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
        assert answer.status_code == 200
        answer.getvalue()
    return len(captured)


def test_a_rollout_that_did_not_change_answers_304(site: Installation, people: dict[str, User]) -> None:
    rollout = populate(site, 1, 2)
    client = client_of(people["viewer"])
    first = client.get(reverse("rollout", args=[rollout.pk]), headers={"HX-Request": "true"})
    assert b"<html" not in first.content
    again = client.get(
        reverse("rollout", args=[rollout.pk]), headers={"HX-Request": "true", "If-None-Match": first["ETag"]}
    )
    assert again.status_code == 304
    Delivery.objects.filter(rollout=rollout).update(reason="offline")
    changed = client.get(
        reverse("rollout", args=[rollout.pk]), headers={"HX-Request": "true", "If-None-Match": first["ETag"]}
    )
    assert changed.status_code == 200


def test_a_list_that_is_too_long_is_refused_whole(site: Installation, people: dict[str, User]) -> None:
    lines = "\n".join(f"LONG{number:06}" for number in range(1001))
    answer = client_of(people["service"]).post(reverse("charger_register", args=[site.pk]), {"lines": lines})
    assert answer.status_code == 422
    assert "at most 1,000 chargers" in answer.content.decode()
    assert not Charger.objects.filter(installation=site).exists()


def test_a_made_up_version_in_a_restore_is_stale_and_not_a_failure(site: Installation, people: dict[str, User]) -> None:
    address = reverse("revision_restore", args=[site.pk, 1])
    answer = client_of(people["owner"]).post(address, {"expected_number": "x"})
    assert answer.status_code == 412
