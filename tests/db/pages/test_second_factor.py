"""The second step of signing in: set up, asked for, used once, recovered, removed; asked of staff by a setting."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import keyring
from accounts.guesses import PER_ACCOUNT
from accounts.models import AuditEntry, AuthenticatorApp, Membership, Organisation, Passkey, RecoveryCode, User
from accounts.one_time import code_at
from accounts.second_factor import rotate_apps, waiting_secret
from accounts.tokens import issue_token
from tests.db.pages.scene import client_of
from tests.db.pages.test_signing_in import PASSWORD, is_in, shift, sign_in

pytestmark = pytest.mark.django_db

STEP = "/account/second-step/"


@pytest.fixture(autouse=True)
def begin_of_a_step() -> Iterator[None]:
    """No step of thirty seconds ends while a test makes its codes."""
    with time_machine.travel(time.time() // 30 * 30 + 1, tick=True):
        yield


@pytest.fixture
def owner(people: dict[str, User]) -> User:
    return people["owner"]


def code(secret: bytes, later: int = 0) -> str:
    return code_at(secret, int(time.time() // 30) + later)


def set_up(client: Client, user: User) -> tuple[bytes, list[str]]:
    """The app's secret and the recovery codes."""
    client.post(STEP, {"step": "begin"})
    secret = waiting_secret(user)
    assert secret is not None
    answer = client.post(STEP, {"step": "confirm", "passcode": code(secret, -1)})
    codes = re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", answer.content.decode())
    assert (answer.status_code, len(codes)) == (200, 10)
    return secret, codes


def half_way(owner: User) -> Client:
    client = Client()
    answer = client.post("/sign-in/", {"username": owner.email, "password": PASSWORD, "next": "/rollouts/"})
    assert answer["Location"] == reverse("sign_in_code")
    assert not is_in(client)
    return client


def test_it_is_set_up_by_the_first_code_and_asked_for_from_then_on(owner: User) -> None:
    here, there = client_of(owner), client_of(owner)
    begun = here.post(STEP, {"step": "begin"}, follow=True).content.decode()
    assert "<svg" in begun
    wrong = here.post(STEP, {"step": "confirm", "passcode": "000000"})
    assert (wrong.status_code, "not the app&#x27;s code" in wrong.content.decode()) == (422, True)
    assert sign_in(Client()) == 302
    secret, codes = set_up(here, owner)
    assert (is_in(here), is_in(there)) == (True, False), "what was signed in without it is signed out"
    shown = here.get(STEP).content.decode() + here.get(reverse("security")).content.decode()
    assert "10 recovery codes are left" in shown
    assert not any(one in shown for one in codes)

    client = half_way(owner)
    first = client.get(reverse("sign_in_code")).content.decode()
    assert 'autocomplete="one-time-code"' in first
    for used_or_wrong in (
        code(secret, -1),
        "123",
        "'",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ):
        assert client.post(reverse("sign_in_code"), {"passcode": used_or_wrong}).status_code == 422
    answer = client.post(reverse("sign_in_code"), {"passcode": f" {code(secret)[:3]} {code(secret)[3:]}"})
    assert answer["Location"] == "/rollouts/"
    assert is_in(client)
    assert half_way(owner).post(reverse("sign_in_code"), {"passcode": code(secret)}).status_code == 422, "counts once"
    entry = AuditEntry.objects.filter(action="signed_in").latest("pk")
    assert entry.after == {"second_factor": "app"}


def test_a_recovery_code_counts_once_and_new_ones_void_the_old(owner: User) -> None:
    here = client_of(owner)
    _secret, codes = set_up(here, owner)
    client = half_way(owner)
    answer = client.post(reverse("sign_in_code"), {"passcode": codes[0].upper()}, follow=True)
    assert "Left: 9." in answer.content.decode()
    assert half_way(owner).post(reverse("sign_in_code"), {"passcode": codes[0]}).status_code == 422
    assert here.post(STEP, {"step": "codes"}).status_code == 200
    assert half_way(owner).post(reverse("sign_in_code"), {"passcode": codes[1]}).status_code == 422


