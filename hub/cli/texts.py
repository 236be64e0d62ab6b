"""`hub texts`: show threads, send a text, explain what happened to a text, decide on held and doubtful texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.support.output import (
    CONFIG,
    AsJson,
    ConfigFile,
    Sandboxed,
    colored,
    counted,
    echo_json,
    moment,
    plain,
    say,
)
from hub.cli.support.tables import short_ids, table
from hub.errors import CannotDo

if TYPE_CHECKING:
    from sqlmodel import Session

    from hub.model import DoubtfulRefusal, TextMessage
    from hub.queries.masking import Mask
    from hub.store.encryption.vault import Vault
    from hub.store.engine import Store

commands = typer.Typer(help="Read and send texts; see why a text was not sent.", no_args_is_help=True)
TextId = Annotated[
    str,
    typer.Argument(help="A text's id, the carrier's id of it, or at least 6 characters from either end.", metavar="ID"),
]
DoubtId = Annotated[
    str,
    typer.Argument(
        help="The id of a text, or of what hub texts doubtful lists; at least 6 characters from either end.",
        metavar="ID",
    ),
]
ShowPersonal = Annotated[
    bool, typer.Option("--show-personal", help="Show numbers and texts in clear; this is audited.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.add_typer(commands, name="texts")


@commands.command("list")
def list_threads(
    company: Annotated[str | None, typer.Option(help="Only this company's.", metavar="NAME")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, newest first.")] = 50,
    show_personal: ShowPersonal = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the threads, one per person and company, the newest first."""
    from sqlmodel import select

    from hub.model import Company
    from hub.queries.lookup import known
    from hub.queries.masking import Mask
    from hub.queries.texts.paging import count_texts, threads_page
    from hub.queries.texts.threads import key_of
    from hub.startup import open_store, read_config

    loaded, mask = read_config(config, sandbox=True), Mask(off=show_personal)
    if company is not None:
        known(company, [each.name for each in loaded.companies], "company")
    with open_store(loaded) as store:
        with store.reading() as session:
            names = {row.id: row.name for row in session.exec(select(Company))}
            wanted = [row_id for row_id, name in names.items() if company in (None, name)]
            page = threads_page(session, wanted, limit=limit)
            threads = page.texts
            while page.next is not None and len(threads) < limit:
                page = threads_page(session, wanted, after=page.next, limit=limit - len(threads))
                threads += page.texts
            texts = count_texts(session, [key_of(each) for each in threads])
        if show_personal:
            counts = Counter(each.company_id or "" for each in threads)
            _note_shown(store, {owner: counted(threads, "thread") for owner, threads in counts.items()})
    rows: list[dict[str, Any]] = [
        {
            "thread": each.id,
            "company": names.get(each.company_id or ""),
            "person_number": mask.phone(each.person_number),
            "texts": texts[key_of(each)],
            "newest": each.at,
            "direction": each.direction,
            "status": each.status,
            "meaning": each.meaning,
        }
        for each in threads
    ]
    if as_json:
        echo_json(rows)
    elif not rows:
        say("No texts have been received or sent yet.")
    else:
        short = short_ids(row["thread"] for row in rows)
        table(
            "Threads, newest first",
            ("thread", "company", "person", "texts", "newest (UTC)", "direction", "status", "read as"),
            (
                (short(row["thread"]), plain(row["company"]), plain(row["person_number"]), str(row["texts"]),
                 moment(row["newest"]), row["direction"], colored(row["status"]), plain(row["meaning"]))
                for row in rows
            ),
            ("read as", "company"),
        )  # fmt: skip
        say("Full thread: [bold]hub texts show THREAD[/bold]")


