"""Keys of the hub in config.yaml."""

from __future__ import annotations

import base64
from typing import Annotated

from pydantic import AfterValidator, SecretStr


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
