"""The phones of the business in config.yaml, and what the gateway gets of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from event_loops import in_a_thread
from gateway_stage import SETTINGS, ScriptedHub, staged
from pydantic import ValidationError

from hub.api import CallEvent
from hub.api.carriers import AnswerPoint, Dial
from hub.testing.factories import connect
from plugins.carriers.sip import Sip
from plugins.carriers.sip.companion import companion
from plugins.carriers.sip.gateway.line import line_settings
from plugins.carriers.sip.gateway.start import read_start
from plugins.carriers.sip.settings import SipSettings

PASSWORD = "correct-horse-battery"
PHONES = {"tls_certificate": "phones.pem", "emergency": "announce", "named": {"anna": {"password": PASSWORD}}}


def settings(**phones: Any) -> SipSettings:
    return SipSettings.model_validate(SETTINGS | {"phones": PHONES | phones})


def given(made: SipSettings) -> str:
    """What the gateway is started with."""
    started = companion("sip", made, "https://calls.example.com/webhooks/sip")
    assert started
    return started.start


def test_the_gateway_gets_digests_and_no_passwords() -> None:
    text = given(settings())
    assert PASSWORD not in text
    line = line_settings(read_start(text).settings, Path("day.json"))
    assert line.phones and set(line.phones.by_name["anna"].secrets) == {"SHA-256"}
    assert line.phones.by_name["anna"].caller == "+13125550100"
    written = read_start(text).settings.phones
    assert written and written.named["anna"].digest
    same = settings(named={"anna": {"digest": written.named["anna"].digest.get_secret_value()}})
    again = line_settings(read_start(given(same)).settings, Path("day.json"))
    assert again.phones and again.phones.by_name == line.phones.by_name


def test_md5_needs_the_passwords() -> None:
    line = line_settings(read_start(given(settings(md5=True))).settings, Path("day.json"))
    assert line.phones and set(line.phones.by_name["anna"].secrets) == {"SHA-256", "MD5"}
    with pytest.raises(ValidationError, match="md5 needs phones with a password"):
        settings(md5=True, named={"anna": {"digest": "0" * 64}})


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ({"Anna": {"password": PASSWORD}}, "String should match pattern"),
        ({"anna": {}}, "either password or digest"),
        ({"anna": {"password": "short"}}, "at least 12"),
        ({"anna": {"digest": "x"}}, "sha256sum"),
        ({"anna": {"password": PASSWORD, "number": "+13125550199"}}, "not among the numbers of the line"),
    ],
)
def test_a_wrong_phone_is_refused_with_what_to_write(named: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        settings(named=named)


def test_a_pbx_that_calls_in_keeps_its_password() -> None:
    trunk = {**SETTINGS["trunk"], "caller_username": "pbx", "caller_password": PASSWORD}
    text = given(SipSettings.model_validate(SETTINGS | {"trunk": trunk}))
    assert json.loads(text)["settings"]["trunk"]["caller_password"] == PASSWORD
    assert line_settings(read_start(text).settings, Path("day.json")).sign_in_password == PASSWORD


def test_a_dialed_phone_is_a_device_in_the_document() -> None:
    point = AnswerPoint(moment="ringing", tracking_number="+13125550100", call_id="CA1")
    made = connect(Sip, name="sip", **SETTINGS).render_answer(
        point, (Dial(numbers=("phone:anna", "+13125550142"), mark="m"),)
    )
    assert ">sip:anna</Sip>" in made.body and ">+13125550142</Number>" in made.body


def test_a_call_reaches_a_phone_and_its_device_is_reported(tmp_path: Path) -> None:
    hub = ScriptedHub()
    hub.script["ringing", ""] = (Dial(numbers=("phone:anna",), mark="m"),)

    async def walk() -> None:
        async with staged(tmp_path, hub) as stage:
            stage.engine.phones["sip:anna"] = lambda leg: setattr(leg, "talks", 0.02)
            await stage.call()
            await stage.told()

    in_a_thread(walk())
    answered, _ = [each for each in hub.events if isinstance(each, CallEvent) and each.kind == "answered"]
    assert (answered.answered_by, answered.answered_device) == ("phone:anna", "sip")
