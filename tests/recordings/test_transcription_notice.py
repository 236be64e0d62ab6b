"""Where an outside service transcribes, callers are told so; a recording of a caller who was not told is not given to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from recorder import Recorder, recordings, tell_of
from sqlalchemy import update
from test_transcripts import PaperEars, transcribe
from testbed import ACCOUNTS, CONNECTORS, SHARED, TestHub

from hub.answering.answer import Answerer
from hub.api import Recipient
from hub.api.carriers import AnswerPoint
from hub.cli.privacy.law_warnings import law_warnings
from hub.model import Disclosure, RecordingNotice, TranscriptRow
from hub.recordings.consented import UNTOLD
from hub.recordings.keep import fetch_due
from plugins.consent.jurisdictions import Jurisdictions
from plugins.consent.signals import Signals

Factory = Callable[..., TestHub]
CALIFORNIAN, OHIOAN = "+14155550142", "+16145550142"


class EarsInc(PaperEars):
    """A transcription service of another company."""

    manifest = PaperEars.manifest.model_copy(
        update={"name": "ears_inc", "recipient": Recipient(name="Ears Inc.", role="processor")}
    )


def accounts(notice: str = "This call is recorded.") -> list[dict[str, Any]]:
    """The companies of the tests in Ohio, where one party may record; lakeside records with this notice."""
    company = ACCOUNTS[0]["companies"][0]  # type: ignore[index]
    route = {"dial": "+16145550190", "record": True, "recording_notice": notice}
    return [{"name": "agency", "title": "Agency", "companies": [{**company, "region": "OH", "route": route}]}]


@pytest.fixture
def outside(hub: Factory) -> Factory:
    """A factory of hubs whose recordings are transcribed by `ears`."""

    def opened(ears: type[PaperEars] = EarsInc, **options: Any) -> TestHub:
        connectors = {**CONNECTORS, "carrier": Recorder, "ears": ears, "law": Jurisdictions, "signals": Signals}
        written = {"storage": "memory://heard", "transcribe": "ears"}
        return hub(connectors=connectors, recordings=written, accounts=accounts(**options))

    return opened


def transcribed(stage: TestHub, caller: str, notice: str | None = None, **told: Any) -> TranscriptRow:
    """The transcript of a recording whose caller heard this notice."""
    tell_of(stage, caller=caller, **told)
    if notice is not None:
        with stage.hub.store.writing() as session:
            session.execute(update(RecordingNotice).values(text=notice))
    stage.flow()
    fetch_due(stage.hub)
    assert [each.state for each in recordings(stage)] == ["stored"]
    transcribe(stage)
    return stage.one(TranscriptRow)


def test_a_recording_of_a_caller_who_was_not_told_is_kept_and_not_given_to_the_service(outside: Factory) -> None:
    stage = outside()
    row = transcribed(stage, CALIFORNIAN)
    assert (row.state, row.reason) == ("denied", UNTOLD)
    assert stage.ears.heard == [] and not stage.rows(Disclosure, connector="ears")


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    "notice",
    [
        "This call is recorded. An outside service also transcribes this call. If you do not want this, press 9.",
        "Esta llamada se graba y se transcribe.",
        "Cet appel est enregistré, et transcrit par un service.",
    ],
)
def test_who_was_told_in_any_of_the_languages_is_transcribed(outside: Factory, notice: str) -> None:
    assert transcribed(outside(), CALIFORNIAN, notice).state == "written"


def test_a_plugin_on_this_machine_is_nobody_outside(outside: Factory) -> None:
    assert transcribed(outside(PaperEars), CALIFORNIAN).state == "written"


def test_where_one_party_may_record_the_plain_notice_is_enough(outside: Factory) -> None:
    row = transcribed(outside(), OHIOAN)
    assert (row.state, row.reason) == ("written", None)


def test_who_leaves_a_voicemail_speaks_to_a_machine(outside: Factory) -> None:
    assert transcribed(outside(), CALIFORNIAN, kind="voicemail", choice=None).state == "written"


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("caller", "ears", "said"),
    [(CALIFORNIAN, EarsInc, True), (OHIOAN, EarsInc, False), (CALIFORNIAN, PaperEars, False)],
)
def test_the_hub_tells_callers_of_the_service_where_all_must_agree(
    outside: Factory, caller: str, ears: type[PaperEars], said: bool
) -> None:
    stage = outside(ears)
    answerer = Answerer(stage.hub, stage.live)
    point = AnswerPoint(moment="ringing", tracking_number=SHARED, call_id="CA1", caller_number=caller)
    (document,) = answerer.submit("carrier", [point]).documents.result(20)
    answerer.close()
    notice = stage.one(RecordingNotice)
    for heard in (document.body, notice.text):  # type: ignore[union-attr]
        assert ("An outside service also transcribes this call." in heard) is said
    assert ("announce_transcription" in notice.duties) is said


def test_check_names_the_notices_that_do_not_mention_the_service(outside: Factory) -> None:
    def warned(stage: TestHub) -> list[str]:
        return [each for each in law_warnings(stage.hub) if "transcribes the calls" in each]

    (told,) = warned(outside())
    assert "Ears Inc." in told and "An outside service also transcribes this call." in told
    assert warned(outside(notice="This call is recorded and transcribed.")) == warned(outside(PaperEars)) == []
