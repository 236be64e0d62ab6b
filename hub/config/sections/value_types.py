"""Values of config.yaml that several sections have: networks, keys, sizes and schedules as people write them."""

from __future__ import annotations

import base64
import ipaddress
import re
from importlib.util import find_spec
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr, WithJsonSchema

from hub.config.schedule import Schedule, parse_schedule


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError("is not an address or network; write it like 10.0.0.0/8") from None


Network = Annotated[str, AfterValidator(_network)]


def _key(secret: SecretStr) -> SecretStr:
    try:
        key = base64.b64decode(secret.get_secret_value().strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("is not 32 bytes in base64; `hub secrets new-key` makes a key")
    return secret


SecretKey = Annotated[SecretStr, AfterValidator(_key)]
"""32 bytes in base64."""


UNITS = {"": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def parse_size(value: object) -> int:
    """`"256 MB"` or a number of bytes as bytes; ValueError says what is expected."""
    match = re.fullmatch(r"\s*([0-9]{1,12})\s*([a-z]{0,2})\s*", str(value).lower())
    if match is None or match[2] not in UNITS:
        raise ValueError(f"{value!r} is not a size; write it like 256 MB or 1 GB")
    return int(match[1]) * UNITS[match[2]]


Size = Annotated[int, BeforeValidator(parse_size), WithJsonSchema({"type": "string", "examples": ["256 MB"]})]
Timetable = Annotated[
    Schedule,
    BeforeValidator(parse_schedule),
    WithJsonSchema({"type": "string", "examples": ["every 15 minutes", "*/15 * * * *"]}),
]


def with_package(package: str, extra: str) -> AfterValidator:
    """What only a hub with an optional package can do."""

    def check(wanted: object) -> object:
        if wanted and find_spec(package) is None:
            raise ValueError(f"needs the extra {extra}; `hub docs deploy/one-machine#extras` says how to install it")
        return wanted

    return AfterValidator(check)
