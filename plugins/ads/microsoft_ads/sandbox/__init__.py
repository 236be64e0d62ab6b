"""A stand-in of Microsoft Advertising: what `rules.yaml` does not say of goals, changes, the sign-in, accounts and reports."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from hub.api import JsonObject, value_at
from hub.api.ads import Call, Cost, JsonAdsSandbox
from hub.api.json_service import ServiceRequest
from hub.api.sandbox import SandboxSignIn, VendorReply, json_reply, reply, routed
from plugins.ads.microsoft_ads import MicrosoftAds
from plugins.ads.microsoft_ads.accounts import SEARCH, USER
from plugins.ads.microsoft_ads.costs import COLUMNS, POLL, SUBMIT

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

USER_ID = "3003"
IDS = ("MicrosoftClickId", "HashedPhoneNumber", "HashedEmailAddress")


class Sandbox(JsonAdsSandbox):
    """One tag and one ad account. An offline conversion is known by its person, name and time."""

    network = MicrosoftAds

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        known = self.network.stand_in.settings
        self.sign_in = SandboxSignIn(
            self.clock,
            provider="Microsoft",
            client_id=known["client_id"],
            client_secret=known["client_secret"],
            refresh_token=known["refresh_token"],
        )
        self._goals = {"Qualified call"}
        self._reports: dict[str, tuple[date, date]] = {}

    def settings(self) -> JsonObject:
        urls = dict.fromkeys(("base_url", "uet_url", "accounts_url", "reports_url"), self.url)
        tokens = {"authorize_url": f"{self.url}/authorize", "token_url": f"{self.url}/token"}
        return {**super().settings(), **urls, **tokens}

    def know_destination(self, destination: Mapping[str, object]) -> None:
        self._goals.add(str(destination["goal"]))

    def spend(self, cost: Cost) -> None:
        self._spent.append(cost)

    def spent(self) -> Sequence[Cost]:
        return list(self._spent)

    def _declared(self) -> Iterable[Call | None]:
        return (*super()._declared(), USER, SEARCH, SUBMIT, POLL)

    def is_signed_in(self, request: Request, call: ServiceRequest) -> bool:
        given, known = request.headers, self.network.stand_in.settings
        if request.url.path.startswith("/v1/"):
            return given.get("authorization") == f"Bearer {known['uet_token']}"
        names = {"developertoken": "developer_token"}
        if not request.url.path.startswith("/CustomerManagement"):
            names |= {"customerid": "customer_id", "customeraccountid": "account_id"}
        return self.sign_in.allows(given.get("authorization", "")) and all(
            given.get(header) == known[name] for header, name in names.items()
        )

    def answered(self, said: VendorReply) -> tuple[int, Any]:
        is_tag = "{tag_id}" in said.operation and said.answer == "invalid_credentials"
        return super().answered(replace(said, answer="unauthorized") if is_tag else said)

    def taken(self, said: VendorReply, calls: Sequence[ServiceRequest]) -> tuple[int, Any]:
        if "{tag_id}" in said.operation:
            status, body = super().taken(said, calls)
            details = value_at(body, "error.details")
            if isinstance(details, list):
                del details[10:]
            if not body["eventsReceived"]:
                return 400, {"error": body["error"]}
            return status, body
        if said.rows and said.operation.endswith("/Apply"):
            return super().taken(said, calls)
        return 200, self._account(said.operation.removeprefix("POST "), said.request["body"])

    def row_answer(self, row: Mapping[str, Any], said: VendorReply) -> str | None:
        if "ConversionName" not in row:
            return super().row_answer(row, said)
        planned = self.next_row_answer()
        if planned or row["ConversionName"] not in self._goals:
            return planned or "name_invalid"
        self.count(row)
        return None

    def count(self, row: Mapping[str, Any]) -> None:
        if "ConversionName" not in row:
            return super().count(row)
        key = row.get("TransactionId") or _identity(row)
        if "AdjustmentType" not in row:
            value = {"value": row.get("ConversionValue", 0), "currency": row.get("ConversionCurrencyCode")}
            self._counted.setdefault(key, {**row, **value, "retracted": False})
        elif key in self._counted:
            value = {"value": row.get("AdjustmentValue"), "currency": row.get("AdjustmentCurrencyCode")}
            self._counted[key] |= {"retracted": True} if row["AdjustmentType"] == "Retract" else value

    def app(self) -> Any:
        pages = {"/authorize": self._authorize, "/token": self._token, "/report.zip": self._download}
        return routed([(path, page, ["GET", "POST"]) for path, page in {**pages, "/{path:path}": self._serve}.items()])

    async def _authorize(self, request: Request) -> Response:
        return reply(*self.sign_in.page_reply(request.method, dict(request.query_params), await request.body()))

    async def _token(self, request: Request) -> Response:
        status, body = self.sign_in.token(dict(parse_qsl((await request.body()).decode("utf-8", "replace"))))
        return json_reply(body, status)

    def _account(self, path: str, body: JsonObject) -> JsonObject:
        """What the account holds."""
        known = self.network.stand_in.settings
        match path.rsplit("/", 2)[-2:]:
            case ["ConversionGoals", _]:
                both = [(name, kind) for name in sorted(self._goals) for kind in ("Event", "OfflineConversion")]
                goals = [{"Id": "1", "Name": n, "Type": k, "Status": "Active", "CountType": "All"} for n, k in both]
                return {"ConversionGoals": goals, "PartialErrors": []}
            case ["User", _]:
                return {"User": {"Id": USER_ID, "CustomerId": "1009", "UserName": "pat@example.com"}}
            case ["Accounts", _]:
                account = {"Id": known["account_id"], "ParentCustomerId": known["customer_id"], "Number": "X0000001"}
                is_first = body["Predicates"][0]["Value"] == USER_ID and body["PageInfo"]["Index"] == 0
                listed = [{**account, "Name": "Example Plumbing", "AccountLifeCycleStatus": "Active"}]
                return {"Accounts": listed if is_first else []}
            case [_, "Submit"]:
                span = [body["ReportRequest"]["Time"][f"CustomDateRange{end}"] for end in ("Start", "End")]
                number = str(len(self._reports) + 1)
                first, last = (date(at["Year"], at["Month"], at["Day"]) for at in span)
                self._reports[number] = (first, last)
                return {"ReportRequestId": number}
            case _:
                url = f"{self.url}/report.zip?id={body['ReportRequestId']}"
                return {"ReportRequestStatus": {"Status": "Success", "ReportDownloadUrl": url}}

    async def _download(self, request: Request) -> Response:
        first, last = self._reports[request.query_params["id"]]
        text, archive = io.StringIO(), io.BytesIO()
        rows = csv.writer(text)
        rows.writerow(COLUMNS)
        for cost in (each for each in self._spent if first <= each.day <= last):
            rows.writerow(
                (
                    cost.day, cost.campaign_id, cost.campaign, cost.ad_group_id, cost.ad_group, f"{cost.cost.amount:,}",
                    f"{cost.clicks:,}", f"{cost.impressions:,}", cost.cost.currency,
                )
            )  # fmt: skip
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("report.csv", "\ufeff" + text.getvalue())
        return reply(archive.getvalue(), media_type="application/zip")


def _identity(row: Mapping[str, Any]) -> str:
    person = next(row[name] for name in IDS if name in row)
    return f"{person} {row['ConversionName']} {row['ConversionTime']}"
