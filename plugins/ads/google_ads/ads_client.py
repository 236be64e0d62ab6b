"""The google-ads library at one API version, on a channel that uses our own tokens. Imported only when needed."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from hub.api import ConfigError, JsonObject
from plugins.ads.google_ads.ads_failures import Failure, failure_of
from plugins.ads.google_ads.settings import GoogleAdsSettings

OPTIONS = (
    ("grpc.max_metadata_size", 16 * 1024 * 1024),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.enable_http_proxy", 0),
)
"""The library's own channel options; like the hub's HTTP client, it ignores proxy variables of the environment."""


class AdsClient:
    """The services of the real library that the plugin uses.

    The library's own `get_service` signs in on its own and only trusts public TLS authorities, so the channel is made
    here, with the library's interceptors. Each call carries the token. Messages are bare protobuf, because
    the library's convenience wrapper costs seconds for 2,000 rows.
    """

    def __init__(self, settings: GoogleAdsSettings) -> None:
        try:
            import grpc  # type: ignore[import-untyped]

            library = import_module("google.ads.googleads")
        except ImportError as error:
            raise ConfigError(
                "api: google_ads needs the google-ads library; install the extra google-ads: "
                "`hub docs deploy/one-machine#extras` says how."
            ) from error
        self.version = settings.api_version
        known = sorted(name for _, name, _ in pkgutil.iter_modules(library.__path__) if re.fullmatch(r"v\d+", name))
        if self.version not in known:
            raise ConfigError(
                f"The installed google-ads library does not know api_version {self.version}; it has {', '.join(known)}."
            )
        interceptors = import_module("google.ads.googleads.interceptors")
        self._channel = grpc.intercept_channel(
            _channel(settings),
            interceptors.MetadataInterceptor(None, settings.login_customer_id, settings.linked_customer_id),
            interceptors.ExceptionInterceptor(self.version, use_proto_plus=False),
        )
        self._services: JsonObject = {}

    def call(
        self, service: str, method: str, content: Mapping[str, object], token: str, timeout: float | None
    ) -> Any | Failure:
        """Call `method` (snake case) of `service`. Returns the answer as bare protobuf, or the failure."""
        import grpc
        from google.ads.googleads.errors import GoogleAdsException
        from google.api_core.exceptions import GoogleAPICallError

        request_type = getattr(self._types(service), "".join(map(str.title, method.split("_"))) + "Request")
        request = request_type.wrap(request_type.pb()(**content))
        try:
            return getattr(self._service(service), method)(
                request=request, metadata=(("authorization", f"Bearer {token}"),), timeout=timeout, retry=None
            )
        except (GoogleAdsException, GoogleAPICallError, grpc.RpcError) as error:
            return failure_of(error, self.version)

    def _types(self, service: str) -> Any:
        return import_module(f"google.ads.googleads.{self.version}.services.types.{_snake(service)}")

    def _service(self, service: str) -> object:
        if service not in self._services:
            module = import_module(f"google.ads.googleads.{self.version}.services.services.{_snake(service)}")
            client = getattr(module, f"{service}Client")
            self._services[service] = client(transport=client.get_transport_class("grpc")(channel=self._channel))
        return self._services[service]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _channel(settings: GoogleAdsSettings) -> object:
    import grpc

    if settings.insecure:
        return grpc.insecure_channel(settings.endpoint, options=OPTIONS)
    authorities = None
    if settings.ca_file is not None:
        try:
            authorities = settings.ca_file.read_bytes()
        except OSError as error:
            raise ConfigError(f"ca_file {settings.ca_file} cannot be read; check its path and permissions.") from error
    return grpc.secure_channel(settings.endpoint, grpc.ssl_channel_credentials(authorities), options=OPTIONS)