@commands.command("show")
def show(
    thread: TextId, show_personal: ShowPersonal = False, as_json: AsJson = False, config: ConfigFile = CONFIG
) -> None:
    """Show a thread, oldest text first, by the id of any of its texts."""
    from hub.model.states import Doubt
    from hub.queries.masking import Mask
    from hub.startup import open_store, read_config, vault_of
    from hub.texts.threads import texts_of_thread

    loaded, mask = read_config(config, sandbox=True), Mask(off=show_personal)
    vault = vault_of(loaded)
    with open_store(loaded) as store:
        with store.reading() as session:
            named = _text(session, thread)
            rows = [_plain(session, text, mask, vault) for text in texts_of_thread(session, named)]
        if show_personal:
            _note_shown(store, {named.id: f"thread of {counted(len(rows), 'text')}"})
    if as_json:
        echo_json(rows)
        return
    say(f"[bold]{counted(len(rows), 'text')}[/bold] with {plain(rows[0]['person_number'])}")
    short = short_ids(row["id"] for row in rows)
    table(
        "Oldest first",
        ("id", "at (UTC)", "direction", "number", "why", "status", "words"),
        (
            (short(row["id"]), moment(row["at"]), row["direction"], plain(row["tracking_number"]),
             "doubtful" if row["doubt"] == Doubt.OPEN else plain(row["purpose"] or row["meaning"]), colored(row["status"]),
             plain(row["body"]))
            for row in rows
        ),
        ("number",),
    )  # fmt: skip


