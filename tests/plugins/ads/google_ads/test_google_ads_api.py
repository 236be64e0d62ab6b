"""The Google Ads API sink: the real library on the wire, row by row, and the move to Data Manager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog

from hub.api import AuthError, ConfigError, Conversion, Money, Receipt, Rejected, RetryLater
from hub.api.sandbox import Fault
from hub.testing import FrozenClock, connect
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.ads_client import AdsClient
from plugins.ads.google_ads.ads_failures import AdsError, Failure, partial_errors
from plugins.ads.google_ads.sandbox import Sandbox

Make = Callable[..., Conversion]


@pytest.fixture
def connector(google: Sandbox, clock: FrozenClock) -> GoogleAds:
    connector = connect(GoogleAds, google, clock=clock, api="google_ads", timeout=5.0)
    assert connector.check_connection().ok
    return connector


def upload(connector: GoogleAds, *batch: Conversion, dry_run: bool = False) -> list[Receipt]:
    return list(connector.upload_conversions(batch, dry_run))


# Rows


def test_a_conversion_arrives_with_all_that_google_needs(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    item = make(click_ids={"wbraid": "Test-wbraid-1"}, ad_personalization="unknown")
    (receipt,) = upload(connector, item)
    assert receipt.status == "delivered" and receipt.reference
    counted = google.conversions()[item.key]
    assert (counted["value"], counted["currency"], counted["action"]) == (40.0, "USD", "987654321")
    assert counted["at"] == item.occurred_at and counted["click_ids"] == {"wbraid": "Test-wbraid-1"}
    assert counted["hashed_phone"] == item.phone_number
    assert (counted["ad_user_data"], counted["ad_personalization"]) == ("GRANTED", "UNSPECIFIED")


def test_a_refused_row_costs_the_others_nothing(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    batch = [make() for _ in range(5)]
    google.refuse(batch[2].key)
    receipts = upload(connector, *batch)
    assert [receipt.status for receipt in receipts] == ["delivered", "delivered", "rejected", "delivered", "delivered"]
    assert receipts[2].code == "INVALID_CUSTOMER_FOR_CLICK" and "does not own" in str(receipts[2].reason)


def test_what_google_has_already_is_a_duplicate(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    item = make()
    upload(connector, item)
    (again,) = upload(connector, item)
    assert (again.status, again.code) == ("duplicate", "ORDER_ID_ALREADY_IN_USE")
    (other,) = upload(connector, replace(item, key="call-other"))
    assert (other.status, other.code) == ("duplicate", "CLICK_CONVERSION_ALREADY_EXISTS")
    assert len(google.conversions()) == 1


def test_an_unknown_conversion_action_is_rejected(connector: GoogleAds, make: Make) -> None:
    (receipt,) = upload(connector, make(destination={"conversion_action": 777}))
    assert (receipt.status, receipt.code) == ("rejected", "NO_CONVERSION_ACTION_FOUND")


def test_a_dry_run_validates_and_counts_nothing(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    good, bad = make(), make()
    google.refuse(bad.key)
    assert [receipt.status for receipt in upload(connector, good, bad, dry_run=True)] == ["delivered", "rejected"]
    assert not google.conversions()


# Changes


def test_values_are_restated_and_conversions_retracted_by_order_id(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    first, second = make(), make()
    upload(connector, first, second)
    clock.advance(days=2)
    changed = replace(first, kind="restate", changed_at=clock(), value=Money(Decimal("90"), "EUR"))
    back = replace(second, kind="retract", changed_at=clock(), value=None)
    assert [receipt.status for receipt in upload(connector, changed, back)] == ["delivered", "delivered"]
    counted = google.conversions()
    assert (counted[first.key]["value"], counted[first.key]["currency"]) == (90.0, "EUR")
    assert counted[second.key]["retracted"]
    codes = [(receipt.status, receipt.code) for receipt in upload(connector, changed, back)]
    assert codes == [("duplicate", "RESTATEMENT_ALREADY_EXISTS"), ("duplicate", "CONVERSION_ALREADY_RETRACTED")]


def test_a_late_older_change_is_no_loss(connector: GoogleAds, clock: FrozenClock, make: Make) -> None:
    item = make()
    upload(connector, item)
    older = replace(item, kind="restate", changed_at=clock() + timedelta(hours=1), value=Money(Decimal("1"), "USD"))
    upload(connector, replace(older, changed_at=clock() + timedelta(hours=2)))
    (receipt,) = upload(connector, older)
    assert (receipt.status, receipt.code) == ("duplicate", "MORE_RECENT_RESTATEMENT_FOUND")


def test_a_change_of_what_google_does_not_know_yet_is_tried_hours_later(connector: GoogleAds, make: Make) -> None:
    (receipt,) = upload(connector, make(kind="retract", changed_at=connector.services.clock()))
    assert (receipt.status, receipt.code, receipt.retry_after) == ("retry", "CONVERSION_NOT_FOUND", 6 * 3600)


class FailingThen(Sandbox):
    """A stand-in whose planned fault comes only after a few requests that go well."""

    good = 0

    def next_fault(self) -> Fault | None:
        if self.good:
            self.good -= 1
            return None
        return super().next_fault()


def test_new_conversions_keep_their_receipts_when_the_changes_fail(clock: FrozenClock, make: Make) -> None:
    with FailingThen(clock) as sandbox:
        assert isinstance(sandbox, FailingThen)
        connector = connect(GoogleAds, sandbox, clock=clock, api="google_ads")
        held = make()
        upload(connector, held)
        sandbox.good = 1
        sandbox.fail_next(Fault("status", 503))
        change = replace(held, kind="restate", changed_at=clock(), value=Money(Decimal("1"), "USD"))
        assert [receipt.status for receipt in upload(connector, change, make())] == ["retry", "delivered"]


def test_calls_from_ads_go_through_data_manager_in_any_case(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    began = clock() - timedelta(hours=1)
    call = make(destination={"call_conversion_action": 333000111}, call_started_at=began)
    assert [receipt.status for receipt in upload(connector, make(), call)] == ["delivered", "accepted"]
    google.requests_per_minute = 0
    other = replace(call, key="call-other")
    assert [receipt.status for receipt in upload(connector, make(), other)] == ["delivered", "retry"]


def test_an_ios_click_goes_by_the_number_where_google_counts_one_per_click(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    google.one_per_click = {"987654321"}
    item = make(click_ids={"gbraid": "Test-1"})
    assert [receipt.status for receipt in upload(connector, item)] == ["retry"]
    assert [receipt.status for receipt in upload(connector, item)] == ["delivered"]
    assert google.conversions()[item.key]["click_ids"] == {}


# The library and the wire


def test_the_manager_account_goes_along_as_metadata(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    google.login_customer_id = "2345678901"
    with pytest.raises(AuthError, match="USER_PERMISSION_DENIED"):
        upload(connector, make())
    managed = connect(
        GoogleAds,
        google,
        clock=clock,
        api="google_ads",
        login_customer_id="234-567-8901",
        linked_customer_id="345-678-9012",
    )
    assert upload(managed, make())[0].status == "delivered"
    metadata = google.headers[-1]
    assert metadata["login-customer-id"] == "2345678901" and metadata["linked-customer-id"] == "3456789012"
    assert metadata["authorization"].startswith("Bearer ") and "developer-token" not in metadata
    assert metadata["x-goog-request-params"] == "customer_id=1234567890"
    assert managed.check_connection().ok


def test_an_account_out_of_reach_is_told(google: Sandbox, connector: GoogleAds, clock: FrozenClock) -> None:
    other = connect(GoogleAds, google, clock=clock, api="google_ads", customer_id="999-999-9999")
    report = other.check_connection()
    assert not report.ok and "9999999999" in report.detail and "login_customer_id" in report.detail


def test_an_api_version_that_the_library_lacks_is_a_matter_of_set_up(
    google: Sandbox, clock: FrozenClock, make: Make
) -> None:
    connector = connect(GoogleAds, google, clock=clock, api="google_ads", api_version="v1")
    with pytest.raises(ConfigError, match="v26"):
        upload(connector, make())
    report = connector.check_connection()
    assert not report.ok and "v1" in report.detail


def test_an_older_version_of_the_library_works_too(google: Sandbox, clock: FrozenClock, make: Make) -> None:
    connector = connect(GoogleAds, google, clock=clock, api="google_ads", api_version="v25")
    item = make()
    google.refuse(item.key)
    assert [receipt.status for receipt in upload(connector, make(), item)] == ["delivered", "rejected"]


def test_tls_is_spoken_to_an_authority_of_ones_own(clock: FrozenClock, make: Make, tmp_path: Path) -> None:
    key, chain = _certificate()
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(chain)
    sandbox = Sandbox(clock)
    sandbox.certificate = (key, chain)
    with sandbox:
        good = connect(GoogleAds, sandbox, clock=clock, api="google_ads", ca_file=trusted)
        assert not good.settings.insecure and upload(good, make())[0].status == "delivered"
        stranger = connect(GoogleAds, sandbox, clock=clock, api="google_ads", timeout=1.0)
        with pytest.raises(RetryLater):
            upload(stranger, make())
        lost = connect(GoogleAds, sandbox, clock=clock, api="google_ads", ca_file=tmp_path / "missing.pem")
        with pytest.raises(ConfigError, match="ca_file"):
            upload(lost, make())


@pytest.mark.parametrize(
    ("fault", "error", "after"),
    [
        (Fault("status", 400), Rejected, None),
        (Fault("status", 401), AuthError, None),
        (Fault("status", 403), AuthError, None),
        (Fault("status", 404), ConfigError, None),
        (Fault("status", 429, retry_after=7), RetryLater, 7.0),
        (Fault("status", 500), RetryLater, None),
        (Fault("status", 503), RetryLater, None),
        (Fault("hang", seconds=3.0), RetryLater, None),
        (Fault("garbage"), RetryLater, None),
    ],
)
def test_each_trouble_of_the_api_itself_ends_in_the_right_error(
    google: Sandbox, clock: FrozenClock, make: Make, fault: Fault, error: Any, after: float | None
) -> None:
    connector = connect(GoogleAds, google, clock=clock, api="google_ads", timeout=1.0 if fault.kind == "hang" else 10.0)
    connector.check_connection()
    google.fail_next(fault, times=9)
    with pytest.raises(error) as raised:
        upload(connector, make())
    assert getattr(raised.value, "after", None) == after
    google.heal()
    assert upload(connector, make())[0].status == "delivered"


@pytest.mark.parametrize(
    ("family", "code", "error"),
    [
        ("authentication_error", "OAUTH_TOKEN_REVOKED", AuthError),
        ("authorization_error", "CUSTOMER_NOT_ENABLED", AuthError),
        ("quota_error", "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", RetryLater),
        ("internal_error", "TRANSIENT_ERROR", RetryLater),
        ("request_error", "UNSUPPORTED_VERSION", ConfigError),
        ("conversion_upload_error", "TOO_MANY_CONVERSIONS_IN_REQUEST", Rejected),
    ],
)
def test_a_refused_request_becomes_the_error_that_its_family_means(family: str, code: str, error: Any) -> None:
    raised = Failure("INVALID_ARGUMENT", (AdsError(family, code, "words"),)).error()
    assert isinstance(raised, error) and code in str(raised)


@pytest.mark.parametrize(
    "failure",
    [
        Failure("INVALID_ARGUMENT", (AdsError("conversion_upload_error", "UNKNOWN", "words"),)),
        Failure("INVALID_ARGUMENT", (AdsError("", "SOMETHING_NEW", "words"),)),
        Failure("FAILED_PRECONDITION"),
    ],
)
def test_a_refusal_that_nobody_lists_ends_no_conversion(failure: Failure) -> None:
    """Source: google-ads 34.0.0: a code that is newer than the library is read as UNKNOWN."""
    raised = failure.error()
    assert isinstance(raised, RetryLater) and raised.after == 24 * 3600
    assert isinstance(Failure("INVALID_ARGUMENT").error(), Rejected)


# The stand-in checks what Google checks


def test_the_stand_in_refuses_as_google_does(google: Sandbox, connector: GoogleAds, clock: FrozenClock) -> None:
    client = AdsClient(connector.settings)
    token = connector.services.tokens.load()["access_token"]
    at = "2026-11-24 14:00:00+00:00"
    row: dict[str, Any] = {
        "conversion_action": "customers/1234567890/conversionActions/987654321",
        "conversion_date_time": at,
        "gclid": "Test-gclid-1",
    }

    def codes(*rows: dict[str, Any], **request: Any) -> list[str]:
        content = {"customer_id": "1234567890", "conversions": rows, "partial_failure": True, **request}
        answer = client.call("ConversionUploadService", "upload_click_conversions", content, token, 5.0)
        errors = answer.errors if isinstance(answer, Failure) else partial_errors(answer.partial_failure_error, "v26")
        return [error.code for error in errors]

    assert codes({**row, "conversion_date_time": "2026-11-24T14:00:00Z"}) == [
        "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"
    ]
    assert codes({**row, "conversion_date_time": "2026-08-01 14:00:00+00:00"}) == ["EXPIRED_EVENT"]
    assert codes({**row, "gbraid": "a", "wbraid": "b"}) == ["GBRAID_WBRAID_BOTH_SET"]
    assert codes({**row, "order_id": "1"}, {**row, "order_id": "1", "gclid": "x"}) == ["DUPLICATE_ORDER_ID"] * 2
    assert codes(row, row) == ["DUPLICATE_CLICK_CONVERSION_IN_REQUEST"] * 2
    assert codes({**row, "user_identifiers": [{"hashed_email": "pat"}]}) == ["INVALID_USER_IDENTIFIER"]
    assert codes(*[row] * 2001) == ["TOO_MANY_CONVERSIONS_IN_REQUEST"]
    assert codes(row, partial_failure=False) == ["PARTIAL_FAILURE_MODE_REQUIRED"]
    assert codes(row, customer_id="1111111111") == ["USER_PERMISSION_DENIED"]


# The move to Data Manager


def test_an_account_that_google_no_longer_lists_moves_with_this_same_batch(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    google.allowlisted = False
    batch = [make(), make()]
    with structlog.testing.capture_logs() as lines:
        receipts = upload(connector, *batch)
    assert [receipt.status for receipt in receipts] == ["accepted", "accepted"]
    assert google.conversions().keys() == {item.key for item in batch}
    assert [line["log_level"] for line in lines] == ["warning"] and "api: data_manager" in lines[0]["reason"]
    assert connector.services.memory.get("sink") == "data_manager"
    report = connector.check_connection()
    assert report.ok and "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE" in report.detail
    calls = len(google.headers)
    assert upload(connector, make())[0].status == "accepted" and len(google.headers) == calls


def _certificate() -> tuple[bytes, bytes]:
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Google stands in")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, certificate.public_bytes(serialization.Encoding.PEM)
