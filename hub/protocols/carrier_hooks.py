"""What the hooks of all carriers do alike: check the ids and addresses they get, return files, and make receipts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hub.contracts.conversions import Receipt
from hub.contracts.numbers import RecordingAudio
from hub.contracts.texts import MediaFile
from hub.errors import BadPayload, OutcomeUnknown, Rejected, RetryLater

if TYPE_CHECKING:
    import httpx2


@contextmanager
def rejecting(consequence: str) -> Iterator[None]:
    """Raise Rejected, with the consequence, if the id or the address that the hub gave to a hook is not the carrier's."""
    try:
        yield
    except BadPayload as error:
        raise Rejected(f"{error} {consequence}") from error


def type_and_bytes(response: httpx2.Response) -> tuple[str, bytes]:
    """The content type of a file in lower case without its parameters, and its bytes."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower(), response.content


def recording_audio(data: bytes, carrier: str) -> RecordingAudio:
    """WAV or MP3, as the first bytes say. Raises RetryLater for anything else."""
    if data[:4] == b"RIFF":
        return RecordingAudio(content_type="audio/wav", data=data)
    if data[:3] == b"ID3" or data[:1] == b"\xff":
        return RecordingAudio(content_type="audio/mpeg", data=data)
    raise RetryLater(f"{carrier} did not return audio.")


def picture(content_type: str, data: bytes, carrier: str) -> MediaFile:
    """A picture of a text. Raises RetryLater for an error page or a file without a type."""
    if "/" not in content_type or content_type in ("application/json", "application/problem+json", "text/html"):
        raise RetryLater(f"{carrier} did not return a picture.")
    return MediaFile(content_type=content_type, data=data)


def receipt(
    key: str, carrier: str, send: Callable[[], str | None], reasons: Mapping[str, str], opted_out: str = ""
) -> Receipt:
    """The receipt of a call or a text. `send` hands it over and returns the carrier's id of it, if the carrier names one.

    A refusal is a receipt with the carrier's code in the words of `reasons`; `opted_out` is the code for a person who does not
    want texts. Raises OutcomeUnknown if the carrier accepted it without a valid id.
    """
    try:
        return Receipt(key=key, status="accepted", reference=send())
    except BadPayload as error:
        raise OutcomeUnknown(f"{carrier} accepted it without an id; look in its log before trying again.") from error
    except Rejected as error:
        reason, stopped = reasons.get(error.code or "", str(error)), bool(opted_out) and error.code == opted_out
        return Receipt(key=key, status="rejected", code=error.code, reason=reason, opted_out=stopped)
