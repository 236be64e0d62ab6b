"""Reads what matters from a page: its scripts, numbers and links, and whether its Content-Security-Policy lets ours load."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import SplitResult, unquote, urlsplit

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


def directives(policy: str) -> dict[str, list[str]]:
    """Directive → its sources, of one policy; of a directive that stands twice, the first counts."""
    found: dict[str, list[str]] = {}
    for each in policy.split(";"):
        name, *sources = each.split()[:200] or [""]
        if name:
            found.setdefault(name.lower(), sources)
    return found


def blocks_script(policies: Iterable[str], page: str, script: str, nonce: str, integrity: str) -> bool:
    """Whether one of the policies keeps the browser from loading the script."""
    return any(
        _refuses(_of(each, "script-src-elem", "script-src"), page, script, nonce, integrity) for each in policies
    )


def blocks_requests(policies: Iterable[str], page: str, target: str) -> bool:
    """Whether one of the policies keeps the page from sending requests to `target`."""
    return any(_refuses(_of(each, "connect-src"), page, target) for each in policies)


def _of(policy: str, *names: str) -> list[str] | None:
    """The sources of the first directive that the policy has, or of default-src; None if nothing is limited."""
    found = directives(policy)
    return next((found[name] for name in (*names, "default-src") if name in found), None)


def _refuses(sources: list[str] | None, page: str, target: str, nonce: str = "", integrity: str = "") -> bool:
    if sources is None:
        return False
    if nonce and f"'nonce-{nonce}'" in sources:
        return False
    if integrity and all(f"'{each}'" in sources for each in integrity.split()):
        return False
    if "'strict-dynamic'" in sources:
        return True
    here, there = urlsplit(page), urlsplit(target)
    return not any(_matches(each.lower(), here, there) for each in sources)


def _matches(source: str, page: SplitResult, target: SplitResult) -> bool:
    if source == "*":
        return target.scheme in ("http", "https", page.scheme)
    if source == "'self'":
        return (page.scheme, page.netloc) == (target.scheme, target.netloc)
    if source.startswith("'"):
        return False
    if source.endswith(":"):
        return source[:-1] == target.scheme or (source == "http:" and target.scheme == "https")
    scheme, mark, rest = source.rpartition("://")
    host, _, path = rest.partition("/")
    name, _, port = host.partition(":")
    if mark and scheme != target.scheme and not (scheme == "http" and target.scheme == "https"):
        return False
    if not mark and target.scheme != page.scheme and not (page.scheme == "http" and target.scheme == "https"):
        return False
    wanted = target.hostname or ""
    if not (wanted.endswith(name[1:]) if name.startswith("*.") else wanted == name):
        return False
    if port not in ("", "*") and port != str(target.port or {"https": 443, "http": 80}.get(target.scheme)):
        return False
    if not port and target.port not in (None, {"https": 443, "http": 80}.get(target.scheme)):
        return False
    whole = f"/{path}"
    return not path or (target.path.startswith(whole) if whole.endswith("/") else target.path == whole)
