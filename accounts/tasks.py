"""Celery tasks of people and the audit trail."""

from celery import shared_task

from accounts import sessions
from accounts.audit_chain import seal
from accounts.invitations import forget_late_ones


@shared_task(name="accounts.seal_audit")
def seal_audit() -> None:
    seal()


@shared_task(name="accounts.tidy")
def tidy() -> None:
    sessions.forget_ended_ones()
    forget_late_ones()
