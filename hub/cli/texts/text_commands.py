"""`hub texts`: show threads, send a text, explain what happened to a text, decide on held texts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session, select

from hub.cli.calls.timeline import print_timeline, zone_of
from hub.cli.support.audit_note import actor, note
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import (
    CONFIG,
    AsJson,
    ConfigFile,
    Sandboxed,
    colored,
    counted,
    echo_json,
    plain,
    say,
)
from hub.cli.texts import doubtful
from hub.cli.texts.lookup import ShowPersonal, find_text, note_shown
from hub.contracts.phones import phone_number
from hub.errors import CannotDo
from hub.model import Company, DoubtfulRefusal, TextMessage
from hub.model.purposes import BY_HAND
from hub.model.states import Doubt
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.queries.contact.facts import body_of
from hub.queries.contact.view import view_of
from hub.queries.lookup import known, shown, typed
from hub.queries.masking import Mask
from hub.queries.texts.paging import count_texts, threads_page
from hub.queries.texts.threads import key_of
from hub.queries.timeline.build import timeline
from hub.startup.database import open_store, read_outline, vault_of
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.store.encryption.vault import Vault
from hub.texts.queue import picture_of, queue_text
from hub.texts.threads import release as decide
from hub.texts.threads import texts_of_thread
from hub.texts.words import read

commands = typer.Typer(help="Read and send texts; see why a text was not sent.", no_args_is_help=True)
TextId = Annotated[
    str,
    typer.Argument(help="A text's id, the carrier's id of it, or at least 6 characters from either end.", metavar="ID"),
]
for each in (doubtful.stop, doubtful.doubtful, doubtful.keep):
    commands.command()(each)


@commands.command("list")
@listing
def list_threads(
    company: Annotated[str | None, typer.Option(help="Only this company's.", metavar="NAME")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, newest first.")] = 50,
    show_personal: ShowPersonal = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the threads, one per person and company, the newest first."""
    loaded, mask = read_config(config, sandbox=True), Mask(off=show_personal)
    if company is not None:
        known(company, [each.name for each in loaded.companies], "company")
    with open_store(loaded) as store:
        with store.reading() as session:
            names = {row.id: row.name for row in session.exec(select(Company))}
            wanted = [row_id for row_id, name in names.items() if company in (None, name)]
            page = threads_page(session, wanted, limit=limit)
            threads = page.items
            while page.next is not None and len(threads) < limit:
                page = threads_page(session, wanted, after=page.next, limit=limit - len(threads))
                threads += page.items
            texts = count_texts(session, [key_of(each) for each in threads])
        if show_personal:
            counts = Counter(each.company_id or "" for each in threads)
            note_shown(store, {owner: counted(threads, "thread") for owner, threads in counts.items()})
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
    return Listing(
        "Threads, newest first", rows,
        ("thread", "company", ("person", "person_number"), "texts", ("newest (UTC)", "newest"), "direction", "status",
         ("read as", "meaning")),
        nothing="No texts have been received or sent yet.", hint="Full thread: [bold]hub texts show THREAD[/bold]",
        optional=("read as", "company")
    )  # fmt: skip


@commands.command("show")
@listing
def show(thread: TextId, show_personal: ShowPersonal = False, config: ConfigFile = CONFIG) -> Listing:
    """Show a thread, oldest text first, by the id of any of its texts."""
    loaded, mask = read_config(config, sandbox=True), Mask(off=show_personal)
    vault = vault_of(loaded)
    with open_store(loaded) as store:
        with store.reading() as session:
            named = find_text(session, thread)
            rows = [_plain(session, text, mask, vault) for text in texts_of_thread(session, named)]
        if show_personal:
            note_shown(store, {named.id: f"thread of {counted(len(rows), 'text')}"})

    def reading_of(row: dict[str, Any]) -> str:
        return "doubtful" if row["doubt"] == Doubt.OPEN else plain(row["purpose"] or row["meaning"])

    return Listing(
        "Oldest first", rows,
        ("id", ("at (UTC)", "at"), "direction", ("number", "tracking_number"), ("why", reading_of), "status",
         ("words", "body")),
        intro=f"[bold]{counted(len(rows), 'text')}[/bold] with {plain(rows[0]['person_number'])}", optional=("number",)
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
    loaded, mask = read_config(config, sandbox=True), Mask()
    vault = vault_of(loaded)
    with open_store(loaded) as store, store.reading() as session:
        text = find_text(session, wanted)
        row, entries = _plain(session, text, mask, vault), timeline(session, text, mask, vault, loaded.connector_title)
        zone = zone_of(session, text.company_id)
    if as_json:
        echo_json({**row, "timeline": [entry.plain() for entry in entries]})
        return
    reason = " ".join(filter(None, (text.code, text.reason)))
    say(f"[bold]Text {text.id}[/bold] is {colored(text.status)}" + (f": {plain(reason)}" if reason else ""))
    print_timeline(entries, zone)


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
    if again is None:
        raise CannotDo(
            "Look in the carrier's message log, then use --again if the text was not sent, or --went if it was."
        )
    with open_store(read_outline(config)) as store, store.writing() as session:
        decide(session, find_text(session, wanted), again=again, actor=actor(), now=utc_now())
    say("It is sent again, if consent and the time of day allow it." if again else "It counts as sent.")


@commands.command("classify")
def classify(
    text: Annotated[str, typer.Argument(help="The text to classify.", metavar="WORDS")], as_json: AsJson = False
) -> None:
    """Show how the hub classifies a text (stop, start, help or other) and why."""
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


def _plain(session: Session, text: TextMessage, mask: Mask, vault: Vault) -> dict[str, Any]:
    names = ("id", "at", "direction", "tracking_number", "purpose", "meaning", "status", "code", "reason", "sent_at")
    return only(*names)(text) | {
        "person_number": mask.phone(text.person_number),
        "doubt": getattr(session.get(DoubtfulRefusal, text.id), "state", None),
        "carrier_id": text.carrier_message_id,
        "body": body_of(view_of(session, vault, text), mask),
    }
