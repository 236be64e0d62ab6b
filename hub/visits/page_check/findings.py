"""What a look at a page found, one sentence each, with what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urljoin, urlsplit

from hub.visits.page_check.content import PageContent, blocks_requests, blocks_script, read_content
from hub.visits.page_check.fetch import FetchedPage


@dataclass(frozen=True)
class Expected:
    """What should be on the pages of one company."""

    public_url: str
    """The hub's, without a slash at the end."""
    company: str
    file: str
    """The present version's file name."""
    integrity: str
    swap: tuple[str, ...]
    """The numbers that are replaced, E.164."""
    lent: frozenset[str]
    """Numbers of its pools: they must not be written into a page."""
    earlier: Mapping[str, str] = field(default_factory=dict)
    """Earlier files that are served on, each with its integrity."""

    @property
    def folder(self) -> str:
        """Where the company's scripts are."""
        return f"{self.public_url}/t/{self.company}/"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    kind: Literal["good", "warn", "bad"]
    what: str
    advice: str = ""


def findings(page: FetchedPage, expected: Expected) -> list[Finding]:
    """Everything that was found, in the order in which it matters."""
    if page.status >= 400:
        return [
            Finding("bad", f"The page answers with status {page.status}.", "Write the address of a page that exists.")
        ]
    if "html" not in page.content_type.lower():
        return [Finding("bad", "The address is not a page of HTML.", "Write the address of a page that visitors see.")]
    content = read_content(page.html)
    tags = [(urljoin(page.url, each["src"]), each) for each in content.scripts]
    ours = next(((url, tag) for url, tag in tags if url.startswith(f"{expected.folder}ringfence.")), None)
    found = [_script(page, ours, [url for url, _ in tags], expected)]
    found += _policy(page, content, ours, expected)
    found += _numbers(content, expected)
    if not any(
        urljoin(page.url, each).startswith(f"{expected.public_url}/privacy/{expected.company}")
        for each in content.links
    ):
        found.append(
            Finding("warn", "The link for people who do not want to be tracked is not on the page.",
                    "Put the footer link of the snippet on every page; several laws ask for it.")
        )  # fmt: skip
    return found


def _script(
    page: FetchedPage, ours: tuple[str, dict[str, str]] | None, others: Sequence[str], expected: Expected
) -> Finding:
    if ours is None:
        foreign = next((each for each in others if "/ringfence." in urlsplit(each).path), None)
        if foreign is not None:
            return Finding(
                "bad", "A script of another hub or company is on the page.", "Replace it with the snippet above."
            )
        return Finding(
            "bad", "The script is not in the page's HTML.",
            "Paste the snippet into the head of the page. If a tag manager adds it, the visits below are the proof.",
        )  # fmt: skip
    url, tag = ours
    file = urlsplit(url).path.rpartition("/")[2]
    if page.url.startswith("https:") and url.startswith("http:"):
        return Finding(
            "bad", "The script is loaded without TLS, which browsers refuse.", "Use the hub's https address."
        )
    if file == "ringfence.js":
        if tag.get("integrity"):
            return Finding(
                "bad", "The script follows updates but is pinned by its fingerprint.", "Paste the snippet again."
            )
        return Finding("good", "The script is on the page and follows updates.")
    served = {expected.file: expected.integrity, **expected.earlier}
    if file not in served:
        return Finding("bad", "The script is pinned to a version that is no longer served.",
                       "Paste the snippet again: the settings or the hub changed since.")  # fmt: skip
    if tag.get("integrity") and tag["integrity"] != served[file]:
        return Finding(
            "bad", "The fingerprint of the script is wrong, so browsers refuse it.", "Paste the snippet again."
        )
    if tag.get("integrity") and "crossorigin" not in tag:
        return Finding(
            "bad", "The tag has no crossorigin attribute, so browsers cannot check it.", "Paste the snippet again."
        )
    if file != expected.file:
        return Finding("warn", "The script is from before a connector brought a click id of its own.",
                       "Paste the snippet again: until then, this page does not keep that click id.")  # fmt: skip
    return Finding("good", "The script is on the page, pinned to the present version.")


def _policy(
    page: FetchedPage, content: PageContent, ours: tuple[str, dict[str, str]] | None, expected: Expected
) -> Iterator[Finding]:
    policies = [*page.policies, *content.policies]
    if not policies:
        return
    url, tag = ours or (f"{expected.folder}{expected.file}", {})
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(expected.public_url))
    script = blocks_script(policies, page.url, url, tag.get("nonce", ""), tag.get("integrity", ""))
    requests = blocks_requests(policies, page.url, f"{expected.public_url}/track/{expected.company}/visit")
    if script:
        yield Finding(
            "bad", "The page's Content-Security-Policy blocks the script.", f"Add {origin} to its script-src."
        )
    if requests:
        yield Finding(
            "bad", "The page's Content-Security-Policy blocks its requests.", f"Add {origin} to its connect-src."
        )
    if not script and not requests:
        yield Finding("good", "The page's Content-Security-Policy lets the script run.")


def _numbers(content: PageContent, expected: Expected) -> Iterator[Finding]:
    counts = {number: content.times(number) for number in expected.swap}
    for number, times in counts.items():
        if times:
            yield Finding("good", f"{number} stands {times} time{'s' if times > 1 else ''} on the page and is swapped.")
    if not expected.swap:
        yield Finding("bad", "No number is named that the script should swap.",
                      "Add the numbers of your pages to website: swap: in config.yaml.")  # fmt: skip
    elif not any(counts.values()):
        yield Finding("warn", "None of the numbers to swap is in the page's HTML.",
                      "Nothing is swapped here, unless the page writes the number by a script of its own.")  # fmt: skip
    written = [number for number in sorted(expected.lent) if content.times(number)]
    if written:
        yield Finding("bad", f"{written[0]} is a number of a pool and is written into the page.",
                      "Write your own number there; the script shows each visitor theirs.")  # fmt: skip
    known: Collection[str] = {each.lstrip("+") for each in (*expected.swap, *expected.lent)}
    other = {each for each in content.dialed if each not in known and f"1{each}" not in known and len(each) >= 7}
    if other:
        yield Finding("warn", f"{len(other)} other phone number{'s' if len(other) > 1 else ''} can be called from the page"
                      " and stay as they are.", "If their calls should count too, add them to website: swap:.")  # fmt: skip
