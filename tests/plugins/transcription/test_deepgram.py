"""The deepgram plugin: each channel's words at their place, and nothing stays at the service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deepgram import DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.types import ListenV1Response

from hub.api import AuthError, ConfigError, Rejected, SpokenAudio
from hub.api.sandbox import Fault
from hub.testing import FrozenClock, TranscriptionConformance, connect
from hub.testing.heard import heard
from hub.testing.transcription import conversation, samples_of, wav_of
from plugins.transcription.deepgram import Deepgram
from plugins.transcription.deepgram.sandbox import Sandbox


class TestConformance(TranscriptionConformance):
    connector_class = Deepgram


@pytest.fixture
def service() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def deepgram(service: Sandbox) -> Deepgram:
    return connect(Deepgram, service, clock=FrozenClock())


def test_deepgrams_own_client_reads_what_the_stand_in_answers_as_we_do(service: Sandbox, deepgram: Deepgram) -> None:
    client = DeepgramClient(
        api_key=service.api_key,
        environment=DeepgramClientEnvironment(
            base=service.url, production=service.url, agent=service.url, agent_rest=service.url
        ),
    )
    answer = client.listen.v1.media.transcribe_file(
        request=conversation(), model="nova-3", language="en", multichannel=True, utterances=True, smart_format=True,
        mip_opt_out=True,
    )  # fmt: skip
    assert isinstance(answer, ListenV1Response) and answer.metadata.channels == 2 and answer.results.utterances
    theirs = [(each.channel, each.start, each.end, each.transcript) for each in answer.results.utterances]
    parts = deepgram.transcribe(SpokenAudio(audio=conversation())).parts
    assert theirs == [(["caller", "business"].index(each.channel), each.start, each.end, each.text) for each in parts]
    projects = client.manage.v1.projects.list().projects
    assert projects and deepgram.check_connection().ok
    with pytest.raises(ApiError) as refused:
        client.listen.v1.media.transcribe_file(request=b"no sound")
    assert refused.value.status_code == 400 and refused.value.body["err_code"] == "Bad Request"


def test_deepgram_keeps_nothing_and_learns_nothing_of_the_caller(service: Sandbox, deepgram: Deepgram) -> None:
    with heard(service) as requests:
        deepgram.transcribe(SpokenAudio(audio=wav_of(samples_of("caller")), language="es-MX"))
    (request,) = requests
    assert service.kept == 0 and "language=es&" in request.query


def test_a_language_of_no_model_is_refused_before_anything_is_sent(service: Sandbox, deepgram: Deepgram) -> None:
    with heard(service) as requests, pytest.raises(Rejected, match="choose another"):
        deepgram.transcribe(SpokenAudio(audio=wav_of(samples_of("caller")), language="cy"))
    assert not requests


def test_a_project_without_credits_waits_for_a_person(service: Sandbox, deepgram: Deepgram) -> None:
    service.fail_next(Fault("status", 402), 1)
    with pytest.raises((AuthError, ConfigError)):
        deepgram.transcribe(SpokenAudio(audio=wav_of(samples_of("caller"))))
