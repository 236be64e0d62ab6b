"""The stand-in of a provider that answers with JSON, derived from the plugin's declaration and replies of its documentation.

It refuses what the declaration does not have: another path, method, parameter, credential, member or fixed value.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from pydantic import SecretStr

from hub.contracts.filling import filled
from hub.contracts.hearing import HeardRequest
from hub.contracts.sandbox import HttpSandbox, Sandbox
from hub.contracts.sandbox_replies import json_reply, received, routed
from hub.contracts.untrusted import JsonObject, json_object
from hub.contracts.vendor_rules import VendorReply, VendorRules
from hub.protocols.json_service.templates import ServiceRequest, plain_values, values_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Reply = tuple[int, Any]
"""Status and JSON body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStandIn:
    """What the stand-in must know besides the declaration; replies are as in the provider's documentation."""

    rules: Path | None = None
    """The file `rules.yaml`, written from the provider's pages: operations, refusals and replies come from it then, and not
    from the declaration."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of a connector, with fictional values; without `base_url`. Needed secrets that it leaves out are made up, and
    `{url}` is the address of the stand-in."""
    token: str = ""
    """The path of the token endpoint of `oauth()`, as `/oauth/v2/token`: it gives a token for the `refresh_token` of the
    settings. With rules it refuses another one with the answer of `faults` to a `refresh_token`."""
    replies: Mapping[str, Reply | Callable[[Mapping[str, Any]], Reply]] = field(default_factory=dict)
    """The name of a declared request → its reply, or a function that makes it from the values that the request has in the
    places of its `{names}`. A ValueError of the function means `refused`."""
    refused: Reply | None = None
    """Of a refused request. Left out: 400 and an empty object."""
    unauthorized: Reply = (401, {})
    """Of a request without the declared headers."""
    checked: Reply | None = None
    """Of the connection check. Left out: 200 and an empty object."""


