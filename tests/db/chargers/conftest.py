import pytest

from chargers import doorbell
from tests.db.chargers.world import World


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks the doorbell was rung for; none reaches a broker."""
    names: list[str] = []

    def note(task: str, *_arguments: int) -> bool:
        names.append(task)
        return True

    monkeypatch.setattr(doorbell, "_send", note)
    return names


@pytest.fixture
def world(transactional_db: None) -> World:
    """Real transactions: inside one, the database's clock would stand still."""
    return World()
