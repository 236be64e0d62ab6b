"""Where the secrets of config.yaml go, and who may change that. Pure.

A change in a browser or by an API sends no stored secret to another host and reads nothing of the machine: with either, a
user's session would be as good as the machine itself. The operator, who edits the file there, stays free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from hub.config.document import Path
from hub.config.error_messages import fields_of, models_in, secret_paths
from hub.config.references import REFERENCE, texts_in
from hub.config.sections.browser_references import reserved_references
from hub.platform.id_words import words_of

ADDRESS_WORDS = frozenset({
    "address", "addresses", "audience", "authority", "ca", "certificate", "datacenter", "domain", "endpoint", "endpoints",
    "file", "gateway", "gateways", "host", "hostname", "hosts", "instance", "issuer", "origin", "peer", "proxy", "realm",
    "region", "server", "servers", "socket", "subdomain", "tenant", "transport", "uri", "url", "urls",
})  # fmt: skip
"""A setting with one of these words in its name says where a connector's secrets go, or what proves that it is there."""
HOST = re.compile(
    r"(?i)(localhost|[\w-]+(\.[\w-]+)*\.[^\W\d_][\w-]+|\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*\]?)\.?(:\d+)?(/.*)?"
)
"""A value that is a host, whatever its setting is called."""
SWITCHES = ("plugin", "sandbox")
"""Of the common keys of a connector: with these, too, its secrets go elsewhere."""
MAX_SHOWN, MAX_HOST = 100, 300
MAIL: Path = ("mail", "smtp")
Tree = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ConfigEdit:
    """A change of config.yaml by a user: both texts as plain values with references as they are written, and what the user has
    shown."""

    old: Tree
    new: Tree
    settings: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    """Plugin → the model of its settings, of the installed plugins."""
    common: frozenset[str] = frozenset()
    """The keys of a connector that are not its plugin's."""
    signed_in: frozenset[str] = frozenset()
    """Connectors with a stored OAuth token."""
    typed: frozenset[str] = frozenset()
    """Names of the secrets that were typed in the same form."""
    is_owner: bool = False
    is_fresh: bool = False
    """The sign-in is recent."""
    is_shared: bool = False
    """The hub serves several accounts: then no user reads anything of the machine."""

    @cached_property
    def listed(self) -> frozenset[str]:
        """The references that the operator allows in a browser: as the running text has them, not the new one."""
        hub = _section(self.old, "hub")
        written = hub.get("browser_references")
        listed = {str(each) for each in written} if isinstance(written, list) else set[str]()
        return frozenset() if self.is_shared else frozenset(listed - reserved_references(self.old))


@dataclass(frozen=True)
class Refusal:
    """Why a change is refused: the place in config.yaml and one sentence for the user."""

    place: Path
    text: str
    attempt: str
    """What was tried, for the audit log: hosts and names of references, never a secret."""
    can_be_typed: bool = False
    """Whether typing the secret at `place` again lifts the refusal."""


@dataclass(frozen=True)
class SecretMove:
    """A connector whose secrets would go to another address."""

    connector: str
    place: Path
    """The first setting that changes."""
    old: str
    new: str

    @property
    def words(self) -> str:
        """Hosts only, for the audit log: an address may hold a secret."""
        return f"{shown_host(self.old)} to {shown_host(self.new)}"


def secret_refusals(edit: ConfigEdit) -> list[Refusal]:
    """Why the change is not the user's to make; empty if it is."""
    moved = (refusal for move in secret_moves(edit) for refusal in _moved(edit, move))
    return [*_mail_refusals(edit), *_new_references(edit), *moved]


def secret_moves(edit: ConfigEdit) -> list[SecretMove]:
    """The connectors that have secrets or a sign-in, and of which an address changes; a removed one sends nothing."""
    found, before = [], _section(edit.old, "connectors")
    for name, entry in _section(edit.new, "connectors").items():
        if name not in before:
            continue
        old, new = (_addresses(edit, each) for each in (before[name], entry))
        changed = [place for place in {**old, **new} if old.get(place) != new.get(place)]
        if changed and (name in edit.signed_in or any(_kept_references(edit, name))):
            place = changed[0]
            found.append(
                SecretMove(name, ("connectors", name, *place), old.get(place, "nothing"), new.get(place, "nothing"))
            )
    return found


