"""The numbers of a derived stand-in, for sale and of its account, with fields as the plugin's declaration names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from hub.contracts.sandbox_replies import json_reply, reply
from hub.contracts.untrusted import JsonObject
from hub.protocols.twiml.account import list_page

if TYPE_CHECKING:
    from starlette.datastructures import ImmutableMultiDict
    from starlette.requests import Request
    from starlette.responses import Response

    Form: TypeAlias = ImmutableMultiDict[str, str]
    """A request's form: `form["To"]`, or `form.getlist("MediaUrl")` of a field that repeats."""
    Answer: TypeAlias = Callable[[Request, Form], Response]
    Route: TypeAlias = tuple[str, Answer, Sequence[str]]

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
AREAS = {"TollFree": "800"}


class Account(Protocol):
    """What numbers need of a stand-in."""

    carrier: ClassVar[Any]
    numbers: dict[str, JsonObject]

    def new_sid(self, prefix: str) -> str: ...

    def not_found(self) -> Response: ...


class NumberPaths:
    """The paths of numbers below an account."""

    def __init__(self, account: Account) -> None:
        self.account, self.api = account, account.carrier.api

    def own(self, form: Mapping[str, str]) -> JsonObject:
        """Add a number to the account, with the webhooks of its form."""
        sid = self.account.new_sid("PN")
        number = {"sid": sid, "phone_number": form["PhoneNumber"], **{shown: "" for _, shown in self.fields}}
        self.account.numbers[sid] = number
        return self._change(number, form)

    @property
    def fields(self) -> Sequence[tuple[str, str]]:
        """The names of each field in forms and in replies."""
        return tuple(self.api.number_fields.values())

    def _change(self, number: JsonObject, form: Mapping[str, str]) -> JsonObject:
        number |= {shown: form[sent] for sent, shown in self.fields if sent in form}
        return number

    def _taken(self) -> set[str]:
        return {str(number["phone_number"]) for number in self.account.numbers.values()}

    def search(self, request: Request, form: Form) -> Response:
        """The numbers for sale that fit."""
        query, country, kind = request.query_params, request.path_params["country"], request.path_params["kind"]
        if country != "US" or kind not in self.api.number_kinds.values():
            return self.account.not_found()
        area = AREAS.get(kind) or query.get("AreaCode", "312")
        pattern = re.compile(re.escape(query.get("Contains", "")).replace(r"\*", r"\d"))
        able = {"voice": True, "SMS": True, "MMS": True}
        place = {"locality": "Chicago", "region": "IL", "iso_country": country, "capabilities": able}
        offered = [number for number in (f"+1{area}55501{line:02}" for line in range(100)) if pattern.search(number)]
        taken = self._taken()
        items = [{"phone_number": each, **place} for each in offered if each not in taken]
        return json_reply({"uri": request.url.path, "available_phone_numbers": items})

    def list_or_buy(self, request: Request, form: Form) -> Response:
        """The account's numbers, or a purchase."""
        if request.method == "POST":
            number = form.get("PhoneNumber", "")
            if not NUMBER.fullmatch(number) or number in self._taken():
                return json_reply({"code": 21422, "message": "The number is not available"}, 400)
            return json_reply(self.own(form), 201)
        wanted = request.query_params.get("PhoneNumber", "")
        found = [number for number in self.account.numbers.values() if wanted in str(number["phone_number"])]
        return json_reply(list_page(request.url.path, request.query_params, "incoming_phone_numbers", found))

    def one(self, request: Request, form: Form) -> Response:
        """A change of a number, or its release."""
        sid = request.path_params["sid"]
        if sid not in self.account.numbers:
            return self.account.not_found()
        if request.method == "POST":
            return json_reply(self._change(self.account.numbers[sid], form))
        del self.account.numbers[sid]
        return reply(status=204)
