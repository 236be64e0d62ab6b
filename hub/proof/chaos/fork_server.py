"""Fork server: `python -m hub.proof.chaos.fork_server config.yaml` imports the hub, then forks a `hub run` per line on stdin.

Each hub is a separate process that has only loaded modules, as after a fresh start. This saves the time to import the
modules. For each hub, two lines are printed: its process id after the fork, and its exit code.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from hub.proof.chaos.environment import PROVIDERS
from hub.proof.chaos.shifted_clock import VARIABLE, ShiftedClock

LIBRARIES = ("httpx2", "uvicorn.loops.auto", "authlib.oauth2.client", "crawleruseragents", "pydantic.v1")
"""What a hub imports while it works; most of the time between a kill and the next would be spent on it."""


def main() -> None:
    """Fork hubs until standard input ends."""
    import hub.web.app
    import hub.worker  # noqa: F401
    from hub.cli.serve import start_process
    from hub.errors import RingfenceError
    from hub.plugin_host.discovery import discover

    for library in LIBRARIES:
        import_module(library)
    classes = discover().classes
    for plugin in PROVIDERS.values():
        package = sys.modules[classes[plugin].__module__]
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    lines, tell = sys.stdin, sys.stdout
    assert threading.active_count() == 1, "only a process of one thread may be forked"
    for _ in lines:
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)
            try:
                start_process(Path(sys.argv[1]), False, "run", clock=ShiftedClock(Path(os.environ[VARIABLE])))
            except RingfenceError as error:
                sys.stderr.write(f"{error}\n")
                os._exit(2)
            os._exit(0)
        print(child, file=tell, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=tell, flush=True)


if __name__ == "__main__":
    main()
