"""`make image-steps` executes the Dockerfile as it stands: a step that it does not know is an error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The reader of Dockerfiles."""
    monkeypatch.syspath_prepend(ROOT / ".ci")
    monkeypatch.delitem(sys.modules, "dockerfile", raising=False)
    import dockerfile

    return dockerfile


def test_the_dockerfile_has_only_steps_that_are_executed(reader: Any) -> None:
    read = list(reader.steps((ROOT / "deploy" / "Dockerfile").read_text()))
    assert [each.name for each in read if each.name in ("FROM", "USER", "ENTRYPOINT")] == [
        "FROM",
        "FROM",
        "USER",
        "ENTRYPOINT",
    ]
    (health,) = [each for each in read if each.name == "HEALTHCHECK"]
    assert health.is_list and health.words[0] == "python" and health.flags["interval"] == "10s"


@pytest.mark.parametrize(
    "text",
    [
        "ADD https://example.com/x /x",
        "COPY --link a b",
        "HEALTHCHECK NONE",
        "RUN --mount=type=cache true",
        "RUN a \\\n",
    ],
)
def test_an_unknown_step_is_an_error(reader: Any, text: str) -> None:
    with pytest.raises(reader.Unknown):
        list(reader.steps(text))


def test_an_argument_of_the_build_has_a_value_where_none_is_given(reader: Any) -> None:
    (argument,) = reader.steps('ARG EXTRAS=""\n')
    assert argument.words == ("EXTRAS=",)


def test_a_step_over_several_lines_is_one(reader: Any) -> None:
    (step,) = reader.steps("# a comment\n\nRUN one \\\n    && two\n")
    assert (step.line, step.name, step.text.split()) == (3, "RUN", ["one", "&&", "two"])


def test_the_builder_sees_no_other_files_than_the_image_needs(reader: Any) -> None:
    seen = {
        file.relative_to(ROOT).parts[0]
        for file in reader.sent(ROOT, ROOT / "deploy" / "Dockerfile.dockerignore")
        if "__pycache__" not in file.parts
    }
    assert seen == {"pyproject.toml", "README.md", "requirements", "docs", "hub", "plugins"}
