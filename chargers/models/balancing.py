"""Load balancing by the portal: when a site is looked at next, and what every connector was granted. See
``chargers.services.balancing``."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from chargers.models.charger import Charger
from chargers.models.transaction import Transaction
from installations.models import Circuit, Installation


class SiteLoad(models.Model):
    """A site whose load is balanced; its row is the lock of a round. ``base_load``: A per line, as measured.

    ``ended_at``: it is not any more; the row stays until every gateway has noticed.
    """

    installation = models.OneToOneField(
        Installation, primary_key=True, on_delete=models.CASCADE, related_name="site_load"
    )
    due_at = models.DateTimeField(db_default=Now(), db_index=True)
    balanced_at = models.DateTimeField(null=True)
    base_load = ArrayField(models.FloatField(), size=3, null=True)
    base_load_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)


class ChargingShare(models.Model):
    """What one connector may take, in tenths of an ampere per phase.

    ``standby`` is for a car that starts unheard of (TxDefaultProfile), ``current`` for the session ``transaction``
    (TxProfile). Each was ``granted`` by a round, is being said (``saying``, kept before it is sent and until an answer
    is certain), and was accepted last (``told``): the charger may hold any of the three, and all count.
    """

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="charging_shares")
    connector = models.PositiveSmallIntegerField()
    standby_granted = models.PositiveSmallIntegerField(default=0)
    standby_saying = models.PositiveSmallIntegerField(null=True)
    standby_told = models.PositiveSmallIntegerField(null=True)
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.SET_NULL, related_name="+")
    current_granted = models.PositiveSmallIntegerField(null=True)
    current_saying = models.PositiveSmallIntegerField(null=True)
    current_told = models.PositiveSmallIntegerField(null=True)
    why = models.CharField(max_length=12)
    # The circuit whose fuse binds it; None: the main fuse, or none does.
    limited_by = models.ForeignKey(Circuit, null=True, on_delete=models.SET_NULL, related_name="+")
    drawn = models.FloatField(null=True)
    admitted_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    granted_at = models.DateTimeField()

    class Meta:
        ordering = ["charger", "connector"]
        constraints = [models.UniqueConstraint(fields=["charger", "connector"], name="charging_share_once")]
        indexes = [models.Index(fields=["granted_at"], name="charging_share_newest")]
