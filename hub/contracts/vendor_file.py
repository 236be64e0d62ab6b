"""The file `rules.yaml` of a provider's sandbox folder: what the vendor demands and answers, written from its pages.

`pages` names the sources; each rule and answer names one of them by its key. `operations` says what each operation accepts, in
the language of `hub.api.sandbox.Operations`. `good` has requests that the vendor takes. `rules` says what that language cannot:
relations between fields, ages, batch sizes, rights. `answers` has what the vendor may answer and what each answer means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hub.errors import ConfigError
from hub.platform.own_yaml import LOADER, read_yaml

Means = Literal["wait", "wait_long", "sign_in", "configuration", "final", "partly"]
MEANINGS: Mapping[Means, str] = {
    "wait": "It is sent again soon.",
    "wait_long": "It is sent again later, as for a quota.",
    "sign_in": "A person must renew the credentials; nothing is lost.",
    "configuration": "A person must change a setting; nothing is lost.",
    "final": "This row never passes.",
    "partly": "The rows that the answer names are final, the others count.",
}
"""What an answer means for what was sent."""
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _span(text: object) -> object:
    found = re.fullmatch(r"(\d+)([smhd])", str(text))
    return timedelta(**{UNITS[found[2]]: int(found[1])}) if found else text


Span = Annotated[timedelta, BeforeValidator(_span)]
"""A time like 5m, 2h or 7d."""
Bounds = Annotated[str, Field(pattern=r"^\d+\.\.\d+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(_Part):
    """A source. Everything else in the file names one by its key."""

    address: str
    """Its address."""
    read: date
    """The day on which it was read."""
    sure: Literal["memory", "reference", "sdk"] | None = None
    """What it is, if it is not the vendor's own text."""


class Answer(_Part):
    """What the vendor answers, and what that means for what was sent."""

    on: tuple[str, ...] = ()
    """The operations that answer so; any if empty."""
    status: int = Field(200, ge=100, le=599)
    """The status of the reply."""
    headers: Mapping[str, str] = {}
    """Its headers."""
    body: Any = None
    """The whole reply. In its texts `{field}` is the field that is wrong, and `{why}` what `says` says."""
    row: Any = None
    """Instead of `body`: what the reply says of one row; `{index}` is its place."""
    means: Means
    """See below."""
    after: Span | None = None
    """How long a `wait_long` lasts."""
    says: str = ""
    """What it is about, in plain words for customers."""
    page: str
    """The key of its source."""


class Sent(_Part):
    """The parts of a request that are not its operation."""

    path: Mapping[str, str] = {}
    """The parts of the path by the names in the operation. An id of the stand-in's own account is written as the setting that
    has it, `{account_sid}`."""
    query: Mapping[str, str] = {}
    """The address' query."""
    headers: Mapping[str, str] = {}
    """Headers besides the credentials, which the stand-in's `authorized` adds."""


class Good(Sent):
    """A request that the vendor takes. A time is written `{seconds-8d}`, `{milliseconds}`, `{microseconds}` or `{iso+10m}`."""

    operation: str
    """Its operation, written as under `operations`."""
    content: Any = Field(None, alias="json")
    """The body, of an operation that takes JSON."""
    form: Mapping[str, str] | None = None
    """The body, of an operation that takes a form."""
    row: Any = None
    """The only row of the operation's `rows`."""


class Probe(Sent):
    """A `good` request, changed so that it breaks one rule."""

    base: str
    """The key of the good request."""
    merge: Any = None
    """A JSON merge patch (RFC 7396) onto its row or else its body: null takes a member away."""
    body: Any = None
    """Such a patch onto a body with rows."""
    times: int = 1
    """How often the row is sent."""


class Age(_Part):
    """How old a time may be."""

    at: str
    """The path of the time."""
    most: Span
    """How old it may be, like 7d."""
    ahead: Span = timedelta(minutes=5)
    """How far ahead it may be."""


