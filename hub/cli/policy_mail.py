"""`hub policy mail`: what the users of an account said to newsletters, promotions and research mail, each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.printing import CONFIG, AsJson, CannotDo, ConfigFile, coloured, echo_json, moment, plain, say, table

if TYPE_CHECKING:
    from sqlmodel import Session

    from hub.config.models import Config
    from hub.model import Account

commands = typer.Typer(
    help="Which mail the users of an account want; each kind is asked by itself.", no_args_is_help=True
)

AccountName = Annotated[str, typer.Option(help="The account's name in config.yaml.", metavar="NAME")]


def register(app: typer.Typer) -> None:
    """Add the commands to `hub policy`."""
    app.add_typer(commands, name="mail")


@commands.command()
def record(
    account: AccountName,
    user: Annotated[str, typer.Option(help="The user's e-mail address.", metavar="ADDRESS")],
    topic: Annotated[str, typer.Option(help="newsletter, promotions or research: one at a time.", metavar="TOPIC")],
    state: Annotated[str, typer.Option(help="What the user said: given, refused or withdrawn.", metavar="STATE")],
    evidence: Annotated[str | None, typer.Option(help="Where it can be seen; a yes needs it.", metavar="TEXT")] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Write down what one user said to one kind of mail. Nothing is overwritten; the last word counts."""
    from hub.assembly import utc_now
    from hub.cli.auditing import note
    from hub.cli.finding import typed
    from hub.opening import open_store, read_config
    from hub.privacy.policies.mail import STATES, TOPICS, choose
    from hub.store.keyfile import keyring_of
    from hub.store.vault import Vault

    for given, there, what in ((topic, TOPICS, "kind of mail"), (state, STATES, "answer")):
        if given not in there:
            raise CannotDo(f"That is no {what}; choose one of {', '.join(there)}.")
    loaded, now = read_config(config, sandbox=True), utc_now()
    with open_store(loaded) as store, store.writing() as session:
        found, vault = _account(session, loaded, account), Vault(keyring_of(loaded.hub), utc_now)
        proof = typed(evidence) if evidence else None
        said = choose(session, vault, found, typed(user), topic, state, proof, now)  # type: ignore[arg-type]
        note(session, now, "policy.mail", said, f"{topic} {state}")
    say(f"Recorded: {coloured(state)} for {plain(topic)}, by one user of the account {plain(account)}.")


@commands.command()
def show(account: AccountName, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show the last word of each user on each kind of mail; whoever is not listed said nothing and gets none."""
    from dataclasses import asdict

    from hub.assembly import utc_now
    from hub.opening import open_store, read_config
    from hub.privacy.policies.mail import choices
    from hub.store.keyfile import keyring_of
    from hub.store.vault import Vault

    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store, store.writing() as session:
        said = choices(session, Vault(keyring_of(loaded.hub), utc_now), _account(session, loaded, account))
    if as_json:
        echo_json([asdict(each) for each in said])
        return
    table(
        "Mail to the users of the account",
        ("user", "mail", "said", "at (UTC)", "evidence"),
        (
            (plain(each.address), each.topic, coloured(each.state), moment(each.chosen_at), plain(each.evidence))
            for each in said
        ),
    )


def _account(session: Session, config: Config, name: str) -> Account:
    from hub.assembly import utc_now
    from hub.numbers.directory import write_accounts
    from hub.privacy.policies.versions import account_named

    write_accounts(session, config, utc_now())
    session.flush()
    return account_named(session, name)
