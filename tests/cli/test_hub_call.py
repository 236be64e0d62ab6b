"""`hub call ID`: the whole story of a call, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable

from cli_shop import CALLER, Shop
from kept_forms import keep_form
from typer.testing import Result

from hub.flow.pipeline import process
from hub.model import FormSubmission
from hub.visits.forms import SentForm

Refusal = Callable[[Result], str]


def test_a_call_is_told_from_its_webhook_to_its_receipt(shop: Shop) -> None:
    (call_id,) = shop.play(visit={})
    story = shop.json("call", call_id)
    stages = [entry["stage"] for entry in story["timeline"]]
    assert list(dict.fromkeys(stages)) == [
        "visit",
        "receive",
        "attribute",
        "enrich",
        "consent",
        "convert",
        "deliver",
        "disclose",
    ]
    assert story["timeline"] == sorted(story["timeline"], key=lambda entry: entry["at"])
    events = [entry["event"] for entry in story["timeline"] if entry.get("event")]
    assert list(dict.fromkeys(events)) == ["ringing", "answered", "completed", "recorded"]
    assert story["company"] == "north"
    assert story["answered"] is True
    assert story["timeline"][-1]["recipient"] == "Adco Inc."
    assert story["timeline"][-1]["categories"] == ["user.advertising.click_id", "user.contact.phone_number"]
    ends = [(e["state"], e["reference"]) for e in story["timeline"] if e.get("step") == "state"]
    assert ends == [("delivered", "ref-1")]


def test_the_timeline_names_rules_confidence_and_every_opinion(shop: Shop) -> None:
    (call_id,) = shop.play(visit={})
    shown = shop.run("call", call_id).stdout
    for part in ("lease.live", "confidence 0.98", "candidate visit", "person's word says allow", "asked again before sending",
                 "answered call, 40 USD", "try 1", "delivered", "Adco Inc. got", "reported by webhook"):  # fmt: skip
        assert part in shown


def test_nothing_personal_is_shown_unless_it_is_asked_for(shop: Shop) -> None:
    (call_id,) = shop.play(visit={})
    for words in (("call", call_id), ("call", call_id, "--json")):
        masked = shop.run(*words).stdout
        assert CALLER not in masked
        assert "Cj0KEQ-abc123" not in masked
        assert "…47" in masked
    assert shop.audited() == []
    clear = shop.run("call", call_id, "--show-personal").stdout
    assert CALLER in clear
    assert "Cj0KEQ-abc123" in clear
    assert shop.audited() == [("call.show_personal", call_id)]


def test_a_call_is_found_by_either_end_of_its_id_and_by_the_carriers_id(shop: Shop) -> None:
    (call_id,) = shop.play()
    carrier_id = shop.json("call", call_id)["carrier_id"]
    for part in (call_id[:18], call_id[-6:], call_id[-8:].upper(), carrier_id):
        assert shop.json("call", part)["id"] == call_id


def test_an_end_that_two_calls_share_names_them(shop: Shop, refusal: Refusal) -> None:
    ids = shop.play({}, {"tracking_number": "+13125550120"})
    sentence = refusal(shop.run("call", ids[0][:6]))
    assert all(call_id in sentence for call_id in ids)


def test_an_unknown_id_is_one_sentence_without_the_number_in_it(shop: Shop, refusal: Refusal) -> None:
    shop.play()
    assert "No call, text or form has the id 'abcdef'" in refusal(shop.run("call", "abcdef"))
    assert "at least 6 characters" in refusal(shop.run("call", "ab"))
    assert CALLER not in refusal(shop.run("call", CALLER))
    assert "%" in refusal(shop.run("call", "%%%%%%"))


def test_whatever_is_typed_ends_in_one_sentence(shop: Shop, refusal: Refusal) -> None:
    shop.play(send=False)
    odd = (
        "\udcff" * 8,
        "______",
        "'; DROP TABLE call; --",
        "🚰" * 6,
        "a" * 100_000,
        "--------",
        "[bold]what[/oops]",
        " ",
    )
    for text in odd:
        for words in (("call",), ("deliveries", "why"), ("deliveries", "replay", "--yes")):
            sentence = refusal(shop.run(*words, "--", text))
            assert len(sentence) < 200
            sentence.encode()


def test_a_withheld_conversion_says_by_which_rule(shop: Shop) -> None:
    (call_id,) = shop.play(visit={"gpc": True})
    story = shop.json("call", call_id)
    decision = next(e for e in story["timeline"] if e["stage"] == "consent" and e["state"] == "deny")
    assert (decision["rule"], decision["recipient"]) == ("signals.gpc", "ads")
    assert decision["opinions"][0]["connector"] == "signals"
    assert [e["state"] for e in story["timeline"] if e.get("step") == "state"] == ["held"]
    assert "disclose" not in [entry["stage"] for entry in story["timeline"]]


def test_a_call_from_the_carriers_list_says_so(shop: Shop) -> None:
    from hub.api.sandbox import SimulatedCall
    from hub.delivery.sync import sync

    with shop.opened() as opened:
        quiet = SimulatedCall(
            caller_number=CALLER,
            tracking_number="+13125550100",
            answering_number="+13125550190",
            started_at=shop.clock(),
        )
        shop.carrier.webhooks(quiet, shop.address(opened.hub))  # and none of them arrives
        shop.clock.advance(minutes=30)
        sync(opened.hub, opened.directory.current(), "phone")
        shop.work(opened)
    from hub.model import Call

    (row,) = shop.rows(Call)
    assert "reported by the carrier's call list" in shop.run("call", row.id).stdout
    assert shop.json("call", row.id)["found_by"] == "reconcile"


def test_a_text_is_told_too_and_its_words_only_when_asked_for(shop: Shop) -> None:
    from hub.model import TextMessage

    with shop.opened() as opened:
        words = "My drain is blocked."
        shop.receive(opened, [shop.carrier.message_webhook(CALLER, "+13125550120", words, shop.address(opened.hub))])
        shop.work(opened)
    (row,) = shop.rows(TextMessage)
    masked = shop.run("call", row.id).stdout
    assert words not in masked
    assert "Yellow Pages (print)" in masked
    assert "it reported the text" in masked
    assert words in shop.run("call", row.id, "--show-personal").stdout


def test_what_a_caller_wrote_is_not_taken_for_markup(shop: Shop) -> None:
    page = "https://north.example.com/?utm_source=%5Bbold%5D%5B/red%5D&utm_medium=cpc"
    (call_id,) = shop.play(visit={"page": page})
    result = shop.run("call", call_id)
    assert result.exit_code == 0
    assert "[bold][/red]" in result.stdout


CRMCO = '''\
"""A CRM of one file: it knows nobody who calls, logs every call, and has one deal won."""

from decimal import Decimal

from hub.api import Connector, Manifest, Money, PluginSettings, Receipt, Recipient, RetryLater, hookimpl
from hub.api.crm import Outcome, OutcomePage


class Crmco(Connector):
    manifest = Manifest(
        name="crmco", kind="crm", version="1", summary="For tests.",
        recipient=Recipient(name="Crmco Ltd.", role="processor"),
    )
    Settings = PluginSettings

    @hookimpl
    def enrich_caller(self, caller):
        raise RetryLater("Crmco is away.")

    @hookimpl
    def log_calls(self, activities):
        return [Receipt(key=each.key, status="delivered", reference="task-1") for each in activities]

    @hookimpl
    def pull_outcomes(self, cursor):
        now = self.services.clock()
        won = Outcome(external_id="deal-1", stage="won", occurred_at=now, changed_at=now,
                      value=Money(Decimal("2400"), "USD"), phone_numbers=("+13125550147",))
        return OutcomePage(outcomes=() if cursor else (won,), cursor="end", more=False)
'''


def test_a_crms_failure_its_log_entry_and_its_outcome_are_told(shop: Shop) -> None:
    from hub.delivery.sync import sync

    (shop.folder / "plugins" / "crmco.py").write_text(CRMCO)
    shop.configure(consent="signals: {plugin: signals}\n  crm: {plugin: crmco, isolation: thread}")
    (call_id,) = shop.play()
    with shop.opened() as opened:
        sync(opened.hub, opened.directory.current(), "crm")
    shown = shop.run("call", call_id).stdout
    for part in ("Crmco failed", "Crmco is away.", "Crmco says won, 2400 USD", "deal deal-1",
                 "the last call of the person with the contact's phone number", "Crmco: the call's log entry ended",
                 "its reference there: task-1", "Crmco Ltd. got nothing personal"):  # fmt: skip
        assert part in shown
    assert CALLER not in shown


def test_the_pages_of_a_visit_are_counted_and_the_last_are_shown_without_their_queries(shop: Shop) -> None:
    (call_id,) = shop.play(visit={"page": "https://north.example.com/drains?gclid=Cj0KCQjw123456789&utm_term=leak"})
    looked = shop.json("call", call_id)["timeline"][0]
    assert (looked["stage"], looked["pages"]) == ("visit", 1)
    assert looked["last_pages"][0]["url"] == "https://north.example.com/drains?•••"
    assert "looked at 1 page" in shop.run("call", call_id).stdout


def test_a_form_is_told_by_its_id_with_its_contact_masked(shop: Shop) -> None:
    with shop.opened() as opened:
        north = opened.directory.current().companies["north"]
        sent = SentForm(
            key="submission-1", form_id="contact", phone="(312) 555-0147", name="Pat Doe", fields={"q": "leak"}
        )
        keep_form(opened.hub, north, sent)
        process(opened.hub, opened.directory.current(), FormSubmission)
    (form,) = shop.rows(FormSubmission)
    story = shop.json("call", form.id[-8:])
    assert (story["what"], story["form"], story["company"], story["work"]) == ("form", "contact", "north", "done")
    assert (story["phone_number"], story["name"], story["fields"]) == ("…47", "•••", "q: •••")
    assert [entry["stage"] for entry in story["timeline"]][:2] == ["receive", "attribute"]
    shown = shop.run("call", form.id).stdout
    assert "Form" in shown and "form.unknown" in shown and "Pat Doe" not in shown and "leak" not in shown
    assert "Pat Doe" in shop.run("call", form.id, "--show-personal").stdout
