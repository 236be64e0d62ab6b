"""Numbers that a trunk writes without +: read as they are dialed in the country of the line."""

from __future__ import annotations

import pytest

from plugins.carriers.sip.engine.guard.identity import read_about
from plugins.carriers.sip.engine.guard.message import decode

INVITE = (
    "INVITE sip:{called}@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK1\r\n"
    "From: <sip:{caller}@203.0.113.10>;tag=a\r\nTo: <sip:{called}@198.51.100.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n"
)


@pytest.mark.parametrize(
    ("written", "country", "caller"),
    [("011442079460190", "US", "+442079460190"), ("00442079460190", "GB", "+442079460190"),
     ("4155550142", "US", "+14155550142"),
     ("01144", "US", "01144"), ("02079460190", "GB", "+442079460190"), ("02079460190", "", "02079460190"),
     ("001114155550142", "AU", "+14155550142"), ("030-23125000", "DE", "+493023125000"), ("999", "GB", "999"),
     ("442079460190", "US", "+442079460190"), ("442079460190", "GB", "+442079460190"), ("5550142", "US", "5550142")],
)  # fmt: skip
def test_numbers_without_plus_are_read_as_they_are_dialed_in_the_country_of_the_line(
    written: str, country: str, caller: str
) -> None:
    """011 is the exit code of countries with the code 1, 00 that of most others (ITU-T E.164)."""
    about = read_about(decode(INVITE.format(called=written, caller=written).encode()), "", 0.0, country)
    assert about.caller == about.called == caller
