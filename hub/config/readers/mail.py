"""Reads `mail:` of config.yaml; its password is a reference."""

from __future__ import annotations

from hub.config.mail import MailSection
from hub.config.reading import Reading
from hub.config.redacted import passwords_in


def read_mail(reading: Reading, value: object) -> MailSection | None:
    """The section. None if it is missing or invalid; problems are reported."""
    if value is None:
        return None
    if any("${" not in password for password in passwords_in(str(reading.document.at(("mail", "smtp"))))):
        reading.tell(("mail", "smtp"), "contains a password in plain text; write ${env:…} or ${file:…} instead")
    return reading.section(MailSection, value, ("mail",))
