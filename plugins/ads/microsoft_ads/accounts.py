"""Signing in, the accounts that a sign-in reaches, and their conversion goals."""

from __future__ import annotations

from hub.api import JsonObject, as_mapping, as_mappings, as_text, each_item
from hub.api.ads import Call, JsonAds
from hub.api.oauth import AccountList, DestinationChoice, ProviderAccount, Scope, SignIn
from plugins.ads.microsoft_ads.calls import GOALS
from plugins.ads.microsoft_ads.settings import MicrosoftAdsSettings

SCOPES = ("https://ads.microsoft.com/msads.manage", "offline_access")
ASKS = (
    Scope(
        name=" ".join(SCOPES),
        title="Manage your Microsoft Advertising accounts",
        purpose="Upload, change and take back conversions; list accounts and goals; read what campaigns cost",
    ),
)
HEADERS = {"authorization": "Bearer {oauth_token}", "developertoken": "{developer_token}"}
USER = Call(path="{accounts_url}/CustomerManagement/v13/User/Query", body={"UserId": None}, headers=HEADERS)
SEARCH = Call(
    path="{accounts_url}/CustomerManagement/v13/Accounts/Search",
    body={
        "Predicates": [{"Field": "UserId", "Operator": "Equals", "Value": "{user}"}],
        "PageInfo": {"Index": "{page}", "Size": 1000},
    },
    headers=HEADERS,
)
"""The accounts of every customer that the user may use, also as an agency. Source: Customer Management v13, SearchAccounts."""


def web_sign_in(settings: MicrosoftAdsSettings) -> SignIn | None:
    """Where a person signs in; None without an application. The account must have multi-factor authentication."""
    if not settings.client_id:
        return None
    return SignIn(
        authorize_url=settings.authorize_url,
        token_url=settings.token_url,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=SCOPES,
        parameters={"prompt": "select_account"},
    )


def reachable(ads: JsonAds) -> AccountList:
    """Who signed in, and the ad accounts that they may use, with the customer of each."""
    user = as_mapping(ads.read(ads.request(USER, {}, ())).get("User"))
    name = str(user.get("Id") or "")
    found = each_item(
        lambda page: ads.read(ads.request(SEARCH, {"user": name, "page": page - 1}, ())), "Accounts", by="page"
    )
    return AccountList(accounts=tuple(map(_account, found)), signed_in_as=as_text(user.get("UserName")))


def _account(each: JsonObject) -> ProviderAccount:
    return ProviderAccount(
        id=str(each.get("Id")),
        name=as_text(each.get("Name")),
        details=(as_text(each.get("Number")),),
        settings={"customer_id": str(each.get("ParentCustomerId")), "account_id": str(each.get("Id"))},
        unusable="" if each.get("AccountLifeCycleStatus", "Active") == "Active" else "not active",
    )


def destinations(ads: JsonAds) -> list[DestinationChoice]:
    """The account's conversion goals. Offline goals take offline conversions only, event goals take UET events."""
    wanted = "OfflineConversion" if ads.settings.api == "offline" else "Event"
    goals = as_mappings(ads.read(ads.request(GOALS, {}, ())).get("ConversionGoals"))
    return [
        DestinationChoice(
            destination={"goal": as_text(goal.get("Name"))},
            name=as_text(goal.get("Name")),
            details=f"{goal.get('Id')}, {goal.get('CountType', 'All')}",
            unusable="" if goal.get("Status") == "Active" else "paused",
        )
        for goal in goals
        if goal.get("Type") == wanted
    ]
