"""`hub secrets`: the keys that encrypt tokens and texts in the database, and their rotation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hub.access.sign_in.totp import rotate_totp_secrets
from hub.alerts.rotation import rotate_alert_secrets
from hub.cli.support.audit_note import note
from hub.cli.support.output import CONFIG, ConfigFile, counted
from hub.errors import ConfigError
from hub.platform.clock import utc_now
from hub.reload.versions import living
from hub.startup.database import open_store
from hub.startup.reading import read_config
from hub.store.connectors import rotate_tokens
from hub.store.encryption.keyfile import keyring_of
from hub.store.encryption.keyring import new_key as make_key
from hub.store.encryption.vault import rotate_person_keys
from hub.store.journal import retire_older_keys
from hub.store.secrets import rotate_secrets
from hub.webhooks_out.endpoints import encrypt_again

commands = typer.Typer(help="Make and rotate the keys that encrypt stored data.", no_args_is_help=True)


@commands.command("new-key")
def new_key(
    file: Annotated[
        Path | None, typer.Option(help="Write the key to this new file, readable by you alone, instead of printing it.")
    ] = None,
) -> None:
    """Make a key for `hub: secret_keys:` (32 random bytes, base64).

    A hub on SQLite without `secret_keys` makes its own key at its first start: `secret.key` beside the database. To
    replace it, put the new key first and `${file:…/secret.key}` second, restart the hub, then run `hub secrets rotate`.
    """
    key = make_key()
    if file is None:
        typer.echo(key)
        return
    try:
        # O_EXCL: an existing key is never lost, and no link is followed.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(
            f"{file} already exists; name a new file, because what the old key encrypted would be lost."
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written ({error.strerror}); name a file in a folder that you can write to."
        ) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(key + "\n")
    typer.echo(f"Wrote {file}. In config.yaml, put this first: secret_keys: ['${{file:{file.resolve()}}}']")


@commands.command()
def rotate(config: ConfigFile = CONFIG) -> None:
    """Re-encrypt all tokens, entered secrets, users' app secrets, addresses of alerts, secrets of webhooks and people's
    keys with the first key of `hub: secret_keys:`, so that you can remove the others.

    Data encrypted under a person's key, such as a recording or a text, does not change. What the older keys signed stays
    proven: the journal keeps their public keys, and from now on accepts nothing new from them. First restart the hub with
    both keys: while a process runs that does not have the new one as its first, nothing is rotated.
    """
    loaded = read_config(config)
    keyring = keyring_of(loaded.hub)
    newest = keyring.newest
    with open_store(loaded) as store:
        with store.reading() as session:
            running = living(session, utc_now())
        for process in running:
            if process.key_ids.split()[:1] != [newest]:
                raise ConfigError(
                    f"The process {process.pid} on {process.host} does not run with the key {newest} as its first one; restart "
                    "it with both keys in hub.secret_keys, the new one first, then rotate."
                )
        tokens = rotate_tokens(store, keyring, utc_now)
        people = rotate_person_keys(store, keyring)
        with store.writing() as session:
            apps = rotate_totp_secrets(session, keyring)
            entered = rotate_secrets(session, keyring) + rotate_alert_secrets(session, keyring)
            entered += encrypt_again(session, keyring)
        retired = retire_older_keys(store, keyring, utc_now())
        done = f"{counted(tokens + entered, 'token')}, {counted(apps, 'app secret')} and {counted(people, 'key')} of people"
        with store.writing() as session:
            note(session, utc_now(), "secrets.rotate", newest, done)
    typer.echo(f"Encrypted {done} again; everything is now under the key {newest}.")
    for key_id in retired:
        typer.echo(f"Retired the key {key_id}: its signatures until now stay valid, later ones do not.")
    if len(loaded.hub.secret_keys) > 1:
        typer.echo("Once every hub on this database runs with that key, remove the older keys from hub.secret_keys.")
