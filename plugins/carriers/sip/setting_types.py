"""The kinds of values in the settings of a line."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from zoneinfo import available_timezones

import phonenumbers
from pydantic import AfterValidator

from hub.api import phone_number

HOST = r"^[A-Za-z0-9.:-]+$"
HOST_AND_PORT = r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$"


def _number(text: str) -> str:
    found = phone_number(text)
    if found is None:
        raise ValueError(f"{text!r} is no phone number; write it like +13125550100")
    return found


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address or network; write it like 203.0.113.0/24") from None


def _country(code: str) -> str:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"{code!r} is no country; write codes like US")
    return code


Country = Annotated[str, AfterValidator(_country)]
Number = Annotated[str, AfterValidator(_number)]
Network = Annotated[str, AfterValidator(_network)]


def _zone(name: str | None) -> str | None:
    if name is not None and name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write it like America/Chicago")
    return name


TimeZone = Annotated[str | None, AfterValidator(_zone)]
