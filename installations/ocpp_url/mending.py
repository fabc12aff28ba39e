"""The URL a person most likely meant: the usual slips put right, as text. Pure.

A guess only: whoever offers it lets the parser judge it first.
"""

import re

from installations.ocpp_url.characters import DOTS, is_unseen

PLACEHOLDER = "{deviceId}"

_SCHEME = re.compile(r"(wss?|https?)(?::/*|/{2,})", re.IGNORECASE)
_USER = re.compile(r"(wss?://)[^/@.:]*:[^/@]*@")
_MEANT = re.compile(
    r"(?:\$?\{+|%7[Bb]|<+)[\w .-]*(?:\}+|%7[Dd]|>+)|%s(?![0-9A-Fa-f])|(?<=/)[$:]device[_-]?id(?=/|$)",
    re.IGNORECASE | re.ASCII,
)


def mended(text: str, *, placeholder_needed: bool) -> str:
    """``text`` with scheme, slashes, placeholder and invisible characters repaired; empty where no guess is fair."""
    text = "".join(c for c in text.strip() if c in " \t\r\n" or not is_unseen(c))
    text = text.replace("\\", "/").translate({ord(dot): "." for dot in DOTS})
    text = re.split(r"[?#]", text, maxsplit=1)[0]
    scheme = _SCHEME.match(text)
    if scheme:
        text = f"{'ws' if scheme[1].lower() == 'ws' else 'wss'}://{text[scheme.end() :]}"
    elif "://" in text:
        return ""
    else:
        text = f"wss://{text.lstrip('/')}"
    text = _MEANT.sub(PLACEHOLDER, _USER.sub(r"\1", text))
    if placeholder_needed and PLACEHOLDER not in text:
        text = f"{text.rstrip('/')}/{PLACEHOLDER}"
    return text
