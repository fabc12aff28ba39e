"""A text as a picture that a phone can scan (QR code), to be drawn by a page."""

from dataclasses import dataclass

import segno

QUIET_ZONE = 4


@dataclass(frozen=True)
class Picture:
    """``path``: the dark squares as an SVG path, in a square whose side is ``size``."""

    size: int
    path: str


def picture_of(text: str) -> Picture:
    rows = segno.make_qr(text, error="m").matrix
    runs = []
    for y, row in enumerate(rows):
        start = None
        for x, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                runs.append(f"M{start + QUIET_ZONE} {y + QUIET_ZONE}h{x - start}v1h-{x - start}z")
                start = None
    return Picture(len(rows) + 2 * QUIET_ZONE, "".join(runs))
