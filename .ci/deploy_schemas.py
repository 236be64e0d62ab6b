"""`make deploy-schemas`: hold deploy/kubernetes and deploy/compose.yaml against published schemas; unknown keys are errors."""

from __future__ import annotations

import sys
from pathlib import Path

import kubernetes_validate
import yaml
from compose_pydantic import ComposeSpecification
from pydantic import ValidationError

DEPLOY = Path(__file__).parent.parent / "deploy"
VERSIONS = ("1.32", "1.37")
"""Of Kubernetes: the oldest and the newest that the example is held against."""


def kubernetes() -> list[str]:
    """What is wrong with each document, by version."""
    wrong = []
    for document in yaml.safe_load_all((DEPLOY / "kubernetes" / "ringfence.yaml").read_text()):
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                wrong.append(f"{document['kind']} {document['metadata']['name']}, {version}: {error.message}")
    return wrong


def compose() -> list[str]:
    """What is wrong with compose.yaml."""
    written = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    try:
        ComposeSpecification.model_validate({key: value for key, value in written.items() if not key.startswith("x-")})
    except ValidationError as error:
        return [f"compose.yaml, {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return []


def main() -> int:
    """0 if both are as their schemas say."""
    wrong = kubernetes() + compose()
    print(*wrong, sep="\n") if wrong else print("Kubernetes and compose files are as their schemas say.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
