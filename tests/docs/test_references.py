"""The generated references say what the code says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pytest
import typer

from hub.config.models import HubSection
from hub.hookspecs import FAMILIES
from hub.proof.docs.__main__ import PAGES, answers_page, differences, generated, write
from hub.proof.docs.answers import rules_by_page
from hub.proof.docs.cli import commands_page
from hub.proof.docs.config import built_in, config_page
from hub.proof.docs.hooks import hooks_page


def test_every_hook_has_its_page() -> None:
    text = hooks_page()
    hooks = [name for family in FAMILIES for name in vars(family) if not name.startswith("_")]
    assert len(hooks) > 15
    assert [name for name in hooks if f"\n### {name}\n" not in text] == []


def test_a_personal_field_shows_its_category() -> None:
    assert "| `email` | `str \\| None` | `None` | `user.contact.email` |" in hooks_page()


def test_every_setting_of_every_built_in_plugin_is_explained() -> None:
    text = config_page()
    for name, connector_class in built_in().items():
        part = text.split(f"\n### {name}\n")[1].split("\n### ")[0]
        for key, field in connector_class.Settings.model_fields.items():
            assert f"| `{key}` |" in part
            assert field.description, f"{name}.{key} has no description"
    assert all(f"| `{key}` |" in text for key in HubSection.model_fields)


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    for text in (hooks_page(), config_page()):
        width = 0
        for line in text.splitlines():
            if not line.startswith("| "):
                width = 0
                continue
            cells = line.replace("\\|", "").count("|")
            width = width or cells
            assert cells == width, line


def test_commands_are_listed_with_their_arguments_and_options() -> None:
    app = typer.Typer(help="Does things.")
    group = typer.Typer(help="Numbers.")
    app.add_typer(group, name="numbers")

    @app.command()
    def run(
        port: Annotated[int, typer.Option(help="The port.")] = 80,
        sandbox: Annotated[bool, typer.Option(help="Without credentials.")] = False,
    ) -> None:
        """Run it."""

    @group.command()
    def buy(number: Annotated[str, typer.Argument(help="Which.")]) -> None:
        """Buy a number."""

    @app.command(hidden=True)
    def secret() -> None:
        """Nobody's."""

    text = commands_page(app)
    assert "## hub numbers buy\n\nBuy a number.\n\n```\nhub numbers buy NUMBER\n```" in text
    assert "| `NUMBER` | Which. | required |" in text
    assert "| `--port PORT` | The port. | `80` |" in text
    assert "| `--sandbox`, `--no-sandbox` | Without credentials. |  |" in text
    assert "Nobody" not in text


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Path, str]:
    """What is generated, with the pages in a folder of this module."""
    return generated(tmp_path_factory.mktemp("docs"))


def test_a_page_that_differs_from_the_code_is_told(pages: Mapping[Path, str]) -> None:
    write(pages)
    assert differences(pages) == []
    page = next(path for path in pages if path.name == "hooks.md")
    page.write_text(page.read_text().replace("search_numbers", "find_numbers"))
    told = differences(pages)
    assert told[0] == f"{page} is out of date; run `python -m hub.proof.docs`."
    assert any("find_numbers" in line for line in told)


def test_all_references_are_written(pages: Mapping[Path, str]) -> None:
    write(pages)
    folder = next(path for path in pages if path.name == "hooks.md").parent
    assert (
        {str(path.relative_to(folder)) for path in folder.rglob("*.md")} - set(rules_by_page())
        == set(PAGES)
        == {
            "hooks.md",
            "manifest.md",
            "api-reference.md",
            "config.md",
            "cli.md",
            "promises.md",
            "rules-language.md",
            "law.md",
            "website.md",
            "plugins.md",
            "reports.md",
            "flows.md",
            "api.md",
            "callrail-api.md",
            "connect/README.md",
        }
    )
    assert {f"connect/{path.name}" for path in (folder / "connect").iterdir()} == {
        "connect/README.md",
        *rules_by_page(),
    }


def test_the_page_of_a_provider_says_what_each_of_its_answers_means() -> None:
    text = answers_page("connect/meta.md")
    assert "| HTTP 400, `80004/2446079` | The ad account got too many requests | tries again soon |" in text
    assert "| any other code |  | tries again soon |" in text
    assert (
        "| HTTP 400, `2635` | Meta has retired this version of its API | waits until somebody changes the settings |"
        in text
    )
    assert "shows the reason |\n<!-- /answers -->" in text, "what ends stands last"


def test_a_page_says_what_the_answers_of_its_own_provider_mean() -> None:
    named = {page: file.parts[-3] for page, file in rules_by_page().items()}
    assert (named["connect/twilio.md"], named["connect/microsoft.md"]) == ("twilio", "microsoft_ads")
    assert named["connect/google-ads.md"] == "google_ads"
