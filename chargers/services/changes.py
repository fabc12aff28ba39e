"""One setting for many installations: judged one by one in the background, looked at, applied one by one.

Each installation is judged and saved by the services that serve it alone, with a revision and a rollout of its own;
one that is refused keeps nobody else back. Work goes in small batches: each commits what it did, a lost one is
done again by the sweep, and two workers never take the same installation.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.permissions import Action
from accounts.refusals import Conflict, Fault, Invalid, Refusal
from chargers import doorbell
from chargers.models import AuthenticationChange, ChangeItem, ChangeState, ItemState
from chargers.services.authentication import Refused, preview, save
from chargers.services.preview_values import Preview
from installations.access import require, visible
from installations.authentication import ClearPassword, Draft, KeepPassword, NewPassword, Password
from installations.findings import Finding, Text
from installations.models import Installation
from installations.services.authentication import settings_of
from installations.services.secrets import reveal, store_secret

log = structlog.get_logger(__name__)

KEEP, CLEAR, NEW = "keep", "clear", "new"
BATCH = 10
# A change that is ready but was never applied is forgotten with its password after this.
KEPT = timedelta(days=1)
BOUND = 200
# Findings of one installation that are kept; the rest is seen in its own preview.
MOST_FINDINGS = 20


def start_change(
    *, actor: Who, rows: QuerySet[Installation], draft: Draft, policy: Mapping[str, Any] | None = None, note: str = ""
) -> AuthenticationChange:
    """Write down what is asked for and for which installations; a worker judges them. Raises Invalid for none.

    ``rows``: installations on which the actor may set the mode.
    """
    who, password = Actor.of(actor), draft.password
    with transaction.atomic():
        change = AuthenticationChange.objects.create(
            created_by=who.user,
            token=who.token,
            language=get_language() or "en",
            mode=draft.mode,
            server_url=draft.server_url,
            default_id_tag=draft.default_id_tag,
            authorization_required=draft.authorization_required,
            legacy_identity=draft.legacy_identity,
            password=_kind(password),
            secret=store_secret(password.text) if isinstance(password, NewPassword) else None,
            policy=dict(policy or {}),
            note=note,
        )
        ids = rows.order_by("pk").values_list("pk", flat=True)
        ChangeItem.objects.bulk_create(
            (ChangeItem(change=change, installation_id=pk) for pk in ids.iterator()), batch_size=2000
        )
        if not change.items.exists():
            raise Invalid("no_installations", _("No installation fits where you may set the mode."))
        audit.record(who, "authentication_change_asked", change, after={"mode": change.mode}, reason=note)
        transaction.on_commit(lambda: doorbell.ring_change(change.pk))
    return change


def apply_change(*, change: AuthenticationChange, actor: Who, acknowledged: Collection[str]) -> AuthenticationChange:
    """Save it for every installation that was judged fit. Raises Conflict, or Invalid for what is not acknowledged."""
    with transaction.atomic():
        locked = AuthenticationChange.objects.select_for_update().get(pk=change.pk)
        if locked.state != ChangeState.READY:
            raise Conflict("change_not_ready", _("This change is not waiting to be applied."))
        fit = locked.items.filter(state=ItemState.READY)
        if not fit.exists():
            raise Conflict("nothing_to_apply", _("There is no installation that this change could be applied to."))
        missing = [warning for warning in warnings_of(locked) if warning["code"] not in acknowledged]
        if missing:
            faults = [Fault(warning["code"], warning["detail"], "/acknowledge") for warning in missing]
            raise Invalid("not_acknowledged", faults[0].detail, pointer="/acknowledge", faults=faults)
        locked.state, locked.applied_at = ChangeState.APPLYING, timezone.now()
        locked.acknowledged = sorted(set(acknowledged))
        locked.save(update_fields=["state", "applied_at", "acknowledged"])
        audit.record(actor, "authentication_change_applied", locked, after={"acknowledged": locked.acknowledged})
        transaction.on_commit(lambda: doorbell.ring_change(locked.pk))
    return locked


def warnings_of(change: AuthenticationChange) -> list[dict[str, Any]]:
    """What has to be acknowledged: {code, detail (of the first installation), installations (how many)}."""
    rows = ChangeItem.objects.raw(
        "SELECT min(i.id) AS id, w.code, count(*) AS many FROM chargers_changeitem i, unnest(i.warnings) AS w(code)"
        " WHERE i.change_id = %s AND i.state = 'ready' GROUP BY w.code ORDER BY w.code",
        [change.pk],
    )
    firsts = [(row.pk, getattr(row, "code"), getattr(row, "many")) for row in rows]  # noqa: B009  of the query
    details = ChangeItem.objects.in_bulk([pk for pk, _code, _many in firsts])
    return [{"code": code, "installations": many, "detail": _detail(details[pk], code)} for pk, code, many in firsts]


def _detail(item: ChangeItem, code: str) -> str:
    return next((finding["detail"] for finding in item.told if finding["code"] == code), code)


def work_on(change_id: int) -> bool:
    """One batch; True: there is more to do."""
    change = AuthenticationChange.objects.select_related("created_by", "token", "secret").filter(pk=change_id).first()
    if change is None or change.state not in {ChangeState.JUDGING, ChangeState.APPLYING}:
        return False
    applying = change.state == ChangeState.APPLYING
    wanted = ItemState.READY if applying else ItemState.PENDING
    with translation.override(change.language), transaction.atomic():
        items = list(
            ChangeItem.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(change=change, state=wanted)
            .order_by("pk")[:BATCH]
        )
        draft = _draft_of(change)
        for item in items:
            _work(_save_one if applying else _judge_one, change, item, draft)
    if not items and change.items.filter(state=wanted).exists():
        # Somebody else has them in hand and goes on from there.
        return False
    if ChangeItem.objects.filter(change=change, state=wanted).exists():
        return True
    _close(change, applying)
    return False


def _close(change: AuthenticationChange, applying: bool) -> None:
    """Nothing waits any more: ready to be applied, or finished, and then its password is not needed again."""
    fit = change.items.filter(state=ItemState.READY).exists()
    ended = applying or not fit
    with transaction.atomic():
        locked = AuthenticationChange.objects.select_for_update().get(pk=change.pk)
        if locked.state != change.state:
            return
        locked.state = ChangeState.FINISHED if ended else ChangeState.READY
        secret = locked.secret if ended else None
        if ended:
            locked.finished_at, locked.secret = timezone.now(), None
        locked.save(update_fields=["state", "finished_at", "secret"])
        if secret is not None:
            secret.delete()


def left_alone() -> list[int]:
    """Changes with work to do, whoever was rung for them; those nobody applied are forgotten on the way."""
    old = AuthenticationChange.objects.filter(state=ChangeState.READY, created_at__lt=timezone.now() - KEPT)
    for change in old.select_related("secret")[:BOUND]:
        with transaction.atomic():
            change.delete()
            if change.secret is not None:
                change.secret.delete()
    open_ones = AuthenticationChange.objects.filter(state__in=[ChangeState.JUDGING, ChangeState.APPLYING])
    return list(open_ones.order_by("pk").values_list("pk", flat=True)[:BOUND])


def _work(
    one: Callable[[AuthenticationChange, ChangeItem, Draft], None],
    change: AuthenticationChange,
    item: ChangeItem,
    draft: Draft,
) -> None:
    """A refusal, or a fault of our own, is this installation's alone."""
    try:
        with transaction.atomic():
            one(change, item, draft)
    except DatabaseError:
        raise
    except Refusal as refusal:
        _refuse(item, refusal)
    except Exception:
        log.exception("an installation could not be changed", change=change.pk, installation=item.installation_id)
        _refuse(item, Invalid("failed", _("The portal failed here: its operator finds the fault in the log.")))


