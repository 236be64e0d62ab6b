"""Whether a page's Content-Security-Policy lets the browser load our script, and lets it talk to the hub.

Source: W3C, Content Security Policy Level 3, 6.7 (matching of sources).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit


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
