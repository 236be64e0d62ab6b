"""Numbers at Bandwidth: search, order, configure, release, through its numbers API.

A number belongs to a location (SIP peer), and a location to a voice and a messaging application, which hold the addresses. So
to set a number's webhooks, we move it into the connector's location, join the location to the applications, and set theirs.
Source: dev.bandwidth.com/docs/numbers (search and order, disconnect), /docs/account/applications, and Bandwidth's own CLI.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element

from hub.api import Rejected, RetryLater, hookimpl, phone_number
from hub.api.carriers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber
from plugins.carriers.bandwidth.proof import Proof, without_key
from plugins.carriers.bandwidth.rest import Account, Rest, element, errors_of, said

PAUSES = (0.0, 0.5, 1.0, 2.0, 3.0)
"""Seconds to wait before each look at an order; most are done at once."""
MAX_OFFERS, PAGE_SIZE, MAX_NAME_CHARACTERS = 500, 500, 50
OURS = ("Inservice", "InAccount")
COUNTRIES = ("US", "CA")
CALLBACK_TYPES = ("message-delivered", "message-failed", "message-sending")


def national(number: str) -> str:
    """The ten digits of a number of the North American plan, which the numbers API uses."""
    if phone_number(number) != number or not re.fullmatch(r"\+1\d{10}", number):
        raise Rejected("give a number of the United States or Canada in E.164, like +13125550100.", "5017")
    return number[2:]


def e164(digits: str) -> str:
    """A number of the numbers API in E.164."""
    return digits if digits.startswith("+") else f"+{digits}" if len(digits) == 11 else f"+1{digits}"


class Numbers(Account):
    """Search, order, configure, release, through its numbers API."""

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale. Bandwidth has no wildcards, so what it cannot search for is filtered here."""
        if query.country not in COUNTRIES or query.kind == "mobile":
            raise Rejected("Bandwidth sells local and toll-free numbers of the United States and Canada (US, CA) here.")
        pattern = "".join(r"\d" if each == "*" else re.escape(each) for each in query.contains or "")
        longest = max(re.findall(r"\d+", query.contains or ""), key=len, default="")[:7]
        if query.kind == "toll_free":
            wanted = {"tollFreeWildCardPattern": f"{(query.area_code or '8')[:3]:*<3}"}
        elif query.area_code:
            wanted = {"areaCode": query.area_code, "enableTNDetail": "true"}
        elif len(longest) >= 4:
            wanted = {"localVanity": longest, "enableTNDetail": "true"}
        else:
            wanted = {"state": self._rest.settings.search_state, "enableTNDetail": "true"}
        quantity = str(MAX_OFFERS if pattern else query.limit)
        found = self._rest.must_read("/availableNumbers", {**wanted, "quantity": quantity})
        offers = [_offer(each, query) for each in _offered(found)]
        return [offer for offer in offers if re.search(pattern, offer.number)][: query.limit]

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Order a number into the connector's location, and wait briefly until the order is filled."""
        rest = self._rest
        wanted = {
            "Name": (setup.label or "ringfence")[:MAX_NAME_CHARACTERS],
            "ExistingTelephoneNumberOrderType": {"TelephoneNumberList": {"TelephoneNumber": national(number)}},
            "SiteId": rest.settings.site_id,
            "PeerId": rest.settings.location_id,
        }
        placed = rest.write("POST", "/orders", element("Order", wanted))
        if _done(rest, "/orders", said(placed, "id"), PAUSES) and _wait(
            PAUSES, lambda: _peer_of(rest, number) is not None
        ):
            return self.configure_number(setup)
        raise RetryLater(
            "Bandwidth has not filled the order yet; run hub numbers list in a while, then hub numbers configure."
        )

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Put an owned number into the location, and point the location's applications at the hub."""
        rest = self._rest
        settings = rest.settings
        if settings.api_url.startswith("https:") and not setup.voice_url.startswith("https:"):
            raise Rejected("Bandwidth sends its password to https addresses only; set hub.public_url to one.")
        peer = _peer_of(rest, setup.number)
        if peer is None:
            raise Rejected("the number is not in this Bandwidth account; buy it or correct config.yaml.")
        if peer != settings.location_id:
            moved = {
                "SiteId": settings.site_id,
                "SipPeerId": settings.location_id,
                "TelephoneNumbers": {"TelephoneNumber": national(setup.number)},
            }
            order = rest.write("POST", "/moveTns", element("MoveTnsOrder", moved))
            if not _done(rest, "/moveTns", said(order, "OrderId", "id"), PAUSES):
                raise RetryLater(
                    "Bandwidth has not moved the number into the location yet; configure it again in a while."
                )
        location, messaging = _location(rest), settings.messaging_application_id
        _join(
            rest,
            f"{location}/products/origination/settings",
            "SipPeerOriginationSettings",
            "voice",
            settings.application_id,
        )
        voice = _point(rest, settings.application_id, _voice_addresses(self._proof, setup))
        texts = None
        if messaging:
            _join(
                rest, f"{location}/products/messaging/applicationSettings", "ApplicationsSettings", "texts", messaging
            )
            texts = _point(rest, messaging, _text_addresses(self._proof, setup))
        return owned(setup.number, voice, texts)

    @hookimpl
    def release_number(self, number: str) -> None:
        """Disconnect a number. It is not an error if the account does not have it."""
        rest = self._rest
        if _peer_of(rest, number) is None:
            return
        wanted = {
            "name": "ringfence",
            "DisconnectTelephoneNumberOrderType": {"TelephoneNumberList": {"TelephoneNumber": national(number)}},
        }
        order = rest.write("POST", "/disconnects", element("DisconnectTelephoneNumberOrder", wanted))
        _done(rest, "/disconnects", said(order, "id"), PAUSES)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account; only those of the location have webhooks of the hub."""
        rest = self._rest
        settings, owns = rest.settings, {"accountId": rest.settings.account_id, "status": ",".join(OURS)}
        everyone = [
            said(each, "FullNumber") for each in rest.pages(rest.all_numbers, "TelephoneNumber", owns, PAGE_SIZE)
        ]
        here = rest.pages(f"{_location(rest)}/tns", "SipPeerTelephoneNumber", {}, PAGE_SIZE)
        ours = {e164(said(each, "FullNumber")) for each in here}
        voice = _application(rest, settings.application_id)
        texts = _application(rest, settings.messaging_application_id) if settings.messaging_application_id else None
        numbers = [e164(each) for each in everyone if each]
        return [owned(each, voice, texts) if each in ours else owned(each, None, None) for each in numbers]


def _offered(found: Element) -> Iterable[Element]:
    details = list(found.iter("TelephoneNumberDetail"))
    return details or found.iter("TelephoneNumber")


def _offer(item: Element, query: NumberQuery) -> NumberOffer:
    place = ", ".join(filter(None, [said(item, "City").title(), said(item, "State")]))
    return NumberOffer(
        number=e164(said(item, "FullNumber") or (item.text or "").strip()),
        kind=query.kind,
        country=query.country,
        place=place or None,
        capabilities=("voice", "sms", "mms"),
    )


def _done(rest: Rest, path: str, order_id: str, pauses: Sequence[float]) -> bool:
    """Whether an order was done while we waited. Raises Rejected if it failed."""
    if not re.fullmatch(r"[0-9a-zA-Z-]{8,64}", order_id):
        raise RetryLater("Bandwidth accepted the order without an id; look with hub numbers list before you try again.")

    def look() -> bool:
        shown = rest.must_read(f"{path}/{order_id}")
        status = said(shown, "OrderStatus", "ProcessingStatus").upper()
        if status in ("FAILED", "PARTIAL", "EXCEPTION"):
            code, words = next(iter(errors_of(shown)), ("", ""))
            raise Rejected(f"Bandwidth could not carry out the order: {words or 'see its app'}".rstrip(".") + ".", code)
        return status == "COMPLETE"

    return _wait(pauses, look)


def _wait(pauses: Sequence[float], look: Callable[[], bool]) -> bool:
    for pause in pauses:
        if pause:
            time.sleep(pause)
        if look():
            return True
    return False


def _peer_of(rest: Rest, number: str) -> str | None:
    """The location of a number that the account has; None for one that it does not have."""
    address = f"{rest.all_numbers}/{national(number)}"
    found = rest.read(address)
    if found is None or said(found, "AccountId") != rest.settings.account_id or said(found, "Status") not in OURS:
        return None
    peer = rest.read(f"{address}/sippeers")
    return said(peer, "Id", "SipPeerId") if peer is not None else ""


def _location(rest: Rest) -> str:
    return f"/sites/{rest.settings.site_id}/sippeers/{rest.settings.location_id}"


def _join(rest: Rest, path: str, tag: str, kind: str, application: str) -> None:
    """Join the location to an application, unless it is."""
    name = "HttpVoiceV2AppId" if kind == "voice" else "HttpMessagingV2AppId"
    now = rest.read(path)
    if now is None or said(now, name) != application:
        wanted = (
            {"VoiceProtocol": "HTTP", "HttpSettings": {name: application}} if kind == "voice" else {name: application}
        )
        rest.write("PUT", path, element(tag, wanted))


def _voice_addresses(proof: Proof, setup: NumberSetup) -> Mapping[str, object]:
    basic = {"UserId": proof.user, "Password": proof.password}
    return {
        "CallInitiatedCallbackUrl": proof.keyed(setup.voice_url),
        "CallInitiatedMethod": "POST",
        "CallInitiatedFallbackUrl": proof.keyed(setup.fallback_url),
        "CallInitiatedFallbackMethod": "POST",
        "CallInitiatedFallbackCreds": basic,
        "CallStatusCallbackUrl": proof.keyed(setup.status_url),
        "CallStatusMethod": "POST",
        "CallbackCreds": basic,
    }


def _text_addresses(proof: Proof, setup: NumberSetup) -> Mapping[str, object]:
    basic = {"UserId": proof.user, "Password": proof.password}
    return {
        "InboundCallbackUrl": proof.keyed(setup.message_url),
        "InboundCallbackCreds": basic,
        "OutboundCallbackUrl": proof.keyed(setup.message_url.rpartition("/")[0] + "/text"),
        "OutboundCallbackCreds": basic,
        "RequestedCallbackTypes": {"CallbackType": CALLBACK_TYPES},
    }


def _point(rest: Rest, application: str, wanted: Mapping[str, object]) -> Element:
    """Set an application's addresses and passwords. What we do not set stays as it is."""
    shown = _application(rest, application)
    target = element("Application", wanted)
    if all(_same(shown.find(each.tag), each) for each in target):
        return shown
    kept = [each for each in shown if each.tag not in {*wanted, "ApplicationId", "CallbackUrl", "AssociatedSipPeers"}]
    target[:0] = kept
    rest.write("PUT", f"/applications/{application}", target)
    return target


def _same(now: Element | None, wanted: Element) -> bool:
    if now is None or (now.text or "").strip() != (wanted.text or "").strip():
        return False
    return sorted(map(_leaf, now)) == sorted(map(_leaf, wanted))


def _leaf(each: Element) -> tuple[str, str]:
    return each.tag, (each.text or "").strip()


def _application(rest: Rest, application: str) -> Element:
    shown = rest.must_read(f"/applications/{application}")
    found = next(shown.iter("Application"), None)
    if found is None:
        raise RetryLater("Bandwidth did not show the application.")
    return found


def owned(number: str, voice: Element | None, texts: Element | None) -> OwnedNumber:
    """A number of the account, with the addresses of its applications. Bandwidth has no fallback address for texts."""

    def address(application: Element | None, name: str) -> str | None:
        return without_key(said(application, name)) if application is not None else None

    return OwnedNumber(
        number=number,
        provider_id=number.removeprefix("+"),
        voice_url=address(voice, "CallInitiatedCallbackUrl"),
        fallback_url=address(voice, "CallInitiatedFallbackUrl"),
        status_url=address(voice, "CallStatusCallbackUrl"),
        message_url=address(texts, "InboundCallbackUrl"),
    )
