"""The error classes; each class says what the hub does next.

A message is one sentence for people: what is wrong and what to do, without secrets and without personal data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

Failure = TypeVar("Failure", bound=BaseException)
Value = TypeVar("Value")


class RingfenceError(Exception):
    """Any error that Ringfence raises on purpose; its text may be shown to a person unchanged. `field` names the value of a
    form that it is about."""

    field = ""


@dataclass(frozen=True)
class Problem:
    """One problem in config.yaml: the place, what was found and what was expected."""

    text: str
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path + ': ' if self.path else ''}{self.text}"


class ConfigError(RingfenceError):
    """The configuration is wrong: stop and report. Holds every problem found, not only the first."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([str(self.args[0]), *(f"  {problem}" for problem in self.problems)])


class AuthError(RingfenceError):
    """The provider refuses our credentials: pause this connector and ask a person to reconnect it."""


class RetryLater(RingfenceError):
    """The provider cannot answer now: try the whole batch again, not before `after` seconds if given.

    With `after=None` the hub's own retry schedule decides.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Rejected(RingfenceError):
    """The provider refuses the request permanently: do not try again, keep its words."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class BadSignature(RingfenceError):
    """A webhook is not from the sender that it claims: answer 403, count it, store nothing."""


class BadPayload(RingfenceError):
    """A webhook is genuine but cannot be understood: park it for a person, replay it after a fix."""


class NotSupported(RingfenceError):
    """This plugin or account cannot do what was asked: report it to the person, change nothing."""


class PluginFailure(RingfenceError):
    """A plugin broke its contract (crashed, hung, returned the wrong type): record it, use the safe default."""


class PluginTimeout(PluginFailure):
    """A plugin did not answer before its deadline."""


class PluginDied(PluginFailure):
    """A plugin's own process ended during a call: it counts against the item that was handled (hub.store.quarantine)."""

    def __init__(self, message: str, connector: str, hook: str) -> None:
        super().__init__(message)
        self.connector, self.hook = connector, hook


class PluginAway(PluginFailure):
    """A plugin's own process was ended during a call because of another call: nothing says that this item is bad."""


class OutcomeUnknown(PluginFailure):
    """The provider may have taken a request whose reply never came: hold it and check there, never send it again."""


class CircuitOpen(PluginFailure):
    """A connector failed so often that it is not called until its next probe, `after` seconds from now."""

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message)
        self.after = after


class WrongValue(ValueError):
    """A value of `hub.api` cannot be made like this. The text names the field and what it may hold, never what it was given:
    it is shown to people even if a plugin raised it while it had personal data at hand."""


@contextmanager
def about_field(name: str) -> Iterator[None]:
    """Errors from within are about this value of a form, unless they name another one."""
    try:
        yield
    except RingfenceError as error:
        error.field = error.field or name
        raise


def place_of(error: BaseException) -> str:
    """`file.py:line` at which an error was raised; safe to log if the error's text could hold personal data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "?"


def without_frames(error: Failure) -> Failure:
    """The error without its traceback and causes, to be kept: their frames hold what was handled, such as a body."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


class CannotDo(RingfenceError):
    """The hub cannot do or answer what a person asked for; the message says what to do instead."""

    def __init__(self, *args: object, field: str = "", param: str = "") -> None:
        """`field` of the page's form, or `param` of the action, is what the message is about."""
        super().__init__(*args)
        self.field, self.param = field, param


class NotFound(CannotDo):
    """Nothing has the id or name that a person gave."""


def existing(value: Value | None) -> Value:
    """What was looked up; NotFound if there is nothing."""
    if value is None:
        raise NotFound("Not found")
    return value
