"""What a first visit to a page costs on the wire, and how much the page jumps while it is drawn."""

import gzip
from functools import cache
from urllib.request import urlopen

from playwright.sync_api import Page, Response

MOST_BYTES = 150 * 1024
MOST_SHIFT = 0.01
# Shifts that follow a person's own doing do not count.
OBSERVE = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
LOADED = """performance.getEntriesByType("resource").map((one) => one.name)
  .filter((name) => /[.](css|js|woff2?)([?]|$)/.test(name))"""


@cache
def packed(address: str) -> int:
    with urlopen(address) as answer:
        return len(gzip.compress(answer.read()))


def faults(page: Page, answer: Response | None) -> list[str]:
    """Of a page that was just opened, one line each."""
    assert answer is not None
    files = {name: packed(name) for name in page.evaluate(LOADED)}
    assert files
    total = len(gzip.compress(answer.body())) + sum(files.values())
    found = [f"weighs {total / 1024:.0f} KiB compressed"] if total > MOST_BYTES else []
    shifted = page.evaluate("window.shifted")
    return [*found, f"jumps by {shifted:.3f}"] if shifted >= MOST_SHIFT else found
