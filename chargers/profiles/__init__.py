"""Vendor profiles: how chargers of one make take settings over OCPP. Data in TOML, read once and checked."""

from chargers.profiles.loader import all_profiles, profile_for, profile_named
from chargers.profiles.profile import Profile, UrlForm, UrlKeys

__all__ = ["Profile", "UrlForm", "UrlKeys", "all_profiles", "profile_for", "profile_named"]
