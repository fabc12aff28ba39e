"""One cell of a charge card file: what people and spreadsheets write for a date and a yes, and safe text. Pure."""

import re
from datetime import date, datetime, time, timedelta, tzinfo

YES = frozenset({"yes", "true", "1", "x", "y", "ja", "wahr", "j"})
NO = frozenset({"no", "false", "0", "n", "nein", "falsch", "nei"})
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
# What a spreadsheet makes of a long number in a cell that is not text.
SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
# A spreadsheet takes such a cell for a formula; the wide forms too, in some languages.
DANGEROUS = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def read_flag(text: str) -> bool | None:
    """None: neither yes nor no."""
    word = text.strip().lower()
    return True if word in YES else False if word in NO else None


def read_expiry(text: str, zone: tzinfo) -> datetime | None:
    """The moment a card ends; a day alone lasts to its end. Without an offset the time is ``zone``'s.

    Raises ValueError for what is no date, and for the order month/day/year, which nobody can tell from day/month.
    """
    text = text.strip()
    if not text:
        return None
    if day := ISO_DAY.fullmatch(text):
        return _end_of(date(int(day[1]), int(day[2]), int(day[3])), zone)
    if dotted := DOTTED.fullmatch(text):
        named = date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        if dotted[4] is None:
            return _end_of(named, zone)
        return datetime.combine(named, time(int(dotted[4]), int(dotted[5]), int(dotted[6] or 0)), zone)
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def write_expiry(at: datetime | None, zone: tzinfo) -> str:
    """Readable by ``read_expiry`` wherever the file goes."""
    return "" if at is None else at.astimezone(zone).isoformat(timespec="seconds")


def protect(text: str) -> str:
    """A cell that no spreadsheet runs as a formula: an apostrophe before what would start one."""
    return f"'{text}" if DANGEROUS.match(text) else text


def unprotect(text: str) -> str:
    """What ``protect`` was given."""
    return text[1:] if text.startswith("'") and DANGEROUS.match(text) else text


def looks_scientific(text: str) -> bool:
    return SCIENTIFIC.fullmatch(text.strip()) is not None


def _end_of(day: date, zone: tzinfo) -> datetime:
    try:
        return datetime.combine(day + timedelta(days=1), time(), zone)
    except OverflowError as error:
        raise ValueError("the calendar ends here") from error
