"""Sentences of the profiles, so that they are translated; a test holds them to the files."""

from django.utils.translation import gettext_noop

TITLES = (
    gettext_noop("Alfen, firmware 4 and 5"),
    gettext_noop("Alfen, firmware 6 and newer"),
    gettext_noop("Any OCPP 1.6J charger"),
    gettext_noop("Simulated charger that keeps its link"),
    gettext_noop("Simulated charger that leaves for the backend"),
    gettext_noop("Simulated charger whose firmware cannot do direct mode"),
)
WHERE = (
    gettext_noop(
        "ACE Service Installer: tab Connectivity, there General. Choose the back office preset for settings of "
        "your own, enter server with port and path apart. Save, then restart the charger. The identity is the "
        "charge point's own."
    ),
    gettext_noop(
        "ACE Service Installer: tab Connectivity, back office preset “Manually enter backend settings”, then a "
        "network profile with protocol OCPP 1.6. Save, then restart the charger. Live Monitoring shows when it was"
        " accepted."
    ),
    gettext_noop(
        "Amina chargers have no menu for it: order them with these values, they are entered during production. One"
        " that is in use is moved by its present backend: it writes the URL into the network profile that is not "
        "in use and then puts that one first in NetworkConfigurationPriority. The identity is the serial number."
    ),
    gettext_noop(
        "Autel Charge app: the charger, OCPP Server. Search for “Custom”, choose it and enter the fields. Needs "
        "charge control firmware 1.51.00 or newer."
    ),
    gettext_noop(
        "Where Evnex chargers take another backend is not described publicly: ask Evnex, or let the present "
        "backend write the key named here."
    ),
    gettext_noop(
        "Web interface of the P30 x-series station, or of the x-series master of its network: configuration of "
        "OCPP. Choose OCPP 1.6 with JSON, save, then restart."
    ),
    gettext_noop(
        "The OCPP configuration file of the device, which the maker of the device may have put behind a page of "
        "its own: ChargePointId and CentralSystemURI in the part Internal, AuthorizationKey in the part Security. "
        "Then restart."
    ),
    gettext_noop(
        "OpenEVSE: its web interface, settings, OCPP: enter the fields, save, switch OCPP on. Other devices with "
        "MicroOcpp: the page of their maker, or the keys named here."
    ),
    gettext_noop(
        "The settings of the firmware: they come with it, or are written by whoever may configure the device. Set "
        "the keys named here, then restart."
    ),
    gettext_noop(
        "One station: its web page over Ethernet, General Settings: switch from Standalone to Supervision and "
        "enter the address. Behind EcoStruxure EV Charging Expert: its page for supervision, Remote Supervision "
        "URL Address."
    ),
    gettext_noop(
        "Wallbox app or myWallbox Portal: the charger's settings, OCPP. Switch on “Enable OCPP” (app) or “OCPP "
        "WebSocket connection” (portal), enter the fields, save. The charger must be online."
    ),
    gettext_noop(
        "The charger's own web page, OCPP settings: enter address and identity, save, then restart. If it has no "
        "field for the password, let the present backend write the key named here."
    ),
    gettext_noop(
        "Zaptec Portal: the installation, Settings, Authentication. Choose OCPP 1.6J, for the whole installation; "
        "needs the right for OCPP. The identity is the serial number: it is not entered."
    ),
)
MANUAL = (
    gettext_noop(
        "No OCPP key for the backend's address is known for this make: enter the URL shown here in the Autel "
        "Charge app."
    ),
    gettext_noop(
        "OCPP 1.6 has no standard key for the backend's address: enter the URL shown here in the charger's own setup."
    ),
    gettext_noop(
        "This firmware cannot be told a backend over OCPP: update it, or enter the URL shown here at the charger."
    ),
    gettext_noop(
        "No OCPP key for the backend's address is known for this make: enter the URL shown here in the charger's "
        "web page."
    ),
    gettext_noop(
        "Zaptec chargers take the backend's address only in the Zaptec Portal: enter the URL shown here under OCPP"
        " settings there."
    ),
)
