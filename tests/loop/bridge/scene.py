"""A charger whose site is in OCPP cloud, with that setting applied."""

from chargers.models import Charger
from installations.models import AuthenticationRevision, Installation
from installations.services.secrets import store_secret
from tests.loop.gateway_world import make_charger

KEY = "InitialPassword0123"


def bridged_charger(url: str, device_id: str = "ZCS000001", *, password: str = KEY, number: int = 2) -> Charger:
    charger = make_charger(device_id)
    put_in_cloud(url, password=password, number=number)
    return Charger.objects.get(pk=charger.pk)


def put_in_cloud(url: str, *, password: str = KEY, number: int = 2, device_id: str = "", **fields: object) -> None:
    """Every charger of the site, or that one."""
    site = Installation.objects.get()
    revision = AuthenticationRevision.objects.create(
        installation=site, number=number, mode="ocpp_cloud", server_url=url, authorization_required=True,
        secret=store_secret(password) if password else None, digest="1" * 64, **fields,
    )  # fmt: skip
    Installation.objects.filter(pk=site.pk).update(revision=revision)
    from django.db.models.functions import Now

    chargers = Charger.objects.filter(device_id=device_id) if device_id else Charger.objects.all()
    chargers.update(applied_revision=revision, directory_at=Now())
