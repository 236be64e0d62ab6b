"""Does the org answer, how many requests are left today, and can the integration user see what the settings name?"""

from __future__ import annotations

from collections.abc import Mapping

from hub.api import ConnectionReport, RetryLater, as_text
from hub.api.oauth import AccountList, ProviderAccount

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


def org(connection: Connection, token: Mapping[str, object]) -> AccountList:
    """The org that a token is for, and the user who signed in: the token's identity URL ends with the user's id."""
    rows = connection.select("SELECT Id, Name, IsSandbox FROM Organization LIMIT 1")
    if not rows:
        raise RetryLater("Salesforce did not name the org; the hub tries again.")
    user_id = as_text(token.get("id")).rpartition("/")[2]
    users = connection.select("SELECT Username FROM User WHERE Id = {}", user_id) if user_id else []
    details = ("sandbox org",) if rows[0].get("IsSandbox") else ()
    account = ProviderAccount(id=str(rows[0]["Id"]), name=as_text(rows[0].get("Name")), details=details)
    return AccountList(accounts=(account,), signed_in_as=as_text(users[0].get("Username")) if users else "")
