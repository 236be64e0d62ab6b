"""A stand-in of Microsoft Advertising: the UET Conversions API, Campaign Management, the sign-in, accounts and reports."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from hub.api import JsonObject, json_object
from hub.api.ads import SHA256, Call, Cost, JsonAdsSandbox, has_shape
from hub.api.json_service import ServiceRequest
from hub.api.sandbox import SandboxSignIn, json_reply, reply, routed
from plugins.ads.microsoft_ads import MicrosoftAds
from plugins.ads.microsoft_ads.calls import ADJUST_OFFLINE, ADJUST_ONLINE, EVENTS, OFFLINE
from plugins.ads.microsoft_ads.costs import COLUMNS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
PERSON = {"MicrosoftClickId?": str, "HashedPhoneNumber?": SHA256, "HashedEmailAddress?": SHA256}
ADJUSTMENT = {
    "ConversionName": str, "AdjustmentType": ("Restate", "Retract"), "AdjustmentTime": TIME, "AdjustmentValue?": float,
    "AdjustmentCurrencyCode?": r"[A-Z]{3}",
}  # fmt: skip
SHAPES: JsonObject = {
    OFFLINE.path: {
        "ConversionName": str, "ConversionTime": TIME, **PERSON, "ConversionValue?": float,
        "ConversionCurrencyCode?": r"[A-Z]{3}",
    },
    ADJUST_OFFLINE.path: {**ADJUSTMENT, "ConversionTime": TIME, **PERSON},
    ADJUST_ONLINE.path: {**ADJUSTMENT, "TransactionId": str},
}  # fmt: skip


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
        self._spent: list[Cost] = []
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

    def is_signed_in(self, request: Request, call: ServiceRequest) -> bool:
        if call.path == EVENTS:
            return super().is_signed_in(request, call)
        given, wanted = request.headers, self.network.stand_in.settings
        names = {"developertoken": "developer_token", "customerid": "customer_id", "customeraccountid": "account_id"}
        return self.sign_in.allows(given.get("authorization", "")) and all(
            given.get(header) == wanted[name] for header, name in names.items()
        )

    def answer(
        self, call: Call, rows: Sequence[Mapping[str, object]], refusals: Sequence[str | None]
    ) -> tuple[int, Any]:
        if call.path == EVENTS:
            for row, why in zip(rows, refusals, strict=True):
                if why is None:
                    self.count(row)
            details = [
                {
                    "index": index, "propertyName": f"data[{index}]", "errorMessage": why, "errorCode": "InvalidEventTime",
                    "isWarning": False,
                }
                for index, why in enumerate(refusals)
                if why
            ][:10]  # fmt: skip
            error = {"error": {"code": "ValidationError", "message": "Some events are invalid.", "details": details}}
            if None not in refusals:
                return 400, error
            return 200, {"eventsReceived": refusals.count(None), **(error if details else {})}
        codes = [self._apply(call, row) for row in rows]
        errors = [
            {"Index": index, "Code": 5600, "ErrorCode": code, "Message": code, "FieldPath": None, "Type": "BatchError"}
            for index, code in enumerate(codes)
            if code
        ]
        return 200, {"PartialErrors": errors}

    def _apply(self, call: Call, row: Mapping[str, Any]) -> str | None:
        """Carry out one row of Campaign Management; its error code if it is refused."""
        if not has_shape(row, SHAPES[call.path]) or not (
            row.keys() & {"TransactionId", *(n.rstrip("?") for n in PERSON)}
        ):
            return "OfflineConversionMicrosoftClickIdInvalid"
        if row["ConversionName"] not in self._goals:
            return "OfflineConversionNameInvalid"
        key = row.get("TransactionId") or _identity(row)
        if call is OFFLINE:
            value = {"value": row.get("ConversionValue", 0), "currency": row.get("ConversionCurrencyCode")}
            self._counted.setdefault(key, {**row, **value, "retracted": False})
            return None
        if key not in self._counted:
            return "OfflineConversionNotFound"
        if (row["AdjustmentType"] == "Restate") != ("AdjustmentValue" in row):
            return "OfflineConversionAdjustmentValueRequired"
        if row["AdjustmentType"] == "Retract":
            self._counted[key]["retracted"] = True
        else:
            self._counted[key] |= {"value": row["AdjustmentValue"], "currency": row.get("AdjustmentCurrencyCode")}
        return None

    def app(self) -> Any:
        pages = {
            "/authorize": self._authorize,
            "/token": self._token,
            "/CampaignManagement/v13/ConversionGoals/QueryByIds": self._account,
            "/CustomerManagement/v13/User/Query": self._account,
            "/CustomerManagement/v13/Accounts/Search": self._account,
            "/Reporting/v13/GenerateReport/Submit": self._account,
            "/Reporting/v13/GenerateReport/Poll": self._account,
            "/report.zip": self._download,
        }
        pages["/{path:path}"] = self._serve
        return routed([(path, page, ["GET", "POST"]) for path, page in pages.items()])

    async def _authorize(self, request: Request) -> Response:
        return reply(*self.sign_in.page_reply(request.method, dict(request.query_params), await request.body()))

    async def _token(self, request: Request) -> Response:
        status, body = self.sign_in.token(dict(parse_qsl((await request.body()).decode("utf-8", "replace"))))
        return json_reply(body, status)

    async def _account(self, request: Request) -> Response:
        """What needs a token and answers from the account."""
        if not self.sign_in.allows(request.headers.get("authorization", "")) or "developertoken" not in request.headers:
            error = {"Code": 105, "ErrorCode": "InvalidCredentials", "Message": "Authentication failed."}
            return json_reply({"TrackingId": "t", "Type": "AdApiFaultDetail", "Errors": [error]}, 401)
        body = json_object(await request.body()) or {}
        known = self.network.stand_in.settings
        match request.url.path.rsplit("/", 2)[-2:]:
            case ["ConversionGoals", _]:
                both = [(name, kind) for name in sorted(self._goals) for kind in ("Event", "OfflineConversion")]
                goals = [{"Id": "1", "Name": n, "Type": k, "Status": "Active", "CountType": "All"} for n, k in both]
                return json_reply({"ConversionGoals": goals, "PartialErrors": []})
            case ["User", _]:
                return json_reply({"User": {"Id": "3003", "CustomerId": "1009", "UserName": "pat@example.com"}})
            case ["Accounts", _]:
                account = {"Id": known["account_id"], "ParentCustomerId": known["customer_id"], "Number": "X0000001"}
                mine = body.get("Predicates") == [{"Field": "UserId", "Operator": "Equals", "Value": "3003"}]
                listed = [{**account, "Name": "Example Plumbing", "AccountLifeCycleStatus": "Active"}]
                return json_reply({"Accounts": listed if mine and body["PageInfo"]["Index"] == 0 else []})
            case [_, "Submit"]:
                span = [body["ReportRequest"]["Time"][f"CustomDateRange{end}"] for end in ("Start", "End")]
                number = str(len(self._reports) + 1)
                first, last = (date(at["Year"], at["Month"], at["Day"]) for at in span)
                self._reports[number] = (first, last)
                return json_reply({"ReportRequestId": number})
            case _:
                url = f"{self.url}/report.zip?id={body['ReportRequestId']}"
                return json_reply({"ReportRequestStatus": {"Status": "Success", "ReportDownloadUrl": url}})

    async def _download(self, request: Request) -> Response:
        first, last = self._reports[request.query_params["id"]]
        text, archive = io.StringIO(), io.BytesIO()
        rows = csv.writer(text)
        rows.writerow(COLUMNS)
        for cost in (each for each in self._spent if first <= each.day <= last):
            rows.writerow(
                (
                    cost.day, cost.campaign_id, cost.campaign, cost.ad_group_id, cost.ad_group, cost.cost.amount, cost.clicks,
                    cost.impressions, cost.cost.currency,
                )
            )  # fmt: skip
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("report.csv", "\ufeff" + text.getvalue())
        return reply(archive.getvalue(), media_type="application/zip")


def _identity(row: Mapping[str, object]) -> str:
    person = next(row[name] for name in (n.rstrip("?") for n in PERSON) if name in row)
    return f"{person} {row['ConversionName']} {row['ConversionTime']}"
