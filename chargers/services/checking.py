"""What the settings form says while a person types: the fields' own findings and three sample chargers. Cheap."""

from dataclasses import dataclass

from chargers.models import Charger
from installations.authentication import CLOUD, NATIVE, Draft, Site, review
from installations.doors import configured_doors
from installations.findings import Finding
from installations.models import Installation
from installations.ocpp_url.identity import ChargerUrl, Endpoint

SAMPLES = 3
FIELDS = ("/server_url", "/initial_device_password", "/default_id_tag", "/authorization_required", "/mode")
# These need every charger of the installation: the preview tells them.
LATER = {"balancing_stops", "no_charge_card", "messages_left"}


@dataclass(frozen=True)
class Checked:
    """``canonical``: the URL as it would be saved, empty when it is not valid. ``dialled_here``: by this portal."""

    findings: tuple[Finding, ...]
    samples: tuple[Endpoint, ...]
    canonical: str
    dialled_here: bool = False

    @property
    def said(self) -> dict[str, list[Finding]]:
        """The findings by field."""
        fields: dict[str, list[Finding]] = {}
        for finding in self.findings:
            fields.setdefault(finding.pointer.strip("/"), []).append(finding)
        return fields


def check(*, installation: Installation, draft: Draft) -> Checked:
    standing = installation.revision
    rows = Charger.objects.filter(installation=installation).order_by("device_id")[:SAMPLES]
    judged = review(
        draft,
        Site(
            chargers=[ChargerUrl(charger.device_id, charger.server_url) for charger in rows],
            password_set=bool(standing and standing.secret_id),
            current_mode=standing.mode if standing else NATIVE,
            usable_cards=1,
            offline_authorization=installation.offline_authorization,
            doors=configured_doors(),
        ),
    )
    own = tuple(
        finding
        for finding in judged.findings
        if not finding.charger and finding.pointer in FIELDS and finding.code not in LATER
    )
    samples = tuple(endpoint for endpoint in judged.endpoints if endpoint.dialled_url)
    return Checked(own, samples, judged.settings.server_url if judged.settings else "", draft.mode == CLOUD)
