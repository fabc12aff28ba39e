"""ASGI entry point of the web process."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

django_application = get_asgi_application()

from portal.bodies import BoundedBodies  # noqa: E402  # models load after the setup

application = BoundedBodies(django_application)
