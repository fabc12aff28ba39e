"""Files that are made while they are sent."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse


def stream_lines(request: HttpRequest, lines: Iterator[str], name: str) -> StreamingHttpResponse:
    """Under ASGI each part is made in a thread, so that a long file holds nobody else up."""
    content = _in_threads(lines) if isinstance(request, ASGIRequest) else lines
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(content, content_type="application/x-ndjson", headers=headers)


async def _in_threads(lines: Iterator[str]) -> AsyncIterator[str]:
    def another() -> str | None:
        return next(lines, None)

    while (some := await sync_to_async(another)()) is not None:
        yield some
