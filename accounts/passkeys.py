"""Passkeys (WebAuthn): sign in without a password, or as the second step beside it.

The device proves that it holds the private half by signing a challenge of ours, which counts once; it must have asked
its owner for finger, face or PIN, so that a passkey is both steps at once.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts import audit
from accounts.models import Passkey, User
from accounts.refusals import Conflict, Invalid
from accounts.second_factor import forget_codes_of_nothing

MOST_PASSKEYS = 20
RP_NAME = "Charge Portal"


@dataclass(frozen=True)
class Place:
    """Where the browser stands: a passkey belongs to ``host`` (without port), and only ``origin`` may use it."""

    host: str
    origin: str


def list_passkeys(user: User) -> QuerySet[Passkey]:
    return Passkey.objects.filter(user=user)


def options_for_new(user: User, place: Place, challenge: bytes) -> str:
    """JSON for the browser's ``create``."""
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=RP_NAME,
        user_id=f"person-{user.pk}".encode(),
        user_name=user.email,
        user_display_name=str(user),
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_described(list_passkeys(user)),
    )
    return options_to_json(options)


def add_passkey(*, user: User, name: str, credential: str, place: Place, challenge: bytes) -> Passkey:
    """``credential``: the browser's answer, JSON. Raises Invalid, Conflict."""
    if list_passkeys(user).count() >= MOST_PASSKEYS:
        raise Conflict("passkeys_many", _("You have 20 passkeys already: remove one first."))
    try:
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise Invalid("passkey", _("The passkey could not be checked: try again.")) from error
    try:
        with transaction.atomic():
            passkey = Passkey.objects.create(
                user=user,
                name=name.strip()[:60] or RP_NAME,
                credential_id=found.credential_id,
                public_key=found.credential_public_key,
                sign_count=found.sign_count,
            )
            audit.record(user, "passkey_added", user, after={"name": passkey.name})
    except IntegrityError as error:
        raise Conflict("passkey_known", _("This passkey is known already.")) from error
    return passkey


def options_for_sign_in(place: Place, challenge: bytes, *, user: User | None) -> str:
    """JSON for the browser's ``get``. ``user`` None: the device knows who it is."""
    options = generate_authentication_options(
        rp_id=place.host,
        challenge=challenge,
        allow_credentials=[] if user is None else _described(list_passkeys(user)),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def who_signs(*, credential: str, credential_id: str, place: Place, challenge: bytes, user: User | None) -> User | None:
    """Whose passkey signed the challenge. ``user``: it must be theirs. None: nobody's that is active."""
    try:
        rows = Passkey.objects.select_related("user").filter(credential_id=base64url_to_bytes(credential_id))
        passkey = rows.first()
        if passkey is None or not passkey.user.is_active or (user is not None and passkey.user_id != user.pk):
            return None
        found = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return None
    same = Passkey.objects.filter(pk=passkey.pk, sign_count=passkey.sign_count)
    used = same.update(sign_count=found.new_sign_count, last_used_at=timezone.now())
    return passkey.user if used else None


@transaction.atomic
def remove_passkey(*, user: User, pk: int) -> bool:
    """False: there is none."""
    passkey = list_passkeys(user).filter(pk=pk).first()
    if passkey is None:
        return False
    passkey.delete()
    audit.record(user, "passkey_removed", user, before={"name": passkey.name})
    forget_codes_of_nothing(user)
    return True


def _described(rows: QuerySet[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=bytes(row.credential_id)) for row in rows]
