"""Who calls whom, as an INVITE says it: sip_and_carriers.md D.2, RFC 3323, 3325, 5806 and 8224 (verstat: ATIS-1000074)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from urllib.parse import unquote

import phonenumbers

from plugins.carriers.sip.engine.guard.message import Message
from plugins.carriers.sip.engine.interface import About

_ADDRESS = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*))\s*<([^<>]*)>(.*)')
_URI = re.compile(r"sips?:([^@>\s]*)@[^;?>\s]+|tel:([^;?>\s]*)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9]{3,17}")
_VERDICT = re.compile(r"(?:TN-Validation-(?:Passed|Failed)|No-TN-Validation)(?:-[ABC])?", re.IGNORECASE)
_VERSTAT = re.compile(r"verstat=([A-Za-z-]+)", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
ANONYMOUS = frozenset({"anonymous", "unavailable", "restricted", "private", "unknown", "blocked"})
SHORTEST = 7
"""Fewer digits are a service of the country, not a line."""
MAX_NAME = 80
MAX_KEPT = 256
MAX_IDENTITIES = 4


def read_about(invite: Message, source: str, received: float, country: str = "", keep: Sequence[str] = ()) -> About:
    """Read the parties of an INVITE. Numbers without + are read as dialed in `country` ("US"); `keep` names more headers."""
    asserted = invite.get("p-asserted-identity") or invite.get("remote-party-id")
    sender = invite.get("from")
    name, user, params = _party(asserted) if asserted else _party(sender)
    from_name, from_user, from_params = _party(sender)
    withheld = _withheld(invite, from_user or user)
    verdict, attestation = _verdict(invite, params + from_params + asserted + sender)
    return About(
        called=read_number(_called(invite), country),
        caller="" if withheld else read_number(user or from_user, country),
        caller_name="" if withheld else clean(name or from_name, MAX_NAME),
        withheld=withheld,
        attestation=attestation,
        verdict=verdict,
        diverted_from=read_number(_user(invite.get("diversion") or invite.get("history-info")), country),
        sip_call_id=clean(invite.call_id, MAX_KEPT),
        source=source,
        received=received,
        identity=tuple(invite.all("identity")[:MAX_IDENTITIES]),
        headers={each.lower(): clean(invite.get(each.lower()), MAX_KEPT) for each in keep if invite.get(each.lower())},
    )


def clean(text: str, longest: int) -> str:
    """Text from the wire without control characters or broken Unicode, cut to a length."""
    return _UNSAFE.sub("", text).strip()[:longest]


def _called(invite: Message) -> str:
    """Request-URI, else To, else P-Called-Party-ID, else Diversion: the first that looks like a number, else the first."""
    users = [
        _user(each)
        for each in (invite.uri, invite.get("to"), invite.get("p-called-party-id"), invite.get("diversion"))
        if each
    ]
    return next((user for user in users if _NUMBER.fullmatch(_dialable(user))), next(filter(None, users), ""))


def _party(value: str) -> tuple[str, str, str]:
    """Display name, user part and parameters of an address header."""
    if found := _ADDRESS.match(value):
        name = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else (found[2] or "")
        return name.strip(), _user(found[3]), found[3].partition(";")[2] + found[4]
    return "", _user(value), value.partition(";")[2]


def _user(value: str) -> str:
    """The user part, without the parameters that some trunks write into it."""
    found = _URI.search(value)
    return clean(unquote((found[1] or found[2] or "").partition(";")[0]), MAX_NAME) if found else ""


def _dialable(user: str) -> str:
    return re.sub(r"[-.() ]", "", user)


def read_number(user: str, country: str) -> str:
    """E.164 where the digits allow it; another user part is kept as it is."""
    digits = _dialable(user)
    if not _NUMBER.fullmatch(digits):
        return user
    if digits.startswith("+"):
        return digits
    if country and len(digits) >= SHORTEST:
        with contextlib.suppress(phonenumbers.NumberParseException):
            found = phonenumbers.parse(digits, country)
            if phonenumbers.is_possible_number_with_reason(found) == phonenumbers.ValidationResult.IS_POSSIBLE:
                return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+{digits}" if len(digits) > 10 and not digits.startswith("0") else digits


def _withheld(invite: Message, user: str) -> bool:
    privacy = {each.strip().lower() for each in re.split(r"[;,]", invite.get("privacy"))}
    hidden_party = "privacy=full" in invite.get("remote-party-id").lower()
    anonymous = "anonymous.invalid" in invite.get("from").lower() or user.lower() in ANONYMOUS
    return bool(privacy & {"id", "user", "header"}) or anonymous or hidden_party


def _verdict(invite: Message, text: str) -> tuple[str, str]:
    """The trunk's verstat and the attestation: a letter at its end, or the trunk's own header for it."""
    said = _VERSTAT.search(text)
    verdict = said[1] if said and _VERDICT.fullmatch(said[1]) else ""
    letter = verdict[-1].upper() if re.search(r"-[ABC]$", verdict, re.IGNORECASE) else ""
    if not letter:
        for header in ("p-attestation-indicator", "p-attestation-info", "x-attestation"):
            value = invite.get(header).strip().upper()
            if value in {"A", "B", "C"} and not verdict.lower().startswith("tn-validation-failed"):
                letter = value
                break
    return verdict, letter
