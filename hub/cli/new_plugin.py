"""`hub new-plugin KIND NAME`: a complete, working package for one more provider, outside the repository."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

import hub.api
from hub.plugins import GROUP
from hub.testing import SUITE_OF_KIND

TEMPLATES = Path(__file__).with_name("templates")


class CannotWrite(Exception):
    """The package cannot be written; the text says why and what to do."""


def register(app: typer.Typer) -> None:
    """Add the command to the `hub` command."""
    app.command("new-plugin")(new_plugin)


def new_plugin(
    kind: Annotated[str, typer.Argument(help="ads, carrier, consent, crm or enrichment.")],
    name: Annotated[str, typer.Argument(help="The plugin's name, as in config.yaml: small letters, digits and _.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where to write it; ./ringfence-NAME if not given.")
    ] = None,
) -> None:
    """Write a new plugin: a package that installs, is certified and runs against its own stand-in."""
    from rich.console import Console
    from rich.markup import escape

    target = folder or Path(f"ringfence-{name.replace('_', '-')}")
    try:
        written = write_plugin(kind, name, target)
    except CannotWrite as error:
        Console(stderr=True).print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
        raise typer.Exit(2) from error
    console = Console()
    console.print(f"Wrote the {kind} plugin [bold]{name}[/bold] to {escape(str(target))}:\n")
    for file in written:
        console.print(f"  {escape(str(file.relative_to(target)))}", highlight=False)
    console.print("\nNext:\n")
    for command in (f"pip install -e {target}", f"hub certify {name}", f"pytest {target}"):
        console.print(f"  [bold]{escape(command)}[/bold]", soft_wrap=True, highlight=False)


def write_plugin(kind: str, name: str, target: Path) -> list[Path]:
    """Write the package below `target`, which must not exist yet; the files written, sorted. CannotWrite says why not."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    parts = [part for part in name.split("_") if part]
    words = {
        "kind": kind,
        "name": name,
        "dashed": "-".join(parts),
        "title": " ".join(map(str.capitalize, parts)),
        "class_name": "".join(map(str.capitalize, parts)),
        "package": f"ringfence_{name}",
        "host": f"api.{'-'.join(parts)}.example.com",
        "suite": SUITE_OF_KIND.get(kind),
    }
    _check(kind, name, str(words["class_name"]), target)
    templates = Environment(  # noqa: S701 - the files are Python, not HTML
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    written = []
    for path, template in _files(kind):
        file = target / str(path).replace("package/", f"{words['package']}/", 1)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(templates.get_template(template).render(words), encoding="utf-8")
        written.append(file)
    return sorted(written)


def _check(kind: str, name: str, class_name: str, target: Path) -> None:
    if kind not in SUITE_OF_KIND:
        raise CannotWrite(f"{kind!r} is no kind of plugin; choose one of {', '.join(sorted(SUITE_OF_KIND))}.")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise CannotWrite(f"{name!r} cannot be a plugin's name; use small letters, digits and _, a letter first.")
    if class_name in hub.api.__all__ or keyword.iskeyword(class_name):
        raise CannotWrite(f"{name!r} is a word of Ringfence or Python itself; add the provider's name to it.")
    if name in {point.name for point in entry_points(group=GROUP)}:
        raise CannotWrite(f"A plugin named {name!r} is installed already; choose another name.")
    repository = Path(__file__).parents[2]
    if (repository / "pyproject.toml").exists() and target.resolve().is_relative_to(repository):
        raise CannotWrite(
            f"A plugin lives outside Ringfence's own folder; try --folder {repository.parent / target.name}."
        )
    if target.exists():
        raise CannotWrite(f"{target} exists already; choose another place with --folder.")


def _files(kind: str) -> Iterator[tuple[Path, str]]:
    """Each file of a kind with its template; a kind's own file takes the place of a shared one."""
    found: dict[Path, str] = {}
    for layer in ("any", *(() if kind == "consent" else ("wire",)), kind):
        for template in sorted((TEMPLATES / layer).rglob("*.j2")):
            found[template.relative_to(TEMPLATES / layer).with_suffix("")] = template.relative_to(TEMPLATES).as_posix()
    yield from found.items()
