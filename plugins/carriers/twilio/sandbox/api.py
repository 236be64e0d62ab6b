"""The fake's REST API: Twilio's paths, fields, pages and errors over the state of an `Account`."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api import JsonObject
from plugins.carriers.twilio.sandbox import outgoing
from plugins.carriers.twilio.sandbox.account import API_VERSION, Account
from plugins.carriers.twilio.sandbox.errors import TwilioError, check, form, one, page, refusal, within
from plugins.carriers.twilio.sandbox.media import Recordings, Texts
from plugins.carriers.twilio.sandbox.ports import Ports

UNSET = (
    "address_sid", "bundle_sid", "emergency_address_sid", "emergency_address_status", "identity_sid", "sms_application_sid",
    "trunk_sid", "voice_application_sid",
)  # fmt: skip
PLACES = {"312": ("Chicago", "IL"), "212": ("New York", "NY"), "415": ("San Francisco", "CA"), "416": ("Toronto", "ON")}
MONTHLY = {"US": {"local": "1.15", "toll free": "2.15"}, "CA": {"local": "1.15"}, "GB": {"mobile": "1.15"}}
SETTABLE = {
    "FriendlyName": "friendly_name",
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
    "SmsFallbackUrl": "sms_fallback_url",
    "SmsFallbackMethod": "sms_fallback_method",
}


def offered(country: str, kind: str, area_code: str | None) -> Iterable[tuple[str, str]]:
    """The fictional numbers that are for sale, each with its area code."""
    if (country, kind) == ("GB", "Mobile"):
        return ((f"+447700900{line:03}", "7700") for line in range(100))
    areas = {
        ("US", "Local"): ("312", "212", "415"),
        ("US", "TollFree"): ("800", "888"),
        ("CA", "Local"): ("416",),
    }.get((country, kind))
    if areas is None:
        raise TwilioError(20404)
    chosen = (area_code,) if area_code and kind == "Local" else areas
    return ((f"+1{area}55501{line:02}", area) for area in chosen for line in range(100))


def basic(user: str, secret: str) -> str:
    """The header of HTTP Basic."""
    return f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"


class Api:
    """The handlers of one sandbox."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox
        self.account = sandbox.path

    def admit(self, request: Request) -> None:
        """Refuse a request without the account's credentials, or one too many."""
        sandbox, given = self.sandbox, request.headers.get("authorization", "")
        pairs = ((sandbox.account_sid, sandbox.auth_token), (sandbox.key_sid, sandbox.key_secret))
        if given not in [basic(*pair) for pair in pairs]:
            raise TwilioError(20003)
        if sandbox.overloaded():
            raise TwilioError(20429)

    async def show_account(self, request: Request) -> Response:
        """Only the auth token and a main key read it; the stand-in's key is a standard one."""
        if request.headers["authorization"] == basic(self.sandbox.key_sid, self.sandbox.key_secret):
            raise TwilioError(20003)
        account = {"sid": self.sandbox.account_sid, "friendly_name": "Sandbox", "status": "active", "type": "Full"}
        return JSONResponse(account | {"uri": f"{self.account}.json", "owner_account_sid": self.sandbox.account_sid})

    async def search(self, request: Request) -> Response:
        country, kind = request.path_params["country"], request.path_params["kind"]
        query = request.query_params
        pattern = re.compile("".join(r"\d" if c == "*" else re.escape(c) for c in query.get("Contains", "")))
        owned = {number["phone_number"] for number in self.sandbox.numbers.values()}
        found = [
            self._offer(number, area, country)
            for number, area in offered(country, kind, query.get("AreaCode"))
            if number not in owned and pattern.search(number)
        ]
        size = int(query.get("PageSize", 50))
        return JSONResponse({"available_phone_numbers": found[:size], "uri": request.url.path})

    @staticmethod
    def _offer(number: str, area: str, country: str) -> dict[str, object]:
        locality, region = PLACES.get(area, (None, None))
        return {
            "friendly_name": number,
            "phone_number": number,
            "lata": None,
            "locality": locality,
            "rate_center": None,
            "latitude": None,
            "longitude": None,
            "region": region,
            "postal_code": None,
            "iso_country": country,
            "address_requirements": "none",
            "beta": False,
            "capabilities": {"voice": True, "sms": True, "mms": country in ("US", "CA")},
        }

    async def list_numbers(self, request: Request) -> Response:
        wanted = request.query_params.get("PhoneNumber")
        numbers = [n for n in self.sandbox.numbers.values() if wanted in (None, n["phone_number"])]
        return page(request, "incoming_phone_numbers", numbers)

    async def buy(self, request: Request) -> Response:
        query = await form(request)
        owned = {owned["phone_number"] for owned in self.sandbox.numbers.values()}
        of_area = (number for number, _ in offered("US", "Local", query.get("AreaCode")) if number not in owned)
        number = query.get("PhoneNumber") or next(of_area)
        if number in owned or not re.fullmatch(r"\+1\d{3}55501\d\d|\+447700900\d{3}", number):
            raise TwilioError(21422)
        return JSONResponse(self.own(number, query), status_code=201)

    def own(self, phone_number: str, form: Mapping[str, str]) -> JsonObject:
        """Add a number to the account, with the webhooks of `form`."""
        sid = self.sandbox.new_sid("PN")
        now = self.sandbox.listed_time(self.sandbox.clock())
        number: dict[str, object] = {
            "sid": sid,
            "account_sid": self.sandbox.account_sid,
            "phone_number": phone_number,
            "friendly_name": phone_number,
            "date_created": now,
            "date_updated": now,
            "api_version": API_VERSION,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "address_requirements": "none",
            "beta": False,
            "origin": "twilio",
            "status": "in-use",
            "type": "toll-free" if phone_number.startswith("+18") else "local",
            "voice_receive_mode": "voice",
            "voice_caller_id_lookup": False,
            "emergency_status": "Inactive",
            **dict.fromkeys(UNSET),
            "uri": f"{self.account}/IncomingPhoneNumbers/{sid}.json",
            **{name: "" if name.endswith(("_url", "callback")) else "POST" for name in SETTABLE.values()},
        }
        number["friendly_name"] = phone_number
        self._point(number, form)
        self.sandbox.numbers[sid] = number
        return number

    def _point(self, number: dict[str, object], form: Mapping[str, str]) -> None:
        number |= {SETTABLE[name]: value for name, value in form.items() if name in SETTABLE}
        number["date_updated"] = self.sandbox.listed_time(self.sandbox.clock())

    async def one_number(self, request: Request) -> Response:
        sid = request.path_params["sid"]
        if request.method == "POST" and sid in self.sandbox.numbers:
            self._point(self.sandbox.numbers[sid], await form(request))
        return one(request, self.sandbox.numbers, sid)

    async def list_or_place_calls(self, request: Request) -> Response:
        if request.method == "POST":
            return await outgoing.place(self.sandbox, request)
        query = request.query_params
        calls = [
            call
            for call in self.sandbox.calls.values()
            if within(call["start_time"], query, "StartTime")
            and query.get("ParentCallSid") in (None, call["parent_call_sid"])
            and query.get("Status") in (None, call["status"])
            and query.get("To") in (None, call["to"])
            and query.get("From") in (None, call["from"])
        ]
        calls.sort(key=lambda call: parsedate_to_datetime(call["start_time"]), reverse=True)
        return page(request, "calls", calls)

    async def one_call(self, request: Request) -> Response:
        return one(request, self.sandbox.calls, request.path_params["sid"])

    async def price(self, request: Request) -> Response:
        country = request.path_params["country"]
        if country not in MONTHLY:
            raise TwilioError(20404)
        prices = [
            {"number_type": kind, "base_price": price, "current_price": price}
            for kind, price in MONTHLY[country].items()
        ]
        body = {"country": country, "iso_country": country, "price_unit": "USD", "phone_number_prices": prices}
        return JSONResponse(body | {"url": str(request.url)})


