"""Keyset paging: every row once, in order, in both directions, whatever the order and the ties."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.keyset import BadCursor, read_page
from accounts.models import Organisation, User

pytestmark = pytest.mark.django_db

ORDERS = [("id",), ("-id",), ("name", "id"), ("-name", "-id"), ("name", "-id"), ("created_at", "id")]


def people() -> list[User]:
    return [User.objects.create_user(f"p{number}@example.org", name="abc"[number % 3]) for number in range(11)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 11, 12])
def test_every_row_once_there_and_back(order: tuple[str, ...], size: int) -> None:
    people()
    whole = list(User.objects.order_by(*order))
    seen: list[User] = []
    cursor, pages = "", []
    while True:
        page = read_page(User.objects.all(), order=order, cursor=cursor, size=size)
        seen += page.rows
        pages.append(page)
        if page.next is None:
            break
        cursor = page.next
    assert seen == whole
    assert pages[0].previous is None
    back = pages[-1]
    for expected in reversed(pages[:-1]):
        assert back.previous is not None
        back = read_page(User.objects.all(), order=order, cursor=back.previous, size=size)
        assert back.rows == expected.rows
    assert back.previous is None


def test_rows_that_come_and_go_shift_nothing() -> None:
    made = people()
    first = read_page(User.objects.all(), order=("id",), size=4)
    made[0].delete()
    assert first.next is not None
    second = read_page(User.objects.all(), order=("id",), cursor=first.next, size=4)
    assert second.rows == made[4:8]


def test_a_page_is_one_query_and_an_empty_list_has_no_neighbours() -> None:
    with CaptureQueriesContext(connection) as queries:
        page = read_page(Organisation.objects.all(), order=("name", "id"))
    assert len(queries) == 1
    assert (page.rows, page.next, page.previous) == ([], None, None)


def test_a_cursor_of_another_order_is_refused() -> None:
    people()
    made = read_page(User.objects.all(), order=("id",), size=2).next
    assert made is not None
    with pytest.raises(BadCursor):
        read_page(User.objects.all(), order=("-id",), cursor=made)


@pytest.mark.parametrize(
    "cursor",
    ["x", "!!!!", "bnVsbA", "e30", "WyJpZCIsMCxbIngiXV0", "WyJpZCIsMCxbbnVsbF1d", "WyJpZCIsMCxbWzFdXV0",
     "WyJpZCIsMCxbOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTldXQ", "WyJpZCIsMCxbeyJ0IjoieCJ9XV0", "\u00e9"],
)  # fmt: skip
def test_a_made_up_cursor_is_refused_or_harmless(cursor: str) -> None:
    people()
    try:
        page = read_page(User.objects.all(), order=("id",), cursor=cursor)
    except BadCursor:
        return
    assert page.rows == []
