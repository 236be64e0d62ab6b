"""Turns pydantic's errors about config.yaml into plain sentences: what was found and what is expected."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from hub.config.document import Path

AnyModel = TypeVar("AnyModel", bound=BaseModel)
WANTED = {
    "bool": "true or false",
    "date": "a date like 2026-11-24",
    "decimal": "an amount like 12.50",
    "dict": "keys with values",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "mapping": "keys with values",
    "model": "keys with values",
    "string": "a text",
    "time": "a duration",
    "tuple": "a list",
    "url": "a web address like https://calls.example.com",
}
"""The first word of pydantic's error types → what is expected."""


SIMILAR, MAX_MISSING_LETTERS = 0.65, 2
"""How similar a misspelled word is to the known one, at least, and how many letters it has more or less, at most."""
SAME_MEANING = {
    **dict.fromkeys(("ring", "call", "forward", "transfer", "connect"), "dial"),
    **dict.fromkeys(("say", "play", "speak", "message", "announce"), "greeting"),
    **dict.fromkeys(("gather", "ivr", "keypad"), "menu"),
    **dict.fromkeys(("record", "mailbox"), "voicemail"),
    **dict.fromkeys(("hours", "time", "business_hours"), "schedule"),
    **dict.fromkeys(("zip", "postal_code"), "zip_route"),
    **dict.fromkeys(("ab_test", "random", "percentage"), "split"),
    **dict.fromkeys(("text", "sms", "send_text"), "text_back"),
    **dict.fromkeys(("ai", "bot", "assistant", "agent", "voice_agent"), "converse"),
    **dict.fromkeys(("end", "stop", "reject"), "hang_up"),
}
"""Words of other call-tracking systems → the step that does the same."""

IN_CLEAR = "is a secret in plain text"
"""How the sentence of such a problem begins."""
Wrong = tuple[Path, str, str]
"""Where, pydantic's type of error, and a sentence."""


def validated(
    model: type[AnyModel], tree: object, more_keys: Iterable[str] = ()
) -> tuple[AnyModel | None, Sequence[Wrong]]:
    """`tree` as `model`, or None and the problems; one per path, without secrets.

    `more_keys` are allowed keys in addition to the model's own.
    """
    try:
        return model.model_validate(tree), ()
    except ValidationError as error:
        return None, list(_sentences(error, model, tree, more_keys))
    except BaseException as error:  # noqa: BLE001 - a plugin's own validators may raise anything, SystemExit too
        return None, [((), "crash", f"the plugin failed to check this ({type(error).__name__}); update the plugin")]


def _sentences(
    error: ValidationError, model: type[BaseModel], tree: object, more_keys: Iterable[str]
) -> Iterator[Wrong]:
    seen: set[Path] = set()
    secrets = set(secret_paths(model, tree))
    for each in error.errors(include_url=False):
        path = _path(each["loc"], tree, each["type"])
        if path in seen:
            continue
        seen.add(path)
        yield path, each["type"], _sentence(each, path, model, tree, path in secrets, more_keys)


def _path(loc: Iterable[str | int], tree: Any, kind: str) -> Path:
    """`loc` without the steps that pydantic adds for unions and keys, because they are not in the file."""
    path: list[str | int] = []
    steps = list(loc)
    for position, step in enumerate(steps):
        inside = step in tree if isinstance(tree, dict) else isinstance(tree, list) and isinstance(step, int)
        if inside:
            tree = tree[step]
            path.append(step)
        elif kind == "missing" and position == len(steps) - 1:
            path.append(step)
    return tuple(path)


