"""Clean URLs: web addresses and texts without email addresses, phone numbers and unknown parameters. Pure.

A clean URL has the scheme, the host, the path and the parameters that marketing uses: the `utm_` tags, click ids, Google's ad
parameters, and the names that the company and its connectors declare. User information, the fragment, path parameters (`;…`)
and every other parameter are dropped, so a name, an email address or a phone number in a form's query never arrives. In the
path and in texts, anything that looks like an email address or a phone number is replaced by `redacted`, however it is
percent-encoded.

A phone number is recognized by 9 to 15 digits, with or without separators, or by 7 to 15 digits after a plus. Ad networks write
ids of 9 to 20 digits into `utm_campaign`, `utm_content` and `utm_id`, and after a hyphen; there, digits without plus and
separators are kept.

The page script (hub/web/static/ringfence.js) does the same before anything leaves the browser;
tests/browser/test_clean_urls_in_the_script.py compares the two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id")
CLICK_IDS = ("gclid", "gbraid", "wbraid", "dclid", "msclkid", "fbclid", "ttclid", "li_fat_id", "twclid")
"""The click ids whose networks are known without a connector. Connectors bring their own. The value of each is captured only
if a connector reads it; its presence says the source."""
AD_PARAMETERS = ("gad_source", "gad_campaignid")
MARKETING = frozenset((*UTM, *CLICK_IDS, *AD_PARAMETERS))
MAX_ADDRESS_CHARS = 16_384
MAX_PARAMETERS = 200
MAX_DECODINGS = 5
"""An address that is percent-encoded more often hides something; that part is redacted."""
REDACTED = "redacted"

_WORD = re.compile(r"[^ \t-\r/]+")
_GAP = r"[\s().\-/\u00b7\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069]{0,4}"
_DIGIT = r"[0-9\u0660-\u0669\u06f0-\u06f9]"
_PHONE = re.compile(
    rf"(^|[^A-Za-z0-9])(\+{_GAP}{_DIGIT}(?:{_GAP}{_DIGIT}){{6,14}}|\(?{_DIGIT}(?:{_GAP}{_DIGIT}){{8,14}})(?![A-Za-z0-9])"
)
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ASSIGNED = re.compile(r"=.*", re.DOTALL)
_EDGES = re.compile(r"^[\s\x00-\x20]+|[\s\x00-\x20]+$")
_HOST = re.compile(r"[\w.-]{1,253}(?::[0-9]{1,5})?|\[[0-9a-f:.]{2,45}\](?::[0-9]{1,5})?", re.IGNORECASE)
_PERSONAL_NAME = re.compile(
    r"name|mail|phone|mobile|cell|contact|user|login|addr|street|birth|customer|person|^(?:tel|dob|ssn)$", re.IGNORECASE
)
_WITH_IDS = frozenset(("utm_campaign", "utm_content", "utm_id", *AD_PARAMETERS))


def is_personal_name(name: str) -> bool:
    """Whether a parameter's name says that its value belongs to a person. Such a parameter is never stored."""
    return _PERSONAL_NAME.search(name) is not None


def clean_url(address: str | None, also: Collection[str] = (), click_ids: Collection[str] = ()) -> str | None:
    """The address without personal data; None if it is not an address of the web or of an Android app.

    `also` are the lower-case names of additional parameters to keep, `click_ids` those of additional click ids. Only the
    first 16,384 characters and the first 200 parameters are read. Never raises, whatever the text.
    """
    if not address:
        return None
    try:
        parts = urlsplit(_EDGES.sub("", address[:MAX_ADDRESS_CHARS]))
    except ValueError:
        return None
    place, host = "", parts.netloc.rpartition("@")[2]
    if parts.scheme or host:
        if parts.scheme not in ("http", "https", "android-app") or not _HOST.fullmatch(host):
            return None
        place = f"{parts.scheme}://{host}"
    path = "/".join(map(_segment, parts.path.split("/")))
    query = "&".join(_kept(parts.query, len(address) > MAX_ADDRESS_CHARS, also, {*CLICK_IDS, *click_ids}))
    return _EDGES.sub("", f"{place}{path}{'?' if query else ''}{query}") or None


