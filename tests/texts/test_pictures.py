"""Pictures go out with a text: sealed here, fetched by the carrier at an address that ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient
from testbed import CALLER, TestHub
from text_steps import queue, write_in

from hub.api.carriers import MediaFile
from hub.delivery.fetch_media import fetch_media
from hub.delivery.send_texts import send_texts
from hub.model import TextMedia, TextMessage
from hub.texts.picture_links import GOOD_FOR, path_to
from hub.texts.queue import MAX_TOTAL_PICTURE_BYTES, CannotText, picture_of
from hub.web.app import create_app

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
GIF = b"GIF89a" + bytes(40)


@pytest.fixture
def stage(hub: Callable[..., TestHub]) -> TestHub:
    made = hub()
    write_in(made, "What does it look like?")
    return made


@pytest.fixture
def carrier_side(stage: TestHub) -> Iterator[TestClient]:
    with TestClient(create_app(stage.hub, stage.live)) as client:
        yield client


def sent_addresses(stage: TestHub) -> list[str]:
    """Send a text of two pictures; where the carrier is told to fetch them, below the hub's address."""
    queue(stage, "", pictures=[picture_of(PNG), picture_of(GIF)])
    send_texts(stage.hub, stage.directory, "carrier")
    public = str(stage.hub.config.hub.public_url).rstrip("/")
    assert all(url.startswith(f"{public}/texts/pictures/") for url in stage.carrier.texts[-1].media_urls)
    return [urlsplit(url)._replace(scheme="", netloc="").geturl() for url in stage.carrier.texts[-1].media_urls]


def test_the_carrier_fetches_each_picture_at_its_own_address(stage: TestHub, carrier_side: TestClient) -> None:
    replies = [carrier_side.get(address) for address in sent_addresses(stage)]
    assert [(reply.content, reply.headers["content-type"]) for reply in replies] == [
        (PNG, "image/png"),
        (GIF, "image/gif"),
    ]
    assert all(reply.headers["cache-control"] == "no-store" for reply in replies)


def test_an_address_ends_and_cannot_be_altered(stage: TestHub, carrier_side: TestClient) -> None:
    one, other = sent_addresses(stage)
    swapped = one.replace(urlsplit(one).path, urlsplit(other).path)
    longer = path_to("x", stage.clock() + GOOD_FOR + timedelta(seconds=1), stage.hub.keyring)
    bare = urlsplit(one).path
    for wrong in (swapped, one + "0", one.replace("expires=", "expires=1"), bare, longer):
        assert carrier_side.get(wrong).status_code == 404, wrong
    stage.clock.advance(seconds=GOOD_FOR.total_seconds())
    assert carrier_side.get(one).status_code == 404


def test_a_picture_lies_sealed_and_is_gone_with_its_persons_key(stage: TestHub, carrier_side: TestClient) -> None:
    one, _ = sent_addresses(stage)
    rows = stage.rows(TextMedia)
    assert all(row.data and PNG not in row.data and row.url is None and row.state == "done" for row in rows)
    with stage.hub.store.writing() as session:
        stage.hub.vault.destroy(session, stage.directory.companies["lakeside"].id, CALLER, "")
    assert carrier_side.get(one).status_code == 410


def test_what_people_sent_in_is_served_to_nobody(stage: TestHub, carrier_side: TestClient) -> None:
    write_in(stage, "", media_urls=("https://carrier.example.com/1",))
    stage.carrier.media = {"https://carrier.example.com/1": MediaFile(content_type="image/png", data=PNG)}
    fetch_media(stage.hub)
    (came,) = stage.rows(TextMedia)
    address = path_to(came.id, stage.clock() + GOOD_FOR, stage.hub.keyring)
    assert carrier_side.get(address).status_code == 404


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"<svg/>", b"\x89PNX"])
def test_what_is_no_picture_for_every_phone_is_refused(data: bytes) -> None:
    with pytest.raises(CannotText, match="PNG, JPEG or GIF"):
        picture_of(data)


def test_pictures_that_carriers_would_refuse_are_never_queued(stage: TestHub) -> None:
    half = picture_of(b"\xff\xd8\xff" + bytes(MAX_TOTAL_PICTURE_BYTES // 2))
    for pictures in ([half, half], [picture_of(GIF)] * 11):
        with pytest.raises(CannotText, match="less than 1 MB"):
            queue(stage, pictures=pictures)
    assert not stage.rows(TextMessage, direction="out") and not stage.rows(TextMedia)
