"""What pages and API read about charging sessions, in a number of queries that does not grow with the rows."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Upper
from django.utils import timezone

from accounts.actor import Who
from accounts.keyset import read_page
from chargers.models import Charger, MeterValue, Transaction
from chargers.sessions.energy import Energy, Mark, metered, so_far
from chargers.sessions.readings import Moment, powers, read_moment, registers
from installations.access import visible
from installations.id_tag import normal_id_tag
from installations.models import IdTag, Installation, SiteOrganisation

SESSION_ORDER = ("-began_at", "-id")
METER_ORDER = ("sampled_at", "id")
NEWEST = 3
MOST_MOMENTS = 2000
CHUNK = 1000
# A power told longer ago is not "now".
FRESH = timedelta(minutes=20)
LATEST = timedelta(minutes=5)
CLOSE = timedelta(minutes=1)
STOP_LOST = "stop_lost"


class SessionState(StrEnum):
    RUNNING = "running"
    ENDED = "ended"
    ORPHAN = "orphan"


@dataclass(frozen=True)
class Wanted:
    """Which sessions; what is left empty does not narrow. ``charger``: start of its id, or in its name. ``card``: the
    number, or in holder or label of a card listed where the session was. ``id_tag``: the number alone.

    ``since`` and ``until`` (exclusive) bound the begin. ``flagged``: with something to look at.
    """

    state: str = ""
    flagged: bool = False
    charger: str = ""
    card: str = ""
    id_tag: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Totals:
    """``unknown``: ended sessions whose energy is not known, so that it is missing in ``energy_wh``."""

    count: int = 0
    running: int = 0
    unknown: int = 0
    energy_wh: int = 0


@dataclass(frozen=True)
class Now:
    """A running session's energy so far and its power; ``at``: when the charger told them (its clock)."""

    energy: Energy
    power_watts: Decimal | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Shown:
    """A session with what is derived of it. ``card``: the entry that names its holder, where a list has the number."""

    row: Transaction
    state: SessionState
    energy: Energy
    power_watts: Decimal | None
    card: IdTag | None

    @property
    def holder(self) -> str:
        return self.card.holder if self.card else ""

    @property
    def remarks(self) -> list[str]:
        """Codes of what was odd: as stored, and what the energy says."""
        marks = [] if self.state is SessionState.RUNNING else self.energy.marks
        return list(dict.fromkeys([*self.row.flags, *(mark.value for mark in marks)]))

    @property
    def ended_at(self) -> datetime | None:
        """By the charger's clock where its begin is believed too, else ours; None: it runs, or nobody told the end."""
        row, told = self.row, self.row.stopped_at
        if row.stop_received_at is None or STOP_LOST in row.flags:
            return None
        if told is None or row.began_at not in {row.started_at, told} or told < row.began_at:
            return row.stop_received_at
        return told if told <= row.stop_received_at + LATEST else row.stop_received_at

    @property
    def seconds(self) -> int | None:
        """How long it lasted; None: not known."""
        if self.ended_at is None or self.row.orphan:
            return None
        return max(0, int((self.ended_at - self.row.began_at).total_seconds()))

    @property
    def clock_differs(self) -> bool:
        """The charger's times are not the times at which it told them: it was offline then, or its clock is off."""
        row = self.row
        pairs = ((row.started_at, row.start_received_at), (row.stopped_at, row.stop_received_at))
        return any(told and heard and abs(told - heard) > CLOSE for told, heard in pairs)


def flagged() -> Q:
    """Sessions with something to look at."""
    return ~Q(flags=[]) | Q(orphan=True) | Q(stop_received_at__isnull=False, energy_wh__isnull=True)


def running() -> Q:
    return Q(stop_received_at__isnull=True, orphan=False)


def state_of(row: Transaction) -> SessionState:
    if row.orphan:
        return SessionState.ORPHAN
    return SessionState.RUNNING if row.stop_received_at is None else SessionState.ENDED


