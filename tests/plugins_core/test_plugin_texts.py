"""Nothing that a plugin was handed is in what it says, in whatever form; and what it says without that stays as it is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import (
    Caller,
    CallEvent,
    ConnectionReport,
    Conversation,
    Receipt,
    Talk,
    Transcript,
    TranscriptPart,
    WebhookRequest,
)
from hub.api.carriers import OutboundText
from hub.contracts.conversions import CallActivity, Conversion
from hub.errors import AuthError, BadPayload, ConfigError, Problem, Rejected, RetryLater, RingfenceError
from hub.platform.scrubbing import HIDDEN, scrubbed
from hub.plugin_host.plugin_texts.known_values import KnownValues
from hub.plugin_host.plugin_texts.personal_values import MAX_BODY_BYTES, personal_values
from hub.plugin_host.plugin_texts.scrubber import Scrubber

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
PHONE, EMAIL, NAME, GCLID = "+13125550142", "pat.doe@example.com", "Pat Exemplary", "Cj0KCQjw-123456789"
SECRET = "s3cret/of the+plugin"
CONVERSION = Conversion(
    key="k1", name="call", occurred_at=AT, phone_number=PHONE, email=EMAIL, click_ids={"gclid": GCLID}
)


def said(words: str, *arguments: object, secrets: tuple[str, ...] = (SECRET,)) -> str:
    """What is left of a reason that a plugin gives in a call with these arguments."""
    receipt = Receipt(key="k1", status="rejected", reason=words)
    clean = Scrubber(secrets).call(dict(enumerate(arguments)), lambda: receipt)  # type: ignore[arg-type]
    assert clean.reason is not None
    return clean.reason


@pytest.mark.parametrize(
    "form",
    [
        "+13125550142", "13125550142", "3125550142", "(312) 555-0142", "+1 (312) 555-0142", "312.555.0142", "312 555 0142",
        "tel:+1-312-555-0142", "0013125550142", "%2B13125550142", "%252B13125550142", "\\u002b13125550142",
        "312\u2011555\u00a00142", "id-3125550142-7",
    ],
)  # fmt: skip
def test_a_phone_number_is_hidden_in_each_usual_form(form: str) -> None:
    clean = said(f"No match for {form}.", CONVERSION)
    assert "0142" not in clean and clean.startswith("No match for ") and clean.endswith(".")


@pytest.mark.parametrize(
    ("number", "form"),
    [
        ("+442079460018", "+44 (0)20 7946 0018"),
        ("+442079460018", "020 7946 0018"),
        ("+33612345678", "06 12 34 56 78"),
        ("+4930123456", "030/123456"),
    ],
)
def test_a_phone_number_of_another_country_is_hidden_too(number: str, form: str) -> None:
    assert said(f"for {form}", Caller(phone_number=number)) == f"for …{number[-2:]}"


ENCODED: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "in capitals": str.upper,
    "in a URL": lambda text: quote(text, safe=""),
    "in a form": quote_plus,
    "in a form in a URL": lambda text: quote(quote_plus(text), safe=""),
    "in JSON": lambda text: json.dumps({"value": text}),
    "in JSON in JSON": lambda text: json.dumps(json.dumps({"value": text})),
    "in Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in Basic authentication": lambda text: f"Basic {base64.b64encode(f'user:{text}'.encode()).decode()}",
    "in Base64 for URLs": lambda text: base64.urlsafe_b64encode(f"id:{text}!".encode()).decode().rstrip("="),
    "as bytes": lambda text: repr(text.encode()),
}


@pytest.mark.parametrize("form", ENCODED)
@pytest.mark.parametrize("value", [EMAIL, GCLID, SECRET, "Zoë Exemplaire", PHONE])
def test_a_value_is_hidden_in_the_forms_that_libraries_write(form: str, value: str) -> None:
    call = CallActivity(
        key="k1",
        answered=True,
        started_at=AT,
        duration=1,
        tracking_number="-",
        company="-",
        caller_name="Zoë Exemplaire",
    )
    encoded = ENCODED[form](value)
    clean = said(f"Refused <{encoded}> for now", CONVERSION, call)
    assert value not in clean and encoded not in clean and clean.endswith("> for now")


def test_parts_of_a_name_and_of_a_message_are_hidden_and_common_words_stay() -> None:
    text = OutboundText(
        key="k", sender="+13125550100", recipient_number=PHONE, body="Your appointment is on Monday at nine."
    )
    clean = said("The words 'appointment is on Monday' of Exemplary are refused; not monday's caller.",
                 text, Caller(caller_name="PAT EXEMPLARY CALLER"))  # fmt: skip
    assert clean == "The words '***' of *** are refused; not monday's caller."


LINES = tuple(
    TranscriptPart(start=at, end=at + 1, text=text, channel="caller")
    for at, text in enumerate(("I will sue because of the archaeopteryx.", "It is in my kitchen.", "Stop.", None))
)


@pytest.mark.parametrize(
    "handed", [Conversation(lines=LINES), Talk(lines=LINES), Transcript(language="en", model="m", parts=LINES)]
)
def test_what_was_said_in_a_call_is_hidden_in_what_a_plugin_says_of_it(handed: object) -> None:
    words = f"Not JSON: {LINES[0].text} / it is in my kitchen. / sue because of the archaeopteryx / Stop. / 4 lines"
    assert said(words, handed) == "Not JSON: *** / *** /*** / Stop. / 4 lines"
    assert "archaeopteryx" not in said(repr(handed), handed)


def test_a_beginning_that_two_messages_share_leaves_nothing_of_either() -> None:
    scrubber = Scrubber()
    for ending in ("quetzalcoatlus", "archaeopteryx"):
        line = TranscriptPart(start=0, end=1, text=f"I will sue because of the {ending}.")
        scrubber.call({"conversation": Conversation(lines=(line,))}, lambda: None)
    assert scrubber.text("Read: I will sue because of the archaeopteryx.") == "Read: ***"


def test_a_part_of_a_message_is_hidden_in_a_text_that_is_shorter_than_the_message() -> None:
    message = "Please send somebody today, water comes through the ceiling of the hall and the cellar is full of it."
    assert KnownValues(messages=[message]).hide(f"said: {message[:33]}") == f"said: {HIDDEN}"


def test_short_values_and_what_identifies_a_delivery_stay() -> None:
    call = Conversion(
        key="312", name="call", occurred_at=AT, phone_number="+1312", country="US", click_ids={"id": "abc"}
    )
    receipt = Receipt(key="312", status="rejected", code="abc-312", reason="US 312 abc", reference="order-3125550142")
    assert Scrubber().call({"conversions": [call, CONVERSION]}, lambda: receipt) == receipt


@pytest.mark.parametrize("body", ["STOP", " stop ", "Help", "UNSUBSCRIBE"])
def test_a_word_that_carriers_read_as_a_command_stays_in_what_a_plugin_says(body: str) -> None:
    form = WebhookRequest(
        "POST", "https://calls.example.com/webhooks/carrier/sms", urlencode({"Body": body, "From": PHONE}).encode(), AT
    )
    words = f"The person asked Twilio to {body.strip().lower()} texts from {PHONE}."
    assert said(words, form) == f"The person asked Twilio to {body.strip().lower()} texts from …42."


def test_the_numbers_of_the_business_stay_readable() -> None:
    text = OutboundText(key="k", sender="+13125550100", recipient_number=PHONE)
    assert said("+13125550100 may not text (312) 555-0142 or +13125550199.", text) == (
        "+13125550100 may not text …42 or …99."
    )


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Z")), min_size=6, max_size=40)
AROUND = st.text("abc xyz.,:-'{}[]%&=+\\/\"<>", max_size=20)


@given(secret=VALUES, before=AROUND, after=AROUND, form=st.sampled_from(sorted(ENCODED)))
def test_no_secret_of_six_characters_survives(secret: str, before: str, after: str, form: str) -> None:
    if form == "in capitals":
        form = "as it is"
    assert secret not in said(f"{before} {ENCODED[form](secret)} {after}", secrets=(secret,))


@given(value=VALUES, before=AROUND, after=AROUND)
def test_no_personal_value_of_six_characters_survives(value: str, before: str, after: str) -> None:
    for handed in (Conversion(key="k", name="-", occurred_at=AT, click_ids={"id": value}), Caller(caller_name=value)):
        assert value not in said(f"{before}{value}{after}", handed)


@given(
    digits=st.from_regex(r"\A[2-9]\d\d[2-9]\d{6}\Z"),
    gaps=st.lists(st.sampled_from(["", " ", "-", ") ", "."]), min_size=10),
)
def test_no_phone_number_survives_however_it_is_broken(digits: str, gaps: list[str]) -> None:
    broken = "".join(f"{digit}{gap}" for digit, gap in zip(digits, gaps, strict=False))
    clean = said(f"x {broken} y", Caller(phone_number=f"+1{digits}"))
    assert digits[:8] not in "".join(filter(str.isdecimal, clean))


@given(words=st.lists(st.from_regex(r"\A[a-z]{1,9}[.,:;]?\Z|\A[1-9]\d{0,5}\Z|\A[A-Z_]{3,20}\Z"), max_size=30))
def test_a_text_without_any_value_is_unchanged(words: list[str]) -> None:
    text = " ".join(words)
    assert said(text, CONVERSION) == text


@given(words=st.text(st.characters(), max_size=60))
def test_anything_may_be_said_and_can_be_stored(words: str) -> None:
    assert b"\0" not in said(words, CONVERSION).encode()


def test_a_long_reason_ends_in_a_mark_and_holds_no_part_of_a_secret_there() -> None:
    clean = said("x" * 1_995 + SECRET + "y" * 50_000)
    assert len(clean) == 2_000 and clean.endswith("…") and SECRET[:4] not in clean


def test_what_a_library_logs_while_it_works_for_a_plugin_is_scrubbed_too() -> None:
    words = f"GET /people?name={quote_plus('Pat Exemplary')}&x={SECRET} for Pat Exemplary"
    clean = Scrubber([SECRET]).call({"caller": Caller(caller_name=NAME)}, lambda: scrubbed(words))
    assert clean == "GET /people?name=***&x=*** for ***"
    assert scrubbed("for Pat Exemplary") == "for Pat Exemplary"


# errors


class OwnError(Rejected):
    """An error class of a plugin's own, which says more than its text."""

    def __str__(self) -> str:
        return f"OwnError {SECRET}"


