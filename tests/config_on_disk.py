"""A test hub that was opened from a real config.yaml, for what edits the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import written_accounts
from fake_connectors import FakeCarrier
from sqlalchemy import update
from testbed import CONNECTORS, KEY, TestHub

from hub.api import Connector
from hub.contracts.answers import Ability
from hub.model import ConfigVersion
from hub.model.states import ConfigHow
from hub.numbers.directory import LiveDirectory
from hub.reload import ConfigFile
from hub.reload.versions import sha256_of
from hub.startup.assembly import assemble
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.testing import FrozenClock


class AnsweringCarrier(FakeCarrier):
    """A carrier that can do every step of a call, so that the file is right."""

    manifest = FakeCarrier.manifest.model_copy(update={"abilities": get_args(Ability)})


ENVIRON = {"HUB_KEY": KEY, "CRM_KEY": "the-key-of-the-crm", "LISTED_KEY": "a-key-that-is-listed"}
"""The machine's variables, as the file may name them."""
PLUGINS: Mapping[str, type[Connector]] = {**CONNECTORS, "carrier": AnsweringCarrier}
CONFIG = """\
# The hub of the tests.
hub:
  public_url: https://calls.example.com
  database: {database}
  secret_keys: ["${{env:HUB_KEY}}"]        # made with `hub secrets new-key`

recordings:
  storage: memory://recordings

connectors:
  carrier:
    plugin: {carrier}
  network:                              # the ads
    plugin: {network}
  crm:
    plugin: {crm}
  index:
    plugin: {index}
  law:
    plugin: {law}

conversions:

  - name: every call
    when: {{event: call}}
    value: 40 USD                       # what a call is worth
    send_to:
      network: {{action: 7}}

accounts:
  - name: agency
    title: Agency
    companies:

      - name: lakeside
        title: Lakeside
        country: US
        region: IL
        route: {{dial: "+13125550190"}}
        trackers:
          # The pool of the website.
          - name: website
            type: session
            carrier: carrier
            numbers:
              - "+13125550100"
              - "+13125550101"
              - "+13125550102"
          - name: shared
            type: source
            carrier: carrier
            numbers: ["+13125550120"]
            source: website
            medium: direct
            default: true
          - name: yellow_pages          # in print since spring
            type: source
            carrier: carrier
            numbers: ["+13125550122"]
            source: yellow_pages
            medium: print
            campaign: spring

      - name: northgate
        title: Northgate
        country: US
        region: IL
        route: {{dial: "+13125550190"}}
        trackers:
          - name: website
            type: session
            carrier: carrier
            numbers: ["+13135550100", "+13135550101"]
          - name: shared
            type: source
            carrier: carrier
            numbers: ["+13135550120"]
            source: website
            medium: direct
            default: true
"""
ANOTHER_ACCOUNT = """\
  - name: rival
    title: Rival
    companies:
      - name: riverside
        title: Riverside
        route: {{dial: "+14145550190"}}
        trackers:
          - name: shared
            type: source
            carrier: carrier
            numbers: ["+14145550120"]
            source: website
"""


@dataclass(frozen=True)
class FakeCatalog:
    """The plugins of a test as if they were installed, each under the name of its manifest."""

    classes: Mapping[str, type[Connector]]
    broken: Mapping[str, str] = field(default_factory=dict)

    def isolated(self, plugin: str, isolation: str | None) -> type[Connector]:
        """Always the class itself: these plugins run in threads."""
        return self.classes[plugin]


def config_file_at(path: Path, store: Store, clock: FrozenClock, **options: Any) -> ConfigFile:
    """The file of a test, with the fake plugins."""
    classes = options.pop("connectors", PLUGINS)
    catalog = FakeCatalog({each.manifest.name: each for each in classes.values()})

    def discover(_: Sequence[Path]) -> FakeCatalog:
        return catalog

    return ConfigFile(path, store, clock, discover=discover, environ=ENVIRON, **options)


def written(database: str, text: str = CONFIG, plugins: Mapping[str, type[Connector]] = PLUGINS) -> str:
    """A text with its database and plugins filled in."""
    return text.format(database=database, **{name: each.manifest.name for name, each in plugins.items()})


@contextmanager
def open_config_stage(
    database: str,
    clock: FrozenClock,
    folder: Path,
    text: str = CONFIG,
    plugins: Mapping[str, type[Connector]] = PLUGINS,
) -> Iterator[TestHub]:
    """A hub opened from `folder`/config.yaml, whose version 1 it runs."""
    path, content = folder / "config.yaml", written(database, text, plugins)
    path.write_text(content)
    applied = (text, tuple(plugins.items()), clock())
    empty = written_accounts.take(database)
    copied = written_accounts.copy(database, applied) if empty else None
    unopened = Store(database, lambda: Keyring([KEY]))
    try:
        file = config_file_at(path, unopened, clock, connectors=plugins)
        hub = assemble(file.check(content), clock)
        try:
            if copied is None:
                file.take(ConfigHow.START)
            else:  # the text names the database
                with hub.store.writing() as session:
                    session.execute(update(ConfigVersion).values(text=content, sha256=sha256_of(content)))
            live = LiveDirectory(hub.store, copied=copied)
            if empty and copied is None:
                written_accounts.keep(database, applied, live.latest)
            yield TestHub(hub, live, clock, config_file_at(path, hub.store, clock, connectors=plugins))
        finally:
            hub.close()
    finally:
        unopened.close()
