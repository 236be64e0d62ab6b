"""`hub privacy ask`: may this use of a person's data happen now? Shows the decision, the rules, and their sources."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, colored, echo_json, moment, plain, say
from hub.cli.support.tables import table
from hub.contracts.consent import Opinion
from hub.contracts.rules import LegalRule
from hub.errors import CannotDo
from hub.hookspecs import ConsentHooks
from hub.queries.consent_question import Answer, Supposed, answers
from hub.queries.lookup import known
from hub.startup.opening import open_hub
from hub.startup.reading import read_config

STATES = ("given", "refused", "withdrawn", "objected")


def ask(
    purpose: Annotated[
        str,
        typer.Option(
            help="recording, text, marketing-text, tracking, ads, crm, enrichment, transcription, or a data use such as "
            "marketing.advertising.third_party.targeted.",
            metavar="PURPOSE",
        ),
    ],
    caller: Annotated[str | None, typer.Option(help="The person's phone number.", metavar="NUMBER")] = None,
    caller_place: Annotated[
        list[str] | None,
        typer.Option(help="Another place where the person may be: US-CA, DE; may be repeated.", metavar="PLACE"),
    ] = None,
    callee: Annotated[
        str | None, typer.Option(help="The tracking number that they called; it decides the company.", metavar="NUMBER")
    ] = None,
    callee_place: Annotated[
        list[str] | None,
        typer.Option(help="Another place where the business may be; may be repeated.", metavar="PLACE"),
    ] = None,
    company: Annotated[
        str | None, typer.Option(help="The company, by its name in config.yaml.", metavar="NAME")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="When, like 2026-12-01T21:30; in the company's time zone unless it has one. Now by default.",
            metavar="TIME",
        ),
    ] = None,
    connector: Annotated[
        str | None, typer.Option(help="Only this recipient, by its name in config.yaml.", metavar="NAME")
    ] = None,
    said: Annotated[
        str | None,
        typer.Option(help="Suppose that the person said this: given, refused, withdrawn or objected.", metavar="STATE"),
    ] = None,
    by: Annotated[
        str, typer.Option(help="The channel of the supposed record: agent, web, sms, parent …", metavar="CHANNEL")
    ] = "agent",
    signal: Annotated[
        list[str] | None,
        typer.Option(help="Suppose that their browser sent this signal: gpc or dnt.", metavar="SIGNAL"),
    ] = None,
    age: Annotated[int | None, typer.Option(help="Suppose that the person has this age.", min=0, max=130)] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Ask the consent plugins and apply the hub's own rules, as the call flow does; nothing is sent or stored.

    The answer uses what the hub knows about the person: consent records and browser signals. What you suppose is added.
    Exits with status 0 if it is allowed, 1 if it is not (with several recipients: for any of them), 2 if the question is
    wrong. This is not legal advice: unconfirmed rows are marked as unconfirmed.
    """  # fmt: skip

    if said is not None:
        known(said, STATES, "state of consent")
    supposed = Supposed(
        purpose=purpose,
        at=_time(at),
        company=company,
        caller=caller,
        callee=callee,
        caller_places=tuple(caller_place or ()),
        callee_places=tuple(callee_place or ()),
        connector=connector,
        said=said,  # type: ignore[arg-type]
        channel=by,
        signals=tuple(signal or ()),
        age=age,
    )
    with open_hub(read_config(config)) as opened:
        plugins = opened.hub.plugins
        found = answers(opened.hub, opened.directory.current(), supposed)
        law = {
            rule.id: rule
            for name in plugins.with_hook(ConsentHooks.list_rules)
            for rule in plugins.call(name, ConsentHooks.list_rules)
        }
    if as_json:
        echo_json(
            {"allowed": all(each.ruling.allowed for each in found), "answers": [_plain(each, law) for each in found]}
        )
    else:
        for each in found:
            _show(each, law)
    if not all(each.ruling.allowed for each in found):
        raise typer.Exit(1)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise CannotDo(
            "--at is not a time; write it like 2026-12-01T21:30, or with a zone: 2026-12-01T21:30+01:00."
        ) from None


def _show(answer: Answer, law: dict[str, LegalRule]) -> None:
    question, decision = answer.ruling.question, answer.ruling.decision
    title = f"{plain(question.use)} → {plain(answer.recipient)}, {moment(question.at)} UTC"
    say(f"[bold]{colored(decision.verdict)}[/bold]  {title}")
    say(f"  because: {plain(decision.ruling.reason)}")
    if decision.verdict == "needs":
        say("  It is allowed once the person consents; until then it is denied.")
    if decision.duties:
        say(f"  before the first recorded second: {', '.join(sorted(decision.duties))}")
    if decision.not_before:
        say(f"  ask again at {moment(decision.not_before)} UTC")
    table(
        "The rules that applied",
        ("by", "says", "rule", "reason", "law", "read in", "read again by"),
        ((plain(name), colored(opinion.verdict), plain(opinion.rule_id), plain(opinion.reason),
          plain(opinion.evidence.get("cite")), _read_in(opinion), _verify_by(opinion, law))
         for name, opinion in decision.opinions),
    )  # fmt: skip


def _read_in(opinion: Opinion) -> str:
    sources = plain(opinion.evidence.get("read_in"))
    unconfirmed = opinion.evidence.get("source", "").startswith("unconfirmed")
    if not unconfirmed:
        return sources
    return f"[yellow]unconfirmed[/yellow]{f' ({sources})' if opinion.evidence.get('read_in') else ''}"


def _verify_by(opinion: Opinion, law: dict[str, LegalRule]) -> str:
    rule = law.get(opinion.rule_id)
    return plain(rule.verify_by if rule else None)


def _plain(answer: Answer, law: dict[str, LegalRule]) -> dict[str, Any]:
    question, decision = answer.ruling.question, answer.ruling.decision
    return {
        "recipient": answer.recipient,
        "use": question.use,
        "categories": sorted(question.categories),
        "at": question.at,
        "person_places": [_spelled(place.country, place.region) for place in question.person_places],
        "business_places": [_spelled(place.country, place.region) for place in question.business_places],
        "verdict": decision.verdict,
        "rule": decision.ruling.rule_id,
        "reason": decision.ruling.reason,
        "duties": sorted(decision.duties),
        "not_before": decision.not_before,
        "opinions": [
            {
                "connector": name,
                "verdict": opinion.verdict,
                "rule": opinion.rule_id,
                "reason": opinion.reason,
                "duties": sorted(opinion.duties),
                "evidence": dict(opinion.evidence),
                "verify_by": law[opinion.rule_id].verify_by if opinion.rule_id in law else None,
            }
            for name, opinion in decision.opinions
        ],
    }


def _spelled(country: str | None, region: str | None) -> str:
    return f"{country}-{region}" if country and region else country or "unknown"
