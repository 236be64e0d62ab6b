"""Confines a plugin's process: its files, what the kernel refuses, and the audit hook that explains it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import socket
import ssl
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hub
from hub.plugin_host.host.audit_hook import Policy
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.kernel.support import confine_process
from hub.plugin_host.network.brokered_sockets import Broker, install

SYSTEM_FILES = (
    "/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone", "/etc/mime.types", "/etc/services", "/etc/protocols",
    "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/ca-certificates", "/etc/ssl/certs",
    "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/openssl.cnf", "/etc/ld.so.cache", "/dev/null", "/dev/urandom", "/dev/random",
    "/proc/cpuinfo", "/proc/meminfo",
)  # fmt: skip
"""What libraries read of the system: certificates, time zones, random numbers. No key and nothing of the hub is there."""
NAME_FILES = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/run/systemd/resolve",
)  # fmt: skip
"""What a library that resolves names itself reads."""
NATIVE_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store")
WRITABLE_FILES = (Path(os.devnull),)


def confine(
    origin: Origin,
    folder: str,
    tell: Callable[..., Any],
    network: socket.socket | None = None,
    kept: Path | None = None,
) -> None:
    """Let the kernel refuse what no plugin needs, and install the audit hook. Afterwards nothing of it can be taken back.

    The plugin connects through the hub, over `network`; without it, to nothing. A built-in plugin may also make internet
    sockets of its own, as gRPC needs them. A stand-in, which keeps what it holds in the folder `kept`, may serve.
    """
    preload()
    native = origin.built_in and network is not None
    readable = [*files_of(origin), *(Path(each) for each in NAME_FILES if native)]
    own = [Path(folder)] if kept is None else [Path(folder), kept]
    confine_process(readable, [*own, *WRITABLE_FILES], sockets=native, serves=kept is not None)
    # What the kernel refuses holds for the threads that are started afterwards, as the broker's is.
    install(Broker(network) if network is not None else None)
    Policy(readable, own, lambda action: tell("refused", action), native=origin.built_in).install()


def files_of(origin: Origin) -> list[Path]:
    """The files and folders that a plugin may read: of the system, of Python, of the hub's code, and its own."""
    system = [Path(each) for each in SYSTEM_FILES]
    return [*system, *_interpreter(), *_own_code(), *_plugin_code(origin), *_certificates()]


def preload() -> None:
    """Import what the audit hook would refuse, and what every plugin imports."""
    for name in ("ctypes", "encodings.idna", "hub.api"):
        importlib.import_module(name)


def _interpreter() -> list[Path]:
    """Python's standard library, the libraries in machine language, and the packages; not the folders around them."""
    library = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    base = [Path(sys.base_prefix, "lib"), Path(sys.base_exec_prefix, "lib")]
    packages = [each for each in sys.path if "-packages" in each or each.endswith(".zip")]
    return [*base, *map(Path, (*library, *packages, *NATIVE_LIBRARIES))]


def _own_code() -> list[Path]:
    """The hub's packages; not the folder around them, which may hold config.yaml."""
    around = Path(hub.__file__).parents[1]
    return [around / "hub", around / "plugins"]


def _certificates() -> list[Path]:
    """Where OpenSSL looks for the certificates of authorities here."""
    found = ssl.get_default_verify_paths()
    return [Path(each) for each in (found.cafile, found.capath) if each]


def _plugin_code(origin: Origin) -> list[Path]:
    if origin.file is not None:
        compiled = Path(importlib.util.cache_from_source(str(origin.file)))
        return [origin.file, compiled, origin.file.with_suffix(".rules.yaml")]
    if origin.folder is not None:
        return [origin.folder]
    spec = importlib.util.find_spec(origin.module.partition(".")[0])
    if spec is None:
        return []
    own = [spec.origin] if spec.has_location and spec.origin else []
    return [Path(each) for each in (spec.submodule_search_locations or own)]
