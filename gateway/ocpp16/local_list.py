"""What must be sent to a charger so that its local authorisation list holds the cards that decide at its site. Pure.

The list has a version: a differential update counts only on top of the version we know, everything else is sent in
full. What does not fit into one message follows as differential updates of their own, each with a higher version.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from gateway.clock import write_time
from gateway.ocpp16.vocabulary import AuthorizationStatus

HIGHEST_VERSION = 2**31 - 1
NO_LIST, NOT_SUPPORTED = 0, -1
KEYS = ("LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength", "SupportedFeatureProfiles")
MOST_IN_MESSAGE = 500  # a frame stays below 64 KiB, whatever a charger claims

# Status, expiry date as OCPP writes it or nothing, group.
type Entry = tuple[str, str, str]
type Entries = Mapping[str, Entry]


class Card(msgspec.Struct, frozen=True):
    """A card that decides at the site."""

    id_tag: str
    blocked: bool = False
    expires_at: datetime | None = None
    parent_id_tag: str = ""


class Limits(msgspec.Struct, frozen=True):
    """How many cards a charger takes in one message, and in all. ``enabled``: it uses its list."""

    in_message: int
    in_all: int
    enabled: bool


class Held(msgspec.Struct, frozen=True):
    """What a charger was sent and has accepted."""

    version: int
    entries: Entries


class Step(msgspec.Struct, frozen=True):
    """A SendLocalList request; ``after``: what the charger holds once it has accepted it."""

    payload: dict[str, Any]
    after: Entries


def read_limits(reported: Mapping[str, str | None]) -> Limits | None:
    """From what a charger says of ``KEYS``; None: it has no local list."""
    said = {name.lower(): value or "" for name, value in reported.items()}
    profiles = {word.strip().lower() for word in said.get("supportedfeatureprofiles", "").split(",")}
    enabled = said.get("localauthlistenabled")
    if "localauthlistmanagement" not in profiles or enabled is None:
        return None
    in_message, in_all = _number(said.get("sendlocallistmaxlength")), _number(said.get("localauthlistmaxlength"))
    if not in_message or not in_all:
        return None
    return Limits(min(in_message, MOST_IN_MESSAGE), in_all, enabled.strip().lower() == "true")


def digest_of(entries: Entries, left_out: int) -> bytes:
    return sha256(msgspec.json.encode((left_out, sorted(entries.items())))).digest()


def entries_for(cards: Iterable[Card], most: int) -> tuple[dict[str, Entry], int]:
    """The list a charger should hold, and how many cards have no place in it: usable ones come first.

    An expired card stays Accepted with its date: when it ends is for the charger to see, so that time changes nothing.
    """
    ordered = sorted(cards, key=lambda card: (card.blocked, card.id_tag))
    return {card.id_tag: _entry(card) for card in ordered[:most]}, max(0, len(ordered) - most)


def plan(wanted: Entries, held: Held | None, version: int, in_message: int) -> tuple[Step, ...]:
    """``version``: what the charger says it has. ``held`` counts only if that is the version it was sent."""
    if held is not None and held.version == version and version > NO_LIST and (wanted or not held.entries):
        steps = tuple(_differential(wanted, held, in_message))
        if not steps or (len(steps) <= _count(len(wanted), in_message) and version + len(steps) <= HIGHEST_VERSION):
            return steps
    if version == NO_LIST and not wanted:
        return ()
    return tuple(_full(wanted, max(version, held.version if held else 0, 0), in_message))


def _full(wanted: Entries, last: int, in_message: int) -> Iterator[Step]:
    tags = sorted(wanted)
    parts = _parts(tags, in_message) or [[]]
    first = last + 1 if last + len(parts) <= HIGHEST_VERSION else 1
    after: dict[str, Entry] = {}
    for number, part in enumerate(parts):
        after = {**after, **{tag: wanted[tag] for tag in part}}
        kind = "Differential" if number else "Full"
        yield Step(_request(first + number, kind, [_data(tag, wanted[tag]) for tag in part]), after)


def _differential(wanted: Entries, held: Held, in_message: int) -> Iterator[Step]:
    """Removals first, so that the list never outgrows its charger."""
    gone = sorted(held.entries.keys() - wanted.keys())
    changed = sorted(tag for tag, entry in wanted.items() if tag in held.entries and held.entries[tag] != entry)
    new = sorted(wanted.keys() - held.entries.keys())
    after = dict(held.entries)
    for number, part in enumerate(_parts([*gone, *changed, *new], in_message), start=1):
        for tag in part:
            if tag in wanted:
                after[tag] = wanted[tag]
            else:
                del after[tag]
        data = [_data(tag, wanted.get(tag)) for tag in part]
        yield Step(_request(held.version + number, "Differential", data), dict(after))


def _request(version: int, kind: str, data: list[dict[str, Any]]) -> dict[str, Any]:
    return {"listVersion": version, "updateType": kind, "localAuthorizationList": data}


def _data(tag: str, entry: Entry | None) -> dict[str, Any]:
    """AuthorizationData (7.3); without an entry the tag is removed."""
    if entry is None:
        return {"idTag": tag}
    status, expires, parent = entry
    info = {"status": status, "expiryDate": expires, "parentIdTag": parent}
    return {"idTag": tag, "idTagInfo": {name: text for name, text in info.items() if text}}


def _entry(card: Card) -> Entry:
    status = AuthorizationStatus.BLOCKED if card.blocked else AuthorizationStatus.ACCEPTED
    expires = write_time(card.expires_at.timestamp()) if card.expires_at is not None else ""
    return status.value, expires, card.parent_id_tag[:20]


def _parts(tags: Sequence[str], size: int) -> list[list[str]]:
    return [list(tags[start : start + size]) for start in range(0, len(tags), size)]


def _count(cards: int, in_message: int) -> int:
    return max(1, -(-cards // in_message))


def _number(text: str | None) -> int:
    text = (text or "").strip()
    return int(text[:9]) if text.isascii() and text.isdigit() else 0
