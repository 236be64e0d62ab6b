"""One person in thirty places, erased: no byte of them is left in the database, the files or an old backup."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from canaries import KEEPING, Canaries, bytes_of_database, bytes_of_files, opened, seed
from stage import CALLER, Stage, make_config

from hub.assembly import Hub, assemble
from hub.backup.restore import restore
from hub.backup.save import DATA, KEYS, save, save_keys
from hub.model import Person
from hub.model.purposes import SERVICE
from hub.privacy.erasure import erase_person
from hub.texts.suppression import is_suppressed

ANN = "zq7ann"
BOB = "zq7bob"
DONE_WITH = {"done webhook", "done webhook address", "done webhook header"}
"""The raw content of webhooks that were folded is in no backup."""


class Scene:
    """Two people at one hub, a backup of both, and a month that passes."""

    def __init__(self, stage: Stage, folder: Path) -> None:
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
def scene(hub: Callable[..., Stage], tmp_path: Path) -> Scene:
    return Scene(open_on(hub, tmp_path), tmp_path)


def open_on(hub: Callable[..., Stage], folder: Path) -> Stage:
    return hub(
        connectors=KEEPING,
        recordings={"storage": str(folder / "shelf")},
        tombstones=str(folder / "erased.tombstones"),
    )


def test_the_person_is_in_thirty_places_before(scene: Scene) -> None:
    assert len(scene.ann.places) >= 30
    clear = bytes_of_database(scene.stage)
    assert len(scene.ann.found_in(clear)) >= 24
    assert len(scene.ann.found_in(opened(scene.stage, scene.data, DATA))) >= 20


def test_no_byte_of_an_erased_person_is_left(scene: Scene) -> None:
    erased = erase_person(scene.stage.hub, scene.ann.person_id)
    assert erased.keys >= 1
    assert erased.files == 1
    assert scene.ann.found_in(bytes_of_database(scene.stage)) == []
    assert scene.ann.found_in(bytes_of_files(scene.files)) == []
    assert scene.ann.found_in(bytes_of_files([scene.data, scene.keys])) == []
    assert scene.ann.found_in(opened(scene.stage, scene.data, DATA)) == []
    assert scene.ann.found_in(opened(scene.stage, scene.keys, KEYS)) == []
    assert len(scene.bob.found_in(bytes_of_database(scene.stage))) >= 24


@pytest.fixture
def elsewhere(tmp_path: Path, databases: Path, open_hub_on: Callable[..., Stage]) -> Callable[[Scene], Hub]:
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
    new = Stage(hub, scene.stage.live, scene.stage.clock)
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
