"""axe-core, the accessibility rules of WCAG 2.2 A and AA and its best practices, run inside a page."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.npm import installed

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ([tags, only]) => {
  const found = await axe.run(document, {
    runOnly: only ? {type: "rule", values: only} : {type: "tag", values: tags},
    resultTypes: ["violations"],
    rules: only ? {} : {"target-size": {enabled: true}},
  });
  return found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target.join(" ")}: ${(node.failureSummary || "").replace(/\\s+/g, " ")}`));
}"""
COLOURS = ["color-contrast", "link-in-text-block"]


@cache
def source() -> str:
    folder = installed(Path(__file__).with_name("package.json"), "browser", "for accessibility with axe-core")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def faults(page: Page, *, only: list[str] | None = None) -> list[str]:
    """What axe finds on the page as it stands now, one line each: rule, element, what to repair."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(source())
    found: list[Any] = page.evaluate(RUN, [TAGS, only])
    return [str(line) for line in found]
