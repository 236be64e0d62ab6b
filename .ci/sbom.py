"""`make sbom`: a CycloneDX document of what requirements/hub.lock installs, as it is installed beside this checkout.

The environment of development tells versions, licenses and who needs whom; what only development needs is left out, and the
hashes of the lock are added.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path("requirements/hub.lock")
PINNED = re.compile(r"^([\w.-]+)==\S+.*\\\n((?:    --hash=sha256:\w+(?: \\)?\n)+)", re.MULTILINE)


def main(python: str, target: str) -> None:
    """Write the document about the environment of `python`."""
    cyclonedx = Path(sys.executable).with_name("cyclonedx-py")
    options = ("--pyproject", "pyproject.toml", "--output-reproducible", "--output-file", "-")
    done = subprocess.run([cyclonedx, "environment", *options, python], stdout=subprocess.PIPE, check=True)  # noqa: S603
    document = pruned(json.loads(done.stdout), LOCK.read_text(encoding="utf-8"))
    Path(target).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{target}: {len(document['components'])} packages")


def pruned(document: dict[str, Any], lock: str) -> dict[str, Any]:
    """The document with the packages of the lock only, each with the hashes of the lock."""
    hashes = {plain(name): re.findall(r"sha256:(\w+)", lines) for name, lines in PINNED.findall(lock)}
    kept = [each for each in document["components"] if plain(each["name"]) in hashes]
    for each in kept:
        files = {"type": "distribution", "url": each["purl"]}
        each["externalReferences"] = [
            *each.get("externalReferences", ()),
            {**files, "hashes": [{"alg": "SHA-256", "content": found} for found in hashes[plain(each["name"])]]},
        ]
    names = {each["bom-ref"] for each in kept} | {document["metadata"]["component"]["bom-ref"]}
    graph = [
        {
            **each,
            **({"dependsOn": [name for name in each["dependsOn"] if name in names]} if "dependsOn" in each else {}),
        }
        for each in document.get("dependencies", ())
        if each["ref"] in names
    ]
    return {**document, "components": kept, "dependencies": graph}


def plain(name: str) -> str:
    """A package's name as indexes compare it. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main(*sys.argv[1:])