def list_sessions(
    who: Who,
    wanted: Wanted | None = None,
    *,
    installation: Installation | None = None,
    charger: Charger | None = None,
) -> QuerySet[Transaction]:
    """Sessions of installations that ``who`` may see, newest first, with charger and installation."""
    rows = visible(Transaction.objects.select_related("charger", "installation"), who)
    if installation is not None:
        rows = rows.filter(installation=installation)
    if charger is not None:
        rows = rows.filter(charger=charger)
    return _narrowed(rows, wanted or Wanted()).order_by(*SESSION_ORDER)


def find_session(who: Who, session_id: int) -> Transaction | None:
    """None: foreign or nonexistent, which nobody can tell apart."""
    return list_sessions(who).filter(pk=session_id).first()


def running_sessions(installation: Installation, most: int) -> list[Transaction]:
    """The newest of those that run now."""
    rows = Transaction.objects.filter(running(), installation=installation).select_related("charger")
    return list(rows.order_by(*SESSION_ORDER)[:most])


def _narrowed(rows: QuerySet[Transaction], wanted: Wanted) -> QuerySet[Transaction]:
    match wanted.state:
        case SessionState.RUNNING:
            rows = rows.filter(running())
        case SessionState.ENDED:
            rows = rows.filter(stop_received_at__isnull=False, orphan=False)
        case SessionState.ORPHAN:
            rows = rows.filter(orphan=True)
    if wanted.flagged:
        rows = rows.filter(flagged())
    if wanted.charger:
        named = Q(charger__device_id__startswith=wanted.charger.upper()) | Q(charger__name__icontains=wanted.charger)
        rows = rows.filter(named)
    if wanted.id_tag:
        rows = rows.filter(id_tag__iexact=wanted.id_tag.strip())
    if wanted.card:
        rows = rows.filter(Q(id_tag__iexact=wanted.card) | Exists(_cards_named(wanted.card)))
    if wanted.since is not None:
        rows = rows.filter(began_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(began_at__lt=wanted.until)
    return rows


def _cards_named(text: str) -> QuerySet[IdTag]:
    """Cards of the session's installation, or of its organisations, by holder or label."""
    shared = SiteOrganisation.objects.filter(installation=OuterRef(OuterRef("installation"))).values("organisation_id")
    return IdTag.objects.filter(
        Q(installation=OuterRef("installation")) | Q(organisation__in=shared),
        Q(holder__icontains=text) | Q(label__icontains=text),
        id_tag=Upper(OuterRef("id_tag")),
    )


def totals_of(rows: QuerySet[Transaction]) -> Totals:
    found = rows.order_by().aggregate(
        count=Count("pk"),
        running=Count("pk", filter=running()),
        unknown=Count("pk", filter=Q(stop_received_at__isnull=False, energy_wh__isnull=True)),
        energy=Sum("energy_wh"),
    )
    return Totals(found["count"], found["running"], found["unknown"], int(found["energy"] or 0))


def shown(rows: Sequence[Transaction], *, holders: bool = True) -> list[Shown]:
    """Each row with energy, power and holder; three more queries at most, however many rows.

    Without ``holders`` one: the number of the card has to do.
    """
    now = now_of([row for row in rows if state_of(row) is SessionState.RUNNING])
    cards = cards_of(rows) if holders else {}
    return [_shown(row, now.get(row.pk), cards.get((row.installation_id, normal_id_tag(row.id_tag)))) for row in rows]


def _shown(row: Transaction, now: Now | None, card: IdTag | None) -> Shown:
    state = state_of(row)
    if now is not None:
        return Shown(row, state, now.energy, now.power_watts, card)
    if state is SessionState.ORPHAN:
        energy = Energy(None, (Mark.START_MISSING,))
    else:
        energy = metered(row.meter_start, row.meter_stop, row.started_at, row.stopped_at)
    return Shown(row, state, energy, None, card)


def cards_of(rows: Iterable[Transaction]) -> dict[tuple[int, str], IdTag]:
    """By (installation, number): the installation's own entry, or else one of its organisations'."""
    tags = {(row.installation_id, normal_id_tag(row.id_tag)) for row in rows if row.id_tag}
    sites = {site for site, _tag in tags}
    if not tags:
        return {}
    owners = SiteOrganisation.objects.filter(installation__in=sites)
    cards = IdTag.objects.filter(
        Q(installation__in=sites) | Q(organisation__in=owners.values("organisation_id")),
        id_tag__in={tag for _site, tag in tags},
    )
    found: dict[tuple[int, str], IdTag] = {}
    sites_of: dict[int, list[int]] = {}
    # Most lists are of one installation: then it is known whose organisation it is.
    for organisation, site in owners.values_list("organisation_id", "installation_id") if len(sites) > 1 else ():
        sites_of.setdefault(organisation, []).append(site)
    for card in cards.order_by(F("installation").desc(nulls_last=True), "pk"):
        places = [card.installation_id] if card.installation_id else sites_of.get(card.organisation_id or 0, sites)
        for site in places:
            found.setdefault((site, card.id_tag), card)
    return found


def now_of(rows: Sequence[Transaction]) -> dict[int, Now]:
    """What the newest readings of running sessions say, in one query; a few readings each."""
    moments = _newest_moments([row.pk for row in rows])
    found = {}
    for row in rows:
        told, heard_at = moments.get(row.pk, ([], None))
        register, power = registers(told)[-1:], powers(told)[-1:]
        energy = so_far(row.meter_start, row.started_at, register[0] if register else None)
        fresh = power and heard_at is not None and timezone.now() - heard_at <= FRESH
        found[row.pk] = Now(energy, power[0].value if fresh else None, told[-1].at if told else None)
    return found


def _newest_moments(session_ids: Collection[int]) -> dict[int, tuple[list[Moment], datetime]]:
    """By session: its newest readings by time, and when we heard the newest."""
    if not session_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, m.sampled_at, m.received_at, m.sampled_values::text FROM unnest(%s::int[]) AS s(id)"
            " CROSS JOIN LATERAL (SELECT * FROM chargers_metervalue v WHERE v.transaction_id = s.id"
            " ORDER BY v.sampled_at DESC, v.id DESC LIMIT %s) AS m",
            [list(session_ids), NEWEST],
        )
        found: dict[int, tuple[list[Moment], datetime]] = {}
        for number, at, heard_at, text in cursor.fetchall():
            moments, newest = found.get(number, ([], heard_at))
            found[number] = ([_moment(at, text), *moments], max(newest, heard_at))
    return found


def moments_of(session: Transaction) -> list[Moment]:
    """The session's readings by time; of very many every n-th, and always the first and the last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sampled_at, sampled_values::text FROM ("
            " SELECT sampled_at, sampled_values, row_number() OVER (ORDER BY sampled_at, id) - 1 AS place,"
            " count(*) OVER () AS many FROM chargers_metervalue WHERE transaction_id = %s) AS m"
            " WHERE place %% (many / %s + 1) = 0 OR place = many - 1 ORDER BY place",
            [session.pk, MOST_MOMENTS],
        )
        return [_moment(at, text) for at, text in cursor.fetchall()]


def list_meter_values(session: Transaction) -> QuerySet[MeterValue]:
    return MeterValue.objects.filter(transaction=session).order_by(*METER_ORDER)


def in_chunks(rows: QuerySet[Transaction]) -> Iterator[list[Shown]]:
    """All of them, some at a time, so that a long file takes little memory and no long transaction."""
    cursor: str | None = ""
    while cursor is not None:
        page = read_page(rows, order=SESSION_ORDER, cursor=cursor, size=CHUNK)
        yield shown(page.rows)
        cursor = page.next


def _moment(at: datetime, text: str) -> Moment:
    return read_moment(at, json.loads(text))
