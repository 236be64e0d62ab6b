"""The company that a command of `hub companies` names, and its hub."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session, select

from hub.model import Company
from hub.queries.lookup import known
from hub.runtime import Hub
from hub.startup.opening import open_hub
from hub.startup.reading import read_config

Name = Annotated[str, typer.Argument(help="The company's name in config.yaml.", metavar="NAME")]


def opened(stack: ExitStack, config: Path, *, sandbox: bool = False) -> Hub:
    """The hub of a config.yaml, until `stack` closes."""
    return stack.enter_context(open_hub(read_config(config, sandbox=sandbox))).hub


def company_named(session: Session, name: str) -> Company:
    """A company's row, also of one that left config.yaml."""
    known(name, list(session.exec(select(Company.name))), "company")
    return session.exec(select(Company).where(Company.name == name)).one()
