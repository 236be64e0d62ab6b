"""A user's change of config.yaml: what it is refused for, what it voids, and what the audit log gets of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, update
from sqlmodel import Session, col, select

from hub.access.users import Editor
from hub.config.document import read_document
from hub.config.edit import placed
from hub.config.models import ConnectorCommon
from hub.contracts.connector import Connector
from hub.errors import Problem
from hub.model import Company, ConnectorToken, WebhookEndpoint
from hub.reload.secret_moves import ConfigEdit, Refusal, mail_move, secret_moves
from hub.reload.user_limits import has_several_accounts, refusals_of, webhook_addresses
from hub.store import audit

MAX_DETAIL = 500


def edit_of(
    session: Session,
    editor: Editor,
    old: Mapping[str, object],
    new: Mapping[str, object],
    classes: Mapping[str, type[Connector]],
) -> ConfigEdit:
    """A user's change of config.yaml. Neither text is checked, because a check reads what a reference stands for."""
    has_token = col(ConnectorToken.ciphertext) != b""
    return ConfigEdit(
        old=old,
        new=new,
        settings={name: each.Settings for name, each in classes.items()},
        common=frozenset(ConnectorCommon.model_fields),
        signed_in=frozenset(session.exec(select(ConnectorToken.connector).where(has_token))),
        typed=frozenset(editor.secrets),
        is_owner=editor.user.role == "owner",
        is_fresh=editor.is_fresh,
        is_shared=has_several_accounts(old),
    )


def refusals(session: Session, editor: Editor, edit: ConfigEdit) -> tuple[Refusal, ...]:
    """Why a change is not the editor's to make; empty if it is."""
    return tuple(refusals_of(session, editor.user, edit))


def as_problems(refused: Iterable[Refusal], text: str) -> tuple[Problem, ...]:
    """The refusals at their lines of the new text."""
    document = read_document(text, [])
    if document is None:
        return tuple(Problem(each.text) for each in refused)
    return tuple(
        document.problem(placed(document.tree, each.place), each.text) if each.place else Problem(each.text)
        for each in refused
    )


def note_refusals(session: Session, editor: Editor, refused: Iterable[Refusal], now: datetime) -> None:
    """Write what was tried into the journal of the user's account."""
    for attempt in dict.fromkeys(each.attempt for each in refused):
        user = editor.user
        audit.note(session, now, user.id, "config.refuse", user.account_id, attempt[:MAX_DETAIL])


def void_secrets(session: Session, editor: Editor, edit: ConfigEdit, now: datetime) -> None:
    """Delete what the hub stores for addresses that change, within the session that writes the change: OAuth tokens of
    connectors that are new or send elsewhere, and signing secrets of webhooks that are new or have another address. The audit
    log gets the old and the new host."""
    moves = secret_moves(edit)
    before, after = (_connectors(tree) for tree in (edit.old, edit.new))
    moved = {each.connector for each in moves} | (after - before)
    session.execute(delete(ConnectorToken).where(col(ConnectorToken.connector).in_(moved - editor.signed_in)))
    for move in moves:
        detail = f"{move.connector}: {move.words}"[:MAX_DETAIL]
        audit.note(session, now, editor.user.id, "connectors.address", editor.user.account_id, detail)
    if server := mail_move(edit):
        audit.note(session, now, editor.user.id, "mail.server", editor.user.account_id, server[:MAX_DETAIL])
    known = webhook_addresses(edit.old)
    changed = [key for key, address in webhook_addresses(edit.new).items() if known.get(key) != address]
    if changed:
        here = or_(*(_endpoint(company, name) for company, name in changed))
        session.execute(
            update(WebhookEndpoint)
            .where(here)
            .values(secret_sealed=None, former_sealed=None, former_until=None, secret_made_at=None)
            .execution_options(synchronize_session=False)
        )


def _endpoint(company: str, name: str) -> ColumnElement[bool]:
    companies = select(Company.id).where(Company.name == company)
    return and_(col(WebhookEndpoint.company_id).in_(companies), col(WebhookEndpoint.name) == name)


def _connectors(tree: Mapping[str, object]) -> set[str]:
    found = tree.get("connectors")
    return set(map(str, found)) if isinstance(found, dict) else set()
