"""`/numbers/cap`: the most that the numbers of the account, or of the chosen company, may cost a month."""

from __future__ import annotations

import re
from decimal import Decimal

from starlette.responses import Response

from hub.contracts.values import Money
from hub.errors import CannotDo
from hub.numbers.budget import budget_of, set_cap
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

CURRENCY = re.compile(r"[A-Z]{3}")
AMOUNT = re.compile(r"\d{1,7}(\.\d{1,2})?")


def change(page: PageRequest) -> Response:
    """Set the cap, or lift it if the field is empty."""
    wanted = read_amount(page.value("amount"), page.value("currency") or "USD")
    with page.hub.store.writing() as session:
        company_id = page.company.id if page.company else None
        set_cap(session, page.user.account_id, wanted, page.user.id, page.now, company_id=company_id)
    return page.redirect(page.link("/numbers"), "The cap is set." if wanted else "There is no cap anymore.")


def read_amount(text: str, currency: str) -> Money | None:
    """$40, 40 or 40.00 as money; None if it is empty. CannotDo says how to write it."""
    text = text.replace(",", "").strip().lstrip("$").strip()
    if not text:
        return None
    if AMOUNT.fullmatch(text) is None or CURRENCY.fullmatch(currency.upper()) is None:
        raise CannotDo("Write the amount like 40.00, and the currency like USD.")
    return Money(Decimal(text), currency.upper())


def cap(page: PageRequest) -> Response:
    """The form."""
    with page.hub.store.reading() as session:
        budget = budget_of(session, page.user.account_id, company_id=page.company.id if page.company else None)
    currency = budget.cap.currency if budget.cap else next(iter(sorted(budget.costs)), "USD")
    return page.render(
        "numbers_cap.html",
        title="What numbers may cost",
        budget=budget,
        amount=page.value("amount") or (f"{budget.cap.amount:.2f}" if budget.cap else ""),
        currency=page.value("currency") or currency,
    )


PAGES = (
    Page("/numbers/cap", cap, action="configure"),
    Page("/numbers/cap", change, action="configure", method="POST", again=cap),
)
