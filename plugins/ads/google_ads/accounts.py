"""The accounts that a sign-in reaches, and an account's conversion actions: the Google Ads API over REST.

Sources: Google Ads API, "Get account hierarchy" (customer_client), "Conversion actions" (ConversionActionType), "REST".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.api import RingfenceError, as_mapping, as_text
from hub.api.oauth import AccountList, DestinationChoice, ProviderAccount
from plugins.ads.google_ads.conversion import NO_BRAID
from plugins.ads.google_ads.search import Search, SearchRefused
from plugins.ads.google_ads.settings import GoogleAdsSettings

HIERARCHY = (
    "SELECT customer_client.id, customer_client.descriptive_name, customer_client.currency_code, "
    "customer_client.time_zone, customer_client.manager, customer_client.status "
    "FROM customer_client WHERE customer_client.level <= 1"
)
ACTIONS = (
    "SELECT conversion_action.id, conversion_action.name, conversion_action.type, conversion_action.status, "
    "conversion_action.primary_for_goal, conversion_action.counting_type FROM conversion_action "
    "WHERE conversion_action.status != 'REMOVED'"
)
STATUSES = {"CANCELED": "Closed at Google", "CLOSED": "Closed at Google", "SUSPENDED": "Suspended by Google"}
TAKES_UPLOADS = {"UPLOAD_CLICKS": "conversion_action", "UPLOAD_CALLS": "call_conversion_action"}
"""Kind of conversion action → the key below `send_to:` that names it."""
OTHER_KINDS = {
    "WEBPAGE": "it is counted by a tag",
    "WEBPAGE_CODELESS": "it is counted by a tag",
    "WEBSITE_CALL": "Google counts calls from the website itself",
    "AD_CALL": "Google counts calls from ads itself",
    "CLICK_TO_CALL": "Google counts clicks on numbers itself",
}


class Accounts:
    """Google Ads, asked about itself."""

    def __init__(self, settings: GoogleAdsSettings, search: Search) -> None:
        self._settings, self._search = settings, search

    def reachable(self) -> AccountList:
        """The accounts that were shared with the person, and those below a manager account."""
        found: dict[str, ProviderAccount] = {}
        for root in self._search.accessible():
            for account in self._below(root):
                known = found.get(account.id)
                if known is None or (known.unusable and not account.unusable):
                    found[account.id] = account
        return AccountList(accounts=tuple(found.values()))

    def conversion_actions(self) -> list[DestinationChoice]:
        """The conversion actions of the account in the settings."""
        try:
            return [_choice(action) for action in self._actions()]
        except SearchRefused:
            return []

    def counting_hint(self) -> str:
        """A sentence about the conversion actions that count one per click; empty if there is none, or if Google does not
        show them to this sign-in."""
        try:
            found = [
                f"{as_text(action.get('name'))} ({action.get('id')})"
                for action in self._actions()
                if action.get("type") == "UPLOAD_CLICKS" and action.get("countingType") == "ONE_PER_CLICK"
            ]
        except (SearchRefused, RingfenceError):
            return ""
        return f" Set Count to Every in Google Ads for {', '.join(found)}: {NO_BRAID}" if found else ""

    def _actions(self) -> Iterator[Mapping[str, object]]:
        customer, manager = self._settings.customer_id, self._settings.login_customer_id
        for row in self._search.rows(customer, manager or customer, ACTIONS):
            yield as_mapping(row.get("conversionAction"))

    def _below(self, root: str) -> Iterator[ProviderAccount]:
        try:
            rows = self._search.rows(root, root, HIERARCHY)
        except SearchRefused:
            yield ProviderAccount(id=root, name=dashed(root), unusable="Closed at Google, or not open to this sign-in")
            return
        for row in rows:
            yield _account(as_mapping(row.get("customerClient")), root)


def dashed(digits: str) -> str:
    """123-456-7890, as Google writes an account's id."""
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"


def _account(client: Mapping[str, object], root: str) -> ProviderAccount:
    number = str(client.get("id") or "")
    status = as_text(client.get("status"))
    manager = client.get("manager") is True
    unusable = "" if status == "ENABLED" else STATUSES.get(status, "Not open at Google")
    place = as_text(client.get("timeZone")).rpartition("/")[2].replace("_", " ")
    details = (dashed(number), ", ".join(filter(None, (as_text(client.get("currencyCode")), place))))
    return ProviderAccount(
        id=number,
        name=as_text(client.get("descriptiveName")) or dashed(number),
        details=(*details, "manager") if manager else details,
        settings={"customer_id": dashed(number), **({"login_customer_id": dashed(root)} if root != number else {})},
        unusable=unusable or ("It is a manager account, which holds other accounts" if manager else ""),
    )


def _choice(action: Mapping[str, object]) -> DestinationChoice:
    number, kind = str(action.get("id") or ""), as_text(action.get("type"))
    unusable = ""
    if kind not in TAKES_UPLOADS:
        why = OTHER_KINDS.get(kind, f"it is of the kind {kind.lower().replace('_', ' ')}")
        unusable = f"Google takes no uploads for this one: {why}. Choose one that imports from clicks."
    elif as_text(action.get("status")) != "ENABLED":
        unusable = "It is switched off at Google."
    details = [number, "primary" if action.get("primaryForGoal") is True else "secondary"]
    if kind == "UPLOAD_CALLS":
        details.append("for calls straight from ads")
    elif kind == "UPLOAD_CLICKS" and action.get("countingType") == "ONE_PER_CLICK":
        details.append("counts one per click: refuses clicks on iOS")
    return DestinationChoice(
        destination={TAKES_UPLOADS.get(kind, "conversion_action"): int(number) if number.isdecimal() else number},
        name=as_text(action.get("name")) or number,
        details=", ".join(details),
        unusable=unusable,
    )
