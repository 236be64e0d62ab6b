"""`hub trigger call|text|form|visit`: one realistic event into a running hub, and what became of it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from hub.cli.support.output import CONFIG, ConfigFile, counted, plain, say
from hub.errors import CannotDo, ConfigError

if TYPE_CHECKING:
    from hub.cli.trigger.running_hub import RunningHub, Target
    from hub.config.models import Config
    from hub.contracts.sandbox import SimulatedCall

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


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.add_typer(commands, name="trigger")


@commands.command("call")
def call(
    to: To = None,
    caller: Caller = CALLER,
    source: Source = "google",
    medium: Medium = "cpc",
    campaign: Campaign = None,
    gclid: Gclid = None,
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
    from sqlmodel import select

    from hub.clock import utc_now
    from hub.config.durations import parse_span
    from hub.contracts.sandbox import SimulatedCall
    from hub.model import Call

    loaded, target, hub = _opened(config, to)
    with hub as running:
        number = _number(running, target, _landing_page(target, source, medium, campaign, gclid))
        forward = target.company.flow_of(target.tracker).forward
        played = SimulatedCall(
            caller_number=_person(caller), tracking_number=number, answering_number=forward,
            started_at=utc_now(), outcome="abandoned" if missed else "voicemail" if voicemail else "answered",
            ring=timedelta(seconds=4), talk=parse_span(answered), keys=tuple(keys),
        )  # fmt: skip
        call_id = _place(running, target, played)
    _show(loaded, select(Call).where(Call.carrier_call_id == call_id), lambda made: made.ended_at is not None)


@commands.command("text")
def text(
    to: To = None,
    sender: Caller = CALLER,
    body: Annotated[str, typer.Option(help="What they write.")] = "Do you have time tomorrow?",
    config: ConfigFile = CONFIG,
) -> None:
    """Play a text message from a person to a tracking number."""
    from hub.cli.trigger.running_hub import stand_in
    from hub.runtime import webhook_url

    loaded, target, hub = _opened(config, to)
    with hub as running, stand_in(loaded, target.tracker.carrier) as carrier:
        number = target.tracker.numbers[0]
        address = webhook_url(loaded, target.tracker.carrier)
        request = carrier.message_webhook(_person(sender), number, body, address)
        running.post(request)
        _say_webhooks(running)
    say(f"It is in the inbox: {plain(_page(loaded, '/texts'))}")


@commands.command("visit")
def visit(
    to: To = None,
    source: Source = "google",
    medium: Medium = "cpc",
    campaign: Campaign = None,
    gclid: Gclid = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Play a visitor of the company's website who clicked an ad, and print the number that the page would show."""
    _, target, hub = _opened(config, to)
    with hub as running:
        shown = _visit(running, target, _landing_page(target, source, medium, campaign, gclid))
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
    config: ConfigFile = CONFIG,
) -> None:
    """Play a visitor who clicked an ad and sends a form of the company's website."""
    from sqlmodel import col, select

    from hub.model import FormSubmission
    from hub.model.columns import new_id

    loaded, target, hub = _opened(config, to)
    landing_page, key = _landing_page(target, source, medium, campaign, gclid), f"trigger-{new_id()}"
    with hub as running:
        shown = _visit(running, target, landing_page)
        fields = {"name": name, "phone": _person(sender), "email": email, "message": message}
        body = {"submission_key": key, "visit_id": shown["visit_id"], "form_id": form_id, "page": landing_page}
        running.send_form(target.company.name, {**body, "fields": fields})
    _show(loaded, select(FormSubmission).where(col(FormSubmission.submission_key).endswith(key)), lambda made: True)


def _opened(config: Any, to: str | None) -> tuple[Config, Target, Any]:
    from hub.cli.trigger.running_hub import running_hub, target_of
    from hub.startup import read_config

    loaded = read_config(config)
    return loaded, target_of(loaded, to), running_hub(loaded)


