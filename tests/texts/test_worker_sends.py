"""The worker sends what is queued and fetches pictures by itself; refused credentials pause the carrier's texts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from testbed import TestHub
from text_steps import queue, write_in

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
