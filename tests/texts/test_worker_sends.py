"""The worker sends what is queued and fetches pictures by itself; refused credentials pause the carrier's texts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from testbed import TestHub
from text_steps import queue, write_in

import hub.worker.worker as loops
from hub.api import AuthError
from hub.api.carriers import MediaFile
from hub.model import ConnectorState
from hub.worker import Worker
from hub.worker.due_work import DueWork, outgoing_work

Factory = Callable[..., TestHub]


def test_a_worker_sends_texts_and_fetches_pictures_by_itself(hub: Factory) -> None:
    stage = hub()
    sent, fetched = threading.Event(), threading.Event()

    class Pictures(dict[str, Any]):
        def __getitem__(self, url: str) -> MediaFile:
            fetched.set()
            return MediaFile(content_type="image/png", data=b"picture")

    stage.carrier.media = Pictures()
    stage.carrier.text_script = [lambda _: sent.set() or "accepted"]
    write_in(stage, "", media_urls=("https://carrier.example.com/1",))
    queue(stage)
    worker = Worker(stage.hub, stage.live)
    worker.start()
    try:
        assert sent.wait(10) and fetched.wait(10)
    finally:
        worker.stop()
    assert DueWork(outgoing_work()).look(stage.hub.store, stage.clock()) == {}


def test_texts_do_not_wait_for_syncs_that_hang(hub: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "CONCURRENT_SYNCS", 1)
    stage = hub()
    hanging, go_on, sent = threading.Event(), threading.Event(), threading.Event()

    class Pages(dict[str | None, Any]):
        def get(self, cursor: str | None, default: Any = None) -> Any:
            hanging.set()
            go_on.wait(20)
            return default

    stage.crm.pages = Pages()
    stage.carrier.text_script = [lambda _: sent.set() or "accepted"]
    worker = Worker(stage.hub, stage.live)
    worker.start()
    try:
        assert hanging.wait(10)
        queue(stage)
        assert sent.wait(10)
    finally:
        go_on.set()
        worker.stop()


def test_refused_credentials_pause_the_carrier_and_keep_the_text(hub: Factory) -> None:
    stage = hub()
    asked = threading.Event()

    def refuse(text: Any) -> None:
        asked.set()
        raise AuthError("The carrier refuses the token; connect it again.")

    stage.carrier.text_script = [refuse]
    queue(stage)
    worker = Worker(stage.hub, stage.live)
    worker.start()
    try:
        assert asked.wait(10)
    finally:
        worker.stop()
    assert stage.one(ConnectorState).reason == "The carrier refuses the token; connect it again."
    assert stage.delivery("carrier").state == "ready" and len(stage.carrier.texts) == 1
