"""Reads the environment. docs/settings.md explains every variable; a test holds the two together."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Env:
    """Typed access to one mapping of environment variables; a wrong value names the variable and the repair."""

    values: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        raw = self.text(name).lower()
        if raw == "":
            return default
        if raw in {"1", "true", "yes", "on"}:
            return True
        if raw in {"0", "false", "no", "off"}:
            return False
        raise ImproperlyConfigured(f"{name}={raw!r} is neither true nor false: write 1 or 0.")

    def number(self, name: str, default: int) -> int:
        raw = self.text(name)
        if raw == "":
            return default
        try:
            return int(raw)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.") from error

    def words(self, name: str) -> list[str]:
        return [word for word in self.text(name).replace(",", " ").split() if word]


def database_settings(url: str, *, pool_size: int = 0) -> dict[str, object]:
    """Turn ``postgresql://user:password@host:port/name?host=/socket/dir`` into Django's DATABASES entry.

    What else stands after the ``?`` is libpq's, like ``sslmode=verify-full``. ``pool_size`` 0: no pool.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql:// (PostgreSQL is the only database).")
    query = parse_qs(parts.query)
    options: dict[str, object] = {name: values[0] for name, values in query.items() if name != "host"}
    if pool_size:
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


env = Env(os.environ)
