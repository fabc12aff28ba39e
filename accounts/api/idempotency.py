"""Answers a repeated POST with what the first one was answered: once done, and never twice.

The key's row, the work and the stored answer are one transaction: a killed process leaves none of them. Answers may
hold a password that is shown once, so they are encrypted. Refusals are not kept: the same key may try again.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from accounts import keyring
from accounts.api.problems import Problem
from accounts.models import IdempotentRequest, User

KEPT = timedelta(hours=24)
LONGEST_KEY = 200
HEADERS = ("Location", "ETag")


def check_key(key: str) -> None:
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Problem(400, "idempotency_key", _("An Idempotency-Key has 1 to 200 printable ASCII characters."))


def fingerprint(request: HttpRequest, body: bytes) -> bytes:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + body).digest()


def answer_once(user: User, key: str, mark: bytes, work: Callable[[], Response]) -> Response:
    """``work``'s answer, or the kept one. Raises Problem 409 while it runs elsewhere, 422 for another body."""
    with transaction.atomic():
        if not _lock(user, key):
            raise Problem(409, "request_running", _("A request with this Idempotency-Key is still being worked on."))
        IdempotentRequest.objects.filter(user=user, created_at__lt=timezone.now() - KEPT).delete()
        kept = IdempotentRequest.objects.filter(user=user, key=key).first()
        if kept is not None:
            return _replay(kept, mark)
        response = work()
        _keep(user, key, mark, response)
        return response


def _lock(user: User, key: str) -> bool:
    """An advisory lock for this person and key until the transaction ends; False: somebody holds it."""
    number = int.from_bytes(hashlib.sha256(f"{user.pk}:{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _keep(user: User, key: str, mark: bytes, response: Response) -> None:
    key_id, body = keyring.encrypt(JSONRenderer().render(response.data), associated=_associated(user, key))
    headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
    IdempotentRequest.objects.create(
        user=user,
        key=key,
        fingerprint=mark,
        status=response.status_code,
        headers={"key_id": key_id, "headers": headers},
        body=body,
    )


def _replay(kept: IdempotentRequest, mark: bytes) -> Response:
    if bytes(kept.fingerprint) != mark:
        raise Problem(
            422, "idempotency_key_reused", _("This Idempotency-Key was used for another request: choose a new one.")
        )
    try:
        content = keyring.decrypt(kept.headers["key_id"], kept.body, associated=_associated(kept.user, kept.key))
    except keyring.KeyringError as error:
        raise Problem(409, "answer_gone", _("This request was done, but its answer can no longer be read.")) from error
    return Replayed(content, kept.status or 200, {**kept.headers["headers"], "Idempotency-Replayed": "true"})


class Replayed(Response):
    """A kept answer, byte for byte."""

    def __init__(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        super().__init__(status=status, headers=headers)
        self["Content-Type"] = "application/json"
        self.kept = content

    @property
    def rendered_content(self) -> Any:
        return self.kept


def _associated(user: User, key: str) -> str:
    return f"accounts_idempotentrequest:{user.pk}:{key}"
