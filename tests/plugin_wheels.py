"""Wheels of plugins for tests, written as zip files from small sources; nothing is built and nothing is downloaded."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from commands import CliRunner
from typer.testing import Result

from hub.cli import app

CONFIG = """\
hub:
  public_url: https://calls.example.com
  disk_reserve: 0
  database: sqlite:///data/ringfence.db
connectors: {}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: north
        title: North
        country: US
        region: IL
        contact: {email: privacy@north.example.com}
        route: {dial: "+13125550190"}
        trackers: []
"""
MADE_AT = (2026, 1, 1, 0, 0, 0)
SOURCE = '''
"""Acme's ad network."""
from hub.api import ConnectionReport, Connector, DataFlow, Manifest, PluginSettings, Receipt, Recipient, Share, hookimpl
{head}

class Destination(PluginSettings):
    action: int = 1

class Acme(Connector):
    """Sends conversions to Acme."""
    Settings = PluginSettings
    Destination = Destination
    manifest = Manifest(
        name="{name}", kind="ads", version="{version}", summary="Acme's ad network.", hosts={hosts!r},
        recipient=Recipient(name="Acme Inc.", role="independent_controller", postal_address="1 Ad St, Chicago"),
        regions=("US",),
        flows=(DataFlow(hook="upload_conversions", use="marketing.advertising.third_party.targeted",
                        shares=tuple(Share(field=each) for each in {fields!r})),),
    )

    @hookimpl
    def upload_conversions(self, conversions, dry_run):
        {body}
        return [Receipt(key=each.key, status="delivered", reason=None) for each in conversions]

    @hookimpl
    def check_connection(self):
        return ConnectionReport(ok=True, detail={detail})
'''


def source(
    name: str = "acme",
    version: str = "1.0",
    hosts: Sequence[str] = ("api.acme.example",),
    fields: Sequence[str] = ("click_ids",),
    head: str = "",
    body: str = "pass",
    detail: str = "'Acme answers.'",
) -> str:
    """The source of a plugin that takes everything; `detail` is an expression of what its connection check says."""
    words = {"hosts": tuple(hosts), "fields": tuple(fields), "head": head, "body": body, "detail": detail}
    return SOURCE.format(name=name, version=version, **words)


def wheel(
    folder: Path,
    *,
    name: str = "acme",
    distribution: str = "",
    version: str = "1.0",
    code: str = "",
    files: Mapping[str, str | bytes] | None = None,
    points: str | None = None,
    metadata: str = "",
    tag: str = "py3-none-any",
    author: str = "Acme Developers",
) -> Path:
    """Write a wheel with one package; `files` are further members, `metadata` further lines of METADATA."""
    package = distribution or f"ringfence_{name}"
    information = f"{package}-{version}.dist-info"
    group = f"[ringfence.plugins]\n{name} = {package}:Acme\n" if points is None else points
    members: dict[str, str | bytes] = {
        f"{package}/__init__.py": code or source(name, version),
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: {version}\n"
        + (f"Author-email: {author} <dev@acme.example>\n" if author else "")
        + metadata,
        f"{information}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{information}/entry_points.txt": group,
        **(files or {}),
    }
    file = folder / f"{package}-{version}-{tag}.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member, MADE_AT), content)
        archive.writestr(zipfile.ZipInfo(f"{information}/RECORD", MADE_AT), "")
    return file


class PluginShop:
    """A folder with a config.yaml, and `hub plugins` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"
        self.config.write_text(CONFIG)
        self.plugins = folder / "data" / "plugins"

    def run(self, *arguments: object) -> Result:
        """One command; options of `hub` come after the file's."""
        words = [str(each) for each in arguments]
        return CliRunner(env={"COLUMNS": "250"}).invoke(app, [*words, "--config", str(self.config)])

    def ok(self, *arguments: object) -> str:
        """What a command printed that must succeed."""
        done = self.run(*arguments)
        assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
        return done.output

    def refused(self, *arguments: object) -> str:
        """The sentence with which a command is refused."""
        done = self.run(*arguments)
        assert done.exit_code and done.exception is not None, done.output
        return str(done.exception)
