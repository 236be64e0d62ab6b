"""Reads a form's fields: removes secrets and card numbers, and finds whom to call back by exact field names. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from hub.contracts.phones import phone_number
from hub.model.columns import storable
from hub.platform.scrubbing import without_cards

MAX_FIELDS = 100
MAX_NAME_CHARACTERS = 200
MAX_VALUE_CHARACTERS = 4_096
"""Characters of a value that are kept. A longer value is cut, because half a message is better than none."""

PHONE_NAMES = (
    "phone", "phone_number", "phonenumber", "tel", "telephone", "mobile", "mobile_phone", "mobile_number", "cell",
    "cell_phone", "contact_phone", "contact_number", "your_phone", "your_tel", "telefon", "telefono", "telefone",
)  # fmt: skip
EMAIL_NAMES = (
    "email", "e_mail", "email_address", "emailaddress", "mail", "contact_email", "your_email", "correo",
)  # fmt: skip
NAME_NAMES = ("name", "full_name", "fullname", "your_name", "contact_name", "customer_name", "nombre", "nom")
GIVEN_NAMES = ("first_name", "firstname", "fname", "given_name")
FAMILY_NAMES = ("last_name", "lastname", "lname", "family_name", "surname")

PART_OF_NAME: Mapping[str, str] = {
    **dict.fromkeys(PHONE_NAMES, "phone_number"),
    **dict.fromkeys(EMAIL_NAMES, "email"),
    **dict.fromkeys((*NAME_NAMES, *GIVEN_NAMES, *FAMILY_NAMES), "name"),
}

SECRET_WORDS = frozenset(
    {"password", "passwd", "passwort", "pwd", "pass", "passcode", "passphrase", "kennwort", "contrasena", "senha", "pin",
     "otp", "totp", "secret", "token", "csrf", "ssn", "cvv", "cvv2", "cvc", "cvc2", "csc", "cvn", "iban", "creditcard",
     "cardnumber", "ccnumber"}
)  # fmt: skip
SECRET_PAIRS = frozenset(
    {("credit", "card"), ("card", "number"), ("card", "code"), ("card", "expiry"), ("security", "code"), ("mot", "de"),
     ("account", "number"), ("social", "security"), ("cc", "number"), ("cc", "num"), ("cc", "csc"), ("cc", "exp"),
     ("cc", "cvc"), ("cc", "cvv"), ("cc", "name"), ("cc", "type")}
)  # fmt: skip

DISCLOSURE = re.compile(
    r"\b(reply|respond|text|send|responda|envie|envíe|répondez|envoyez)\W+(with\W+)?(stop|alto|arr[eê]t)\b", re.I
)
"""The words beside a box that is ticked, which say how to opt out later. They are the business's, not the sender's."""

_EMAIL = re.compile(r"[^\s@<>\"(),;:\\\[\]]{1,64}@(?:[^\s@.<>\"(),;:\\\[\]]{1,63}\.){1,8}[^\s@.<>\"(),;:\\\[\]]{2,63}")


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call back: E.164, an email address in lower case, a name; each None if the form does not say it."""

    phone_number: str | None = None
    email: str | None = None
    name: str | None = None


def kept_fields(fields: Mapping[str, str], ignored: Collection[str] = ()) -> dict[str, str]:
    """What may be kept of a form: at most 100 fields, without passwords and similar secrets and what the company wants
    `ignored`, card numbers masked."""
    unwanted = {each.casefold() for each in ignored}
    kept: dict[str, str] = {}
    for name, value in fields.items():
        if len(kept) == MAX_FIELDS:
            break
        if not is_secret(name) and name.casefold() not in unwanted:
            kept[_text(name, MAX_NAME_CHARACTERS)] = without_cards(_text(value, MAX_VALUE_CHARACTERS))
    return kept


def contact_of(
    fields: Mapping[str, str], country: str, phone: str | None = None, email: str | None = None, name: str | None = None
) -> Contact:
    """The contact that the page names. A missing part comes from the first field with a fitting name and a value of
    the right shape."""
    named = {_plain(field): value for field, value in reversed(list(fields.items()))}

    def first(said: str | None, names: tuple[str, ...], read: Callable[[str], str | None]) -> str | None:
        given = [said, *(named.get(each) for each in names)]
        return next((found for value in given if value and (found := read(value))), None)

    whole = first(name, NAME_NAMES, _name)
    if whole is None:
        parts = (first(None, GIVEN_NAMES, _name), first(None, FAMILY_NAMES, _name))
        whole = " ".join(part for part in parts if part) or None
    return Contact(
        phone_number=first(phone, PHONE_NAMES, lambda text: phone_number(text.strip(), country)),
        email=first(email, EMAIL_NAMES, _email),
        name=whole,
    )


def names_part(field: str) -> str | None:
    """Which of `phone_number`, `email` and `name` a field's name says that it holds; None if none."""
    return PART_OF_NAME.get(_plain(field)) if field else None


def messages_in(fields: Mapping[str, str]) -> list[str]:
    """What the sender wrote in a form's fields, without who they are and without the business's own words of consent."""
    return [
        value
        for name, value in fields.items()
        if names_part(name) is None and value.strip() and not DISCLOSURE.search(value)
    ]


def is_secret(name: str) -> bool:
    """Whether a field's name says that its value must not be kept: passwords, codes, cards, account numbers."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKD", name[:MAX_NAME_CHARACTERS]))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in split if not unicodedata.combining(c)).lower())
    return not SECRET_WORDS.isdisjoint(words) or any(pair in SECRET_PAIRS for pair in pairwise(words))


def _plain(name: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", name[:MAX_NAME_CHARACTERS].casefold()))


def _email(text: str) -> str | None:
    plain = unicodedata.normalize("NFKC", text[:400]).strip().lower()
    return plain if len(plain) <= 254 and _EMAIL.fullmatch(plain) else None


def _name(text: str) -> str | None:
    """A name is one short line with at least one letter, and neither an address nor a number."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())
    if len(line) > 100 or "@" in line or "://" in line or sum(map(str.isdigit, line)) > 4:
        return None
    return line if any(map(str.isalpha, line)) else None


def _text(text: str, longest: int) -> str:
    return storable(text[:longest]) or ""
