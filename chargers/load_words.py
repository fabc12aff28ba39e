"""How a site's load stands, in sentences for people; the same for pages and API."""

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from chargers.backend_limits import limits_of
from chargers.balancing.site import Why
from chargers.site_load import FuseLoad, Holder, LoadState, SiteView

# No-break, so that a number is never parted from its unit.
SPACE = "\u00a0"


def amps(value: float) -> str:
    """To a tenth, without an empty one."""
    rounded = round(float(value), 1)
    return f"{number_format(rounded, 0 if rounded == int(rounded) else 1)}{SPACE}A"


def clock(at: object) -> str:
    return date_format(timezone.localtime(at), "H:i")  # type: ignore[arg-type]  # a time


def explain_state(view: SiteView) -> str:
    """Whether the load is balanced now, and why not."""
    match view.state:
        case LoadState.BALANCED if view.exceeded:
            return _("The load is balanced as far as can be: behind a fuse more is set aside than it gives.")
        case LoadState.BALANCED:
            return _("The load is balanced: what is set aside behind a fuse stays within what it gives.")
        case LoadState.STARTING:
            return _("Load balancing begins within half a minute after a charger connects.")
        case LoadState.STALLED:
            return _("Nobody looks after the load just now: chargers keep to what they were told last.")
        case LoadState.NO_CHARGERS:
            return _("There is no charger yet whose load could be balanced.")
        case LoadState.NO_FUSE:
            return _("The load is not balanced: no fuse is entered, so nothing is known that could be shared.")
        case LoadState.OFF:
            return _("The load is not balanced: it is switched off, and every charger takes what it can.")
        case LoadState.OCPP_DIRECT:
            return _("The load is not balanced by the portal: in OCPP direct the backend does it.")


def explain_what_next(view: SiteView) -> str:
    """What to do about it; empty: nothing."""
    match view.state:
        case LoadState.STALLED:
            return _("The gateway that shares out the fuses does not run or has lost its database: see to it.")
        case LoadState.NO_CHARGERS:
            return _("Register the chargers.")
        case LoadState.NO_FUSE:
            return _("Enter the main fuse, or add a circuit and hang chargers on it.")
        case LoadState.OFF:
            return _("Check fuses and chargers below, then switch it on.")
        case LoadState.OCPP_DIRECT:
            return _("It begins by itself when the installation goes back to native or to OCPP cloud.")
        case LoadState.BALANCED | LoadState.STARTING:
            return ""


def explain_excess(fuse: FuseLoad) -> str:
    """Only for a fuse behind which more is set aside than it gives."""
    excess = {"excess": amps(-(fuse.free or 0))}
    most = max(line.chargers for line in fuse.lines)
    if not most:
        return _("The building alone takes %(excess)s more than this fuse gives: no car can charge.") % excess
    return (
        _(
            "%(excess)s more are set aside than this fuse gives, so no other car begins behind it. Chargers that cannot"
            " be told less are counted with all they may take: connect them, or lower their largest current at the"
            " charger and here."
        )
        % excess
    )


def explain_share(holder: Holder) -> str:
    """Why a connector may take what it may take."""
    match holder.why:
        case Why.SATISFIED:
            return _satisfied(holder)
        case Why.SHARED if holder.fuse:
            return _("shares %(fuse)s with the others behind it") % {"fuse": holder.fuse}
        case Why.SHARED:
            return _("shares the main fuse with the others")
        case Why.TURN:
            return _turn(holder)
        case Why.BACKEND:
            return _("paused by its backend")
        case Why.UNREACHABLE:
            return _unreachable(holder)
        case Why.UNMANAGED if holder.outlet.bound:
            return _("cannot be limited by the portal: %(amps)s stay set aside for it") % _aside(holder)
        case Why.UNMANAGED:
            return _("cannot be limited by the portal")
        case Why.IDLE if holder.granted:
            return _("ready: a car that is plugged in begins with %(amps)s") % {"amps": amps(holder.granted)}
        case Why.IDLE:
            return _("not ready: a car that is plugged in waits until the portal has made room for it")
    return _("not told yet: counted with %(amps)s") % _aside(holder)


def _satisfied(holder: Holder) -> str:
    granted = holder.granted or 0
    if granted >= holder.outlet.most / 10:
        return _("all that the charger gives")
    limits = {limit.connector: limit.amperes for limit in limits_of(holder.charger, timezone.now())}
    if limits.get(holder.connector, granted + 1) <= granted:
        return _("all that its backend allows")
    return _("all that its car takes, and a little more")


def _turn(holder: Holder) -> str:
    since, until = holder.waits_since, holder.not_before
    if until is not None and until > timezone.now():
        return _("waits for its turn since %(since)s; not before %(until)s") % {
            "since": clock(since), "until": clock(until),
        }  # fmt: skip
    if since is None:
        return _("waits for its turn")
    return _("waits for its turn since %(since)s") % {"since": clock(since)}


def _unreachable(holder: Holder) -> str:
    if not holder.outlet.bound:
        return _("not connected yet: nothing is set aside for it")
    if holder.stuck:
        return _("does not accept a lower current: %(amps)s stay set aside for it") % _aside(holder)
    if holder.online:
        return _("not told yet: counted with %(amps)s") % _aside(holder)
    return _("not connected: %(amps)s stay set aside for it") % _aside(holder)


def _aside(holder: Holder) -> dict[str, str]:
    return {"amps": amps(holder.set_aside)}
