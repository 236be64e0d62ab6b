"""`hub trigger call|text|form|visit`: one realistic event into a running hub, and what became of it."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from sqlmodel import col, select

from hub.cli.calls.timeline import print_timeline, zone_of
from hub.cli.support.audit_note import note
from hub.cli.support.output import CONFIG, ConfigFile, plain, say
from hub.config.durations import parse_span
from hub.config.models import Config
from hub.errors import CannotDo, ConfigError
from hub.model import Call, FormSubmission
from hub.model.columns import new_id
from hub.platform.clock import utc_now
from hub.queries.masking import Mask
from hub.queries.timeline.build import timeline
from hub.runtime import webhook_url
from hub.startup.database import open_store, vault_of
from hub.startup.reading import read_config
from hub.testing.trigger.running_hub import Target, running_hub, stand_in, target_of
from hub.testing.trigger.triggered_calls import Ad, CallPlan, fictional, landing_page, play_call, say_webhooks
from hub.testing.trigger.triggered_calls import visit as play_visit

commands = typer.Typer(
    help="Play one call, text, form or visit into a running hub, through a stand-in.", no_args_is_help=True
)
CALLER = "+12025550123"
"""A fictional number: it belongs to nobody."""
WAIT_SECONDS = 20.0
POLL_SECONDS = 0.2
To = Annotated[
    str | None, typer.Option("--to", help="COMPANY/TRACKER, or COMPANY; else the first tracker with a number.")
]
Caller = Annotated[str, typer.Option("--from", help="Who calls or writes: a fictional 555-01xx number.")]
Source = Annotated[str, typer.Option(help="utm_source of the ad that the visitor clicked.")]
Medium = Annotated[str, typer.Option(help="utm_medium of that ad.")]
Campaign = Annotated[str | None, typer.Option(help="utm_campaign of that ad.")]
Gclid = Annotated[str | None, typer.Option(help="Google's click id, as in the landing page's address.")]

ClickIds = Annotated[
    list[str] | None,
    typer.Option(
        "--click-id", help="Another network's click id that a connector declares, like rdt_cid=3184; repeatable."
    ),
]


@commands.command("call")
def call(
    to: To = None,
    caller: Caller = CALLER,
    source: Source = "google",
    medium: Medium = "cpc",
    campaign: Campaign = None,
    gclid: Gclid = None,
    click_id: ClickIds = None,
    keys: Annotated[str, typer.Option(help="What the caller presses, one key for each menu, like 1 or 21.")] = "",
    answered: Annotated[str, typer.Option(help="How long they talk, like 90s.")] = "90s",
    missed: Annotated[bool, typer.Option("--missed", help="Nobody answers, and the caller hangs up.")] = False,
    voicemail: Annotated[
        bool, typer.Option("--voicemail", help="Nobody answers, and the caller leaves a message.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Play a call. On a pool, a visitor first clicks the ad, and calls the number that the website shows.

    The stand-in of the carrier signs its webhooks and follows the hub's answers; no phone rings. The call is like any other in
    lists and reports; a connector that is live gets what it would get of a real call.
    """
    loaded, target, hub = _opened(config, to)
    plan = CallPlan(
        caller=caller, outcome="abandoned" if missed else "voicemail" if voicemail else "answered",
        talk=parse_span(answered), keys=keys,
    )  # fmt: skip
    with hub as running:
        ad = Ad(source=source, medium=medium, campaign=campaign, click_ids=_click_ids(gclid, click_id))
        call_id = play_call(running, target, ad, plan, _say)
    _show(loaded, select(Call).where(Call.carrier_call_id == call_id), lambda made: made.ended_at is not None)


@commands.command("text")
def text(
    to: To = None,
    sender: Caller = CALLER,
    body: Annotated[str, typer.Option(help="What they write.")] = "Do you have time tomorrow?",
    config: ConfigFile = CONFIG,
) -> None:
    """Play a text message from a person to a tracking number."""
    loaded, target, hub = _opened(config, to)
    with hub as running, stand_in(loaded, target.tracker.carrier) as carrier:
        number = target.tracker.numbers[0]
        address = webhook_url(loaded, target.tracker.carrier)
        request = carrier.message_webhook(fictional(sender), number, body, address)
        running.post(request)
        say_webhooks(running, _say)
    say(f"It is in the inbox: {plain(_page(loaded, '/texts'))}")


