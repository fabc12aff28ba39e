"""Characters that a server URL may never hold, because nobody can see or type them. Pure."""

import unicodedata

# Default_Ignorable_Code_Point beyond the categories C and Z of Unicode, and the blank braille cell.
_IGNORABLE = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0100, 0xE01EF),
)
# What international names read as a dot (UTS 46), beside the full stop itself.
DOTS = "\u3002\uff0e\uff61"
# Punctuation that a label may hold between the right neighbours (RFC 5892 appendix A); the idna package checks those.
_CONTEXT = frozenset("\u00b7\u0375\u05f3\u05f4\u30fb")


def is_unseen(character: str) -> bool:
    """White space, control, format, unassigned and surrogate characters, and whatever renders as nothing."""
    if character.isascii():
        return character <= " " or character == "\x7f"
    code = ord(character)
    return unicodedata.category(character)[0] in "CZ" or any(first <= code <= last for first, last in _IGNORABLE)


def is_dot(character: str) -> bool:
    return character in DOTS or "." in unicodedata.normalize("NFKC", character)


def is_disguised(character: str) -> bool:
    """Not a letter, mark or digit of a name, or one that software turns into ASCII punctuation such as / or @."""
    if character.isascii() or character in _CONTEXT:
        return False
    plain = unicodedata.normalize("NFKC", character)
    return any(unicodedata.category(part)[0] not in "LMN" for part in plain)
