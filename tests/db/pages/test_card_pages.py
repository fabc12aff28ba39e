"""The tab of charge cards: what is shown, what the buttons do, files in and out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from chargers.models import Charger, RefusedTag
from installations.models import Grant, IdTag, Installation
from installations.services.grants import grant_access
from installations.services.installations import create_installation

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("owner@example.org")


@pytest.fixture
def site(owner: User) -> Installation:
    return create_installation(actor=owner, name="Garage", time_zone="Europe/Berlin")


@pytest.fixture
def client(owner: User) -> Client:
    return client_of(owner)


@pytest.fixture
def firm(site: Installation) -> Organisation:
    firm = Organisation.objects.create(name="Firm")
    Grant.objects.create(installation=site, role="owner", organisation=firm)
    return firm


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any, status: int = 200) -> str:
    content: str = answer.content.decode()
    assert answer.status_code == status, content
    return content


def add(site: Installation, tag: str, **fields: object) -> IdTag:
    return IdTag.objects.create(installation=site, id_tag=tag, **fields)


def listing(client: Client, site: Installation, query: str = "", **headers: str) -> str:
    return text(client.get(reverse("installation_cards", args=[site.pk]) + query, headers=headers))


# The list.


def test_the_list_says_what_a_charger_would_be_answered(client: Client, site: Installation, firm: Organisation) -> None:
    add(site, "GOOD", holder="Ann <b>")
    add(site, "STOLEN", blocked=True)
    add(site, "OLD", expires_at=timezone.now() - timedelta(days=1))
    add(site, "SHUT")
    IdTag.objects.create(organisation=firm, id_tag="SHUT", blocked=True)
    shown = listing(client, site)
    rows = {tag: shown.split(f"<code>{tag}</code>")[1].split("</tr>")[0] for tag in ("GOOD", "STOLEN", "OLD")}
    assert "accepted" in rows["GOOD"]
    assert "Ann &lt;b&gt;" in rows["GOOD"]
    assert "blocked" in rows["STOLEN"]
    assert "expired" in rows["OLD"]
    assert "blocked on another list" in shown


def test_search_and_pages(client: Client, site: Installation) -> None:
    IdTag.objects.bulk_create(IdTag(installation=site, id_tag=f"T{number:03}") for number in range(60))
    first = listing(client, site)
    assert "T049" in first
    assert "T050" not in first
    cursor = first.split("?cursor=")[1].split('"')[0]
    assert "T059" in listing(client, site, f"?cursor={cursor}")
    found = listing(client, site, "?q=t05", HX_Request="true")
    assert "T055" in found
    assert "T049" not in found
    assert "<html" not in found
    assert client.get(reverse("installation_cards", args=[site.pk]) + "?cursor=x").status_code == 404


def test_an_empty_list_says_what_to_do(client: Client, site: Installation) -> None:
    assert "No charge card yet" in listing(client, site)
    assert "Nothing fits" in listing(client, site, "?q=x")


def test_a_viewer_sees_no_button(site: Installation, owner: User) -> None:
    viewer = User.objects.create_user("viewer@example.org")
    grant_access(installation=site, actor=owner, role="viewer", email=viewer.email)
    card = add(site, "GOOD")
    shown = listing(client_of(viewer), site)
    assert "<code>GOOD</code>" in shown
    assert reverse("card_edit", args=[site.pk, card.pk]) not in shown
    assert reverse("cards_export", args=[site.pk]) not in shown


# One card.


def test_a_card_is_added_with_the_time_of_the_installation(client: Client, site: Installation) -> None:
    body = {"id_tag": "04ab", "holder": "Ann", "expires_at": "2027-07-01T18:00", "blocked": "no"}
    answer = client.post(reverse("card_new", args=[site.pk]), body)
    assert answer.status_code == 302
    card = IdTag.objects.get()
    assert (card.id_tag, card.installation, card.blocked) == ("04AB", site, False)
    assert card.expires_at == datetime(2027, 7, 1, 16, tzinfo=UTC)
    assert "2027-07-01T18:00" in text(client.get(reverse("card_edit", args=[site.pk, card.pk])))


def test_a_faulty_card_is_told_at_its_field(client: Client, site: Installation) -> None:
    add(site, "TAKEN")
    answer = client.post(reverse("card_new", args=[site.pk]), {"id_tag": "taken", "blocked": "no"})
    assert "on the list already" in text(answer, 422)
    answer = client.post(reverse("card_new", args=[site.pk]), {"id_tag": "ä", "blocked": "no"})
    assert "printable ASCII" in text(answer, 422)


def test_edit_keeps_nobody_elses_change(client: Client, site: Installation) -> None:
    card = add(site, "A", version=3)
    address = reverse("card_edit", args=[site.pk, card.pk])
    stale = client.post(address, {"id_tag": "A", "holder": "Bo", "blocked": "no", "expected_version": "2"})
    assert "Somebody else changed this" in text(stale, 422)
    fresh = client.post(address, {"id_tag": "A", "holder": "Bo", "blocked": "yes", "expected_version": "3"})
    assert fresh.status_code == 302
    card.refresh_from_db()
    assert (card.holder, card.blocked, card.version) == ("Bo", True, 4)


def test_block_open_and_delete(client: Client, site: Installation) -> None:
    card = add(site, "A")
    for answer, blocked in (("yes", True), ("no", False)):
        assert client.post(reverse("card_block", args=[site.pk, card.pk]), {"blocked": answer}).status_code == 302
        card.refresh_from_db()
        assert card.blocked is blocked
    address = reverse("card_delete", args=[site.pk, card.pk])
    assert "Delete the card A?" in text(client.get(address))
    assert IdTag.objects.exists()
    assert client.post(address).status_code == 302
    assert not IdTag.objects.exists()


def test_a_card_of_another_place_is_not_here(client: Client, site: Installation) -> None:
    elsewhere = create_installation(actor=User.objects.create_user("x@example.org"), name="Elsewhere")
    card = add(elsewhere, "A")
    for place in (site, elsewhere):
        for name in ("card_edit", "card_delete"):
            assert client.get(reverse(name, args=[place.pk, card.pk])).status_code == 404
        assert client.post(reverse("card_block", args=[place.pk, card.pk])).status_code == 404


def test_cards_of_an_organisation_are_for_its_members(site: Installation, firm: Organisation, owner: User) -> None:
    card = IdTag.objects.create(organisation=firm, id_tag="FIRM")
    address = reverse("card_edit", args=[site.pk, card.pk])
    refused = client_of(owner).get(address)
    assert "belong to Firm" in text(refused, 403)
    member = User.objects.create_user("member@example.org")
    Membership.objects.create(organisation=firm, user=member)
    client = client_of(member)
    assert "This card belongs to Firm" in text(client.get(address))
    body = {"id_tag": "NEW", "blocked": "no", "owner": f"organisation-{firm.pk}"}
    assert client.post(reverse("card_new", args=[site.pk]), body).status_code == 302
    assert set(firm.id_tags.values_list("id_tag", flat=True)) == {"FIRM", "NEW"}
    foreign = Organisation.objects.create(name="Foreign")
    body["owner"] = f"organisation-{foreign.pk}"
    assert client.post(reverse("card_new", args=[site.pk]), body).status_code == 422


# Refused cards.


@pytest.fixture
def charger(site: Installation) -> Charger:
    return Charger.objects.create(installation=site, device_id="ZCS000001")


def refuse(charger: Charger, tag: str, status: str = "Invalid", hours: int = 0) -> None:
    at = timezone.now() - timedelta(hours=hours)
    RefusedTag.objects.create(charger=charger, id_tag=tag, status=status, refused_at=at)


def test_a_refused_card_is_added_by_a_button(client: Client, site: Installation, charger: Charger) -> None:
    refuse(charger, "A&B ?=1")
    link = f"{reverse('card_new', args=[site.pk])}?id_tag=A%26B%20%3F%3D1"
    for page in (listing(client, site), text(client.get(reverse("charger", args=["ZCS000001"])))):
        assert f'href="{link}"' in page
    assert 'value="A&amp;B ?=1"' in text(client.get(link))
    client.post(reverse("card_new", args=[site.pk]), {"id_tag": "A&B ?=1", "blocked": "no"})
    for page in (listing(client, site), text(client.get(reverse("charger", args=["ZCS000001"])))):
        assert 'id="refused"' not in page


def test_what_is_blocked_leads_to_its_card_and_what_is_old_is_gone(
    client: Client, site: Installation, charger: Charger
) -> None:
    add(site, "STOLEN", blocked=True)
    refuse(charger, "STOLEN", "Blocked")
    refuse(charger, "OLD", hours=25)
    refused = listing(client, site).split('id="refused"')[1].split("</section>")[0]
    assert "?q=STOLEN" in refused
    assert "OLD" not in refused


def test_refused_cards_of_another_installation_stay_there(client: Client, site: Installation) -> None:
    elsewhere = create_installation(actor=User.objects.create_user("x@example.org"), name="Elsewhere")
    refuse(Charger.objects.create(installation=elsewhere, device_id="X"), "THEIRS")
    assert "THEIRS" not in listing(client, site)


# Files.


def upload(client: Client, site: Installation, content: str | bytes, **fields: str) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    body = {"file": SimpleUploadedFile("cards.csv", data), **fields}
    return client.post(reverse("cards_import", args=[site.pk]), body)


def apply(client: Client, site: Installation, content: str, how: str, **fields: str) -> Any:
    body = {"text": content, "apply": how, **fields}
    return client.post(reverse("cards_import", args=[site.pk]), body)


FILE = "\ufeffid_tag;holder;blocked\r\nNEW;Ann;no\r\nKNOWN;Bo;yes\r\nBAD;;maybe\r\n"


def test_the_report_comes_before_anything_is_done(client: Client, site: Installation) -> None:
    add(site, "KNOWN")
    report = text(upload(client, site, FILE))
    assert "2 of 3 rows add or change a card; rows with faults: 1" in report
    assert "changes holder, blocked" in report
    assert "<code>blocked</code>: Blocked is yes or no" in report
    assert 'value="partial"' in report
    assert 'value="all"' not in report
    assert IdTag.objects.count() == 1


@pytest.mark.parametrize(("how", "status", "kept"), [("all", 200, {"KNOWN"}), ("partial", 302, {"KNOWN", "NEW"})])
def test_all_or_the_good_rows(client: Client, site: Installation, how: str, status: int, kept: set[str]) -> None:
    add(site, "KNOWN")
    assert apply(client, site, FILE.removeprefix("\ufeff"), how).status_code == status
    assert set(IdTag.objects.values_list("id_tag", flat=True)) == kept


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"x" * 2_000_001, "at most 2 MB"),
        ("holder\nA", "id_tag is missing"),
        ("id_tag\n" + "A\n" * 5001, "at most 5,000 cards"),
        ('id_tag\n"', "Row 2 cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    client: Client, site: Installation, content: str | bytes, message: str
) -> None:
    assert message in text(upload(client, site, content), 422)


def test_what_no_text_field_takes_is_told(client: Client, site: Installation) -> None:
    assert "Null characters are not allowed." in text(apply(client, site, "id_tag\nA\0", "all"), 422)


def test_without_a_file_one_is_asked_for(client: Client, site: Installation) -> None:
    assert "Choose a file." in text(client.post(reverse("cards_import", args=[site.pk]), {"text": ""}), 422)


def test_an_organisations_file_goes_to_its_list(site: Installation, firm: Organisation, owner: User) -> None:
    Membership.objects.create(organisation=firm, user=owner)
    client, key = client_of(owner), f"organisation-{firm.pk}"
    report = text(upload(client, site, "id_tag\nA\n", owner=key))
    assert f'name="owner" value="{key}"' in report
    assert apply(client, site, "id_tag\nA\n", "all", owner=key).status_code == 302
    assert IdTag.objects.get().organisation == firm
    exported = client.get(reverse("cards_export", args=[site.pk]), {"owner": key})
    assert "\r\nA," in exported.content.decode()
    assert "\r\nA," not in client.get(reverse("cards_export", args=[site.pk])).content.decode()


def test_an_export_comes_back_as_it_was_and_starts_no_formula(client: Client, site: Installation) -> None:
    ends = datetime(2027, 7, 1, 16, tzinfo=UTC)
    add(site, "=1+1", holder='=HYPERLINK("http://x")', label="@x", parent_id_tag="+1", expires_at=ends, blocked=True)
    answer = client.get(reverse("cards_export", args=[site.pk]))
    content = answer.content.decode()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert content.startswith("\ufeffid_tag,holder,label,expires_at,blocked,parent\r\n")
    row = content.splitlines()[1]
    assert row == '\'=1+1,"\'=HYPERLINK(""http://x"")",\'@x,2027-07-01T18:00:00+02:00,yes,\'+1'
    assert "stays as it is" in text(upload(client, site, content))
    german = client.get(reverse("cards_export", args=[site.pk]), headers={"Accept-Language": "de"})
    assert ";" in german.content.decode().splitlines()[0]
