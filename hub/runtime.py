"""A hub: the parts that everything works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.platform.disk import Disk
from hub.store.violations import write_refusals

if TYPE_CHECKING:
    from hub.config.models import Config
    from hub.platform.clock import Clock
    from hub.platform.liveness import Liveness
    from hub.plugin_host.registry import Plugins
    from hub.plugin_host.violations import ManifestViolations
    from hub.store.blob_store import BlobStore
    from hub.store.encryption.keyring import Keyring
    from hub.store.encryption.vault import Vault
    from hub.store.engine import Store
    from hub.store.heartbeat import Heartbeat
    from hub.store.spool import Spool


@dataclass(frozen=True)
class Hub:
    """Everything that the flow needs."""

    config: Config
    store: Store
    plugins: Plugins
    keyring: Keyring
    vault: Vault
    blob_store: BlobStore
    clock: Clock
    heartbeat: Heartbeat
    refusals: ManifestViolations
    liveness: Liveness
    spool: Spool
    disk: Disk = field(default_factory=lambda: Disk(None, 0))
    listed_calls: dict[str, dict[str, int]] = field(default_factory=dict)
    """Connector → call → a hash of its events in the carrier's list that was folded last (hub.delivery.reconcile)."""
    answer_seconds: float = 1.0
    """Seconds from the webhook of a ringing call to its answer; a later one is the static document."""

    def close(self) -> None:
        """As `retire`, then close the connections to the database."""
        self.retire()
        self.store.close()
        self.spool.close()

    def retire(self) -> None:
        """Write the manifest violation counts, and close threads. The database stays open for the hub that follows."""
        self.heartbeat.close()
        self.plugins.close()
        write_refusals(self.store, self.refusals)


def webhook_url(config: Config, connector: str) -> str:
    """The public address of a connector's webhooks."""
    return f"{str(config.hub.public_url).rstrip('/')}/webhooks/{connector}"
