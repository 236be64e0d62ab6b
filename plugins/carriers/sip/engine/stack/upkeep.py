"""What the engine does again and again beside its calls: ask the trunk for a sign of life, follow its DNS, repeat requests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable
from typing import Any

from plugins.carriers.sip.engine.addresses import in_uri
from plugins.carriers.sip.engine.guard.admission import Admission
from plugins.carriers.sip.engine.guard.ports import Ports
from plugins.carriers.sip.engine.guard.relay import Relay
from plugins.carriers.sip.engine.guard.targets import Targets
from plugins.carriers.sip.engine.interface import Unreachable
from plugins.carriers.sip.engine.phones.registrar import Registrar
from plugins.carriers.sip.engine.repeating import again
from plugins.carriers.sip.engine.settings import LineSettings
from plugins.carriers.sip.engine.stack.sockets import Certificate, server_tls

PING_S = 30.0
SWEEP_S = 10.0
REPEAT_S = 0.5


class Upkeep:
    """What runs beside the calls of one line."""

    def __init__(
        self,
        line: LineSettings,
        relay: Relay,
        admission: Admission,
        ports: Ports,
        targets: Targets,
        registrar: Registrar,
    ) -> None:
        """Nothing runs yet."""
        self._line, self._relay, self._admission = line, relay, admission
        self._ports, self._targets, self._registrar = ports, targets, registrar
        self._certificates: list[Certificate] = []
        self._pinged: float | None = None
        self._next_ping = 0.0

    def jobs(self) -> Iterable[Coroutine[Any, Any, None]]:
        """All of it, each to be run until the line closes."""
        self._take_targets()
        return (
            again("upkeep", SWEEP_S, self._tend),
            again("trunk's names", 0.0, self._follow),
            again("requests", REPEAT_S, self._repeat_requests),
        )

    def trunk_answers(self) -> bool | None:
        """Whether the trunk gives signs of life; None before it could."""
        if self._pinged is None or time.monotonic() - self._pinged <= 2:
            return None
        pong = self._relay.last_pong
        return pong is not None and time.monotonic() - pong < 2 * PING_S + 5

    async def open_phones(self) -> None:
        """Open the port of the business's phones."""
        if phones := self._line.phones:
            tls = server_tls(phones.certificate)
            self._certificates.append(Certificate(phones.certificate, tls))
            await self._ports.open_phones(phones.listen_host, phones.listen_port, tls, self._registrar.gone)

    async def _repeat_requests(self) -> None:
        self._relay.requests.repeat()
        self._relay.sessions.tick()

    def _take_targets(self) -> None:
        """Take calls from where the trunk is now."""
        self._admission.resolved = frozenset(each.peer.host for each in self._targets.all())
        self._ports.names = {each.peer: each.host for each in self._targets.all()}

    async def _follow(self) -> None:
        """Look the trunk's hosts up again when what is known of them has expired."""
        await asyncio.sleep(max(1.0, self._targets.due - time.monotonic()))
        with contextlib.suppress(Unreachable):
            await self._targets.refresh()
        self._take_targets()

    async def _tend(self) -> None:
        """Sweep the port's memory, and ask the trunk for a sign of life."""
        if time.monotonic() >= self._next_ping:
            self._next_ping = time.monotonic() + (PING_S if self._relay.last_pong else SWEEP_S)
            self._pinged = self._pinged or time.monotonic()
            for target in self._targets.all():
                self._relay.ping(target.peer, f"sip:{in_uri(target.host)}")
        self._relay.ledger.sweep()
        for each in self._certificates:
            each.renew()
