"""A file is made while it is sent: part by part, under either kind of server."""

from io import BytesIO

from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from chargers.streams import stream_lines


async def test_under_asgi_the_parts_come_from_a_thread() -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    answer = stream_lines(ASGIRequest(scope, BytesIO()), iter(["a\n", "b\n"]), "x.ndjson")
    assert answer.is_async
    assert [part async for part in answer] == [b"a\n", b"b\n"]


def test_elsewhere_they_come_one_by_one() -> None:
    made = []

    def lines() -> object:
        for text in ("a\n", "b\n"):
            made.append(text)
            yield text

    answer = stream_lines(RequestFactory().get("/"), lines(), "x.ndjson")  # type: ignore[arg-type]
    parts = iter(answer)
    assert next(parts) == b"a\n"
    assert made == ["a\n"]
