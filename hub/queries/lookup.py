"""Finds the rows that a user typed: calls, texts and deliveries by id or a part of it; also checks names and places."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, or_, select

from hub.contracts.places import is_place
from hub.errors import CannotDo, NotFound
from hub.model import Account, Call, Company, Delivery, FormSubmission, TextMessage

MIN_ID_CHARACTERS = 6
"""Minimum number of characters of an id to search for."""
MAX_ID_CHARACTERS = 64
"""Length of the longest id, in characters."""
MAX_MATCHES_NAMED = 5


def find_subject(session: Session, wanted: str) -> Call | TextMessage | FormSubmission:
    """The call, text or form with an id, a part of it, or the carrier's id; CannotDo if none or several are found."""
    text = typed(wanted)
    found: list[object] = [
        *by_id(session, Call, text, Call.carrier_call_id),
        *by_id(session, TextMessage, text, TextMessage.carrier_message_id),
        *by_id(session, FormSubmission, text, FormSubmission.submission_key),
    ]
    return one(found, "call, text or form", text)  # type: ignore[no-any-return]


def find_deliveries(session: Session, wanted: str) -> list[Delivery]:
    """The deliveries with an id, an item's key, or a part of either; grouped by item, oldest first."""
    text = typed(wanted)
    exact = select(Delivery).where((Delivery.id == text) | (Delivery.item_key == text)).order_by(col(Delivery.id))
    found = list(session.exec(exact)) or _by_part(session, Delivery, text, Delivery.id, Delivery.item_key)
    if len({delivery.item_key for delivery in found}) > 1:
        one(found, "delivery", text)
    if not found:
        raise missing("delivery", text)
    return found


def full_id(session: Session, table: Any, wanted: str, what: str) -> str:
    """The id of the row that was typed in full or in part; as typed if there is none; CannotDo if several fit."""
    text = typed(wanted)
    found = by_id(session, table, text, table.id)
    return one(found, what, text).id if found else text


def by_id(session: Session, table: Any, text: str, carrier_id: Any) -> list[Any]:
    """The rows of a table with an id, a part of it, or the carrier's id."""
    exact = list(session.exec(select(table).where((table.id == text.lower()) | (carrier_id == text))))
    return exact or _by_part(session, table, text, table.id)


def _by_part(session: Session, table: Any, text: str, *columns: Any) -> list[Any]:
    part = text.lower().lstrip("…")
    if not MIN_ID_CHARACTERS <= len(part) <= MAX_ID_CHARACTERS:
        return []
    fits = [
        col(column).startswith(part, autoescape=True) | col(column).endswith(part, autoescape=True)
        for column in columns
    ]
    return list(session.exec(select(table).where(or_(*fits)).order_by(table.id).limit(100)))


def one(found: list[Any], what: str, text: str) -> Any:
    """The only row found; CannotDo if none or several are found."""
    if len(found) == 1:
        return found[0]
    if not found:
        raise missing(what, text)
    raise _ambiguous([row.id for row in found], text)


def among(ids: Iterable[str], wanted: str) -> str:
    """The one of `ids` that was typed in full or in part; as typed if it is none of them; CannotDo if several fit."""
    text = typed(wanted).lower().lstrip("…")
    there = list(ids)
    if text in there or len(text) < MIN_ID_CHARACTERS:
        return text
    found = [each for each in there if each.startswith(text) or each.endswith(text)]
    if len(found) > 1:
        raise _ambiguous(found, text)
    return found[0] if found else text


def _ambiguous(ids: list[str], text: str) -> CannotDo:
    named = ", ".join(ids[:MAX_MATCHES_NAMED]) + (" …" if len(ids) > MAX_MATCHES_NAMED else "")
    return CannotDo(f"{len(ids)} have {text!r} at an end of their id; give more of it: {named}.")


def missing(what: str, text: str) -> NotFound:
    """Why nothing was found, and what to try."""
    if len(text) < MIN_ID_CHARACTERS:
        return NotFound(
            f"No {what} has the id {text!r}; give at least {MIN_ID_CHARACTERS} characters from either end of it."
        )
    return NotFound(f"No {what} has the id {shown(text)!r} or one that starts or ends with it.")


def typed(text: str) -> str:
    """What was typed, as text that a database accepts: a terminal may pass bytes that are not valid characters."""
    return text.encode("utf-8", "replace").decode().replace("\0", "").strip()


def shown(text: str) -> str:
    """What was typed, in a form that an error may repeat: without a phone number, and shortened."""
    return re.sub(r"\+?\d{9,15}\b", "…", typed(text))[:60]


def known(name: str, names: Iterable[str], what: str) -> str:
    """`name` if it is one of `names`; otherwise CannotDo lists them, the most similar first."""
    there = list(names)
    if name in there:
        return name
    near = difflib.get_close_matches(name, there, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(there) or 'none'}."
    raise CannotDo(f"config.yaml has no {what} {shown(name)!r}; {hint}")


def named_among(companies: Sequence[Company], names: str | None) -> list[Company]:
    """Those of the companies that are named, with commas between the names; all if none is named. CannotDo says which name is
    none of theirs."""
    wanted = {name.strip() for name in (names or "").split(",")} - {""}
    for name in sorted(wanted):
        known(name, [each.name for each in companies], "company")
    return [each for each in companies if not wanted or each.name in wanted]


def known_place(text: str, unions: Iterable[str] = ()) -> str:
    """A place as the law tables write it (`US`, `US-CA`, `CA-QC`), or one of `unions`; CannotDo if it does not exist.

    Without this check, a place that is in no table would be judged as unknown, for example UK instead of GB.
    """
    code = text.strip().upper()
    if code not in unions and not is_place(code):
        raise CannotDo(
            f"{shown(text)!r} is not a place; write an ISO 3166 country or its region, like US, US-CA, CA-QC, GB or DE."
        )
    return code


def account_named(session: Session, wanted: str | None) -> Account:
    """The account with this name in config.yaml, or the only one if none is named; CannotDo lists them."""
    accounts = session.exec(select(Account).order_by(col(Account.name))).all()
    if wanted is None and len(accounts) == 1:
        return accounts[0]
    for each in accounts:
        if wanted is not None and each.name == typed(wanted):
            return each
    names = ", ".join(each.name for each in accounts) or "none yet; start the hub with hub run"
    raise CannotDo(f"Choose an account with --account; there are: {names}.")


def company_named(session: Session, wanted: str) -> Company:
    """A company that is in use, by its name; CannotDo names the similar ones."""
    companies = {each.name: each for each in session.exec(select(Company).where(col(Company.disabled_at).is_(None)))}
    return companies[known(wanted, companies, "company")]
