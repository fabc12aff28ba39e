"""Where two changes of one setting meet: nobody's change is lost unseen, and only real differences are asked about."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from installations.merging import FIELDS, PASSWORD, WITH_BACKEND, Merged, Outcome, merge

NOTHING = {"server_url": "", PASSWORD: "", "default_id_tag": "", "legacy_identity": False}


@st.composite
def settings(draw: st.DrawFn) -> dict[str, Any]:
    """As they are saved: native mode has nothing of a backend."""
    mode = draw(st.sampled_from(["native", "ocpp_direct", "ocpp_cloud"]))
    rest = {
        "server_url": draw(st.sampled_from(["", "wss://a.example", "wss://b.example"])),
        PASSWORD: draw(st.sampled_from(["", "1f", "2e"])),
        "default_id_tag": draw(st.sampled_from(["", "TAG"])),
        "legacy_identity": draw(st.booleans()),
    }
    return {"mode": mode, "authorization_required": draw(st.booleans()), **(NOTHING if mode == "native" else rest)}


SETTINGS = settings()


def saved(merged: Merged) -> dict[str, Any]:
    values = dict(merged.values)
    return {**values, **NOTHING} if values["mode"] == "native" else values


def said(settings: dict[str, Any], field: str) -> bool:
    """Native settings say nothing about a backend."""
    return settings["mode"] != "native" or field not in WITH_BACKEND


@given(SETTINGS, SETTINGS, SETTINGS, st.sets(st.sampled_from(FIELDS)))
def test_what_one_alone_changed_is_kept_and_what_both_changed_is_whose_it_was_chosen_to_be(
    base: dict[str, Any], theirs: dict[str, Any], yours: dict[str, Any], chosen: set[str]
) -> None:
    merged = merge(base, theirs, yours, chosen)
    asked = {one.field for one in merged.met if one.outcome is Outcome.OVERLAP}
    for field in FIELDS:
        if not (said(base, field) and said(theirs, field) and said(yours, field)) or field in {"mode", PASSWORD}:
            continue
        was, other, own, now = base[field], theirs[field], yours[field], merged.values[field]
        if field in asked:
            assert len({was, other, own}) == 3
            assert now == (other if field in chosen else own)
        else:
            assert now == (other if own == was else own)


@given(SETTINGS, SETTINGS, SETTINGS)
def test_switching_to_native_never_merges_away_what_the_other_did_for_a_backend(
    base: dict[str, Any], theirs: dict[str, Any], yours: dict[str, Any]
) -> None:
    met = {one.field: one for one in merge(base, theirs, yours).met}
    mode = met.get("mode")
    if mode is None or mode.outcome not in {Outcome.THEIRS, Outcome.YOURS}:
        return
    switched, edited = (theirs, yours) if mode.outcome is Outcome.THEIRS else (yours, theirs)
    if switched["mode"] == "native":
        assert all(edited[field] == base[field] for field in WITH_BACKEND)


@given(SETTINGS, SETTINGS, SETTINGS)
def test_it_does_not_matter_who_saved_first(
    base: dict[str, Any], theirs: dict[str, Any], yours: dict[str, Any]
) -> None:
    """The same fields are asked about; what was theirs is yours from the other's side. (A password that the first
    saver's switch to native has removed is gone, that of the second not yet: the one thing that time decides.)"""
    swap = {Outcome.THEIRS: Outcome.YOURS, Outcome.YOURS: Outcome.THEIRS}
    here = {one.field: one.outcome for one in merge(base, theirs, yours).met if one.field not in {PASSWORD, "mode"}}
    there = {one.field: one.outcome for one in merge(base, yours, theirs).met if one.field not in {PASSWORD, "mode"}}
    assert here == {field: swap.get(outcome, outcome) for field, outcome in there.items()}


@given(SETTINGS, SETTINGS)
def test_whoever_changed_nothing_takes_all_and_is_asked_nothing(base: dict[str, Any], theirs: dict[str, Any]) -> None:
    merged = merge(base, theirs, base)
    assert saved(merged) == theirs
    assert all(one.outcome in {Outcome.THEIRS, Outcome.SAME} for one in merged.met)


@given(SETTINGS, SETTINGS)
def test_two_who_want_the_same_are_asked_nothing(base: dict[str, Any], both: dict[str, Any]) -> None:
    merged = merge(base, both, both)
    assert all(one.outcome is not Outcome.OVERLAP for one in merged.met)
    assert {**saved(merged), PASSWORD: ""} == {**both, PASSWORD: ""}


def test_a_field_both_changed_stays_yours_until_theirs_is_chosen() -> None:
    base = {"mode": "ocpp_direct", "authorization_required": True, **NOTHING, "server_url": "wss://a.example"}
    theirs, yours = {**base, "server_url": "wss://b.example"}, {**base, "server_url": "wss://c.example"}
    merged = merge(base, theirs, yours)
    assert [(one.field, one.outcome) for one in merged.met] == [("server_url", Outcome.OVERLAP)]
    assert merged.values["server_url"] == "wss://c.example"
    assert merge(base, theirs, yours, ["server_url"]).values["server_url"] == "wss://b.example"


def test_a_backend_renamed_while_another_goes_native_is_a_question_about_the_mode() -> None:
    base = {"mode": "ocpp_direct", "authorization_required": True, **NOTHING, "server_url": "wss://a.example"}
    native, renamed = {**base, **NOTHING, "mode": "native"}, {**base, "server_url": "wss://b.example"}
    for theirs, yours in ((native, renamed), (renamed, native)):
        outcomes = {one.field: one.outcome for one in merge(base, theirs, yours).met}
        assert outcomes["mode"] is Outcome.OVERLAP
        assert outcomes["server_url"] is not Outcome.OVERLAP
