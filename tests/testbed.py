"""A small hub for tests: two companies of one agency, connectors from `fake_connectors`, and what tests do with it."""

from __future__ import annotations

import base64
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import written_accounts
from fake_connectors import FakeCarrier, FakeCrm, FakeIndex, FakeLaw, FakeNetwork
from pydantic import SecretStr
from sqlmodel import SQLModel, col, select
from starlette.applications import Starlette

from hub.api import CallEvent, Connector, Event
from hub.config.models import (
    AccountSection,
    Config,
    ConnectorCommon,
    ConnectorEntry,
    ConversionRule,
    HubSection,
    RecordingsSection,
)
from hub.contracts.consent import State
from hub.delivery.deliver import deliver
from hub.delivery.send_texts import send_texts
from hub.flow.fold.events import EventBatch, keep_events
from hub.flow.inbox import fold_inbox
from hub.flow.leads import convert_leads
from hub.flow.pipeline import process
from hub.model import Call, Delivery, FactRow, FormSubmission, Person, TextMessage, Visit
from hub.numbers.accounts import write_accounts
from hub.numbers.directory import LiveDirectory
from hub.privacy.ledger import ConsentStatement, append
from hub.reload import ConfigFile
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.store.encryption.encrypted_fields import Named, names_of, values_of
from hub.testing import FrozenClock
from hub.visits.record import NumberShown, VisitRequest, record_visit

Row = TypeVar("Row", bound=SQLModel)

KEY = base64.b64encode(b"k" * 32).decode()
HOLD, COOL_DOWN = timedelta(minutes=30), timedelta(days=7)
"""A pool's, where config.yaml does not say otherwise."""
CALLER = "+13125550142"
OTHER_CALLER = "+13125550143"
POOL = ("+13125550100", "+13125550101", "+13125550102")
SHARED = "+13125550120"
YELLOW_PAGES = "+13125550122"
NORTH_POOL = ("+13135550100", "+13135550101")
NORTH_SHARED = "+13135550120"


def company(name: str, pool: Sequence[str], shared: str, *more: Mapping[str, Any]) -> dict[str, Any]:
    """A company with a pool and a shared number, as config.yaml has it."""
    return {
        "name": name,
        "title": name.title(),
        "country": "US",
        "region": "IL",
        "route": {"dial": "+13125550190"},
        "trackers": [
            {"name": "website", "type": "session", "carrier": "carrier", "numbers": pool},
            {
                "name": "shared",
                "type": "source",
                "carrier": "carrier",
                "numbers": [shared],
                "source": "website",
                "medium": "direct",
                "default": True,
            },
            *more,
        ],
    }


PRINT_AD = {
    "name": "yellow_pages",
    "type": "source",
    "carrier": "carrier",
    "numbers": [YELLOW_PAGES],
    "source": "yellow_pages",
    "medium": "print",
    "campaign": "spring",
}
ACCOUNTS = [
    {
        "name": "agency",
        "title": "Agency",
        "companies": [company("lakeside", POOL, SHARED, PRINT_AD), company("northgate", NORTH_POOL, NORTH_SHARED)],
    }
]
CONNECTORS: Mapping[str, type[Connector]] = {
    "carrier": FakeCarrier,
    "network": FakeNetwork,
    "crm": FakeCrm,
    "index": FakeIndex,
    "law": FakeLaw,
}
EVERY_CALL = {"name": "every call", "when": {"event": "call"}, "value": "40 USD", "send_to": {"network": {"action": 7}}}
DEAL_WON = {
    "name": "deal won",
    "when": {"event": "outcome", "stage": "won"},
    "value": "from outcome",
    "send_to": {"network": {"action": 8}},
}


