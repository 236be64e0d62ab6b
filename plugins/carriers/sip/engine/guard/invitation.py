"""The INVITE that an outgoing call leaves with. Whatever could smuggle a header or a parameter into it is refused."""

from __future__ import annotations

import re

from plugins.carriers.sip.engine.addresses import in_uri
from plugins.carriers.sip.engine.guard.calls import Outgoing, Peer
from plugins.carriers.sip.engine.interface import About, Dial
from plugins.carriers.sip.engine.settings import PHONE, LineSettings

_NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
RESERVED = frozenset(
    """via from to call-id cseq contact route record-route max-forwards content-type content-length authorization require
    proxy-authorization supported p-asserted-identity privacy allow x-line diversion
    history-info identity session-expires""".split()  # noqa: SIM905 - a list of words
)
MAX_NAME = 60
MAX_VALUE = 512


def outgoing(dial: Dial, settings: LineSettings, trunk: Peer, us: str) -> Outgoing:
    """How the call looks outside. Raises `ValueError` with one sentence for anything but a number, name or header."""
    for number in (dial.number, dial.caller):
        if not _NUMBER.fullmatch(number) and not (dial.emergency and re.fullmatch("[0-9]{3,6}", number)):
            raise ValueError("A number to call, and the caller's, must be in international form, like +13125550100.")
    host = in_uri(settings.trunk.host)
    port = f":{settings.trunk.port}" if settings.trunk.port not in (5060, 5061) else ""
    secured = f";transport={trunk.transport}" if trunk.transport != "udp" else ""
    name = f'"{_quoted(dial.caller_name)}" ' if dial.caller_name else ""
    us = settings.trunk.caller_host or in_uri(us)
    own = f"<sip:{dial.caller}@{us}>"
    uri = f"sip:{dial.number}@{host}{port}"
    headers = [("User-Agent", "Ringfence"), *_further(dial), *_forwarded(dial, uri, us)]
    if dial.withhold:
        headers += [("P-Asserted-Identity", own), ("Privacy", "id")]
        sender = '"Anonymous" <sip:anonymous@anonymous.invalid>'
    else:
        headers.append(("P-Asserted-Identity", f"{name}{own}"))
        sender = f"{name}{own}"
    return Outgoing(uri + secured, sender, f"<{uri}>", trunk, headers, settings.trunk.password)


def to_phone(dial: Dial, name: str, contact: str, peer: Peer, us: str) -> Outgoing:
    """How a call to a phone of the business looks. Raises `ValueError` as `outgoing` does."""
    if not _NUMBER.fullmatch(dial.caller):
        raise ValueError("The caller's number must be in international form, like +13125550100.")
    us = in_uri(us)
    shown = f'"{_quoted(dial.caller_name)}" ' if dial.caller_name else ""
    hidden = '"Anonymous" <sip:anonymous@anonymous.invalid>'
    sender = hidden if dial.withhold else f"{shown}<sip:{dial.caller}@{us}>"
    return Outgoing(contact, sender, f"<sip:{name}@{us}>", peer, [("User-Agent", "Ringfence"), *_further(dial)])


def dialed_about(dial: Dial) -> About:
    """What an outgoing leg says of itself."""
    return About(
        called=dial.number,
        phone=dial.number.removeprefix(PHONE) if dial.number.startswith(PHONE) else "",
        caller=dial.caller,
        caller_name=dial.caller_name,
        withheld=dial.withhold,
        headers=dict(dial.headers),
    )


def _quoted(name: str) -> str:
    if _CONTROL.search(name) or len(name) > MAX_NAME:
        raise ValueError(f"A caller's name has at most {MAX_NAME} characters and no control characters.")
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _forwarded(dial: Dial, uri: str, us: str) -> list[tuple[str, str]]:
    """Which of our numbers the caller has called (RFC 5806, RFC 7044), and the signature of the caller's number, on a call that
    shows a number which is not ours: without them carriers refuse it or show it as spam."""
    about = dial.attested_by.about if dial.attested_by else None
    if about is None or not _NUMBER.fullmatch(about.called) or about.called == dial.caller:
        return []
    ours = f"sip:{about.called}@{us}"
    return [
        ("Diversion", f"<{ours}>;reason=unconditional;counter=1"),
        ("History-Info", f"<{ours}>;index=1, <{uri};cause=302>;index=1.1;mp=1"),
        *(("Identity", each) for each in about.identity if about.caller == dial.caller and not dial.withhold),
    ]


def _further(dial: Dial) -> list[tuple[str, str]]:
    for name, value in dial.headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in RESERVED:
            raise ValueError("A further header of a call needs a plain name that the line does not write itself.")
        if _CONTROL.search(value) or len(value) > MAX_VALUE:
            raise ValueError(f"A further header of a call has at most {MAX_VALUE} characters and no line breaks.")
    return list(dial.headers.items())
