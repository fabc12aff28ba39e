"""Charge cards from and to a file: a report of what each row would do, then all good rows or none."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of, page
from installations.card_file import COLUMNS, column_of, read_cards, write_cards
from installations.cards import cards_of, owners_at, require_cards
from installations.forms import CardFileForm, OwnedForm
from installations.models import Installation
from installations.services.card_import import Effect, Outcome, Report, import_cards, preview_import
from installations.web import installation_for, show_refusal


@login_required
def import_file(request: HttpRequest, pk: int) -> HttpResponse:
    """With a file: the report. With its text and ``apply``: the same report, done."""
    installation = installation_for(request, pk, Action.EDIT_CARDS)
    owners = owners_at(actor_of(request), installation)
    form = CardFileForm(request.POST or None, request.FILES or None, owners=owners)
    report, text = None, ""
    if form.is_bound and form.is_valid():
        require_cards(actor_of(request), form.chosen_owner())
        try:
            text = form.read()
            report = _run(request, installation, form, text)
        except Refusal as refusal:
            show_refusal(form, refusal)
    if report is not None and report.applied:
        messages.success(request, _summary(report))
        return redirect("installation_cards", pk)
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "cards",
        "form": form,
        "columns": ", ".join(COLUMNS),
        "text": text,
        **({} if report is None else _show(report)),
    }
    return page(request, "installations/cards_import.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def export_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The installation's own cards, or with ``?owner=`` those of an organisation listed beside it."""
    installation = installation_for(request, pk, Action.EDIT_CARDS)
    owners = owners_at(actor_of(request), installation)
    form = OwnedForm(request.GET, owners=owners)
    owner = form.chosen_owner() if form.is_valid() else installation
    require_cards(actor_of(request), owner)
    # Spreadsheets split at the semicolon where the comma is the decimal sign.
    delimiter = ";" if (get_language() or "").startswith(("de", "nb")) else ","
    text = write_cards(cards_of(owner).iterator(), zone=ZoneInfo(installation.time_zone), delimiter=delimiter)
    headers = {"Content-Disposition": 'attachment; filename="cards.csv"', "Cache-Control": "no-store"}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


def _run(request: HttpRequest, installation: Installation, form: CardFileForm, text: str) -> Report:
    lines = read_cards(text, zone=ZoneInfo(installation.time_zone))
    owner, wanted = form.chosen_owner(), form.cleaned_data["apply"]
    if not wanted:
        return preview_import(owner=owner, lines=lines)
    return import_cards(owner=owner, lines=lines, actor=actor_of(request), partial=wanted == "partial")


def _show(report: Report) -> dict[str, object]:
    refused = [outcome for outcome in report.outcomes if outcome.faults]
    return {
        "report": report,
        "refused": [
            (outcome, [(column_of(fault.pointer), fault.detail) for fault in outcome.faults]) for outcome in refused
        ],
        "good": [_good(outcome) for outcome in report.outcomes if not outcome.faults],
        "writes": report.count(Effect.ADD) + report.count(Effect.CHANGE),
        "total": len(report.outcomes),
    }


def _good(outcome: Outcome) -> dict[str, object]:
    changed = ", ".join(column_of(f"/{name}") for name in outcome.changed)
    return {"line": outcome.line, "effect": outcome.effect.value, "changed": changed}


def _summary(report: Report) -> str:
    counts = {effect.value: report.count(effect) for effect in Effect}
    return _("Imported: %(add)d added, %(change)d changed, %(nothing)d unchanged, %(refused)d left out.") % counts
