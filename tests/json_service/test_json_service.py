"""A provider that answers with JSON, as a declaration: its requests, its stand-in, and what it heard."""

from __future__ import annotations

import io
import wave
from array import array
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from hub.api import (
    SPEAKERS,
    AuthError,
    ConfigError,
    Manifest,
    PluginSettings,
    Provider,
    Recipient,
    Rejected,
    RetryLater,
    Share,
    SpokenAudio,
    Transcript,
    facts_at,
)
from hub.api.json_service import JsonService, ServiceRequest, ServiceStandIn
from hub.api.sandbox import Speech, speech_in
from hub.testing import connect
from hub.testing.asking import implemented_hooks


class ServiceSettings(PluginSettings):
    api_key: SecretStr
    model: str = "clear-2"


def heard(asked: Mapping[str, Any]) -> tuple[int, Any]:
    channels, speech = speech_in(asked["audio"])
    return 200, {"model": asked["model"], "channels": channels, "spoken": [each.channel for each in speech]}


class Service(JsonService):
    Settings = ServiceSettings
    manifest = Manifest(
        name="service",
        kind="transcription",
        version="0.1.0",
        summary="Hears recordings.",
        recipient=Recipient(name="Service", role="processor"),
        hosts=("api.example.com",),
        shares=(Share(field="audio"),),
    )
    provider = Provider(name="Service", remedy="renew api_key", code="code")
    headers = {"x-api-key": "{api_key}"}
    check = ServiceRequest(method="GET", path="/account")
    hear = ServiceRequest(
        path="/hear", params={"model": "{model}"}, headers={"content-type": "{content_type}"}, body="{audio}"
    )
    look_up = ServiceRequest(path="/look-up/{country}", body={"phone": {"number": "{number}", "kind": "voice"}})
    stand_in = ServiceStandIn(
        settings={"api_key": "sandbox"},
        refused=(400, {"code": "NO_SOUND"}),
        replies={"hear": heard, "look_up": lambda asked: (200, dict(asked))},
    )


class Billed(JsonService):
    """Each request costs money, so there is no check."""

    Settings = ServiceSettings
    manifest = Service.manifest
    provider = Service.provider
    headers = Service.headers


def provider() -> Any:
    """The stand-in that follows from the declaration."""
    sandbox_class: Any = Service.sandbox_class()
    return sandbox_class()


def sound(width: int, *channels: list[int]) -> bytes:
    """A WAV file of 10 samples per second with these samples."""
    frames = [level for frame in zip(*channels, strict=True) for level in frame]
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(len(channels))
        written.setsampwidth(width)
        written.setframerate(10)
        written.writeframes(bytes(frames) if width == 1 else array("h", frames).tobytes())
    return file.getvalue()


def test_a_declared_request_carries_the_credentials_the_settings_and_bytes() -> None:
    with provider() as sandbox:
        connector = connect(Service, sandbox)
        assert connector.check_connection().ok
        audio = sound(2, [0, 900, 900], [0, 0, 0])
        answer = connector.ask(Service.hear, audio=audio, content_type="audio/wav")
        assert answer == {"model": "clear-2", "channels": 2, "spoken": [0]}
        with pytest.raises(Rejected):
            connector.ask(Service.hear, audio=b"no sound", content_type="audio/wav")


def test_the_stand_in_reads_what_the_request_says_where_the_declaration_has_names() -> None:
    with provider() as sandbox:
        answer = connect(Service, sandbox).ask(Service.look_up, country="US", number="+13125550142")
        assert answer == {"country": "US", "number": "+13125550142"}