class Rule(_Part):
    """One demand of the vendor. Paths are of the row (or of the body of an operation without rows), with `*` for each item of a
    list or what stands alone; `$body.…`, `$path.…`, `$query.…` and `$headers.…` are of the request."""

    rule: str
    """The demand as a sentence."""
    page: str
    """The key of its source."""
    on: tuple[str, ...] = ()
    """The operations of which it is asked; that of the probe if empty."""
    when: Mapping[str, Any] = {}
    """It is asked where all these hold: `path: value`, a list of values, a kind, or null for a missing one."""
    needs: tuple[str, ...] = ()
    """Paths that must be there."""
    any_of: tuple[str, ...] = ()
    """Paths of which one must be there."""
    forbids: tuple[str, ...] = ()
    """Paths that must not be there."""
    fits: Mapping[str, Any] = Field({}, alias="is")
    """What must stand at a path, if something does: a value, a list of values or a kind."""
    currency: str | None = None
    """A path whose text is a currency of ISO 4217."""
    order: tuple[str, ...] = ()
    """Paths of times, the earlier first."""
    age: Age | None = None
    """How old a time may be."""
    version: str | None = None
    """A path whose text is one of `versions` that has not ended."""
    rows: Bounds | None = None
    """How many rows a request may have, like 1..1000."""
    right: str | None = None
    """A right that the credentials must have."""
    answer: str
    """The key of the answer to a request that breaks it."""
    probe: Probe
    """A request that breaks this rule and no other."""

    @property
    def of_request(self) -> bool:
        """Whether it is about the request as a whole, and not about each of its rows."""
        named = [*self.when, *self.needs, *self.any_of, *self.forbids, *self.fits, *self.order]
        named += filter(None, (self.currency, self.version, self.age.at if self.age else None))
        return all(path.startswith("$") for path in named)


class Version(_Part):
    """A version of the API."""

    ends: date | None = None
    """The day from which it is refused."""
    page: str
    """The key of its source."""


class Rules(_Part):
    """The whole file."""

    pages: Mapping[str, Page]
    """The sources by their keys."""
    operations: Mapping[str, Mapping[str, Any]]
    """What each operation accepts and replies, by method and path, as `POST /v1/accounts/{account}/events`."""
    good: Mapping[str, Good]
    """Requests that the vendor takes."""
    rules: tuple[Rule, ...] = ()
    """What the kinds of an operation's fields cannot say: relations between fields, ages, sizes of batches, rights."""
    answers: Mapping[str, Answer]
    """What the vendor may answer besides a success."""
    faults: Mapping[str, str]
    """The key of the answer to a request that does not fit its operation: by `operation`, `media_type`, `malformed`, `missing`,
    `unknown` or `value`, each also with a field as in `missing To`; to wrong `credentials`; to a `resource` of the path that is
    not the stand-in's; to another `refresh_token`; to a `row` that the stand-in shall refuse; and `any` for all others."""
    code: str = ""
    """Where an answer has the vendor's code, as `error.code`."""
    subcode: str = ""
    """Where it has a second one."""
    row_code: str = ""
    """Where an answer's `row` has the code."""
    words: str = ""
    """Where an answer has the vendor's words."""
    fewer: str = ""
    """Why the vendor has fewer than eight answers that pass, or fewer than five that are final."""
    others: Mapping[Means, tuple[str, ...]] = {}
    """Families of codes that no answer lists, x for a digit: `{wait: [800xx, HTTP 5xx]}`; `*` is every one."""
    versions: Mapping[str, Version] = {}
    """The versions of the API."""


