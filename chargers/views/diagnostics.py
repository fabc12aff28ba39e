"""Files of chargers for their makers: taken from whoever holds the address, handed out to who may command the charger.

Chargers have no session: the token of the address is all they show. It comes in a header that ``portal.bodies`` makes
of the address, so that it stands in no log. A file is never looked into and never shown by a browser.
"""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.api.problems import Problem, not_found, problem_response
from accounts.permissions import Action
from accounts.web import actor_of, streamed
from chargers.requests import download_headers, file_of, find_command
from chargers.selectors import find_charger
from chargers.services.diagnostics import Attempt, NotOpen, Overtaken, TooLarge, hand_out, most_bytes
from installations.access import require

HEADER = "X-Diagnostics-Token"
BLOCK = 65_536


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    """PUT or POST, the file as it is or as the first file of a multipart form. 201 when it is stored."""
    try:
        size = _take(request)
    except Problem as problem:
        return problem_response(problem)
    return HttpResponse(f"{size} bytes\n", status=HTTPStatus.CREATED, content_type="text/plain")


@login_required
@require_safe
def download(request: HttpRequest, device_id: str, number: int) -> HttpResponseBase:
    found = find_charger(actor_of(request), device_id)
    if found is None:
        raise Http404
    require(actor_of(request), found.installation, Action.COMMAND_CHARGERS)
    file = file_of(find_command(found, number))
    if file is None:
        raise Http404
    pieces = hand_out(file, actor_of(request))
    return streamed(request, pieces, content_type="application/octet-stream", headers=download_headers(found, file))


def _take(request: HttpRequest) -> int:
    if request.method not in {"PUT", "POST"}:
        raise Problem(405, "method_not_allowed", _("Upload with PUT or POST."), headers={"Allow": "PUT, POST"})
    try:
        attempt = Attempt(request.headers.get(HEADER, ""), str(request.META.get("REMOTE_ADDR", "")))
    except NotOpen as refusal:
        if not refusal.known:
            raise not_found() from None
        raise Problem(410, "upload_over", _("This upload is over: ask the charger for diagnostics again.")) from None
    kept = False
    try:
        _read_into(attempt, request)
        if not attempt.size:
            raise Problem(400, "no_file", _("The request holds no file, or an empty one."))
        attempt.finish()
        kept = True
    except TooLarge:
        raise too_large(most_bytes()) from None
    except Overtaken:
        raise Problem(409, "overtaken", _("Another upload to this address has begun since.")) from None
    finally:
        if not kept:
            attempt.drop()
    return attempt.size


def too_large(most: int) -> Problem:
    detail = _("The file is larger than this portal takes; its operator can allow more.")
    return Problem(413, "too_large", detail, extra={"most_bytes": most})


def _read_into(attempt: Attempt, request: HttpRequest) -> None:
    if not (request.content_type or "").startswith("multipart/"):
        while data := request.read(BLOCK):
            attempt.write(data)
        return
    # Django itself reads forms of POST only. The body ends by itself: its length only has to be a number.
    meta = {**request.META, "CONTENT_LENGTH": str(most_bytes())}
    try:
        MultiPartParser(meta, request, [FirstFile(attempt)]).parse()
    except MultiPartParserError as error:
        raise Problem(400, "malformed", _("The multipart form cannot be read.")) from error


class FirstFile(FileUploadHandler):
    """The first file of a form goes on as it comes; whatever else is there is left out."""

    chunk_size = BLOCK

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self._attempt = attempt
        self._files = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._files += 1
        if self._files > 1:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._attempt.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        return None