def _judge_one(change: AuthenticationChange, item: ChangeItem, draft: Draft) -> None:
    installation = _installation(change, item)
    if installation is None:
        return
    judged = preview(installation=installation, draft=draft, policy=change.policy)
    standing = installation.revision
    assert standing is not None
    item.number = standing.number
    _note(item, judged)
    if (judged.settings or settings_of(draft)) == settings_of(standing) and _keeps(draft.password, standing.secret_id):
        item.state, item.findings = ItemState.SAME, []
    elif judged.problems:
        item.state = ItemState.REFUSED
    else:
        item.state = ItemState.READY
    item.save()


def _save_one(change: AuthenticationChange, item: ChangeItem, draft: Draft) -> None:
    installation = _installation(change, item)
    if installation is None:
        return
    try:
        with transaction.atomic():
            revision = save(
                installation=installation,
                draft=draft,
                actor=Actor(change.created_by, change.token),
                expected_number=item.number,
                acknowledged=change.acknowledged,
                policy=change.policy,
                note=change.note,
            )
    except Refused as refused:
        _note(item, refused.preview)
        item.state = ItemState.REFUSED
        item.save()
    else:
        item.state, item.rollout = ItemState.SAVED, revision.rollout
        item.save()


def _installation(change: AuthenticationChange, item: ChangeItem) -> Installation | None:
    """None: whoever asked may not set its mode (any more), which is written down."""
    actor = Actor(change.created_by, change.token)
    rows = Installation.objects.select_related("revision", "revision__secret")
    found = visible(rows, actor, Action.SET_AUTHENTICATION).filter(pk=item.installation_id).first()
    if found is None:
        _refuse(item, Invalid("no_right", _("You may not set the mode of this installation.")))
    else:
        require(actor, found, Action.SET_AUTHENTICATION)
    return found


