"""Every offered language is complete: nothing untranslated, nothing forgotten, the compiled catalogue up to date."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]
OFFERED = [code for code, _name in settings.LANGUAGES if code != "en"]
STRING = r'"((?:[^"\\]|\\.)*)"'
IN_PYTHON = re.compile(rf"(?:\b_|gettext|gettext_lazy)\(\s*((?:{STRING}\s*)+)\)")
IN_TEMPLATES = re.compile(r"""\{% translate (?:"([^"]+)"|'([^']+)')""")


def catalogue(language: str) -> dict[str, str]:
    text = (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").read_text()
    assert "#, fuzzy" not in text
    found = {}
    for entry in text.split("\n\n")[1:]:
        if "msgid_plural" in entry:
            continue
        before, _separator, after = entry.partition("\nmsgstr ")
        found[joined(before.partition("msgid ")[2])] = joined(after)
    return found


def joined(text: str) -> str:
    parts = re.findall(STRING, text)
    return "".join(parts).replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def texts() -> set[str]:
    found: set[str] = set()
    for app in ("accounts", "installations", "chargers", "gateway", "portal"):
        for path in (ROOT / app).rglob("*.py"):
            found |= {joined(match[0]) for match in IN_PYTHON.finditer(path.read_text())}
    for path in (ROOT / "templates").rglob("*.html"):
        found |= {match[1] or match[2] for match in IN_TEMPLATES.finditer(path.read_text())}
    return {text for text in found if text}


@pytest.mark.parametrize("language", OFFERED)
def test_every_text_has_its_translation(language: str) -> None:
    known = catalogue(language)
    assert {text for text in texts() if not known.get(text)} == set()


@pytest.mark.parametrize("language", OFFERED)
def test_the_compiled_catalogue_says_what_the_source_says(language: str) -> None:
    with translation.override(language):
        assert {
            source for source, wanted in catalogue(language).items() if translation.gettext(source) != wanted
        } == set()
