"""The browsers that have signed in as phones, by the access tokens that Twilio takes.

Source: twilio.com/docs/iam/access-tokens and the codes 20101 to 20157 of twilio.com/docs/api/errors.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

IDENTITY = re.compile(r"[A-Za-z0-9_]{1,121}")
MAX_SECONDS = 86_400


def identity_of(token: str, account_sid: str, key_sid: str, key_secret: str, now: datetime) -> str:
    """Whom a token lets take calls. ValueError with Twilio's code if it lets nobody."""
    from joserfc import jwt
    from joserfc.errors import BadSignatureError, JoseError
    from joserfc.jwk import OctKey

    try:
        read = jwt.decode(token, OctKey.import_key(key_secret), algorithms=["HS256"])
    except BadSignatureError as error:
        raise ValueError("20107") from error
    except (JoseError, ValueError) as error:
        raise ValueError("20101") from error
    claims: dict[str, Any] = read.claims
    at = now.timestamp()
    begins = claims.get("nbf", claims.get("iat", at))
    grants = claims.get("grants") or {}
    identity = grants.get("identity", "")
    faults = {
        "20102": read.header.get("cty") != "twilio-fpa;v=1" or read.header.get("typ") != "JWT",
        "20103": (claims.get("iss"), claims.get("sub")) != (key_sid, account_sid),
        "20104": claims.get("exp", 0) <= at,
        "20105": begins > at,
        "20106": not IDENTITY.fullmatch(identity) or not grants.get("voice", {}).get("incoming", {}).get("allow"),
        "20157": claims.get("exp", 0) - begins > MAX_SECONDS,
    }
    if code := next((code for code, is_wrong in faults.items() if is_wrong), None):
        raise ValueError(code)
    return str(identity)
