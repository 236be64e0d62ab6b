"""Files that commands write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from hub.errors import CannotDo


def new_file(file: Path) -> IO[bytes]:
    """A new file that only its owner can read; CannotDo if it exists already or cannot be written."""
    try:
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise CannotDo(f"{file} already exists; name a new file.") from None
    except OSError as error:
        raise CannotDo(
            f"{file} cannot be written ({error.strerror}); name a file in a folder that you can write to."
        ) from None
