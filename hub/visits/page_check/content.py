"""Reads what matters from a page's HTML: its scripts, its policies, its phone numbers, its links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

UNREAD = frozenset({"script", "style", "template", "noscript"})


@dataclass
class PageContent:
    """What a page holds."""

    scripts: list[dict[str, str]] = field(default_factory=list)
    """The attributes of each script that has a `src`."""
    policies: list[str] = field(default_factory=list)
    """Content-Security-Policy in its meta tags."""
    text: str = ""
    """What a reader sees, as far as the HTML alone holds it."""
    dialed: list[str] = field(default_factory=list)
    """Numbers of its `tel:` links, digits only."""
    links: list[str] = field(default_factory=list)

    def times(self, number: str) -> int:
        """How often a number (E.164) stands in the text or a `tel:` link, in any notation, with or without its country code."""
        digits = number.lstrip("+")
        forms = {digits, digits[1:]} if digits.startswith("1") else {digits}
        written = "|".join(r"[\s().\-–/]*".join(form) for form in sorted(forms, key=len, reverse=True))
        pattern = rf"(?<!\d)(?:{written})(?!\d)"
        return len(re.findall(pattern, self.text)) + sum(each in forms for each in self.dialed)


def read_content(html: str) -> PageContent:
    """The content of a page; HTML that is not well formed is read as far as it goes."""
    reader = _Reader()
    reader.feed(html)
    reader.content.text = " ".join(reader.words)
    return reader.content


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.content = PageContent()
        self.words: list[str] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name.lower(): (value or "").strip() for name, value in attributes}
        if tag in UNREAD:
            self._unread.append(tag)
        if tag == "script" and values.get("src") and "noscript" not in self._unread:
            self.content.scripts.append(values)
        elif tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self.content.policies.append(values.get("content", ""))
        elif tag == "a" and (href := values.get("href")):
            if href.lower().startswith("tel:"):
                self.content.dialed.append(re.sub(r"\D", "", unquote(href)))
            else:
                self.content.links.append(href)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unread:
            self._unread.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data)
