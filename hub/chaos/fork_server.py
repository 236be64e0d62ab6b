"""`python -m hub.chaos.fork_server run --config …`: loads the hub's modules once, then bears one `hub run` for each line read.

Each hub is a process of its own, with nothing in it but loaded modules, as if it had just been started: a run of chaos
is then life and death, not the loading of Python. For each hub, two lines are printed: its process id when it was born,
and how it ended.
"""

from __future__ import annotations

import os
import sys
import threading


def main() -> None:
    """Bear hubs until standard input ends."""
    import httpx  # noqa: F401 - loaded for the hubs
    import uvicorn  # noqa: F401

    import hub.web.app
    import hub.worker  # noqa: F401
    from hub.cli import main as hub_command
    from hub.plugins.discovery import discover

    discover()
    lines, tell = sys.stdin, sys.stdout
    assert threading.active_count() == 1, "only a process of one thread may be forked"
    for _ in lines:
        born = os.fork()
        if not born:
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)
            hub_command()
            os._exit(0)
        print(born, file=tell, flush=True)
        _, status = os.waitpid(born, 0)
        print(os.waitstatus_to_exitcode(status), file=tell, flush=True)


if __name__ == "__main__":
    main()
