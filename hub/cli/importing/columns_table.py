"""Shows what the columns of exported files mean, each with a value from the file, before anything is brought over."""

from __future__ import annotations

from itertools import zip_longest

from hub.cli.support.output import EMPTY_CELL, plain, say
from hub.cli.support.tables import table
from hub.importing.csv_files.files import CsvFiles

FIELD_OF_FORMS = "[dim]a field of the form[/dim]"
MAX_SAMPLE_CHARACTERS = 40


def show_columns(source: CsvFiles) -> None:
    """A table for each file: each column, what it means here, and its first value."""
    for file, columns in source.files.items():
        holds = columns.kind or "calls, forms and texts"
        unused = EMPTY_CELL if columns.kind == "calls" else FIELD_OF_FORMS
        mapped = zip_longest(columns.header, columns.meanings, source.samples(file), fillvalue="")
        rows = [
            [
                plain(name),
                meaning or (EMPTY_CELL if name in columns.left_out else unused),
                plain(sample[:MAX_SAMPLE_CHARACTERS]) or EMPTY_CELL,
            ]
            for name, meaning, sample in mapped
        ]
        table(f"Columns of {plain(file.name)}, {holds} of {columns.service.title}", ("column", "means", "like"), rows)
        say(f"[dim]{plain(columns.service.source)}[/dim]")
    say("If a column means something else, say so: [bold]--map COLUMN=MEANING[/bold].")
