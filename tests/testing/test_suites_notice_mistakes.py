"""The eight mistakes that integrators make, and their kin: each is noticed on the wire, with words that name it."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from proving import Tame, try_promise

from hub.api import Connector, Limits, Receipt, Rejected, RetryLater, Share, hookimpl
from hub.api.ads import ClickId
from hub.api.crm import OutcomePage
from hub.testing import asking
from hub.testing.certificate import certify

Mutate = Callable[[Any], type[Connector]]
MISTAKES: list[tuple[str, str, str, str, Mutate]] = []
"""What is wrong, the kind, the promise that breaks, the words that name it, and the plugin."""
TOLD = "nothing_secret_or_personal_is_told_"
ONCE = "what_was_lost_in_a_fault_counts_once_after_a_retry"
LOST = "a_call_lost_in_a_fault_is_logged_once_after_a_retry"


def mistake(promise: str, words: str, *kinds: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A plugin whose hook is a function of (connector, the honest hook, items)."""

    def keep(wrong: Callable[..., Any]) -> Callable[..., Any]:
        for kind in kinds:

            def mutate(good: Any, kind: str = kind) -> type[Connector]:
                class Ads(good):  # type: ignore[misc]
                    @hookimpl
                    def upload_conversions(self, conversions: Any, dry_run: bool) -> Any:
                        return wrong(
                            self, lambda items: super(Ads, self).upload_conversions(items, dry_run), conversions
                        )

                class Crm(good):  # type: ignore[misc]
                    @hookimpl
                    def log_calls(self, activities: Any) -> Any:
                        return wrong(self, super().log_calls, activities)

                return {"ads": Ads, "crm": Crm}[kind]

            MISTAKES.append((wrong.__name__, kind, promise, words, mutate))
        return wrong

    return keep


def declared(name: str, kind: str, promise: str, words: str, **changes: Any) -> None:
    """A plugin whose manifest says something else."""

    def mutate(good: Any) -> type[Connector]:
        return type("Declared", (good,), {"manifest": good.manifest.model_copy(update=changes)})

    MISTAKES.append((name, kind, promise, words, mutate))


def personal(item: Any) -> str:
    return str(getattr(item, "caller_number", None) or dict(item.click_ids))


def delivered(items: Any) -> list[Receipt]:
    return [Receipt(key=item.key, status="delivered") for item in items]


@mistake(f"{TOLD}when_all_is_well", "tells", "ads", "crm")
def mistake_1_a_person_is_printed(self: Any, honest: Any, items: Any) -> Any:
    print(personal(items[0]))
    return honest(items)


@mistake(f"{TOLD}whatever_the_provider_does", "after a refusal, tells", "ads", "crm")
def mistake_1_a_person_stands_in_the_words_of_a_refusal(self: Any, honest: Any, items: Any) -> Any:
    try:
        receipts = honest(items)
    except Rejected:
        raise Rejected(f"{personal(items[0])} is not valid.") from None
    if any(receipt.status == "rejected" for receipt in receipts):
        raise Rejected(f"{personal(items[0])} is not valid.")
    return receipts


def again_as_new(self: Any, honest: Any, items: Any, since: timedelta) -> Any:
    """Known for a while only: later the same item is sent as another one."""
    now, memory = self.services.clock(), self.services.memory
    sent = []
    for item in items:
        first = datetime.fromisoformat(memory.get(item.key) or now.isoformat())
        memory.put(item.key, now.isoformat())
        sent.append(replace(item, key=f"{item.key}-again") if now - first > since else item)
    receipts = honest(sent)
    return [replace(receipt, key=item.key) for receipt, item in zip(receipts, items, strict=True)]


@mistake("the_same_conversion_counts_once_however_often_it_comes", "was counted as 2", "ads")
@mistake("the_same_call_is_logged_once", "was logged 2 times", "crm")
def mistake_2_a_look_up_with_too_late_a_window(self: Any, honest: Any, items: Any) -> Any:
    return again_as_new(self, honest, items, timedelta(minutes=1))


