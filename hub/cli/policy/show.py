"""`hub policy list`, `show` and `status`: every version, one version in full, and each account's status."""

from __future__ import annotations

from typing import Any

import typer
from sqlmodel import Session, col, select

from hub.cli.policy.lookup import STATEMENT, KindName, Language, Owner, Version, called, opened, version_named
from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import (
    CONFIG,
    EMPTY_CELL,
    AsJson,
    ConfigFile,
    colored,
    counted,
    echo_json,
    moment,
    plain,
    say,
)
from hub.model import Account, PolicyAcceptance, PolicyNotice, PolicyVersion
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.platform.id_words import words_of
from hub.privacy.policies.document import DOCUMENT_KINDS, PolicyChange
from hub.privacy.policies.standing import current_statement, waits
from hub.privacy.policies.versions import text_in, texts_of


@listing
def list_versions(config: ConfigFile = CONFIG) -> Listing:
    """List every version, oldest first."""
    with opened(config) as (_, store), store.reading() as session:
        names = {row.id: row.name for row in session.exec(select(Account))}
        versions = [
            _plain(session, each, names) for each in session.exec(select(PolicyVersion).order_by(col(PolicyVersion.id)))
        ]
    return Listing(
        "Policy versions", versions,
        ("kind", "version", ("account", lambda each: plain(each["account"] or "everybody")), "state", "material",
         ("languages", lambda each: ", ".join(each["texts"])), ("effective (UTC)", minutes("effective_at")),
         ("introduces", lambda each: plain("; ".join(each["introduces"]))))
    )  # fmt: skip


def show(
    version: Version,
    kind: KindName = STATEMENT,
    account: Owner = None,
    language: Language = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show one version: its text and hash, what it introduces, which accounts were notified, and which accepted."""
    with opened(config) as (_, store), store.reading() as session:
        found = version_named(session, version, kind, account)
        names = {row.id: row.name for row in session.exec(select(Account))}
        notices = list(session.exec(select(PolicyNotice).where(PolicyNotice.version_id == found.id)))
        agreed = list(session.exec(select(PolicyAcceptance).where(PolicyAcceptance.version_id == found.id)))
        known, texts = _plain(session, found, names), texts_of(session, found)
    known["told"] = [{"account": names[each.account_id], "at": each.announced_at, "earliest_on": each.earliest_on,
                      "calendar": each.calendar} for each in notices]  # fmt: skip
    known["accepted"] = [{"account": names[each.account_id], "by": each.accepted_by, "at": each.accepted_at,
                          "language": each.language, "sha256": each.sha256} for each in agreed]  # fmt: skip
    if as_json:
        echo_json(known | {"texts": {each.language: {"sha256": each.sha256, "text": each.text} for each in texts}})
        return
    text = text_in(texts, language)
    say(
        f"{called(found)}, {colored(found.state)}, {'material' if found.material else 'not material'}, in {text.language}"
    )
    for name in ("note", "announced_at", "effective_at", "published_at"):
        if known[name]:
            say(f"{words_of(name)}: {moment(known[name]) if name != 'note' else plain(known[name])}")
    for novelty in known["introduces"]:
        say(f"introduces: {plain(novelty)}")
    for each in known["accepted"]:
        say(
            f"accepted by {plain(each['by'])} for {plain(each['account'])} on {moment(each['at'])} UTC, {each['sha256']}"
        )
    say(f"{counted(len(notices), 'account')} told; sha256 of the text: {text.sha256}\n")
    typer.echo(text.text)


@listing
def status(config: ConfigFile = CONFIG) -> Listing:
    """Show which texts apply to each account, and what is refused until it accepts. Exits with status 1 if anything is."""
    now = utc_now()
    rows: list[dict[str, Any]] = []
    with opened(config) as (_, store), store.reading() as session:
        accounts = list(session.exec(select(Account).order_by(col(Account.name))))
        waiting = waits(session, [account.id for account in accounts], now)
        for account in accounts:
            current = {kind: current_statement(session, account, now, kind=kind) for kind in DOCUMENT_KINDS}
            refused = [
                {"introduces": str(each.novelty), "kind": each.version.kind, "version": each.version.name,
                 "why": "not in force yet" if each.accepted else "not accepted", "effective_at": each.version.effective_at}
                for each in waiting.get(account.id, ())
            ]  # fmt: skip
            applies = {kind: text.version for kind, text in current.items() if text}
            rows.append({"account": account.name, "applies": applies, "refused": refused})
    return Listing(
        "Where each account stands", rows,
        ("account", ("applies", lambda row: plain("; ".join(f"{kind} {name}" for kind, name in row["applies"].items()))),
         ("refused", _refusals)),
        failed=any(row["refused"] for row in rows),
    )  # fmt: skip


def _refusals(row: dict[str, Any]) -> str:
    lines = (f"{each['introduces']}: {each['kind']} {each['version']}, {each['why']}" for each in row["refused"])
    return "\n".join(map(plain, lines)) or EMPTY_CELL


def _plain(session: Session, version: PolicyVersion, names: dict[str, str]) -> dict[str, Any]:
    return {
        **only("id", "kind", "state", "material", "note", "announced_at", "effective_at", "published_at")(version),
        "version": version.name,
        "account": names.get(version.account_id or ""),
        "introduces": [str(PolicyChange(**each)) for each in version.introduces],
        "texts": {each.language: each.sha256 for each in texts_of(session, version)},
    }