def make_config(
    database: str,
    *,
    connectors: Mapping[str, type[Connector]] = CONNECTORS,
    conversions: Sequence[Mapping[str, Any]] = (EVERY_CALL,),
    accounts: Sequence[Mapping[str, Any]] = tuple(ACCOUNTS),
    common: Mapping[str, Mapping[str, Any]] | None = None,
    keys: Sequence[str] = (KEY,),
    recordings: Mapping[str, Any] | None = None,
    tombstones: str | None = None,
    public_url: str = "https://calls.example.com",
) -> Config:
    """A checked config in code; `common` holds what `connectors:` says besides the plugin, such as `companies`."""
    return Config(
        hub=HubSection(
            public_url=public_url,  # type: ignore[arg-type]
            database=database,
            secret_keys=tuple(SecretStr(key) for key in keys),
            tombstones=tombstones,
            private_hosts=("127.0.0.1",),
        ),
        connectors={
            name: ConnectorEntry(
                name=name,
                common=ConnectorCommon.model_validate(
                    {"plugin": connector_class.manifest.name, **(common or {}).get(name, {})}
                ),
                connector_class=connector_class,
                written={},
                checked=connector_class.Settings(),
            )
            for name, connector_class in connectors.items()
        },
        conversions=tuple(ConversionRule.model_validate(rule) for rule in conversions),
        accounts=tuple(AccountSection.model_validate(account) for account in accounts),
        recordings=RecordingsSection.model_validate(recordings or {"storage": "memory://recordings"}),
    )


@contextmanager
def open_stage(database: str, clock: FrozenClock, **options: Any) -> Iterator[TestHub]:
    """A hub on a migrated database, closed at the end."""
    config = make_config(database, **options)
    served = [(name, each.connector_class, repr(each.common)) for name, each in config.connectors.items()]
    written = (repr(options.get("accounts", ACCOUNTS)), tuple(served), clock())
    empty = written_accounts.take(database)
    copied = written_accounts.copy(database, written) if empty else None
    hub = assemble(config, clock)
    try:
        if copied is None:
            with hub.store.writing() as session:
                write_accounts(session, config, clock())
        live = LiveDirectory(hub.store, copied=copied)
        if empty and copied is None:
            written_accounts.keep(database, written, live.latest)
        yield TestHub(hub, live, clock)
    finally:
        hub.close()


@dataclass(frozen=True)
class Pages:
    """The pages of a hub."""

    hub: Hub
    app: Starlette


