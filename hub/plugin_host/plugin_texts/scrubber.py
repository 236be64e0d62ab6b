"""The one place through which everything passes that a plugin says: it removes the connector's secrets and the personal values
that the plugin was handed, and cuts what is too long.

Results and errors of hooks, log records, printed lines and names of refused hosts come through here before they are stored,
shown, logged or sent; for plugins in threads and in processes of their own alike.
"""

from __future__ import annotations

import dataclasses
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache, cached_property, lru_cache
from typing import Any, TypeVar

from hub import errors
from hub.contracts.answers import AnswerPoint
from hub.contracts.companions import CompanionProcess
from hub.contracts.oauth import TokenStore
from hub.contracts.sign_in import SignIn
from hub.contracts.untrusted import JsonObject
from hub.contracts.values import plugin_texts
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import RingfenceError, without_frames
from hub.platform.scrubbing import hide_known, without_people
from hub.plugin_host.plugin_texts.known_values import KnownValues
from hub.plugin_host.plugin_texts.personal_values import (
    PersonalValue,
    business_numbers,
    known_values,
    may_be_personal,
    personal_values,
)

Result = TypeVar("Result")
MAX_TEXT_CHARACTERS = 2_000
"""Of a reason, a detail or an error; what is longer ends in …"""
MAX_READ_CHARACTERS = 20_000
"""What is behind it is not even looked at."""
MAX_CODE_CHARACTERS = 100
MAX_SECRETS = 200
"""Of the settings and of the latest tokens together."""
MIN_KEY_CHARACTERS = 16
"""A token, or a line of a key with many lines, is a secret of its own if it is so long."""
REMEMBERED_TEXTS = 256
RECENT_CALLS = 16
"""A plugin may repeat what an earlier call handed to it: lines that it prints come late."""
FOR_PROVIDERS = (AnswerDocument, CompanionProcess, SignIn)
"""Results that go to a provider or a program, who need what is in them."""


class Scrubber:
    """Scrubs what the plugin of one connector says."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[str, None] = {}
        self._know(())
        self._running: dict[int, Handed] = {}
        self._recent: deque[Handed] = deque(maxlen=RECENT_CALLS)
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Take texts as secret from now on."""
        new = dict.fromkeys(part for secret in secrets for part in _secret_parts(secret))
        with self._lock:
            if new.keys() - self._secrets.keys():
                self._secrets = dict(list((self._secrets | new).items())[-MAX_SECRETS:])
                self._know(self._secrets)

    def _know(self, secrets: Iterable[str]) -> None:
        # The webhooks of a call repeat its ids and addresses.
        self._without_secrets = lru_cache(REMEMBERED_TEXTS)(KnownValues(secrets).hide)

    def call(self, arguments: Mapping[Any, object], work: Callable[[], Result]) -> Result:
        """The result of `work`, which calls the plugin with these arguments, or its error; both scrubbed."""
        handed = Handed(arguments)
        with self._lock:
            self._running[id(handed)] = handed
        before = hide_known.set(self.text)
        accepted = False
        try:
            result: Result = self._result(work(), {})
            accepted = True
            return result
        except RingfenceError as error:
            failure = self.error(without_frames(error))
        finally:
            hide_known.reset(before)
            with self._lock:
                del self._running[id(handed)]
                if handed.end(accepted=accepted):
                    self._recent.append(handed)
        try:
            raise failure
        finally:
            del failure  # its traceback holds this frame

    def text(self, words: object, limit: int = MAX_TEXT_CHARACTERS) -> str:
        """What a plugin says to people, with everything personal and secret hidden, at most `limit` characters long."""
        text = str(words)[:MAX_READ_CHARACTERS]
        text = self._without_secrets(text)
        with self._lock:
            handed = [*self._running.values(), *self._recent]
        known = [each.known for each in handed]
        # Whole values first: a fragment that one message shares with another would leave the rest of that one.
        for values in (*filter(None, (each.whole for each in known)), *known):
            text = values.hide(text)
        ours = set().union(*(each.business_numbers for each in handed))
        text = "".join(each if each.isprintable() or each in "\n\t" else " " for each in without_people(text, ours))
        return text if len(text) <= limit else f"{text[: limit - 1]}…"

    def error(self, error: RingfenceError) -> RingfenceError:
        """An error as one of the hub's own classes, scrubbed, without what else Python keeps with it: causes, notes, frames."""
        kind: type[RingfenceError] = next(each for each in type(error).__mro__ if each.__module__ == errors.__name__)
        clean = kind.__new__(kind, *(self.text(each) for each in error.args[:1]))
        after, code, field = (getattr(error, name, None) for name in ("after", "code", "field"))
        details = {
            "after": after if isinstance(after, int | float) and math.isfinite(after) else None,
            "code": None if code is None else self.text(code, MAX_CODE_CHARACTERS),
            "field": self.text(field or "", MAX_CODE_CHARACTERS),
            "problems": tuple(
                dataclasses.replace(each, text=self.text(each.text), path=self.text(each.path))
                for each in getattr(error, "problems", ())
            ),
        }
        kept = {name: getattr(error, name) for name in ("connector", "hook") if hasattr(error, name)}
        vars(clean).update(details | kept)
        return clean

    def _result(self, value: Any, seen: dict[str, str]) -> Any:
        """A result: what it says to people is scrubbed, all other texts in it are freed of secrets."""
        if isinstance(value, str):
            if value not in seen:
                seen[value] = self._without_secrets(value)
            return seen[value]
        if isinstance(value, RingfenceError):
            return self.error(value)
        if isinstance(value, list | tuple):
            items = [self._result(each, seen) for each in value]
            changed = any(new is not old for new, old in zip(items, value, strict=True))
            return type(value)(items) if changed else value
        if isinstance(value, Mapping):
            fields = {key: self._result(each, seen) for key, each in value.items()}
            return fields if fields != value else value
        kind: type = type(value)
        changes = {}
        for name, is_said in _scrubbed_fields(kind):
            held = getattr(value, name)
            if held is None or held is True or held is False:
                continue
            clean = self._said(held) if is_said else self._result(held, seen)
            if clean is not held and clean != held:
                changes[name] = clean
        return dataclasses.replace(value, **changes) if changes else value

    def _said(self, held: Any) -> Any:
        if isinstance(held, Mapping):
            return {self.text(name): self.text(each) for name, each in held.items()}
        return self.text(held) if isinstance(held, str) else held


