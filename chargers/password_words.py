"""What a person is told of a change of a link password. Pure."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

# State to look, symbol, short word and sentence.
WORDS: Mapping[str, tuple[str, str, Any, Any]] = {
    "waiting": (
        "wait", "hourglass-split", _("waiting"),
        _("It is sent as soon as the charger is online and idle and no setting is being pushed to it."),
    ),
    "sent": ("busy", "arrow-repeat", _("being sent"), _("The charger has been told; its answer is awaited.")),
    "accepted": (
        "wait", "hourglass-split", _("accepted"),
        _("The charger took it. Both passwords work until it signs in with the new one."),
    ),
    "proven": ("good", "check-circle-fill", _("in use"), _("The charger has signed in with it; the old one is void.")),
    "refused": ("bad", "x-circle-fill", _("refused"), _("The charger refused it and keeps the one it has.")),
    "unknown": (
        "wait", "question-circle", _("no answer"),
        _("The charger gave no answer. Both passwords work until one was shown: wait until it connects again."),
    ),
    "handed_out": ("wait", "pencil", _("handed out"), _("It was shown to somebody, to be entered at the charger.")),
    "cancelled": ("off", "x-circle-fill", _("cancelled"), _("It was taken back; nothing was sent.")),
}  # fmt: skip
