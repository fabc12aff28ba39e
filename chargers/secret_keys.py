"""Which configuration keys hold a secret: their values are neither stored nor shown. Pure."""

WORDS = ("authorizationkey", "password", "secret")


def is_secret(key: str) -> bool:
    lowered = key.lower()
    return any(word in lowered for word in WORDS) and not lowered.endswith("fingerprint")
