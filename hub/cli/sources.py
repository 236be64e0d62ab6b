"""`hub sources`: a company's own rules for the sources of visits, and a test of an address with its trace."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlmodel import Session, col, select

from hub.cli.support.audit_note import note
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, echo_json, moment, plain, say
from hub.config.models import Config
from hub.contracts.clean_urls import clean_url, is_personal_name
from hub.contracts.sources import SOURCE_KINDS
from hub.errors import CannotDo
from hub.model import Company, SourceRule
from hub.numbers.accounts import write_accounts
from hub.numbers.directory import KnownSources, read_directory
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.plugin_host.captured import click_id_rules, click_ids_of, own_click_ids
from hub.queries.flow_simulation import connected
from hub.queries.lookup import known
from hub.sources.classify import classify_visit, rule_value
from hub.sources.plugin_rules import known_sources
from hub.sources.tables import tables
from hub.startup.database import open_store
from hub.startup.reading import read_config

commands = typer.Typer(
    help="Manage rules for the sources of visits, in addition to the built-in tables.", no_args_is_help=True
)

CompanyName = Annotated[str, typer.Option(help="The company's name in config.yaml.", metavar="NAME")]
RuleKind = Annotated[str, typer.Argument(help="host, utm_source or parameter.", metavar="KIND")]
RuleValue = Annotated[
    str,
    typer.Argument(help="partner.example.com, newsletter, or ref=partner; it must match exactly.", metavar="VALUE"),
]


@commands.command("list")
@listing
def list_rules(
    company: Annotated[str | None, typer.Option(help="Only this company's.", metavar="NAME")] = None,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the companies' own rules, and what their connectors know."""
    loaded = read_config(config, sandbox=True)
    if company is not None:
        known(company, [each.name for each in loaded.companies], "company")
    query = select(Company.name, SourceRule).join(SourceRule, col(SourceRule.company_id) == col(Company.id))
    if company is not None:
        query = query.where(Company.name == company)
    with open_store(loaded) as store, store.reading() as session:
        rules = session.exec(query.order_by(Company.name, SourceRule.kind, SourceRule.value)).all()
    rows = [_plain(name, rule) for name, rule in rules] + [
        {"company": name, "kind": kind, "value": value, **rule._asdict()}
        for name, known_here in _known_sources(loaded).items()
        if company in (None, name)
        for (kind, value), rule in known_here.items()
    ]
    made = (
        "made (UTC), or connector",
        lambda row: moment(row["made_at"]) if "made_at" in row else plain(row["connector"] or ""),
    )
    return Listing(
        "Checked before the built-in tables", rows, ("company", "kind", "value", "source", "medium", made),
        nothing="No company has its own rules; only the built-in tables apply."
    )  # fmt: skip


@commands.command("add")
def add(
    kind: RuleKind,
    value: RuleValue,
    company: CompanyName,
    source: Annotated[str, typer.Option(help="The source of matching visits, like partner_site.", metavar="SOURCE")],
    medium: Annotated[str, typer.Option(help="The medium, like referral.", metavar="MEDIUM")] = "referral",
    config: ConfigFile = CONFIG,
) -> None:
    """Add a rule, or change the rule for the same value. After a few seconds it applies to new visits, not to earlier ones."""
    loaded = read_config(config, sandbox=True)
    looked_up = _value(kind, value)
    name = looked_up.partition("=")[0]
    if kind == "parameter" and is_personal_name(name):
        raise CannotDo("A parameter of that name may hold a person's name or address, and is never stored.")
    source, medium = _word(source, "source"), _word(medium, "medium")
    with open_store(loaded) as store, store.writing() as session:
        now = utc_now()
        company_id = _company_id(session, loaded, company)
        rule = _find(session, company_id, kind, looked_up)
        changed = rule is not None
        rule = rule or SourceRule(
            company_id=company_id, kind=kind, value=looked_up, source=source, medium=medium, made_at=now
        )
        rule.source, rule.medium, rule.made_at = source, medium, now
        session.add(rule)
        note(session, now, "sources.add", rule.id, f"{kind} for {company}")
    say(f"{'Changed' if changed else 'Added'}: {kind} {plain(looked_up)} is {plain(source)} / {plain(medium)}.")
    website = next(each.website for each in loaded.companies if each.name == company)
    if kind == "parameter" and name not in website.parameters:
        say(
            f"[yellow]The page script passes on no parameter {plain(name)} yet:[/yellow] add it under website: parameters: of "
            f"{plain(company)}.",
            to_errors=True,
        )