def without_click_ids(url: str, click_ids: Collection[str] = ()) -> str:
    """A clean URL as it is stored and sent to others, without the well-known click ids and `click_ids`, in lower case. Click
    ids have their own field, retention rule and declaration."""
    path, _, query = url.partition("?")
    dropped = {*CLICK_IDS, *click_ids}
    kept = "&".join(part for part in query.split("&") if part.partition("=")[0] not in dropped)
    return f"{path}?{kept}" if kept else path


def clean_text(text: str) -> str:
    """`text` with each email address and phone number replaced by `redacted`. Names cannot be recognized."""
    flat = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if "@" not in flat and sum(map(str.isdigit, flat)) < 7:
        return text
    clean = _WORD.sub(lambda word: REDACTED if "@" in word[0] else word[0], flat)
    clean = _PHONE.sub(rf"\1{REDACTED}", clean)
    return text if clean == flat else clean


@lru_cache(maxsize=4_096)
def _segment(part: str) -> str:
    """A part of the path between slashes."""
    part = part.partition(";")[0]
    text = _decoded(part)
    clean = _ASSIGNED.sub(f"={REDACTED}", clean_text(text))
    return part if clean == text else quote(clean, safe="!~*'()", errors="replace")


def _kept(query: str, is_cut: bool, also: Collection[str], click_ids: Collection[str]) -> Iterator[str]:
    parts = query.split("&", MAX_PARAMETERS)
    if is_cut or len(parts) > MAX_PARAMETERS:
        parts.pop()  # the limit cut it in two, or it is the unread rest
    for part in parts:
        written, equals, value = part.partition("=")
        name = written.lower().removeprefix("amp;")
        is_known = name in MARKETING or ((name in also or name in click_ids) and not is_personal_name(name))
        if equals and is_known and not is_personal_value(name, value, click_ids):
            yield f"{name}={value}"


def is_personal_value(name: str, value: str, click_ids: Collection[str] = CLICK_IDS) -> bool:
    """Whether a percent-encoded value of a parameter looks like an email address or a phone number."""
    # A plus is a space in a query; at the beginning it may belong to a phone number.
    text = _decoded(re.sub(r"(?!^)\+", " ", value))
    flat = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "@" in flat or (name not in click_ids and any(not _is_id(name, found) for found in _PHONE.finditer(flat)))


def _is_id(name: str, found: re.Match[str]) -> bool:
    """Whether digits are an ad network's id, as `kwd-298301234567` is."""
    return found[2].isdigit() and (found[1] == "-" or name in _WITH_IDS)


def _decoded(text: str) -> str:
    """`text` without percent-encoding, however often it was encoded. Text that cannot be decoded counts as an address."""
    for _ in range(MAX_DECODINGS):
        if "%" not in text:
            return text
        text = _ENCODED.sub(lambda run: _plain(run[0]), text)
    return f"{text}@" if _ENCODED.search(text) else text


def _plain(run: str) -> str:
    try:
        return unquote_to_bytes(run).decode("utf-8")
    except UnicodeDecodeError:
        return "@"


CLICK_ID_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,39}")
COOKIE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}|[A-Za-z0-9_.-]{3,60}\*")


def as_click_id(name: str) -> str:
    """A name that a manifest gives to a click id; ValueError for one that cannot be one."""
    if not CLICK_ID_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no parameter's name: 2 to 40 letters, digits, - and _, first a letter")
    if is_personal_name(name) or name.lower() in (*UTM, *AD_PARAMETERS):
        raise ValueError(f"{name!r} cannot be a click id: a parameter of that name holds something else")
    return name


def as_cookie(name: str) -> str:
    """A name that a manifest gives to a cookie; ValueError for one that cannot be one."""
    if not COOKIE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no cookie's name: letters, digits, . - and _; at least 3 of them before a *")
    if is_personal_name(name) or name.startswith("ringfence"):
        raise ValueError(f"{name!r} cannot be an ad network's cookie")
    return name
