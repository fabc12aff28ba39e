"""One door outward: whatever opens a connection stands in this table, with what it connects to."""

import ast
from pathlib import Path

import pytest

from tests.architecture.test_tree import PRODUCT, ROOT

# What a module may connect to, and why it is not a server that people name.
DOORS = {
    "gateway/bridge/dial.py": "servers that people name: the door itself",
    "installations/webhooks/dial.py": "receivers of webhooks: the door itself",
    "gateway/simulator/dial.py": "central systems, as simulated chargers",
    "portal/management/commands/demo.py": "the demo's own web process and database",
    "portal/embedded/keeper.py": "the embedded PostgreSQL",
    "chargers/links/registry.py": "Redis",
    "gateway/commands.py": "Redis",
}
# Functions that open a connection, by their last name, and what they belong to where that name is a common word.
OPENING = {
    "ws_connect", "create_connection", "open_connection", "create_unix_connection", "open_unix_connection",
    "sock_connect", "connect_ex", "urlopen", "from_url", "create_datagram_endpoint", "socketpair",
}  # fmt: skip
OWNERS = {
    "connect": {"psycopg", "websockets", "client", "asyncpg"},
    "socket": {"socket"},
    "Redis": {"redis", "asyncio"},
    "get": {"requests", "httpx"},
    "post": {"requests", "httpx"},
    "request": {"requests", "httpx"},
    "Connection": {"http", "redis"},
}
# Nothing of the product needs these: a client that is imported is used one day.
CLIENTS = {
    "requests", "httpx", "aiohttp", "urllib3", "http.client", "urllib.request", "smtplib", "ftplib", "paramiko",
    "websockets.client", "websockets.sync.client", "websockets.asyncio.client", "picows.websockets.client", "telnetlib",
}  # fmt: skip


def opens(tree: ast.Module) -> set[str]:
    """Names of what opens connections in a module: calls, and imports of clients or of the opening functions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & CLIENTS
        elif isinstance(node, ast.ImportFrom):
            modules = {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
            found |= modules & CLIENTS
            found |= {alias.name for alias in node.names} & OPENING
        elif isinstance(node, ast.Call):
            name, owner = _called(node.func)
            if name in OPENING or owner in OWNERS.get(name, ()):
                found.add(name)
    return found


def _called(function: ast.expr) -> tuple[str, str]:
    if isinstance(function, ast.Name):
        return function.id, ""
    if not isinstance(function, ast.Attribute):
        return "", ""
    owner = function.value
    return function.attr, owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")


def test_nothing_but_the_doors_opens_a_connection() -> None:
    found = {str(path.relative_to(ROOT)): opens(ast.parse(path.read_text())) for path in PRODUCT}
    assert {name: what for name, what in found.items() if what and name not in DOORS} == {}


@pytest.mark.parametrize("name", DOORS)
def test_every_door_of_the_table_is_one(name: str) -> None:
    assert opens(ast.parse((ROOT / name).read_text()))


@pytest.mark.parametrize(
    "source",
    [
        "import requests",
        "from http import client",
        "import socket\nsocket.socket()",
        "import asyncio\nasync def f(): await asyncio.open_connection('x', 1)",
        "async def f(loop): await loop.create_connection(None, 'x', 1)",
        "from urllib.request import urlopen",
        "import redis\nredis.Redis(host='x')",
        "from picows import ws_connect",
        "from websockets.asyncio.client import connect",
    ],
)
def test_the_search_finds_a_way_out(source: str) -> None:
    assert opens(ast.parse(source))


def test_the_transport_listens_and_never_dials() -> None:
    """It takes its library by name; of that, only what a server needs."""
    text = Path(ROOT / "gateway/transport.py").read_text()
    assert ".client" not in text
