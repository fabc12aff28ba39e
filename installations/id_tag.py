"""The form of a charge card's number (OCPP's CiString20). Pure."""

import re

LONGEST = 20
# Printable ASCII in capitals, no space at the ends; PostgreSQL reads it the same way.
FORM = r"^[!-`{-~]([ -`{-~]{0,18}[!-`{-~])?$"

_FORM = re.compile(FORM.removeprefix("^").removesuffix("$"))


def normal_id_tag(text: str) -> str:
    """Capitals without white space around: tags are compared case-insensitively.

    Only ASCII is turned: some other letters have capitals in ASCII and would become somebody else's tag.
    """
    return text.strip().upper() if text.isascii() else text.strip()


def marker_tag(installation_id: int) -> str:
    """Under which the portal starts cars at an installation where everybody may charge. No card has it by chance."""
    return f"PORTAL-FREE-{installation_id % 10**8:08}"


def is_id_tag(text: str) -> bool:
    """Whether a normal tag can be the number of a card."""
    return text.isascii() and _FORM.fullmatch(text) is not None
