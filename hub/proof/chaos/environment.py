"""The environment: provider sandboxes that keep running when the hub is killed, and a config.yaml that uses them."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hub.contracts.sandbox import AdsSandbox, CarrierSandbox, CrmSandbox
from hub.errors import ConfigError
from hub.platform.loopback import free_port
from hub.plugin_host.discovery import discover
from hub.plugin_host.sandboxes import RunningSandboxes, start_sandboxes
from hub.proof.chaos.postgres import PostgresServer
from hub.proof.chaos.shifted_clock import VARIABLE, ShiftedClock

EVIL_PLUGINS = Path(__file__).with_name("evil_plugins")
SPOOL = "spool.db"
PROVIDERS_CLOCK = "providers_clock"
CONVERSION_RULE = "answered call"
COMPANY = "lakeside"
BUSINESS = "+13125550190"
DEFAULT_NUMBER = "+13125550120"
POOL = tuple(f"+17735550{last}" for last in range(100, 200))
"""More numbers than simultaneous callers, so that each call has its own visit. 555-01xx is reserved for fiction."""
PROVIDERS = {"carrier": "twilio", "network": "google_ads", "crm": "salesforce"}
"""Connector → plugin."""
MORE_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "network": {"diagnostics_after": 1},
    "carrier": {"schedule": "0 0 29 2 *"},
}
"""Settings besides those of the sandboxes: the check does not wait half an hour for diagnostics, and the carrier's own list of
calls, which would hide what a webhook has lost, is not read."""


@dataclass(frozen=True)
class Environment:
    """What every started hub finds: its configuration, its secrets, and the providers."""

    config: Path
    database: str
    address: str
    environ: Mapping[str, str]
    sandboxes: RunningSandboxes
    data: Path
    """The folder of the hub's data: its database if it is SQLite, its spool and its recordings."""
    server: PostgresServer | None = None

    @property
    def clock_file(self) -> Path:
        """The file that says how far the hub's clock is off."""
        return self.config.with_name("clock")

    @property
    def providers_clock_file(self) -> Path:
        """The same for the providers' clock."""
        return self.config.with_name(PROVIDERS_CLOCK)

    @property
    def spool(self) -> Path:
        """The hub's spool."""
        return self.data / SPOOL

    @property
    def evil_file(self) -> Path:
        """The file that lets a plugin be evil while it exists."""
        return self.config.with_name("evil")

    @property
    def postgres_server(self) -> PostgresServer:
        """The server of the database."""
        assert self.server is not None, "no fault needs it"
        return self.server

    @property
    def carrier(self) -> CarrierSandbox:
        """The carrier's sandbox."""
        return cast(CarrierSandbox, self.sandboxes.of("carrier"))

    @property
    def network(self) -> AdsSandbox:
        """The ad network's sandbox."""
        return cast(AdsSandbox, self.sandboxes.of("network"))

    @property
    def crm(self) -> CrmSandbox:
        """The CRM's sandbox."""
        return cast(CrmSandbox, self.sandboxes.of("crm"))


@contextmanager
def set_stage(
    folder: Path, *, data: Path | None = None, server: PostgresServer | None = None, evil: bool = False
) -> Iterator[Environment]:
    """Start the sandboxes and write config.yaml into `folder`; secrets go to environment variables, as in production. The
    database is SQLite in `data`, or on `server`; with `evil`, a plugin that may
    misbehave enriches each call."""
    data = data or folder
    classes = discover().classes
    missing = sorted(set(PROVIDERS.values()) - classes.keys())
    if missing:
        raise ConfigError(f"hub chaos needs the plugins {', '.join(missing)}; install ringfence with its extras.")
    clock = ShiftedClock(folder / PROVIDERS_CLOCK)
    with start_sandboxes({name: classes[plugin] for name, plugin in PROVIDERS.items()}, clock) as sandboxes:
        environ = {VARIABLE: str(folder / "clock"), "CHAOS_KEY": base64.b64encode(secrets.token_bytes(32)).decode()}
        connectors = {
            name: {
                "plugin": plugin,
                "schedule": "every 1 second",
                **_in_environment(f"CHAOS_{name.upper()}", sandboxes.settings(name), environ),
                **MORE_SETTINGS.get(name, {}),
            }
            for name, plugin in PROVIDERS.items()
        }
        port = free_port()
        database = server.url if server is not None else f"sqlite:///{data / 'chaos.db'}"
        address = f"http://127.0.0.1:{port}"
        network = cast(AdsSandbox, sandboxes.of("network"))
        document = _document(address, port, database, connectors, network.destination())
        document["recordings"] = {"storage": str(data / "recordings")}
        document["hub"] |= {"tombstones": str(data / "tombstones"), "spool": str(data / SPOOL)}
        if evil:
            document["hub"]["plugin_dirs"] = [str(EVIL_PLUGINS)]
            document["connectors"]["evil"] = {"plugin": "evil_enricher", "while_exists": str(folder / "evil")}
        config = folder / "config.yaml"
        config.write_text(json.dumps(document, indent=2))  # JSON is YAML
        yield Environment(config, database, address, os.environ | environ, sandboxes, data, server)


def _document(
    address: str, port: int, database: str, connectors: Mapping[str, object], destination: Mapping[str, object]
) -> dict[str, Any]:
    trackers = [
        {"name": "website", "type": "session", "carrier": "carrier", "numbers": POOL},
        {
            "name": "default",
            "type": "source",
            "carrier": "carrier",
            "numbers": [DEFAULT_NUMBER],
            "source": "website",
            "default": True,
        },
    ]
    company = {
        "name": COMPANY,
        "title": "Lakeside Plumbing",
        "country": "US",
        "region": "IL",
        "route": {"dial": BUSINESS, "greeting": "Lakeside Plumbing.", "voicemail": "Leave a message."},
        "trackers": trackers,
    }
    return {
        "hub": {
            "public_url": address,
            "listen": f"127.0.0.1:{port}",
            "database": database,
            "disk_reserve": "8 MB",
            "secret_keys": ["${env:CHAOS_KEY}"],
            "private_hosts": ["127.0.0.1"],
        },
        "connectors": {
            **connectors,
            "signals": {"plugin": "signals"},
            "jurisdictions": {"plugin": "jurisdictions", "trades_in": ["US"]},
        },
        "conversions": [
            {
                "name": CONVERSION_RULE,
                "when": {"event": "call", "answered": True, "min_duration": "1s"},
                "value": "40 USD",
                "send_to": {"network": destination},
            }
        ],
        "accounts": [{"name": "agency", "title": "Agency", "companies": [company]}],
    }


def _in_environment(prefix: str, settings: object, environ: dict[str, str]) -> Any:
    """The settings with every text moved to an environment variable and replaced by a reference."""
    if isinstance(settings, Mapping):
        return {key: _in_environment(f"{prefix}_{key.upper()}", value, environ) for key, value in settings.items()}
    if not isinstance(settings, str):
        return settings
    environ[prefix] = settings
    return f"${{env:{prefix}}}"