@mistake("a_wait_that_the_provider_asks_for_is_passed_on", "Retry-After said 7 s, the plugin 0 s", "ads", "crm")
def mistake_3_a_wait_that_is_ignored(self: Any, honest: Any, items: Any) -> Any:
    try:
        return honest(items)
    except RetryLater:
        raise RetryLater("Later, at some time.") from None


@mistake("a_failed_request_is_not_sent_again_by_the_plugin", "although the first ended in a server error", "ads", "crm")
def mistake_4_one_extra_try(self: Any, honest: Any, items: Any) -> Any:
    try:
        return honest(items)
    except RetryLater:
        return honest(items)


declared(
    "mistake_5_a_plain_phone_number",
    "ads",
    "no_plain_phone_number_or_email_and_nothing_undeclared_is_sent",
    "phone_number is sent plain; declare a transform",
    flows=(),
)


@mistake("what_is_hashed_is_sent_as_the_manifest_says", "does not arrive as its share's transform sha256_e164", "ads")
def mistake_5_hashed_in_another_way(self: Any, honest: Any, items: Any) -> Any:
    twice = [hashlib.sha256((item.phone_number or "").encode()).hexdigest() for item in items]
    return honest([replace(item, phone_number=text) for item, text in zip(items, twice, strict=True)])


declared(
    "a_click_id_that_is_captured_for_nothing",
    "ads",
    "each_declared_click_id_of_a_landing_page_reaches_the_network",
    "rdt_cid is captured, but no share of click_ids has it",
    click_ids=(ClickId(parameter="rdt_cid", source="reddit"),),
)
declared(
    "mistake_6_a_batch_that_the_documentation_does_not_allow",
    "ads",
    "the_readme_tells_what_people_must_know",
    "limits.batch_size is 101",
    limits=Limits(batch_size=101),
)
declared(
    "mistake_6_more_items_in_one_request_than_the_network_takes",
    "ads",
    "a_batch_as_large_as_declared_is_taken",
    "sent 150 items in one request; the manifest's limits say 100",
    limits=Limits(batch_size=150, per_request=100),
)
declared(
    "mistake_6_a_batch_that_cannot_be_done_in_time",
    "crm",
    "a_batch_as_large_as_declared_is_logged",
    "declare a smaller limits.batch_size",
    limits=Limits(batch_size=5000),
)


@mistake("one_refused_item_costs_the_others_nothing", "must be rejected with a reason", "ads")
@mistake("one_refused_call_costs_the_others_nothing", "must be rejected with a reason", "crm")
def mistake_7_a_refusal_that_is_swallowed(self: Any, honest: Any, items: Any) -> Any:
    honest(items)
    return delivered(items)


@mistake("one_refused_item_costs_the_others_nothing", "ended in Rejected", "ads")
@mistake("one_refused_call_costs_the_others_nothing", "ended in Rejected", "crm")
def mistake_7_a_whole_batch_given_up_for_one(self: Any, honest: Any, items: Any) -> Any:
    receipts = honest(items)
    if any(receipt.status == "rejected" for receipt in receipts):
        raise Rejected("The batch was refused.")
    return receipts


@mistake(
    "an_empty_batch_has_no_receipts",
    "is too slow: it was not done after 1 s at a stand-in .* its deadline is 50 s",
    "ads",
)
@mistake(
    "the_same_call_is_logged_once",
    "is too slow: it was not done after 1 s at a stand-in .* its deadline is 50 s",
    "crm",
)
def mistake_8_a_slow_hook(self: Any, honest: Any, items: Any) -> Any:
    time.sleep(70)  # longer than any hook may take, also on a busy machine
    return honest(items)


@mistake(
    "granted_denied_and_unknown_permissions_differ_in_what_is_sent",
    "unknown is sent exactly as one that was granted",
    "ads",
)
def an_unknown_permission_as_a_yes(self: Any, honest: Any, items: Any) -> Any:
    yes = {"unknown": "granted", "granted": "granted", "denied": "denied"}
    return honest([replace(item, ad_user_data=yes[item.ad_user_data], ad_personalization="denied") for item in items])


