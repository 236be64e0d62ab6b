"""`hub consent`: record and show what a person said about their data."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session, col, select

from hub.cli.support.audit_note import note
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, colored, counted, echo_json, moment, plain, say
from hub.cli.support.tables import table
from hub.config.models import Config
from hub.contracts.categories import CATEGORIES, USES
from hub.contracts.phones import phone_number
from hub.errors import CannotDo
from hub.flow.browser_consent import CONSENT_FIELDS
from hub.flow.case import new_person
from hub.model import Company, ConsentDetail, ConsentEntry, OptOut, Person, Visit
from hub.model.people import PROVEN, has_known_number
from hub.numbers.accounts import write_accounts
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.privacy.ledger import STATES, ConsentStatement, keep_notice
from hub.privacy.opt_outs import KnownBy, opt_outs_of
from hub.privacy.withdrawal import exclusive_person_lock, has_refused, take_effect
from hub.queries.lookup import known, typed
from hub.startup.database import open_store
from hub.startup.reading import read_config
from hub.store.encryption.keyfile import keyring_of
from hub.store.encryption.vault import Vault

commands = typer.Typer(help="Record what people say about their data, and show it.", no_args_is_help=True)
BASES = ("consent", "legitimate_interests", "opt_out", "objection")

AFTER_A_NO = (
    "This person has refused this before, and only their own later, deliberate act can reverse that. Use --evidence to "
    "say where the proof of both steps is: that they asked, and that they confirmed."
)

CompanyName = Annotated[str, typer.Option(help="The company's name in config.yaml.", metavar="NAME")]
Phone = Annotated[str, typer.Option(help="The person's phone number.", metavar="NUMBER")]


@commands.command("record")
def record(
    company: CompanyName,
    phone: Phone,
    state: Annotated[
        str,
        typer.Option(
            help="What the person said: given, refused, withdrawn, objected (to direct marketing), or expired.",
            metavar="STATE",
        ),
    ],
    use: Annotated[str, typer.Option(help="The data use, including all uses below it: marketing.advertising …")],
    channel: Annotated[str, typer.Option(help="The channel: agent, form, sms, letter …")],
    evidence: Annotated[
        str | None,
        typer.Option(
            help="Where the proof is: a ticket, a recording, a document. Required for a consent after a refusal."
        ),
    ] = None,
    notice: Annotated[
        Path | None,
        typer.Option(help="A file with the exact words that the person saw or heard.", metavar="FILE"),
    ] = None,
    language: Annotated[str, typer.Option(help="The notice's language, as a BCP 47 tag.")] = "en",
    basis: Annotated[
        str | None, typer.Option(help="The lawful basis: consent, legitimate_interests, opt_out or objection.")
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(help="The time until which it is valid, UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    ] = None,
    recipient: Annotated[
        list[str] | None, typer.Option(help="Only this recipient, by its legal name; may be repeated.")
    ] = None,
    category: Annotated[list[str] | None, typer.Option(help="Only this data category; may be repeated.")] = None,
    jurisdiction: Annotated[
        list[str] | None, typer.Option(help="The place whose law applied: CA-QC, US-CA, DE; may be repeated.")
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Record a person's consent or refusal. It applies to everything decided or sent from now on; nothing is overwritten."""
    _check_word(state, use, channel)
    said_basis = basis or ("objection" if state == "objected" else "consent")
    _check_limits(said_basis, category or [])
    shown = _notice(notice)
    loaded, now = read_config(config, sandbox=True), utc_now()
    number = _number(loaded, company, phone)
    with open_store(loaded) as store:
        with store.writing() as session:
            company_id = _company_id(session, loaded, company, now)
            person = _person(session, company_id, number)
            known_before = person is not None
            if person is None:
                person = new_person(company_id, number, PROVEN, now, now)
                session.add(person)
            if state == "given" and not evidence and has_refused(session, person.id, use):
                raise CannotDo(AFTER_A_NO)
        with exclusive_person_lock(store, [person], state) as waited, store.writing() as session:
            statement = ConsentStatement(
                company_id=company_id,
                person_id=person.id,
                state=state,  # type: ignore[arg-type]
                use=use,
                channel=channel,
                detail=typed(evidence) if evidence else None,
                stated_at=now,
                basis=said_basis,
                language=language if shown else None,
                notice_hash=keep_notice(session, shown, language, now) if shown else None,
                lapses_at=expires.replace(tzinfo=UTC) if expires else None,
                recipients=recipient or [],
                categories=category or [],
                jurisdictions=jurisdiction or [],
            )
            held = take_effect(session, loaded, _vault(loaded), [statement], now)
            note(session, now, "consent.record", person.id, f"{state} {use} by {channel}")
    unknown_caller = "" if known_before else " This person was not known before."
    say(f"Recorded: {colored(state)} for {plain(use)}, by {plain(channel)}, of person {person.id}.{unknown_caller}")
    if held:
        say(f"Held back: {counted(held, 'queued item')}.")
    if not waited:
        say(
            "[yellow]A send to this person was still under way after 60 s; what it had handed over cannot be recalled.[/yellow]"
        )


