"""What ad groups cost by day: Microsoft's reports, which are made in the background and fetched as a zipped CSV."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal, InvalidOperation

from hub.api import JsonObject, Money, NotSupported, RetryLater, as_text, value_at
from hub.api.ads import Call, Cost, Days, JsonAds
from plugins.ads.microsoft_ads.calls import ACCOUNT

COLUMNS = (
    "TimePeriod", "CampaignId", "CampaignName", "AdGroupId", "AdGroupName", "Spend", "Clicks", "Impressions", "CurrencyCode",
)  # fmt: skip
SUBMIT = Call(
    path="{reports_url}/Reporting/v13/GenerateReport/Submit", body={"ReportRequest": "{report}"}, headers=ACCOUNT
)
POLL = Call(path="{reports_url}/Reporting/v13/GenerateReport/Poll", body={"ReportRequestId": "{id}"}, headers=ACCOUNT)
NOTE = "cost report"
MAX_BYTES = 50_000_000
WAIT = 60.0
TIME_ZONE = "GreenwichMeanTimeDublinEdinburghLisbonLondon"
"""Where a day begins of which a report is asked for: not later than at the companies in America, whose today Microsoft takes
for a day of the future otherwise. Its default is the Pacific coast. Source: Reporting v13, ReportTime."""


def pull_costs(ads: JsonAds, days: Days) -> list[Cost]:
    """The rows of a report that is ready; RetryLater while Microsoft makes it. A note keeps the id of the one under way."""
    if not ads.settings.account_id:
        raise NotSupported("To read what ads cost, sign in to the ad account on the page of connectors.")
    memory, wanted = ads.services.memory, f"{days.first} {days.last}"
    noted: dict[str, str] = json.loads(memory.get(NOTE) or "{}")
    if noted.get("days") != wanted:
        report = as_text(ads.read(ads.request(SUBMIT, {"report": _report(ads, days)}, ())).get("ReportRequestId"))
        noted = {"days": wanted, "id": report}
        memory.put(NOTE, json.dumps(noted))
    status = ads.read(ads.request(POLL, {"id": noted["id"]}, ()))
    word = value_at(status, "ReportRequestStatus.Status")
    if word != "Success":
        if word == "Error":
            memory.put(NOTE, "{}")
        raise RetryLater("Microsoft is still making the report of costs.", WAIT)
    memory.put(NOTE, "{}")
    address = value_at(status, "ReportRequestStatus.ReportDownloadUrl")
    if not address:
        return []
    content = ads.services.send(ads.provider, "GET", str(address)).content
    return [_cost(row) for row in _rows(content)]


def _report(ads: JsonAds, days: Days) -> JsonObject:
    def day(at: date) -> dict[str, int]:
        return {"Day": at.day, "Month": at.month, "Year": at.year}

    return {
        "Type": "AdGroupPerformanceReportRequest",
        "ReportName": "Costs",
        "Format": "Csv",
        "FormatVersion": "2.0",
        "ExcludeReportHeader": True,
        "ExcludeReportFooter": True,
        "Aggregation": "Daily",
        "Columns": list(COLUMNS),
        "Scope": {"AccountIds": [ads.settings.account_id]},
        "Time": {
            "CustomDateRangeStart": day(days.first),
            "CustomDateRangeEnd": day(days.last),
            "ReportTimeZone": TIME_ZONE,
        },
    }


def _rows(content: bytes) -> list[dict[str, str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            [file] = archive.infolist()
            if file.file_size > MAX_BYTES:
                raise RetryLater("Microsoft's report of costs is too large.")
            text = archive.read(file).decode("utf-8-sig")
    except (zipfile.BadZipFile, ValueError) as error:
        raise RetryLater(f"Microsoft's report of costs cannot be read ({type(error).__name__}).") from error
    return list(csv.DictReader(io.StringIO(text)))


def _plain(number: str) -> str:
    """Without commas between thousands, which format 2.0 leaves out of some columns only. Source: "Report Format Version"."""
    return number.replace(",", "")


def _cost(row: dict[str, str]) -> Cost:
    try:
        return Cost(
            day=date.fromisoformat(row["TimePeriod"]),
            source="bing",
            medium="cpc",
            campaign=row["CampaignName"] or None,
            campaign_id=row["CampaignId"],
            ad_group=row["AdGroupName"] or None,
            ad_group_id=row["AdGroupId"],
            cost=Money(Decimal(_plain(row["Spend"])), row["CurrencyCode"]),
            clicks=int(_plain(row["Clicks"])),
            impressions=int(_plain(row["Impressions"])),
        )
    except (KeyError, ValueError, InvalidOperation) as error:
        raise RetryLater(f"Microsoft's report of costs cannot be understood ({type(error).__name__}).") from error
