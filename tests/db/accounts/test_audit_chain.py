"""The audit trail is append-only by the database, and its chain shows what was done to it all the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.audit_chain import Break, Head, prune, seal, verify
from accounts.models import AuditEntry, Organisation, User

pytestmark = pytest.mark.django_db

TAMPERING = {
    "changed": "UPDATE accounts_auditentry SET actor_label = 'somebody else' WHERE position = 3",
    "a value within": """UPDATE accounts_auditentry SET after = '{"n": 99}' WHERE position = 3""",
    "taken out": "DELETE FROM accounts_auditentry WHERE position = 3",
    "the first taken out": "DELETE FROM accounts_auditentry WHERE position = 1",
    "made unsealed": "UPDATE accounts_auditentry SET position = NULL, digest = NULL WHERE position = 3",
    "the digest of another": "UPDATE accounts_auditentry SET digest = '\\x00' WHERE position = 3",
    "two swapped": "UPDATE accounts_auditentry SET position = 0 WHERE position = 3;"
    "UPDATE accounts_auditentry SET position = 3 WHERE position = 4;"
    "UPDATE accounts_auditentry SET position = 4 WHERE position = 0",
}


def write(count: int) -> User:
    person = User.objects.create_user("ann@example.org")
    firm = Organisation.objects.create(name="Installers")
    for number in range(count):
        audit.record(person, "organisation_changed", firm, before={"n": number}, after={"n": number + 1, "ü": None})
    return person


@contextmanager
def without_the_guard() -> Iterator[None]:
    """What somebody can do who owns the database."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER accounts_audit_guard")
        yield
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER accounts_audit_guard")


def do(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("sealed", [False, True])
def test_the_database_refuses_to_change_or_remove_an_entry(sealed: bool) -> None:
    person = write(2)
    if sealed:
        assert seal() == 2
    for sql in (
        "UPDATE accounts_auditentry SET reason = 'none'",
        "UPDATE accounts_auditentry SET reason = 'none', position = 77, digest = ''",
        "DELETE FROM accounts_auditentry",
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            do(sql)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()
    number = person.pk
    person.delete()
    kept = AuditEntry.objects.select_related("actor").first()
    assert kept is not None
    assert (kept.actor_id, kept.actor_label, kept.actor) == (number, "ann@example.org", None)


def test_sealing_goes_on_where_it_stopped_and_the_chain_is_whole() -> None:
    write(3)
    assert seal() == 3
    assert seal() == 0
    write_more = Organisation.objects.get()
    audit.record_all(None, [audit.Happened("organisation_changed", write_more) for _ in range(2)])
    assert verify().waiting == 2
    assert seal() == 2
    found = verify()
    assert (found.broken, found.checked, found.head.position, found.waiting) == (None, 5, 5, 0)
    assert list(AuditEntry.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4, 5]
    out = StringIO()
    call_command("verify_audit", head=found.head, stdout=out)
    assert f"Whole: 5 entries. Note this head elsewhere: {found.head}" in out.getvalue()


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_is_found_and_the_first_broken_entry_named(how: str) -> None:
    write(5)
    seal()
    third = AuditEntry.objects.get(position=3)
    with without_the_guard():
        do(TAMPERING[how])
    found = verify()
    assert found.broken is not None
    assert found.entry_id in {third.pk, third.pk + 1, third.pk - 1}
    with pytest.raises(CommandError, match=rf"position {found.position} \(entry {found.entry_id}\)") as failed:
        call_command("verify_audit")
    assert failed.value.returncode == 1


def test_a_chain_that_was_cut_off_or_made_anew_is_told_by_a_head_noted_earlier() -> None:
    write(4)
    seal()
    noted = verify().head
    with without_the_guard():
        do("DELETE FROM accounts_auditentry WHERE position = 4")
        assert verify().broken is None
        assert verify(known=noted).broken is Break.CUT
        do("UPDATE accounts_auditentry SET position = NULL, digest = NULL, reason = 'none'")
    audit.record(None, "organisation_changed", Organisation.objects.get())
    seal()
    assert verify().broken is None
    assert verify(known=noted).broken is Break.HEAD
    with pytest.raises(CommandError, match="POSITION:DIGEST"):
        call_command("verify_audit", "--head", "4:xyz")


def test_only_a_retention_job_removes_and_the_chain_holds_on() -> None:
    write(4)
    old = timezone.now() - timedelta(days=400)
    with without_the_guard():
        do(
            "UPDATE accounts_auditentry SET at = at - interval '400 days'"
            "WHERE id = (SELECT min(id) FROM accounts_auditentry)"
        )
    assert AuditEntry.objects.filter(at__lt=old + timedelta(days=1)).count() == 1
    seal()
    noted = AuditEntry.objects.get(position=1)
    call_command("prune_audit", days=365, stdout=StringIO())
    assert not AuditEntry.objects.filter(pk=noted.pk).exists()
    told = AuditEntry.objects.get(action="audit_pruned")
    assert told.after == {"entries": 1, "position": 1, "digest": bytes(noted.digest or b"").hex()}
    assert verify().broken is None
    assert verify(known=Head(1, bytes(noted.digest or b""))).broken is None
    assert prune(before=timezone.now() - timedelta(days=365)) == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()
    with without_the_guard():
        do("DELETE FROM accounts_auditentry WHERE position = 2")
    assert verify().broken is Break.MISSING
