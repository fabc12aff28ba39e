"""How often somebody may guess a password or a code: per account, and per address over all accounts."""

import hashlib
import math

from django.http import HttpRequest
from django.utils.translation import ngettext

from accounts.limits import Verdict, forget, hit, look
from accounts.refusals import Throttled

WINDOW_SECONDS = 15 * 60
PER_ACCOUNT = 10
PER_ADDRESS = 100


def count_guess(request: HttpRequest, account: str) -> None:
    """Before anything is compared, so that guesses at the same moment count as well. Raises Throttled."""
    look_at_address(request)
    _refuse_unless(hit(_account(account), limit=PER_ACCOUNT, window_seconds=WINDOW_SECONDS))


def look_at_address(request: HttpRequest) -> None:
    """For what nobody can guess, but whoever tries costs something. Raises Throttled."""
    _refuse_unless(look(_address(request), limit=PER_ADDRESS, window_seconds=WINDOW_SECONDS))


def was_wrong(request: HttpRequest) -> None:
    hit(_address(request), limit=PER_ADDRESS, window_seconds=WINDOW_SECONDS)


def was_right(account: str) -> None:
    forget(_account(account))


def _refuse_unless(verdict: Verdict) -> None:
    if verdict.allowed:
        return
    minutes = math.ceil(verdict.reset_seconds / 60)
    detail = ngettext(
        "Too many attempts. Wait %(n)d minute, then try again.",
        "Too many attempts. Wait %(n)d minutes, then try again.",
        minutes,
    )
    raise Throttled("too_many_attempts", detail % {"n": minutes}, retry_seconds=verdict.reset_seconds)


def _account(name: str) -> str:
    return "sign-in:" + hashlib.sha256(name.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()


def _address(request: HttpRequest) -> str:
    return f"sign-in from:{request.META.get('REMOTE_ADDR', '')}"
