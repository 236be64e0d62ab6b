"""What a plugin asks for, as a person accepts it, and what a new version asks for beyond that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hub.contracts.manifest import DataFlow, Manifest, Share

SIGNED_BY = "Signed by"
UNSIGNED = "nobody"
Rights = dict[str, tuple[str, ...]]
"""Aspect → what the plugin asks for."""


@dataclass(frozen=True)
class Ask:
    """One aspect of which a new version wants more."""

    what: str
    before: tuple[str, ...]
    more: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """`hosts: uploads.acme.example`."""
        return f"{self.what.lower()}: {', '.join(self.more)}"


def rights_of(manifest: Manifest, key: str = "") -> Rights:
    """What a version asks for. `key` names the key that signed its certificate, if it has one."""
    found = {what: tuple(dict.fromkeys(values(manifest))) for what, values in ASPECTS.items()}
    return found | {SIGNED_BY: (f"key {key}" if key else UNSIGNED,)}


def asks_between(before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> tuple[Ask, ...]:
    """What a person must accept before the new version is used; nothing if it asks for no more. A first signature is no
    more; another key, or none any more, is."""
    found = []
    for what, values in after.items():
        old = before.get(what, ())
        more = tuple(each for each in values if each not in old)
        if more and not (what == SIGNED_BY and old == (UNSIGNED,)):
            found.append(Ask(what=what, before=old, more=more))
    return tuple(found)


def _data(manifest: Manifest) -> Iterator[str]:
    """Each field with the use that it is for; with another transform, key or hook it is another one."""
    for flow in manifest.flows:
        for share in flow.shares:
            yield from (f"{name} for {_use(flow)}" for name in _names(share))


def _names(share: Share) -> Iterator[str]:
    hidden = "" if share.transform_name == "plain" else f" ({share.transform_name})"
    for key in share.keys or ("",):
        yield f"{share.field}{f' {key}' if key else ''}{hidden}"


def _use(flow: DataFlow) -> str:
    return f"{flow.use}, in {flow.hook}"


ASPECTS: dict[str, Callable[[Manifest], Iterable[str]]] = {
    "Hosts": lambda manifest: manifest.hosts,
    "Data": _data,
    "Uses": lambda manifest: [flow.use for flow in manifest.flows],
    "Recipient": lambda manifest: [f"{manifest.recipient.name} ({manifest.recipient.role})"],
    "Regions": lambda manifest: manifest.regions,
    "Click ids": lambda manifest: manifest.read_click_ids,
    "Network library": lambda manifest: [manifest.network_library] if manifest.network_library else [],
}