@commands.command("show")
def show(company: CompanyName, phone: Phone, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show a person's consent records, browser signals, and opt-outs that needed no proof, oldest first."""
    loaded = read_config(config, sandbox=True)
    number = _number(loaded, company, phone)
    with open_store(loaded) as store:
        with store.writing() as session:
            company_id = _company_id(session, loaded, company, utc_now())
        with store.reading() as session:
            person = _person(session, company_id, number)
            if person is None:
                raise CannotDo("Nobody with this number is known at the company.")
            vault, visits = _vault(loaded), _signals(session, person)
            known = KnownBy(company_id, frozenset({number}))
            unproven = [_opted_out(row) for row in opt_outs_of(session, vault, [known])[0]]
            entries = [_plain(entry, _detail(session, vault, entry)) for entry in _entries(session, person)]
    said = [*entries, *unproven, *(signal for visit in visits for signal in _signaled(visit))]
    said.sort(key=lambda each: each["at"])
    if as_json:
        echo_json({"person": person.id, "said": said})
        return
    say(f"Person {person.id}, first seen {moment(person.first_seen_at)} UTC")
    if not said:
        say("They have no records yet.")
        return
    table(
        "In chronological order; the latest record for each use counts",
        ("at (UTC)", "said", "of", "by", "evidence"),
        (
            (moment(each["at"]), colored(each["state"]), plain(each["use"]), plain(each["channel"]),
             plain(each["evidence"]))
            for each in said
        ),
    )  # fmt: skip


def _check_word(state: str, use: str, channel: str) -> None:
    if state not in STATES:
        raise CannotDo(f"{state!r} cannot be recorded; choose one of {', '.join(STATES)}.")
    if not any(each == use or each.startswith(f"{use}.") for each in USES):
        raise CannotDo(
            f"There is no data use with that name; choose one of {', '.join(sorted(USES))}, or a parent of one."
        )
    if not re.fullmatch(r"[a-z][a-z0-9_ -]{0,30}", channel):
        raise CannotDo("Give the channel as one short lowercase word, like agent, form or sms.")


def _check_limits(basis: str, categories: list[str]) -> None:
    if basis not in BASES:
        raise CannotDo(f"There is no such basis; choose one of {', '.join(BASES)}.")
    for each in categories:
        known(each, sorted(CATEGORIES), "data category")


def _notice(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CannotDo(f"{file} cannot be read as UTF-8 text; give the file with the notice's exact words.") from None
    if not text.strip():
        raise CannotDo(f"{file} is empty; give the file with the notice's exact words.")
    return text


def _number(config: Config, company: str, phone: str) -> str:
    known(company, [each.name for each in config.companies], "company")
    country = next(each.country for each in config.companies if each.name == company)
    number = phone_number(phone, country)
    if number is None:
        raise CannotDo("That is not a phone number; write it in E.164, like +13125550142.")
    return number


def _company_id(session: Session, config: Config, name: str, now: datetime) -> str:
    found = session.exec(select(Company.id).where(Company.name == name)).first()
    if found is None:
        write_accounts(session, config, now)
        session.flush()
        found = session.exec(select(Company.id).where(Company.name == name)).one()
    return found


def _person(session: Session, company_id: str, number: str) -> Person | None:
    return session.exec(select(Person).where(Person.company_id == company_id, has_known_number(number))).one_or_none()


def _entries(session: Session, person: Person) -> list[ConsentEntry]:
    # Browser signals are shown from the visits themselves, in their current state.
    theirs = (ConsentEntry.person_id == person.id, ConsentEntry.scope == "person")
    return list(
        session.exec(select(ConsentEntry).where(*theirs).order_by(col(ConsentEntry.recorded_at), col(ConsentEntry.id)))
    )


def _vault(config: Config) -> Vault:
    return Vault(keyring_of(config.hub), utc_now)


def _detail(session: Session, vault: Vault, entry: ConsentEntry) -> str | None:
    """The record's encrypted detail if it has one, otherwise the reference to its proof."""
    detail = session.get(ConsentDetail, entry.id)
    if detail is None or detail.sealed is None:
        return "ended" if entry.detail_hash else entry.evidence
    plain_bytes = vault.open(session, detail.sealed, f"consent_detail/{entry.id}")
    return "erased" if plain_bytes is None else plain_bytes.decode()


def _signals(session: Session, person: Person) -> list[Visit]:
    """The visits that certainly belong to the person; their browser signals count as the person's own statement."""
    return list(session.exec(select(Visit).where(Visit.person_id == person.id)))


def _opted_out(row: OptOut) -> dict[str, object]:
    use = {"sharing": "sale, sharing and ads", "sensitive": "sensitive data"}[row.scope]
    return {
        "at": row.at,
        "state": "refused",
        "use": use,
        "channel": "opt_out",
        "evidence": f"unproven, opt-out {row.id}",
    }


def _plain(entry: ConsentEntry, detail: str | None) -> dict[str, Any]:
    names = ("id", "state", "use", "channel", "basis", "recipients", "categories", "jurisdictions", "supersedes")
    more = {"at": entry.stated_at, "evidence": detail, "notice": entry.notice_hash, "expires": entry.lapses_at}
    return only(*names)(entry) | more


def _signaled(visit: Visit) -> list[dict[str, object]]:
    answers = [
        ("given" if visit.consent[name] == "granted" else "refused", use)
        for name, use in CONSENT_FIELDS.items()
        if visit.consent.get(name) in ("granted", "denied")
    ]
    signals = [(name, "sharing and targeted ads") for name, seen in (("gpc", visit.gpc), ("dnt", visit.dnt)) if seen]
    return [
        {"at": visit.started_at, "state": state, "use": use, "channel": "web", "evidence": f"visit {visit.id}"}
        for state, use in [*answers, *signals]
    ]