def app(sandbox: Account) -> Starlette:
    """The ASGI application of a sandbox."""
    api = Api(sandbox)

    def guarded(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            try:
                api.admit(request)
                await check(request, sandbox.clock())
                with sandbox._lock:
                    return await handler(request)
            except TwilioError as error:
                return refusal(error)

        return serve

    async def unknown(request: Request, error: Exception) -> Response:
        return refusal(TwilioError(20404))

    base, removable = api.account, ["GET", "DELETE"]
    texts, recordings, ports = Texts(sandbox), Recordings(sandbox), Ports(sandbox)
    routes = [
        Route(f"{base}.json", guarded(api.show_account)),
        Route(f"{base}/AvailablePhoneNumbers/{{country}}/{{kind}}.json", guarded(api.search)),
        Route(f"{base}/IncomingPhoneNumbers.json", guarded(api.list_numbers), methods=["GET"]),
        Route(f"{base}/IncomingPhoneNumbers.json", guarded(api.buy), methods=["POST"]),
        Route(f"{base}/IncomingPhoneNumbers/{{sid}}.json", guarded(api.one_number), methods=["GET", "POST", "DELETE"]),
        Route(f"{base}/Calls.json", guarded(api.list_or_place_calls), methods=["GET", "POST"]),
        Route(f"{base}/Calls/{{sid}}.json", guarded(api.one_call), methods=removable),
        Route(f"{base}/Messages.json", guarded(texts.list_or_send), methods=["GET", "POST"]),
        Route(f"{base}/Messages/{{sid}}.json", guarded(texts.one), methods=removable),
        Route(f"{base}/Messages/{{sid}}/Media.json", guarded(texts.pictures)),
        Route(f"{base}/Messages/{{sid}}/Media/{{media}}", guarded(texts.picture), methods=removable),
        Route("/pictures/{media}", texts.picture_file),
        Route(f"{base}/Calls/{{call}}/Recordings.json", guarded(recordings.list)),
        Route(f"{base}/Calls/{{call}}/Recordings/{{file}}", guarded(recordings.control), methods=["POST"]),
        Route(f"{base}/Recordings.json", guarded(recordings.list)),
        Route(f"{base}/Recordings/{{file}}", guarded(recordings.one), methods=removable),
        Route("/v1/PhoneNumbers/Countries/{country}", guarded(api.price)),
        Route("/v1/Documents", guarded(ports.upload), methods=["POST"]),
        Route("/v1/Porting/PortIn", guarded(ports.order), methods=["POST"]),
        Route("/v1/Porting/PortIn/PortInRequests", guarded(ports.list)),
        Route("/v1/Porting/PortIn/{sid}", guarded(ports.one), methods=removable),
    ]
    return Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown})