@cache
def _scrubbed_fields(kind: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a result, and whether each is what the plugin says to people."""
    if not dataclasses.is_dataclass(kind) or issubclass(kind, FOR_PROVIDERS):
        return ()
    return tuple((each.name, each.name in plugin_texts(kind)) for each in dataclasses.fields(kind))


class Handed:
    """What one call hands to a plugin."""

    def __init__(self, arguments: Mapping[Any, object]) -> None:
        self._arguments: list[object] = list(arguments.values())

    @cached_property
    def values(self) -> tuple[PersonalValue, ...]:
        """The personal values, which is all that is kept of a call that is over."""
        return tuple(personal_values(self._arguments))

    @cached_property
    def known(self) -> KnownValues:
        """The values, made searchable when something is said."""
        return known_values(self.values)

    @cached_property
    def business_numbers(self) -> frozenset[str]:
        """The digits of the numbers that are not personal."""
        return frozenset(business_numbers(self._arguments))

    def end(self, *, accepted: bool) -> bool:
        """The call is over; returns whether it may have handed anything personal to the plugin.

        A webhook that was accepted, and a point of a call with its answer, are kept until something is said, because to find
        their values takes longer than to read or render them; of a refused webhook, which may be a stranger's and large, and
        of all others only the values are kept.
        """
        if accepted and isinstance(next(iter(self._arguments), None), WebhookRequest | AnswerPoint):
            return True
        if any(map(may_be_personal, self._arguments)) and self.values:
            self.business_numbers  # noqa: B018 - kept, while the arguments are not
        self._arguments = []
        return bool(self.__dict__.get("values"))


@dataclasses.dataclass(frozen=True)
class LearningTokens:
    """A connector's token store; its scrubber learns every token that passes."""

    store: TokenStore
    scrubber: Scrubber

    def load(self) -> JsonObject | None:
        """The token as it was saved last, or None."""
        token = self.store.load()
        self.scrubber.learn(_tokens_in(token))
        return token

    def save(self, token: JsonObject) -> None:
        """Keep a token; it survives a restart."""
        self.scrubber.learn(_tokens_in(token))
        self.store.save(token)

    def refreshing(self) -> AbstractContextManager[None]:
        """The store's lock for refreshing."""
        return self.store.refreshing()


def _secret_parts(secret: str) -> Iterator[str]:
    """A secret, and of a key with many lines each line."""
    yield secret
    lines = secret.splitlines()
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= MIN_KEY_CHARACTERS and not line.startswith("-----"))


def _tokens_in(token: Mapping[str, object] | None) -> Iterator[str]:
    for name, value in (token or {}).items():
        if isinstance(value, str) and len(value) >= MIN_KEY_CHARACTERS and ("token" in name or "secret" in name):
            yield value
