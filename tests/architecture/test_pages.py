"""Every page is looked at: the table that drives the browser's runs leaves none out."""

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from tests.browser.table import PAGES, WITHOUT_A_PAGE


def named(resolver: URLResolver) -> set[str]:
    """The names of all addresses but those of the REST API."""
    found: set[str] = set()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if not str(entry.pattern).startswith("v1/"):
                found |= named(entry)
        elif isinstance(entry, URLPattern) and entry.name:
            found.add(entry.name)
    return found


def test_every_address_stands_in_the_table_of_pages() -> None:
    """A page without a row in tests/browser/table.py would be tried neither for accessibility nor on a phone."""
    shown = {page.view for page in PAGES}
    assert shown | WITHOUT_A_PAGE == named(get_resolver())
    assert shown & WITHOUT_A_PAGE == set()


def test_every_picture_has_a_name_of_its_own() -> None:
    assert len({page.name for page in PAGES}) == len(PAGES)
