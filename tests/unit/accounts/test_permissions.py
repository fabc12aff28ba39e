"""The table of rights, read as sentences."""

import pytest

from accounts.permissions import ROLES, SCOPES, Action, Role, allows
from installations import models

OWNER, SERVICE, VIEWER = Role.OWNER, Role.SERVICE, Role.VIEWER


def test_every_action_has_roles_and_a_scope() -> None:
    assert set(ROLES) == set(SCOPES) == set(Action)
    assert all(ROLES.values())


def test_the_vocabulary_is_the_one_of_the_grants() -> None:
    assert {role.value for role in Role} == set(models.Role.values)


@pytest.mark.parametrize(
    "action", [Action.SET_AUTHENTICATION, Action.STEER_ROLLOUT, Action.EDIT_INSTALLATION, Action.EDIT_CARDS]
)
def test_owner_and_service_both_set_the_mode(action: Action) -> None:
    assert allows(frozenset({OWNER}), action)
    assert allows(frozenset({SERVICE}), action)
    assert not allows(frozenset({VIEWER}), action)


def test_owner_and_service_are_not_a_ladder() -> None:
    assert not allows(frozenset({OWNER}), Action.EDIT_TECHNICAL)
    assert not allows(frozenset({OWNER}), Action.EDIT_CHARGERS)
    assert not allows(frozenset({SERVICE}), Action.GRANT_ACCESS)
    assert not allows(frozenset({SERVICE}), Action.DELETE_INSTALLATION)
    assert all(allows(frozenset({OWNER, SERVICE}), action) for action in Action)


def test_a_viewer_only_sees() -> None:
    assert {action for action in Action if allows(frozenset({VIEWER}), action)} == {Action.VIEW}


def test_no_role_no_right() -> None:
    assert not any(allows(frozenset(), action) for action in Action)
