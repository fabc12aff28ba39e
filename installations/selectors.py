"""What pages and API read about installations. Every list costs the same few queries however many rows it has."""

from django.db.models import Q, QuerySet

from accounts.actor import Who
from accounts.permissions import Action
from installations.access import visible
from installations.models import AuthenticationRevision, Circuit, Grant, Installation

INSTALLATION_ORDER = ("name", "id")
REVISION_ORDER = ("-number",)


def list_installations(
    who: Who,
    *,
    search: str = "",
    mode: str = "",
    network_type: str = "",
    action: Action = Action.VIEW,
    besides: int | None = None,
) -> QuerySet[Installation]:
    """Installations on which ``who`` may do ``action``, with their revision. ``search``: in name and address.

    ``besides``: the id of one to leave out.
    """
    rows = visible(Installation.objects.select_related("revision"), who, action)
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(address__icontains=search))
    if besides is not None:
        rows = rows.exclude(pk=besides)
    if mode:
        rows = rows.filter(revision__mode=mode)
    if network_type:
        rows = rows.filter(network_type=network_type)
    return rows.order_by(*INSTALLATION_ORDER)


def find_installation(who: Who, installation_id: int) -> Installation | None:
    """None: foreign or nonexistent, which nobody can tell apart."""
    if installation_id > 2**63 - 1:
        return None
    rows = visible(Installation.objects.select_related("revision", "revision__secret"), who, Action.VIEW)
    return rows.filter(pk=installation_id).first()


def list_circuits(installation: Installation) -> QuerySet[Circuit]:
    return Circuit.objects.filter(installation=installation).order_by("name", "id")


def list_grants(installation: Installation) -> QuerySet[Grant]:
    """Grants of one installation, expired ones too, with the person or organisation."""
    return (
        Grant.objects.filter(installation=installation)
        .select_related("user", "organisation", "created_by")
        .order_by("id")
    )


def list_revisions(installation: Installation) -> QuerySet[AuthenticationRevision]:
    """The history, newest first, with author and secret (its fingerprint; the password stays encrypted)."""
    rows = AuthenticationRevision.objects.filter(installation=installation)
    return rows.select_related("author", "secret").order_by(*REVISION_ORDER)


def find_revision(installation: Installation, number: int) -> AuthenticationRevision | None:
    return list_revisions(installation).filter(number=number).first()


def revisions_since(installation: Installation, number: int) -> QuerySet[AuthenticationRevision]:
    """What was published after ``number``, newest first; a handful at most."""
    return list_revisions(installation).filter(number__gt=number)[:5]
