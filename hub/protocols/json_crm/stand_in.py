"""The stand-in of a CRM that answers with JSON: it keeps contacts, deals and calls, in the CRM's own form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hub.contracts.sandbox_replies import received, routed
from hub.contracts.untrusted import JsonObject, json_object
from hub.contracts.vendor_rules import VendorReply
from hub.protocols.json_service.stand_in import JsonServiceSandbox, Reply, sent
from hub.protocols.json_service.templates import ServiceRequest

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Stage = Literal["qualified", "won", "lost"]


class NoRecordError(LookupError):
    """The record that a request names does not exist."""


class RefusedCallError(ValueError):
    """The call has a key that is to be refused."""


class CrmStandIn(JsonServiceSandbox):
    """Base class of such a stand-in, which says how records look and what each request is answered. The connector's class
    stands in `network`; settings, credentials and what the suites need of a CRM's stand-in follow from it."""

    ids: ClassVar[Mapping[str, str]] = {}
    """How the ids of a kind look, as `{"contact": "cont_{}"}`; left out: the kind, a hyphen and a number."""
    modules: ClassVar[Mapping[str, str]] = {}
    """Where records have their kind in the path as `{module}`: the kind of each, as `{"Leads": "contact", "Calls": "call"}`.
    People are then of the first module of contacts, or of `person_module`, and each record has its own as `module`."""
    missing: ClassVar[Reply] = (404, {})
    """The reply to a request for a record that does not exist. With rules this is the answer of `faults` to a `resource`,
    the next one that to a `row`, and the last one that to `credentials`."""
    refused: ClassVar[Reply] = (400, {})
    """The reply to a call whose key is in `refused_keys`."""
    unauthorized: ClassVar[Reply] = (401, {})

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.records: dict[str, dict[str, JsonObject]] = {"contact": {}, "deal": {}, "call": {}}
        self.refused_keys: list[str] = []
        self.deals_of: dict[str, tuple[str, str]] = {}
        """Each deal's contact and currency."""
        self.made = 0
        self.person_module = next(iter(self.person_modules()), "")

    def person_modules(self) -> Sequence[str]:
        """The modules of people, of which the suites try each."""
        return [module for module, kind in self.modules.items() if kind == "contact"]

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Reply | JsonObject]]]:
        """Method, path with parts in braces, and the function that answers: it gets the request and its JSON object, and
        returns a JSON object or a status with one."""
        raise NotImplementedError

    def contact(self, name: str, phone_number: str, email: str | None) -> JsonObject:
        """A new contact without its id."""
        raise NotImplementedError

    def deal(self, contact: JsonObject, stage: Stage, amount: Decimal, currency: str) -> JsonObject:
        """What a deal of a contact has at a stage, changed now."""
        raise NotImplementedError

    def call_key(self, call: Mapping[str, Any]) -> str:
        """The key under which a call was logged."""
        raise NotImplementedError

    def add(self, kind: str, record: Mapping[str, Any]) -> JsonObject:
        """Keep a new record, under a new id."""
        self.made += 1
        made = {"id": self.ids.get(kind, f"{kind}-{{}}").format(self.made), **record}
        if self.modules:
            first = next((module for module, each in self.modules.items() if each == kind), kind)
            made.setdefault("module", self.person_module if kind == "contact" else first)
        self._of(kind)[made["id"]] = made
        return made

    def held(self, kind: str, **members: Any) -> list[JsonObject]:
        """The records of a kind that have these members."""
        return [each for each in self._of(kind).values() if members.items() <= each.items()]

    def _of(self, kind: str) -> dict[str, JsonObject]:
        """The records of a kind. LookupError names the kinds that there are."""
        if kind not in self.records:
            raise LookupError(f"{kind!r} is no kind of record of this stand-in; it keeps {', '.join(self.records)}")
        return self.records[kind]

    def one(self, request: Request, kind: str = "") -> JsonObject:
        """The record that the path names with `{id}`, and with `{module}` if no kind is given; without one the request is
        answered with `missing`."""
        module = request.path_params.get("module")
        found = self._of(kind or self._kind(request)).get(request.path_params["id"])
        if found is None or module not in (None, found.get("module")):
            raise NoRecordError
        return found

    def _kind(self, request: Request) -> str:
        module = str(request.path_params.get("module"))
        if module not in self.modules:
            raise NoRecordError
        return self.modules[module]

    def deleted(self, request: Request, kind: str = "") -> JsonObject:
        """Delete the record that the path names as in `one`."""
        del self._of(kind or self._kind(request))[self.one(request, kind)["id"]]
        return {}

    def held_ids(self) -> Sequence[str]:
        """The ids of the contacts and calls that are still there."""
        return (*self.records["contact"], *self.records["call"])

    def add_contact(self, name: str, phone_number: str, email: str | None = None) -> str:
        return str(self.add("contact", self.contact(name, phone_number, email))["id"])

    def add_deal(self, contact_id: str, stage: Stage, amount: str, currency: str) -> str:
        deal = self.deal(self.records["contact"][contact_id], stage, Decimal(amount), currency)
        made = str(self.add("deal", deal)["id"])
        self.deals_of[made] = contact_id, currency
        return made

    def move_deal(self, deal_id: str, stage: Stage, amount: str) -> None:
        contact, currency = self.deals_of[deal_id]
        self.records["deal"][deal_id] |= self.deal(self.records["contact"][contact], stage, Decimal(amount), currency)

    def activities(self) -> Sequence[Mapping[str, Any]]:
        return [{"contact_id": None, **each, "key": self.call_key(each)} for each in self.held("call")]

    def refuse(self, key: str) -> None:
        self.refused_keys.append(key)

    def log(self, call: Mapping[str, Any]) -> JsonObject:
        """Keep a call that was sent, unless its key is to be refused."""
        if self.call_key(call) in self.refused_keys:
            raise RefusedCallError
        return self.add("call", call)

    def app(self) -> Any:
        served = [(path, self._answering(answer), [method]) for method, path, answer in self.routes()]
        return routed([*self.token_routes(), *served])

    def _answering(self, answer: Callable[..., Reply | JsonObject]) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            if not self.is_signed_in(request, ServiceRequest(path=request.url.path)):
                return sent(self._fault("credentials", self.unauthorized))
            said = self.rules.check(await received(request), self.clock(), self.rights) if self.rules else None
            if said is not None and said.answer:
                return sent(self.answered(said))
            body = await request.body()
            content = json_object(body) if body else {}
            if content is None:
                return sent(self.refused)
            try:
                found = answer(request, content)
            except NoRecordError:
                return sent(self._fault("resource", self.missing))
            except RefusedCallError:
                return sent(self._fault("row", self.refused))
            return sent(found if isinstance(found, tuple) else (200, found))

        return serve

    def _fault(self, why: str, without_rules: Reply) -> Reply:
        return self.answered(VendorReply("", self.rules.fault(why))) if self.rules else without_rules
