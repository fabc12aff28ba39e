"""Who acts: a person, alone (signed in) or through an API token that narrows what the person may do."""

from dataclasses import dataclass

from accounts.models import ApiToken, User
from accounts.permissions import Scope


@dataclass(frozen=True)
class Actor:
    """``token`` None: the person is signed in on a page and nothing narrows the rights."""

    user: User
    token: ApiToken | None = None

    @classmethod
    def of(cls, who: "User | Actor") -> "Actor":
        return who if isinstance(who, Actor) else cls(who)

    @property
    def label(self) -> str:
        """How the audit names the actor, even after the person is gone."""
        return self.user.email if self.token is None else f"{self.user.email} ({self.token.name})"[:200]

    @property
    def installation_ids(self) -> list[int] | None:
        """None: no narrowing to some installations."""
        return None if self.token is None else self.token.installation_ids

    def has_scope(self, scope: Scope) -> bool:
        return self.token is None or scope in self.token.scopes


type Who = User | Actor
