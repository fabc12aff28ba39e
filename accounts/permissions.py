"""Which role may do what, and which token scope it takes. One table, pure; access.py applies it to rows."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """A role on one installation. Owner and service are not a ladder: neither holds all the other's rights."""

    OWNER = "owner"
    SERVICE = "service"
    VIEWER = "viewer"


class Action(StrEnum):
    VIEW = "view"
    VIEW_MESSAGES = "view_messages"
    EDIT_INSTALLATION = "edit_installation"
    EDIT_TECHNICAL = "edit_technical"
    MEASURE_LOAD = "measure_load"
    DELETE_INSTALLATION = "delete_installation"
    SET_AUTHENTICATION = "set_authentication"
    STEER_ROLLOUT = "steer_rollout"
    EDIT_CHARGERS = "edit_chargers"
    COMMAND_CHARGERS = "command_chargers"
    EDIT_CARDS = "edit_cards"
    VIEW_ACCESS = "view_access"
    VIEW_AUDIT = "view_audit"
    GRANT_ACCESS = "grant_access"
    VIEW_WEBHOOKS = "view_webhooks"
    EDIT_WEBHOOKS = "edit_webhooks"


class Scope(StrEnum):
    """What an API token may be used for; it never gives more than its owner has right now."""

    READ = "read"
    INSTALLATIONS = "installations:write"
    LOAD = "load:write"
    AUTHENTICATION = "authentication:write"
    ROLLOUTS = "rollouts:write"
    CHARGERS = "chargers:write"
    COMMANDS = "commands:write"
    CARDS = "cards:write"
    ACCESS = "access:write"
    WEBHOOKS = "webhooks:write"
    TOKENS = "tokens:write"
    ORGANISATIONS = "organisations:write"


ROLES: Mapping[Action, frozenset[Role]] = MappingProxyType(
    {
        Action.VIEW: frozenset(Role),
        Action.VIEW_MESSAGES: frozenset({Role.OWNER, Role.SERVICE}),
        Action.EDIT_INSTALLATION: frozenset({Role.OWNER, Role.SERVICE}),
        Action.EDIT_TECHNICAL: frozenset({Role.SERVICE}),
        Action.MEASURE_LOAD: frozenset({Role.SERVICE}),
        Action.DELETE_INSTALLATION: frozenset({Role.OWNER}),
        Action.SET_AUTHENTICATION: frozenset({Role.OWNER, Role.SERVICE}),
        Action.STEER_ROLLOUT: frozenset({Role.OWNER, Role.SERVICE}),
        Action.EDIT_CHARGERS: frozenset({Role.SERVICE}),
        Action.COMMAND_CHARGERS: frozenset({Role.OWNER, Role.SERVICE}),
        Action.EDIT_CARDS: frozenset({Role.OWNER, Role.SERVICE}),
        Action.VIEW_ACCESS: frozenset({Role.OWNER, Role.SERVICE}),
        Action.VIEW_AUDIT: frozenset({Role.OWNER, Role.SERVICE}),
        Action.GRANT_ACCESS: frozenset({Role.OWNER}),
        Action.VIEW_WEBHOOKS: frozenset({Role.OWNER, Role.SERVICE}),
        Action.EDIT_WEBHOOKS: frozenset({Role.OWNER, Role.SERVICE}),
    }
)

SCOPES: Mapping[Action, Scope] = MappingProxyType(
    {
        Action.VIEW: Scope.READ,
        Action.VIEW_MESSAGES: Scope.READ,
        Action.EDIT_INSTALLATION: Scope.INSTALLATIONS,
        Action.EDIT_TECHNICAL: Scope.INSTALLATIONS,
        Action.MEASURE_LOAD: Scope.LOAD,
        Action.DELETE_INSTALLATION: Scope.INSTALLATIONS,
        Action.SET_AUTHENTICATION: Scope.AUTHENTICATION,
        Action.STEER_ROLLOUT: Scope.ROLLOUTS,
        Action.EDIT_CHARGERS: Scope.CHARGERS,
        Action.COMMAND_CHARGERS: Scope.COMMANDS,
        Action.EDIT_CARDS: Scope.CARDS,
        Action.VIEW_ACCESS: Scope.READ,
        Action.VIEW_AUDIT: Scope.READ,
        Action.GRANT_ACCESS: Scope.ACCESS,
        Action.VIEW_WEBHOOKS: Scope.READ,
        Action.EDIT_WEBHOOKS: Scope.WEBHOOKS,
    }
)


def allows(roles: frozenset[Role], action: Action) -> bool:
    return bool(roles & ROLES[action])
