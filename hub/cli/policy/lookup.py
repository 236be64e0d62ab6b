"""Opens the database for `hub policy`, and finds the version that was named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from hub.config.models import Config
from hub.errors import CannotDo
from hub.model import PolicyVersion
from hub.numbers.accounts import write_accounts
from hub.platform.clock import utc_now
from hub.platform.id_words import words_of
from hub.privacy.policies.document import DOCUMENT_KINDS
from hub.privacy.policies.versions import account_named, find_version
from hub.queries.lookup import shown
from hub.startup.database import open_store
from hub.startup.reading import read_config
from hub.store.engine import Store

Version = Annotated[str, typer.Argument(help="The version's name, from the head of its file.", metavar="VERSION")]
KindName = Annotated[str, typer.Option("--kind", help="privacy_statement, terms or notice.", metavar="KIND")]
Owner = Annotated[
    str | None,
    typer.Option(
        "--account",
        help="The account that owns the document; by default the document for all accounts.",
        metavar="NAME",
    ),
]
Language = Annotated[str | None, typer.Option(help="The language of the text, like en or fr-CA.", metavar="CODE")]
STATEMENT = "privacy_statement"


@contextmanager
def opened(config: Path) -> Iterator[tuple[Config, Store]]:
    """The configuration and the database, with the accounts that the configuration names."""
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store:
        with store.writing() as session:
            write_accounts(session, loaded, utc_now())
        yield loaded, store


def version_named(session: Session, name: str, kind: str, account: str | None) -> PolicyVersion:
    """The version of that name in an account's own document, or in the document for all; CannotDo if it does not exist."""
    if kind not in DOCUMENT_KINDS:
        raise CannotDo(f"{shown(kind)!r} is not a kind of policy; choose one of {', '.join(DOCUMENT_KINDS)}.")
    owner = account_named(session, account).id if account else None
    found = find_version(session, kind, name, owner)
    if found is None:
        raise CannotDo(f"There is no {kind} {shown(name)!r}{' of that account' if owner else ''}; see hub policy list.")
    return found


def called(version: PolicyVersion) -> str:
    """The name of a version in commands."""
    return f"{words_of(version.kind)} {version.name}"
