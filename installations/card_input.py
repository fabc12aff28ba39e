"""Judges what a person, script or file says about a charge card, before anything is looked up. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.refusals import Fault, Text
from installations.id_tag import is_id_tag, normal_id_tag

LONGEST_TEXT = 100
FIELDS = ("id_tag", "holder", "label", "expires_at", "blocked", "parent_id_tag")
TAGS = ("id_tag", "parent_id_tag")
TEXTS = ("holder", "label")
YEARS = range(2000, 3000)

TOO_LONG: Mapping[str, Text] = {
    "holder": _("A holder has at most 100 characters: shorten it."),
    "label": _("A label has at most 100 characters: shorten it."),
}
NOT_ONE_LINE: Mapping[str, Text] = {
    "holder": _("A holder is one line without control characters: write it anew."),
    "label": _("A label is one line without control characters: write it anew."),
}
WRONG_TAG: Mapping[str, Text] = {
    "id_tag": _("A card's number has 1 to 20 printable ASCII characters: write it as the charger shows it."),
    "parent_id_tag": _("A group has 1 to 20 printable ASCII characters: shorten it, or leave it empty."),
}


@dataclass(frozen=True)
class CardLine:
    """One line of an import. ``values`` holds the fields the line names, out of FIELDS; what it leaves out stays.

    ``number`` is the line as a person counts it (a spreadsheet's row, or the place in a list, from 1).
    """

    number: int
    values: Mapping[str, Any]
    faults: tuple[Fault, ...] = field(default=())


def normal_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Tags in capitals, texts without white space around; only what is given."""
    found = dict(values)
    found |= {name: normal_id_tag(values[name]) for name in TAGS if name in values}
    return found | {name: values[name].strip() for name in TEXTS if name in values}


def card_faults(values: Mapping[str, Any], *, index: int | None = None) -> Iterator[Fault]:
    """What is wrong with normal values. ``id_tag`` is judged where it is given; whether it must be is the caller's."""
    for name in TAGS:
        text = values.get(name)
        empty_is_right = name == "parent_id_tag" and text == ""
        if text is not None and not empty_is_right and not is_id_tag(text):
            yield Fault("id_tag", WRONG_TAG[name], f"/{name}", index)
    for name in TEXTS:
        text = values.get(name, "")
        if len(text) > LONGEST_TEXT:
            yield Fault("too_long", TOO_LONG[name], f"/{name}", index)
        if not text.isprintable():
            yield Fault("not_one_line", NOT_ONE_LINE[name], f"/{name}", index)
    expires_at: datetime | None = values.get("expires_at")
    if expires_at is not None and expires_at.year not in YEARS:
        yield Fault("range", _("The year of a card's end lies from 2000 to 2999: check it."), "/expires_at", index)