@commands.command("visit")
def visit(
    to: To = None,
    source: Source = "google",
    medium: Medium = "cpc",
    campaign: Campaign = None,
    gclid: Gclid = None,
    click_id: ClickIds = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Play a visitor of the company's website who clicked an ad, and print the number that the page would show."""
    _, target, hub = _opened(config, to)
    with hub as running:
        ad = Ad(source=source, medium=medium, campaign=campaign, click_ids=_click_ids(gclid, click_id))
        shown = play_visit(running, target, ad, _say)
    say(f"The page shows {plain(shown['number'] or 'its own number')}; the visit is {plain(shown['visit_id'])}.")


@commands.command("form")
def form(
    to: To = None,
    sender: Caller = CALLER,
    name: Annotated[str, typer.Option(help="Who sends it.")] = "Ada Example",
    email: Annotated[str, typer.Option(help="Their address.")] = "ada@example.com",
    message: Annotated[str, typer.Option(help="What they write.")] = "Please call me back.",
    form_id: Annotated[str, typer.Option("--form", help="The form's id on the page.")] = "contact",
    source: Source = "google",
    medium: Medium = "cpc",
    campaign: Campaign = None,
    gclid: Gclid = None,
    click_id: ClickIds = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Play a visitor who clicked an ad and sends a form of the company's website."""
    loaded, target, hub = _opened(config, to)
    ad, key = (
        Ad(source=source, medium=medium, campaign=campaign, click_ids=_click_ids(gclid, click_id)),
        f"trigger-{new_id()}",
    )
    with hub as running:
        shown = play_visit(running, target, ad, _say)
        fields = {"name": name, "phone": fictional(sender), "email": email, "message": message}
        page = landing_page(target, ad)
        body = {"submission_key": key, "visit_id": shown["visit_id"], "form_id": form_id, "page": page}
        running.send_form(target.company.name, {**body, "fields": fields})
    _show(loaded, select(FormSubmission).where(col(FormSubmission.submission_key).endswith(key)), lambda made: True)


def _click_ids(gclid: str | None, written: list[str] | None) -> dict[str, str]:
    """The click ids of the landing page by parameter name; ConfigError if one is not NAME=VALUE."""
    parts = [each.partition("=") for each in (*([f"gclid={gclid}"] if gclid else []), *(written or ()))]
    if not all(value for _, _, value in parts):
        raise ConfigError("Write a click id as NAME=VALUE, like --click-id rdt_cid=3184.")
    return {name: value for name, _, value in parts}


def _opened(config: Any, to: str | None) -> tuple[Config, Target, Any]:
    loaded = read_config(config)
    return loaded, target_of(loaded, to), running_hub(loaded)


def _say(words: str) -> None:
    say(plain(words))


def _show(config: Config, found: Any, settled: Any) -> None:
    """Wait until the worker has taken the call or form that `found` selects through the flow, and `settled` says yes; then
    print its timeline and where to look at it."""
    vault, mask = vault_of(config), Mask(False)
    until = time.monotonic() + WAIT_SECONDS
    with open_store(config) as store:
        while True:
            with store.reading() as session:
                subject = session.exec(found).first()
                if subject is not None and subject.state == "done" and settled(subject):
                    entries = timeline(session, subject, mask, vault, config.connector_title)
                    zone = zone_of(session, subject.company_id)
                    break
            if time.monotonic() > until:
                raise CannotDo(
                    "The hub has taken it, but no worker has processed it yet. Start hub run, or hub worker."
                )
            time.sleep(POLL_SECONDS)
        with store.writing() as session:
            note(session, utc_now(), "call_test.play", subject.id, subject.__tablename__)
    print_timeline(entries, zone)
    if not any(each.stage == "convert" for each in entries):
        say(f"\nNo conversion was made: {_why_nothing(config, subject)}")
    for crm in config.of_kind("crm") if isinstance(subject, Call) else ():
        say(plain(f"{config.connector_title(crm.name)} gets the call at its next sync: hub sync {crm.name}"))
    say(f"\nhub call {subject.id}")
    say(plain(_page(config, f"/calls/{subject.id}")))


def _why_nothing(config: Config, subject: Call | FormSubmission) -> str:
    """Why no conversion was made of a call or form, by the rule that comes nearest."""
    event = "call" if isinstance(subject, Call) else "form"
    rules = [rule for rule in config.conversions if rule.when.event == event]
    if not rules:
        return f"config.yaml has no conversion rule for a {event}."
    if isinstance(subject, Call):
        if not subject.answered and all(rule.when.answered for rule in rules):
            return "nobody answered, and the rules ask for an answered call."
        if not subject.first_time_caller and all(rule.when.first_time_caller for rule in rules):
            return "this number has called before, and the rules ask for a first call; play another number with --from."
        shortest = min((rule.when.min_duration for rule in rules if rule.when.min_duration), default=None)
        if shortest and (subject.duration or 0) < shortest.total_seconds() and all(r.when.min_duration for r in rules):
            return f"the call was shorter than {shortest.total_seconds():.0f} s, which the rules ask for."
    return "no conversion rule matches it; look at when: of conversions: in config.yaml."


def _page(config: Config, path: str) -> str:
    return str(config.hub.public_url).rstrip("/") + path
