from django.apps import AppConfig


class ChargersConfig(AppConfig):
    name = "chargers"

    def ready(self) -> None:
        from chargers.profiles import all_profiles
        from chargers.services.rollouts import start_rollout
        from installations.doorbell import on_revision_published

        all_profiles()
        on_revision_published(start_rollout)
