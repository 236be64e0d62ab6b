"""What a draft of a call flow meets at a carrier whose settings say what it speaks and which phones it has."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fake_connectors import FakeCarrier
from testbed import CONNECTORS, TestHub

from hub.api import PluginSettings
from hub.config.callflow.definition import Flow
from hub.queries.flows.problems import problems_of


class LineSettings(PluginSettings):
    """Two voices and one phone."""

    def spoken_languages(self) -> Collection[str]:
        return {"en-US", "es-MX"}

    def understood_languages(self) -> Collection[str]:
        return {"en-US"}

    def phone_names(self) -> Collection[str]:
        return {"anna"}


class Line(FakeCarrier):
    """A line of one's own."""

    manifest = FakeCarrier.manifest.model_copy(update={"abilities": ("converse", "dial", "phone", "play", "say")})
    Settings = LineSettings


def test_nothing_is_published_that_no_voice_speaks_or_no_phone_rings(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "carrier": Line})
    steps = {
        "hola": {"do": "greeting", "say": "Hola.", "language": "es-US", "then": "salut"},
        "salut": {"do": "greeting", "say": "Salut.", "language": "fr-CA", "then": "desk"},
        "desk": {"do": "dial", "number": "phone:anna", "unanswered": "other"},
        "other": {"do": "dial", "number": "phone:ben", "unanswered": "end"},
    }
    flow = Flow.model_validate({"name": "office", "forward": "+13125550190", "start": "hola", "steps": steps})
    assert [(each.step, each.field, each.text) for each in problems_of(stage.hub, flow, ["carrier"], ())] == [
        ("other", "number", "carrier has no phone 'ben'; it has anna. Write one of these, or add the phone to its settings, or "
         "use another carrier."),
        ("salut", "language", "carrier does not speak fr-CA; it speaks en-US, es-MX. Install a voice of that language, or play "
         "audio files instead of texts, or use another carrier."),
    ]  # fmt: skip


def test_no_assistant_is_published_that_understands_nobody(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "carrier": Line})

    def desk(language: str) -> dict[str, object]:
        talks = {"do": "converse", "agent": "desk", "opening": "Hola.", "may": {"on": "end"}, "otherwise": "end"}
        return {**talks, "language": language}

    steps = {"desk": desk("es-MX"), "other": desk("en-GB")}
    flow = Flow.model_validate({"name": "office", "forward": "+13125550190", "start": "desk", "steps": steps})
    (found,) = [each for each in problems_of(stage.hub, flow, ["carrier"], ()) if "understands" in each.text]
    assert (found.step, found.field) == ("desk", "agent")
    assert found.text == (
        "carrier understands no caller who speaks es-MX, because no model for it is on its machine. Install the extra "
        "transcription for English, or name a folder with `whisper_model`, or use another carrier."
    )
