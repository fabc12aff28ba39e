"""What webhooks were last told of a charger, so that a change is told once."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chargers.models.charger import Charger


class ToldCharger(models.Model):
    """Of chargers whose webhooks want to hear of connections or alarms only; ``alarms``: codes, sorted."""

    charger = models.OneToOneField(Charger, primary_key=True, on_delete=models.CASCADE, related_name="told")
    online = models.BooleanField()
    alarms = ArrayField(models.CharField(max_length=30), default=list)