def mail_move(edit: ConfigEdit) -> str:
    """From which host to which the mail server changes; empty if it stays."""
    old, new = (_section(tree, "mail") for tree in (edit.old, edit.new))
    hosts = [shown_host(str(each.get("smtp") or "").partition("://")[2].rpartition("@")[2]) for each in (old, new)]
    return " to ".join(hosts) if old.get("smtp") != new.get("smtp") else ""


def _mail_refusals(edit: ConfigEdit) -> Iterator[Refusal]:
    """The mail server carries invitations and links to sign in, so it is the owner's. A new text of its address goes only with
    a password that was typed with it."""
    if _section(edit.old, "mail") == _section(edit.new, "mail"):
        return
    refusal = _who_may_not(edit, "change the mail server")
    if refusal:
        yield Refusal(MAIL, refusal, f"mail: {mail_move(edit) or 'the sender'}")


def references_in(value: object, place: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each text with a reference in it. The entry of a list is found by its name if it has one."""
    return ((where, text) for where, text in texts_in(value, place) if REFERENCE.search(text))


def addresses_of(model: type[BaseModel] | None, written: Mapping[str, Any]) -> dict[Path, str]:
    """Setting → the address that it holds, of a plugin's own settings; what is left out has its default."""
    filled = _with_defaults(model, written) if model else written
    hidden = set(secret_paths(model, dict(filled))) if model else set()
    return {place: text for place, text in _texts(filled) if place not in hidden and _is_address(place, text)}


def shown_host(address: str) -> str:
    """The host of an address, with its port; of anything else the text itself, without what a reference stands for."""
    if REFERENCE.search(address):
        return "an address of the machine"
    try:
        split = urlsplit(address if "://" in address else f"//{address}")
        host = split.hostname or ""
        port = f":{split.port}" if split.port else ""
    except ValueError:
        return "an address that cannot be read"
    return (host + port)[:MAX_SHOWN] or "nothing"


def _new_references(edit: ConfigEdit) -> Iterator[Refusal]:
    known = {(_list_place(place), text) for place, text in references_in(edit.old)}
    places = frozenset(_secret_places(edit))
    for place, text in references_in(edit.new):
        if (_list_place(place), text) in known:
            continue
        references = ["".join(("${", found[1], ":", found[2], "}")) for found in REFERENCE.finditer(text)]
        for reference in references:
            if not _is_typed(edit, place, reference if place == MAIL else text):
                refusal = _why_not(edit, place, reference, is_secret=place in places)
                if refusal:
                    can_be_typed = place in places and place[0] == "connectors"
                    yield Refusal(place, refusal, f"{_spelled(place)}: {_kind(reference)}", can_be_typed=can_be_typed)


def _list_place(place: Path) -> Path:
    """The place of a value; of an entry of a list of texts that of the list, because the others may go."""
    return place[:-1] if isinstance(place[-1], int) else place


def _why_not(edit: ConfigEdit, place: Path, reference: str, *, is_secret: bool) -> str:
    name = reference.removeprefix("${").removesuffix("}")
    if place == MAIL:
        return "sends a stored password; type it again under Settings, Mail"
    if not is_secret:
        return (
            f"would read {reference} from the machine; only someone who can edit config.yaml on the machine may do that"
        )
    if name not in edit.listed:
        return (
            f"would read {reference} from the machine, which `hub.browser_references` does not list; type the secret itself "
            "on the page of connectors, or ask the operator to list it"
        )
    return _who_may_not(edit, f"write {reference}")


def _who_may_not(edit: ConfigEdit, action: str) -> str:
    if not edit.is_owner:
        return f"only an owner may {action}"
    return "" if edit.is_fresh else f"sign in again first: to {action}, the last sign-in must be recent"


def _moved(edit: ConfigEdit, move: SecretMove) -> Iterator[Refusal]:
    attempt = f"{_spelled(move.place)}: {move.words}"
    refusal = _who_may_not(edit, f"change the address to which {move.connector} sends its secrets ({move.words})")
    if refusal:
        yield Refusal(move.place, refusal, attempt)
        return
    for place, text in _kept_references(edit, move.connector):
        what = words_of(str(place[-1])) if isinstance(place[-1], str) else words_of(str(place[-2]))
        is_own = place[0] == "connectors"
        if not _is_typed(edit, place, text) and not _is_listed(edit, text):
            again = "type" if is_own else "have the operator write"
            yield Refusal(
                place, f"{again} the {what} again: the address changed from {move.words}", attempt, can_be_typed=is_own
            )


def _kept_references(edit: ConfigEdit, connector: str) -> Iterator[tuple[Path, str]]:
    """The values that the connector would send: those in its entry that stand for something, except in an address; and those
    of the destinations of conversions."""
    entry = _section(edit.new, "connectors").get(connector)
    addresses = _addresses(edit, entry)
    for place, text in references_in(entry):
        if place not in addresses:
            yield ("connectors", connector, *place), text
    for place, text in references_in(edit.new.get("conversions"), ("conversions",)):
        if place[2:4] == ("send_to", connector):
            yield place, text


def _is_typed(edit: ConfigEdit, place: Path, text: str) -> bool:
    found = REFERENCE.fullmatch(text)
    return (
        found is not None
        and found[1] == "secret"
        and found[2] in edit.typed
        and (place[0] == "connectors" or place == MAIL)
    )


def _is_listed(edit: ConfigEdit, text: str) -> bool:
    found = REFERENCE.fullmatch(text)
    return found is not None and f"{found[1]}:{found[2]}" in edit.listed


def _addresses(edit: ConfigEdit, entry: object) -> dict[Path, str]:
    """Setting → address, of a connector as it is written."""
    if not isinstance(entry, dict):
        return {}
    own = {key: value for key, value in entry.items() if key not in edit.common}
    found = addresses_of(edit.settings.get(str(entry.get("plugin"))), own)
    return found | {(key,): str(entry.get(key) or "the provider") for key in SWITCHES}


def _with_defaults(model: type[BaseModel], written: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(written)
    for key, each in fields_of(model).items():
        if key not in filled:
            default = each.get_default(call_default_factory=True)
            filled[key] = default.model_dump(mode="json") if isinstance(default, BaseModel) else default
        elif isinstance(filled[key], dict):
            for inner in models_in(each.annotation):
                filled[key] = _with_defaults(inner, filled[key])
    return filled


def _texts(value: object, place: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*place, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, (*place, index))
    elif value is not None and not isinstance(value, bool):
        yield place, str(value).strip().rstrip("/")


def _is_address(place: Path, text: str) -> bool:
    words = {word for key in place if isinstance(key, str) for word in key.lower().replace("-", "_").split("_")}
    return bool(words & ADDRESS_WORDS) or "://" in text or HOST.fullmatch(text[:MAX_HOST]) is not None


def _secret_places(edit: ConfigEdit) -> Iterator[Path]:
    for name, entry in _section(edit.new, "connectors").items():
        model = edit.settings.get(str(entry.get("plugin"))) if isinstance(entry, dict) else None
        if model:
            yield from (("connectors", name, *inner) for inner in secret_paths(model, entry))


def _kind(reference: str) -> str:
    """A reference for the audit log. What a user wrote as its name may be anything, a person's too."""
    found = REFERENCE.fullmatch(reference)
    if found is None:
        return "a reference"
    return reference if re.fullmatch(r"[A-Z_][A-Z0-9_]{0,60}", found[2]) else f"${{{found[1]}:…}}"


def _spelled(place: Path) -> str:
    return ".".join(map(str, place))[:200]


def _section(value: object, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, dict) else {}
