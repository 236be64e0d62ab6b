"""The environment of a plugin's process: where Python and the hub are, the language and the time zone; nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import hub

PASSED_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


def child_environment(folder: str) -> dict[str, str]:
    """The variables of a child that may write in `folder`; none of them is of the configuration."""
    around = str(Path(hub.__file__).parents[1])
    passed = {name: os.environ[name] for name in PASSED_VARIABLES if name in os.environ}
    paths = [*passed.get("PYTHONPATH", "").split(os.pathsep), around]
    return passed | {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path for path in paths if path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
        "HOME": folder,
        "TMPDIR": folder,
    }
