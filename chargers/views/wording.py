"""Counts of a preview as one sentence. Pure."""

from django.utils.translation import gettext, ngettext

from chargers.services.preview_values import Summary


def summary_sentence(summary: Summary) -> str:
    """For instance: 38 chargers change, 2 match already, 3 must wait (2 charging, 1 offline), 1 cannot."""
    if not summary.total:
        return gettext("This installation has no charger yet: the setting is kept for those to come.")
    parts = [ngettext("%(n)d charger changes", "%(n)d chargers change", summary.change) % {"n": summary.change}]
    if summary.match:
        parts.append(ngettext("%(n)d matches already", "%(n)d match already", summary.match) % {"n": summary.match})
    waits = (
        (summary.wait_charging, gettext("%(n)d charging")),
        (summary.wait_busy, gettext("%(n)d in use")),
        (summary.wait_offline, gettext("%(n)d offline")),
    )
    waiting = sum(count for count, _words in waits)
    if waiting:
        told = ", ".join(words % {"n": count} for count, words in waits if count)
        sentence = ngettext("%(n)d must wait (%(why)s)", "%(n)d must wait (%(why)s)", waiting)
        parts.append(sentence % {"n": waiting, "why": told})
    if summary.cannot:
        parts.append(ngettext("%(n)d cannot", "%(n)d cannot", summary.cannot) % {"n": summary.cannot})
    return ", ".join(parts) + "."
