"""What an error that a plugin's code raises says to its author, with file and line.

The text of a foreign error may hold a secret or personal data, so of one that is raised in a hook only the class is shown.
What the constructors of `hub.api` raise is shown whole: it names the field and what it may hold, never the value.
"""

from __future__ import annotations

import dataclasses
import re
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from pydantic import ValidationError

import hub
from hub.contracts import manifest
from hub.contracts.values import Declared
from hub.errors import WrongValue
from hub.platform.id_words import suggest
from hub.plugin_host.inspection.findings import place as place_at

LIBRARY = sysconfig.get_path("stdlib")
CONSTRUCTED = re.compile(r"(\w+)\.__init__\(\) (got an unexpected keyword argument '(\w+)'|missing .+|takes .+)")
"""What Python says of a call that does not fit a dataclass: names of fields, never a value."""
SETTINGS = frozenset({"Settings", "Destination"})
"""Models whose fields are the plugin's own: their names may be said."""
MAX_TEXT = 300


class NoPlugin(ImportError):
    """A file without exactly one plugin; the text says so in a sentence."""


def import_error(error: BaseException) -> str:
    """Why a plugin cannot be imported."""
    place = place_in_plugin(error)
    if isinstance(error, NoPlugin | manifest.OtherApi):
        return str(error)
    if text := constructor_text(error):
        return f"{place.removeprefix(' at ')}: {text}"
    text = " ".join(str(error).split())[:MAX_TEXT]
    return f"it cannot be imported ({type(error).__name__}{place}: {text})"


def crash_text(error: BaseException) -> str:
    """An error that a hook raised and that is none of ours: its class and its place in the plugin, and if a constructor of
    `hub.api` raised it, what is wrong."""
    text = constructor_text(error)
    where = (place_in_plugin(error) or f" at {place_at(*_innermost(error))}").removeprefix(" at ")
    return f"{type(error).__name__} at {where}{f': {text}' if text else ''}"


def constructor_text(error: BaseException) -> str:
    """What a constructor of `hub.api` says of a wrong call; empty if none raised the error."""
    if isinstance(error, WrongValue):
        return str(error)
    if isinstance(error, ValidationError):
        if error.title in SETTINGS:
            return "; ".join(settings_sentences(error))
        return "; ".join(_sentences(error)) if error.title in _declarations() else ""
    found = CONSTRUCTED.fullmatch(str(error)) if isinstance(error, TypeError) else None
    known = found and _class_in(error.__traceback__, found[1])
    if not found or not known:
        return ""
    fields = [each.name for each in dataclasses.fields(known)]
    return (
        f"{found[1]} has no field {found[3]!r}; {suggest(found[3], fields)}" if found[3] else f"{found[1]} {found[2]}"
    )


def place_in_plugin(error: BaseException) -> str:
    """` at file.py:line` of the plugin's own code that raised an error; empty if it is not in that code."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {place_at(error.filename, error.lineno or 0)}"
    ours = Path(hub.__file__).parent
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<")
        and "site-packages" not in frame.filename
        and not Path(frame.filename).is_relative_to(ours)
        and not Path(frame.filename).is_relative_to(LIBRARY)
    ]
    return f" at {place_at(own[-1].filename, own[-1].lineno or 0)}" if own else ""


def _declarations() -> dict[str, type[Declared]]:
    return {each.__name__: each for each in Declared.__subclasses__()}


def _sentences(error: ValidationError) -> Iterator[str]:
    """Each mistake in a part of a manifest."""
    fields = _declarations()[error.title].model_fields
    for each in error.errors(include_url=False, include_input=False):
        name = ".".join(map(str, each["loc"]))
        if each["type"] == "extra_forbidden":
            yield f"{error.title} has no field {name!r}; {suggest(name, fields)}"
        elif each["type"] == "missing":
            yield f"{error.title} needs the field {name!r}"
        else:
            said = each["msg"].removeprefix("Value error, ").replace("Input should be", "it is one of")
            yield f"{error.title}{f'.{name}' if name else ''}: {said}"


def settings_sentences(error: ValidationError, are_fictional: bool = False) -> Iterator[str]:
    """Each mistake in settings, with the name of its field; never a value, which may be a secret. What a validator of the
    plugin says may repeat one, so it is shown of fictional settings only."""
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = ".".join(str(part) for part in (error.title, *each["loc"][:1]))
        is_hidden = each["type"] in ("value_error", "assertion_error") and not are_fictional
        yield f"{name}: {'its validator refuses it' if is_hidden else each['msg']}"


def _innermost(error: BaseException) -> tuple[str, int]:
    frames = traceback.extract_tb(error.__traceback__)
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else ("?", 0)


def _class_in(trace: TracebackType | None, name: str) -> Any:
    """A dataclass of ours that the code around an error knows by this name."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    frame: FrameType | None = trace.tb_frame if trace else None
    found = frame.f_globals.get(name) if frame else None
    ours = isinstance(found, type) and dataclasses.is_dataclass(found) and found.__module__.startswith("hub.")
    return found if ours else None
