"""`hub docs` shows the documentation, and what the hub prints points to pages that it can show."""

from __future__ import annotations

import posixpath
import re

import pytest
from commands import CliRunner
from printed_references import printed_references, printing_files
from typer.testing import Result

from hub.cli import app
from hub.platform.documentation import NoSuchPage, pages, shown
from hub.testing.promises import chapters

FILE_OF_THE_REPOSITORY = re.compile(r"(?<![./\w-])docs/[\w/{}. -]*?\.md")
LINK = re.compile(r"\]\(([a-z_./-]*\.md)?#([^)\s]+)\)")
INNER = ("hub/proof/docs/", "hub/platform/documentation.py", "hub/web/privacy/stored_in_browser.py")
"""They read and write the files of the repository, and print no such name."""


def hub(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["docs", *words])


def test_the_pages_are_listed_with_their_titles() -> None:
    said = hub().output
    assert re.search(r"^write-a-plugin +Write a plugin$", said, re.M) and "connect/twilio " in said
    assert len(said.splitlines()) > 40 and all(pages().values())


def test_a_page_is_shown_as_text() -> None:
    said = hub("write-a-plugin").output
    assert said.startswith("# Write a plugin\n") and "hub new-plugin ads acme_ads\n" in said


def test_a_section_is_shown_alone_also_by_the_address_of_a_link() -> None:
    for address in ("plugins#certificates", "plugins.md#certificates", "docs/plugins.md#certificates"):
        said = hub(address).output
        assert said.startswith("## Certificates\n") and "hub certify" in said and "## See, remove" not in said
    assert hub("promises#a-dry-run-counts-nothing").output.strip() == "- **A dry run counts nothing.**"


@pytest.mark.parametrize(
    ("address", "told"),
    [("no-page", "hub docs` lists"), ("plugins#none", "it has "), ("../README", "no page")],
)
def test_a_page_or_section_that_is_not_there_is_said_in_one_sentence(address: str, told: str) -> None:
    with pytest.raises(NoSuchPage, match=re.escape(told)):
        shown(address)


def test_every_page_that_a_message_names_can_be_shown() -> None:
    named = printed_references()
    assert len(named) > 100
    assert all(shown(address) for address in named)


def test_every_link_to_a_section_of_a_page_leads_there() -> None:
    """As `hub docs` shows it in a terminal, where nobody can click."""
    known = pages()
    for page in known:
        for target, section in LINK.findall(shown(page)):
            linked = posixpath.normpath(posixpath.join(posixpath.dirname(page), target)).removesuffix(".md")
            if not target or linked in known:
                assert shown(f"{linked if target else page}#{section}"), (page, section)


def test_no_message_names_a_file_of_the_repository() -> None:
    """Who installed the hub has no repository."""
    texts = {name: text for name, text in printing_files() if not name.startswith(INNER)}
    named = {name: FILE_OF_THE_REPOSITORY.findall(text) for name, text in texts.items()}
    assert {name: found for name, found in named.items() if found} == {}


def test_every_promise_that_fails_names_a_section_that_explains_it() -> None:
    for _, _, promises in chapters():
        for each in promises:
            assert f"**{each.sentence}.**" in shown(each.place.removeprefix("hub docs "))
