"""Pages about chargers, their settings and rollouts. A view is: access, form, service, answer."""
