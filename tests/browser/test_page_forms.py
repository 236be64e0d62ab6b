"""A form that a visitor sends on a page is handed to the hub with the visit, without what is secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from visitor import Visitor

pytestmark = pytest.mark.soak

FORM = """<p>312-555-0190</p><form id=quote data-ringfence-form action="/thanks">
<input name=who autocomplete=name value="Ada Example"><input name=mail type=email value="ada@example.com">
<input name=number type=tel value="+13125550142"><textarea name=message>The boiler is out.
Call 312-555-0190</textarea>
<select name=rooms multiple><option selected>Bath</option><option selected>Kitchen</option><option>Hall</option></select>
<input type=checkbox name=urgent value=yes checked><input type=checkbox name=news value=yes>
<input type=radio name=when value=today checked><input type=radio name=when value=later>
<input type=password name=word value=secret-1><input type=hidden name=csrf value=secret-2><input type=file name=photo>
<input name=cc autocomplete=cc-number value=secret-3><input name=card_number value=secret-4>
<input name=note value="4242 4242 4242 4242">
<input name=code autocomplete=one-time-code value=secret-5><input name=old autocomplete="current-password" value=secret-6>
<input name=ssn value=secret-7><input name=off disabled value=secret-8><input name=mine data-ringfence-skip value=secret-9>
<input value=nameless><input name=empty><input name=__proto__ value=odd><button name=button value=go>Send</button></form>"""
FIELDS = {
    "who": "Ada Example",
    "mail": "ada@example.com",
    "number": "+13125550142",
    "message": "The boiler is out.\nCall 312-555-0190",
    "rooms": "Bath, Kitchen",
    "urgent": "yes",
    "when": "today",
    "__proto__": "odd",
}


def open_form(visitor: Visitor, body: str, how: str = "async", **more: Any) -> Any:
    """A page with both scripts."""
    tag = visitor.snippet(more.get("company", "lakeside"), how=how, pinned=True, name="ringfence-forms")
    page = visitor.open(body, head=tag, **more)
    visitor.swapped()
    visitor.sees("typeof ringfence.form === 'function'")
    return page


def stored_keys(visitor: Visitor) -> list[str]:
    """The keys of the forms that the browser keeps."""
    names = visitor.page.evaluate("Object.keys(localStorage).filter((each) => each.startsWith('ringfence-form:'))")
    return [name.removeprefix("ringfence-form:") for name in names]


def forms(visitor: Visitor) -> list[dict[str, Any]]:
    """The forms that the pages handed over."""
    return [each["body"] for each in visitor.asked if each["path"].endswith("/form")]


def test_a_form_that_is_sent_arrives_with_its_visit_and_without_secrets(visitor: Visitor) -> None:
    visitor.site.page("www.lakeside.example.com", "/thanks", "Thanks")
    page = open_form(visitor, FORM)
    visit = page.evaluate("ringfence.visit().id")
    page.click("button")
    page.wait_for_url("**/thanks?**")
    visitor.until(lambda: len(visitor.hub.rows("SELECT id FROM form_submission")), 1)
    (sent,) = forms(visitor)
    assert sent["fields"] == FIELDS and "secret" not in json.dumps(sent) and "4242" not in json.dumps(sent)
    assert (sent["phone"], sent["email"], sent["name"]) == ("+13125550142", "ada@example.com", "Ada Example")
    assert sent["form_id"] == "quote" and sent["visit_id"] == visit
    (kept,) = visitor.hub.rows("SELECT * FROM form_submission")
    assert kept["visit_id"] == visit and kept["email"] == "ada@example.com"


def test_the_same_form_is_handed_over_once_and_a_corrected_one_again(visitor: Visitor) -> None:
    page = open_form(
        visitor, "<p>312-555-0190</p><form id=a><input name=mail type=email value=a@example.com></form>", how=""
    )
    keys = page.evaluate("[ringfence.form('#a'), ringfence.form(document.getElementById('a'))]")
    assert keys[0] == keys[1]
    page.fill("input", "b@example.com")
    assert page.evaluate("ringfence.form('#a')") != keys[0]
    visitor.until(lambda: len(visitor.hub.rows("SELECT id FROM form_submission")), 2)
    assert [each["email"] for each in forms(visitor)] == ["a@example.com", "b@example.com"]


def test_a_form_that_nobody_marked_and_one_that_the_browser_finds_wrong_are_not_read(visitor: Visitor) -> None:
    page = open_form(
        visitor,
        """<p>312-555-0190</p><form id=a onsubmit="return false"><input name=x value=1><button>Send</button></form>
      <form id=b data-ringfence-form onsubmit="return false"><input name=y required><button>Send</button></form>""",
    )
    page.click("#a button")
    page.click("#b button")
    page.wait_for_timeout(50)
    assert forms(visitor) == []


def test_a_visitor_without_permission_sends_forms_to_the_company_alone(visitor: Visitor) -> None:
    page = open_form(visitor, FORM, host="www.berlin.example.com", company="berlin")
    assert page.evaluate("ringfence.form('#quote')") is None and forms(visitor) == []


LITTLE = "<p>312-555-0190</p><form id=a><input name=mail type=email value=a@example.com></form>"
OUTAGE = "**/track/*/form"


def test_a_form_that_the_hub_cannot_take_waits_in_the_browser_and_is_stored_once(visitor: Visitor) -> None:
    visitor.context.route(OUTAGE, lambda route: route.fulfill(status=503, json={"detail": "Try again"}))
    page = open_form(visitor, LITTLE, how="")
    visit, key = page.evaluate("[ringfence.visit().id, ringfence.form('#a')]")
    visitor.until(lambda: len(forms(visitor)), 1)
    (stored,) = page.evaluate("Object.values(localStorage)")
    assert stored_keys(visitor) == [key] and "a@example.com" in stored and "consent" not in stored
    visitor.hub.clock.advance(hours=2)
    page.evaluate(
        """for (const name of Object.keys(localStorage)) {
      const entry = JSON.parse(localStorage[name]);
      localStorage[name] = JSON.stringify({ ...entry, at: entry.at - 72e5 });
    }"""
    )
    visitor.context.unroute(OUTAGE)
    open_form(visitor, "<p>312-555-0190</p>", path="/next")
    visitor.until(lambda: stored_keys(visitor), [])
    (kept,) = visitor.hub.rows("SELECT * FROM form_submission")
    assert kept["submission_key"].endswith(key) and kept["visit_id"] == visit
    late = visitor.hub.clock.now - datetime.fromisoformat(kept["submitted_at"]).replace(tzinfo=UTC)
    assert timedelta(minutes=119) < late < timedelta(minutes=121), "it was sent when the visitor sent it"
    page.evaluate("dispatchEvent(new Event('online'))")
    assert len(visitor.hub.rows("SELECT id FROM form_submission")) == 1


def test_a_form_that_waits_goes_when_the_visitor_takes_permission_back(visitor: Visitor) -> None:
    visitor.context.route(OUTAGE, lambda route: route.abort())
    page = open_form(visitor, LITTLE, how="")
    page.evaluate("ringfence.form('#a')")
    assert len(stored_keys(visitor)) == 1
    page.evaluate("ringfence.consent({ all: 'denied' })")
    visitor.until(lambda: stored_keys(visitor), [])


def test_old_forms_and_more_than_ten_are_not_kept(visitor: Visitor) -> None:
    visitor.context.route(OUTAGE, lambda route: route.abort())
    page = open_form(visitor, LITTLE, how="")
    old = page.evaluate(
        """() => {
      localStorage["ringfence-form:torn"] = "{";
      localStorage["ringfence-form:old"] = JSON.stringify({ at: Date.now() - 8 * 864e5, content: {} });
      const field = document.querySelector("input"), keys = [];
      for (let times = 0; times < 12; times++) { field.value = times + "@example.com"; keys.push(ringfence.form("#a")); }
      return keys;
    }"""
    )
    left = stored_keys(visitor)
    assert len(left) == 10 and set(left) < set(old)


def test_a_form_that_the_hub_refuses_for_good_is_not_kept(visitor: Visitor) -> None:
    page = open_form(visitor, LITTLE, how="")
    page.evaluate("ringfence.form(Object.assign(document.querySelector('#a'), { id: 'x'.repeat(600e3) }))")
    visitor.until(lambda: len(forms(visitor)), 1)
    visitor.until(lambda: stored_keys(visitor), [])
