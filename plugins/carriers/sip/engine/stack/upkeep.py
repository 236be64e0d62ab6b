"""What the engine does again and again beside its calls: ask the trunk for a sign of life, follow its DNS, repeat requests."""

from __future__ import annotations

import asyncio
import contextlib
import time

from plugins.carriers.sip.engine.guard.admission import Admission
from plugins.carriers.sip.engine.guard.ports import Ports
from plugins.carriers.sip.engine.guard.relay import Relay
from plugins.carriers.sip.engine.guard.targets import Targets
from plugins.carriers.sip.engine.interface import Unreachable
from plugins.carriers.sip.engine.phones.registrar import Registrar
from plugins.carriers.sip.engine.settings import LineSettings
from plugins.carriers.sip.engine.stack.sockets import Certificate, server_tls

PING_S = 30.0
SWEEP_S = 10.0
REPEAT_S = 0.5


class Upkeep:
    """The part of the engine that tends."""

    relay: Relay
    _admission: Admission
    _ports: Ports
    _targets: Targets
    _pinged: float | None
    _certificates: list[Certificate]
    _registrar: Registrar
    settings: LineSettings

    async def _open_phones(self) -> None:
        """Open the port of the business's phones."""
        if phones := self.settings.phones:
            tls = server_tls(phones.certificate)
            self._certificates.append(Certificate(phones.certificate, tls))
            await self._ports.open_phones(phones.listen_host, phones.listen_port, tls, self._registrar.gone)

    async def _repeat_requests(self) -> None:
        while True:
            self.relay.requests.repeat()
            self.relay.sessions.tick()
            await asyncio.sleep(REPEAT_S)

    def _take_targets(self) -> None:
        """Take calls from where the trunk is now."""
        self._admission.resolved = frozenset(each.peer.host for each in self._targets.all())
        self._ports.names = {each.peer: each.host for each in self._targets.all()}

    async def _follow(self) -> None:
        """Look the trunk's hosts up again whenever what is known of them has expired."""
        while True:
            await asyncio.sleep(max(1.0, self._targets.due - time.monotonic()))
            with contextlib.suppress(Unreachable):
                await self._targets.refresh()
            self._take_targets()

    async def _tend(self) -> None:
        """Sweep the port's memory, and ask the trunk for a sign of life."""
        next_ping = 0.0
        while True:
            if time.monotonic() >= next_ping:
                next_ping = time.monotonic() + (PING_S if self.relay.last_pong else SWEEP_S)
                self._pinged = self._pinged or time.monotonic()
                for target in self._targets.all():
                    self.relay.ping(target.peer, f"sip:{target.host}")
            self.relay.ledger.sweep()
            for each in self._certificates:
                each.renew()
            await asyncio.sleep(SWEEP_S)
