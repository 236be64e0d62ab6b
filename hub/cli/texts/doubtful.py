"""`hub texts stop`, `doubtful` and `keep`: decide on what may refuse texts or calls."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer
from sqlmodel import Session, col, select

from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import (
    CONFIG,
    ConfigFile,
    Sandboxed,
    counted,
    say,
)
from hub.cli.texts.lookup import ShowPersonal, find_text, note_shown
from hub.model import Company, DoubtfulRefusal
from hub.model.states import Doubt
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.queries.lookup import by_id, known, one, typed
from hub.queries.masking import HIDDEN, Mask
from hub.queries.privacy.doubts import quotes_of
from hub.startup.database import open_store, read_outline, vault_of
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.texts.doubts import doubt_about, open_doubts, refuse, stop_by_hand
from hub.texts.doubts import keep as decide

DoubtId = Annotated[
    str,
    typer.Argument(
        help="The id of a text, or of what hub texts doubtful lists; at least 6 characters from either end.",
        metavar="ID",
    ),
]


def stop(
    wanted: DoubtId,
    refused: Annotated[
        str | None,
        typer.Option(help="What they refuse: texts, calls or both; left out: what their words say.", metavar="WHAT"),
    ] = None,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Record that a person refuses texts, calls or both, because somebody has read it so in a text, or in what hub texts
    doubtful lists. This settles what of theirs is in that list."""
    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        with opened.hub.store.reading() as session:
            doubt = _doubt(session, wanted)
            doubt = doubt if doubt is not None and doubt.state == Doubt.OPEN else None
            text = find_text(session, wanted) if doubt is None else None
        if doubt is not None:
            new = refuse(opened.hub, doubt, actor(), refused)
            refused = refused or doubt.refused
        else:
            assert text is not None
            new = stop_by_hand(opened.hub, text, actor(), refused or "texts")
    what = {"calls": "calls", "both": "texts and calls"}.get(refused or "", "texts")
    say(f"They will get no more {what} from the company." if new else f"They had refused {what} before.")


@listing
def doubtful(
    company: Annotated[str | None, typer.Option(help="Only this company's.", metavar="NAME")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, oldest first.")] = 50,
    show_personal: ShowPersonal = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the texts, forms, calls, voicemails, notes and tags that may refuse texts or calls and are undecided, the oldest
    first. The people get no marketing texts meanwhile."""
    loaded, mask = read_config(config, sandbox=True), Mask(off=show_personal)
    vault = vault_of(loaded)
    if company is not None:
        known(company, [each.name for each in loaded.companies], "company")
    with open_store(loaded) as store:
        with store.reading() as session:
            names = {row.id: row.name for row in session.exec(select(Company))}
            wanted = next((row_id for row_id, name in names.items() if name == company), None)
            doubts = [] if company and wanted is None else open_doubts(session, wanted, limit)
            words = quotes_of(session, vault, doubts) if show_personal else {}
            rows: list[dict[str, Any]] = [
                {
                    **only("id", "source", "refused", "at", "decide_by")(each),
                    "company": names.get(each.company_id),
                    "subject": each.subject_id,
                    "number_is": each.learned,
                    "doubt": each.state,
                    "person_number": mask.phone(each.person_number),
                    "body": words.get(each.id) if show_personal else HIDDEN,
                }
                for each in doubts
            ]
        if show_personal:
            counts = Counter(each.company_id for each in doubts)
            note_shown(store, {owner: counted(count, "doubtful refusal") for owner, count in counts.items()})
    return Listing(
        "What may refuse texts or calls, oldest first", rows,
        ("id", "company", ("in a", "source"), ("at (UTC)", "at"), ("decide by", "decide_by"), ("may refuse", "refused"),
         ("person", "person_number"), ("words", "body")),
        nothing="Nothing is doubtful: no text, form, call or note waits for a decision.",
        hint="Decide on each: [bold]hub texts stop ID[/bold] or [bold]hub texts keep ID[/bold]; read it in full first."
    )  # fmt: skip


def keep(wanted: DoubtId, config: ConfigFile = CONFIG) -> None:
    """Record that something doubtful is not a refusal, after someone has read it. The person gets texts as before."""
    with open_store(read_outline(config)) as store, store.writing() as session:
        decide(session, _doubt(session, wanted) or _undoubted(session, wanted), actor(), utc_now())
    say("It is not a stop; they will be texted as before.")


def _doubt(session: Session, wanted: str) -> DoubtfulRefusal | None:
    found = by_id(session, DoubtfulRefusal, typed(wanted), col(DoubtfulRefusal.id))
    return one(found, "doubtful refusal", typed(wanted)) if found else None


def _undoubted(session: Session, wanted: str) -> DoubtfulRefusal:
    """The refusal of a text that is not in the queue: NotDoubtful says so."""
    return doubt_about(session, find_text(session, wanted).id)
