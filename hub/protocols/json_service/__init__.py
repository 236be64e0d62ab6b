"""A provider that answers requests with JSON over HTTP, as a declaration: its requests and its headers.

The credentials in each request, what a refusal means, the connection check and the stand-in follow from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from pydantic import Field, create_model

from hub.contracts.connector import ConnectionReport, Connector
from hub.contracts.filling import filled
from hub.contracts.oauth import OAuthGrant
from hub.contracts.refusals import Provider
from hub.contracts.requests import read_json
from hub.contracts.untrusted import JsonObject
from hub.errors import AuthError, ConfigError, NotSupported, Rejected, RingfenceError
from hub.hookspecs import hookimpl
from hub.protocols.json_service.stand_in import JsonServiceSandbox, ServiceStandIn, sandbox_of
from hub.protocols.json_service.templates import ServiceRequest, names_in, plain_values

if TYPE_CHECKING:
    import httpx2

    from hub.contracts.sandbox import Sandbox

NO_SUCH_ADDRESS = (404, 405, 410, 415)
"""The statuses that say that the settings are wrong, not what was sent."""
Row = Mapping[str, Any]


class JsonService(Connector):
    """Base class of such a provider's connector.

    Settings without a `base_url` get one: `https://` and the first of the manifest's hosts.
    """

    provider: ClassVar[Provider]
    headers: ClassVar[Mapping[str, str]] = {}
    """Of every request; `{name}` is a setting."""
    basic: ClassVar[tuple[str, str] | None] = None
    """User name and password of HTTP Basic in each request, as `("{api_key}", "")`; the password may be empty."""
    check: ClassVar[ServiceRequest | None] = None
    """A request that needs good credentials and changes nothing; its `expected`, if the provider answers with a refusal.
    Leave it out if each request costs money: the connection is not checked then."""
    no_record: ClassVar[Sequence[str]] = ()
    """The codes of refusals that mean that the provider does not have the record, besides the statuses 404 and 410."""
    stand_in: ClassVar[ServiceStandIn]
    """What the stand-in needs to know besides."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        checks = cls.check is not None or cls._checked is not JsonService._checked
        hidden = ("check_connection",) if "manifest" in vars(cls) and not checks else ()
        for hook in hidden:
            setattr(cls, hook, None)
        written = vars(cls).get("Settings")
        if written is not None and "base_url" not in written.model_fields and cls.manifest.hosts:
            base_url = Field(
                f"https://{cls.manifest.hosts[0]}",
                pattern=r"^https?://[^\s?#@]+$",
                description="Where the API is; a proxy may take its place.",
            )
            names = {"__base__": written, "__module__": written.__module__, "__doc__": written.__doc__}
            cls.Settings = create_model(written.__name__, **names, base_url=(str, base_url))

    def ask(self, call: ServiceRequest, **values: object) -> Mapping[str, Any]:
        """Send one declared request; the JSON object of the reply, empty for a reply without a body. `values` are the
        `{names}` of the request that are no settings. Raises what the provider's refusal means."""
        return self.read(self.request(call, values))

    def find(self, call: ServiceRequest, **values: object) -> Mapping[str, Any] | None:
        """Send one declared request about a record; None if the provider has no such record (404, 410 or a code of
        `no_record`), as after an earlier deletion."""
        try:
            response = self.request(replace(call, expected={404: "", 410: "", **call.expected}), values)
        except Rejected as refusal:
            if refusal.code not in self.no_record:
                raise
            return None
        return self.read(response) if response.is_success else None

    def oauth(self) -> OAuthGrant | None:
        """The grant whose access token `{oauth_token}` stands for; None if the network takes another credential."""
        return None

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Send the request that needs good credentials and changes nothing."""
        try:
            said = self._checked()
        except NotSupported as error:
            return ConnectionReport(ok=True, tried=False, detail=str(error))
        except RingfenceError as error:
            return ConnectionReport(ok=False, detail=str(error))
        if said.get("error") or said.get("errors"):
            return ConnectionReport(
                ok=False, detail=f"{self.provider.name} answers with an error; {self.provider.remedy}."
            )
        return ConnectionReport(ok=True, detail=f"{self.provider.name} accepts these credentials.")

    def _checked(self) -> Mapping[str, Any]:
        """What the provider says to `check` with a status of success."""
        if self.check is None:
            raise NotSupported(f"{self.provider.name} has no request that checks the credentials.")
        response = self.request(self.check, {})
        said = self.read(response)
        return said if response.is_success else {}

    def request(self, call: ServiceRequest, group: Mapping[str, object], rows: Sequence[Row] = ()) -> httpx2.Response:
        """Send one declared request with the values of a group. A token that is refused, by status or by the provider's own
        code, is renewed once."""
        values = {**plain_values(self.settings), **group}
        grant = self.oauth() if "oauth_token" in names_in(call, self.headers) else None
        if grant is None:
            return self._once(call, values, rows)
        tokens = self.services.access_tokens(grant)
        token = tokens.current()
        try:
            return self._once(call, {**values, "oauth_token": token}, rows)
        except AuthError:
            renewed = tokens.current(refused=token)
            return self._once(call, {**values, "oauth_token": renewed}, rows)

    def _once(self, call: ServiceRequest, values: Mapping[str, object], rows: Sequence[Row]) -> httpx2.Response:
        options: JsonObject = {"headers": filled({**self.headers, **call.headers}, values)}
        if call.params:
            options["params"] = filled(call.params, values)
        if call.body is not None:
            body = filled(call.body, values, rows)
            options["content" if isinstance(body, bytes) else "json"] = body
        if self.basic is not None:
            options["auth"] = tuple(filled(part, values) for part in self.basic)
        ours = type(self.settings).model_fields
        path = filled(call.path, {name: value if name in ours else _in_path(value) for name, value in values.items()})
        url = path if call.path.startswith("{") else f"{self.settings.base_url.rstrip('/')}{path}"
        expected = {*NO_SUCH_ADDRESS, *call.expected}
        response = self.services.send(self.provider, call.method, url, expected=expected, **options)
        if response.status_code not in expected:
            return response
        error = self._error(response)
        if not isinstance(error, Rejected):
            raise error
        if response.status_code in call.expected:
            if call.expected[response.status_code] in ("", error.code):
                return response
            raise error
        raise ConfigError(f"{error} Check the connector's settings.")

    def _error(self, response: httpx2.Response) -> RingfenceError:
        """What a refusal means."""
        content, now = response.content, self.services.clock()
        return self.provider.error(self.provider.refusal(response.status_code, response.headers, content, now))

    def read(self, response: httpx2.Response) -> Mapping[str, Any]:
        """The JSON object of a reply; empty for a reply without a body."""
        return read_json(self.provider, response, once=False) if response.content else {}

    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        """The plugin's own stand-in if it has one, else the one that follows from the declaration."""
        return super().sandbox_class() or sandbox_of(cls, cls.derived_sandbox())

    @classmethod
    def derived_sandbox(cls) -> type[JsonServiceSandbox]:
        """The class of the stand-in that follows from the declaration."""
        return JsonServiceSandbox


def _in_path(value: object) -> object:
    """A value as a part of a path, in which it adds no part of its own."""
    return quote(value, safe=":@") if isinstance(value, str) else value
