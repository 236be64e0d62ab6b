"""HubSpot's own client on HubSpot's dated paths, with a timeout, one renewal of the token, and our errors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from hub.api import ConfigError, Connector, JsonObject, RetryLater, Services
from plugins.crm.hubspot.refusals import NO_ANSWER, UNREADABLE, Refused
from plugins.crm.hubspot.settings import HubSpotSettings
from plugins.crm.hubspot.tokens import access_tokens

Result = TypeVar("Result")


class Client:
    """`call(lambda crm: ...)` with the typed APIs of `hubspot.HubSpot(...).crm`."""

    def __init__(self, settings: HubSpotSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._tokens = access_tokens(settings, services)
        self._lock = threading.Lock()
        self._made: tuple[str, object] | None = None

    def token(self, refused: str | None = None) -> str:
        """The bearer token to use now: the private one, or one by OAuth that is not the `refused` one."""
        private = self._settings.access_token
        return private.get_secret_value() if private else self._tokens.current(refused)

    def call(self, operation: Callable[[Any], Result]) -> Result:
        """The result of `operation` at HubSpot. A refused token is renewed once. Raises `Refused` or our errors."""
        token = self.token()
        try:
            return operation(self._crm(token))
        except Refused as refusal:
            if refusal.status != 401 or self._settings.access_token:
                raise
        return operation(self._crm(self.token(refused=token)))

    def ask(self, operation: Callable[[Any], Result]) -> Result:
        """Like `call`, for requests without expected refusals: each refusal becomes one of our errors."""
        try:
            return self.call(operation)
        except Refused as refusal:
            raise refusal.error() from None

    def _crm(self, token: str) -> object:
        with self._lock:
            if self._made is None or self._made[0] != token:
                self._made = (token, self._connect(token))
            return self._made[1]

    def _connect(self, token: str) -> object:
        try:
            import hubspot
        except ModuleNotFoundError as error:
            raise ConfigError(
                "HubSpot's library is missing; install the extra hubspot: "
                "`hub docs deploy/one-machine#extras` says how."
            ) from error
        host = self._settings.base_url.rstrip("/")
        made: dict[tuple[str, str], object] = {}

        def api(package: Any, name: str, config: dict[str, object]) -> Any:
            if (package.__name__, name) not in made:
                made[package.__name__, name] = dated_api(
                    package, name, config, self._settings.api_version, self._services
                )
            return made[package.__name__, name]

        return hubspot.HubSpot(access_token=token, host=host, base_url=host, api_factory=api).crm


def dated_api(package: Any, name: str, config: JsonObject, version: str, services: Services) -> object:
    """One of the SDK's typed APIs; its requests use dated paths and always have a timeout.

    The SDK's models stay lenient: HubSpot leaves out fields that its own schema requires, and a strict model
    would turn a success into a crash.
    """
    import urllib3

    patience = timeout(services)

    class DatedApiClient(package.ApiClient):  # type: ignore[misc]
        def call_api(self, resource_path: str, *args: Any, **options: object) -> object:
            options["_request_timeout"] = patience
            try:
                return super().call_api(dated_path(resource_path, version), *args, **options)
            except package.ApiException as error:
                raise Refused.read(error.status or 0, error.body, error.headers, services.clock()) from None
            except urllib3.exceptions.HTTPError:
                raise RetryLater(NO_ANSWER) from None
            except (AttributeError, LookupError, TypeError, ValueError):
                raise RetryLater(UNREADABLE) from None

    configuration = package.Configuration(host=config["host"])
    configuration.access_token = config["access_token"]
    configuration.client_side_validation = False
    configuration.retries = False
    return getattr(package, name)(api_client=DatedApiClient(configuration=configuration))


def timeout(services: Services) -> float:
    """Seconds to wait for HubSpot, the same as in the hub's own HTTP client."""
    return services.http().timeout.read or 20.0


def dated_path(path: str, version: str) -> str:
    """`/crm/v3/objects/calls` as `/crm/objects/2026-09/calls`; unchanged if the version is v3.

    Source: the API reference's paths since version 2025-09.
    """
    if version == "v3":
        return path
    _, crm, _, area, *rest = path.split("/")
    return "/".join(("", crm, area, version, *rest))


class Account(Connector):
    """One account as a connector; the modules beside this one add its hooks by subject."""

    settings: HubSpotSettings

    def __init__(self, name: str, settings: HubSpotSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        self._client = Client(settings, services)
