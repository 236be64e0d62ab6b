"""The engine of a gateway, as config.yaml says."""

from __future__ import annotations

from pathlib import Path

from plugins.carriers.sip.engine.interface import Engine
from plugins.carriers.sip.engine.limits import ABROAD, CALL_BACKS, FORWARDS
from plugins.carriers.sip.engine.settings import Caps, LineSettings, Phone, Phones, Trunk
from plugins.carriers.sip.gateway.start import Start
from plugins.carriers.sip.settings import SipSettings


def make_engine(start: Start) -> Engine:
    """The engine; nothing is opened yet."""
    from plugins.carriers.sip.engine.stack.engine import StackEngine

    return StackEngine(line_settings(start.settings, start.folder / "day.json", start.time_zone))


def line_settings(settings: SipSettings, counters: Path, time_zone: str = "UTC") -> LineSettings:
    """The settings in the engine's words; the day's counts are kept in the file `counters`, and its days are those of
    `time_zone` if the settings name none."""
    trunk, limits = settings.trunk, settings.limits
    host, _, port = settings.listen.rpartition(":")
    first, _, last = settings.rtp_ports.partition("-")
    return LineSettings(
        trunk=Trunk(
            host=trunk.host,
            port=trunk.port,
            addresses=tuple(trunk.addresses),
            user=trunk.username or "",
            password=trunk.password.get_secret_value() if trunk.password else "",
            transport=trunk.transport,
            more_hosts=tuple(trunk.more_hosts),
            register=trunk.registers,
            caller_host=trunk.caller_host,
            srtp=trunk.srtp,
        ),
        listen_host=host.strip("[]"),
        listen_port=int(port),
        public_address=settings.public_address or "",
        rtp_ports=(int(first), int(last)),
        sign_in_user=trunk.caller_username or "",
        sign_in_password=trunk.caller_password.get_secret_value() if trunk.caller_password else "",
        certificate=Path(settings.tls_certificate) if settings.tls_certificate else None,
        country=settings.country,
        incoming_calls=limits.incoming_calls,
        caps=Caps(
            call_backs_at_once=limits.call_backs_at_once,
            call_backs_per_day=limits.call_backs_per_day,
            minutes={
                FORWARDS: limits.forward_minutes_per_day,
                CALL_BACKS: limits.call_back_minutes_per_day,
                ABROAD: limits.abroad_minutes_per_day,
            },
            home=settings.home,
            time_zone=limits.time_zone or time_zone,
            countries=settings.may_call,
        ),
        counters=counters,
        call_minutes=limits.call_minutes,
        silent_seconds=limits.silent_seconds,
        phones=_phones(settings),
    )


def _phones(settings: SipSettings) -> Phones | None:
    given = settings.phones
    if given is None:
        return None
    host, _, port = given.listen.rpartition(":")
    by_name = {
        name: Phone(given.secrets(name), each.number or settings.numbers[0], each.call_waiting)
        for name, each in given.named.items()
    }
    return Phones(by_name, Path(given.tls_certificate), host.strip("[]"), int(port), given.srtp)