@mistake(ONCE, "tried again under another key, so it may count twice", "ads")
@mistake(LOST, "after the next try the call is logged 0 times under its key", "crm")
def a_new_try_after_a_doubt(self: Any, honest: Any, items: Any) -> Any:
    doubts: set[str] = DOUBTS
    sent = [replace(item, key=f"{item.key}-2") if item.key in doubts else item for item in items]
    try:
        receipts = honest(sent)
    except RetryLater:
        doubts |= {item.key for item in items}
        raise
    return [replace(receipt, key=item.key) for receipt, item in zip(receipts, items, strict=True)]


DOUBTS: set[str] = set()


@mistake("a_refusal_is_final_and_no_success", "a 400 must become Rejected", "ads", "crm")
def a_refusal_tried_again_for_ever(self: Any, honest: Any, items: Any) -> Any:
    try:
        receipts = honest(items)
    except Rejected:
        raise RetryLater("Perhaps later.") from None
    if any(receipt.status == "rejected" for receipt in receipts):
        raise RetryLater("Perhaps later.")
    return receipts


@mistake("a_redirect_to_another_place_is_not_followed", "followed a redirect to another host", "ads", "crm")
def a_client_of_its_own_that_follows(self: Any, honest: Any, items: Any) -> Any:
    try:
        httpx2.post(self.settings.base_url, follow_redirects=True, timeout=1, trust_env=False)
    except httpx2.HTTPError:
        raise RetryLater("No answer.") from None
    return honest(items)


@mistake("no_address_holds_personal_data_or_a_secret", "in an address; send it in the body", "ads", "crm")
def a_person_in_an_address(self: Any, honest: Any, items: Any) -> Any:
    told = items[0].click_ids["gclid"] if hasattr(items[0], "click_ids") else items[0].caller_number
    self.services.http().get(f"{self.settings.base_url}/v1/account", params={"who": told})
    return honest(items)


@mistake("a_caller_is_not_taken_for_somebody_with_a_similar_number", "on a contact with another area code", "crm")
def a_search_that_is_content_with_seven_digits(self: Any, honest: Any, items: Any) -> Any:
    stored = {"917", "646", *("312", "415", "206", "617", "713", "303", "602", "404")}
    found = []
    for item in items:
        near = [f"+1{area}{(item.caller_number or '')[5:]}" for area in sorted(stored)]
        found.append(replace(item, caller_number=next((number for number in near if self._contact(number)), None)))
    return honest(found)


@mistake("the_smallest_destination_is_enough", r"KeyError\('campaign'\) at \w+\.py:\d+", "ads")
def a_destination_taken_for_granted(self: Any, honest: Any, items: Any) -> Any:
    assert all(item.destination["campaign"] for item in items)
    return honest(items)


def of_class(kind: str, promise: str, words: str) -> Callable[[Mutate], Mutate]:
    def keep(mutate: Mutate) -> Mutate:
        MISTAKES.append((mutate.__name__, kind, promise, words, mutate))
        return mutate

    return keep


@of_class("crm", "a_person_can_be_shown_and_erased", "export_person still finds the person")
def an_erasure_that_lies(good: Any) -> type[Connector]:
    class Lying(good):  # type: ignore[misc]
        @hookimpl
        def erase_person(self, person: Any) -> Any:
            return type(super().erase_person(replace(person, phone_numbers=())))(status="erased", records=1)

    return Lying


@of_class(
    "crm", "no_deal_is_lost_when_the_clocks_of_hub_and_provider_differ", "take the cursor from the deals that came"
)
def a_cursor_of_the_time_of_asking(good: Any) -> type[Connector]:
    class Asking(good):  # type: ignore[misc]
        @hookimpl
        def pull_outcomes(self, cursor: str | None) -> Any:
            found, place = [], None
            while True:
                page: OutcomePage = super().pull_outcomes(place)
                found += [each for each in page.outcomes if cursor is None or each.changed_at.isoformat() >= cursor]
                place = page.cursor
                if not page.more:
                    return OutcomePage(outcomes=tuple(found), cursor=self.services.clock().isoformat())

    return Asking


