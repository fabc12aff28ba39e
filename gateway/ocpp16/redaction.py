"""Takes secrets out of a frame, so that what is left may be kept and shown.

A secret is known by the name beside it (``AuthorizationKey``, ``WifiPassword``, ``simPin`` ...), wherever that name
stands: as a member, as the key of a configuration entry, in JSON inside of a text, or as ``name=value`` in a text.
Also what stands before the ``@`` or behind the ``?`` of a URL, the words after Basic and Bearer, and private keys.
Of an address to fetch from or upload to (``location``) only scheme and host stay: its path may be all that protects it.
Too much is taken out rather than too little.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

REMOVED = "[removed]"

_STEMS = ("pass", "secret", "token", "pwd", "psk", "credential", "wpa", "puk")
_KEYS = ("authorizationkey", "privatekey", "apikey", "accesskey", "sharedkey")
_SHORT = frozenset({"pin", "pw"})
_NO_SECRET_KEYS = frozenset({"key", "configurationkey", "unknownkey", "publickey"})
# Text without any of these (in lower case) holds nothing to take out.
_MARKS = (*_STEMS, "key", "pin", "pw", "\\u", "\\/", "://", "diagnostics/", "basic ", "bearer ")
# Digits make no mark. Most frames of a charger differ in their digits only, so that one look-up clears them.
_DIGITS = b"0123456789"
_MOST_KNOWN, _LONGEST_KNOWN = 4096, 2048
_known_clean: set[bytes] = set()

# Members that name what a value beside them is; the rest of such an object is its value.
_NAMING = frozenset({"key", "name", "variable", "parameter", "setting", "option", "field", "messageid"})
_BESIDE = _NAMING | {"readonly", "status", "vendorid", "connectorid"}

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_URL = re.compile(r"://\S*@")
_QUERY = re.compile(r"(://[^\s?#\"']*)[?#][^\s\"']+")
_PLACES = frozenset({"location", "remotelocation"})
_PLACE = re.compile(r"(\w+://)(?:[^/@\s]*@)?([^/?#\s]*)[/?#].+", re.DOTALL)
# Addresses of our own for uploads, wherever a charger repeats them.
_UPLOAD = re.compile(r"(diagnostics/)[\w-]{20,}")
_LOGIN = re.compile(r"(?i)\b(basic|bearer)\s+\S+")
_PAIR = re.compile(r"""([\w.\-]+)(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s;,&"'{}\[\]]+)""")

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def redact(text: str) -> str:
    """The same text where it holds no secret. What might and is no JSON is taken out as a whole."""
    skeleton = text.encode(errors="replace").translate(None, _DIGITS)
    if skeleton in _known_clean:
        return text
    lower = skeleton.decode().lower()
    if not any(mark in lower for mark in _MARKS):
        _keep_clean(skeleton)
        return text
    try:
        value = _decode(text)
        cleaned = _clean(value)
        return text if cleaned == value else _encode(cleaned).decode()
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError, ValueError):
        return REMOVED


def _keep_clean(skeleton: bytes) -> None:
    if len(skeleton) <= _LONGEST_KNOWN:
        if len(_known_clean) >= _MOST_KNOWN:
            _known_clean.clear()
        _known_clean.add(skeleton)


def says_secret(name: str) -> bool:
    """Whether a value of this name is a secret."""
    lower = name.lower()
    if any(stem in lower for stem in _STEMS) or any(key in lower for key in _KEYS):
        return True
    if lower.rstrip("0123456789_-. ").endswith("key") and lower not in _NO_SECRET_KEYS:
        return True
    return bool(("pin" in lower or "pw" in lower) and _SHORT & {word.lower() for word in _WORDS.findall(name)})


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, dict):
        return _clean_object(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def _clean_object(value: Mapping[str, Any]) -> dict[str, Any]:
    named = any(isinstance(item, str) and name.lower() in _NAMING and says_secret(item) for name, item in value.items())
    return {
        name: _remove(item) if says_secret(name) or (named and name.lower() not in _BESIDE) else _member(name, item)
        for name, item in value.items()
    }


def _member(name: str, value: Any) -> Any:
    cleaned = _clean(value)
    if isinstance(cleaned, str) and name.lower() in _PLACES:
        return _PLACE.sub(rf"\1\2/{REMOVED}", cleaned)
    return cleaned


def _remove(value: Any) -> Any:
    """That a secret is absent or empty, or whether there is one, is no secret."""
    return value if value is None or isinstance(value, bool) or value == "" else REMOVED


def _clean_text(text: str) -> str:
    if text[:1] in "{[" and text:
        try:
            inner = _decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError):
            pass
        else:
            cleaned = _clean(inner)
            return text if cleaned == inner else _encode(cleaned).decode()
    if "PRIVATE KEY" in text:
        return REMOVED
    text = _LOGIN.sub(rf"\1 {REMOVED}", text)
    if "diagnostics/" in text:
        text = _UPLOAD.sub(rf"\1{REMOVED}", text)
    if "://" in text:
        text = _QUERY.sub(rf"\1?{REMOVED}", _URL.sub(f"://{REMOVED}@", text))
    return _PAIR.sub(_clean_pair, text) if "=" in text or ":" in text else text


def _clean_pair(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    return f"{name}{between}{REMOVED}" if says_secret(name) and value != REMOVED else found[0]
