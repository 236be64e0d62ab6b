"""`hub init`: ask a few questions about a business, and write its first config.yaml, a key and an example of .env."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NamedTuple, cast

import typer
from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.cli.init.business import Business, Kind, business
from hub.cli.support.output import plain, say
from hub.config.references import literal
from hub.errors import ConfigError
from hub.platform.own_yaml import read_yaml
from hub.platform.private_files import share
from hub.startup.reading import read_config
from hub.store.encryption.keyring import new_key


class NetworkLines(NamedTuple):
    """What the first config.yaml and .env.example say of one ad network."""

    plugin: str
    connector: str
    title: str
    page: str
    """Its page in docs/connect."""
    lines: list[str]
    """The lines of its stand-in."""
    live: list[str]
    """The lines of a live connector, which stand in a comment at first."""
    secrets: list[str]
    send: dict[str, str]
    """`call`, `form`, `lead` or `won` → what such a conversion is there."""
    hint: str = ""
    """What a live connector's conversions name."""


def networks() -> dict[str, NetworkLines]:
    """Plugin name → what is written of it; the first is proposed."""
    text = files("hub.cli.init").joinpath("networks.yaml").read_text(encoding="utf-8")
    return {name: NetworkLines(plugin=name, **lines) for name, lines in read_yaml(text).items()}


class ProviderLines(NamedTuple):
    """What the first config.yaml and .env.example say of one carrier or CRM."""

    title: str
    live: list[str]
    """The lines of a live connector, which stand in a comment at first."""
    secrets: list[str]
    """The variables of the environment that those lines name."""


def providers(kind: str) -> dict[str, ProviderLines]:
    """Plugin name → what is written of it, of `carriers` or `crms`; the first is proposed."""
    text = files("hub.cli.init").joinpath(f"{kind}.yaml").read_text(encoding="utf-8")
    return {name: ProviderLines(**lines) for name, lines in read_yaml(text).items()}


KINDS = {"plumber": "a local service: plumber, roofer, law firm", "dental": "a dental group", "agency": "an agency"}
NONE = "none"
CONFIG, KEY, ENVIRONMENT = "config.yaml", "secret.key", ".env.example"
EXAMPLES = {
    "plumber": ("Lakeside Plumbing", "lakeside-plumbing.example.com"),
    "dental": ("Riverside Dental", "riverside-dental.example.com"),
    "agency": ("Blue Wrench Marketing", "lakeside-plumbing.example.com"),
}
PHONE, CLIENT = "+13125550190", "Lakeside Plumbing"
"""The examples that `--yes` writes: fictional, so that no real phone rings."""


def init(
    kind: Annotated[str | None, typer.Option("--business", help="plumber, dental or agency.")] = None,
    title: Annotated[str | None, typer.Option("--name", help="The business's name, or the agency's.")] = None,
    client: Annotated[str | None, typer.Option(help="The name of an agency's first client.")] = None,
    phone: Annotated[str | None, typer.Option(help="The number that rings today, like +13125550190.")] = None,
    domain: Annotated[str | None, typer.Option(help="The website's domain, like example.com.")] = None,
    carrier: Annotated[str | None, typer.Option(help="twilio, telnyx, vonage, plivo, bandwidth or sip.")] = None,
    ads: Annotated[str | None, typer.Option("--networks", help="Ad networks, like google_ads,meta; or none.")] = None,
    region: Annotated[
        str | None, typer.Option(help="State or province, like IL; else by the phone's area code.")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="Like America/Chicago; else by the phone's area code.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port that the hub listens on.")] = 8080,
    folder: Annotated[Path, typer.Option(help="Where to write the files.")] = Path(),
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing; examples stand for what is not given.")
    ] = False,
) -> None:
    """Write config.yaml for one kind of business, with comments, and a key file.

    Every provider in it is a stand-in at first, so the hub runs at once and needs no accounts. No file is overwritten.
    """
    taken = [name for name in (CONFIG, KEY, ENVIRONMENT) if (folder / name).exists()]
    if taken:
        raise ConfigError(f"{folder / taken[0]} exists. Move it away, or name an empty folder with --folder.")

    kind = _one_of(kind, "What kind of business is it", KINDS, yes, "--business")
    example_title, example_domain = EXAMPLES[kind]

    def answer(given: str | None, question: str, example: str) -> str:
        return given if given is not None else example if yes else str(typer.prompt(question, default=example))

    title = answer(title, "Name of the agency" if kind == "agency" else "Name of the business", example_title)
    client = answer(client, "Name of its first client", CLIENT) if kind == "agency" else title
    phone = answer(phone, "The phone number that rings today", PHONE)
    domain = answer(domain, "The website's domain", example_domain)
    titles = {name: each.title for name, each in providers("carriers").items()}
    carrier = _one_of(carrier, "Who is the phone carrier", titles, yes, "--carrier")
    chosen = _chosen_networks(ads, yes)
    reported = business(cast("Kind", kind), title, client, phone, domain, carrier, region, time_zone, port)
    _write(folder, reported, chosen)
    try:
        read_config(folder / CONFIG)
    except ConfigError:
        for name in (CONFIG, KEY, ENVIRONMENT):
            (folder / name).unlink()
        raise
    _say_next(folder, reported)


