"""The operator's command says what each delivery waits for, and what would happen now; it changes nothing."""

import io

import pytest
from django.core.management import CommandError, call_command

from chargers.models import Delivery, Rollout
from chargers.services import steering
from chargers.services.outlook import outlook
from tests.db.chargers import scene
from tests.db.chargers.world import World


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("explain_rollout", *arguments, stdout=out)
    return out.getvalue()


def test_it_says_what_the_engine_sees_of_a_charger_and_would_do_next(world: World) -> None:
    world.charger("ZCS1")
    world.settle()
    world.publish(scene.direct())
    text = told("zcs1")
    assert "revision 2 (ocpp_direct): running" in text
    assert "The charger is online at node-1 and idle." in text
    assert "Next: read, then write what differs of FreeVendActive, CentralSystemURL." in text
    assert world.delivery("ZCS1").state == "waiting"


def test_it_says_the_same_of_a_whole_rollout(world: World) -> None:
    world.charger("ZCS1")
    world.charger("ZCS2", online=False)
    world.settle()
    number = str(Rollout.objects.get(revision=world.publish(scene.direct())).pk)
    text = told("--rollout", number)
    assert "Wave 1 of 2 is under way; it reaches 1." in text
    assert "ZCS2  waiting" in text
    assert "offline since" in text
    world.run()
    assert "ZCS1" not in told("--rollout", number)
    assert "ZCS1  applied" in told("--rollout", number, "--all")


def test_it_says_why_a_rollout_is_paused(world: World) -> None:
    world.charger("ZCS1")
    world.settle()
    rollout = Rollout.objects.get(revision=world.publish(scene.direct()))
    steering.pause(rollout=rollout, actor=scene.person())
    text = told("ZCS1")
    assert ": paused" in text
    assert text.count("The rollout is paused.") == 2


def test_what_ended_has_no_outlook(world: World) -> None:
    world.charger("ZCS1")
    world.settle()
    assert outlook(Delivery.objects.get()) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(("--rollout", "99"), "no rollout 99"), (("ZCS9",), "no charger ZCS9"), ((), "Name a charger")],
)
def test_what_is_not_there_is_an_error(db: None, arguments: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        told(*arguments)
