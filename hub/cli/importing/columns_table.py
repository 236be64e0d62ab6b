"""Shows what the columns of exported files mean, before anything is brought over."""

from __future__ import annotations

from hub.cli.support.output import EMPTY_CELL, plain, say
from hub.cli.support.tables import table
from hub.importing.csv_files.files import CsvFiles

FIELD_OF_FORMS = "[dim]a field of the form[/dim]"


def show_columns(source: CsvFiles) -> None:
    """A table for each file: each column and what it means here."""
    for file, columns in source.files.items():
        holds = columns.kind or "calls, forms and texts"
        unused = EMPTY_CELL if columns.kind == "calls" else FIELD_OF_FORMS
        rows = [
            [plain(name), meaning or (EMPTY_CELL if name in columns.left_out else unused)]
            for name, meaning in zip(columns.header, columns.meanings, strict=True)
        ]
        table(f"Columns of {plain(file.name)}, {holds} of {columns.service.title}", ("column", "means"), rows)
        say(f"[dim]{plain(columns.service.source)}[/dim]")
    say("If a column means something else, say so: [bold]--map COLUMN=MEANING[/bold].")
