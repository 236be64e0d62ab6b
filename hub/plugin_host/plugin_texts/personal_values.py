"""What a plugin is handed that is about a person: the personal fields of a hook's arguments, and what a webhook says."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from hub.contracts.phones import e164
from hub.contracts.values import personal_fields
from hub.contracts.webhooks import WebhookRequest
from hub.platform.scrubbing import EMAIL, PHONE
from hub.plugin_host.plugin_texts.known_values import KnownValues

PHONE_NUMBER, NAME = "user.contact.phone_number", "user.name"
MESSAGES = frozenset({"user.telephony.message_body", "user.telephony.recording", "user.content.private"})
ANY = "user"
KEYWORDS = frozenset(
    {
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "start",
        "unstop",
        "yes",
        "help",
        "info",
    }
)
"""A message that is one of these says nothing of its own, and a reason that has the word stays readable. Source: the keywords
of carriers (CTIA Messaging Principles, 5.1.3; Twilio's default keywords)."""
MAX_BODY_BYTES = 8_000
"""Of a webhook that is read; carriers send less. A forged one must not keep a processor busy."""
_NAME_FIELD, _TEXT_FIELD = re.compile(r"name", re.IGNORECASE), re.compile(r"body|text|message|content", re.IGNORECASE)
_XML_FIELD = re.compile(r"<(\w{1,40})>([^<>]{4,2000})</")


class PersonalValue(NamedTuple):
    """One value and its data category."""

    category: str
    text: str


def known_values(values: Iterable[PersonalValue]) -> KnownValues:
    """Values by what they are, so that each is found in its usual forms."""
    sorts: dict[str, list[str]] = {PHONE_NUMBER: [], NAME: [], ANY: [], "messages": []}
    for category, text in values:
        if category in MESSAGES and text.strip(" .!").casefold() in KEYWORDS:
            continue
        sorts["messages" if category in MESSAGES else category if category in sorts else ANY].append(text)
    return KnownValues(sorts[ANY], sorts[PHONE_NUMBER], sorts[NAME], sorts["messages"])


def may_be_personal(argument: object) -> bool:
    """Whether an argument of a hook, or the items of its list, can hold personal values."""
    first = argument[0] if isinstance(argument, list | tuple) and argument else argument
    kind = type(first)
    return isinstance(argument, PersonalValue | WebhookRequest) or (
        dataclasses.is_dataclass(kind) and bool(personal_fields(kind))
    )


def personal_values(value: object) -> Iterator[PersonalValue]:
    """The personal values in a hook's arguments."""
    if isinstance(value, PersonalValue):
        yield value
    elif isinstance(value, WebhookRequest):
        yield from _of_webhook(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        categories = personal_fields(type(value))
        for field in dataclasses.fields(value):
            held = getattr(value, field.name)
            if field.name in categories:
                yield from (PersonalValue(categories[field.name], text) for text in _texts(held))
            if isinstance(held, tuple):
                yield from personal_values(held)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from personal_values(each)


def business_numbers(value: object) -> Iterator[str]:
    """The digits of the numbers in a hook's arguments that are no person's: tracking numbers, which people must be able to
    read in a reason."""
    if isinstance(value, str) and e164(value):
        yield value[1:]
    elif isinstance(value, list | tuple):
        for each in value:
            yield from business_numbers(each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        categories = personal_fields(type(value))
        for field in dataclasses.fields(value):
            if field.name not in categories:
                yield from business_numbers(getattr(value, field.name))


def _texts(held: object) -> Iterator[str]:
    if isinstance(held, str) and held:
        yield held
    elif isinstance(held, Mapping):
        yield from (text for text in held.values() if isinstance(text, str))
    elif isinstance(held, tuple | list):
        yield from (text for text in held if isinstance(text, str))


def _of_webhook(request: WebhookRequest) -> Iterator[PersonalValue]:
    """What stands in a webhook: everything that looks like a phone number or an email address, and its names and texts."""
    body = request.body[:MAX_BODY_BYTES].decode("utf-8", "replace")
    for name, text in (*_fields(body), *parse_qsl(request.query)):
        if _NAME_FIELD.search(name):
            yield PersonalValue(NAME, text)
        elif _TEXT_FIELD.search(name):
            yield PersonalValue("user.content.private", text)
        yield from (PersonalValue(PHONE_NUMBER, number[0]) for number in PHONE.finditer(text))
        yield from (PersonalValue(ANY, address[0]) for address in EMAIL.finditer(text))


def _fields(body: str) -> Iterator[tuple[str, str]]:
    """The fields of a form, of JSON or of XML, with their names."""
    if body.lstrip().startswith(("{", "[")):
        try:
            yield from _leaves("", json.loads(body))
        except (ValueError, RecursionError):
            yield "", body
    elif body.lstrip().startswith("<"):
        yield from ((name, text) for name, text in _XML_FIELD.findall(body))
    else:
        yield from parse_qsl(body)


def _leaves(name: str, tree: object) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from _leaves(str(key), item)
    elif isinstance(tree, list):
        for item in tree:
            yield from _leaves(name, item)
    elif isinstance(tree, str | int) and not isinstance(tree, bool):
        yield name, str(tree)