@commands.command("remove")
def remove(kind: RuleKind, value: RuleValue, company: CompanyName, config: ConfigFile = CONFIG) -> None:
    """Remove a rule; the built-in tables apply again."""
    loaded = read_config(config, sandbox=True)
    looked_up = _value(kind, value)
    with open_store(loaded) as store, store.writing() as session:
        rule = _find(session, _company_id(session, loaded, company), kind, looked_up)
        if rule is None:
            raise CannotDo(f"The company has no such rule; see hub sources list --company {company}.")
        session.delete(rule)
        note(session, utc_now(), "sources.remove", rule.id, f"{kind} for {company}")
    say(f"Removed: {kind} {plain(looked_up)}.")


@commands.command("test")
def test(
    url: Annotated[str, typer.Argument(help="The landing page, as the browser shows it.", metavar="URL")],
    referrer: Annotated[str | None, typer.Option(help="The page that the visitor came from.", metavar="URL")] = None,
    company: Annotated[
        str | None, typer.Option(help="Use this company's own rules and connectors.", metavar="NAME")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show the source of a visit and the rule that decided. Nothing is stored."""
    own: Any = {}
    sites: tuple[str, ...] = ()
    also: frozenset[str] = frozenset()
    click_ids: tuple[str, ...] = ()
    if company is not None:
        loaded = read_config(config, sandbox=True)
        with open_store(loaded) as store, store.writing() as session:
            company_id = _company_id(session, loaded, company)
            directory = read_directory(session, _known_sources(loaded))
            found = directory.companies[company]
            sites, also = found.sites, directory.link_parameters(found)
            own = directory.source_rules[company_id]
            click_ids = tuple(each.name for each in click_ids_of(loaded, company))
    page = clean_url(url, also, own_click_ids(click_ids))
    match = classify_visit(page, clean_url(referrer, tables().search_words), own, sites, click_ids)
    if as_json:
        names = ("source", "medium", "campaign", "keyword", "rule", "value", "confidence", "trace")
        echo_json(only(*names)(match))
        return
    more = "".join(
        f", {name} {plain(text)}" for name, text in (("campaign", match.campaign), ("keyword", match.keyword)) if text
    )
    say(f"[bold]{plain(match.source)} / {plain(match.medium)}[/bold]{more}")
    say(f"by rule {match.rule}, confidence {match.confidence:g}")
    for step in match.trace:
        say(f"  {plain(step)}")


def _known_sources(config: Config) -> KnownSources:
    with connected(config, "list_sources") as hub:
        found = known_sources(hub)
    return {name: {**rules, **click_id_rules(click_ids_of(config, name))} for name, rules in found.items()}


def _value(kind: str, written: str) -> str:
    if kind not in SOURCE_KINDS:
        raise CannotDo(f"{plain(kind)} is not a kind of rule; choose one of {', '.join(SOURCE_KINDS)}.")
    value = rule_value(kind, written)
    if value is None or len(value) > 255:
        wanted = {"host": "like partner.example.com", "parameter": "as name=value, like ref=partner"}
        raise CannotDo(f"That is no {kind}; write it {wanted.get(kind, 'as one short word')}.")
    return value


def _word(written: str, what: str) -> str:
    text = " ".join(written.split())
    if not text or len(text) > 100 or not text.isprintable():
        raise CannotDo(f"Give the {what} as one short word, like partner_site.")
    return text


def _company_id(session: Session, config: Config, name: str) -> str:
    known(name, [each.name for each in config.companies], "company")
    found = read_directory(session).companies.get(name)
    if found is None:
        write_accounts(session, config, utc_now())
        session.flush()
        found = read_directory(session).companies[name]
    return found.id


def _find(session: Session, company_id: str, kind: str, value: str) -> SourceRule | None:
    return session.exec(
        select(SourceRule).where(
            SourceRule.company_id == company_id, SourceRule.kind == kind, SourceRule.value == value
        )
    ).first()


def _plain(company: str, rule: SourceRule) -> dict[str, Any]:
    return {"company": company, **only("id", "kind", "value", "source", "medium", "made_at")(rule)}
