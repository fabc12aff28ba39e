"""Sentences of the profiles, so that they are translated; a test holds them to the files."""

from django.utils.translation import gettext_noop

TITLES = (gettext_noop("Alfen, firmware 4 and 5"), gettext_noop("Alfen, firmware 6 and newer"))
SENTENCES = (
    gettext_noop(
        "Zaptec Portal: the installation, Settings, Authentication. Choose OCPP 1.6J, for the whole installation;"
        " needs the right for OCPP."
    ),
    gettext_noop(
        "ACE Service Installer: tab Connectivity, back office preset “Manually enter backend settings”. Save, then"
        " restart the charger."
    ),
    gettext_noop(
        "Wallbox app or myWallbox Portal: the charger's settings, OCPP. Switch OCPP on, enter the fields, save."
    ),
)
