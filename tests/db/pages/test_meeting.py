"""Two people save one setting: what overlaps is a choice, also without scripts, and a password never shows."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from installations.authentication import Draft, NewPassword
from installations.models import Installation
from installations.services.authentication import publish_revision
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db

A, B, C = (f"wss://{name}.example.com/{{deviceId}}" for name in "abc")
TYPED, THEIR_PASSWORD = "Sesame0Sesame0Sesame", "Theirs0Theirs0Theirs"


@pytest.fixture
def owner(people: dict[str, User], site: Installation) -> Client:
    populate(site, 1, 2)
    publish_revision(installation=site, draft=Draft("ocpp_cloud", A), actor=people["owner"], expected_number=1)
    return client_of(people["owner"])


def others_save(site: Installation, people: dict[str, User], draft: Draft) -> None:
    publish_revision(installation=site, draft=draft, actor=people["service"], expected_number=2, note="Friday")


def send(client: Client, site: Installation, step: str = "save", **fields: Any) -> Any:
    values = {
        "mode": "ocpp_cloud", "server_url": A, "expected_number": "2", "authorization_required": "on", "step": step,
        "start": "as_ready", "waves": "", **fields,
    }  # fmt: skip
    return client.post(f"/installations/{site.pk}/authentication/", values)


def test_a_choice_counts_without_scripts_and_is_saved_against_the_new_version(
    owner: Client, site: Installation, people: dict[str, User]
) -> None:
    others_save(site, people, Draft("ocpp_cloud", B, default_id_tag="", legacy_identity=True))
    stale = send(owner, site, server_url=C, acknowledge="url", confirm_name="x")
    shown = stale.content.decode()
    assert stale.status_code == 412
    assert f"{people['service']} published version 3" in shown
    assert "Friday" in shown
    assert f'value="{C}"' in shown
    assert re.search(r'name="legacy_identity"[^>]* checked', shown)
    again = {"server_url": C, "legacy_identity": "on", "expected_number": "3", "take-server_url": "theirs"}
    previewed = send(owner, site, step="preview", **again)
    assert f'value="{B}"' in previewed.content.decode()
    saved = send(owner, site, **again)
    assert saved.status_code == 302, saved.content.decode()
    site.refresh_from_db()
    assert site.revision is not None
    assert (site.revision.number, site.revision.server_url, site.revision.legacy_identity) == (4, B, True)


def test_two_passwords_are_a_choice_and_neither_is_shown(
    owner: Client, site: Installation, people: dict[str, User]
) -> None:
    others_save(site, people, Draft("ocpp_cloud", A, password=NewPassword(THEIR_PASSWORD)))
    stale = send(owner, site, initial_device_password=TYPED)
    shown = stale.content.decode()
    assert stale.status_code == 412
    assert 'name="take-initial_device_password"' in shown
    assert "the one you typed" in shown
    assert "Type the password again" in shown
    assert TYPED not in shown
    assert THEIR_PASSWORD not in shown
    taken = {"expected_number": "3", "take-initial_device_password": "theirs", "initial_device_password": TYPED}
    assert send(owner, site, note="took theirs", **taken).status_code == 302
    site.refresh_from_db()
    previous = site.revisions.get(number=3)
    assert site.revision is not None
    assert site.revision.secret_id == previous.secret_id is not None


def test_a_preview_tells_of_the_other_too_and_the_same_change_needs_no_choice(
    owner: Client, site: Installation, people: dict[str, User]
) -> None:
    others_save(site, people, Draft("ocpp_cloud", B))
    stale = send(owner, site, step="preview", server_url="WSS://B.example.com/<deviceid>")
    assert stale.status_code == 412
    assert 'data-outcome="same"' in stale.content.decode()
    assert 'name="take-' not in stale.content.decode()


def test_who_renames_the_backend_of_a_site_that_went_native_is_asked_about_the_mode(
    owner: Client, site: Installation, people: dict[str, User]
) -> None:
    others_save(site, people, Draft("native", authorization_required=False))
    shown = send(owner, site, server_url=C).content.decode()
    assert 'name="take-mode"' in shown
    assert f'value="{C}"' in shown


def test_going_back_over_what_others_saved_meanwhile_is_explained_and_decided_anew(
    owner: Client, site: Installation, people: dict[str, User]
) -> None:
    others_save(site, people, Draft("ocpp_cloud", B, password=NewPassword(THEIR_PASSWORD), legacy_identity=True))
    address = f"/installations/{site.pk}/history/1/restore/"
    typed = {"expected_number": "2", "acknowledge": "no_charge_card", "note": "Back to how it was"}
    stale = owner.post(address, typed)
    shown = stale.content.decode()
    assert stale.status_code == 412
    assert f"{people['service']} published version 3" in shown
    assert A in shown.replace("<wbr>", "")
    assert B in shown.replace("<wbr>", "")
    assert 'value="Back to how it was"' in shown
    assert 'name="expected_number" value="3"' in shown
    assert not re.search(r'name="acknowledge"[^>]* checked', shown)
    assert THEIR_PASSWORD not in shown
    assert site.revisions.count() == 3

    (merging,) = [form for form in re.findall(r"<form.*?</form>", shown, re.DOTALL) if 'value="preview"' in form]
    hidden = dict(re.findall(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)"', merging))
    merged = owner.post(f"/installations/{site.pk}/authentication/", {**hidden, "step": "preview"})
    assert merged.status_code == 412
    assert "In the form now" in merged.content.decode()
    assert 'value="Back to how it was"' in merged.content.decode()


def test_it_goes_back_when_it_is_confirmed_against_the_new_version(
    owner: Client, site: Installation, people: dict[str, User]
) -> None:
    others_save(site, people, Draft("ocpp_cloud", B))
    restored = owner.post(
        f"/installations/{site.pk}/history/1/restore/", {"expected_number": "3", "note": " Back to how it was "}
    )
    assert restored.status_code == 302, restored.content.decode()
    site.refresh_from_db()
    assert site.revision is not None
    assert (site.revision.number, site.revision.restored_from, site.revision.note) == (4, 1, "Back to how it was")
