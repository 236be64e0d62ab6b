"""The fake's gRPC side: the services of the Google Ads API that conversions need, in any version of the library."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from hub.api.sandbox import HeardRequest
from plugins.ads.google_ads.sandbox.account import Account
from plugins.ads.google_ads.sandbox.rows import RowError, Rows

MAX_ROWS_PER_REQUEST = 2000
GARBAGE = b"\x00<<<not what you asked for"
STATUSES: Mapping[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""HTTP status → gRPC code; any other status is INTERNAL."""


class AdsServer:
    """A gRPC server on loopback; it uses TLS if it has a certificate (key and chain, PEM)."""

    def __init__(self, google: Account) -> None:
        self._google = google
        self._stopped = threading.Event()
        self.endpoint = ""

    def start(self) -> None:
        """Listen on a free loopback port."""
        import grpc  # type: ignore[import-untyped]

        handle = self._handle

        class Services(grpc.GenericRpcHandler):  # type: ignore[misc]
            """Accepts every method as bytes, so the library is imported only when a request arrives."""

            def service(self, details: Any) -> Any:
                path = re.fullmatch(r"/google\.ads\.googleads\.(v\d+)\.services\.(\w+)/(\w+)", details.method)
                if path is None or path[3] not in METHODS:
                    return None
                version, metadata = path[1], dict(details.invocation_metadata)
                return grpc.unary_unary_rpc_method_handler(
                    lambda body, context: handle(path[3], version, metadata, body, context)
                )

        self._server = grpc.server(
            ThreadPoolExecutor(max_workers=4, thread_name_prefix="sandbox-google-ads"),
            handlers=(Services(),),
            options=(("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)),
        )
        certificate = self._google.certificate
        if certificate is None:
            port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            port = self._server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([certificate]))
        self.endpoint = f"127.0.0.1:{port}"
        self._server.start()

    def stop(self) -> None:
        """Stop listening and abandon replies that hang."""
        self._stopped.set()
        self._server.stop(grace=0.2).wait(timeout=5)

    def _handle(self, method: str, version: str, metadata: Mapping[str, str], body: bytes, context: Any) -> bytes:
        self._google.note(HeardRequest("POST", method, "", dict(metadata), body))
        fault = self._google.next_fault()
        if fault is not None and fault.kind == "garbage":
            return GARBAGE
        call = Call(self._google, version, context)
        if fault is not None and fault.kind == "taken":
            self._serve(call, method, metadata, body)
            call.fail("UNAVAILABLE", "Socket closed")
        if fault is not None:
            if fault.kind == "hang":
                self._stopped.wait(fault.seconds)
            call.fail(STATUSES.get(fault.status, "INTERNAL"), "planned fault", wait=fault.retry_after)
        return self._serve(call, method, metadata, body)

    def _serve(self, call: Call, method: str, metadata: Mapping[str, str], body: bytes) -> bytes:
        with self._google.shared(), self._google.lock:
            self._google.headers.append(dict(metadata))
            call.check_access(metadata)
            return METHODS[method](call, body)


class Call:
    """One request in one version of the API."""

    def __init__(self, google: Account, version: str, context: Any) -> None:
        self._google = google
        self._version = version
        self._context = context

    def check_access(self, metadata: Mapping[str, str]) -> None:
        """Refuse a bad token, and a caller that does not use the manager account."""
        google = self._google
        if not google.tokens.allows(metadata.get("authorization", "")):
            error = RowError("authentication_error", "OAUTH_TOKEN_INVALID", "The token is not valid.")
            self.fail("UNAUTHENTICATED", "Request had invalid authentication credentials.", [(error, None)])
        needed = google.login_customer_id
        if needed is not None and metadata.get("login-customer-id") != needed:
            error = RowError("authorization_error", "USER_PERMISSION_DENIED", "User doesn't have permission.")
            self.fail("PERMISSION_DENIED", "The caller does not have permission", [(error, None)])

    def upload_click_conversions(self, body: bytes) -> bytes:
        """ConversionUploadService.UploadClickConversions."""
        types = self._types("services.types.conversion_upload_service")
        request = self._read(types.UploadClickConversionsRequest, body)
        return self._rows(request, "conversions", Rows.click, types, "ClickConversionResult", _CLICK_RESULT)

    def upload_conversion_adjustments(self, body: bytes) -> bytes:
        """ConversionAdjustmentUploadService.UploadConversionAdjustments."""
        types = self._types("services.types.conversion_adjustment_upload_service")
        request = self._read(types.UploadConversionAdjustmentsRequest, body)
        return self._rows(
            request, "conversion_adjustments", Rows.adjustment, types, "ConversionAdjustmentResult", _ADJUSTMENT_RESULT
        )

    def list_accessible_customers(self, body: bytes) -> bytes:
        """CustomerService.ListAccessibleCustomers."""
        response = self._types("services.types.customer_service").ListAccessibleCustomersResponse.pb()
        reached = self._google.login_customer_id or self._google.customer_id
        content: bytes = response(resource_names=[f"customers/{reached}"]).SerializeToString()
        return content

    def _rows(
        self,
        request: Any,
        field: str,
        judge: Callable[[Rows, Any], RowError | None],
        types: Any,
        result_name: str,
        result_fields: Sequence[str],
    ) -> bytes:
        rows = getattr(request, field)
        self._check_request(request, rows, field)
        judged = Rows(self._google, rows, request.validate_only)
        errors: list[tuple[RowError, tuple[str, int] | None]] = []
        result_type = getattr(types, result_name).pb()
        results = []
        for place, row in enumerate(rows):
            error = judge(judged, row)
            if error is not None:
                errors.append((error, (field, place)))
            fields = () if error is not None or request.validate_only else result_fields
            results.append(result_type(**{name: getattr(row, name) for name in fields if getattr(row, name)}))
        kind = "UploadClickConversionsResponse" if field == "conversions" else "UploadConversionAdjustmentsResponse"
        response = getattr(types, kind).pb()(results=results, job_id=secrets.randbelow(2**31) + 1)
        if errors:
            status = response.partial_failure_error
            status.code, status.message = 3, f"Multiple errors in ‘details’. First error: {errors[0][0].words}"
            status.details.add().Pack(self._failure(errors))
        content: bytes = response.SerializeToString()
        return content

    def _check_request(self, request: Any, rows: Sequence[Any], field: str) -> None:
        google = self._google
        whole: RowError | None = None
        if request.customer_id != google.customer_id:
            denied = RowError("authorization_error", "USER_PERMISSION_DENIED", "User doesn't have permission.")
            self.fail("PERMISSION_DENIED", "The caller does not have permission", [(denied, None)])
        if not google.allowlisted:
            code = "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
            words = "Customer is not allowlisted for accessing this feature."
            self.fail(
                "PERMISSION_DENIED",
                "The caller does not have permission",
                [(_named("not_allowlisted", code, words), None)],
            )
        if not rows:
            whole = _named("field", "REQUIRED", "The required field was not present.")
        elif len(rows) > MAX_ROWS_PER_REQUEST:
            if field == "conversions":
                words = "The request contained more than 2000 conversions."
                whole = _named("conversion_upload", "TOO_MANY_CONVERSIONS_IN_REQUEST", words)
            else:
                words = "The request contained more than 2000 adjustments."
                whole = _named("conversion_adjustment_upload", "TOO_MANY_ADJUSTMENTS_IN_REQUEST", words)
        elif not request.partial_failure:
            whole = _named("partial_failure", "PARTIAL_FAILURE_MODE_REQUIRED", "partial_failure must be true.")
        if whole is not None:
            self.fail("INVALID_ARGUMENT", "Request contains an invalid argument.", [(whole, None)])

    def fail(
        self,
        status: str,
        message: str,
        errors: Sequence[tuple[RowError, tuple[str, int] | None]] = (),
        wait: int | None = None,
    ) -> None:
        """Refuse the whole request as Google does: a status, and a GoogleAdsFailure in the trailing metadata."""
        import grpc

        if wait is not None:
            errors = [(_named("quota", "RESOURCE_EXHAUSTED", "Resource has been exhausted."), None)]
        if errors:
            failure = self._failure(errors, wait)
            key = f"google.ads.googleads.{self._version}.errors.googleadsfailure-bin"
            self._context.set_trailing_metadata(
                (("request-id", failure.request_id), (key, failure.SerializeToString()))
            )
        self._context.abort(getattr(grpc.StatusCode, status), message)

    def _failure(self, errors: Sequence[tuple[RowError, tuple[str, int] | None]], wait: int | None = None) -> Any:
        types = self._types("errors.types.errors")
        failure = types.GoogleAdsFailure.pb()(request_id=secrets.token_urlsafe(12))
        for error, place in errors:
            entry = failure.errors.add(error_code={error.family: error.code}, message=error.words)
            if place is not None:
                entry.location.field_path_elements.add(field_name=place[0], index=place[1])
            if wait is not None:
                entry.details.quota_error_details.retry_delay.seconds = wait
        return failure

    def _read(self, request_type: Any, body: bytes) -> Any:
        from google.protobuf.message import DecodeError

        request = request_type.pb()()
        try:
            request.ParseFromString(body)
        except DecodeError:
            self.fail("INTERNAL", "The request cannot be read.")
        return request

    def _types(self, module: str) -> Any:
        return import_module(f"google.ads.googleads.{self._version}.{module}")


def _named(family: str, code: str, words: str) -> RowError:
    return RowError(f"{family}_error", code, words)


_CLICK_RESULT = ("gclid", "gbraid", "wbraid", "conversion_action", "conversion_date_time")
_ADJUSTMENT_RESULT = ("conversion_action", "order_id", "adjustment_date_time", "adjustment_type")

METHODS: Mapping[str, Callable[[Call, bytes], bytes]] = {
    "UploadClickConversions": Call.upload_click_conversions,
    "UploadConversionAdjustments": Call.upload_conversion_adjustments,
    "ListAccessibleCustomers": Call.list_accessible_customers,
}
