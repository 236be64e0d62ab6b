"""A stand-in of Whocalls: knows the line of every fictional number with an even last digit, and the owner of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.api.sandbox import HttpSandbox

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import JSONResponse

API_KEY = "key of the stand-in of Whocalls"


class Sandbox(HttpSandbox):
    known_number = "+13125550142"

    def settings(self) -> dict[str, Any]:
        return {"api_key": API_KEY, "base_url": self.url}

    def app(self) -> Any:
        from starlette.applications import Starlette
        from starlette.routing import Route

        routes = [Route("/3/account", self._account), Route("/3/phone", self._look_up, methods=["POST"])]
        return Starlette(routes=routes)

    async def _account(self, request: Request) -> JSONResponse:
        return _refusal(request) or _json({"account": "example"})

    async def _look_up(self, request: Request) -> JSONResponse:
        phone = str((await request.json())["phone"])
        owner = "Pat Doe" if phone == self.known_number else None
        found = {"owner": owner, "line": "mobile", "city": "Chicago", "error": None}
        return _refusal(request) or (_json(found) if phone[-1] in "02468" else _json({"code": "UNKNOWN"}, 404))


def _refusal(request: Request) -> JSONResponse | None:
    return None if request.headers.get("x-api-key") == API_KEY else _json({"code": "BAD_KEY"}, 401)


def _json(body: Any, status: int = 200) -> JSONResponse:
    from starlette.responses import JSONResponse

    return JSONResponse(body, status)
