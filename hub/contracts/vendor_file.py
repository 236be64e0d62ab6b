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
"""`wait`: sent again soon. `wait_long`: sent again later, as for a quota. `sign_in`: a person must renew the credentials;
nothing is lost. `configuration`: a person must change a setting; nothing is lost. `final`: this row never passes. `partly`: the
rows that the answer names are final, the others count."""
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
    """A source: its address and when it was read; `sure` if it is not the vendor's own text."""

    address: str
    read: date
    sure: Literal["memory", "reference", "sdk"] | None = None


class Answer(_Part):
    """What the vendor answers. `body` is the whole reply; `row` instead of it is what the reply says of one row. `after` is how
    long a `wait_long` lasts; `says` is what it is about, in plain words for `docs/connect`."""

    on: tuple[str, ...] = ()
    """The operations that answer so; any if empty."""
    status: int = Field(200, ge=100, le=599)
    headers: Mapping[str, str] = {}
    body: Any = None
    row: Any = None
    means: Means
    after: Span | None = None
    says: str = ""
    page: str


class Sent(_Part):
    """The parts of a request that are not its operation. A time is written `{seconds-8d}`, `{milliseconds}`, `{microseconds}`
    or `{iso+10m}`; an id of the stand-in's own account is written as the setting that has it, `{account_sid}`."""

    path: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}


class Good(Sent):
    """A request that the vendor takes. `row` is the only row of the operation's `rows`."""

    operation: str
    content: Any = Field(None, alias="json")
    form: Mapping[str, str] | None = None
    row: Any = None


class Probe(Sent):
    """A `good` request that breaks one rule: `merge` is a JSON merge patch (RFC 7396) onto its row or else its body, `body` one
    onto a body with rows, `times` how often the row is sent."""

    base: str
    merge: Any = None
    body: Any = None
    times: int = 1


class Age(_Part):
    """How old the time at a path may be, and how far ahead."""

    at: str
    most: Span
    ahead: Span = timedelta(minutes=5)


class Rule(_Part):
    """One demand of the vendor that holds `when` all those conditions hold: `path: value`, a list of values, a kind of the
    language of operations, or null for a missing one. Paths are of the row (or of the body of an operation without rows), with
    `*` for each item of a list or what stands alone; `$body.…`, `$path.…`, `$query.…` and `$headers.…` are of the
    request. It is asked of the operations `on`, by default that of the probe."""

    rule: str
    page: str
    on: tuple[str, ...] = ()
    when: Mapping[str, Any] = {}
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    fits: Mapping[str, Any] = Field({}, alias="is")
    currency: str | None = None
    """A path whose text is a currency of ISO 4217."""
    order: tuple[str, ...] = ()
    """Paths of times, the earlier first."""
    age: Age | None = None
    version: str | None = None
    """A path whose text is one of `versions` that has not ended."""
    rows: Bounds | None = None
    right: str | None = None
    answer: str
    probe: Probe

    @property
    def of_request(self) -> bool:
        """Whether it is about the request as a whole, and not about each of its rows."""
        named = [*self.when, *self.needs, *self.any_of, *self.forbids, *self.fits, *self.order]
        named += filter(None, (self.currency, self.version, self.age.at if self.age else None))
        return all(path.startswith("$") for path in named)


class Version(_Part):
    """A version of the API; `ends` is the day from which it is refused."""

    ends: date | None = None
    page: str


class Rules(_Part):
    """The whole file. `faults` says which answer a request gets that does not fit its operation: by `operation`, `media_type`,
    `malformed`, `missing`, `unknown` or `value`, each also with a field as in `missing To`; a request with wrong
    `credentials`; a `resource` of the path that is not the stand-in's; a `row` that the stand-in shall refuse; and
    `any` for all others. `code` and `subcode` are where an answer has the vendor's code (`row_code` in one of a row), `words`
    its words. `others` are families of codes that no answer lists, x for a digit: `{wait: [800xx, HTTP 5xx]}`."""

    pages: Mapping[str, Page]
    operations: Mapping[str, Mapping[str, Any]]
    good: Mapping[str, Good]
    rules: tuple[Rule, ...] = ()
    answers: Mapping[str, Answer]
    faults: Mapping[str, str]
    code: str = ""
    subcode: str = ""
    row_code: str = ""
    words: str = ""
    fewer: str = ""
    """Why the vendor has fewer than eight answers that pass, or fewer than five that are final."""
    others: Mapping[Means, tuple[str, ...]] = {}
    versions: Mapping[str, Version] = {}


OF_OPERATIONS = frozenset(
    "page query form json multipart xml file rows reply taken partly test silent".split()  # noqa: SIM905
)
"""Besides what it accepts an operation has its `page`; `rows`, the path of a body's list of rows, `[]` for a body that is one;
`reply` with `status` and `body`, in which `{count}` and `{*rows}` are filled in; `taken`, what the reply says of a good row;
`partly`, the reply if some rows are refused; `test`, a path as in a rule: if the request has it, nothing counts; and `silent`
if a refused row is answered like a good one."""


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
        raise ConfigError(f"{file}: {place}: {first['msg']}; see hub docs write-a-plugin#rules.") from None
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
        if unknown := sorted(operation.keys() - OF_OPERATIONS):
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
