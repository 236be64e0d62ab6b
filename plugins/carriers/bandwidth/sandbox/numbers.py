"""The fake's numbers API, in XML: search, orders that take their time, applications, the location, port orders.

Source: dev.bandwidth.com/docs/numbers, /docs/account/applications and /docs/numbers/porting/port-ins, and Bandwidth's own CLI.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from starlette.requests import Request
from starlette.responses import Response

from plugins.carriers.bandwidth.sandbox.account import Account
from plugins.carriers.bandwidth.sandbox.refused import Refused

Handler = Callable[[Request], Awaitable[Response]]
ACCOUNT = "/api/accounts/{account}"
PEER = f"{ACCOUNT}/sites/{{site}}/sippeers/{{peer}}"
OFFERED = 40
"""Numbers that are for sale in each area code."""
ORDERS = {
    "orders": ("OrderResponse", "OrderStatus"),
    "disconnects": ("DisconnectTelephoneNumberOrderResponse", "OrderStatus"),
    "moveTns": ("MoveTnsOrderResponse", "ProcessingStatus"),
}


def xml(tag: str, content: object) -> Element:
    """Nested values as an element; a list becomes repeated children."""
    made = Element(tag)
    if isinstance(content, Mapping):
        for name, value in content.items():
            for each in value if isinstance(value, list) else [value]:
                made.append(xml(name, each)) if isinstance(each, Mapping) else _text(made, name, each)
    return made


def _text(parent: Element, name: str, text: object) -> None:
    SubElement(parent, name).text = str(text)


def shown(tag: str, content: object, status: int = 200) -> Response:
    """A reply in XML."""
    body = tostring(xml(tag, content), encoding="utf-8", xml_declaration=True)
    return Response(body, status, media_type="application/xml")


def read(element: Element) -> Any:
    """An element as nested values."""
    found: dict[str, object] = {}
    for child in element:
        if child.tag in found:
            found[child.tag] = [*(held if isinstance(held := found[child.tag], list) else [held]), read(child)]
        else:
            found[child.tag] = read(child)
    return found or (element.text or "").strip()


class Numbers:
    """Numbers, applications and port orders."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    def paths(self) -> Mapping[str, tuple[Handler, str]]:
        """The handler and the methods of each path."""
        return {
            f"{ACCOUNT}/availableNumbers": (self.search, "GET"),
            **{f"{ACCOUNT}/{kind}": (self.place, "POST") for kind in ORDERS},
            **{f"{ACCOUNT}/{kind}/{{order}}": (self.order, "GET") for kind in ORDERS},
            "/api/tns": (self.everyone, "GET"),
            "/api/tns/{number}": (self.one, "GET"),
            "/api/tns/{number}/sippeers": (self.peer_of, "GET"),
            f"{PEER}/tns": (self.of_location, "GET"),
            f"{PEER}/products/{{product}}/{{settings}}": (self.product, "GET PUT"),
            f"{ACCOUNT}/applications/{{application}}": (self.application, "GET PUT"),
            f"{ACCOUNT}/portins": (self.ports, "GET POST"),
            f"{ACCOUNT}/portins/{{order}}": (self.port, "GET DELETE"),
            f"{ACCOUNT}/portins/{{order}}/loas": (self.bill, "POST"),
        }

    async def search(self, request: Request) -> Response:
        query = request.query_params
        toll_free = query.get("tollFreeWildCardPattern", "")
        area = "800" if toll_free else query.get("areaCode", "212")
        numbers = [f"{area}55501{line:02d}" for line in range(OFFERED)]
        found = [
            each for each in numbers if each not in self.sandbox.owned and query.get("localVanity", "") in each[3:]
        ]
        found = found[: int(query.get("quantity", 5000))]
        if query.get("enableTNDetail") == "true":
            place = {"City": "NEW YORK", "State": "NY", "Lata": "132", "RateCenter": "NWYRCYZN01"}
            listed: dict[str, object] = {"TelephoneNumberDetail": [{**place, "FullNumber": each} for each in found]}
            return shown("SearchResult", {"ResultCount": len(found), "TelephoneNumberDetailList": listed})
        return shown("SearchResult", {"ResultCount": len(found), "TelephoneNumberList": {"TelephoneNumber": found}})

    # Orders

    async def place(self, request: Request) -> Response:
        kind, wanted = request.url.path.rpartition("/")[2], read(fromstring(await request.body()))  # noqa: S314
        numbers = [each.text or "" for each in fromstring(await request.body()).iter("TelephoneNumber")]  # noqa: S314
        known = set(numbers) <= self.sandbox.owned.keys()
        if kind != "orders" and not known:
            raise Refused("not_ours")
        if kind == "orders" and wanted["SiteId"] != self.sandbox.site_id:
            raise Refused("site")
        order_id, peer = self.sandbox.new_uuid("order"), wanted.get("PeerId") or wanted.get("SipPeerId") or ""
        looks = self.sandbox.looks_until_done
        self.sandbox.orders[order_id] = {"kind": kind, "numbers": numbers, "peer": peer, "looks": looks}
        name, status = ORDERS[kind]
        holder = {"orders": "Order", "disconnects": "orderRequest", "moveTns": "MoveTnsOrder"}[kind]
        named = {"OrderId" if kind == "moveTns" else "id": order_id}
        return shown(name, {holder: named, status: "RECEIVED"}, 201)

    async def order(self, request: Request) -> Response:
        order = self.sandbox.orders.get(request.path_params["order"])
        if order is None or order["kind"] != request.url.path.split("/")[-2]:
            raise Refused("no_order")
        name, status = ORDERS[order["kind"]]
        order["looks"] -= 1
        if order["looks"] > 0:
            return shown(name, {status: "RECEIVED"})
        taken = [each for each in order["numbers"] if each in self.sandbox.owned]
        if order["kind"] == "orders" and taken and not order.get("done"):
            error = {"Error": {"Code": "5041", "Description": "The requested telephone number is not available"}}
            return shown(name, {status: "FAILED", "ErrorList": error})
        order["done"] = True
        for number in order["numbers"]:
            if order["kind"] == "disconnects":
                self.sandbox.owned.pop(number, None)
            else:
                self.sandbox.owned[number] = order["peer"]
        return shown(name, {status: "COMPLETE"})

    # Numbers

    async def everyone(self, request: Request) -> Response:
        found = [{"FullNumber": each, "Status": "Inservice"} for each in self._page(request, list(self.sandbox.owned))]
        listed: object = {"TelephoneNumber": found}
        return shown(
            "TelephoneNumbersResponse",
            {"TelephoneNumberCount": len(self.sandbox.owned), "TelephoneNumbers": listed},
        )

    @staticmethod
    def _page(request: Request, items: list[Any]) -> list[Any]:
        size, page = int(request.query_params["size"]), int(request.query_params["page"])
        return items[(page - 1) * size : page * size]

    async def one(self, request: Request) -> Response:
        number = request.path_params["number"]
        if number not in self.sandbox.owned:
            raise Refused("unknown")
        reported = {"TelephoneNumber": number, "Status": "Inservice", "AccountId": self.sandbox.account_id}
        return shown("TelephoneNumberResponse", reported)

    async def peer_of(self, request: Request) -> Response:
        peer = self.sandbox.owned.get(request.path_params["number"])
        if not peer:
            raise Refused("unknown")
        return shown("SipPeer", {"Id": peer, "Name": "A location"})

    async def of_location(self, request: Request) -> Response:
        peer = request.path_params["peer"]
        mine = [number for number, held in self.sandbox.owned.items() if held == peer]
        found = [{"FullNumber": each} for each in self._page(request, mine)]
        listed = {"SipPeerTelephoneNumber": found}
        return shown("SipPeerTelephoneNumbersResponse", {"SipPeerTelephoneNumbers": listed})

    async def product(self, request: Request) -> Response:
        product, voice = request.path_params["product"], request.path_params["product"] == "origination"
        name = "HttpVoiceV2AppId" if voice else "HttpMessagingV2AppId"
        if request.method == "PUT":
            text = fromstring(await request.body()).findtext(f".//{name}") or ""  # noqa: S314
            if text not in self.sandbox.applications:
                raise Refused("application")
            self.sandbox.joined[product] = text
        held = self.sandbox.joined.get(product)
        if held is None:
            raise Refused("not_found")
        settings: object = {"HttpSettings": {name: held}} if voice else {name: held}
        return shown("SettingsResponse", {"Settings": settings})

    async def application(self, request: Request) -> Response:
        application_id = request.path_params["application"]
        if application_id not in self.sandbox.applications:
            raise Refused("no_application")
        if request.method == "PUT":
            wanted = read(fromstring(await request.body()))  # noqa: S314
            if wanted["ServiceType"] != self.sandbox.applications[application_id]["ServiceType"]:
                raise Refused("service_type")
            self.sandbox.applications[application_id] = wanted
        held = {"ApplicationId": application_id, **self.sandbox.applications[application_id]}
        return shown("ApplicationProvisioningResponse", {"Application": held})

    # Ports

    async def ports(self, request: Request) -> Response:
        if request.method == "GET":
            return self._ports(request)
        wanted = read(fromstring(await request.body()))  # noqa: S314
        subscriber = wanted["Subscriber"]
        if subscriber["SubscriberType"] == "BUSINESS" and not subscriber.get("BusinessName"):
            raise Refused("missing", "BusinessName")
        order_id = self.sandbox.new_uuid("port")
        self.sandbox.port_orders[order_id] = {**wanted, "ProcessingStatus": "PENDING_DOCUMENTS"}
        return shown("LnpOrderResponse", {"OrderId": order_id, "Status": {"Code": "201"}, **wanted}, 201)

    def _ports(self, request: Request) -> Response:
        key, found = request.query_params.get("customerOrderId"), []
        for order_id, order in reversed(self.sandbox.port_orders.items()):
            if key in (None, order.get("CustomerOrderId")):
                first = {"OrderId": order_id, "FullNumber": order["BillingTelephoneNumber"]}
                found.append({**first, "ProcessingStatus": order["ProcessingStatus"], "OrderType": "port_in"})
        listed = {"TotalCount": len(found), "lnpPortInfoForGivenStatus": self._page(request, found)}
        return shown("LNPResponseWrapper", listed)

    async def port(self, request: Request) -> Response:
        order = self.sandbox.port_orders.get(request.path_params["order"])
        if order is None:
            raise Refused("no_port")
        if request.method == "DELETE":
            if order["ProcessingStatus"] in ("COMPLETE", "CANCELLED"):
                raise Refused("port_over")
            order["ProcessingStatus"] = "CANCELLED"
            return Response(status_code=200)
        held = {name: value for name, value in order.items() if name != "detail"}
        errors = {"Errors": {"Error": {"Code": "7515", "Description": order["detail"]}}} if order.get("detail") else {}
        # As the documentation shows it, the answer does not repeat the order's id.
        return shown("LnpOrderResponse", {"Status": {"Code": "200"}, **held, **errors})

    async def bill(self, request: Request) -> Response:
        order_id = request.path_params["order"]
        if order_id not in self.sandbox.port_orders:
            raise Refused("no_port")
        self.sandbox.bills[order_id] = await request.body()
        stored = re.sub(r"\W", "", order_id)
        return shown("fileUploadResponse", {"filename": f"{stored}.pdf", "resultCode": "0"}, 201)
