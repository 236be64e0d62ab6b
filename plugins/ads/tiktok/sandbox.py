"""A stand-in of TikTok: offline events may not carry what belongs to a page, and web events need one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api.ads import JsonAdsSandbox
from plugins.ads.tiktok import OFFLINE_EVENTS, TikTok

WEB_ONLY = {"ttclid", "ttp", "user_agent", "ip"}


class Sandbox(JsonAdsSandbox):
    """One pixel and one offline event set."""

    network = TikTok

    def refusal(self, row: Mapping[str, Any], body: Mapping[str, object]) -> str | None:
        known = self.network.stand_in.settings
        is_web = body["event_source"] == "web"
        if body["event_source_id"] != known["pixel_code" if is_web else "offline_event_set_id"]:
            return "the event source does not exist"
        if is_web != ("page" in row) or row.get("event") not in OFFLINE_EVENTS:
            return "page.url"
        if not is_web and row["user"].keys() & WEB_ONLY:
            return "a web-only parameter"
        return super().refusal(row, body)
