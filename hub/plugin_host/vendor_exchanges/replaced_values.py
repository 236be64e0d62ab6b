"""Replaces one value of an exchange: a text, a number, a sentence. Nothing stays unless a rule here lets it stay."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from hub.plugin_host.vendor_exchanges.allowed_words import AllowedWords
from hub.plugin_host.vendor_exchanges.fiction import HEX, Fiction
from hub.plugin_host.vendor_exchanges.field_kinds import (
    AMOUNT,
    CODE,
    ERROR,
    ERROR_TEXT,
    IDENTIFIER,
    LISTED,
    PHONE,
    TIME,
    is_birth,
    is_personal,
    kinds_of,
)

PHONE_TEXT = re.compile(r"\+?[\d(][\d\s().\u00a0\u2010-\u2015/-]{5,24}\d")
SPACED_DIGITS = re.compile(rf"(?<![\w-]){PHONE_TEXT.pattern}(?!\w)")
"""A phone number in a sentence, of several words."""
EMAIL_TEXT = re.compile(r"[^\s@:/<>]+@[^\s@/<>]+\.[^\s@/<>.]+")
SCHEME = re.compile(r"(sips?|tel|mailto|client|callto|sms|urn|whatsapp|messenger):(.+)", re.IGNORECASE | re.DOTALL)
NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?")
MACHINE = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?=.*:.*:)[0-9A-Fa-f:.]{3,45}")
VERSION = re.compile(r"v?\d{1,6}(?:[.-]\d{1,2}){0,2}")
ENDING = re.compile(r"\.(?:json|xml|csv|mp3|wav|pdf|txt|html|zip)$")
SECONDS = (1_400_000_000, 1_900_000_000)
"""A number of a time field between them, or a thousand or a million times it, is a time since 1970."""
SEPARATORS = re.compile(r"([/:,;|=&?~]+)")
DOTTED = re.compile(r"([/:,;|=&?~.]+)")
TYPE_PREFIX = re.compile(r"[A-Z]{2}(?=[0-9a-f]{32}$)|[A-Za-z]{2,16}[_-](?=\S{6})")
QUOTED = re.compile(r"(?<!\w)([\"'`“‘«])([^\"'`”’»]{1,400})([\"'`”’»])(?!\w)")
AROUND = ".,;:!?()[]{}<>\"'`“”‘’«»…"
MIN_ECHO, SMALL, CODE_DIGITS, PHONE_DIGITS = 3, 99, (4, 7), 7
MAX_DEPTH = 12
PLACE_OF_WORDS = frozenset({"country", "currency", "locale", "language", "lang"})


class ReplacedValues:
    """The values of the exchanges of one hook. `names` are values with the name of their placeholder: the connector's settings,
    and those that an earlier reply gave. `hosts` are the vendor's, as the manifest declares them."""

    def __init__(self, fiction: Fiction, allowed: AllowedWords, names: Mapping[str, str], hosts: Sequence[str]) -> None:
        self.fiction, self._allowed, self._hosts = fiction, allowed, hosts
        self.names = dict(names)
        self._echo: dict[str, str] = {}
        self._made: set[str] = set()
        """The words of fictional values."""

    def tree(self, value: Any, key: str = "", *, error: bool = False, depth: int = 0) -> Any:
        """A value of JSON. `error`: it is within what says why something failed."""
        if depth > MAX_DEPTH:
            return None
        if isinstance(value, Mapping):
            refuses = error or _says_error(value)
            return {
                self.key(name): self.tree(each, name, error=refuses or bool(kinds_of(name) & ERROR), depth=depth + 1)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self.tree(each, key, error=error, depth=depth + 1) for each in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return self._number(value, kinds_of(key), error)
        return self.text(str(value), key, error=error)

    def key(self, name: str) -> str:
        """The name of a field. In some objects it is an id or a phone number."""
        if self._allowed.allows(name):
            return name
        return self._typed(name, frozenset()) or f"field_{self.fiction.token('0' * 8 + name)[:8]}"

    def text(self, value: str, key: str = "", *, error: bool = False) -> str:
        """A text that is the value of a field."""
        if not value.strip():
            return value[:1] and " "
        made = self._text(value, kinds_of(key), error)
        if made != value and len(value) >= MIN_ECHO and "{{" not in made:
            self._echo[value] = self._ours(made)
        return made

    def _ours(self, made: str) -> str:
        self._made.update(made.split())
        return made

    def _text(self, value: str, kinds: frozenset[str], error: bool) -> str:
        if is_birth(kinds):
            return self.fiction.text(value)
        if "version" in kinds and VERSION.fullmatch(value):
            return value
        if (named := self._named(value, kinds)) is not None:
            return named
        if (nested := self._nested(value)) is not None:
            return nested
        if (typed := self._typed(value, kinds)) is not None:
            return typed
        if error and kinds & ERROR_TEXT:
            return self.sentence(value)
        if is_personal(kinds):
            return self._personal(value, kinds)
        if kinds & LISTED and all(map(self._allowed.allows, value.split())):
            return value
        if NUMBER.fullmatch(value):
            return self._digits(value, kinds, error)
        if self._allowed.allows(value) or (kinds & PLACE_OF_WORDS and re.fullmatch(r"[A-Za-z]{2,3}", value)):
            return value
        if error:
            return self.sentence(value)
        return self._hidden(value)

    def sentence(self, value: str) -> str:
        """What says why something failed: its ordinary words and codes stay, everything else is replaced. What the request said
        is replaced first."""
        repeated = [each for each in self._echo if each in value and not self._allowed.allows(each)]
        for real in sorted(repeated, key=len, reverse=True):
            value = value.replace(real, self._echo[real])
        value = SPACED_DIGITS.sub(self._spaced, QUOTED.sub(self._quoted, value))
        return re.sub(r"\S+", lambda found: self._word(found[0]), value)

    def _quoted(self, found: re.Match[str]) -> str:
        inner = found[2]
        kept = " " not in inner.strip() or self._made.issuperset(inner.split())
        return found[0] if kept else f"{found[1]}{self._ours(self.fiction.text(inner))}{found[3]}"

    def _spaced(self, found: re.Match[str]) -> str:
        """Digits of several words. What is one word, and a time, is left to `_word`."""
        words = found[0].split()
        digits = sum(each.isdigit() for each in found[0])
        if len(words) < 2 or digits < PHONE_DIGITS or self.fiction.iso(words[0]):
            return found[0]
        return self._ours(self._typed(found[0], PHONE) or self.fiction.text(found[0]))

    def _word(self, word: str) -> str:
        begin, core, end = _bare(word)
        if not core or self._allowed.allows(core) or core in self._made or (core.isdigit() and len(core) <= 3):
            return word
        if core.endswith(("'s", "n't", "’s")) and self._allowed.allows(core[:-2]):
            return word
        return f"{begin}{self._typed(core, PHONE) or self._pieces(core) or self._hidden(core)}{end}"

    def _named(self, value: str, kinds: frozenset[str]) -> str | None:
        """A placeholder for a value of the settings, or for a part of the value that is one."""
        if value in self.names and not (self._allowed.allows(value) and not is_personal(kinds)):
            return f"{{{{{self.names[value]}}}}}"
        inside = [each for each in self.names if len(each) > 5 and each in value]
        if not inside or re.search(r"\s", value):
            return None
        parts = re.split(f"({'|'.join(map(re.escape, sorted(inside, key=len, reverse=True)))})", value)
        return "".join(
            f"{{{{{self.names[part]}}}}}" if part in self.names else self._text(part, kinds, error=False)
            for part in parts
            if part
        )

    def _nested(self, value: str) -> str | None:
        """A text that is JSON itself."""
        if value[:1] in "{[":
            try:
                return json.dumps(self.tree(json.loads(value)), ensure_ascii=False, separators=(",", ":"))
            except (ValueError, RecursionError):
                return None
        return None

    def _typed(self, value: str, kinds: frozenset[str]) -> str | None:
        """The fictional value for one whose form says what it is; None if the form says nothing."""
        if moved := self._moved(value, kinds):
            return moved
        if "://" in value and not re.search(r"\s", value):
            return self.url(value)
        if match := SCHEME.fullmatch(value):
            return f"{match[1]}:{self._typed(match[2], PHONE) or self._pieces(match[2]) or self._hidden(match[2])}"
        if EMAIL_TEXT.fullmatch(value):
            return self.fiction.email(value)
        if MACHINE.fullmatch(value) and not (made := self.fiction.host(value)).startswith("host-"):
            return made
        digits = sum(each.isdigit() for each in value)
        if PHONE_TEXT.fullmatch(value) and PHONE_DIGITS <= digits <= 15 and (
            value[0] == "+" or (kinds & PHONE and digits <= 12) or not value.isdigit() or digits in (10, 11)
        ):  # fmt: skip
            return self.fiction.phone(value) if value.count(".") != 1 else None
        return None

    def _moved(self, value: str, kinds: frozenset[str]) -> str | None:
        if (moved := self.fiction.iso(value)) is not None:
            return moved
        if value[:3].isalpha() and "," in value[:5] and (moved := self.fiction.mail_date(value)) is not None:
            return moved
        if value.isdigit() and kinds & TIME and (since := self._epoch(int(value))) is not None:
            return str(since)
        return None

    def _epoch(self, value: int) -> int | None:
        for unit in (1, 1_000, 1_000_000):
            if SECONDS[0] * unit <= value <= SECONDS[1] * unit:
                return self.fiction.epoch(value, unit)
        return None

    def _number(self, value: float, kinds: frozenset[str], error: bool) -> Any:
        if isinstance(value, int) and kinds & TIME and (since := self._epoch(value)) is not None:
            return since
        made = self._digits(json.dumps(value), kinds, error)
        return int(made) if isinstance(value, int) else float(made)

    def _digits(self, text: str, kinds: frozenset[str], error: bool = False) -> str:
        """A number as text. A code and a small number stay, unless the field's name says whose they may be; a long code only
        in what says why something failed."""
        whole = text.isdigit() and not kinds & IDENTIFIER and not kinds & AMOUNT and not is_personal(kinds)
        if whole and (int(text) <= SMALL or (kinds & CODE and len(text) <= CODE_DIGITS[error])):
            return text
        if not text.strip("-0."):
            return text
        return self.fiction.token(text) if text.isdigit() and len(text) >= PHONE_DIGITS else self.fiction.number(text)

    def _personal(self, value: str, kinds: frozenset[str]) -> str:
        """A value that is somebody's, whatever it is. A hash stays one."""
        if NUMBER.fullmatch(value):
            return self._digits(value, kinds)
        return self.fiction.token(value) if HEX.fullmatch(value) else self.fiction.text(value)

    def _hidden(self, value: str) -> str:
        """A value of which nothing is known."""
        if re.search(r"\s", value) or not value.isascii():
            return self.fiction.text(value)
        if (pieces := self._pieces(value)) is not None:
            return pieces
        match = TYPE_PREFIX.match(value)
        prefix = match[0] if match and (match[0].isupper() or self._allowed.allows(match[0][:-1])) else ""
        return self.fiction.token(value, len(prefix))

    def _pieces(self, value: str) -> str | None:
        """A value of several parts, each replaced apart, as `customers/123/actions/9`; None if it is one part."""
        parts = (SEPARATORS if value.count(".") < 2 else DOTTED).split(value)
        if len(parts) < 3:
            return None
        return "".join(
            part if number % 2 or not part or self._allowed.allows(part) else self._piece(part)
            for number, part in enumerate(parts)
        )

    def _piece(self, part: str) -> str:
        if part in self.names:
            return f"{{{{{self.names[part]}}}}}"
        return self._typed(part, PHONE) or (part if part.isdigit() and len(part) <= 2 else self._hidden(part))

    def url(self, value: str) -> str:
        """An address of the web: the vendor's own host stays, another becomes one of example.com."""
        try:
            parts = urlsplit(value)
            host = parts.hostname or ""
        except ValueError:
            return self.fiction.text(value)
        made = f"{parts.scheme if self._allowed.allows(parts.scheme) else 'https'}://{self.host(host)}"
        made += self.path(parts.path)
        made += f"?{self.query(parts.query)}" if parts.query else ""
        return made + (f"#{self._piece(parts.fragment)}" if parts.fragment else "")

    def host(self, name: str) -> str:
        """A host's name: one that the manifest declares stays, what stands for `*` in it does not."""
        declared = any(fnmatch(name.lower(), each) for each in self._hosts)
        return self.vendor_host(name) if declared else self.fiction.host(name)

    def vendor_host(self, name: str) -> str:
        """The host that a request was sent to; that of a stand-in is the vendor's first."""
        declared = [each for each in self._hosts if fnmatch(name.lower(), each)] or list(self._hosts)
        return declared[0].replace("*", "example") if declared else "vendor.example.com"

    def keeps(self, value: str) -> bool:
        """Whether a value may stay whatever field it is in."""
        return self._allowed.allows(value)

    def path(self, path: str) -> str:
        """The path of an address."""
        return "/".join(quote(self._segment(unquote(each)), safe="{}:~!$'()*,;=@.-_") for each in path.split("/"))

    def _segment(self, segment: str) -> str:
        ending = ENDING.search(segment)
        if not segment or self._allowed.allows(segment):
            return segment
        if ending:
            return self._segment(segment[: ending.start()]) + ending[0]
        return self._text(segment, frozenset({"id"}), error=False)

    def query(self, query: str) -> str:
        """Fields of an address or of a form."""
        fields = parse_qsl(query, keep_blank_values=True)
        if not fields and query:
            return quote(self._hidden(unquote(query)), safe="{}")
        return urlencode(
            [(self.key(name), self.text(each, name)) for name, each in fields], quote_via=quote, safe="{}:,"
        )

    def authorization(self, value: str) -> str:
        """The value of an Authorization header."""
        scheme, _, secret = value.partition(" ")
        if not secret:
            return self._named(value, frozenset()) or self.fiction.token(value)
        if scheme.lower() != "basic":
            shown = scheme if scheme.lower() in ("bearer", "token", "digest", "oauth", "hmac") else "Bearer"
            return f"{shown} {self._named(secret, frozenset()) or self.fiction.token(secret)}"
        try:
            user, _, password = base64.b64decode(secret).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return f"Basic {self.fiction.token(secret)}"
        if user in self.names and password in self.names:
            return f"Basic {{{{{self.names[user]}:{self.names[password]}}}}}"
        hidden = f"{self.fiction.token(user)}:{self.fiction.token(password)}"
        return f"Basic {base64.b64encode(hidden.encode()).decode()}"


def _says_error(fields: Mapping[str, Any]) -> bool:
    """Whether an object says that something failed: a code beside a message, with no success in it."""
    code = next((fields[each] for each in ("code", "error_code", "errorCode", "status_code") if each in fields), None)
    return code not in (None, 0, "0", "", "OK", "ok", 200) and any(
        each in fields for each in ("message", "msg", "detail")
    )


def _bare(word: str) -> tuple[str, str, str]:
    """A word without the signs around it, and these."""
    core = word.strip(AROUND)
    at = word.find(core) if core else len(word)
    return word[:at], core, word[at + len(core) :]
