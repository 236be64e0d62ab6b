"""The pictures of a text are fetched soon and kept sealed."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import select
from testbed import TestHub
from text_steps import write_in

from hub.api import Rejected, RetryLater
from hub.api.carriers import MediaFile
from hub.delivery.fetch_media import fetch_media
from hub.model import TextMedia
from hub.texts.bodies import open_file

Factory = Callable[..., TestHub]
PICTURE = b"\x89PNG picture"


def fetch(stage: TestHub) -> int:
    return fetch_media(stage.hub, jitter=lambda longest: longest)


def test_a_picture_is_fetched_and_opens_only_with_its_persons_key(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "", media_urls=("https://carrier.example.com/1", "https://carrier.example.com/2"))
    stage.carrier.media = {
        f"https://carrier.example.com/{n}": MediaFile(content_type="image/png; x=1", data=PICTURE) for n in (1, 2)
    }
    assert fetch(stage) == 2 and fetch(stage) == 0
    first, _ = stage.rows(TextMedia)
    assert (first.state, first.content_type, first.size) == ("done", "image/png", len(PICTURE))
    assert first.data is not None and PICTURE not in first.data
    with stage.hub.store.writing() as session:
        row = session.exec(select(TextMedia).where(TextMedia.id == first.id)).one()
        assert open_file(stage.hub.vault, session, row) == PICTURE
        company = stage.directory.companies["lakeside"]
        stage.hub.vault.destroy(session, company.id, "+13125550142", "")
        assert open_file(stage.hub.vault, session, row) is None


def test_a_picture_that_is_not_there_yet_is_asked_for_again(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "", media_urls=("https://carrier.example.com/1",))
    stage.carrier.media = {"https://carrier.example.com/1": RetryLater("not yet", after=60)}
    fetch(stage)
    assert (stage.one(TextMedia).state, fetch(stage)) == ("ready", 0)
    stage.clock.advance(seconds=61)
    stage.carrier.media = {"https://carrier.example.com/1": MediaFile(content_type="image/png", data=PICTURE)}
    fetch(stage)
    assert stage.one(TextMedia).state == "done"


def test_a_picture_that_the_carrier_refuses_ends_with_its_reason(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "", media_urls=("https://elsewhere.example.com/1",))
    stage.carrier.media = {"https://elsewhere.example.com/1": Rejected("Not from there.")}
    fetch(stage)
    row = stage.one(TextMedia)
    assert (row.state, row.reason, row.data) == ("failed", "Not from there.", None)
