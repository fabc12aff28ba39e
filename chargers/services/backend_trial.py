"""Tries a backend as one charger would meet it, before anything is saved: asked here, done by a gateway."""

from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from accounts.actor import Who
from accounts.limits import hit
from accounts.refusals import Fault, Invalid, Throttled
from chargers.models import Charger, GatewayRequest, UpstreamLink
from chargers.request_states import PasswordUse, RequestKind
from chargers.services.asking import any_node, ask
from chargers.services.authentication import draft_of
from installations.authentication import CLOUD, NATIVE, ClearPassword, Draft, NewPassword, Site, review
from installations.doors import configured_doors
from installations.models import Installation, Secret
from installations.ocpp_url.identity import CHARGER_POINTER, ChargerUrl, Endpoint

# Resolving 3 s, connecting 5 s to each address, shaking hands 10 s, and that once more for a key's second form.
SECONDS = 40.0
MINUTE = 60
TESTS_OF_INSTALLATION, TESTS_OF_BACKEND = 10, 20


def try_backend(
    *, installation: Installation, draft: Draft, actor: Who, device_id: str = "", reason: str = ""
) -> GatewayRequest:
    """Raises Invalid where the draft, or the choice of the charger, leaves nothing to dial; Throttled for too many."""
    if draft.mode == NATIVE:
        raise Invalid("no_backend", _("In native mode there is no backend to test."), pointer="/mode")
    charger = _charger(installation, device_id)
    endpoint = _endpoint(installation, draft, charger)
    assert endpoint.dialled_url is not None
    host = urlsplit(endpoint.dialled_url).hostname or ""
    for subject, limit in ((f"site:{installation.pk}", TESTS_OF_INSTALLATION), (f"host:{host}", TESTS_OF_BACKEND)):
        verdict = hit(f"backend-test:{subject}", limit=limit, window_seconds=MINUTE)
        if not verdict.allowed:
            detail = _("Too many tests of this backend: wait a minute, then try again.")
            raise Throttled("too_many_tests", detail, retry_seconds=verdict.reset_seconds)
    password, secret = _password(installation, draft, charger, endpoint.dialled_url)
    return ask(
        kind=RequestKind.BACKEND_TEST,
        installation=installation,
        charger=charger,
        node=any_node(),
        payload={
            "url": endpoint.dialled_url,
            "identity": endpoint.identity,
            "mode": draft.mode,
            "password": password,
        },
        seconds=SECONDS,
        actor=actor,
        secret=secret,
        password=draft.password.text if isinstance(draft.password, NewPassword) else "",
        reason=reason,
        told={"host": host},
    )


def _charger(installation: Installation, device_id: str) -> Charger:
    rows = Charger.objects.filter(installation=installation)
    if device_id:
        found = rows.filter(device_id=device_id.strip().upper()).first()
        if found is None:
            detail = _("There is no charger with this serial number in this installation.")
            raise Invalid("unknown_charger", detail, pointer="/device_id")
        return found
    found = rows.order_by("device_id").first()
    if found is None:
        detail = _("The test signs in as one of the installation's chargers: register one first.")
        raise Invalid("no_charger", detail, pointer="/device_id")
    return found


def _endpoint(installation: Installation, draft: Draft, charger: Charger) -> Endpoint:
    """What the charger would dial; the draft's own problems, and those of this charger, are raised."""
    standing = installation.revision
    judged = review(
        draft,
        Site(
            chargers=[ChargerUrl(charger.device_id, charger.server_url)],
            password_set=bool(standing and standing.secret_id),
            current_mode=standing.mode if standing else NATIVE,
            usable_cards=1,
            doors=configured_doors(),
        ),
    )
    if judged.problems:
        faults = [Fault(problem.code, problem.detail, problem.pointer) for problem in judged.problems]
        raise Invalid(faults[0].code, faults[0].detail, pointer=faults[0].pointer, faults=faults)
    endpoint = judged.endpoints[0]
    if endpoint.dialled_url is None:
        raise Invalid("no_url", _("There is no URL for this charger: set one."), pointer=CHARGER_POINTER)
    return endpoint


def _password(
    installation: Installation, draft: Draft, charger: Charger, url: str
) -> tuple[PasswordUse, Secret | None]:
    """A kept password goes only where it would go today: nobody learns it by pointing a test at a server of theirs."""
    if isinstance(draft.password, NewPassword):
        return PasswordUse.TYPED, None
    standing = installation.revision
    if isinstance(draft.password, ClearPassword) or standing is None or standing.secret is None:
        return PasswordUse.NONE, None
    if _origin(url) != _standing_origin(installation, draft_of(standing), charger):
        return PasswordUse.WITHHELD, None
    if draft.mode == CLOUD:
        # The one this very backend has given the charge point since.
        given = UpstreamLink.objects.select_related("secret", "candidate").filter(charger=charger, url=url).first()
        if given is not None and (given.candidate or given.secret):
            return PasswordUse.KEPT, given.candidate or given.secret
    return PasswordUse.KEPT, standing.secret


def _standing_origin(installation: Installation, standing: Draft, charger: Charger) -> tuple[str, str]:
    try:
        return _origin(_endpoint(installation, standing, charger).dialled_url or "")
    except Invalid:
        return "", ""


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
