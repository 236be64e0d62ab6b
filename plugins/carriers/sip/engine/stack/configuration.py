"""How the SIP stack is set up: its account and its configuration file."""

from __future__ import annotations

from baresip import Account, Config

from plugins.carriers.sip.engine.guard.rewriting import AGENT, AGENT_OF_PHONES
from plugins.carriers.sip.engine.guard.rtp import stack_ports
from plugins.carriers.sip.engine.settings import LineSettings, Phones, Trunk

SRTP = {"off": (), "offer": ("mediaenc=srtp",), "require": ("mediaenc=srtp-mand",)}


def stack_account(of: Trunk | Phones, inside: tuple[str, int]) -> Account:
    """The stack's account for calls of the trunk, or with the business's phones; its registrar is the relay at `inside`."""
    trunk = of if isinstance(of, Trunk) else None
    return Account(
        user=AGENT if trunk else AGENT_OF_PHONES,
        domain="127.0.0.1",
        password=trunk.password if trunk else "",
        auth_user=trunk.user or None if trunk else None,
        registrar=f"{inside[0]}:{inside[1]}",
        reg_interval=0,
        dtmf_mode="auto",
        extra_params=("100rel=yes", *SRTP[of.srtp]),
    )


def stack_config(line: LineSettings, stack: tuple[str, int]) -> Config:
    """The stack's configuration: it listens at `stack`. While a call ends, the stack takes in no sound for up to 40 ms: so much
    more lies ready in `audio_buffer`, and what comes late after it is not left out (`adaptive`)."""
    first, last = stack_ports(line.rtp_ports)
    return Config(
        net_interface=stack[0],
        max_concurrent_calls=None,
        rtp_timeout=line.silent_seconds,
        native_log_level="error",
        extra_config_text=f"sip_listen {stack[0]}:{stack[1]}\nsip_transports udp\n"
        f"rtp_ports {first}-{last}\ncall_hold_other_calls no\naudio_buffer 60-240\naudio_jitter_buffer_type adaptive\n",
    )
