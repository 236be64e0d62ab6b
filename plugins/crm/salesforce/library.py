"""simple_salesforce without its metadata API. This plugin never calls that API, and only it needs zeep and lxml (25 MB)."""

from __future__ import annotations

import sys
from types import ModuleType

from hub.api import ConfigError

METADATA = "simple_salesforce.metadata"


class SfdcMetadataApi:
    """Replaces simple_salesforce's metadata API."""

    def __init__(self, *_: object, **__: object) -> None:
        raise NotImplementedError("the metadata API is left out of this process")


def _load() -> None:
    if METADATA in sys.modules:
        return
    stand_in = ModuleType(METADATA)
    stand_in.SfdcMetadataApi = SfdcMetadataApi  # type: ignore[attr-defined]
    sys.modules[METADATA] = stand_in
    try:
        import simple_salesforce  # noqa: F401 - the import is the point
    except ModuleNotFoundError as error:
        raise ConfigError(
            "Salesforce's library is missing; install the extra salesforce: "
            "`hub docs deploy/one-machine#extras` says how."
        ) from error
    finally:
        del sys.modules[METADATA]


_load()

import requests  # noqa: E402
from simple_salesforce.api import Salesforce as Client  # noqa: E402
from simple_salesforce.exceptions import SalesforceExpiredSession  # noqa: E402
from simple_salesforce.format import format_soql  # noqa: E402

__all__ = ["Client", "SalesforceExpiredSession", "format_soql", "requests"]