OF_OPERATIONS = {
    "page": "The key of its source.",
    "query": "The address' query: its names with their kinds.",
    "form": "A body that is a form, likewise.",
    "json": "A body of JSON.",
    "multipart": "A body of several parts.",
    "xml": "The elements inside the root, which is named as in `xml: {Order: {Name!: text}}`.",
    "file": "The media type of a body that is a file.",
    "rows": "The path of a body's list of rows, `[]` for a body that is one.",
    "reply": "The reply to what is taken: `status` and `body`, in which `{count}` is the number of rows that count and "
    "`{*rows}` what is said of each.",
    "taken": "What the reply says of a good row.",
    "partly": "The reply if some rows are refused.",
    "test": "A path as in a rule: if the request has it, nothing counts; `true`: nothing ever does.",
    "silent": "`true` if a refused row is answered like a good one.",
}
"""What an operation has. One without a body has none of `form` to `file`."""


_BOOL = "tag:yaml.org,2002:bool"
_FEWER_BOOLS = {
    first: [each for each in found if each[0] != _BOOL or first in "tTfF"]
    for first, found in LOADER.yaml_implicit_resolvers.items()
}
_LOADER = type("_Loader", (LOADER,), {"yaml_implicit_resolvers": _FEWER_BOOLS})
"""Only `true` and `false` are no texts: YAML 1.1 reads `on`, a key here, and `no`, a country, as one of them too."""


@cache
def read_rules(file: Path) -> Rules:
    """The file; ConfigError says in one sentence what is wrong with it, where, and what to do."""
    try:
        rules = Rules.model_validate(read_yaml(file.read_text("utf-8"), _LOADER))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigError(f"{file}: {place}: {first['msg']}; see hub docs rules-language.") from None
    except (yaml.YAMLError, OSError) as error:
        raise ConfigError(f"{file} is no YAML file that can be read: {' '.join(str(error).split())}") from None
    for place, problem in _problems(rules):
        raise ConfigError(f"{file}: {place}: {problem}.")
    return rules


def _problems(rules: Rules) -> Iterator[tuple[str, str]]:
    """What does not fit together, each as its place and what to do."""
    for place, listed, name, known in _references(rules):
        if name not in known:
            yield place, f"{name!r} is not listed; add it to `{listed}`, or name one of {_named(known)}"
    for name, operation in rules.operations.items():
        if unknown := sorted(operation.keys() - OF_OPERATIONS.keys()):
            yield f"operations.{name}", f"{unknown[0]!r} is not known; an operation has {_named(OF_OPERATIONS)}"
        if not re.fullmatch(r"[A-Z]+ /\S*", name):
            yield f"operations.{name}", "write the method and the path, as in POST /v1/events"
    if "any" not in rules.faults:
        yield "faults", "name the answer to every other fault under `any`"
    for rule in rules.rules:
        if not rule.model_dump(exclude={"rule", "page", "on", "when", "answer", "probe"}, exclude_defaults=True):
            yield (
                f"rules.{rule.rule}",
                "it demands nothing; write needs, any_of, forbids, is, age, currency, rows or right",
            )


def _references(rules: Rules) -> Iterator[tuple[str, str, str, Iterable[str]]]:
    """Each name that must be listed elsewhere: its place, the list, the name, and what is listed."""
    for name, operation in rules.operations.items():
        yield f"operations.{name}", "pages", str(operation.get("page", "")), rules.pages
    for kind, paged in (("answers", rules.answers), ("versions", rules.versions)):
        for name, each in paged.items():
            yield f"{kind}.{name}", "pages", each.page, rules.pages
    for name, answer in rules.answers.items():
        for wanted in answer.on:
            yield f"answers.{name}.on", "operations", wanted, rules.operations
    for why, named in rules.faults.items():
        yield f"faults.{why}", "answers", named, rules.answers
    for name, good in rules.good.items():
        yield f"good.{name}", "operations", good.operation, rules.operations
    for rule in rules.rules:
        place = f"rules.{rule.rule}"
        yield place, "pages", rule.page, rules.pages
        yield place, "answers", rule.answer, rules.answers
        yield f"{place}.probe", "good", rule.probe.base, rules.good
        for wanted in rule.on:
            yield f"{place}.on", "operations", wanted, rules.operations


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
