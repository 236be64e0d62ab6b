"""Clean stored web addresses of personal data and click ids, and what was read off them of e-mail addresses and numbers."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from hub.contracts.clean_urls import clean_text, clean_url, is_personal_value, without_click_ids

revision = "0004"
down_revision = "0003"

MAX_ROWS = 500
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MEASURES = ("calls", "answered", "first_time", "texts", "forms", "conversions", "amount")
NAMES = ("company_id", "model", "dimension", "day", "value", "currency")


def upgrade() -> None:
    rules = sa.text("SELECT value FROM source_rule WHERE kind = 'parameter'")
    also = frozenset(value.partition("=")[0] for (value,) in op.get_bind().execute(rules))

    def url(address: str) -> str | None:
        clean = clean_url(address, also)
        return without_click_ids(clean) if clean else None

    origin: dict[str, Callable[[Any], Any]] = {"source": _word, "medium": _word, "campaign": _tag, "keyword": _word, "trace": _lines}
    _clean("visit", "id", {"landing_page": url, "referrer": url, "parameters": _tags, **origin})
    _clean("attribution", "subject_id", {"landing_page": url, "candidates": _candidates, **origin})
    _clean("page_view", "id", {"url": url, "title": clean_text})
    _clean("form_submission", "id", {"page": url})
    for table in ("day_rollup", "month_rollup", "year_rollup"):
        _add_up(table)


def _word(text: str) -> str:
    return clean_text(text) if is_personal_value("utm_term", quote(text, errors="replace")) else text


def _tag(text: str) -> str:
    """A campaign, which may be an ad network's id."""
    return clean_text(text) if is_personal_value("utm_campaign", quote(text, errors="replace")) else text


def _tags(tags: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in tags.items() if not is_personal_value(name, quote(str(value), errors="replace"))
    }


def _lines(lines: list[str]) -> list[str]:
    return [_tag(line) for line in lines]


def _candidates(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "source": _word(str(each.get("source", "")))} for each in candidates]


def _page(value: str) -> str:
    """A landing page as roll-ups name it: host and path."""
    clean = clean_url(value if value.startswith("/") else f"https://{value}")
    return clean.removeprefix("https://") if clean else clean_text(value)


def _clean(name: str, key: str, cleaners: dict[str, Callable[[Any], Any]]) -> None:
    types = {"parameters": JSON, "trace": JSON, "candidates": JSON}
    table = sa.table(name, sa.column(key), *(sa.column(column, types.get(column)) for column in cleaners))
    bind = op.get_bind()
    for rows in _chunks(table, key):
        for row in rows:
            # A row that was emptied holds JSON's null or nothing.
            held = {column: row[column] for column in cleaners if row[column]}
            clean = {column: cleaners[column](value) for column, value in held.items()}
            changed = {column: value for column, value in clean.items() if value != held[column]}
            if changed:
                bind.execute(sa.update(table).where(table.c[key] == row[key]).values(changed))


def _chunks(table: sa.TableClause, key: str) -> Iterator[list[Any]]:
    last = ""
    while True:
        chunk = sa.select(table).where(table.c[key] > last).order_by(table.c[key]).limit(MAX_ROWS)
        rows = list(op.get_bind().execute(chunk).mappings())
        if not rows:
            return
        yield rows
        last = rows[-1][key]


def _add_up(name: str) -> None:
    """Give roll-ups of a value that was cleaned to the clean value, on which others may stand already."""
    cleaners = {"landing_page": _page, "keyword": _word, "campaign": _tag, "source": _word}
    table, bind = sa.table(name, *map(sa.column, (*NAMES, *MEASURES))), op.get_bind()
    values = bind.execute(sa.select(table.c.dimension, table.c.value).distinct()).all()
    for dimension, value in values:
        clean = cleaners[dimension](value) if value and dimension in cleaners else value
        if clean == value:
            continue
        where = (table.c.dimension == dimension) & (table.c.value == value)
        rows = bind.execute(sa.select(table).where(where)).mappings().all()
        bind.execute(sa.delete(table).where(where))
        for row in rows:
            place = {each: row[each] for each in NAMES} | {"value": clean}
            there = sa.and_(*(table.c[each] == place[each] for each in NAMES))
            before = bind.execute(sa.select(table).where(there)).mappings().first()
            sums = {each: row[each] + (before[each] if before else 0) for each in MEASURES}
            if before:
                bind.execute(sa.update(table).where(there).values(sums))
            else:
                bind.execute(sa.insert(table).values({**place, **sums}))
