"""Alerts in a channel of Slack or Microsoft Teams, by an incoming webhook whose address is its only secret.

Microsoft ended the webhooks of Office 365 connectors in May 2026; a workflow of Power Automate takes an adaptive card instead.
Sources, read 2026-11-30: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, /formatting-message-text and
/reference/block-kit/blocks; learn.microsoft.com/en-us/connectors/teams (28 KB a message, adaptive cards only) and
/troubleshoot/power-platform/power-automate/flow-run-issues/triggers-troubleshoot (the hosts of a workflow's address).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.alerts.kinds import Channel
from hub.alerts.wording import Message, summary_title
from hub.errors import CannotDo, Rejected
from hub.model import AlertPreference
from hub.plugin_host.public_post import PublicPost, checked_url
from hub.store.encryption.keyring import Keyring

MAX_SHOWN = 20
"""Alerts of one summary; Slack takes 50 blocks."""
MAX_TEAMS_BYTES = 26_000
"""Of the lines of a card; Teams takes 28 KB with everything around them."""
MAX_TITLE_CHARACTERS, MAX_TEXT_CHARACTERS = 150, 2_900
"""Slack takes 150 characters of a header and 3,000 of a section, escaped."""
OPEN = "Open in Ringfence"
SET_AGAIN = "make a new one and set its address again."

JsonObject = dict[str, object]


@dataclass(frozen=True)
class Chat:
    """A chat system: the addresses of its webhooks, what it takes, and what its refusals mean."""

    address: re.Pattern[str]
    wrong: str
    document: Callable[[Sequence[Message]], JsonObject]
    refusals: Mapping[int, str]


def _slack(messages: Sequence[Message]) -> JsonObject:
    """The message in blocks; `text` is what a notification shows."""
    title = _title(messages)
    header: JsonObject = {
        "type": "header",
        "text": {"type": "plain_text", "text": _escaped(title, MAX_TITLE_CHARACTERS)},
    }
    sections = []
    for message in messages[:MAX_SHOWN]:
        lines = message.lines if len(messages) == 1 else (message.title, *message.lines)
        link = f"<{_escaped(message.url, 1_000)}|{OPEN}>"
        text = f"{_escaped(chr(10).join(lines), MAX_TEXT_CHARACTERS - len(link))}\n{link}"
        sections.append({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    shown = messages[0].sentence if len(messages) == 1 else title
    return {"text": _escaped(shown, MAX_TEXT_CHARACTERS), "unfurl_links": False, "blocks": [header, *sections]}


def _escaped(text: str, limit: int) -> str:
    """The text as Slack shows it literally, cut to `limit` characters: no link, mention or command in it works."""
    pieces = [{"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(each, each) for each in text[:limit]]
    while sum(map(len, pieces)) > limit:
        pieces.pop()
    return "".join(pieces)


def _teams(messages: Sequence[Message]) -> JsonObject:
    """An adaptive card. A `TextRun` is shown literally, unlike a `TextBlock`, which reads Markdown."""
    title = _title(messages)
    body = [_run(title, weight="Bolder", size="Medium")]
    left = MAX_TEAMS_BYTES
    for message in messages[:MAX_SHOWN]:
        lines = message.lines if len(messages) == 1 else (message.title, *message.lines)
        runs = [_run(line) for line in lines]
        left -= len(json.dumps(runs, ensure_ascii=False).encode())
        if left < 0:
            break
        body += runs
    url = messages[0].url if len(messages) == 1 else messages[0].url.removesuffix(messages[0].path) + "/alerts"
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": OPEN, "url": url}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "summary": title, "attachments": [attachment]}


def _run(text: str, **style: str) -> JsonObject:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text[:500], **style}]}


def _title(messages: Sequence[Message]) -> str:
    return messages[0].title if len(messages) == 1 else summary_title(messages)


CHATS: Mapping[str, Chat] = {
    Channel.SLACK: Chat(
        re.compile(r"https://hooks\.slack(-gov)?\.com/services/T\w+/B\w+/\w+"),
        "Copy the webhook URL of the channel from Slack; it begins with https://hooks.slack.com/services/.",
        _slack,
        {
            400: "Slack does not understand the message (400); tell us.",
            403: f"Slack’s workspace no longer allows this webhook (403); {SET_AGAIN}",
            404: f"The Slack channel or its webhook is gone (404); {SET_AGAIN}",
            410: f"The Slack channel is archived (410); {SET_AGAIN}",
        },
    ),
    Channel.TEAMS: Chat(
        re.compile(
            r"https://[\w.-]+\.(environment\.api\.powerplatform|logic\.azure)\.com(:443)?/\S*workflows/\w+/triggers/\S+[?&]sig=\S+"
        ),
        "Copy the address of a Workflows webhook of the Teams channel; it ends with a signature (sig=…) and is at "
        "….environment.api.powerplatform.com. Addresses of Office 365 connectors (webhook.office.com) ended in May 2026.",
        _teams,
        {
            400: f"The Teams workflow refuses the message (400): it is switched off, or expects another one; {SET_AGAIN}",
            401: f"The signature in the address of the Teams workflow is no longer valid (401); {SET_AGAIN}",
            403: f"The signature in the address of the Teams workflow is no longer valid (403); {SET_AGAIN}",
            404: f"The Teams workflow is gone (404); {SET_AGAIN}",
        },
    ),
}  # fmt: skip


def checked_chat(channel: str, url: str) -> str:
    """The address of a webhook of this chat system; CannotDo says what is wrong with it."""
    url = checked_url(url)
    if not CHATS[channel].address.fullmatch(url):
        raise CannotDo(CHATS[channel].wrong)
    return url


def seal_chats(keyring: Keyring, user_id: str, company_id: str, addresses: Mapping[str, str]) -> bytes | None:
    """The addresses, by channel, encrypted; None if there are none."""
    place = place_of_chats(user_id, company_id)
    return keyring.encrypt(json.dumps(dict(addresses)).encode(), place) if addresses else None


def open_chats(keyring: Keyring, preference: AlertPreference | None) -> dict[str, str]:
    """The addresses of the user's chats for a company, by channel."""
    if preference is None or preference.chats_sealed is None:
        return {}
    place = place_of_chats(preference.user_id, preference.company_id)
    addresses: dict[str, str] = json.loads(keyring.decrypt(preference.chats_sealed, place))
    return addresses


def chat_host(url: str) -> str:
    """What may be shown of an address; its path and query are the secret."""
    return urlsplit(url).hostname or ""


def send_chat(
    post: PublicPost, channel: str, url: str | None, messages: Sequence[Message], begin: Callable[[], None]
) -> None:
    """Send one message, or several as one summary. `begin` is called before: neither chat system knows a repetition."""
    if url is None:
        raise Rejected("There is no address of this chat any more.")
    chat = CHATS[channel]
    body = json.dumps(chat.document(messages), ensure_ascii=False).encode()
    begin()
    answer = post.send(url, {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Ringfence"}, body)
    if answer.status in chat.refusals:
        raise Rejected(chat.refusals[answer.status], str(answer.status))
    post.judge(answer)


def place_of_chats(user_id: str, company_id: str) -> str:
    """To what the encrypted addresses are bound."""
    return f"alert_chats/{user_id}/{company_id}"
