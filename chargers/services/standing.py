"""What the setting in force wants of one charger, beside what the charger last reported; reads nothing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from chargers.models import Charger, ReportedSetting
from chargers.profiles import profile_for
from chargers.rollout.gather import Targets
from chargers.settings_diff import portal_endpoint, same_value, target_for
from installations.authentication import CLOUD, NATIVE
from installations.ocpp_url.identity import Endpoint
from installations.services.authentication import settings_of


@dataclass(frozen=True)
class KeyRow:
    """``wanted`` None: the setting leaves this key alone. ``reported_at`` None: the charger never told it."""

    key: str
    wanted: str | None
    reported: str | None = None
    reported_at: datetime | None = None

    @property
    def differs(self) -> bool:
        return self.wanted is not None and self.reported_at is not None and not same_value(self.wanted, self.reported)


@dataclass(frozen=True)
class Standing:
    """``endpoint`` None: what it says ends at this portal. ``dialled_here``: this portal dials it for the charger."""

    endpoint: Endpoint | None
    rows: tuple[KeyRow, ...]
    dialled_here: bool = False

    @property
    def differs(self) -> bool:
        return any(row.differs for row in self.rows)


def standing_of(charger: Charger, reported: Sequence[ReportedSetting]) -> Standing:
    """For a charger from ``find_charger``. Passwords are no part of it: no charger tells them."""
    revision = charger.installation.revision
    if revision is None:
        return Standing(None, _rows({}, reported))
    agreed = settings_of(revision)
    endpoint = Targets().endpoint(charger, revision, agreed) if agreed.mode != NATIVE else None
    wanted: dict[str, str] = {}
    if charger.vendor:
        wanted = target_for(
            profile_for(charger.vendor, charger.model, charger.firmware),
            agreed,
            endpoint,
            secret=None,
            secret_needed=False,
            reported={row.key: row.value for row in reported},
            portal=portal_endpoint(settings.GATEWAY_PUBLIC_URL, charger.device_id),
            told_url=charger.told_url,
        ).expected
    return Standing(endpoint, _rows(wanted, reported), dialled_here=agreed.mode == CLOUD)


def _rows(wanted: Mapping[str, str], reported: Sequence[ReportedSetting]) -> tuple[KeyRow, ...]:
    rows = {key: KeyRow(key, value) for key, value in wanted.items()}
    rows |= {row.key: KeyRow(row.key, wanted.get(row.key), row.value, row.reported_at) for row in reported}
    return tuple(rows[key] for key in sorted(rows))
