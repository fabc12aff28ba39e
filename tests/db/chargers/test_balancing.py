"""Rounds of load balancing, beside what the loop tests show of them on real sockets."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from chargers.models import ChargingShare, SiteLoad
from chargers.services.balancing import balance_due, hurry, keep_base_load, site_changed
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_node_whose_clock_is_off_makes_rounds_all_the_same(minutes: int) -> None:
    site = scene.site()
    site.main_fuse_current = Decimal(63)
    site.save()
    charger = scene.charger(site, "ZCS1")
    began = datetime.now(UTC)
    with time_machine.travel(began + timedelta(minutes=minutes)):
        site_changed(site)
        assert balance_due() == {charger.pk}
        assert balance_due() == set()
        hurry([charger.pk])
        assert keep_base_load(site, (1.0, 2.0, 3.0))
        balance_due()
    load = SiteLoad.objects.get()
    assert load.balanced_at is not None
    assert load.base_load_at is not None
    moments = [load.balanced_at, load.base_load_at, ChargingShare.objects.get().granted_at]
    assert all(abs(at - began) < timedelta(minutes=5) for at in moments)
    assert load.due_at > load.balanced_at
