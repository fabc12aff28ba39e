"""Cards that were just refused, so that somebody on site can add them."""

from django.db import models

from chargers.models.charger import Charger


class RefusedTag(models.Model):
    """The newest refusal of one id tag (upper-case) at one charger; ``status`` is what the charger was answered.

    Kept for 24 hours, and only the newest few of each charger.
    """

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="refused_tags")
    id_tag = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    refused_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-refused_at"]
        constraints = [models.UniqueConstraint(fields=["charger", "id_tag"], name="refused_tag_once")]
