"""The request id travels under WSGI and ASGI alike."""

import pytest
from django.test import AsyncClient, Client

from accounts.audit import NOWHERE, origin


def test_an_id_is_made_when_none_or_a_harmful_one_came() -> None:
    made = Client().get("/health/live")["X-Request-ID"]
    assert len(made) == 32
    for harmful in ("x" * 65, "a b", "<script>", ""):
        assert Client().get("/health/live", headers={"X-Request-ID": harmful})["X-Request-ID"] != harmful


@pytest.mark.parametrize("given", ["abc", "A.b_c-9", "x" * 64])
def test_a_harmless_id_comes_back(given: str) -> None:
    assert Client().get("/health/live", headers={"X-Request-ID": given})["X-Request-ID"] == given
    assert origin.get() == NOWHERE


async def test_the_same_under_asgi() -> None:
    answer = await AsyncClient().get("/health/live", headers={"X-Request-ID": "abc"})
    assert answer["X-Request-ID"] == "abc"
    assert origin.get() == NOWHERE
