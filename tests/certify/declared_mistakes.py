"""Mistakes in plugins for ad networks that are one declaration in one file, as `hub new-plugin` writes them."""

from __future__ import annotations

from mistaken_plugins import DOCUMENTED, Mistake, mistake

INIT = "__init__.py"
ROW = '        return {\n            "id"'
TELLING = (
    '        if not item.click_ids:\n            return self.unmatched(item, f"No click of {item.phone_number}.")\n'
)

DECLARED_ADS: tuple[Mistake, ...] = (
    mistake(
        "a third party without an address",
        (INIT, '            postal_address="1 Example Street, Springfield, IL 62701, USA",\n', ""),
        promise="The manifest names who receives what and where",
        says="give the recipient's postal_address: it is a third party, and an answer to people in California must name its",
    ),
    mistake(
        "a consent that is unknown becomes a yes",
        (INIT, '"unknown": None', '"unknown": True'),
        promise="Granted, denied and unknown permissions differ in what is sent",
        says="a permission that is unknown is sent exactly as one that was granted; use the network's consent fields, or dec",
    ),
    mistake(
        "the token in the address",
        (INIT, '/conversions", body={"rows": ROWS})', '/conversions?t={access_token}", body={"rows": ROWS})'),
        promise="No address holds personal data or a secret",
        says="A conversion is not valid. Check the connector's settings.",
    ),
    mistake(
        "the currency is fixed in the row",
        (INIT, '"currency": item.currency', '"currency": "USD"'),
        promise="A conversion travels under our key with its value (87.65 EUR)",
        says="no request says that it is EUR",
    ),
    mistake(
        "the value is rounded",
        (INIT, "item.amount", "round(item.amount or 0)"),
        promise="A conversion travels under our key with its value (87.65 EUR)",
        says="no request holds the conversion's value",
    ),
    mistake(
        "the number's hash in the reason of a row without a click",
        (INIT, ROW, f"{TELLING}{ROW}"),
        promise="A poor conversion still gets its receipt (a click id)",
        says="of a conversion without a click id the reason tells",
    ),
    mistake(
        "half an hour early",
        (INIT, "item.occurred_at.isoformat()", "(item.occurred_at - timedelta(minutes=30)).isoformat()"),
        promise="A conversion travels with the time of its event in any time zone",
        says="no request holds the time of the event",
    ),
    mistake(
        "a click id that is declared and not sent",
        (INIT, '            "click_id": item.click_ids.get("tame_click"),\n', ""),
        promise="Each declared click id of a landing page reaches the network",
        says="tame_click is declared and captured, but not sent: leave it out or send it",
    ),
    mistake(
        "the key is left out",
        (INIT, '"id": item.key', '"id": item.occurred_at.isoformat()'),
        promise="A conversion travels under our key with its value (43.21 USD)",
        says="no request holds the conversion",
    ),
    mistake(
        "a dry run that counts",
        (INIT, ', "validate_only": True', ""),
        promise="A conversion counts with its value",
        says="the conversion does not count under its key: use it as the network's transaction id",
    ),
    mistake(
        "a count that is not read",
        (INIT, ', count="taken"', ""),
        promise=f"{DOCUMENTED} (two calls)",
        says="instead of 'RetryLater'",
    ),
)
