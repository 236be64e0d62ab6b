"""`make check` holds the licenses of all installed packages against those that go together with ours, the AGPL-3.0.

A package names its license as an SPDX expression, in classifiers, or in free text; the first of them counts. `--list` shows
each package's.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distributions

ALLOWED = frozenset(
    """
    0BSD; AGPL-3.0-or-later; Apache License; Apache Software License; Apache-2.0; BSD License; BSD-2-Clause; BSD-3-Clause;
    3-Clause BSD License; CC0-1.0; GPL-3.0-or-later; ISC; ISC License (ISCL); LGPL-2.1-only; LGPL-3.0-only;
    MIT; MIT License; MIT-0; MIT-CMU; MPL-2.0; Mozilla Public License 2.0 (MPL 2.0); PSF-2.0;
    Python Software Foundation License; Zlib
    """.replace("\n    ", " ")
    .strip()
    .split("; ")
)
READ = {
    "axe-playwright-python": "MIT",
    "bandwidth-sdk": "MIT",
    "capi-param-builder-python": "Meta's license for its own APIs; used by tests only, never shipped",
    "crawler-user-agents": "MIT",
    "facebook-business": "Meta's license for its own APIs; used by tests only, never shipped",
    "pyphen": "GPL-2.0-or-later, LGPL-2.1-or-later or MPL-1.1, as one chooses; WeasyPrint hyphenates with it",
    "pjsua2-python": "GPL-2.0-or-later, as PJSIP; used by tests only, never shipped",
}
"""Packages whose metadata names no license, and what their license files say."""
NO_LICENSES = ("OSI Approved", "DFSG approved")
"""Classifiers that say something about a license and do not name one."""


def license_of(package: Distribution) -> str:
    """What a package says about its license; an empty text if nothing."""
    about = package.metadata
    classifiers = [
        each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or () if each.startswith("License ::")
    ]
    named = " AND ".join(each for each in classifiers if each not in NO_LICENSES)
    return about.get("License-Expression") or named or (about.get("License") or "").strip().partition("\n")[0]


def is_allowed(expression: str) -> bool:
    """Whether each license of an expression is allowed; of those joined by OR, one suffices."""
    choices = re.split(r"\s+OR\s+", expression)
    return any(all(name in ALLOWED for name in re.split(r"\s+AND\s+", choice)) for choice in choices)


def main() -> int:
    """Print every package whose license is not allowed; the exit code tells whether there is one."""
    found = {package.name.lower().replace("_", "-"): license_of(package) for package in distributions()}
    if "--list" in sys.argv[1:]:
        for name, text in sorted(found.items()):
            print(f"{name}\t{READ.get(name, text)}")
    refused = sorted(name for name, text in found.items() if name not in READ and not is_allowed(text))
    for name in refused:
        print(
            f"{name}: license {found[name] or 'unknown'!r} is not on the list in .ci/licenses.py; read it and decide."
        )
    return bool(refused)


if __name__ == "__main__":
    sys.exit(main())