class JsonServiceSandbox(HttpSandbox):
    """The provider, in memory."""

    network: ClassVar[type[Any]]
    """The connector class of `JsonService` whose provider it is."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        file = self.network.stand_in.rules
        self.rules = VendorRules(file) if file else None

    def settings(self) -> JsonObject:
        of = self.network.manifest.name
        known = self.network.Settings.model_fields.items()
        secrets = {name for name, each in known if each.is_required() and each.annotation is SecretStr}
        made_up = {name: f"sandbox-{name}-of-{of}" for name in secrets}
        given = {
            name: value.replace("{url}", self.url) if isinstance(value, str) else value
            for name, value in self.network.stand_in.settings.items()
        }
        return {**made_up, **given, "base_url": self.url}

    def app(self) -> Any:
        served = ("/{path:path}", self._serve, ["GET", "POST", "PUT", "PATCH", "DELETE"])
        return routed([*self.token_routes(), served])

    def token_routes(self) -> Sequence[tuple[str, Callable[..., Any], Sequence[str]]]:
        """The route of the token endpoint, if there is one."""
        path = self.network.stand_in.token
        return [(path, self._token, ["POST"])] if path else []

    async def _token(self, request: Request) -> Response:
        """A token for the refresh token of the settings (RFC 6749, section 6)."""
        given = dict(parse_qsl((await request.body()).decode(errors="replace"))).get("refresh_token")
        if given == self.settings().get("refresh_token"):
            return json_reply({"access_token": f"sandbox-{given}", "expires_in": 3600, "token_type": "Bearer"})
        if self.rules is None or "refresh_token" not in self.rules.file.faults:
            return json_reply({"error": "invalid_grant"}, 400)
        return sent(self.answered(VendorReply("", self.rules.fault("refresh_token"))))

    async def _serve(self, request: Request) -> Response:
        """The reply to one request."""
        network, known, body = self.network, self.network.stand_in, await request.body()
        calls = self._calls(request)
        if self.rules is not None:
            found = self.by_rules(self.rules, request, await received(request))
            if found is not None:
                return sent(found)
        refused: Reply = known.refused or (400, {})
        if not calls:
            return sent((404, refused[1]))
        if not self.is_signed_in(request, calls[0]):
            return sent(known.unauthorized)
        if calls[0] is getattr(network, "check", None):
            return sent(known.checked or (200, {}))
        for name, reply in known.replies.items():
            call = getattr(network, name)
            values = self._values(call, request, body) if call in calls else None
            if values is None:
                continue
            try:
                return sent(reply(values) if callable(reply) else reply)
            except ValueError:
                break
        return sent(refused)

    def by_rules(self, rules: VendorRules, request: Request, heard: HeardRequest) -> Reply | None:
        """What the provider's rules answer; None if they leave the reply to the declaration."""
        said = rules.check(heard, self.clock(), self.rights)
        found = rules.operations.find(heard.method, heard.path)
        if found is None:
            return self.answered(said)
        name, _, parts = found
        known = self.network.stand_in.settings
        calls = self._calls(request) or [call for call in self._declared() if call is not None]
        if not self.is_signed_in(request, calls[0]):
            return self.answered(VendorReply(name, rules.fault("credentials")))
        if any(str(known.get(part, value)) != value for part, value in parts.items()):
            return self.answered(VendorReply(name, rules.fault("resource")))
        return self.answered(said) if said.answer else self.taken(said, calls)

    def answered(self, said: VendorReply) -> Reply:
        """A refusal of the whole request."""
        assert self.rules is not None and said.answer is not None
        answer = self.rules.answer(said.answer)
        return answer.status, filled(answer.body, {"field": said.field, "why": answer.says})

    def taken(self, said: VendorReply, calls: Sequence[ServiceRequest]) -> Reply | None:
        """The reply to a request that no rule refuses; None if the declaration says it."""
        reply = self.rules and self.rules.file.operations[said.operation].get("reply")
        return (reply.get("status", 200), reply.get("body")) if reply else None

    def _declared(self) -> Iterable[ServiceRequest | None]:
        """The requests that the provider takes."""
        replies: Iterable[str] = self.network.stand_in.replies
        return [getattr(self.network, "check", None), *(getattr(self.network, name) for name in replies)]

    def _calls(self, request: Request) -> list[ServiceRequest]:
        """The declared requests that this one may be."""
        found = self.calls_at(request.method, f"{self.url}{request.url.path}")
        return [call for call in found if dict(request.query_params).keys() == call.params.keys()]

    def calls_at(self, method: str, url: str) -> list[ServiceRequest]:
        """The declared requests of this method and address."""
        declared = [call for call in self._declared() if call is not None]
        return [call for call in declared if call.method == method and self._place(call).fullmatch(url)]

    def _place(self, call: ServiceRequest) -> re.Pattern[str]:
        """The addresses of a declared request."""
        return pattern_of(call.path if call.path.startswith("{") else f"{{base_url}}{call.path}", self.settings())

    def is_signed_in(self, request: Request, call: ServiceRequest) -> bool:
        """Whether the declared user name and password are there, and each declared header that holds a secret."""
        settings = self.network.Settings.model_validate(self.settings())
        if basic := getattr(self.network, "basic", None):
            user, password = (str(filled(part, plain_values(settings))) for part in basic)
            given = b64encode(f"{user}:{password}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {given}":
                return False
        secrets = {name: value.get_secret_value() for name, value in settings if isinstance(value, SecretStr)}
        return all(
            pattern_of(template, secrets, ".+").fullmatch(request.headers.get(name, ""))
            for name, template in {**self.network.headers, **call.headers}.items()
            if any(f"{{{secret}}}" in template for secret in (*secrets, "oauth_token"))
        )

    def _values(self, call: ServiceRequest, request: Request, body: bytes) -> dict[str, Any] | None:
        """What the request has in the places of the `{names}`; None if it is not this declared request."""
        settings, query = self.settings(), request.query_params
        found = [self._place(call).fullmatch(f"{self.url}{request.url.path}")]
        found += [pattern_of(text, settings, ".*").fullmatch(query[name]) for name, text in call.params.items()]
        content = body if isinstance(call.body, str) else json_object(body)
        in_body = {} if call.body is None else values_in(call.body, content)
        if in_body is None or None in found:
            return None
        return {name: value for each in found if each for name, value in each.groupdict().items()} | in_body


def sandbox_of(network: type[Any], base: type[JsonServiceSandbox] = JsonServiceSandbox) -> type[Sandbox]:
    """The derived stand-in of a connector class, in the name of its module."""
    return type("Sandbox", (base,), {"network": network, "__module__": network.__module__})


def pattern_of(template: str, settings: Mapping[str, object], part: str = "[^/]+") -> re.Pattern[str]:
    """The texts that a template with `{name}` stands for; a name that is not a setting stands for any `part`."""
    parts = re.split(r"\{([a-z_]+)\}", template)
    text = [
        re.escape(each)
        if index % 2 == 0
        else re.escape(str(settings[each]))
        if each in settings
        else f"(?P<{each}>{part})"
        for index, each in enumerate(parts)
    ]
    return re.compile("".join(text), re.DOTALL)


def sent(reply: Reply) -> Response:
    """A reply as it is sent."""
    status, body = reply
    return json_reply(body, status)
