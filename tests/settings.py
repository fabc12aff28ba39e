"""The product's settings on embedded servers of the suite's own, or on those DATABASE_URL and REDIS_URL name.

Every run and every parallel worker has a database of its own, so that several runs may overlap.
"""

import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

os.environ.setdefault("PORTAL_DATA_DIR", str(ROOT / ".local" / "tests"))
os.environ.setdefault("EMBEDDED_DURABLE", "0")
os.environ.setdefault("DATABASE_POOL_SIZE", "0")
os.environ.setdefault("PORTAL_TEST_RUN", secrets.token_hex(4))
os.environ.setdefault("ALLOW_LOOPBACK_BACKENDS", "1")

from portal.embedded import Servers, data_dir, database_url, redis_url  # noqa: E402

servers: Servers | None = None
if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    servers = Servers(data_dir()).acquire()
    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or database_url()
    os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or redis_url()

from portal.settings import *  # noqa: E402, F403
from portal.settings import DATABASES  # noqa: E402

worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
DATABASES["default"]["TEST"] = {"NAME": f"test_{os.environ['PORTAL_TEST_RUN']}_{worker}"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
