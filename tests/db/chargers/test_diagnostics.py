"""What chargers upload: bound to one command, under a cap, replaced until it ends, handed out and forgotten."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry
from chargers.models import Charger, DiagnosticsPart, DiagnosticsUpload
from chargers.requests import read_command
from chargers.services.diagnostics import PART_BYTES, Attempt, Overtaken, hand_out, remove_old_files
from gateway.store import diagnostics_jobs
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db
TOKEN = f"{scene.TOKEN}ZCS000001"
FORM = "multipart/form-data; boundary=XX"


@pytest.fixture
def charger() -> Charger:
    made = scene.charger(scene.site(), "ZCS000001")
    scene.diagnostics(made)
    return made


def send(body: bytes, *, token: str = TOKEN, method: str = "PUT", kind: str = "application/octet-stream") -> Any:
    headers = {"X-Diagnostics-Token": token}
    return Client(enforce_csrf_checks=True).generic(method, "/diagnostics/", body, kind, headers=headers)


def stored() -> bytes:
    upload = DiagnosticsUpload.objects.select_related("request", "charger").get()
    return b"".join(hand_out(upload, scene.person()))


def part(name: str, body: bytes, *, file: str = "") -> bytes:
    named = f'; filename="{file}"' if file else ""
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + body + b"\r\n"


def test_a_file_is_taken_as_it_is_or_in_a_form_and_the_last_one_counts(charger: Charger) -> None:
    large = bytes(range(256)) * 8192 + b"the end"
    assert len(large) > 2 * PART_BYTES
    assert send(large).status_code == 201
    assert stored() == large
    assert DiagnosticsPart.objects.count() == 3
    form = (
        part("note", b"hello") + part("file", b"second\r\nfile", file="a.zip") + part("x", b"no", file="b") + b"--XX--"
    )
    for method in ("POST", "PUT"):
        assert send(form, method=method, kind=FORM).status_code == 201
        assert stored() == b"second\r\nfile"
    assert DiagnosticsPart.objects.count() == 1
    received = AuditEntry.objects.filter(action="diagnostics_received")
    assert {(entry.actor_label, entry.object_id) for entry in received} == {("portal", str(charger.pk))}


def test_what_is_no_upload_is_said_and_changes_nothing(charger: Charger) -> None:
    assert send(b"kept").status_code == 201
    for body, kind in ((b"", "text/plain"), (part("note", b"no file") + b"--XX--", FORM), (b"broken", FORM)):
        assert send(body, kind=kind, method="POST").status_code == 400
    assert send(b"x", method="PATCH").status_code == 405
    assert Client().get("/diagnostics/").status_code == 405
    assert stored() == b"kept"
    assert DiagnosticsPart.objects.count() == 1


def test_a_foreign_token_is_nothing_and_an_old_one_is_over(charger: Charger) -> None:
    for token in ("", "x" * 43, TOKEN[:-1], TOKEN + "\udc80"):
        answer = send(b"x", token=token)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    send(b"the file")
    diagnostics_jobs.hear([charger.pk], ["Uploaded"])
    answer = send(b"another")
    assert (answer.status_code, answer.json()["code"]) == (410, "upload_over")
    assert stored() == b"the file"
    DiagnosticsUpload.objects.update(ended_at=None, expires_at=timezone.now())
    assert send(b"too late").status_code == 410


def test_a_file_that_is_too_large_leaves_nothing(charger: Charger, settings: Any) -> None:
    settings.DIAGNOSTICS_MAX_MIB = 1
    assert send(b"x" * PART_BYTES).status_code == 201
    answer = send(b"y" * (PART_BYTES + 1))
    assert (answer.status_code, answer.json()["code"], answer.json()["most_bytes"]) == (413, "too_large", PART_BYTES)
    assert stored() == b"x" * PART_BYTES
    assert DiagnosticsPart.objects.count() == 1


def test_who_begins_anew_takes_over(charger: Charger) -> None:
    slow = Attempt(TOKEN, "192.0.2.1")
    slow.write(b"a" * PART_BYTES)
    assert send(b"quick").status_code == 201
    with pytest.raises(Overtaken):
        slow.write(b"a" * PART_BYTES)
    with pytest.raises(Overtaken):
        slow.finish()
    slow.drop()
    assert stored() == b"quick"
    assert DiagnosticsPart.objects.count() == 1


def steps(charger: Charger) -> Iterator[tuple[str, bool]]:
    """State and whether something may still come, after each step of a charger that uploads."""

    def now() -> tuple[str, bool]:
        request = DiagnosticsUpload.objects.select_related("request").get().request
        row = read_command(type(request).objects.select_related("diagnostics").get(pk=request.pk)).diagnostics
        assert row is not None
        return row.state, row.under_way

    yield now()
    for status in ("Uploading", "UploadFailed", "Idle", "Uploading"):
        diagnostics_jobs.hear([charger.pk], [status])
        yield now()
    send(b"file")
    yield now()
    diagnostics_jobs.hear([charger.pk], ["Uploaded"])
    yield now()
    DiagnosticsUpload.objects.update(
        received_at=timezone.now() - timedelta(days=15), expires_at=timezone.now() - timedelta(days=15)
    )
    remove_old_files()
    yield now()


def test_how_far_it_has_come_is_told_to_the_end(charger: Charger) -> None:
    assert list(steps(charger)) == [
        ("waiting", True), ("uploading", True), ("failed", False), ("failed", False), ("uploading", True),
        ("received", False), ("received", False), ("removed", False),
    ]  # fmt: skip
    assert not DiagnosticsPart.objects.exists()


def test_the_sweep_takes_what_unfinished_uploads_left(charger: Charger) -> None:
    Attempt(TOKEN, "").write(b"x" * PART_BYTES)
    remove_old_files()
    assert DiagnosticsPart.objects.count() == 1
    DiagnosticsUpload.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    remove_old_files()
    assert not DiagnosticsPart.objects.exists()
