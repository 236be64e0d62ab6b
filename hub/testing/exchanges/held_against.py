"""How much of the vendor's documentation a plugin was held against, for its certificate."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from hub.contracts.connector import Connector
from hub.plugin_host.packages.certificate_file import VendorExchanges
from hub.testing.exchanges.exchange_file import exchange_paths, read_exchange_file

FOLDER = "exchanges"


def exchange_folder(connector_class: type[Connector]) -> Path | None:
    """The folder of exchanges beside a plugin; None if there is none. In a folder with several one-file plugins,
    `exchanges/NAME` is that of one of them."""
    beside = Path(str(sys.modules[connector_class.__module__].__file__)).parent / FOLDER
    own = beside / connector_class.manifest.name
    return next((each for each in (own, beside) if each.is_dir()), None)


def case_of(path: Path) -> str:
    """A file of exchanges in the sentence of its promise."""
    return path.stem.replace("_", " ")


def held_against(connector_class: type[Connector], folder: Path | None, kept: Collection[str]) -> VendorExchanges:
    """What a plugin was held against: the files of `folder` that are named in the sentences of kept promises."""
    has_vendor = bool(connector_class.manifest.hosts)
    paths = [path for path in exchange_paths(folder) if any(each.endswith(f"({case_of(path)})") for each in kept)]
    files = [file for file in map(read_exchange_file, paths) if file.size]
    days = sorted(file.read_on for file in files)
    return VendorExchanges(
        exchanges=sum(file.size for file in files),
        sources=tuple(sorted({file.text("source") for file in files})),
        oldest=days[0] if days else None,
        newest=days[-1] if days else None,
        has_vendor=has_vendor,
    )