def test_codes_are_limited_and_half_way_does_not_last(owner: User) -> None:
    secret, _codes = set_up(client_of(owner), owner)
    client = half_way(owner)
    for _ in range(PER_ACCOUNT):
        assert client.post(reverse("sign_in_code"), {"passcode": "000000"}).status_code == 422
    answer = half_way(owner).post(reverse("sign_in_code"), {"passcode": code(secret)})
    assert (answer.status_code, "Too many attempts" in answer.content.decode()) == (429, True)
    session = client.session
    session["half_way"] = {**session["half_way"], "at": time.time() - 301}
    session.save()
    assert client.get(reverse("sign_in_code"))["Location"] == reverse("sign_in")
    other = half_way(owner)
    owner.set_password("another-long-phrase-1")
    owner.save()
    assert other.get(reverse("sign_in_code"))["Location"] == reverse("sign_in"), "the password has changed since"
    assert Client().get(reverse("sign_in_code"))["Location"] == reverse("sign_in")


def test_changing_it_needs_a_proof_which_is_a_code_now(owner: User) -> None:
    client = client_of(owner)
    secret, _codes = set_up(client, owner)
    shift(client, proved_at=300)
    assert client.post(STEP, {"step": "remove"})["Location"].startswith(reverse("prove"))
    assert client.post(reverse("prove"), {"password": PASSWORD}).status_code == 422
    assert client.post(reverse("prove"), {"passcode": code(secret)}).status_code == 302
    assert client.post(STEP, {"step": "remove"}).status_code == 302
    assert not AuthenticatorApp.objects.exists()
    assert sign_in(Client()) == 302
    told = list(AuditEntry.objects.filter(object_type="user").order_by("pk").values_list("action", flat=True))
    assert told[:2] == ["second_factor_set", "recovery_codes_made"]
    assert "second_factor_removed" in told


