"""Without permission there is no cookie, no record and no lent number; the strictest word counts, whoever says it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from stage_hub import BERLIN_DEFAULT, BERLIN_POOL, DEFAULT, POOL, BrowserHub
from visitor import Visitor

pytestmark = pytest.mark.soak

PHONE = "<p>312-555-0190</p>"
BERLIN = {"host": "www.berlin.example.com", "company": "berlin"}
BERLIN_PHONE = "<p>030 1234567</p>"
ALL_GRANTED = "ringfence.consent({ all: 'granted' })"
TCF = """<script>
  const purpose = { consents: {} };
  let hear;
  window.tell = (eventStatus, gdprApplies, ...ids) => {
    purpose.consents = Object.fromEntries(ids.map((id) => [id, true]));
    hear({ eventStatus, gdprApplies, purpose, cmpStatus: "loaded" }, true); };
  window.__tcfapi = (command, version, callback) => { if (command === "addEventListener" && version === 2) hear = callback };
</script>"""
GPP = """<script>
  let hear;
  window.tell = (signalStatus, parsedSections) =>
    hear({ eventName: "signalStatus", pingData: { signalStatus, parsedSections } }, true);
  window.__gpp = (command, callback) => { if (command === "addEventListener") hear = callback };
</script>"""
GOOGLE = (
    """<script>window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments) } %s</script>"""
)
GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: %s, configurable: true })"
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', { value: '%s', configurable: true })"


def nothing_is_kept(visitor: Visitor) -> bool:
    """Whether neither the browser nor the hub remembers the visitor."""
    stored = visitor.page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])")
    return stored == '[{},{},""]' and visitor.context.cookies() == [] and visitor.hub.leases() == 0


def shared_number_alone(visitor: Visitor, number: str = DEFAULT) -> None:
    """The visitor sees the number for everybody and leaves no trace."""
    assert visitor.swapped() == number
    visitor.page.wait_for_timeout(50)
    assert nothing_is_kept(visitor) and visitor.hub.visits() == []
    assert visitor.page.evaluate("ringfence.visit()") is None
    assert all(each["body"]["consent"]["analytics"] == "denied" for each in visitor.asked)
    assert not any({"visitor_id", "visit_id"} & each["body"].keys() for each in visitor.asked)


@pytest.mark.parametrize(("signal", "name"), [(GPC % "true", "gpc"), (DNT % "1", "dnt")], ids=["gpc", "dnt"])
def test_a_browsers_privacy_signal_is_honoured_whatever_else_is_said(visitor: Visitor, signal: str, name: str) -> None:
    visitor.page.add_init_script(signal)
    page = visitor.open(PHONE)
    shared_number_alone(visitor)
    assert page.evaluate("ringfence.honoured()") == [name]
    page.evaluate(ALL_GRANTED)
    shared_number_alone(visitor)


@pytest.mark.parametrize("signal", [GPC % "false", GPC % "'1'", DNT % "0", DNT % "unspecified"], ids=range(4))
def test_a_signal_that_is_not_set_is_none(visitor: Visitor, signal: str) -> None:
    visitor.page.add_init_script(signal)
    visitor.open(PHONE)
    assert visitor.swapped() in POOL
    assert visitor.page.evaluate("ringfence.honoured()") == []


@pytest.mark.parametrize(("header", "name"), [("Sec-GPC", "gpc"), ("DNT", "dnt")])
def test_a_signal_that_only_the_hub_sees_is_honoured_at_once(
    headless: Any, site: Any, hub: BrowserHub, header: str, name: str
) -> None:
    with Visitor.arriving(headless, site, hub, extra_http_headers={header: "1"}) as visitor:
        page = visitor.open(PHONE)
        assert visitor.swapped() == DEFAULT
        visitor.until(lambda: page.evaluate("ringfence.honoured()"), [name])
        page.evaluate(ALL_GRANTED)
        page.wait_for_timeout(50)
        assert nothing_is_kept(visitor) and hub.visits() == []
        assert page.evaluate("ringfence.visit()") is None


def test_where_permission_is_needed_nothing_happens_before_a_yes(visitor: Visitor) -> None:
    page = visitor.open(BERLIN_PHONE, **BERLIN)
    shared_number_alone(visitor, BERLIN_DEFAULT)
    page.evaluate("ringfence.consent({ ads: 'granted' })")
    page.wait_for_timeout(50)
    assert visitor.hub.visits() == [], "a yes to ads is none to measuring"
    page.evaluate("ringfence.consent({ analytics: 'granted', ads: 'denied', ad_user_data: 'denied' })")
    visitor.sees(f"ringfence.numbers()['+49301234567'] === '{BERLIN_POOL}'")
    (visit,) = visitor.hub.visits()
    assert visit["consent"] == {"analytics": "granted", "ads": "denied", "ad_user_data": "denied"}
    assert visitor.context.cookies() != []


EUROPEAN = {"locale": "de", "timezone_id": "Europe/Berlin"}


@pytest.mark.parametrize(
    "profile",
    [EUROPEAN, {"locale": "en-US", "timezone_id": "Europe/Berlin"}, {"locale": "de", "timezone_id": "America/Chicago"},
     {"locale": "fr-CA", "timezone_id": "America/Toronto"}],
    ids=["berlin", "zone", "language", "quebec"],
)  # fmt: skip
def test_a_visitor_from_where_a_yes_is_needed_leaves_nothing_behind_before_it(
    headless: Any, site: Any, hub: BrowserHub, profile: dict[str, str]
) -> None:
    with Visitor.arriving(headless, site, hub, **profile) as visitor:
        tag = visitor.snippet(name="ringfence-forms")
        body = PHONE + "<form id=quote><input name=mail type=email value=ada@example.com></form>"
        page = visitor.open(body, head=tag)
        assert visitor.swapped() == DEFAULT
        visitor.sees("ringfence.permission().may === false && typeof ringfence.form === 'function'")
        page.wait_for_timeout(50)
        assert nothing_is_kept(visitor) and hub.visits() == [] and page.evaluate("ringfence.visit()") is None
        assert page.evaluate("ringfence.form('#quote')") is None
        page.evaluate("ringfence.consent({ analytics: 'granted' })")
        visitor.until(lambda: len(hub.visits()), 1)
        visitor.until(lambda: visitor.swapped() in POOL)
        assert page.evaluate("ringfence.form('#quote')")
        page.evaluate("ringfence.consent({ analytics: 'denied' })")
        visitor.until(lambda: nothing_is_kept(visitor))


def test_a_yes_that_each_page_tells_late_goes_on_with_the_visit(headless: Any, site: Any, hub: BrowserHub) -> None:
    with Visitor.arriving(headless, site, hub, **EUROPEAN) as visitor:
        for path in ("/", "/prices"):
            page = visitor.open(PHONE, path=path)
            assert visitor.swapped() == DEFAULT
            page.evaluate("ringfence.consent({ analytics: 'granted' })")
            visitor.sees(f"ringfence.visit() && ringfence.numbers()['+13125550190'] !== '{DEFAULT}'")
        assert len(hub.visits()) == 1 and hub.leases() == 1
        page = visitor.open(
            PHONE,
            path="/",
            head="<script>dataLayer = [['consent', 'update', { analytics_storage: 'denied' }]]</script>",
        )
        assert visitor.swapped() == DEFAULT
        visitor.until(lambda: nothing_is_kept(visitor))


def test_a_visitor_in_the_united_states_needs_no_yes(headless: Any, site: Any, hub: BrowserHub) -> None:
    with Visitor.arriving(headless, site, hub, locale="es", timezone_id="America/Los_Angeles") as visitor:
        visitor.open(PHONE)
        assert visitor.swapped() in POOL and visitor.asked[0]["body"]["time_zone"] == "America/Los_Angeles"


def test_a_yes_that_is_taken_back_ends_the_visit_and_clears_the_browser(visitor: Visitor) -> None:
    page = visitor.open(PHONE)
    assert visitor.swapped() in POOL
    assert not nothing_is_kept(visitor)
    page.evaluate("ringfence.consent({ analytics: 'denied' })")
    visitor.sees(f"ringfence.numbers()['+13125550190'] === '{DEFAULT}'")
    visitor.until(lambda: nothing_is_kept(visitor))
    assert visitor.text("p") == f"312-555-{DEFAULT[-4:]}"
    page.evaluate("ringfence.consent({ analytics: 'granted' })")
    visitor.sees(f"ringfence.numbers()['+13125550190'] !== '{DEFAULT}'")
    first, second = visitor.hub.visits()
    assert first["visitor_id"] != second["visitor_id"], "who was forgotten is not known again"


def test_a_no_while_the_hub_is_still_answering_counts(visitor: Visitor) -> None:
    held: list[Any] = []
    visitor.context.route("**/track/*/visit", lambda route: route.continue_() if held else held.append(route))
    page = visitor.open(PHONE)
    visitor.until(lambda: len(held), 1)
    page.evaluate("ringfence.consent({ all: 'denied' })")
    held[0].continue_()
    visitor.sees(f"ringfence.numbers()['+13125550190'] === '{DEFAULT}'")
    visitor.until(lambda: nothing_is_kept(visitor))


def test_a_visitor_who_says_to_be_elsewhere_must_say_yes(visitor: Visitor) -> None:
    visitor.open(PHONE, act=False)
    visitor.sees("window.ringfence")
    visitor.page.evaluate("ringfence.consent({ country: 'DE' })")
    visitor.act()
    shared_number_alone(visitor)
    visitor.page.evaluate(ALL_GRANTED)
    visitor.until(lambda: len(visitor.hub.visits()), 1)
    assert visitor.hub.visits()[0]["consent"]["country"] == "DE"


def test_google_consent_mode_is_heard_before_and_after_the_script(visitor: Visitor) -> None:
    default = "gtag('consent', 'default', { analytics_storage: 'denied', ad_storage: 'denied', wait_for_update: 500 });"
    page = visitor.open(PHONE, head=GOOGLE % default)
    shared_number_alone(visitor)
    page.evaluate("gtag('consent', 'update', { analytics_storage: 'granted', ad_user_data: 'denied' })")
    visitor.sees(f"ringfence.numbers()['+13125550190'] !== '{DEFAULT}'")
    (visit,) = visitor.hub.visits()
    assert visit["consent"] == {"analytics": "granted", "default_ads": "denied", "ad_user_data": "denied"}
    page.evaluate("gtag('consent', 'update', { analytics_storage: 'denied' })")
    visitor.sees(f"ringfence.numbers()['+13125550190'] === '{DEFAULT}'")
    visitor.until(lambda: nothing_is_kept(visitor))


def test_a_default_is_never_the_visitors_word(visitor: Visitor) -> None:
    default = (
        "gtag('consent', 'default', { analytics_storage: 'granted', ad_storage: 'denied', ad_user_data: 'granted' });"
    )
    page = visitor.open(PHONE, head=GOOGLE % default)
    assert visitor.swapped() in POOL, "in the United States no yes is needed"
    assert visitor.hub.visits()[0]["consent"] == {"default_ads": "denied"}
    page.evaluate("gtag('consent', 'update', { ad_storage: 'granted', ad_user_data: 'granted' })")
    visitor.until(lambda: visitor.hub.visits()[0]["consent"].get("ad_user_data"), "granted")
    page.evaluate("gtag('consent', 'default', { ad_storage: 'denied', ad_user_data: 'denied' })")
    page.wait_for_timeout(50)
    assert visitor.asked[-1]["body"]["consent"]["ads"] == "granted", "a default that comes late changes no choice"


def test_where_permission_is_needed_a_default_that_grants_all_is_none(visitor: Visitor) -> None:
    granted = "{ analytics_storage: 'granted', ad_storage: 'granted', ad_user_data: 'granted' }"
    page = visitor.open(BERLIN_PHONE, head=GOOGLE % f"gtag('consent', 'default', {granted});", **BERLIN)
    shared_number_alone(visitor, BERLIN_DEFAULT)
    page.evaluate(f"gtag('consent', 'update', {granted})")
    visitor.sees(f"ringfence.numbers()['+49301234567'] === '{BERLIN_POOL}'")


def test_a_default_for_another_region_says_nothing_of_this_visitor(visitor: Visitor) -> None:
    visitor.open(
        PHONE, head=GOOGLE % "gtag('consent', 'default', { analytics_storage: 'denied', region: ['DE', 'FR'] });"
    )
    assert visitor.swapped() in POOL


def test_tcf_is_waited_for_and_heard_through_changes(visitor: Visitor) -> None:
    visitor.stop_clock()
    page = visitor.open(PHONE, head=TCF)
    page.wait_for_timeout(100)
    assert visitor.hub.visits() == [], "the consent tool has not spoken"
    page.evaluate("tell('cmpuishown', true)")
    page.evaluate("tell('useractioncomplete', true, 1, 2, 7)")
    shared_number_alone(visitor)
    page.evaluate("tell('useractioncomplete', true, 1, 4, 7, 8)")
    visitor.sees(f"ringfence.numbers()['+13125550190'] !== '{DEFAULT}'")
    assert visitor.hub.visits()[0]["consent"] == dict.fromkeys(("analytics", "ads", "ad_user_data"), "granted")
    page.evaluate("tell('useractioncomplete', true)")
    visitor.sees(f"ringfence.numbers()['+13125550190'] === '{DEFAULT}'")
    visitor.until(lambda: nothing_is_kept(visitor))


def test_the_strings_of_consent_tools_leave_the_browser_as_hashes_alone(visitor: Visitor) -> None:
    strings = {"tcf": "CO5VTlWO5VTlWH1AAAENAwCwAIAAAAAAAAIAAAAoAAAAA", "gpp": "DBABIw~BVWSSRpFYA"}
    # The test's pages are no secure context, so they have no crypto.subtle of their own.
    visitor.page.expose_function("digestOf", lambda data: list(hashlib.sha256(bytes(data)).digest()))
    visitor.page.add_init_script(
        "Object.defineProperty(crypto, 'subtle', { value: { digest: async (kind, data) =>"
        " new Uint8Array(await digestOf([...data])).buffer } })"
    )
    told = (TCF + GPP.replace("let hear", "let listener").replace("hear", "listener").replace("tell", "tellGpp")).replace(
        "cmpStatus:", f"tcString: '{strings['tcf']}', cmpStatus:"
    ).replace("pingData: {", f"pingData: {{ gppString: '{strings['gpp']}',")  # fmt: skip
    visitor.stop_clock()
    page = visitor.open(PHONE, head=told)
    visitor.sees("window.ringfence")
    page.evaluate("tellGpp('ready', {})")
    page.evaluate("tell('useractioncomplete', true, 1, 4, 7, 8)")
    visitor.until(lambda: len(visitor.hub.visits()), 1)
    (visit,) = visitor.hub.visits()
    hashes = {name: "sha256:" + hashlib.sha256(text.encode()).hexdigest() for name, text in strings.items()}
    assert visit["consent"] == dict.fromkeys(("analytics", "ads", "ad_user_data"), "granted") | hashes
    assert not any(text in str(visitor.asked) for text in strings.values())


def test_tcf_that_does_not_apply_leaves_the_company_its_own_rule_at_once(visitor: Visitor) -> None:
    visitor.stop_clock()
    page = visitor.open(PHONE, head=TCF)
    visitor.sees("window.ringfence")
    page.evaluate("tell('tcloaded', false)")
    assert visitor.swapped() in POOL


@pytest.mark.parametrize(
    ("sections", "recorded"),
    [
        ({"usnat": [{"SaleOptOut": 1, "SharingOptOut": 2}, {"Gpc": False}]}, False),
        ({"uspv1": {"Version": 1, "Notice": "Y", "OptOutSale": "Y", "LspaCovered": "N"}}, False),
        ({"uspv1": {"Version": 1, "Notice": "Y", "OptOutSale": "N", "LspaCovered": "N"}}, True),
        ({"usca": {"SaleOptOut": 2, "SharingOptOut": 2, "TargetedAdvertisingOptOut": 0}}, True),
        ({"usnat": [{"SaleOptOut": 0}, {"Gpc": True}]}, False),
        ({"tcfeuv2": {"PurposeConsents": [True, False, False, True, False, False, True, True]}}, True),
        ({"tcfeuv2": {"PurposeConsents": [True]}}, False),
        ({}, True),
    ],
)
def test_gpp_sections_are_read(visitor: Visitor, sections: dict[str, Any], recorded: bool) -> None:
    visitor.stop_clock()
    page = visitor.open(PHONE, head=GPP)
    visitor.sees("window.ringfence")
    page.evaluate("tell('not ready', null)")
    page.evaluate("(sections) => tell('ready', sections)", sections)
    if recorded:
        assert visitor.swapped() in POOL
    else:
        shared_number_alone(visitor)
    opted_out = not recorded and "tcfeuv2" not in sections
    assert page.evaluate("ringfence.honoured()") == (["gpp"] if opted_out else [])


def test_a_consent_tool_that_never_speaks_is_no_yes(visitor: Visitor) -> None:
    visitor.stop_clock()
    page = visitor.open(PHONE, head=TCF + GPP)
    visitor.sees("window.ringfence")
    page.clock.run_for(1_100)
    shared_number_alone(visitor)


COOKIES = "for (const each of ['_fbp=fb.1.1', '_ga=GA1.1.7.9', 'cart=7']) document.cookie = each + '; path=/';"
SENT = {"_fbp": "fb.1.1", "_ga": "GA1.1.7.9"}


def sent_cookies(visitor: Visitor) -> list[dict[str, str]]:
    """What the page sent of its cookies."""
    return [each["body"]["cookies"] for each in visitor.asked if "cookies" in (each["body"] or {})]


def test_the_page_reads_declared_cookies_once_ads_are_allowed_and_drops_them_with_a_no(visitor: Visitor) -> None:
    page = visitor.open(PHONE, head=f"<script>{COOKIES}</script>")
    visitor.until(lambda: sent_cookies(visitor), [SENT])
    visitor.until(lambda: json.loads(visitor.hub.visits()[0]["cookies"]), SENT)
    visitor.open(PHONE, path="/next")
    visitor.until(lambda: len(visitor.asked), 3)
    page.evaluate("ringfence.consent({ ads: 'denied' })")
    visitor.until(lambda: json.loads(visitor.hub.visits()[0]["cookies"]), {})
    assert sent_cookies(visitor) == [SENT], "one time for each visit"


@pytest.mark.parametrize(
    "said",
    ["", "ringfence.consent({ analytics: 'granted' })", "ringfence.consent({ analytics: 'granted', ads: 'denied' })"],
)
def test_without_a_yes_to_ads_no_cookie_is_read_where_the_law_wants_one(visitor: Visitor, said: str) -> None:
    page = visitor.open(BERLIN_PHONE, head=f"<script>{COOKIES}</script>", **BERLIN)
    visitor.swapped()
    if said:
        page.evaluate(said)
        visitor.until(lambda: len(visitor.hub.visits()), 1)
        visitor.until(lambda: len(visitor.asked), 2)
    assert sent_cookies(visitor) == []
    assert [json.loads(each["cookies"]) for each in visitor.hub.visits()] == ([{}] if said else [])
