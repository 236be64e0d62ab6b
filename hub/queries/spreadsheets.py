"""Cells of CSV files that a spreadsheet program opens."""

from __future__ import annotations

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Characters with which a spreadsheet formula can start, including the full-width signs of East Asian keyboards."""


def harmless(text: str) -> str:
    """A text that no spreadsheet reads as a formula: `'` is put before a text that could start one."""
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(FORMULA_SIGNS) else text