def test_the_stand_in_refuses_what_is_not_declared() -> None:
    with provider() as sandbox:
        connector = connect(Service, sandbox)
        with pytest.raises(AuthError):
            connect(Service, sandbox, api_key="another").ask(Service.look_up, country="US", number="1")
        assert not connect(Service, sandbox, api_key="another").check_connection().ok
        with pytest.raises(ConfigError):
            connector.ask(ServiceRequest(path="/elsewhere", body={}))
        key, address = {"x-api-key": "sandbox"}, f"{sandbox.url}/look-up/US"
        wrong: list[Any] = [{"phone": {"number": "1", "kind": "fax"}}, {"phone": {"number": "1", "more": 1}}, [], None]
        for body in wrong:
            assert httpx2.post(address, headers=key, json=body, trust_env=False).status_code == 400
        good = {"phone": {"number": "1", "kind": "voice"}}
        assert httpx2.post(address, headers=key, json=good, trust_env=False).status_code == 200
        assert httpx2.post(f"{address}?more=1", headers=key, json=good, trust_env=False).status_code == 404


def test_a_plugin_that_declares_no_check_has_none() -> None:
    with provider() as sandbox:
        assert "check_connection" in implemented_hooks(connect(Service, sandbox))
        assert "check_connection" not in implemented_hooks(connect(Billed, sandbox))


@pytest.mark.parametrize(("width", "silence", "loud"), [(1, 128, 90), (1, 128, 160), (2, 0, -900), (2, 0, 900)])
def test_speech_is_found_in_samples_of_8_and_of_16_bits(width: int, silence: int, loud: int) -> None:
    caller, business = [silence, loud, loud, silence, silence], [silence, silence, silence, silence, loud]
    first, second = Speech(channel=0, start=0.1, end=0.2), Speech(channel=1, start=0.4, end=0.4)
    assert speech_in(sound(width, caller, business)) == (2, [first, second])
    assert speech_in(sound(width, caller)) == (1, [first])
    assert speech_in(sound(width, [silence] * 3)) == (1, [])


@pytest.mark.parametrize("what", [b"", b"RIFF\x24\x00\x00\x00WAVEfmt ", b"<!doctype html>" * 9, sound(2, [1])[:30]])
def test_what_is_no_sound_is_an_error(what: bytes) -> None:
    with pytest.raises(ValueError, match="WAV"):
        speech_in(what)


def test_rows_become_parts_in_order_with_their_speakers() -> None:
    late = {"start": 2, "end": 3.5, "said": " on Tuesday ", "channel": 1}
    early = {"start": 0, "end": 1, "said": "when?", "channel": 0, "confidence": 0.8}
    empty = {"start": 4, "end": 5, "said": " ", "channel": 0}
    transcript = Transcript.of(SpokenAudio(language="es"), "m", [late, empty, early], SPEAKERS[2], text="said")
    assert (transcript.language, transcript.model) == ("es", "m")
    assert [(part.channel, part.text, part.confidence) for part in transcript.parts] == [
        ("caller", "when?", 0.8),
        ("business", "on Tuesday", None),
    ]


ROW = {"start": 0, "end": 1, "text": "yes", "channel": 0}


@pytest.mark.parametrize(
    "rows",
    [None, "text", 7, [None], [{**ROW, "channel": 2}], [{**ROW, "channel": []}], [{**ROW, "start": "soon"}],
     [{**ROW, "text": None}], [{**ROW, "confidence": "high"}], [{"start": 0}]],
)  # fmt: skip
def test_rows_that_cannot_be_read_are_asked_for_again(rows: object) -> None:
    with pytest.raises(RetryLater):
        Transcript.of(SpokenAudio(), "m", rows, SPEAKERS[2])


def test_facts_are_the_texts_of_an_answer() -> None:
    paths = {"name": ("owners.0.name", "user.name"), "city": ("city", "user.contact.address.city")}
    assert [(fact.name, fact.value) for fact in facts_at({"owners": [{"name": " Pat "}], "city": 7}, paths)] == [
        ("name", "Pat")
    ]
    assert facts_at([], paths) == []


def test_settings_without_an_address_get_that_of_the_first_declared_host() -> None:
    assert Service.Settings.model_validate({"api_key": "k"}).base_url == "https://api.example.com"  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="base_url"):
        Service.Settings.model_validate({"api_key": "k", "base_url": "api.example.com"})
