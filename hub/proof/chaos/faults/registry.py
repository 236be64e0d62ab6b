"""All faults by name, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.errors import ConfigError
from hub.proof.chaos.faults import clock, db_freeze, db_readonly, db_stop, disk_full, evil_plugin, kill, slow_client
from hub.proof.chaos.faults.fault import Fault

FAULTS: Mapping[str, Fault] = {
    each.FAULT.name: each.FAULT
    for each in (kill, db_stop, db_freeze, db_readonly, disk_full, clock, slow_client, evil_plugin)
}


def chosen(names: Iterable[str]) -> list[Fault]:
    """The faults with these names; ConfigError names the ones that exist."""
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in FAULTS]
    if unknown or not wanted:
        raise ConfigError(f"{', '.join(unknown) or 'Nothing'} is no fault; choose from {', '.join(FAULTS)}.")
    return [FAULTS[name] for name in wanted]
