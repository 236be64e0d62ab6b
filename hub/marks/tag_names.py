"""The names of tags."""

from __future__ import annotations

from hub.errors import CannotDo
from hub.model.columns import storable

MAX_TAG_CHARACTERS = 40


def tag_name(text: str) -> str:
    """A tag's name without outer and double spaces; CannotDo if it is empty or too long."""
    name = " ".join(storable(text).split())
    if not name:
        raise CannotDo("Give the tag a name.", param="name")
    if len(name) > MAX_TAG_CHARACTERS or not name.isprintable():
        raise CannotDo(f"A tag's name has at most {MAX_TAG_CHARACTERS} characters.", param="name")
    return name
