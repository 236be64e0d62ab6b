"""A recording is heard through a signed link alone, by one user, for five minutes; and each time it is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder import tell_of, tone
from sqlmodel import select
from starlette.testclient import TestClient
from testbed import CALLER, TestHub

from hub.access.keys import new_api_key
from hub.access.users import add_user, change_role, disable
from hub.model import Account, AuditEntry, User
from hub.recordings.keep import fetch_due
from hub.recordings.links import MAX_LINK_LIFETIME, Link, path_to, read_link
from hub.store.encryption.keyring import Keyring, new_key
from hub.web.app import create_app
from hub.web.recordings import byte_range

NOW = datetime.fromisoformat("2026-11-24T15:00:00+00:00")
RING = Keyring([new_key()])
SOUND = tone(2.0)


class Player:
    """A hub with one stored recording, and a browser."""

    def __init__(self, stage: TestHub) -> None:
        self.stage = stage
        self.row = tell_of(stage, audio=SOUND)
        fetch_due(stage.hub)
        with stage.hub.store.writing() as session:
            agency = session.exec(select(Account).where(Account.name == "agency")).one()
            self.maria = add_user(session, agency, "maria", "admin", stage.clock()).id
        self.browser = TestClient(create_app(stage.hub, stage.live))

    def link(self, recording_id: str = "", user: str = "", purpose: Any = "play", **span: float) -> str:
        expires_at = (self.stage.clock() + timedelta(**(span or {"seconds": 300}))).replace(microsecond=0)
        link = Link(
            recording_id=recording_id or self.row.id, user=user or self.maria, purpose=purpose, expires_at=expires_at
        )
        return path_to(link, self.stage.hub.keyring)

    def get(self, path: str, **headers: str) -> Any:
        return self.browser.get(path, headers=headers)

    def listened(self) -> list[tuple[str, str, str]]:
        return [(row.actor, row.action, row.detail) for row in self.stage.rows(AuditEntry, subject=self.row.id)]


@pytest.fixture
def player(recording_hub: Callable[..., TestHub]) -> Iterator[Player]:
    made = Player(recording_hub())
    with made.browser:
        yield made


def test_a_link_plays_exactly_what_was_recorded_and_tells_the_browser_to_keep_nothing(player: Player) -> None:
    reply = player.get(player.link())
    assert (reply.status_code, reply.content) == (200, SOUND)
    told = {name: reply.headers[name] for name in ("content-type", "cache-control", "x-content-type-options")}
    assert told == {"content-type": "audio/wav", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    assert reply.headers["content-disposition"] == f'inline; filename="recording-{player.row.id}.wav"'
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert player.listened() == [(player.maria, "recording.listen", "whole")]


@pytest.mark.parametrize("role", ["marketer", "auditor", "privacy_officer", None])
def test_a_link_opens_nothing_once_its_user_may_not_hear_any_more(player: Player, role: str | None) -> None:
    good = player.link()
    with player.stage.hub.store.writing() as session:
        maria = session.get_one(User, player.maria)
        if role is None:
            disable(session, maria, player.stage.clock())
        else:
            change_role(session, maria, role)
    assert player.get(good).status_code == 404 and player.listened() == []
    assert player.get(player.link(user="nobody")).status_code == 404, "a name that is no user's"


def test_a_link_that_the_api_signed_plays_and_both_are_written_down(player: Player) -> None:
    with player.stage.hub.store.writing() as session:
        key = new_api_key(session, session.get_one(User, player.maria), player.stage.clock())
    headers = {"authorization": f"Bearer {key}"}
    given = player.browser.post(f"/api/v1/recordings/{player.row.id}/link", headers=headers).json()
    assert given["url"].startswith("https://calls.example.com/recordings/")
    assert player.get(given["url"].removeprefix("https://calls.example.com")).content == SOUND
    assert [action for _, action, _ in player.listened()] == ["recording.link", "recording.listen"]


def test_a_download_is_an_attachment_and_noted_as_such(player: Player) -> None:
    reply = player.get(player.link(purpose="download"))
    assert reply.headers["content-disposition"].startswith("attachment; ") and reply.content == SOUND
    assert player.listened() == [(player.maria, "recording.download", "whole")]


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-50", -50, None), ("bytes=0-999999999", 0, None)],
)
def test_a_part_is_given_where_a_player_seeks(player: Player, asked: str, first: int, last: int | None) -> None:
    reply = player.get(player.link(), range=asked)
    wanted = SOUND[first : None if last is None else last + 1]
    begin = first % len(SOUND)
    assert (reply.status_code, reply.content) == (206, wanted)
    assert reply.headers["content-range"] == f"bytes {begin}-{begin + len(wanted) - 1}/{len(SOUND)}"
    assert len(player.listened()) == 1


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    "asked", ["bytes=999999999-", "bytes=9-5", "bytes=-0", "bytes=0-1,5-6", "bytes=a-b", "bytes=-"]
)
def test_a_part_that_is_not_there_is_refused(player: Player, asked: str) -> None:
    reply = player.get(player.link(), range=asked)
    assert reply.status_code == 416 and SOUND[:8] not in reply.content
    assert reply.headers["content-range"] == f"bytes */{len(SOUND)}" and player.listened() == []


def altered(path: str, **changes: str | None) -> str:
    parts = urlsplit(path)
    query = {**dict(parse_qsl(parts.query)), **changes}
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(player: Player) -> None:
    good = player.link()
    other = player.link("01900000-0000-7000-8000-000000000000")
    wrong = {
        "another user": altered(good, user="eve"),
        "a later end": altered(good, expires=str(int(player.stage.clock().timestamp()) + 301)),
        "another purpose": altered(good, purpose="download"),
        "a made-up purpose": altered(good, purpose="erase"),
        "another signature": altered(good, signature="0" * 64),
        "no signature": altered(good, signature=None),
        "half a signature": altered(good, signature=dict(parse_qsl(urlsplit(good).query))["signature"][:32]),
        "characters that are none": altered(good, signature="\u00e9\u2028"),
        "an end in other digits": altered(good, expires=" " + dict(parse_qsl(urlsplit(good).query))["expires"]),
        "an end that is no number": altered(good, expires="soon"),
        "an end that no calendar knows": altered(good, expires="9" * 30),
        "another recording": good.replace(player.row.id, "01900000-0000-7000-8000-000000000000"),
        "a recording that is not there": other,
        "an expired link": player.link(seconds=-1),
        "a link for longer than five minutes": player.link(seconds=301),
        "no query": urlsplit(good).path,
    }
    replies = {name: player.get(path) for name, path in wrong.items()}
    assert {name: each.status_code for name, each in replies.items()} == dict.fromkeys(wrong, 404)
    assert len({each.text for each in replies.values()}) == 1
    assert player.listened() == []
    player.stage.clock.advance(seconds=300)
    assert player.get(good).status_code == 404, "five minutes are over"


def test_once_the_callers_key_is_destroyed_the_link_leads_to_nothing(player: Player) -> None:
    company = player.stage.directory.companies["lakeside"].id
    with player.stage.hub.store.writing() as session:
        player.stage.hub.vault.destroy(session, company, CALLER, "")
    reply = player.get(player.link())
    assert reply.status_code == 410 and "key of its caller was destroyed" in reply.json()["detail"]
    assert SOUND not in reply.content and player.listened() == []


def test_without_a_working_storage_nothing_is_given_and_nothing_is_noted(player: Player) -> None:
    (file,) = Path(player.stage.hub.config.recordings.storage).rglob("*.sealed")
    file.write_bytes(file.read_bytes()[:-1] + b"\x00\x01")
    reply = player.get(player.link())
    assert reply.status_code == 503 and player.listened() == []


keys = st.sampled_from(["user", "purpose", "expires", "signature"])


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(keys, st.text(max_size=70), min_size=1), st.integers(-10, 400))
def test_no_altered_query_makes_a_link(changes: dict[str, str], seconds: int) -> None:
    link = Link(recording_id="r", user="maria", purpose="play", expires_at=NOW + timedelta(seconds=seconds))
    query = dict(parse_qsl(urlsplit(path_to(link, RING)).query))
    good = read_link("r", query, RING, NOW)
    assert (good == link) is (timedelta(0) < link.expires_at - NOW <= MAX_LINK_LIFETIME)
    if any(query[name] != value for name, value in changes.items()):
        assert read_link("r", {**query, **changes}, RING, NOW) is None


def test_a_link_signed_before_a_rotation_still_opens_and_one_of_another_hub_does_not() -> None:
    link = Link(recording_id="r", user="maria", purpose="play", expires_at=NOW + MAX_LINK_LIFETIME)
    old, new = new_key(), new_key()
    query = dict(parse_qsl(urlsplit(path_to(link, Keyring([old]))).query))
    assert read_link("r", query, Keyring([new, old]), NOW) == link
    assert read_link("r", query, Keyring([new]), NOW) is None


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.none(), st.text(max_size=30), st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True)),
    st.integers(1, 99),
)
def test_a_range_is_within_the_audio_or_none(header: str | None, size: int) -> None:
    span = byte_range(header, size)
    assert span is None or 0 <= span[0] <= span[1] < size