def failed(error: RingfenceError) -> RingfenceError:
    def work() -> None:
        try:
            raise ValueError(SECRET)
        except ValueError as cause:
            error.add_note(SECRET)
            raise error from cause

    with pytest.raises(RingfenceError) as caught:
        Scrubber([SECRET]).call({"conversions": [CONVERSION]}, work)
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        AuthError(f"no {SECRET}"),
        RetryLater(f"no {PHONE} {SECRET}", after=7),
        Rejected(f"no {EMAIL}", code=f"E{GCLID}"),
        OwnError("-"),
        ConfigError(f"no {SECRET}", [Problem(SECRET, 3, SECRET)]),
    ],
)
def test_an_error_keeps_its_kind_and_nothing_else_of_the_plugin(error: RingfenceError) -> None:
    clean = failed(error)
    assert type(clean).__module__ == "hub.errors" and isinstance(error, type(clean))
    shown = repr([str(clean), repr(clean), vars(clean), getattr(clean, "problems", ())])
    assert not [value for value in (SECRET, PHONE, EMAIL, GCLID) if value in shown]
    assert clean.__cause__ is None and clean.__context__ is None and not getattr(clean, "__notes__", [])
    assert getattr(clean, "after", None) == getattr(error, "after", None)


# webhooks


FIELDS = {"From": PHONE, "CallerName": NAME, "Body": "Please call me back tomorrow", "CallStatus": "strange"}


