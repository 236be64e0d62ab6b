"""One person in thirty places, erased: no byte of them is left in the database, the files or an old backup."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from canaries import KEEPING, Canaries, bytes_of_database, bytes_of_files, opened, seed
from sqlmodel import select
from testbed import CALLER, NORTH_SHARED, SHARED, TestHub, finished_call, make_config

from hub.api.carriers import MessageEvent
from hub.backup.restore import restore
from hub.backup.save import DATA, KEYS, save, save_keys
from hub.model import Call, Company, FactRow, FormSubmission, InboxWebhook, Person, TextMessage
from hub.model.purposes import SERVICE
from hub.privacy.erasure import erase_person
from hub.privacy_requests.people import set_hold
from hub.privacy_requests.rights import correct
from hub.privacy_requests.steps import open_request
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.store.encryption.encrypted_fields import fields_of, names_of, values_of
from hub.texts.bodies import open_body
from hub.texts.suppression import is_suppressed

ANN = "zq7ann"
BOB = "zq7bob"
DONE_WITH = {"done webhook", "done webhook address", "done webhook header", "waveform"}
"""The raw content of webhooks that were folded is in no backup, and waveforms are computed again."""


WRITTEN = frozenset({"caller's name", "form name", "form field", "second form field", "fact"})
SEALED = WRITTEN | {
    "text", "transcript", "picture", "audio", "said in words", "note", "block list", "account's block list",
}  # fmt: skip
"""What the live database holds under the person's key alone."""


