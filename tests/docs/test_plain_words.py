"""The check for plain words finds a word in docstrings and comments, and leaves code and other strings alone."""

from __future__ import annotations

from pathlib import Path

from hub.proof.docs.words import findings

SOURCE = '''"""Whoever calls is told."""

GATES = "whoever"  # opened anew
LIMIT = 3
"""None where nobody asks."""


def crew() -> None:
    """Runs at once."""
'''


def test_words_to_avoid_are_found_in_docstrings_and_comments_alone(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(SOURCE)
    assert [(line, word) for line, word, _ in findings(file)] == [
        (1, "Whoever"),
        (1, "is told"),
        (1, "told"),
        (3, "anew"),
        (5, "None where"),
        (5, "where nobody"),
    ]
