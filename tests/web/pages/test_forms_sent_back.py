"""Each form of config.yaml that is sent back as it was shown changes nothing, whatever the file says."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from config_on_disk import CONFIG, open_config_stage
from page_client import signed_in

from hub.testing import FrozenClock

WRITTEN = (
    CONFIG.replace(
        "        country: US\n        region: IL\n",
        "        country: US\n        region: IL\n        time_zone: America/Chicago\n"
        "        domains: [www.lakeside.example.com]\n"
        "        contact: {{postal_address: '1 Main Street, Springfield', phone: '+13125550193'}}\n"
        "        website: {{swap: ['+13125550194'], tracking: opt_in, trades_in: [CA, GB]}}\n"
        "        spam: {{mark: off, reject: 90, blocked: voicemail}}\n"
        "        webhooks: [{{name: crm, url: 'https://hooks.example.com/', use: sales, events: [form], regions: [US, CA],\n"
        "          enabled: false}}]\n",
        1,
    )
    .replace(
        "            type: session\n",
        "            type: session\n            hold: 90s\n            reserve: 0.25\n",
        1,
    )
    .replace("            default: true\n", "            default: true\n            signals: false\n", 1)
    .replace("    when: {{event: call}}\n", "    when: {{event: call, min_duration: 1m, answered: false}}\n", 1)
)
FORMS = {
    "/companies/lakeside": "/companies/lakeside",
    "/numbers/trackers/lakeside/website": "/numbers/trackers/lakeside/website",
    "/numbers/trackers/lakeside/shared": "/numbers/trackers/lakeside/shared",
    "/numbers/website?company=lakeside": "/numbers/website/settings",
    "/webhooks-out/lakeside/crm/edit": "/webhooks-out/lakeside/crm/edit",
    "/spam": "/spam/lakeside",
    "/conversions/rule?was=every+call": "/conversions/rule",
}
"""Page → where its form is sent."""


class Sent(HTMLParser):
    """What a browser sends of the form with this address."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.is_text, self.open = action, False, False, ""
        self.sent: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("action", "").partition("?")[0] == self.action
        elif self.inside and tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.sent.append((given.get("name", ""), given.get("value", "")))
        elif self.inside and tag in ("select", "textarea"):
            self.open, self.is_text = given["name"], tag == "textarea"
            if self.is_text:
                self.sent.append((self.open, ""))
        elif self.inside and tag == "option" and self.open:
            first = self.open not in [name for name, _ in self.sent]
            if "selected" in given and not first:
                self.sent = [pair for pair in self.sent if pair[0] != self.open]
            if first or "selected" in given:
                self.sent.append((self.open, given["value"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag in ("select", "textarea"):
            self.open = ""

    def handle_data(self, data: str) -> None:
        if self.inside and self.open and self.is_text:
            self.sent[-1] = (self.open, self.sent[-1][1] + data)

    def fields(self) -> Iterator[tuple[str, list[str]]]:
        for name in dict(self.sent):
            yield name, [value for other, value in self.sent if other == name]


def test_a_form_that_is_sent_back_as_it_was_shown_changes_nothing(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    with open_config_stage(sqlite_url, clock, tmp_path, WRITTEN) as stage:
        owner = signed_in(stage)
        before = (tmp_path / "config.yaml").read_text()
        assert all(each in before for each in ("name: crm", "hold: 90s", "signals: false", "answered: false"))
        for path, action in FORMS.items():
            browser = Sent(action)
            browser.feed(owner.get(path).text)
            sent = dict(browser.fields())
            assert sent, path
            answer = owner.post(path, {**sent, "deed": "save"}) if "rule" in path else owner.post(action, sent)
            assert answer.status_code == 303, (path, answer.text)
            assert (tmp_path / "config.yaml").read_text() == before, path
