"""Columns that all tables define in the same way: sortable ids, aware times, JSON, personal data with a category, work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

import uuid_utils
from pydantic.fields import FieldInfo
from sqlalchemy import JSON, DateTime, Dialect, Index, LargeBinary, Numeric, String, Table, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from hub.contracts.categories import CATEGORIES
from hub.model.states import WorkState

Value = TypeVar("Value")
WITHOUT_ZONE = len("2026-01-31 00:00:00.000000")
JSON_TYPE = JSON().with_variant(JSONB(), "postgresql")

# Retention times of rows with personal data; a customer may shorten them. Source: privacy.md, retention defaults.
CALL_RETENTION = timedelta(days=761)  # 25 months
VISIT_RETENTION = timedelta(days=396)  # 13 months
RAW_WEBHOOK_RETENTION = timedelta(days=30)
MESSAGE_RETENTION = timedelta(days=365)
CLICK_ID_RETENTION = timedelta(days=90)
CONSENT_RETENTION = timedelta(days=7 * 365)


class UTCTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC on both databases; a naive one is refused, because its meaning is unknown."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC."""
        return None if value is None else _in_utc(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """To SQLite: the same text as SQLAlchemy writes, but much faster, because a webhook's row holds three times."""
        return _written_time if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """From SQLite: the same text as it was written, in one step."""
        return _read_time if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: aware UTC, though SQLite forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _read_time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


@lru_cache(maxsize=256)  # a row holds one time in several columns, and rows that are written together share some
def _written_time(value: datetime | None) -> str | None:
    return None if value is None else _in_utc(value).isoformat(" ", "microseconds")[:WITHOUT_ZONE]


def storable(value: Value) -> Value:
    """`value` in a form that both databases accept: its texts, at any depth, without NULs and lone surrogates."""
    stored: Any = value
    if isinstance(value, str):
        if not value.isascii() or "\0" in value:
            stored = value.replace("\0", "").encode("utf-8", "ignore").decode()
    elif isinstance(value, list):
        stored = [storable(each) for each in value]
    elif isinstance(value, dict):
        stored = {storable(name): storable(each) for name, each in value.items()}
    return stored  # type: ignore[no-any-return]


def new_id() -> str:
    """A UUIDv7: ids sort by the time at which they were made."""
    return str(uuid_utils.uuid7())


def id_column() -> Any:
    """A primary key that sorts by time."""
    return Field(default_factory=new_id, primary_key=True, sa_type=String(36))


def time_column(*, index: bool = False, nullable: bool = False, default: Any = ...) -> Any:
    """An aware UTC time."""
    if nullable and default is ...:
        default = None
    return Field(default=default, sa_type=UTCTime(), index=index, nullable=nullable)


def expiry_column() -> Any:
    """When the row's personal data expires; every table that holds personal data has this column."""
    return Field(sa_type=UTCTime(), index=True)


def ending_column() -> Any:
    """Like `expiry_column`, for a row that outlives its personal data: None after the data is emptied."""
    return Field(sa_type=UTCTime(), index=True, nullable=True)


def json_column() -> Any:
    """A JSON document (JSONB on PostgreSQL)."""
    return Field(default_factory=dict, sa_type=JSON_TYPE)


def json_list() -> Any:
    """A JSON list."""
    return Field(default_factory=list, sa_type=JSON_TYPE)


def work_index(table: str, *by: str, then: tuple[str, ...] = ()) -> Index:
    """The index of a table of work: by state, and of each state what is due longest first. Work that is claimed of one
    connector at a time is sorted `by` connector before that."""
    return Index(f"ix_{table}_work", "state", *by, "due_at", *then)


def money_column() -> Any:
    """An amount; its currency is in a separate column."""
    return Field(default=None, sa_type=Numeric(14, 4), nullable=True)


def personal_text(category: str, *, index: bool = False, max_length: int | None = None, nullable: bool = True) -> Any:
    """A text that is personal data of `category` (hub.contracts.categories)."""
    kind = String(max_length) if max_length else Text()
    return _personal(category, kind, index=index, default=None if nullable else ..., nullable=nullable)


def personal_bytes(category: str) -> Any:
    """Raw or encrypted bytes that are personal data of `category`."""
    return _personal(category, LargeBinary(), index=False, default=None)


def personal_json(category: str) -> Any:
    """A JSON document that is personal data of `category`."""
    return Field(default_factory=dict, sa_type=JSON_TYPE, sa_column_kwargs={"info": _category(category)})


def personal_list(category: str) -> Any:
    """A JSON list that is personal data of `category`."""
    return Field(default_factory=list, sa_type=JSON_TYPE, sa_column_kwargs={"info": _category(category)})


def _personal(category: str, sa_type: Any, *, index: bool, default: Any, nullable: bool = True) -> Any:
    return Field(
        default=default, sa_type=sa_type, index=index, nullable=nullable, sa_column_kwargs={"info": _category(category)}
    )


def _category(category: str) -> dict[str, str]:
    if category not in CATEGORIES:
        raise ValueError(f"{category!r} is not a data category")
    return {"category": category}


class Row(SQLModel):
    """What every table inherits.

    SQLModel does not validate a table's row when it makes one, yet takes 100 µs, and a call has a dozen rows. This
    constructor sets the same attributes directly; an unknown column name is an error. Pydantic's validators are built only
    on demand, which saves start-up time and memory.
    """

    model_config = {"defer_build": True}
    if TYPE_CHECKING:
        __table__: ClassVar[Table]

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(type(self).columns(**values))

    @classmethod
    def to_write(cls, **values: Any) -> Self:
        """A new row only for `write_rows`: it has the columns as attributes, and nothing else of its class. SQLAlchemy does
        not watch it, and so it is made in a fifth of the time."""
        return cast(Self, SimpleNamespace(**cls.columns(**values)))

    @classmethod
    def from_columns(cls, names: Iterable[str], values: Iterable[Any]) -> Self:
        """A row of the database as an object that can only be read: SQLAlchemy does not watch it, and refuses to set its
        columns. It is made in a fifth of the time."""
        row: Self = cls.__new__(cls)
        row.__dict__.update(zip(names, values, strict=True))
        return row

    @classmethod
    def columns(cls, **values: Any) -> dict[str, Any]:
        """Every column of a new row: from `values`, or its default. A row outside a session needs nothing else."""
        made = {name: values[name] if name in values else make() for name, make in _columns_of(cls)}
        if not values.keys() <= made.keys():
            raise TypeError(f"{cls.__name__} has no column {', '.join(values.keys() - made.keys())}")
        return made


@cache
def _columns_of(table: type[Row]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    """Each column of a table, and the function that makes its default value."""
    return tuple((name, _maker(field)) for name, field in table.model_fields.items())


def _maker(field: FieldInfo) -> Callable[[], Any]:
    if field.default_factory is not None:
        return cast(Callable[[], Any], field.default_factory)
    value = None if field.is_required() else field.default
    return lambda: value


class Work(Row):
    """Columns of a row that workers claim (`WorkState`): `ready`, then `leased` by one worker's token, then a final state.

    Work with an expired lease can be claimed again; only the holder of the token may complete it. Every table has an index
    `work_index`, along which claims read.
    """

    state: str = Field(default=WorkState.READY, max_length=16)
    due_at: datetime = time_column()
    lease_until: datetime | None = time_column(nullable=True)
    lease_token: str | None = Field(default=None, max_length=36)
    attempts: int = 0
    deaths: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many processes in a row died while they handled it."""
    last_hook: str | None = Field(default=None, max_length=130)
    """`connector.hook` of the hook that began last while it was handled after a death."""
