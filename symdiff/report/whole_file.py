"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from symdiff.errors import UsageError


def write_whole(path: Path, content: bytes) -> None:
    """A file with this content, which appears whole or not at all.

    Raises :class:`UsageError` where it cannot be written, also in place of a file that is write-protected or no plain file.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"'{path.name}' is no plain file", where="-o", instead="name another file")
    if path.is_file() and not os.access(path, os.W_OK):
        raise UsageError(
            f"'{path.name}' is write-protected", where="-o", instead="name another file, or make it writable"
        )
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".symdiff-", suffix=path.suffix)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise UsageError(
            f"'{path.name}' cannot be written ({error.strerror})", where="-o", instead="check the disk and the folder"
        ) from None
    except BaseException:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
