"""Where one delivery stands: what the engine sees now, and what it would do next, in the reader's language."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chargers.explain import explain
from chargers.link_state import Busy
from chargers.models import Delivery
from chargers.rollout.gather import gather
from chargers.rollout.plan import Action, Finish, Push, ReadBack, plan
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import OPEN_STATES

IN_USE = {
    Busy.NOT_BOOTED: gettext_lazy("it has not booted yet"),
    Busy.TRANSACTION: gettext_lazy("a session is running"),
    Busy.CONNECTOR: gettext_lazy("a connector is in use"),
    Busy.CONNECTOR_UNKNOWN: gettext_lazy("the state of a connector is not known"),
    Busy.UNANSWERED: gettext_lazy("it waits for an answer"),
    Busy.FIRMWARE: gettext_lazy("firmware is being updated"),
    Busy.DIAGNOSTICS: gettext_lazy("diagnostics are being sent"),
    Busy.REMOTE_START: gettext_lazy("a session is about to start"),
    Busy.RESERVATION: gettext_lazy("a place at it is reserved"),
}


def outlook(delivery: Delivery) -> list[str]:
    """Empty for a delivery that has ended. Reads what the engine reads, and writes nothing."""
    if delivery.state not in OPEN_STATES:
        return []
    now = timezone.now()
    return [
        sentence
        for snapshot in gather([delivery.pk], now)
        for sentence in (*seen(snapshot), next_step(plan(snapshot, now, lambda: 1.0)))
    ]


def seen(snapshot: Snapshot) -> list[str]:
    """The snapshot in words: charger, rollout, attempts, and what an earlier push has brought."""
    return [_charger(snapshot), *_rollout(snapshot), *_pushed(snapshot)]


def _charger(snapshot: Snapshot) -> str:
    link = snapshot.link
    if not link.online:
        if link.disconnected_at is None:
            return _("The charger is offline.")
        return _("The charger is offline since %(time)s.") % {"time": f"{link.disconnected_at:%Y-%m-%d %H:%M:%S} UTC"}
    words = {"node": link.node, "why": "" if link.busy is None else str(IN_USE[link.busy])}
    if link.busy is None:
        return _("The charger is online at %(node)s and idle.") % words
    return _("The charger is online at %(node)s and in use: %(why)s.") % words


def _rollout(snapshot: Snapshot) -> list[str]:
    rollout, told = snapshot.rollout, []
    waves = rollout.policy.waves
    if rollout.wave < len(waves):
        words = {"wave": rollout.wave + 1, "waves": len(waves) + 1, "reach": waves[rollout.wave]}
        told.append(_("Wave %(wave)d of %(waves)d is under way; it reaches %(reach)s.") % words)
        told.append(_("This charger has its place in it.") if snapshot.wave is not None else _("It has no place yet."))
    if rollout.held_together:
        told.append(_("Nothing is sent before every charger is online and idle."))
    if rollout.opens_at is not None:
        told.append(_("The window opens at %(time)s.") % {"time": f"{rollout.opens_at:%Y-%m-%d %H:%M} UTC"})
    return told


def _pushed(snapshot: Snapshot) -> list[str]:
    told = []
    if snapshot.attempts:
        told.append(_("Failed attempts: %(count)d.") % {"count": snapshot.attempts})
    if snapshot.push is not None and snapshot.push.written:
        keys = ", ".join(sorted(snapshot.push.written))
        told.append(_("Accepted by the charger already: %(keys)s.") % {"keys": keys})
    return told


def next_step(action: Action) -> str:
    match action:
        case Push():
            keys = ", ".join(write.key for write in action.order.writes) or "–"
            if action.order.reset or action.order.force_reset:
                return _("Next: read, then write what differs of %(keys)s, then restart it.") % {"keys": keys}
            return _("Next: read, then write what differs of %(keys)s.") % {"keys": keys}
        case ReadBack():
            return _("Next: read %(keys)s.") % {"keys": ", ".join(action.order.read_keys)}
        case Finish():
            return _("Next: it ends. %(sentence)s") % {"sentence": explain(action.state, action.reason, action.detail)}
        case _:
            return _("Next: nothing. %(sentence)s") % {"sentence": explain(action.state, action.reason, action.detail)}
