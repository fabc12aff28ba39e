"""The operator's command says what each delivery waits for, and what would happen now; it changes nothing."""

import io

import pytest
from django.core.management import CommandError, call_command

from chargers.models import Rollout
from tests.db.chargers import scene
from tests.db.chargers.world import World


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("explain_rollout", *arguments, stdout=out)
    return out.getvalue()


def test_it_says_who_waits_for_what_and_what_would_happen_now(world: World) -> None:
    world.charger("ZCS1")
    world.charger("ZCS2", online=False)
    world.settle()
    revision = world.publish(scene.direct())
    number = str(Rollout.objects.get(revision=revision).pk)

    text = told(number)
    assert "revision 2 (ocpp_direct): running; 2 waiting" in text
    assert "write FreeVendActive, CentralSystemURL" in text
    assert "stay waiting (offline)" in text
    assert world.delivery("ZCS1").state == "waiting"

    world.run()
    assert "ZCS1" not in told(number)
    assert "ZCS1  applied" in told(number, "--all")


def test_an_unknown_rollout_is_an_error(db: None) -> None:
    with pytest.raises(CommandError, match="no rollout 99"):
        told("99")
