"""What Slack and a workflow of Teams take, as strictly as their pages say.

Sources, read 2026-11-30: docs.slack.dev/reference/block-kit/blocks, /messaging/formatting-message-text and
/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks; learn.microsoft.com/en-us/connectors/teams and
adaptivecards.io/explorer. A real workflow takes anything with 202 and fails afterwards; this one refuses.
"""

from __future__ import annotations

import json
import re
from typing import Any

from receivers import Received

SLACK_PATH = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
SLACK = f"https://hooks.slack.com{SLACK_PATH}"
TEAMS = (
    "https://default5c07eba429c5410c96009ae7df6d62.61.environment.api.powerplatform.com:443/powerautomate/automations/direct/"
    "workflows/3f297b36509c41bfb5123777965aabb5/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun"
    "&sv=1.0&sig=S3cretS1gnature"
)
MRKDWN = re.compile(r"(?:[^<>&]|&amp;|&lt;|&gt;|<https://[^<>|]+\|[^<>|]+>)*")
PLAIN = re.compile(r"(?:[^<>&]|&amp;|&lt;|&gt;)*")
SLACK_KEYS = {"text", "blocks", "unfurl_links", "unfurl_media", "mrkdwn", "thread_ts", "attachments"}
MAX_TEAMS_BYTES = 28 * 1024


def slack(received: Received) -> int:
    """200, 404 for an unknown webhook, 400 for a message that Slack does not understand."""
    if received.path != SLACK_PATH:
        return 404
    try:
        return 200 if _is_slack_message(json.loads(received.body)) else 400
    except (ValueError, KeyError, TypeError):
        return 400


def _is_slack_message(message: dict[str, Any]) -> bool:
    blocks = message["blocks"]
    known = message.keys() <= SLACK_KEYS and 0 < len(message["text"]) <= 40_000 and MRKDWN.fullmatch(message["text"])
    return bool(known and 0 < len(blocks) <= 50 and all(map(_is_block, blocks)))


def _is_block(block: dict[str, Any]) -> bool:
    text = block["text"]
    if block["type"] == "header":
        return block.keys() == {"type", "text"} and text["type"] == "plain_text" and _fits(text, PLAIN, 150, "emoji")
    return block["type"] == "section" and text["type"] == "mrkdwn" and _fits(text, MRKDWN, 3_000, "verbatim")


def _fits(text: dict[str, Any], form: re.Pattern[str], most: int, option: str) -> bool:
    return (
        text.keys() <= {"type", "text", option} and 0 < len(text["text"]) <= most and bool(form.fullmatch(text["text"]))
    )


def teams(received: Received) -> int:
    """202, 401 without the signature, 400 for what is no message with an adaptive card."""
    if "sig=S3cretS1gnature" not in received.path:
        return 401
    try:
        return 202 if _is_teams_message(received) else 400
    except (ValueError, KeyError, TypeError):
        return 400


def _is_teams_message(received: Received) -> bool:
    message = json.loads(received.body)
    (attachment,) = message["attachments"]
    card = attachment["content"]
    return (
        len(received.body) <= MAX_TEAMS_BYTES
        and message["type"] == "message"
        and message.keys() <= {"type", "summary", "attachments"}
        and attachment.keys() == {"contentType", "contentUrl", "content"}
        and attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        and (card["type"], card["$schema"]) == ("AdaptiveCard", "http://adaptivecards.io/schemas/adaptive-card.json")
        and card["version"] in ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")
        and all(_is_element(each) for each in card["body"])
        and all(set(each) == {"type", "title", "url"} and each["type"] == "Action.OpenUrl" for each in card["actions"])
    )


def _is_element(element: dict[str, Any]) -> bool:
    styles = {"type", "text", "weight", "size"}
    runs = element["inlines"]
    return element["type"] == "RichTextBlock" and all(
        run["type"] == "TextRun" and run["text"] and set(run) <= styles for run in runs
    )
