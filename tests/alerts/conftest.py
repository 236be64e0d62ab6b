"""What tests of alerts share: a hub that can send mail, a mail server, and users who want alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from alert_stage import AlertStage, DeadlyServer, MailServer
from receivers import Receiver
from testbed import TestHub


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server on loopback that keeps what comes."""
    with ExitStack() as stack:
        yield MailServer.start(stack)


@pytest.fixture
def alerting(lite_hub: Callable[..., TestHub], mail_server: MailServer) -> AlertStage:
    """A hub whose users can have alerts by every channel."""
    return AlertStage.of(lite_hub(), mail_server)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook's or a push service's server, over TLS."""
    with ExitStack() as stack:
        yield Receiver.start(stack)


@pytest.fixture
def deadly_server() -> Iterator[DeadlyServer]:
    """A mail server that kills a worker."""
    with ExitStack() as stack:
        yield DeadlyServer.start(stack)
