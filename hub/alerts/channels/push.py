"""Alerts as notifications of the browser or the phone: web push.

The push service of the browser's maker is a third party: what it carries is encrypted for the browser (RFC 8291) and signed
with the hub's own key (RFC 8292). A repetition has the same topic, so it replaces the first (RFC 8030, 5.4).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlmodel import Session, col, select

from hub.alerts.kinds import URGENT
from hub.alerts.wording import Message, summary_title
from hub.errors import CannotDo, NotFound, Rejected
from hub.model import PushSubscription, User, VapidKey
from hub.model.columns import new_id
from hub.plugin_host.public_post import PublicPost, checked_url
from hub.runtime import Hub
from hub.store.rows import write_rows

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

VAPID_PLACE = "vapid_key/vapid"
TOKEN_LIFETIME = timedelta(hours=12)
"""At most 24 hours. Source: RFC 8292, 2."""
TIME_TO_LIVE = timedelta(hours=12)
"""A phone that is off longer does not get it any more."""
BROWSER_LIFETIME = timedelta(days=90)
"""Without any alert that the push service took."""
MAX_BROWSERS = 10
MAX_TITLE_CHARACTERS, MAX_BODY_CHARACTERS = 150, 500
"""Push services take 4,096 bytes, encrypted; a character has at most four. Source: RFC 8030, 7.2."""
KEY_BYTES, AUTH_BYTES = 65, 16
GONE = (404, 410)


def public_key(hub: Hub) -> str:
    """The hub's public key for `pushManager.subscribe`, in base64url; made at the first call."""
    return _key_of(hub).public_key


def subscribe(session: Session, hub: Hub, user: User, subscription: Any, browser: str) -> PushSubscription:
    """Write a browser's subscription, as `PushSubscription.toJSON()` has it, within `session`. CannotDo if it is none."""
    try:
        endpoint = checked_url(str(subscription["endpoint"]))
        keys = {name: str(subscription["keys"][name]) for name in ("p256dh", "auth")}
        lengths = [len(_decoded(keys["p256dh"])), len(_decoded(keys["auth"]))]
    except (KeyError, TypeError, ValueError):
        raise CannotDo("The browser gave no usable subscription; try again, or use another browser.") from None
    if lengths != [KEY_BYTES, AUTH_BYTES]:
        raise CannotDo("The browser gave no usable subscription; try again, or use another browser.")
    digest, now = hashlib.sha256(endpoint.encode()).hexdigest(), hub.clock()
    row = session.exec(select(PushSubscription).where(PushSubscription.endpoint_sha256 == digest)).first()
    if row is None:
        mine = select(PushSubscription).where(PushSubscription.user_id == user.id)
        oldest = session.exec(mine.order_by(col(PushSubscription.made_at))).all()
        for each in oldest[: max(0, len(oldest) - MAX_BROWSERS + 1)]:
            session.delete(each)
        row = PushSubscription(
            id=new_id(), account_id=user.account_id, user_id=user.id, endpoint_sha256=digest, made_at=now,
            expires_at=now + BROWSER_LIFETIME,
        )  # fmt: skip
    # A browser belongs to the user who signed in there last.
    row.user_id, row.account_id, row.browser = user.id, user.account_id, browser[:80]
    row.sealed = hub.keyring.encrypt(json.dumps({"endpoint": endpoint, **keys}).encode(), place_of_browser(row.id))
    session.add(row)
    session.flush()
    return row


def unsubscribe(session: Session, user: User, subscription_id: str) -> None:
    """Forget one of the user's browsers; NotFound if it is not theirs."""
    row = session.get(PushSubscription, subscription_id)
    if row is None or row.user_id != user.id:
        raise NotFound("Not found")
    session.delete(row)
    session.flush()


def send_push(hub: Hub, post: PublicPost, subscription_id: str, delivery_id: str, messages: Sequence[Message]) -> None:
    """Send one message, or several as one summary, to one browser. A browser that is gone is forgotten."""
    with hub.store.reading() as session:
        row = session.get(PushSubscription, subscription_id)
    if row is None or row.sealed is None:
        raise Rejected("This browser gets no notifications any more.")
    browser = json.loads(hub.keyring.decrypt(row.sealed, place_of_browser(row.id)))
    headers = {
        "TTL": str(int(TIME_TO_LIVE.total_seconds())),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "Urgency": "high" if any(each.kind in URGENT for each in messages) else "normal",
        "Topic": delivery_id.replace("-", "")[:32],
        "Authorization": _authorization(hub, browser["endpoint"]),
    }
    answer = post.send(browser["endpoint"], headers, encrypted(browser, _payload(messages, delivery_id)))
    if answer.status in GONE:
        with hub.store.writing() as session:
            if gone := session.get(PushSubscription, subscription_id):
                session.delete(gone)
        raise Rejected("The browser is gone; allow notifications there again.", str(answer.status))
    post.judge(answer)
    with hub.store.writing() as session:
        if living := session.get(PushSubscription, subscription_id):
            living.expires_at = hub.clock() + BROWSER_LIFETIME
            session.add(living)


def encrypted(browser: dict[str, str], plain: bytes) -> bytes:
    """A message that only this browser can read. Source: RFC 8291."""
    return bytes(
        http_ece.encrypt(
            plain,
            private_key=generate_private_key(SECP256R1()),
            dh=_decoded(browser["p256dh"]),
            auth_secret=_decoded(browser["auth"]),
            version="aes128gcm",
        )
    )


def _payload(messages: Sequence[Message], delivery_id: str) -> bytes:
    first = messages[0]
    single = len(messages) == 1
    shown = {
        "title": (first.title if single else summary_title(messages))[:MAX_TITLE_CHARACTERS],
        "body": "\n".join(first.lines if single else [each.title for each in messages[:5]])[:MAX_BODY_CHARACTERS],
        "url": first.path if single else "/alerts",
        "tag": delivery_id,
    }
    return json.dumps(shown, ensure_ascii=False).encode()


def _authorization(hub: Hub, endpoint: str) -> str:
    parts = urlsplit(endpoint)
    mail = hub.config.mail
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((hub.clock() + TOKEN_LIFETIME).timestamp()),
        "sub": f"mailto:{mail.sender}" if mail else str(hub.config.hub.public_url),
    }
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(_private_key(hub)))
    return f"vapid t={token}, k={public_key(hub)}"


def _private_key(hub: Hub) -> EllipticCurvePrivateKey:
    number = int.from_bytes(hub.keyring.decrypt(_key_of(hub).private_sealed, VAPID_PLACE), "big")
    return derive_private_key(number, SECP256R1())


def _key_of(hub: Hub) -> VapidKey:
    with hub.store.reading() as session:
        row = session.get(VapidKey, "vapid")
    return row or _make_key(hub)


def _make_key(hub: Hub) -> VapidKey:
    private = generate_private_key(SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    number = private.private_numbers().private_value.to_bytes(32, "big")
    row = VapidKey(
        id="vapid",
        public_key=base64.urlsafe_b64encode(point).rstrip(b"=").decode(),
        private_sealed=hub.keyring.encrypt(number, VAPID_PLACE),
        made_at=hub.clock(),
    )
    with hub.store.writing() as session:
        # Another process may have made one a moment earlier; that one counts.
        write_rows(session, VapidKey, [row])
        return session.get_one(VapidKey, "vapid")


def place_of_browser(subscription_id: str) -> str:
    """To what the encrypted subscription of a browser is bound."""
    return f"push_subscription/{subscription_id}"


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
