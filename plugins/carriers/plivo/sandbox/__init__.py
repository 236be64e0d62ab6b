"""A fake Plivo: its REST API on loopback, and simulated calls and texts as signed webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from hub.api import WebhookRequest
from hub.api.sandbox import CallBackOutcome
from hub.api.twiml import CALL_BACK_STEPS, USER_LEG, person_dial
from plugins.carriers.plivo import calls
from plugins.carriers.plivo.plivo_xml import PlivoXml
from plugins.carriers.plivo.sandbox.account import CAUSES, Account, shape
from plugins.carriers.plivo.sandbox.call import PlacedCall

INTENTS = {"STOP": "optout", "START": "optin", "UNSTOP": "optin", "HELP": "help"}
REFUSALS = {"caller_id": "invalid", "number": "invalid", "country": "forbidden"}


class Sandbox(Account):
    """Plivo with one account: the API over its state, and the webhooks of calls and texts."""

    player = PlacedCall

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from or to a number as Plivo does."""
        self.refused_numbers[number.lstrip("+")] = REFUSALS[why]

    def know_number(self, number: str) -> None:
        """Add a customer's own number to the account, of no application."""
        self.own(number.lstrip("+"), None)

    def own(self, digits: str, app_id: str | None) -> None:
        """Add a number to the account, unless it is there."""
        link = f"/v1/Account/{self.account_sid}/Application/{app_id}/" if app_id else None
        shown = {
            "number": digits,
            "application": link,
            "added_on": self.clock().strftime("%Y-%m-%d"),
            **shape("number"),
        }
        self.numbers.setdefault(digits, shown)

    # Calls that the hub placed

    def answer_request(self, reference: str) -> WebhookRequest:
        """What Plivo asks when the user of a placed call has picked up."""
        body = self.placed[reference]
        fields = self.leg_fields(reference, body["From"], body["To"], "in-progress", "outbound")
        legs = {"ALegUUID": reference, "ALegRequestUUID": reference, "RequestUUID": reference}
        return self.form_webhook(body["answer_url"], fields | legs, self.clock())

    def placed_document(self, reference: str) -> str:
        """What the hub answers then; without a hub, what the plugin makes of the address."""
        request = self.answer_request(reference)
        addresses = self.addresses(request.url.partition(f"/{USER_LEG}?")[0])
        call = calls.to_connect(request, addresses, self.tokens)
        assert call is not None, "the address does not say whom to connect"
        return PlivoXml(lambda path, mark: addresses.of(path, call.tracking_number, "", mark)).connect(call).body

    def play_call_back(self, reference: str, outcome: CallBackOutcome) -> Sequence[WebhookRequest]:
        body, start, child = self.placed[reference], self.clock(), self.new_call_id()
        sent: list[WebhookRequest] = []
        self.list_call(reference, body["From"], body["To"], start, "outbound")
        for step in CALL_BACK_STEPS[outcome]:
            at = start + timedelta(seconds=step.after)
            if step.leg == "person":
                sent += self._person_step(reference, child, step.status, step.duration, at)
            elif step.status == "in-progress":
                sent.append(self.answer_request(reference))
            else:
                self.end_listed(reference, step.status, at, step.duration)
                fields = self.leg_fields(reference, body["From"], body["To"], step.status, "outbound")
                reported = fields | self.progress(step.status, at, 0, step.duration)
                sent.append(self.form_webhook(body["hangup_url"], reported, at))
        return sent

    def _person_step(self, user: str, leg: str, status: str, duration: int, at: datetime) -> list[WebhookRequest]:
        dial = person_dial(self.placed_document(user))
        assert dial is not None, "the document dials nobody"
        legs = {"DialALegUUID": user, "DialBLegUUID": leg, "DialBLegTo": dial.number.lstrip("+")}
        if status == "in-progress":
            reported = [{"DialAction": "answer"}, {"DialAction": "connected"}]
        else:
            self.list_call(leg, dial.caller_id, dial.number, at, "outbound-dial", user)
            self.end_listed(leg, status, at, duration)
            code = str(CAUSES[status][0])
            reported = [{"DialAction": "hangup", "DialBLegDuration": str(duration), "DialBLegHangupCauseCode": code}]
        return [self.form_webhook(dial.callback, legs | one, at) for one in reported]

    # Texts

    def message_webhook(
        self, sender: str, tracking_number: str, body: str, webhook_url: str, media: Sequence[bytes] = ()
    ) -> WebhookRequest:
        """The signed webhook of a received text. STOP blocks texts to the sender, START allows them."""
        intent = INTENTS.get(body.strip().upper(), "")
        if intent == "optout":
            self.blocked.add((tracking_number, sender))
        elif intent == "optin":
            self.blocked.discard((tracking_number, sender))
        shown = self.list_text(sender, tracking_number, body, "received", "inbound", len(media))
        fields = {"MessageUUID": str(shown["sid"]), "From": sender.lstrip("+"), "To": tracking_number.lstrip("+")}
        fields |= {"Type": "mms" if media else "sms", "Body" if media else "Text": body, "MessageIntent": intent}
        for index, picture in enumerate(media, 1):
            held = self.new_sid("media")
            self.media[held] = picture
            fields[f"Media{index}"] = f"{self.media_origin}/Account/{self.account_sid}/Media/{held}"
        if media:
            fields["MediaCount"] = str(len(media))
        return self.form_webhook(f"{webhook_url}/message", fields, self.clock())

    def delivery_fields(self, shown: Mapping[str, Any], status: str) -> dict[str, str]:
        ids = dict.fromkeys(("MessageUUID", "ParentMessageUUID"), str(shown["sid"]))
        reported = {"From": shown["from"].lstrip("+"), "To": shown["to"].lstrip("+"), "Status": status}
        return ids | reported | {"Type": "sms", "PartInfo": "1 of 1"}

    def error_of(self, reference: str) -> str:
        return "200" if reference in self.stopped_texts else self.undelivered

    def app(self) -> Any:
        from plugins.carriers.plivo.sandbox.api import app

        return app(self)
