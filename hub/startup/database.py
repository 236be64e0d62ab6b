"""Open only the database of a configuration, for what needs no hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from hub.config.loading import read_text
from hub.config.models import HubSection
from hub.config.readers.outline import Outline, outline_of
from hub.platform.clock import utc_now
from hub.store.encryption.keyfile import keyring_of
from hub.store.encryption.vault import Vault
from hub.store.engine import Store, explained
from hub.store.journal.ends_file import ends_file_of
from hub.store.schema import upgrade
from hub.store.tombstones import refuse_unfinished


class Configured(Protocol):
    """A configuration, or its outline."""

    @property
    def hub(self) -> HubSection:
        """The settings of the hub itself."""


def read_outline(path: Path) -> Outline:
    """Of the configuration only what `open_store` and `vault_of` need; nothing else of the file is checked."""
    return outline_of(read_text(path), path)


@contextmanager
def open_store(config: Configured) -> Iterator[Store]:
    """Only the database, with its schema migrated."""
    store = Store(config.hub.database, lambda: keyring_of(config.hub), ends_file_of(config.hub))
    try:
        with explained():
            upgrade(store, lambda: Vault(keyring_of(config.hub), utc_now))
            with store.reading() as session:
                refuse_unfinished(session)
            yield store
    finally:
        store.close()


def vault_of(config: Configured) -> Vault:
    """The vault that decrypts the names and texts of the configuration's database."""
    return Vault(keyring_of(config.hub), utc_now)
