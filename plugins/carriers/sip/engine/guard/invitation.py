"""The INVITE that an outgoing call leaves with. Whatever could smuggle a header or a parameter into it is refused."""

from __future__ import annotations

import re

from plugins.carriers.sip.engine.guard.calls import Outgoing, Peer
from plugins.carriers.sip.engine.interface import About, Dial
from plugins.carriers.sip.engine.settings import LineSettings

_NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
RESERVED = frozenset(
    """via from to call-id cseq contact route record-route max-forwards content-type content-length authorization require
    proxy-authorization supported p-asserted-identity privacy allow x-line""".split()  # noqa: SIM905 - a list of words
)
MAX_NAME = 60
MAX_VALUE = 512


def outgoing(dial: Dial, settings: LineSettings, trunk: Peer, us: str) -> Outgoing:
    """How the call looks outside. Raises `ValueError` with one sentence for anything but a number, name or header."""
    for number in (dial.number, dial.caller):
        if not _NUMBER.fullmatch(number):
            raise ValueError("A number to call, and the caller's, must be in international form, like +13125550100.")
    host = settings.trunk.host
    port = f":{settings.trunk.port}" if settings.trunk.port not in (5060, 5061) else ""
    secured = f";transport={trunk.transport}" if trunk.transport != "udp" else ""
    name = f'"{_quoted(dial.caller_name)}" ' if dial.caller_name else ""
    own = f"<sip:{dial.caller}@{us}>"
    headers = {"User-Agent": "Ringfence", **_further(dial)}
    if dial.withhold:
        headers |= {"P-Asserted-Identity": own, "Privacy": "id"}
        sender = '"Anonymous" <sip:anonymous@anonymous.invalid>'
    else:
        headers["P-Asserted-Identity"] = f"{name}{own}"
        sender = f"{name}{own}"
    uri = f"sip:{dial.number}@{host}{port}"
    return Outgoing(uri + secured, sender, f"<{uri}>", trunk, headers, settings.trunk.password)


def dialed_about(dial: Dial) -> About:
    """What an outgoing leg says of itself."""
    return About(
        called=dial.number,
        caller=dial.caller,
        caller_name=dial.caller_name,
        withheld=dial.withhold,
        headers=dict(dial.headers),
    )


def _quoted(name: str) -> str:
    if _CONTROL.search(name) or len(name) > MAX_NAME:
        raise ValueError(f"A caller's name has at most {MAX_NAME} characters and no control characters.")
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _further(dial: Dial) -> dict[str, str]:
    for name, value in dial.headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in RESERVED:
            raise ValueError("A further header of a call needs a plain name that the line does not write itself.")
        if _CONTROL.search(value) or len(value) > MAX_VALUE:
            raise ValueError(f"A further header of a call has at most {MAX_VALUE} characters and no line breaks.")
    return dict(dial.headers)