def _sentence(error: Any, path: Path, model: type[BaseModel], tree: Any, secret: bool, more_keys: Iterable[str]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    found = "the value" if secret else describe(_at(tree, path))
    if kind == "extra_forbidden":
        known = [*known_keys(model, path[:-1], _at(tree, path[:-1])), *(more_keys if len(path) == 1 else ())]
        return f"is not a known key; {nearest(str(path[-1]), known)}"
    field = field_at(model, path)
    meaning = field.description.rstrip(".") if field and field.description else ""
    if kind == "union_tag_not_found":
        return f"is missing `{context['discriminator'].strip(chr(39))}:`; write one of {_tags(model, path)}"
    if kind == "union_tag_invalid":
        tags = _tags(model, path)
        hint = nearest(str(context["tag"]), tags.split(", "), "one of")
        return f"{context['tag']!r} is not allowed; {hint if tags in hint else f'{hint} One of {tags}'}"
    if kind == "missing":
        return f"is missing; expected: {meaning}" if meaning else "is missing; write it"
    if kind == "value_error":
        return str(context["error"])
    if kind in ("literal_error", "enum"):
        choices = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"{found} is not allowed; {nearest(str(error['input']) if not secret else '', choices, 'one of')}"
    if kind == "string_pattern_mismatch":
        return f"{found} is not in the expected format: {meaning or context['pattern']}"
    if kind == "string_type" and found.isdecimal():
        return f"found the number {found}, expected a text; put it in quotes"
    wanted = WANTED.get(kind.split("_")[0])
    if wanted and kind.split("_")[-1] in ("type", "parsing", "scheme", "size", "integer", "float"):
        return f"found {found}, expected {wanted}"
    return f"found {found}; {error['msg'].replace('Input should', 'it should').replace('String should', 'it should')}"


def describe(value: object) -> str:
    """A found value for a sentence: scalars as they are, other values by their type."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a section with keys"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return repr(text if len(text) <= 60 else text[:57] + "…")


def nearest(word: str, known: Iterable[str], otherwise: str = "known are") -> str:
    """`did you mean …?` if a known word is very similar or means the same, otherwise all known words."""
    words = list(dict.fromkeys(known))
    near = [meant for meant in (SAME_MEANING.get(word.casefold()),) if meant in words]
    alike = [each for each in words if abs(len(each) - len(word)) <= MAX_MISSING_LETTERS]
    near = near or difflib.get_close_matches(word, alike, n=1, cutoff=SIMILAR)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"{otherwise} {', '.join(words)}" if words else "correct it, or leave it out"


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The models in a type, at any depth in lists, mappings and unions."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in typing.get_args(annotation) for model in models_in(part)]


def fields_of(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The keys of a model in the file: field names or their aliases."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def field_at(model: type[BaseModel], path: Path) -> FieldInfo | None:
    """The field that a path leads to; list positions and free keys belong to the field that contains them."""
    models, field = [model], None
    for step in path:
        inner = next((fields_of(each)[str(step)] for each in models if step in fields_of(each)), None)
        if inner is not None:
            field, models = inner, models_in(inner.annotation)
    return field


def known_keys(model: type[BaseModel], path: Path, written: object = None) -> list[str]:
    """The keys that are allowed in the section at `path`; if it can be of several kinds, those of the kind that is
    `written`."""
    field = field_at(model, path)
    models = [model] if field is None else models_in(field.annotation)
    fitting = [each for each in models if isinstance(written, dict) and _is_kind(each, written)]
    return [key for each in fitting or models for key in fields_of(each)]


def _is_kind(model: type[BaseModel], written: Mapping[str, object]) -> bool:
    """Whether a section is of this kind: it has a key whose only allowed value names the kind."""
    words = {key: typing.get_args(field.annotation) for key, field in fields_of(model).items()}
    tags = {key: args[0] for key, args in words.items() if len(args) == 1 and isinstance(args[0], str)}
    return bool(tags) and all(written.get(key) == tag for key, tag in tags.items())


def _tags(model: type[BaseModel], path: Path) -> str:
    """The words that say what kind a section is."""
    field = field_at(model, path)
    kinds = models_in(field.annotation) if field else []
    words = [typing.get_args(each.annotation) for kind in kinds for each in fields_of(kind).values()]
    return ", ".join(dict.fromkeys(args[0] for args in words if len(args) == 1 and isinstance(args[0], str)))


def secret_paths(model: type[BaseModel], tree: object, path: Path = ()) -> Iterator[Path]:
    """The paths of all scalars in `tree` that are secrets in the model, valid or not."""
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from secret_paths(model, item, (*path, index))
    if not isinstance(tree, dict):
        return
    for key, value in tree.items():
        field = fields_of(model).get(key)
        if field is not None and _holds_secret(field.annotation):
            yield from _scalars(value, (*path, key))
        elif field is not None:
            for inner in models_in(field.annotation):
                yield from secret_paths(inner, value, (*path, key))
        elif isinstance(value, dict):  # a mapping whose keys are free
            yield from secret_paths(model, value, (*path, key))


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_holds_secret(part) for part in typing.get_args(annotation))


def _scalars(value: object, path: Path) -> Iterator[Path]:
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _scalars(item, (*path, key))
    elif value is not None:
        yield path


def _at(tree: object, path: Path) -> Any:
    for step in path:
        if isinstance(tree, dict):
            tree = tree.get(step)
        else:
            tree = tree[step] if isinstance(tree, list) and isinstance(step, int) and step < len(tree) else None
    return tree
