"""Certifies a plugin that did not come with the hub: in a process of its own, which the kernel confines.

The suite starts stand-ins and programs, so this process may do so, but it reaches no network besides a loopback of its own,
no file besides Python's and the plugin's, and no other process.
Started as `python -m hub.cli.plugins.confined_certificate DESCRIPTOR`.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hub.contracts.connector import Connector
from hub.errors import PluginFailure
from hub.plugin_host.host.confinement import NATIVE_LIBRARIES, files_of, preload
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.host.environment import child_environment
from hub.plugin_host.host.load import load_class
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.kernel.privileges import enter_private_network
from hub.plugin_host.kernel.support import confine_process
from hub.testing.certificate import ENDED, Certificate, Progress, certify
from hub.testing.exchanges.held_against import FOLDER

MAX_LINE_CHARACTERS = 4_000_000
PROGRESS, CERTIFICATE = TypeAdapter(tuple[int, int, str]), TypeAdapter(Certificate)


def certify_confined(
    connector_class: type[Connector], progress: Progress, only: str = "", exchanges: Path | None = None
) -> Certificate:
    """The certificate of a plugin; only one that came with the hub is imported into this process."""
    if issubclass(connector_class, HostedConnector) and not connector_class.origin.built_in:
        return certify_apart(connector_class.origin, progress, only, exchanges)
    return certify(connector_class, progress, only, exchanges, may_fork=True)


def certify_apart(origin: Origin, progress: Progress, only: str = "", exchanges: Path | None = None) -> Certificate:
    """The certificate of a plugin. PluginFailure if the plugin ends the process."""
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory(prefix="ringfence-certify-") as folder, os.fdopen(reading) as lines:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-P", "-s", "-m", "hub.cli.plugins.confined_certificate", str(writing)],
            env=child_environment(folder),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)
        with process:
            assert process.stdin is not None
            process.stdin.write(pickle.dumps((origin, only, exchanges.absolute() if exchanges else None)))
            process.stdin.close()
            try:
                while (line := lines.readline(MAX_LINE_CHARACTERS)).startswith("["):
                    progress(*PROGRESS.validate_json(line))
                return CERTIFICATE.validate_json(line)
            except ValidationError:
                raise PluginFailure(ENDED) from None
            finally:
                process.kill()


def main() -> None:
    """Certify the plugin whose origin is read from the standard input; write the progress and the certificate as lines."""
    origin, only, exchanges = pickle.load(sys.stdin.buffer)  # noqa: S301 - the parent sent it
    with os.fdopen(int(sys.argv[1]), "w", buffering=1) as lines:
        preload()
        enter_private_network()
        os.open("/proc/self", os.O_PATH)  # The rule about it holds as long as the kernel keeps this folder.
        own = [*files_of(origin), Path(sys.prefix, "pyvenv.cfg"), Path("/proc/self")]
        own += [each for each in (exchanges, origin.file and origin.file.parent / FOLDER) if each and each.is_dir()]
        programs = [Path(sys.executable).resolve(), *map(Path, NATIVE_LIBRARIES)]
        confine_process(own, [Path.cwd(), Path(os.devnull)], sockets=True, programs=programs)
        tested = load_class(origin)
        made = certify(tested, lambda *done: print(json.dumps(done), file=lines), only, exchanges, may_fork=True)
        print(CERTIFICATE.dump_json(made).decode(), file=lines)


if __name__ == "__main__":
    main()