class Scene:
    """Two people at one hub, a backup of both, and a month that passes."""

    def __init__(self, stage: TestHub, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.ann, self.bob = Canaries(ANN, CALLER), Canaries(BOB, "+12175550190")
        seed(stage, self.ann, "CA-ann")
        seed(stage, self.bob, "CA-bob")
        self.data, self.keys = folder / "old.data", folder / "old.keys"
        save(stage.hub, self.data)
        save_keys(stage.hub, self.keys)
        stage.clock.advance(days=30)

    @property
    def files(self) -> list[Path]:
        """Every file that the hub wrote, but the two backups."""
        url = self.stage.hub.store.url
        database = (
            [Path(f"{url.database}{ending}") for ending in ("", "-wal", "-shm")]
            if self.stage.hub.store.is_sqlite
            else []
        )
        return [*database, self.folder / "shelf", self.folder / "erased.tombstones"]


@pytest.fixture
def scene(hub: Callable[..., TestHub], tmp_path: Path) -> Scene:
    return Scene(open_on(hub, tmp_path), tmp_path)


def open_on(hub: Callable[..., TestHub], folder: Path) -> TestHub:
    return hub(
        connectors=KEEPING,
        recordings={"storage": str(folder / "shelf")},
        tombstones=str(folder / "erased.tombstones"),
    )


def test_the_person_is_in_thirty_places_before(scene: Scene) -> None:
    assert len(scene.ann.places) >= 30
    clear = bytes_of_database(scene.stage)
    assert len(scene.ann.found_in(clear)) >= 20
    assert len(scene.ann.found_in(opened(scene.stage, scene.data, DATA))) >= 16


def test_what_is_sealed_stands_nowhere_in_clear_and_opens_until_the_person_is_erased(scene: Scene) -> None:
    whole = bytes_of_database(scene.stage) + bytes_of_files(scene.files)
    assert scene.ann.places.keys() >= SEALED
    assert SEALED.isdisjoint(scene.ann.found_in(whole)) and SEALED.isdisjoint(scene.bob.found_in(whole))
    copied = sealed_rows(scene.stage, "+13125550142"), sealed_rows(scene.stage, scene.bob.number)
    known = [words_in(scene.stage, rows) for rows in copied]
    assert known[0] == {scene.ann.places[place] for place in WRITTEN}
    assert known[1] == {scene.bob.places[place] for place in WRITTEN}
    erase_person(scene.stage.hub, scene.ann.person_id)
    assert words_in(scene.stage, copied[0]) == set(), "what an old copy of the rows holds no key opens any more"
    assert words_in(scene.stage, copied[1]) == known[1]


def sealed_rows(stage: TestHub, number: str) -> list[Any]:
    """A person's rows with names and answers of forms in them, as a copy of the database would hold them."""
    call = stage.one(Call, caller_number=number)
    people = (
        stage.one(Person, phone_number=number, phone_learnt="carrier"),
        stage.one(FormSubmission, phone_number=number),
    )
    return [call, *people, *stage.rows(FactRow, subject_id=call.id)]


def words_in(stage: TestHub, rows: Iterable[Any]) -> set[str]:
    """All words that today's keys open in them."""
    facts = [row for row in rows if isinstance(row, FactRow)]
    forms = [row for row in rows if isinstance(row, FormSubmission)]
    with stage.hub.store.reading() as session:
        names = names_of(stage.hub.vault, session, [row for row in rows if not isinstance(row, FactRow)])
        fields = fields_of(stage.hub.vault, session, forms)
        values = values_of(stage.hub.vault, session, [fact for fact in facts if fact.sealed])
    return {*names.values(), *values.values(), *(word for told in fields.values() for word in told.values())}


def test_no_byte_of_an_erased_person_is_left(scene: Scene) -> None:
    erased = erase_person(scene.stage.hub, scene.ann.person_id)
    assert erased.keys >= 1
    assert erased.files == 1
    assert scene.ann.found_in(bytes_of_database(scene.stage)) == []
    assert scene.ann.found_in(bytes_of_files(scene.files)) == []
    assert scene.ann.found_in(bytes_of_files([scene.data, scene.keys])) == []
    assert scene.ann.found_in(opened(scene.stage, scene.data, DATA)) == []
    assert scene.ann.found_in(opened(scene.stage, scene.keys, KEYS)) == []
    assert len(scene.bob.found_in(bytes_of_database(scene.stage))) >= 20


@pytest.fixture
def elsewhere(tmp_path: Path, databases: Path, open_hub_on: Callable[..., TestHub]) -> Callable[[Scene], Hub]:
    """Another hub with an empty database and storage, and the same keys and journal."""

    def opened_empty(scene: Scene) -> Hub:
        config = make_config(
            f"sqlite:///{tmp_path / 'new.db'}",
            connectors=KEEPING,
            recordings={"storage": str(tmp_path / "new shelf")},
            tombstones=str(tmp_path / "erased.tombstones"),
        )
        return assemble(config, scene.stage.clock)

    return opened_empty


def test_a_month_old_backup_does_not_bring_an_erased_person_back(
    scene: Scene, tmp_path: Path, elsewhere: Callable[[Scene], Hub]
) -> None:
    erase_person(scene.stage.hub, scene.ann.person_id)
    hub = elsewhere(scene)
    told = restore(hub, scene.data, scene.keys)
    new = TestHub(hub, scene.stage.live, scene.stage.clock)
    assert told.emptied["call"] == 1
    assert scene.ann.found_in(bytes_of_database(new)) == []
    assert scene.ann.found_in(bytes_of_files([*tmp_path.glob("new.db*"), tmp_path / "new shelf"])) == []
    assert new.rows(Person, id=scene.ann.person_id) == []
    old, restored = bytes_of_database(scene.stage), bytes_of_database(new)
    assert set(scene.bob.found_in(restored)) >= set(scene.bob.found_in(old)) - DONE_WITH
    hub.close()


def test_an_erased_person_is_still_not_texted(scene: Scene, elsewhere: Callable[[Scene], Hub]) -> None:
    erase_person(scene.stage.hub, scene.ann.person_id)
    hub = elsewhere(scene)
    restore(hub, scene.data, scene.keys)
    company = scene.stage.directory.companies["lakeside"].id
    for each in (scene.stage.hub, hub):
        with each.store.writing() as session:
            assert is_suppressed(session, each, company, CALLER, SERVICE)
    hub.close()


def test_an_erasure_after_a_correction_of_the_number_takes_the_persons_words_and_nobody_elses(scene: Scene) -> None:
    stage, number = scene.stage, scene.ann.number
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        request = open_request(session, stage.hub, company, "correction", actor="officer", channel="letter",
                               phone=number, correction={"phone_number": "+13125550177"})  # fmt: skip
        request.evidence = "They called from the new number and knew their last visit."
        assert correct(session, stage.hub, request, [session.get_one(Person, scene.ann.person_id)]) == 1
    corrected = scene.folder / "corrected.data"
    save(stage.hub, corrected)
    stage.tell(*finished_call("CA-eve", SHARED, number, True, 90, stage.clock(), caller_name="zq7eve"))
    stage.flow()
    eve = stage.one(Call, carrier_call_id="CA-eve")
    assert (stage.name_of(eve), eve.person_id == scene.ann.person_id) == ("zq7eve", False)
    erase_person(stage.hub, scene.ann.person_id)
    assert stage.name_of(eve) == "zq7eve", "who calls from the old number is somebody else"
    left = set(scene.ann.found_in(opened(stage, corrected, DATA)))
    assert SEALED.isdisjoint(left), "also in a backup from after the correction"


class Beside:
    """The same person at the other company, on the same carrier account, with words of their own; under a legal hold there."""

    def __init__(self, scene: Scene) -> None:
        stage = self.stage = scene.stage
        self.company = stage.directory.companies["northgate"].id
        stage.tell(
            *finished_call("CA-north", NORTH_SHARED, CALLER, True, 90, stage.clock(), caller_name="zq7northname")
        )
        told = MessageEvent(
            message_id="SM-north",
            at=stage.clock(),
            tracking_number=NORTH_SHARED,
            sender_number=CALLER,
            body="zq7northtext",
        )
        stage.tell(told)
        stage.flow()
        self.webhook = InboxWebhook(
            connector="carrier", event_key="north", received_at=stage.clock(), state="done", due_at=stage.clock(),
            body=f"From=%2B{CALLER[1:]}&To=%2B{NORTH_SHARED[1:]}&Body=zq7northwebhook".encode(),
            expires_at=stage.clock() + timedelta(days=30),
        )  # fmt: skip
        stage.add(self.webhook)
        with stage.hub.store.writing() as session:
            self.hold = set_hold(session, stage.hub, self.company, CALLER, None, "Case 21", "officer")

    def words(self, hub: Hub) -> set[str]:
        """What is known of them there: the number, the name and the text that today's keys open."""
        with hub.store.reading() as session:
            calls = session.exec(select(Call).where(Call.company_id == self.company)).all()
            texts = session.exec(select(TextMessage).where(TextMessage.company_id == self.company)).all()
            names = set(names_of(hub.vault, session, calls).values())
            return names | {open_body(hub.vault, session, text) or "" for text in texts} | {
                each or "" for call in calls for each in [call.caller_number]
            }  # fmt: skip


NORTH = {"zq7northname", "zq7northtext", CALLER}


def test_an_erasure_takes_every_byte_of_one_company_and_none_of_another_company_s(
    scene: Scene, tmp_path: Path, elsewhere: Callable[[Scene], Hub]
) -> None:
    north = Beside(scene)
    data, keys = tmp_path / "both.data", tmp_path / "both.keys"
    save(scene.stage.hub, data)
    save_keys(scene.stage.hub, keys)
    erase_person(scene.stage.hub, scene.ann.person_id)
    assert scene.ann.found_in(bytes_of_database(scene.stage)) == ["number"], "it is known to the other company too"
    assert north.words(scene.stage.hub) == NORTH
    assert b"zq7northwebhook" in bytes_of_database(scene.stage), "nor is a raw webhook of the other company emptied"
    hub = elsewhere(scene)
    restore(hub, data, keys)
    assert scene.ann.found_in(bytes_of_database(TestHub(hub, scene.stage.live, scene.stage.clock))) == ["number"]
    assert north.words(hub) == NORTH, "a restore keeps what the other company holds"
    hub.close()
    (person,) = scene.stage.rows(Person, company_id=north.company)
    erase_person(scene.stage.hub, person.id)
    assert scene.ann.found_in(bytes_of_database(scene.stage)) == [], "the number stood at the other company only"
    assert b"zq7northwebhook" not in bytes_of_database(scene.stage)