@commands.command("send")
def send(
    sender: Annotated[str, typer.Option("--from", help="The tracking number that it comes from.", metavar="TRACKING")],
    to: Annotated[str, typer.Option("--to", help="The person's number.", metavar="NUMBER")],
    text: Annotated[
        str, typer.Option("--text", help="The text's body; optional with a picture.", metavar="WORDS")
    ] = "",
    picture: Annotated[
        list[Path] | None,
        typer.Option(help="A PNG, JPEG or GIF file to attach; may be repeated.", exists=True, dir_okay=False),
    ] = None,
    purpose: Annotated[
        str, typer.Option(help="reply, service (about what the person asked for), or marketing.", metavar="PURPOSE")
    ] = "reply",
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Queue a text. The worker sends it one time, if consent and quiet hours allow it then."""
    from hub.cli.support.audit_note import note
    from hub.contracts.phones import phone_number
    from hub.model.purposes import BY_HAND
    from hub.queries.lookup import shown, typed
    from hub.startup import open_hub, read_config
    from hub.texts.queue import picture_of, queue_text

    pictures = [picture_of(file.read_bytes()) for file in picture or ()]
    if purpose not in BY_HAND:
        raise CannotDo(f"{shown(purpose)!r} is not a purpose of a text; choose one of {', '.join(sorted(BY_HAND))}.")
    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        hub, directory = opened.hub, opened.directory.current()
        line = directory.lines.get(phone_number(sender) or "")
        if line is None:
            raise CannotDo("--from is not one of our tracking numbers; hub numbers list shows them.")
        with hub.store.writing() as session:
            number = phone_number(to, line.company.country)
            queued = queue_text(session, hub, line, number, typed(text), purpose, pictures=pictures)  # type: ignore[arg-type]
            note(session, hub.clock(), "texts.send", queued.id, purpose)
    say(f"Queued as {queued.id}; to see its status: [bold]hub texts why {queued.id}[/bold]")


@commands.command("why")
def why(wanted: TextId, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Explain what happened to a text: consent with every opinion, each attempt, and the carrier's reports."""
    from hub.cli.calls.timeline import print_timeline
    from hub.queries.masking import Mask
    from hub.queries.timeline.build import timeline
    from hub.startup import open_store, read_config, vault_of

    loaded, mask = read_config(config, sandbox=True), Mask()
    vault = vault_of(loaded)
    with open_store(loaded) as store, store.reading() as session:
        text = _text(session, wanted)
        row, entries = _plain(session, text, mask, vault), timeline(session, text, mask, vault)
    if as_json:
        echo_json({**row, "timeline": [entry.plain() for entry in entries]})
        return
    reason = " ".join(filter(None, (text.code, text.reason)))
    say(f"[bold]Text {text.id}[/bold] is {colored(text.status)}" + (f": {plain(reason)}" if reason else ""))
    print_timeline(entries)


@commands.command("release")
def release(
    wanted: TextId,
    again: Annotated[
        bool | None,
        typer.Option(
            "--again/--went",
            help="Send it again because it was not sent, or leave it because it was sent.",
            show_default=False,
        ),
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Decide on a text that is held because it is unknown whether the carrier took it. Check the carrier's log first."""
    from hub.cli.support.audit_note import actor
    from hub.clock import utc_now
    from hub.startup import open_store, read_outline
    from hub.texts.threads import release as decide

    if again is None:
        raise CannotDo(
            "Look in the carrier's message log, then use --again if the text was not sent, or --went if it was."
        )
    with open_store(read_outline(config)) as store, store.writing() as session:
        decide(session, _text(session, wanted), again=again, actor=actor(), now=utc_now())
    say("It is sent again, if consent and the time of day allow it." if again else "It counts as sent.")


@commands.command("stop")
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
    from hub.cli.support.audit_note import actor
    from hub.model.states import Doubt
    from hub.startup import open_hub, read_config
    from hub.texts.doubts import refuse, stop_by_hand

    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        with opened.hub.store.reading() as session:
            doubt = _doubt(session, wanted)
            doubt = doubt if doubt is not None and doubt.state == Doubt.OPEN else None
            text = _text(session, wanted) if doubt is None else None
        if doubt is not None:
            new = refuse(opened.hub, doubt, actor(), refused)
            refused = refused or doubt.refused
        else:
            assert text is not None
            new = stop_by_hand(opened.hub, text, actor(), refused or "texts")
    what = {"calls": "calls", "both": "texts and calls"}.get(refused or "", "texts")
    say(f"They will get no more {what} from the company." if new else f"They had refused {what} before.")


@commands.command("doubtful")
def doubtful(
    company: Annotated[str | None, typer.Option(help="Only this company's.", metavar="NAME")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, oldest first.")] = 50,
    show_personal: ShowPersonal = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the texts, forms, calls, voicemails, notes and tags that may refuse texts or calls and are undecided, the oldest
    first. The people get no marketing texts meanwhile."""
    from sqlmodel import select

    from hub.model import Company
    from hub.queries.lookup import known
    from hub.queries.masking import HIDDEN, Mask
    from hub.queries.privacy.doubts import quotes_of
    from hub.startup import open_store, read_config, vault_of
    from hub.texts.doubts import open_doubts

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
                    "id": each.id,
                    "company": names.get(each.company_id),
                    "source": each.source,
                    "subject": each.subject_id,
                    "refused": each.refused,
                    "number_is": each.learned,
                    "at": each.at,
                    "decide_by": each.decide_by,
                    "doubt": each.state,
                    "person_number": mask.phone(each.person_number),
                    "body": words.get(each.id) if show_personal else HIDDEN,
                }
                for each in doubts
            ]
        if show_personal:
            counts = Counter(each.company_id for each in doubts)
            _note_shown(store, {owner: counted(count, "doubtful refusal") for owner, count in counts.items()})
    if as_json:
        echo_json(rows)
    elif not rows:
        say("Nothing is doubtful: no text, form, call or note waits for a decision.")
    else:
        short = short_ids(row["id"] for row in rows)
        table(
            "What may refuse texts or calls, oldest first",
            ("id", "company", "in a", "at (UTC)", "decide by", "may refuse", "person", "words"),
            (
                (
                    short(row["id"]),
                    plain(row["company"]),
                    plain(row["source"]),
                    moment(row["at"]),
                    moment(row["decide_by"]),
                    plain(row["refused"]),
                    plain(row["person_number"]),
                    plain(row["body"]),
                )
                for row in rows
            ),
        )
        say("Decide on each: [bold]hub texts stop ID[/bold] or [bold]hub texts keep ID[/bold]; read it in full first.")


@commands.command("keep")
def keep(wanted: DoubtId, config: ConfigFile = CONFIG) -> None:
    """Record that something doubtful is not a refusal, after someone has read it. The person gets texts as before."""
    from hub.cli.support.audit_note import actor
    from hub.clock import utc_now
    from hub.startup import open_store, read_outline
    from hub.texts.doubts import keep as decide

    with open_store(read_outline(config)) as store, store.writing() as session:
        decide(session, _doubt(session, wanted) or _undoubted(session, wanted), actor(), utc_now())
    say("It is not a stop; they will be texted as before.")


@commands.command("classify")
def classify(
    text: Annotated[str, typer.Argument(help="The text to classify.", metavar="WORDS")], as_json: AsJson = False
) -> None:
    """Show how the hub classifies a text (stop, start, help or other) and why."""
    from hub.queries.lookup import typed
    from hub.texts.words import read

    reading = read(typed(text))
    if as_json:
        echo_json(
            {
                "meaning": reading.meaning,
                "language": reading.language,
                "how": reading.how,
                "channels": sorted(reading.channels),
            }
        )
        return
    how = {
        "word": f"it is one of the words ({reading.language})",
        "misspelled": f"it is close to one of the words ({reading.language})",
        "wording": f"its wording says so ({reading.language})",
        "ambiguous": f"it contains a stop word, and an ambiguous text counts as a stop ({reading.language})",
        "doubtful": f"it may ask for a stop, so a person reviews it and the sender is asked ({reading.language})",
        "refusal": f"it refuses something, which is doubtful after a marketing text ({reading.language})",
        "none": "nothing in it asks for this",
    }[reading.how]
    say(f"[bold]{reading.meaning}[/bold]: {how}")


def _note_shown(store: Store, shown: Mapping[str, str]) -> None:
    """Audit, before anything is printed, what numbers and texts are shown in clear: a row's id, and how many."""
    from hub.cli.support.audit_note import note
    from hub.clock import utc_now

    with store.writing() as session:
        for subject, what in shown.items():
            note(session, utc_now(), "texts.show_personal", subject, what)


def _doubt(session: Session, wanted: str) -> DoubtfulRefusal | None:
    from sqlmodel import col

    from hub.model import DoubtfulRefusal
    from hub.queries.lookup import by_id, one, typed

    found = by_id(session, DoubtfulRefusal, typed(wanted), col(DoubtfulRefusal.id))
    return one(found, "doubtful refusal", typed(wanted)) if found else None


def _undoubted(session: Session, wanted: str) -> DoubtfulRefusal:
    """The refusal of a text that is not in the queue: NotDoubtful says so."""
    from hub.texts.doubts import doubt_about

    return doubt_about(session, _text(session, wanted).id)


def _text(session: Session, wanted: str) -> TextMessage:
    from sqlmodel import col, select

    from hub.model import TextMessage
    from hub.queries.lookup import by_id, one, typed

    found = by_id(session, TextMessage, typed(wanted), col(TextMessage.carrier_message_id))
    text = one(found, "text", typed(wanted))
    return session.exec(select(TextMessage).where(TextMessage.id == text.id)).one()


def _plain(session: Session, text: TextMessage, mask: Mask, vault: Vault) -> dict[str, Any]:
    from hub.model import DoubtfulRefusal
    from hub.queries.timeline.subject import body_of

    return {
        "id": text.id,
        "at": text.at,
        "direction": text.direction,
        "tracking_number": text.tracking_number,
        "person_number": mask.phone(text.person_number),
        "purpose": text.purpose,
        "meaning": text.meaning,
        "doubt": getattr(session.get(DoubtfulRefusal, text.id), "state", None),
        "status": text.status,
        "code": text.code,
        "reason": text.reason,
        "sent_at": text.sent_at,
        "carrier_id": text.carrier_message_id,
        "body": body_of(session, text, mask, vault),
    }