def _one_of(given: str | None, question: str, choices: dict[str, str], yes: bool, option: str) -> str:
    """One of `choices`: as given, the first with `yes`, or as answered."""
    first = next(iter(choices))
    if given is not None and given not in choices:
        raise ConfigError(f"{option} {given} is not known. Choose one of: {', '.join(choices)}.")
    if given is not None or yes:
        return given or first
    for name, words in choices.items():
        say(f"  [bold]{name}[/bold]  {words}")
    while (answered := str(typer.prompt(question, default=first)).strip().lower()) not in choices:
        say(f"Answer one of: {', '.join(choices)}.")
    return answered


def _chosen_networks(given: str | None, yes: bool) -> list[NetworkLines]:
    """The ad networks that are named, separated by commas: as given, the first with `yes`, or as answered."""
    known = networks()
    if given is None and not yes:
        for name, each in known.items():
            say(f"  [bold]{name}[/bold]  {each.title}")
    while True:
        text = given if given is not None else next(iter(known)) if yes else _asked_networks(next(iter(known)))
        names = [each.strip() for each in text.lower().split(",") if each.strip() and each.strip() != NONE]
        unknown = next((each for each in names if each not in known), None)
        if unknown is None:
            return [known[each] for each in dict.fromkeys(names)]
        if given is not None:
            raise ConfigError(f"--networks {unknown} is not known. Choose some of: {', '.join(known)}; or {NONE}.")
        say(f"{unknown} is not known. Answer some of: {', '.join(known)}; or {NONE}.")


def _asked_networks(first: str) -> str:
    return str(typer.prompt("Which ad networks do you buy ads from, separated by commas", default=first))


def _write(folder: Path, reported: Business, ads: list[NetworkLines]) -> None:
    """All three files; the key is readable by its owner alone."""
    texts = {
        CONFIG: _rendered("config.yaml.j2", reported, ads),
        ENVIRONMENT: _rendered("env.example.j2", reported, ads),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        share(folder / name)
    with os.fdopen(os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(new_key() + "\n")


def _rendered(template: str, reported: Business, ads: list[NetworkLines]) -> str:
    made = Environment(loader=PackageLoader("hub.cli.init"), undefined=StrictUndefined)  # noqa: S701 - YAML, not HTML
    # JSON's strings are YAML's, and no answer can end one.
    made.filters["yaml"] = lambda text: json.dumps(literal(text), ensure_ascii=False)
    made.filters["comment"] = lambda text: " ".join(text.split())
    made.filters["spaced"] = lambda number: f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}"
    carrier, crms = providers("carriers")[reported.carrier], providers("crms")
    crm = "hubspot" if find_spec("hubspot") else "close"
    secrets = [*carrier.secrets, *(name for each in ads for name in each.secrets), *crms[crm].secrets]
    values: dict[str, object] = {"business": reported, "carrier": carrier, "networks": ads, "crm": crm, "crms": crms}
    values |= {"secrets": secrets, "key_file": KEY}
    return made.get_template(template).render(values) + "\n"


def _say_next(folder: Path, reported: Business) -> None:
    config = "" if folder == Path() else f" --config {folder / CONFIG}"
    say(f"Wrote {plain(folder / CONFIG)}, {plain(folder / KEY)} and {plain(folder / ENVIRONMENT)}.")
    say("Every provider in it is a stand-in, and its tracking numbers are fictional. Next:\n")
    for command, words in (
        (f"hub run{config}", "starts the hub, and prints a link to sign in"),
        (f"hub snippet {reported.company}{config}", "prints the tag for your pages"),
        (f"hub check{config}", "asks every provider whether it answers"),
    ):
        say(f"  [bold]{plain(command)}[/bold]  {words}")
    say(f"\nKeep a copy of {plain(folder / KEY)} away from the database's backups: without it, recordings are lost.")