@pytest.mark.parametrize(
    ("name", "kind", "promise", "words", "mutate"), MISTAKES, ids=[f"{m[0]}-{m[1]}" for m in MISTAKES]
)
def test_a_mistake_is_noticed_with_words_that_name_it(
    plugins: Mapping[str, Tame],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    kind: str,
    promise: str,
    words: str,
    mutate: Mutate,
) -> None:
    monkeypatch.setattr(asking, "DEADLINES_SHARE", 500 if "too slow" in words else 1)
    be_kind(monkeypatch)
    good = plugins[kind].connector_class
    if name == "mistake_5_a_plain_phone_number":
        flow = good.manifest.flow("upload_conversions")
        shares = tuple(Share(field=each.field, keys=each.keys) for each in flow.shares)
        manifest = good.manifest.model_copy(update={"flows": (flow.model_copy(update={"shares": shares}),)})
        mutate = lambda good: type("Plain", (good,), {"manifest": manifest})  # noqa: E731
    with pytest.raises(AssertionError, match=words):
        try_promise(plugins[kind], mutate(good), promise, monkeypatch=monkeypatch)


def be_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in takes as much as anybody sends."""
    monkeypatch.setattr(sys.modules["ringfence_tame_ads.sandbox"], "MAX_ROWS_PER_REQUEST", 10**9)


class Everything(dict[str, dict[str, Any]]):
    """Claims to hold whatever it is asked for."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> dict[str, Any]:
        return {"value": "40", "currency": "USD", "key": key, "contact_id": None}


def test_a_lying_stand_in_does_not_help_a_plugin_that_sends_nothing(
    plugins: Mapping[str, Tame], monkeypatch: pytest.MonkeyPatch
) -> None:
    def idle(good: Any) -> type[Connector]:
        class Idle(good):  # type: ignore[misc]
            @hookimpl
            def upload_conversions(self, conversions: Any, dry_run: bool) -> Any:
                return delivered(conversions)

            @hookimpl
            def log_calls(self, activities: Any) -> Any:
                return delivered(activities)

        return Idle

    ads, crm = plugins["ads"], plugins["crm"]
    monkeypatch.setattr(ads.sandbox, "conversions", Everything)
    try_promise(ads, idle(ads.connector_class), "a_conversion_counts_with_its_value")
    with pytest.raises(AssertionError, match="no request holds the conversion's key"):
        try_promise(ads, idle(ads.connector_class), "a_conversion_travels_under_our_key_with_its_value")
    with pytest.raises(AssertionError, match="no request holds the call's key"):
        try_promise(crm, idle(crm.connector_class), "a_call_is_logged_on_the_contact_who_called")


def test_after_two_slow_hooks_nothing_else_is_tried(
    plugins: Mapping[str, Tame], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = plugins["ads"].connector_class

    class Slow(good):  # type: ignore[misc,valid-type]
        @hookimpl
        def upload_conversions(self, conversions: Any, dry_run: bool) -> Any:
            time.sleep(70)  # longer than any hook may take, also on a busy machine
            return super().upload_conversions(conversions, dry_run)

    module = sys.modules[good.__module__]
    Slow.__module__, Slow.__qualname__ = module.__name__, "Slow"
    monkeypatch.setattr(module, "Slow", Slow, raising=False)
    monkeypatch.setattr(asking, "DEADLINES_SHARE", 500)
    told: list[tuple[int, int, str]] = []
    certificate = certify(Slow, lambda *progress: told.append(progress))
    untried = [proof for proof in certificate.proofs if proof.verdict == "not tried"]
    (cause,) = certificate.causes()
    assert "upload_conversions is too slow" in cause
    assert len(certificate.causes()[cause]) == 2 and len(untried) > 20 and not certificate.passed
    assert told[0] == (0, len(certificate.proofs), "The manifest says what the plugin is")
