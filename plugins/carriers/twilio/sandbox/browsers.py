"""The browsers that have signed in as phones, by the access tokens that Twilio takes.

Source: twilio.com/docs/iam/access-tokens and the codes 20101 to 20157 of twilio.com/docs/api/errors.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import Any

from hub.api.oauth import secret_claims

IDENTITY = re.compile(r"[A-Za-z0-9_]{1,121}")
MAX_SECONDS = 86_400


def identity_of(token: str, account_sid: str, key_sid: str, key_secret: str, now: datetime) -> str:
    """Whom a token lets take calls. ValueError with Twilio's code if it lets nobody."""
    claims = secret_claims(token, [key_secret])
    if claims is None:
        raise ValueError("20107")
    header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    at = now.timestamp()
    begins, ends = claims.get("nbf", claims.get("iat", at)), claims.get("exp", 0)
    grants: dict[str, Any] = claims.get("grants") or {}
    identity = grants.get("identity", "")
    faults = {
        "20102": header.get("cty") != "twilio-fpa;v=1" or header.get("typ") != "JWT",
        "20103": (claims.get("iss"), claims.get("sub")) != (key_sid, account_sid),
        "20104": ends <= at,
        "20105": begins > at,
        "20106": not IDENTITY.fullmatch(identity) or not grants.get("voice", {}).get("incoming", {}).get("allow"),
        "20157": ends - begins > MAX_SECONDS,
    }
    if code := next((code for code, is_wrong in faults.items() if is_wrong), None):
        raise ValueError(code)
    return str(identity)