@dataclass
class TestHub:
    """A hub with its directory, and what tests do with it."""

    __test__ = False  # no class of tests

    hub: Hub
    live: LiveDirectory
    clock: FrozenClock
    config_file: ConfigFile | None = None
    """config.yaml on disk, in a hub that was opened from one (config_on_disk.py)."""
    pages: Pages | None = None
    """For all browsers of page_client.py, as in a running hub."""
    _call_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __getattr__(self, name: str) -> Any:
        """A connector by its name: `stage.network`."""
        try:
            return self.hub.plugins.connectors[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def directory(self) -> Any:
        """The directory as it is now."""
        return self.live.latest

    # what happens

    def tell(self, *events: Event, connector: str = "carrier", reported_by: str = "webhook") -> int:
        """Events of one connector, folded; how many calls changed."""
        with self.hub.store.writing() as session:
            return keep_events(session, self.hub, self.directory, [EventBatch(connector, events)], reported_by)

    def call_in(
        self,
        number: str = SHARED,
        caller: str | None = CALLER,
        *,
        answered: bool = True,
        seconds: int = 90,
        at: datetime | None = None,
        process: bool = True,
        **more: Any,
    ) -> Call:
        """A call that is over, taken through the flow."""
        call_id = f"CA{next(self._call_ids):04}{self.clock().timestamp():.0f}"
        self.tell(*finished_call(call_id, number, caller, answered, seconds, at or self.clock(), **more))
        if process:
            self.flow()
        return self.one(Call, carrier_call_id=call_id)

    def visit(
        self, company: str = "lakeside", landing_page: str | None = None, *, gpc_later: bool = False, **more: Any
    ) -> NumberShown:
        """A person comes to a company's site; the click id of `landing_page` is kept.

        With `gpc_later` the browser sends Global Privacy Control on the next request: with the first, nothing is kept.
        """
        page = landing_page or "https://lakeside.example.com/?gclid=Cj0KCQjw123456789"
        arrival = VisitRequest(landing_page=page, referrer=more.pop("referrer", None), **{"human": True, **more})
        place = self.directory.companies[company]
        shown = record_visit(self.hub, self.directory, place, arrival)
        if gpc_later:
            signal = VisitRequest(landing_page=None, referrer=None, visit_id=shown.visit_id, gpc=True)
            record_visit(self.hub, self.directory, place, signal)
        return shown

    def flow(self) -> int:
        """Fold and process until nothing is left; how much was taken."""
        taken = 0
        while True:
            step = fold_inbox(self.hub, self.directory)
            step += sum(process(self.hub, self.directory, table) for table in (Call, TextMessage, FormSubmission))
            step += convert_leads(self.hub, self.directory)
            if not step:
                return taken
            taken += step

    def deliver(self, connector: str = "network", hook: str = "upload_conversions") -> Counter[str]:
        """Send what is due; a retry waits for the whole of its delay."""
        return deliver(self.hub, self.directory, connector, hook, jitter=lambda longest: longest)

    def send_texts(self, connector: str = "carrier") -> Counter[str]:
        """Send the texts that are due; a retry waits for the whole of its delay."""
        return send_texts(self.hub, self.directory, connector, jitter=lambda longest: longest)

    # what is there

    def rows(self, table: type[Row], **wanted: Any) -> list[Row]:
        """The rows of a table whose columns are as wanted, by id."""
        query = select(table).where(*(getattr(table, name) == value for name, value in wanted.items()))
        if hasattr(table, "id"):
            query = query.order_by(col(table.id))  # type: ignore[attr-defined]
        with self.hub.store.reading() as session:
            return list(session.exec(query))

    def one(self, table: type[Row], **wanted: Any) -> Row:
        """The only row of a table that is as wanted."""
        rows = self.rows(table, **wanted)
        assert len(rows) == 1, f"{len(rows)} rows of {table.__name__} have {wanted}"
        return rows[0]

    def call_of(self, connector: str) -> Call:
        """The only call that a connector has reported."""
        return self.one(Call, connector=connector)

    def name_of(self, row: Named) -> str | None:
        """The name that is sealed in a row."""
        with self.hub.store.reading() as session:
            return names_of(self.hub.vault, session, [row]).get(row.id)

    def value_of(self, fact: FactRow) -> str | None:
        """What a fact says, opened where it is a name."""
        with self.hub.store.reading() as session:
            return values_of(self.hub.vault, session, [fact]).get(fact.id)

    def delivery(self, connector: str = "network", **wanted: Any) -> Delivery:
        """The only delivery to a connector that is as wanted."""
        return self.one(Delivery, connector=connector, **wanted)

    def visit_of(self, shown: NumberShown) -> Visit:
        """The visit that a number was shown to."""
        return self.one(Visit, id=shown.visit_id)

    def say(self, person: Person, state: State, use: str, channel: str = "phone", **more: Any) -> None:
        """Write a person's word into the ledger; what is queued or under way is left as it is."""
        word = ConsentStatement(
            company_id=person.company_id,
            person_id=person.id,
            state=state,
            use=use,
            channel=channel,
            **{"stated_at": self.clock(), **more},
        )
        with self.hub.store.writing() as session:
            append(session, [word], self.clock(), self.hub.vault)

    def add(self, *rows: SQLModel) -> None:
        """Write rows as they are."""
        with self.hub.store.writing() as session:
            session.add_all(rows)


def finished_call(
    call_id: str, number: str, caller: str | None, answered: bool, seconds: int, at: datetime, **more: Any
) -> list[CallEvent]:
    """The events of one call that began at `at`."""
    told: dict[str, Any] = {"call_id": call_id, "tracking_number": number, "caller_number": caller, **more}
    events = [CallEvent(kind="ringing", at=at, **told)]
    if answered:
        events.append(CallEvent(kind="answered", at=at + timedelta(seconds=5), answered_by="+13125550190", **told))
    else:
        events.append(CallEvent(kind="not_answered", at=at + timedelta(seconds=20), **told))
    return [*events, CallEvent(kind="completed", at=at + timedelta(seconds=seconds), duration=seconds, **told)]