def _person(number: str) -> str:
    """A number that belongs to no one, because what is played may lead to texts and uploads; ConfigError for any other."""
    from hub.contracts.phones import phone_number

    read = phone_number(number)
    if read is None or not (read.startswith("+1") and read[5:10] == "55501"):
        raise ConfigError(f"{number} may be somebody's number. Use a fictional one, like +1 202 555 0123.")
    return read


def _landing_page(target: Target, source: str, medium: str, campaign: str | None, gclid: str | None) -> str:
    domain = next(iter(target.company.domains), "example.com")
    tags = {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign, "gclid": gclid}
    return f"https://{domain}/?{urlencode({name: value for name, value in tags.items() if value})}"


def _visit(running: RunningHub, target: Target, landing_page: str) -> dict[str, Any]:
    say(f"A visitor opens {plain(landing_page)}")
    return running.visit(target.company.name, landing_page, "https://www.google.com/", target.company.country)


def _number(running: RunningHub, target: Target, landing_page: str) -> str:
    """The number to call: the one of a source, or the one that a visitor of the website sees."""
    if target.tracker.type == "source":
        return target.tracker.numbers[0]
    number = _visit(running, target, landing_page)["number"]
    if number is None:
        raise CannotDo(
            "The website shows no tracking number to this visitor: the pool is empty, or the visitor is asked first."
        )
    say(f"The page shows {plain(number)}.")
    return str(number)


def _place(running: RunningHub, target: Target, played: SimulatedCall) -> str:
    """Play the call; the carrier's id of it."""
    from hub.cli.trigger.running_hub import stand_in
    from hub.runtime import webhook_url

    carrier = _carrier_of(running.config, played.tracking_number, target)
    with stand_in(running.config, carrier) as sandbox:
        say(f"{plain(played.caller_number)} calls {plain(played.tracking_number)}.")
        call_id = sandbox.place_call(played, webhook_url(running.config, carrier), running.post)
        for heard in sandbox.spoken(call_id):
            say(f"  hears: {plain(heard)}")
    _say_webhooks(running)
    return call_id


def _carrier_of(config: Config, number: str, target: Target) -> str:
    """The page may show the number of another tracker of the company."""
    return next((each.carrier for each in target.company.trackers if number in each.numbers), target.tracker.carrier)


def _say_webhooks(running: RunningHub) -> None:
    refused = [status for _, status, _ in running.sent if status >= 300]
    if refused:
        raise CannotDo(f"The hub refused {counted(len(refused), 'webhook')} of the stand-in with status {refused[0]}.")
    first = running.sent[0][2]
    say(f"{counted(len(running.sent), 'webhook')} acknowledged, the first after {first * 1000:.0f} ms.")


def _show(config: Config, found: Any, settled: Any) -> None:
    """Wait until the worker has taken the call or form that `found` selects through the flow, and `settled` says yes; then
    print its timeline and where to look at it."""
    from hub.cli.calls.timeline import print_timeline
    from hub.queries.masking import Mask
    from hub.queries.timeline.build import timeline
    from hub.startup import open_store, vault_of

    vault, mask = vault_of(config), Mask(False)
    until = time.monotonic() + WAIT_SECONDS
    with open_store(config) as store:
        while True:
            with store.reading() as session:
                subject = session.exec(found).first()
                if subject is not None and subject.state == "done" and settled(subject):
                    entries = timeline(session, subject, mask, vault)
                    break
            if time.monotonic() > until:
                raise CannotDo(
                    "The hub has taken it, but no worker has processed it yet. Start hub run, or hub worker."
                )
            time.sleep(POLL_SECONDS)
    print_timeline(entries)
    say(f"\nhub call {subject.id}")
    say(plain(_page(config, f"/calls/{subject.id}")))


def _page(config: Config, path: str) -> str:
    return str(config.hub.public_url).rstrip("/") + path
