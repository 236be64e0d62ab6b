"""The speech_server plugin: a server of the own network hears each channel apart, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import BadRequestError, OpenAI

from hub.api import Rejected, SpokenAudio
from hub.testing import FrozenClock, TranscriptionConformance, connect
from hub.testing.transcription import conversation, samples_of, wav_of
from plugins.transcription.speech_server import SpeechServer
from plugins.transcription.speech_server.sandbox import Sandbox


class TestConformance(TranscriptionConformance):
    connector_class = SpeechServer


@pytest.fixture
def server() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def speech(server: Sandbox) -> SpeechServer:
    return connect(SpeechServer, server, clock=FrozenClock())


def test_openais_own_client_reads_what_the_stand_in_answers_as_we_do(server: Sandbox, speech: SpeechServer) -> None:
    client = OpenAI(api_key=server.api_key, base_url=f"{server.url}/v1", max_retries=0)
    sound = wav_of(samples_of("caller"))
    answer = client.audio.transcriptions.create(
        file=("call.wav", sound), model=server.model, language="en", response_format="verbose_json", temperature=0
    )
    assert answer.segments
    theirs = [(each.start, each.end, each.text.strip()) for each in answer.segments]
    assert theirs == [(each.start, each.end, each.text) for each in speech.transcribe(SpokenAudio(audio=sound)).parts]
    assert [each.id for each in client.models.list()] == [server.model] and speech.check_connection().ok
    with pytest.raises(BadRequestError) as refused:
        client.audio.transcriptions.create(file=("call.wav", b"no sound"), model=server.model)
    assert refused.value.code == "audio_decoding_error"


def test_each_channel_is_heard_apart_and_keeps_its_time(speech: SpeechServer) -> None:
    caller, business = speech.transcribe(SpokenAudio(audio=conversation())).parts
    assert (caller.channel, business.channel) == ("caller", "business")
    assert caller.end <= business.start


def test_words_that_a_model_invents_in_silence_are_left_out(server: Sandbox, speech: SpeechServer) -> None:
    server.invents = True
    parts = speech.transcribe(SpokenAudio(audio=wav_of(samples_of("caller")))).parts
    assert [each.text for each in parts] == ["(speech)"]


def test_a_model_that_the_server_lacks_is_named(server: Sandbox) -> None:
    other = connect(SpeechServer, server, model="another")
    assert "no model 'another'" in other.check_connection().detail
    with pytest.raises(Rejected):
        other.transcribe(SpokenAudio(audio=wav_of(samples_of("caller"))))
