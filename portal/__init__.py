"""Project wiring. Nobody imports this package but its own entry points."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
