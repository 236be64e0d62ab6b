"""Secrets that are typed beside the editor: an address changed, or a new connector has none yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hub.access.users import Editor
from hub.config.document import Path
from hub.config.edit import Change, edited
from hub.connecting.connect import secret_name
from hub.platform.id_words import words_of
from hub.reload import Proposal
from hub.store.secrets import free_name
from hub.web.pages.request import PageRequest

MAX_SECRET = 20_000
"""Of a private key, with its line ends."""


@dataclass(frozen=True)
class SecretField:
    """An input for one secret."""

    place: Path
    text: str
    """Why it is needed for."""

    @property
    def name(self) -> str:
        """The name of the input."""
        return "secret." + ".".join(map(str, self.place[1:]))

    @property
    def label(self) -> str:
        """Connector and setting."""
        return f"{self.place[1]}: {words_of(' '.join(map(str, self.place[2:])))}"


def secret_fields(proposal: Proposal) -> list[SecretField]:
    """What can be typed so that the change is allowed; each place once."""
    needed = {each.place: each.text for each in proposal.refusals if each.can_be_typed}
    return [SecretField(place, text) for place, text in needed.items()]


def with_typed(page: PageRequest, text: str, fields: Iterable[SecretField]) -> tuple[str, Editor]:
    """The text with a name in place of each secret that was typed, and the user with these secrets."""
    changes, secrets = list[Change](), dict[str, str]()
    for field in fields:
        value = page.value(field.name)[:MAX_SECRET]
        if value:
            wanted = secret_name(str(field.place[1]), tuple(map(str, field.place[2:])))
            with page.hub.store.reading() as session:
                name = free_name(session, wanted, secrets)
            secrets[name] = value
            changes.append(Change(field.place, f"${{secret:{name}}}"))
    return edited(text, changes) if changes else text, replace(page.editor, secrets=secrets)
