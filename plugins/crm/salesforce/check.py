"""Does the org answer, how many requests are left today, and can the integration user see what the settings name?"""

from __future__ import annotations

from collections.abc import Mapping

from hub.api import ConnectionReport

from .connection import Connection


def report(connection: Connection) -> ConnectionReport:
    """The result of the check; raises the same errors as every call."""
    daily = connection.limits().get("DailyApiRequests")
    settings = connection.settings
    names = ", ".join(dict.fromkeys(["Id", settings.call_key_field, "CallDurationInSeconds", *settings.task_fields]))
    connection.select(f"SELECT {names} FROM Task LIMIT 1")  # noqa: S608 - the settings admit only fields' names
    connection.select(f"SELECT Id{', CurrencyIsoCode' if settings.multi_currency else ''} FROM Opportunity LIMIT 1")  # noqa: S608
    left = f"; {daily['Remaining']} of {daily['Max']} API requests are left today" if isinstance(daily, Mapping) else ""
    return ConnectionReport(ok=True, detail=f"Salesforce answers{left}.")
