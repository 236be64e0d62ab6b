"""A suite that cannot fail is a defect: each broken ads or CRM plugin fails at the promise that it breaks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from proving import Tame, try_promise

from hub.api import AuthError, Connector, Fact, Receipt, Rejected, RetryLater, hookimpl
from hub.api.crm import OutcomePage

CircuitBreaker = Callable[[Any], type[Connector]]
ADS: dict[str, tuple[str, CircuitBreaker]] = {}
CRM: dict[str, tuple[str, CircuitBreaker]] = {}


def breaks(table: dict[str, tuple[str, CircuitBreaker]], promise: str) -> Callable[[CircuitBreaker], CircuitBreaker]:
    def keep(breaker: CircuitBreaker) -> CircuitBreaker:
        table[breaker.__name__] = (promise, breaker)
        return breaker

    return keep


def uploading(table_promise: str) -> Callable[[Callable[..., Any]], Any]:
    """A broken ads plugin that differs in its upload: a function of (connector, honest upload, batch, dry_run)."""

    def decorate(upload: Callable[..., Any]) -> Any:
        def breaker(good: Any) -> type[Connector]:
            class Broken(good):  # type: ignore[misc]
                @hookimpl
                def upload_conversions(self, conversions: Any, dry_run: bool) -> Any:
                    return upload(self, super().upload_conversions, conversions, dry_run)

            return Broken

        breaker.__name__ = upload.__name__
        return breaks(ADS, table_promise)(breaker)

    return decorate


@uploading("a_conversion_counts_with_its_value")
def a_key_of_its_own_each_time(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    honest([replace(item, key=uuid.uuid4().hex) for item in batch], dry_run)
    return [Receipt(key=item.key, status="delivered") for item in batch]


@uploading("the_same_conversion_counts_once_however_often_it_comes")
def a_second_key_on_the_second_try(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    honest(batch, dry_run)
    honest([replace(item, key=uuid.uuid4().hex) for item in batch], dry_run)
    return [Receipt(key=item.key, status="delivered") for item in batch]


@uploading("what_was_lost_in_a_fault_counts_once_after_a_retry")
def a_lie_in_a_fault(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    try:
        return honest(batch, dry_run)
    except RetryLater:
        return [Receipt(key=item.key, status="delivered") for item in batch]


@uploading("a_dry_run_counts_nothing")
def a_dry_run_that_counts(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    return honest(batch, False)


@uploading("what_asked_nobody_says_that_nothing_was_sent")
def a_request_that_the_receipt_denies(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    honest(batch, dry_run)
    return [Receipt(key=item.key, status="unmatched", reason="No click.", sent=False) for item in batch]


@uploading("what_asked_nobody_says_that_nothing_was_sent")
def no_request_that_the_receipt_admits(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    return [Receipt(key=item.key, status="unmatched", reason="No click.") for item in batch]


@uploading("a_conversion_without_any_declared_identifier_is_unmatched_and_not_sent")
def a_click_that_nobody_made(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    return honest([replace(item, click_ids=item.click_ids or {"gclid": "made-up"}) for item in batch], dry_run)


@uploading("one_refused_item_costs_the_others_nothing")
def a_batch_refused_for_one_item(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    receipts = honest(batch, dry_run)
    if any(receipt.status == "rejected" for receipt in receipts):
        raise Rejected("The batch was refused.")
    return receipts


@uploading("one_refused_item_costs_the_others_nothing")
def a_refusal_without_a_reason(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    return [replace(receipt, reason=None) for receipt in honest(batch, dry_run)]


@uploading("one_refused_item_costs_the_others_nothing")
def a_reason_that_tells_the_click(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    clicks = {item.key: item.click_ids["gclid"] for item in batch}
    return [replace(r, reason=f"The click {clicks[r.key]} is unknown.") for r in honest(batch, dry_run)]


@uploading("a_conversion_counts_with_its_value")
def a_receipt_too_few(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    return honest(batch, dry_run)[1:]


@uploading("a_restated_value_replaces_the_first")
def a_restatement_that_is_dropped(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    honest([item for item in batch if item.kind == "new"], dry_run)
    return [Receipt(key=item.key, status="delivered") for item in batch]


@uploading("a_retracted_conversion_counts_no_more")
def a_retraction_that_is_dropped(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    honest([item for item in batch if item.kind != "retract"], dry_run)
    return [Receipt(key=item.key, status="delivered") for item in batch]


@uploading("an_unknown_permission_never_becomes_a_yes")
def a_permission_made_up(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    return honest([replace(item, ad_user_data="granted") for item in batch], dry_run)


@uploading("a_poor_conversion_still_gets_its_receipt")
def a_value_taken_for_granted(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    assert all(item.value.amount for item in batch)
    return honest(batch, dry_run)


@uploading("refused_credentials_ask_to_reconnect")
def a_refused_sign_in_tried_again(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    try:
        return honest(batch, dry_run)
    except AuthError as error:
        raise RetryLater("Later, perhaps.") from error


@uploading("a_wait_that_the_provider_asks_for_is_passed_on")
def a_wait_that_is_forgotten(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    try:
        return honest(batch, dry_run)
    except RetryLater as error:
        raise RetryLater("Later, at some time.") from error


@uploading("a_server_error_is_tried_again")
def a_server_error_given_up(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    try:
        return honest(batch, dry_run)
    except RetryLater:
        return [Receipt(key=item.key, status="rejected", reason="It failed.") for item in batch]


@uploading("a_provider_that_does_not_answer_is_tried_again")
def a_librarys_own_error(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    try:
        return honest(batch, dry_run)
    except RetryLater:
        raise httpx2.ReadTimeout("timed out") from None


@uploading("an_answer_that_is_garbage_is_tried_again")
def garbage_taken_for_a_refusal(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    try:
        return honest(batch, dry_run)
    except RetryLater as error:
        raise Rejected("That is no answer.") from error


@uploading("nothing_secret_or_personal_is_told_whatever_the_provider_does")
def an_error_that_tells_the_click(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    try:
        return honest(batch, dry_run)
    except RetryLater as error:
        raise RetryLater(f"{batch[0].click_ids} failed.") from error


@uploading("nothing_secret_or_personal_is_told_when_all_is_well")
def a_log_that_tells_the_key(self: Any, honest: Any, batch: Any, dry_run: bool) -> Any:
    self.services.log.info("upload", key=self.settings.api_key.get_secret_value())
    return honest(batch, dry_run)


@breaks(ADS, "a_batch_as_large_as_declared_is_taken")
def a_batch_larger_than_the_network_takes(good: Any) -> type[Connector]:
    limits = good.manifest.limits.model_copy(update={"batch_size": 101})
    return type("Broken", (good,), {"manifest": good.manifest.model_copy(update={"limits": limits})})


@breaks(ADS, "a_failed_connection_check_says_so")
def a_connection_check_that_never_fails(good: Any) -> type[Connector]:
    class Broken(good):  # type: ignore[misc]
        @hookimpl
        def check_connection(self) -> Any:
            from hub.api import ConnectionReport

            return ConnectionReport(ok=True, detail="All is well.")

    return Broken


def logging(promise: str) -> Callable[[Callable[..., Any]], Any]:
    def decorate(log: Callable[..., Any]) -> Any:
        def breaker(good: Any) -> type[Connector]:
            class Broken(good):  # type: ignore[misc]
                @hookimpl
                def log_calls(self, activities: Any) -> Any:
                    return log(self, super().log_calls, activities)

            return Broken

        breaker.__name__ = log.__name__
        return breaks(CRM, promise)(breaker)

    return decorate


def pulling(promise: str) -> Callable[[Callable[..., Any]], Any]:
    def decorate(pull: Callable[..., Any]) -> Any:
        def breaker(good: Any) -> type[Connector]:
            class Broken(good):  # type: ignore[misc]
                @hookimpl
                def pull_outcomes(self, cursor: str | None) -> Any:
                    return pull(self, super().pull_outcomes, cursor)

            return Broken

        breaker.__name__ = pull.__name__
        return breaks(CRM, promise)(breaker)

    return decorate


@logging("the_same_call_is_logged_once")
def a_second_receipt_for_nothing(self: Any, honest: Any, activities: Any) -> Any:
    if not self.services.memory.get("seen"):
        self.services.memory.put("seen", "yes")
        return honest(activities)
    return [Receipt(key=activity.key, status="rejected", reason="Again?") for activity in activities]


@logging("an_unknown_or_hidden_caller_is_logged_too")
def strangers_left_out(self: Any, honest: Any, activities: Any) -> Any:
    honest([activity for activity in activities if self._contact(activity.caller_number)])
    return [Receipt(key=activity.key, status="delivered") for activity in activities]


@logging("a_call_is_logged_on_the_contact_who_called")
def calls_logged_on_nobody(self: Any, honest: Any, activities: Any) -> Any:
    return honest([replace(activity, caller_number=None) for activity in activities])


@logging("each_call_of_a_batch_has_a_receipt_and_a_record")
def only_the_first_of_a_batch(self: Any, honest: Any, activities: Any) -> Any:
    honest(activities[:1])
    return [Receipt(key=activity.key, status="delivered") for activity in activities]


@pulling("outcomes_are_complete_in_any_paging")
def only_the_first_page(self: Any, honest: Any, cursor: str | None) -> Any:
    return replace(honest(cursor), more=False)


@pulling("outcomes_are_complete_in_any_paging")
def a_page_that_skips_a_deal(self: Any, honest: Any, cursor: str | None) -> Any:
    page: OutcomePage = honest(cursor)
    return replace(page, cursor=str(int(page.cursor or 0) + 4)) if page.more else page


@pulling("a_moved_deal_comes_again")
def each_deal_only_once(self: Any, honest: Any, cursor: str | None) -> Any:
    page: OutcomePage = honest(cursor)
    fresh = tuple(o for o in page.outcomes if not self.services.memory.get(o.external_id))
    for outcome in fresh:
        self.services.memory.put(outcome.external_id, "seen")
    return replace(page, outcomes=fresh)


@pulling("a_deal_made_in_the_same_instant_as_the_cursor_is_not_lost")
def a_cursor_of_time_alone(self: Any, honest: Any, cursor: str | None) -> Any:
    outcomes, place = [], None
    while True:
        page: OutcomePage = honest(place)
        outcomes += page.outcomes
        place = page.cursor
        if not page.more:
            break
    newer = tuple(o for o in outcomes if cursor is None or o.changed_at.isoformat() > cursor)
    last = max((o.changed_at.isoformat() for o in newer), default=cursor)
    return OutcomePage(outcomes=newer, cursor=last)


@pulling("every_deal_comes_with_its_stage_value_and_person")
def a_value_without_its_cents(self: Any, honest: Any, cursor: str | None) -> Any:
    page: OutcomePage = honest(cursor)
    whole = tuple(replace(o, value=replace(o.value, amount=o.value.amount // 1)) for o in page.outcomes if o.value)
    return replace(page, outcomes=whole)


@pulling("outcomes_are_complete_in_any_paging")
def pages_without_an_end(self: Any, honest: Any, cursor: str | None) -> Any:
    return replace(honest(cursor), more=True)


@breaks(CRM, "a_known_caller_is_told_and_an_unknown_one_is_not")
def everybody_is_known(good: Any) -> type[Connector]:
    class Broken(good):  # type: ignore[misc]
        @hookimpl
        def enrich_caller(self, caller: Any) -> Any:
            return [Fact(name="name", value="Pat Doe", category="user.name")]

    return Broken


@breaks(CRM, "a_person_can_be_shown_and_erased")
def a_person_that_is_never_found(good: Any) -> type[Connector]:
    class Broken(good):  # type: ignore[misc]
        @hookimpl
        def export_person(self, person: Any) -> Any:
            return []

    return Broken


@breaks(CRM, "a_request_touches_only_the_calls_of_the_company_that_was_asked")
def a_call_of_another_company_deleted(good: Any) -> type[Connector]:
    logged: list[str] = []

    class Broken(good):  # type: ignore[misc]
        @hookimpl
        def log_calls(self, activities: Any) -> Any:
            logged.extend(each.key for each in activities)
            return super().log_calls(activities)

        @hookimpl
        def erase_person(self, person: Any) -> Any:
            return super().erase_person(replace(person, item_keys=tuple(logged)))

    return Broken


@breaks(CRM, "a_contact_that_companies_share_is_not_erased")
def a_shared_contact_erased(good: Any) -> type[Connector]:
    class Broken(good):  # type: ignore[misc]
        @hookimpl
        def erase_person(self, person: Any) -> Any:
            return super().erase_person(replace(person, shared=False))

    return Broken


SERVER_ERROR = {"fault": "a server error"}


@pytest.mark.parametrize("defect", ADS)
def test_a_broken_ads_plugin_fails_at_the_promise_it_breaks(plugins: Mapping[str, Tame], defect: str) -> None:
    promise, breaker = ADS[defect]
    with pytest.raises(AssertionError):
        try_promise(plugins["ads"], breaker(plugins["ads"].connector_class), promise, **SERVER_ERROR)


@pytest.mark.parametrize("defect", CRM)
def test_a_broken_crm_plugin_fails_at_the_promise_it_breaks(plugins: Mapping[str, Tame], defect: str) -> None:
    promise, breaker = CRM[defect]
    with pytest.raises(AssertionError):
        try_promise(plugins["crm"], breaker(plugins["crm"].connector_class), promise, **SERVER_ERROR)
