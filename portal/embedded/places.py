"""Where the embedded servers keep their data and sockets: known without starting anything."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import quote

from portal.env import BASE_DIR, env

# A Unix socket's address holds 104 bytes on macOS and 108 on Linux; PostgreSQL appends its own name.
LONGEST_SOCKET_FOLDER = 80


def data_dir() -> Path:
    path = Path(env.text("PORTAL_DATA_DIR", str(BASE_DIR / ".local"))).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def socket_dir(data: Path) -> Path:
    """The folder of both sockets: inside the data folder, or in the system's temporary folder when its path is long."""
    inside = data / "run"
    if len(str(inside)) <= LONGEST_SOCKET_FOLDER:
        return inside
    name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"portal-{os.getuid()}-{name}"


def database_url(data: Path | None = None) -> str:
    return f"postgresql://postgres@/postgres?host={quote(str(socket_dir(data or data_dir())))}"


def redis_url(data: Path | None = None) -> str:
    return f"unix://{socket_dir(data or data_dir()) / 'valkey.sock'}"


def local_secret(name: str) -> str:
    """A random secret of this machine, made once and kept in the data folder; empty in production."""
    if env.flag("PORTAL_PRODUCTION"):
        return ""
    path = data_dir() / "secrets" / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
