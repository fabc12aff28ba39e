from django.apps import AppConfig


class ChargersConfig(AppConfig):
    name = "chargers"

    def ready(self) -> None:
        from chargers.profiles import all_profiles
        from chargers.services.balancing import mode_changed, site_changed
        from chargers.services.rollouts import start_rollout
        from installations.doorbell import on_revision_published, on_supply_changed

        all_profiles()
        on_revision_published(start_rollout)
        on_revision_published(mode_changed)
        on_supply_changed(site_changed)
