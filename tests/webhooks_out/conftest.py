"""What tests of outgoing webhooks share: a receiver, and a hub that sends to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from testbed import TestHub
from webhook_receiver import WebhookReceiver
from webhook_stage import WebhookStage


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    """A running receiver."""
    with ExitStack() as stack:
        yield WebhookReceiver.start(stack)


@pytest.fixture
def sending(lite_hub: Callable[..., TestHub], receiver: WebhookReceiver) -> WebhookStage:
    """A hub with one endpoint, in the hub's own form."""
    return WebhookStage.open(lite_hub, receiver)
