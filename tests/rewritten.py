"""The assertions of all test modules, rewritten by pytest: a quarter of a minute of a processor after a checkout.

Without this, each worker would rewrite all of them, because all collect the same modules at the same time.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.assertion import rewrite

TESTS = Path(__file__).parent


def write_share(config: pytest.Config, worker: int, workers: int) -> None:
    """Write what pytest keeps of each n-th test module, unless it is there; the other workers write the rest."""
    only_soak = str(config.getoption("markexpr")).startswith("soak")
    for file in sorted(TESTS.rglob("test_*.py"))[worker::workers]:
        if not only_soak or names_soak(file):
            _write(config, file)


def names_soak(file: Path) -> bool:
    """Whether a test module can have a soak test."""
    return "soak" in file.read_text(encoding="utf-8")


def _write(config: pytest.Config, file: Path) -> None:
    folder = rewrite.get_cache_dir(file)
    kept = folder / (file.name[:-3] + rewrite.PYC_TAIL)
    if rewrite.try_makedirs(folder) and rewrite._read_pyc(file, kept) is None:
        digest, code = rewrite._rewrite_test(file, config)
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, digest, kept)
