"""`make client`: write clients/python anew from the API's OpenAPI document. With `--check`: end with 1 if it is not up to date.

The document is completed with what openapi-python-client does not read: problem documents are JSON, and a ZIP file is bytes.
The code that it writes imports httpx; here it imports httpx2, as the hub does.
"""

from __future__ import annotations

import filecmp
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hub.web.api.application import openapi_document

CLIENT = Path(__file__).parents[1] / "clients" / "python"
PACKAGE = "ringfence_client"


def main(generator: str, *options: str) -> int:
    """Generate with the program `generator`; the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made"
        made.mkdir()
        (made / "openapi.json").write_text(json.dumps(openapi_document(), indent=1, sort_keys=True) + "\n")
        _generate(generator, made)
        if "--check" in options:
            changed = _differences(filecmp.dircmp(made / PACKAGE, CLIENT / PACKAGE, ignore=["__pycache__"]))
            if not filecmp.cmp(made / "openapi.json", CLIENT / "openapi.json", shallow=False):
                changed.append("openapi.json")
            print("\n".join(changed) + "\nrun: make client" if changed else "clients/python is up to date")
            return int(bool(changed))
        shutil.rmtree(CLIENT / PACKAGE, ignore_errors=True)
        shutil.copytree(made / PACKAGE, CLIENT / PACKAGE)
        shutil.copyfile(made / "openapi.json", CLIENT / "openapi.json")
    return 0


def _generate(generator: str, made: Path) -> None:
    asked = [generator, "generate", "--path", made / "openapi.json", "--config", CLIENT / "generator.yaml"]
    _run([*asked, "--meta", "none", "--output-path", made / PACKAGE, "--fail-on-warning"])
    for file in (made / PACKAGE).rglob("*.py"):
        file.write_text(re.sub(r"\bhttpx\b", "httpx2", file.read_text("utf-8")), "utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    _run([*ruff, "check", "--isolated", "--quiet", "--fix", "--select", "I,F401", made / PACKAGE])
    _run([*ruff, "format", "--isolated", "--quiet", "--line-length", "120", made / PACKAGE])


def _run(command: list[object]) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)  # noqa: S603 - our own tools
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}")


def _differences(found: filecmp.dircmp[str]) -> list[str]:
    changed = [f"{found.right}/{name}" for name in (*found.left_only, *found.right_only, *found.diff_files)]
    return changed + [each for inner in found.subdirs.values() for each in _differences(inner)]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
