"""docs/promises.md: what `hub certify` proves of a plugin, from the suites."""

from __future__ import annotations

from hub.proof.docs.markdown import page
from hub.testing.promises import chapters

TITLES = {"all": "All kinds", "ads": "Ad networks", "carrier": "Carriers", "crm": "CRMs"}


def promises_page() -> str:
    """The whole page."""
    blocks: list[str] = []
    for kind, about, promises in chapters():
        lines = [f'- <a id="{each.anchor}"></a>**{each.sentence}.** {each.meaning}'.rstrip() for each in promises]
        blocks += [
            f"## {TITLES.get(kind, kind.capitalize())}: {about[:1].lower()}{about[1:].rstrip('.')}",
            "\n".join(lines),
        ]
    note = (
        "What `hub certify` tries on a plugin: what all kinds have in common, then the promises of each. What a plugin leaves "
        "out, by its manifest or for want of a hook, does not apply. [write-a-plugin.md](write-a-plugin.md) explains more."
    )
    return page("# Promises", note, *blocks)
