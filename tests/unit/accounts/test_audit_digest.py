"""What the digest of an audit entry tells apart."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from accounts.audit_chain import digest_of
from accounts.models import AuditEntry


@given(
    st.sampled_from(["actor_label", "action", "object_id", "object_label", "reason", "request_id", "remote_address"]),
    st.text(max_size=5),
    st.text(max_size=5),
)
def test_no_two_contents_share_a_digest(name: str, one: str, other: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (AuditEntry(pk=1, at=at, **{name: text}) for text in (one, other))
    assert (digest_of(first, 1, bytes(32)) == digest_of(second, 1, bytes(32))) == (one == other)
    assert digest_of(first, 1, bytes(32)) != digest_of(first, 2, bytes(32))
