"""`hub secrets new-key`: a key that encrypts the tokens in the database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hub.errors import ConfigError

commands = typer.Typer(help="Make the keys that encrypt what the hub keeps.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.add_typer(commands, name="secrets")


@commands.command("new-key")
def new_key(
    file: Annotated[
        Path | None, typer.Option(help="Write the key to this new file, readable by you alone, instead of printing it.")
    ] = None,
) -> None:
    """Make a key for `hub: secret_keys:` (32 random bytes, base64)."""
    from hub.store.keyring import new_key as make_key

    key = make_key()
    if file is None:
        typer.echo(key)
        return
    try:
        # O_EXCL: an existing key is never lost, and no link is followed.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(
            f"{file} exists already; name a new file, or what the old key encrypted would be lost."
        ) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}); name a file in a folder of yours.") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(key + "\n")
    typer.echo(f"Wrote {file}. In config.yaml, put this first: secret_keys: ['${{file:{file.resolve()}}}']")
