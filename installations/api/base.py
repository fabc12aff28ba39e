"""Resources that hang on one installation."""

from accounts.api.view import ResourceView
from accounts.permissions import Action
from installations.access import require, require_scope
from installations.models import Installation
from installations.selectors import find_installation


class InstallationScopedView(ResourceView):
    def installation(self, action: Action = Action.VIEW) -> Installation:
        """The installation of the address. 404 when foreign or absent, 403 when ``action`` is not allowed on it."""
        require_scope(self.actor, Action.VIEW)
        require_scope(self.actor, action)
        found = self.found(find_installation(self.actor, self.kwargs["installation_id"]))
        if action is not Action.VIEW or self.actor.user.is_staff:
            require(self.actor, found, action)
        return found