@pytest.mark.parametrize(
    "body",
    [
        urlencode(FIELDS),
        json.dumps({"data": {"payload": [FIELDS]}}),
        "<call>" + "".join(f"<{name}>{text}</{name}>" for name, text in FIELDS.items()) + "</call>",
    ],
)
def test_what_a_webhook_says_of_a_person_is_hidden_in_what_a_plugin_says_of_the_webhook(body: str) -> None:
    request = WebhookRequest(
        "POST", "https://calls.example.com/webhooks/x/voice?CallerName=Sam+Sample", body.encode(), AT
    )

    def work() -> None:
        raise BadPayload(f"The status 'strange' of {FIELDS} for Sam Sample is not known.")

    with pytest.raises(BadPayload) as caught:
        Scrubber().call({"request": request}, work)
    for value in (PHONE, "Exemplary", "call me back", "Sam Sample"):
        assert value not in str(caught.value)
    assert "The status 'strange'" in str(caught.value)


def test_results_lose_secrets_everywhere_and_people_only_where_the_plugin_speaks() -> None:
    event = CallEvent(kind="ringing", call_id=f"CA-{SECRET}", at=AT, caller_number=PHONE, caller_name=NAME)
    clean = Scrubber([SECRET]).call({"caller": Caller(phone_number=PHONE, caller_name=NAME)}, lambda: [event])
    assert clean == [CallEvent(kind="ringing", call_id="CA-***", at=AT, caller_number=PHONE, caller_name=NAME)]
    report = Scrubber([SECRET]).call(
        {}, lambda: ConnectionReport(ok=True, detail=f"Signed in as {EMAIL} with {SECRET}")
    )
    assert report.detail == "Signed in as ***@*** with ***"


def test_a_large_forged_webhook_is_read_only_at_its_beginning() -> None:
    body = json.dumps({"text": "ab cde " * 14_000}).encode()
    values = personal_values(WebhookRequest("POST", "https://calls.example.com/webhooks/carrier/voice", body, AT))
    assert sum(len(each.text) for each in values) <= 2 * MAX_BODY_BYTES
