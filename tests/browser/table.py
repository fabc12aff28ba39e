"""Every page there is, once: the runs of the accessibility rules, of the phone and of the pictures go by this table.

A new page gets a row here; tests/architecture/test_pages.py fails until it has one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect


def stay(_page: Page) -> None:
    pass


@dataclass(frozen=True)
class Shown:
    """A page as somebody meets it: ``view`` is its URL name, ``address`` may name what the stage holds in braces.

    ``act`` goes on from there to what else the page can show; ``guest``: nobody is signed in; ``staff``: of the portal.
    """

    name: str
    view: str
    address: str
    act: Callable[[Page], None] = stay
    guest: bool = False
    staff: bool = False

    @property
    def by(self) -> str:
        return "guest" if self.guest else "staff" if self.staff else "person"


def restore_too_late(page: Page) -> None:
    """As if the page had stood open while somebody else saved."""
    page.locator('#restore input[name="expected_number"]').evaluate("field => { field.value = '1'; }")
    page.locator("#restore .btn-primary").click()
    expect(page.locator("section[role=alert] .icon").first).to_be_visible()


def preview_direct(page: Page) -> None:
    page.locator('input[name="mode"][value="ocpp_direct"]').check()
    page.locator("#id_server_url").fill("ws://192.168.1.9/ocpp/{deviceId}")
    page.locator('button[name="step"][value="preview"]').click()
    expect(page.locator("#preview table").first).to_be_visible()


def choose_direct(page: Page) -> None:
    page.locator('input[name="mode"][value="ocpp_direct"]').check()


def send_empty(page: Page) -> None:
    page.locator("main form[method=post] .btn-primary").first.click()


def open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("zcs")
    expect(page.locator("#palette-results a").first).to_be_visible()


def ask_first(page: Page) -> None:
    page.locator("form[data-confirm] button").first.click()
    expect(page.locator("#confirm")).to_be_visible()


def unfold(page: Page) -> None:
    folded = page.locator("main details:not([open]) > summary")
    for _ in range(folded.count()):
        folded.first.click()


def begin_second_step(page: Page) -> None:
    page.locator('button[name="step"]').first.click()
    expect(page.locator("svg.segno")).to_be_visible()


def ask_for_a_code(page: Page) -> None:
    page.locator('button[value="code"]').click()
    expect(page.locator("#invitation")).to_be_visible()


def add_nobody(page: Page) -> None:
    page.locator("#id_email").fill("ina@example.org")
    page.locator("form:has(#id_email) .btn-primary").click()
    expect(page.locator("#id_email_error")).to_be_visible()


PAGES = [
    Shown("sign-in", "sign_in", "/sign-in/", guest=True),
    Shown("installations", "installations", "/installations/"),
    Shown("installations-none", "installations", "/installations/?q=nowhere"),
    Shown("palette", "installations", "/installations/", open_palette),
    Shown("installation", "installation", "/installations/{site}/"),
    Shown("installation-new", "installation_new", "/installations/new/"),
    Shown("chargers", "installation_chargers", "/installations/{site}/chargers/"),
    Shown("register", "charger_register", "/installations/{site}/chargers/register/"),
    Shown("authentication", "installation_authentication", "/installations/{site}/authentication/", unfold),
    Shown(
        "authentication-preview", "installation_authentication", "/installations/{site}/authentication/", preview_direct
    ),
    Shown("backend-test", "backend_test", "/installations/{site}/authentication/test/{test}/"),
    Shown("history", "installation_history", "/installations/{site}/history/"),
    Shown("restore", "revision_restore", "/installations/{site}/history/1/restore/"),
    Shown("restore-late", "revision_restore", "/installations/{site}/history/1/restore/", restore_too_late),
    Shown("load", "installation_load", "/installations/{shared}/load/"),
    Shown("load-direct", "installation_load", "/installations/{site}/load/"),
    Shown("access", "installation_access", "/installations/{site}/access/"),
    Shown("audit", "installation_audit", "/installations/{site}/audit/"),
    Shown("audit-none", "installation_audit", "/installations/{site}/audit/?person=nobody"),
    Shown("audit-of-all", "audit", "/audit/", staff=True),
    Shown("site-data", "installation_edit", "/installations/{site}/edit/"),
    Shown("cards", "installation_cards", "/installations/{site}/cards/"),
    Shown("card-new", "card_new", "/installations/{site}/cards/new/"),
    Shown("card-edit", "card_edit", "/installations/{site}/cards/{card}/"),
    Shown("card-delete", "card_delete", "/installations/{site}/cards/{card}/delete/"),
    Shown("cards-import", "cards_import", "/installations/{site}/cards/import/"),
    Shown("webhooks", "installation_webhooks", "/installations/{site}/webhooks/"),
    Shown("webhooks-of-all", "organisation_webhooks", "/organisations/{firm}/webhooks/"),
    Shown("webhook-new", "webhook_new", "/installations/{site}/webhooks/new/", send_empty),
    Shown("webhook-of-all-new", "organisation_webhook_new", "/organisations/{firm}/webhooks/new/"),
    Shown("webhook", "webhook", "/webhooks/{webhook}/"),
    Shown("webhook-off", "webhook", "/webhooks/{webhook_off}/"),
    Shown("webhook-edit", "webhook_edit", "/webhooks/{webhook}/edit/"),
    Shown("webhook-delivery", "webhook_delivery", "/webhooks/{webhook}/deliveries/{telling}/"),
    Shown("charger", "charger", "/chargers/{charger}/", unfold),
    Shown("sessions", "installation_sessions", "/installations/{site}/sessions/"),
    Shown("sessions-none", "installation_sessions", "/installations/{site}/sessions/?card=nobody"),
    Shown("sessions-of-charger", "charger_sessions", "/chargers/{charger}/sessions/"),
    Shown("session", "session", "/sessions/{session}/", unfold),
    Shown("session-orphan", "session", "/sessions/{orphan}/"),
    Shown("commands", "charger_commands", "/chargers/{charger}/commands/", unfold),
    Shown("charger-setup", "charger_setup", "/chargers/{charger}/setup/"),
    Shown("chargers-setup", "installation_setup", "/installations/{site}/chargers/setup/?make=wallbox"),
    Shown("charger-edit", "charger_edit", "/chargers/{charger}/edit/"),
    Shown("charger-confirm", "charger_edit", "/chargers/{charger}/edit/", ask_first),
    Shown("charger-password", "charger_link_password", "/chargers/{charger}/link-password/"),
    Shown("messages", "charger_messages", "/chargers/{charger}/messages/", unfold),
    Shown("messages-none", "charger_messages", "/chargers/{charger}/messages/?q=nowhere"),
    Shown("charger-move", "charger_move", "/chargers/{charger}/move/"),
    Shown("change-new", "change_new", "/installations/changes/new/?all=1", choose_direct),
    Shown("change-ready", "change", "/installations/changes/{change}/"),
    Shown("change-done", "change", "/installations/changes/{applied}/?state=refused"),
    Shown("find", "find", "/find/?q=zcs"),
    Shown("rollouts", "rollouts", "/rollouts/"),
    Shown("rollout", "rollout", "/rollouts/{rollout}/"),
    Shown("delivery", "delivery", "/rollouts/{rollout}/deliveries/{delivery}/"),
    Shown("account", "account", "/account/"),
    Shown("security", "security", "/account/security/"),
    Shown("security-faults", "security", "/account/security/", send_empty),
    Shown("second-step", "second_factor", "/account/second-step/"),
    Shown("second-step-begun", "second_factor", "/account/second-step/", begin_second_step),
    Shown("organisations", "organisations", "/organisations/"),
    Shown("organisation", "organisation", "/organisations/{firm}/"),
    Shown("organisation-faults", "organisation", "/organisations/{firm}/", add_nobody),
    Shown("organisations-of-all", "organisations", "/organisations/", staff=True),
    Shown("people", "people", "/people/", staff=True),
    Shown("person", "person", "/people/{person}/", ask_for_a_code, staff=True),
    Shown("invitation", "invitation", "/sign-in/invitation/#code", guest=True),
    Shown("prove", "prove", "/sign-in/prove/?next=/account/"),
    Shown("account-faults", "account", "/account/", send_empty),
    Shown("not-found", "installation", "/installations/999999/"),
    Shown("api-docs", "api-docs", "/api/docs/", guest=True),
]

# Addresses that answer with no page of their own: they act and lead elsewhere, or hand out a file or plain data.
WITHOUT_A_PAGE = {
    "access_revoke", "api-schema", "api-unknown", "card_block", "cards_export", "charger_delete", "circuit_delete",
    "audit_download", "installation_audit_download", "charger_messages_download", "charger_link_password_cancel",
    "filter_remove", "installation_circuits", "installation_load_switch",
    "filter_save",
    "backend_test_start", "diagnostics", "diagnostics_upload", "local_list_send",
    "health-live", "health-ready", "home", "installation_delete", "language", "metrics", "rollout_cancel",
    "charger_sessions_export", "installation_sessions_export",
    "rollout_pause", "rollout_proceed", "rollout_resume", "rollout_retry", "session_end", "sessions_end",
    "member", "sign_in_code",
    "organisation_second_factor",
    "passkey_new", "passkey_new_options", "passkey_options", "passkey_remove", "passkey_sign_in",
    "passkey_prove", "passkey_prove_options",
    "sign_out", "token_revoke", "typed_keep",
    "webhook_again", "webhook_delete", "webhook_secret", "webhook_switch", "webhook_test",
}  # fmt: skip
