"""Files and folders of the hub are for its own user alone: new ones by the umask of the process, older ones by a change of
their mode."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

OTHERS = 0o077
"""The permission bits of group and others."""


_inherited: int | None = None


def create_private_files() -> None:
    """From now on this process and those it starts create files as 0600 and folders as 0700, whatever umask they inherited."""
    global _inherited
    _inherited = os.umask(OTHERS)


def share(path: Path) -> None:
    """Give a file or folder that holds nothing of people or secrets, such as a first config.yaml, the mode that the umask of
    the command's user gives: a container of another user may have to read it."""
    if _inherited is not None:
        path.chmod((0o777 if path.is_dir() else 0o666) & ~_inherited)


def tighten(paths: Iterable[Path]) -> None:
    """Remove what group and others may do with existing files and folders. What belongs to another user, or to root as a
    folder, stays as it is; `open_to_others` reports it."""
    for path in open_to_others(paths):
        status = path.stat()
        if status.st_uid == os.geteuid() and (status.st_uid or not stat.S_ISDIR(status.st_mode)):
            path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


def open_to_others(paths: Iterable[Path]) -> list[Path]:
    """The paths that exist and that group or others may read, write or enter. Always empty on Windows."""
    if os.name != "posix":
        return []
    return [path for path in paths if path.exists() and path.stat().st_mode & OTHERS]


def open_private(file: Path, flags: int) -> int:
    """A descriptor of a file of the hub, 0600, made if it does not exist, with its folders. What root makes belongs to the
    owner of the folder in which it is made: the hub's own user must be able to use it after a command of root."""
    made = [each for each in (file, *file.parents) if not each.exists()]
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if made and os.name == "posix" and os.geteuid() == 0:
        owner = made[-1].parent.stat()
        for each in made:
            os.chown(each, owner.st_uid, owner.st_gid)
    return descriptor
