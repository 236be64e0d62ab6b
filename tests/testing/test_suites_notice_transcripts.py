"""The transcription suite notices each promise that a plugin breaks."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import structlog
from proving import Tame, try_promise

from hub.api import Manifest, Recipient, Rejected, Transcript, TranscriptPart, hookimpl

Hear = Callable[[Any, Any], Transcript]
counted = itertools.count()


def nothing_if_broken(honest: Any, audio: Any) -> Transcript:
    try:
        return honest(audio)  # type: ignore[no-any-return]
    except Rejected:
        return Transcript(language=audio.language, model="x")


def changed(**more: Any) -> Hear:
    def hear(honest: Any, audio: Any) -> Transcript:
        transcript = honest(audio)
        return replace(transcript, parts=tuple(replace(part, **more) for part in transcript.parts))

    return hear


def telling(honest: Any, audio: Any) -> Transcript:
    transcript = honest(audio)
    structlog.get_logger().info("heard", text=transcript.parts[0].text)
    return transcript  # type: ignore[no-any-return]


DEFECTS: dict[str, tuple[str, dict[str, Any], Hear]] = {
    "after the end": ("parts_come_in_order_and_within_the_audio", {}, changed(end=60.0)),
    "no words": ("parts_come_in_order_and_within_the_audio", {}, changed(text=" ")),
    "certain beyond measure": ("parts_come_in_order_and_within_the_audio", {}, changed(confidence=1.2)),
    "out of order": (
        "parts_come_in_order_and_within_the_audio",
        {},
        lambda honest, audio: (lambda heard: replace(heard, parts=heard.parts[::-1]))(honest(audio)),
    ),
    "everybody is the caller": ("words_are_of_who_spoke_them_whoever_began", {}, changed(channel="caller")),
    "one channel is the caller's": ("one_channel_is_of_both", {}, changed(channel="caller")),
    "words in silence": (
        "silence_has_no_words",
        {},
        lambda honest, audio: replace(
            honest(audio), parts=(TranscriptPart(start=0.0, end=1.0, text="Thank you for watching."),)
        ),
    ),
    "other words each time": (
        "the_same_audio_has_the_same_words",
        {},
        lambda honest, audio: changed(text=f"word {next(counted)}")(honest, audio),
    ),
    "any language": (
        "a_language_that_is_not_known_is_rejected",
        {},
        lambda honest, audio: honest(replace(audio, language="en-US")),
    ),
    "noise is a transcript": ("what_is_no_sound_is_rejected", {"what": "a page of HTML"}, nothing_if_broken),
    "words in the log": ("no_word_is_told_in_a_log_line", {}, telling),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_broken_transcription_plugin_fails_at_the_promise_it_breaks(plugins: Mapping[str, Tame], defect: str) -> None:
    tame = plugins["transcription"]
    promise, more, hear = DEFECTS[defect]

    class Broken(tame.connector_class):  # type: ignore[misc,name-defined]
        @hookimpl
        def transcribe(self, audio: Any) -> Any:
            return hear(super().transcribe, audio)

    with pytest.raises(AssertionError):
        try_promise(tame, Broken, promise, **more)


def test_one_that_declares_no_host_yet_asks_the_net_is_noticed(plugins: Mapping[str, Tame]) -> None:
    tame = plugins["transcription"]

    class Downloading(tame.connector_class):  # type: ignore[misc,name-defined]
        manifest = Manifest(
            name="downloading",
            kind="transcription",
            version="1",
            summary="x",
            recipient=Recipient(name="this machine", role="none"),
            flows=tame.connector_class.manifest.flows,
        )

        @hookimpl
        def transcribe(self, audio: Any) -> Any:
            socket.create_connection(("127.0.0.1", 9), timeout=1)

    with pytest.raises(AssertionError, match="it uses the network"):
        try_promise(tame, Downloading, "silence_has_no_words")
