"""`make audit`: look for known vulnerabilities in the packages of the lock files.

Ends with 0 if every package was looked up and none has a known vulnerability, 1 if one has, 2 if a package could not be looked
up: pip-audit itself counts such a package as sound.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCKS = ("dev", "tools")
"""Of the folder requirements; the others are parts of dev."""


def main(options: Sequence[str]) -> int:
    """Run pip-audit and say what it found."""
    packages: list[dict[str, Any]] = []
    for lock in LOCKS:
        done = look_up(lock, options)
        try:
            packages += json.loads(done.stdout)["dependencies"]
        except ValueError:
            reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
            print(f"Not audited: pip-audit did not finish with requirements/{lock}.lock ({reason:.300}).")
            return 2
    code, lines = verdict(packages)
    print(*lines, sep="\n")
    return code


def look_up(lock: str, options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Ask the service about each package of a lock."""
    pip_audit = Path(sys.executable).with_name("pip-audit")
    fixed = ("--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off")
    command = [pip_audit, *fixed, "--requirement", f"requirements/{lock}.lock", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def verdict(packages: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """The exit code, and what to tell."""
    unknown = sorted({each["name"] for each in packages if "skip_reason" in each})
    found = sorted({(each["name"], each["version"], vulnerability["id"], ", ".join(vulnerability.get("fix_versions", ())))
                    for each in packages for vulnerability in each.get("vulns", ())})  # fmt: skip
    lines = [
        f"{name} {version}: {known}, fixed in {fixed or 'no version yet'}" for name, version, known, fixed in found
    ]
    if unknown:
        lines.append(
            f"Not audited: {len(unknown)} of {len({each['name'] for each in packages})} packages, because the service of "
            "known vulnerabilities does not answer from here. Run this where the network lets it through."
        )
    if not lines:
        lines.append(f"None of {len({each['name'] for each in packages})} packages has a known vulnerability.")
    return (1 if found else 2 if unknown else 0), lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