def _refuse(item: ChangeItem, refusal: Refusal) -> None:
    item.state = ItemState.REFUSED
    item.findings = [
        {"level": "problem", "code": fault.code, "pointer": fault.pointer, "detail": told(fault.detail), "charger": ""}
        for fault in refusal.faults
    ]
    item.save()


def _note(item: ChangeItem, judged: Preview) -> None:
    def plain(finding: Finding) -> dict[str, Any]:
        return {
            "level": finding.level.value,
            "code": finding.code,
            "pointer": finding.pointer,
            "detail": told(finding.detail),
            "charger": finding.charger,
        }

    # One of each code first: what has to be acknowledged must have its words.
    first = {finding.code: finding for finding in reversed((*judged.problems, *judged.warnings))}
    rest = [finding for finding in (*judged.problems, *judged.warnings) if first[finding.code] is not finding]
    item.findings = [plain(finding) for finding in (*first.values(), *rest)][: max(MOST_FINDINGS, len(first))]
    item.warnings = sorted({finding.code for finding in judged.warnings})
    item.counts = asdict(judged.summary)


def told(text: Text) -> dict[str, str]:
    """The text in every language: whoever reads it later may have another one than who asked."""
    texts = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts[language] = str(text)
    return texts


def _kind(password: Password) -> str:
    if isinstance(password, NewPassword):
        return NEW
    return CLEAR if isinstance(password, ClearPassword) else KEEP


def _keeps(password: Password, standing_secret: int | None) -> bool:
    return isinstance(password, KeepPassword) or (isinstance(password, ClearPassword) and standing_secret is None)


def _draft_of(change: AuthenticationChange) -> Draft:
    password: Password = ClearPassword() if change.password == CLEAR else KeepPassword()
    if change.secret is not None:
        password = NewPassword(reveal(change.secret))
    return Draft(
        mode=change.mode,
        server_url=change.server_url,
        password=password,
        default_id_tag=change.default_id_tag,
        authorization_required=change.authorization_required,
        legacy_identity=change.legacy_identity,
    )
