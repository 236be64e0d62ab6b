"""Cells of CSV files that a spreadsheet program opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Characters with which a spreadsheet formula can start, including the full-width signs of East Asian keyboards."""


def harmless(text: str) -> str:
    """A text that no spreadsheet reads as a formula: `'` is put before a text that could start one."""
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(FORMULA_SIGNS) else text


def csv_text(rows: Iterable[Iterable[object]], end: str = "\r\n") -> str:
    """Rows as CSV (RFC 4180), with texts that no spreadsheet reads as a formula."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(
        [harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return out.getvalue()
