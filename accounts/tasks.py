"""Celery tasks of people and the audit trail."""

from celery import shared_task

from accounts.audit_chain import seal


@shared_task(name="accounts.seal_audit")
def seal_audit() -> None:
    seal()
