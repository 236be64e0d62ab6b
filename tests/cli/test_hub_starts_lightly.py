"""`hub` loads what a command needs when the command runs."""

from __future__ import annotations

import subprocess
import sys


def test_help_loads_neither_database_nor_web_framework_nor_plugins() -> None:
    seen = "import sys, hub.cli; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout
    for heavy in ("sqlalchemy", "fastapi", "alembic", "pydantic", "phonenumbers", "plugins", "rich", "httpx"):
        assert f"'{heavy}'" not in loaded