def test_staff_can_do_nothing_before_it_is_set_up_where_the_setting_asks_for_it(owner: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    staff = User.objects.create_user("staff@example.org", PASSWORD, is_staff=True)
    client = client_of(staff)
    for path in ("/installations/", "/audit/", reverse("security")):
        assert client.get(path)["Location"] == STEP
        assert client.post(path)["Location"] == STEP
    assert "everything else opens afterwards" in client.get(STEP).content.decode()
    secret, _codes = set_up(client, staff)
    assert client.get("/audit/").status_code == 200
    client.post(STEP, {"step": "remove"})
    assert AuthenticatorApp.objects.filter(user=staff).exists()
    assert is_in(client_of(owner)), "others are not asked"
    again = Client()
    assert sign_in(again, email=staff.email) == 302
    assert again.post(reverse("sign_in_code"), {"passcode": code(secret)}).status_code == 302
    assert again.get("/audit/").status_code == 200


def test_an_organisation_asks_its_members_for_it_and_nobody_is_locked_out(people: dict[str, User]) -> None:
    firm = Organisation.objects.create(name="Installers")
    for role in ("service", "viewer"):
        Membership.objects.create(organisation=firm, user=people[role], is_admin=role == "service")
    admin, member, other = (client_of(people[role]) for role in ("service", "viewer", "owner"))
    address, switch = reverse("organisation", args=[firm.pk]), reverse("organisation_second_factor", args=[firm.pk])
    _token, bearer = issue_token(
        user=people["viewer"], name="script", scopes=["read"], expires_at=timezone.now() + timedelta(days=1)
    )
    for client, status in ((member, 403), (other, 404)):
        assert client.post(switch, {"required": "yes"}).status_code == status
    refused = admin.post(switch, {"required": "yes"}, follow=True).content.decode()
    assert "Set up your own second step first" in refused
    assert member.get("/installations/").status_code == 200
    set_up(admin, people["service"])
    shift(admin, proved_at=301)
    assert admin.post(switch, {"required": "yes"})["Location"].startswith(reverse("prove"))
    shift(admin, proved_at=-301)
    assert "asked of every member" in admin.post(switch, {"required": "yes"}, follow=True).content.decode()
    entry = AuditEntry.objects.get(action="organisation_changed")
    assert (entry.actor, entry.after) == (people["service"], {"second_factor_required": True})

    for path in ("/installations/", address, reverse("security"), "/account/"):
        assert member.get(path)["Location"] == STEP
    assert member.get("/rollouts/", headers={"HX-Request": "true"})["HX-Redirect"] == STEP
    assert other.get("/installations/").status_code == 200
    told = member.get(STEP).content.decode()
    assert "Installers asks its members for a second step." in told
    api = Client().get("/api/v1/users/me/", headers={"Authorization": f"Bearer {bearer}"})
    assert api.status_code == 200, "API tokens go on"
    again = Client()
    assert sign_in(again, email=people["viewer"].email) == 302
    assert again.get("/installations/")["Location"] == STEP

    set_up(member, people["viewer"])
    assert member.get("/installations/").status_code == 200
    member.post(STEP, {"step": "remove"})
    assert AuthenticatorApp.objects.filter(user=people["viewer"]).exists()
    assert admin.get(address).content.decode().count("set up</span>") == 2
    admin.post(switch, {"required": "no"})
    member.post(STEP, {"step": "remove"})
    assert member.get("/installations/").status_code == 200
    admin.post(switch, {"required": "yes"})
    assert member.get("/installations/")["Location"] == STEP, "who removed it meanwhile is asked anew"


def test_a_form_that_is_sent_when_it_is_asked_for_comes_back_afterwards(people: dict[str, User]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["owner"])
    page = client.get("/installations/new/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None
    firm = Organisation.objects.create(name="Installers", second_factor_required=True)
    Membership.objects.create(organisation=firm, user=people["owner"])
    typed = {"name": "Typed and kept", "csrfmiddlewaretoken": token[1]}
    assert client.post("/installations/new/", typed)["Location"] == STEP
    firm.delete()
    assert "Typed and kept" in client.get("/installations/new/").content.decode()


def test_the_secret_is_encrypted_follows_the_key_ring_and_can_be_reset(owner: User, settings: Any) -> None:
    client = client_of(owner)
    secret, codes = set_up(client, owner)
    stored = str(list(AuthenticatorApp.objects.values())) + str(list(AuditEntry.objects.values()))
    assert secret.hex() not in stored
    assert not any(one in stored for one in codes)
    settings.SECRET_KEY_RING = [f"new:{'A' * 43}=", *settings.SECRET_KEY_RING]
    assert (rotate_apps(), rotate_apps()) == (1, 0)
    assert AuthenticatorApp.objects.get().key_id == keyring.current_key_id() == "new"
    assert half_way(owner).post(reverse("sign_in_code"), {"passcode": code(secret)}).status_code == 302
    call_command("reset_second_factor", owner.email.upper())
    assert sign_in(Client()) == 302


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"credential": null}',
        '{"credential": {"id": 7}}',
        '{"credential": {"id": "eHg", "response": {}}}',
    ],
)
def test_what_is_no_passkey_signs_nobody_in(owner: User, body: str) -> None:
    Passkey.objects.create(user=owner, name="phone", credential_id=b"xx", public_key=b"no key")
    client = Client()
    asked = client.post(reverse("passkey_options")).json()
    assert (asked["rpId"], asked["allowCredentials"], asked["userVerification"]) == ("testserver", [], "required")
    answer = client.post(reverse("passkey_sign_in"), body, content_type="application/json")
    assert answer.status_code == 422
    assert not is_in(client)
    assert half_way(owner).post(reverse("passkey_options")).json()["allowCredentials"][0]["id"] == "eHg"
    there = client_of(owner)
    shift(there, proved_at=300)
    assert there.post(reverse("passkey_prove_options")).json()["allowCredentials"][0]["id"] == "eHg"
    assert there.post(reverse("passkey_prove"), body, content_type="application/json").status_code == 422
    assert there.post(STEP, {"step": "codes"})["Location"].startswith(reverse("prove")), "nothing was proved"


def test_a_passkey_is_a_second_step_that_staff_keep(owner: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    client = client_of(owner)
    _secret, codes = set_up(client, owner)
    passkey = Passkey.objects.create(user=owner, name="phone", credential_id=b"xx", public_key=b"no key")
    assert client.post(reverse("passkey_remove", args=[passkey.pk])).status_code == 302
    assert not Passkey.objects.exists(), "there is the app"
    passkey = Passkey.objects.create(user=owner, name="phone", credential_id=b"xx", public_key=b"no key")
    AuthenticatorApp.objects.all().delete()
    client.post(reverse("passkey_remove", args=[passkey.pk]))
    assert Passkey.objects.exists(), "it is the last"
    stranger = client_of(User.objects.create_user("other@example.org"))
    assert stranger.post(reverse("passkey_remove", args=[passkey.pk])).status_code == 404
    assert half_way(owner).post(reverse("sign_in_code"), {"passcode": codes[0]}).status_code == 302
    shift(client, proved_at=300)
    for name in ("passkey_new_options", "passkey_new"):
        assert client.post(reverse(name)).status_code == 302, "asks for a proof first"
    call_command("reset_second_factor", owner.email)
    assert not RecoveryCode.objects.exists()
