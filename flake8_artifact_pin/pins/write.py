"""Write files atomically, and keep their attributes."""
from __future__ import annotations

import codecs
import contextlib
import errno
import os
import stat
import tempfile
import time
from collections.abc import Iterator

from flake8_artifact_pin.errors import UsageError

# The suffix of temporary files, by which the next run finds leftovers.
_SUFFIX = ".flake8-artifact-pin.tmp"
_HOUR = 3600
# Seconds between attempts: on Windows a file cannot be replaced while another program has it open.
_PAUSES = (0.05, 0.1, 0.2, 0.4)


class ChangedError(UsageError):
    """Another program changed the file after it was read."""


def byte_order_mark(path: str) -> str:
    """Return the byte order mark of a file, or an empty string."""
    return codecs.BOM_UTF8.decode() if _read(path).startswith(codecs.BOM_UTF8) else ""


def replace_text(path: str, shown: str, old: str, new: str) -> None:
    """Replace the text of a file atomically: even if the process is killed, the file has the old text or the new one.

    Of two runs at once, the second one sees the first one's text. Mode, owner, access lists and other attributes are
    kept, and symbolic links followed. ``shown`` is the path for messages. Raise ChangedError if the file no longer has
    the old text, and UsageError if it cannot be written, or only by losing an attribute.
    """
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not os.access(target, os.W_OK):
            # to replace a file, only the directory must be writable; respect a read-only file
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with _lock(target), _temporary_file(target) as temporary:
            mark = byte_order_mark(target).encode()
            _write(temporary, mark + new.encode())
            _copy_attributes(target, temporary, shown)
            if _read(target) != mark + old.encode():
                raise ChangedError(f"{shown} changed meanwhile: run it again")
            _replace(temporary, target)
    except OSError as error:
        raise UsageError(f"{shown} cannot be written ({error.strerror}): nothing has changed")


def create_text(path: str, shown: str, text: str) -> None:
    """Write a new file atomically. Raise UsageError if it exists already or cannot be written."""
    try:
        with _lock(path), _temporary_file(path) as temporary:
            _write(temporary, text.encode())
            os.chmod(temporary, 0o666 & ~_umask())
            _move_to_new(temporary, path)
    except FileExistsError:
        raise UsageError(f"{shown} exists already: nothing has changed")
    except OSError as error:
        raise UsageError(f"{shown} cannot be written ({error.strerror}): nothing has changed")


@contextlib.contextmanager
def _lock(path: str) -> Iterator[None]:
    """Let only one run at a time write in the directory of a file, and remove leftovers of killed runs.

    Where directories cannot be locked, as on Windows, only old leftovers are removed.
    """
    directory = os.path.dirname(path) or os.curdir
    with contextlib.ExitStack() as stack:
        is_locked = _lock_directory(directory, stack)
        prefix = _prefix(path)
        for name in os.listdir(directory):
            if name.startswith(prefix) and name.endswith(_SUFFIX):
                leftover = os.path.join(directory, name)
                # another run may remove it at the same time, or have it open
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    if is_locked or os.stat(leftover).st_mtime < time.time() - _HOUR:
                        os.unlink(leftover)
        yield


def _lock_directory(directory: str, stack: contextlib.ExitStack) -> bool:
    """Lock a directory until the stack is closed, waiting for other locks; return whether it can be locked."""
    try:
        from fcntl import flock
        from fcntl import LOCK_EX

        descriptor = os.open(directory, os.O_RDONLY)
        stack.callback(os.close, descriptor)
        flock(descriptor, LOCK_EX)
    except (ImportError, OSError):
        return False
    return True


@contextlib.contextmanager
def _temporary_file(path: str) -> Iterator[str]:
    """Yield the path of an empty private file in the directory of another file; remove it afterwards."""
    descriptor, temporary = tempfile.mkstemp(_SUFFIX, _prefix(path), os.path.dirname(path) or os.curdir)
    os.close(descriptor)
    try:
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _prefix(path: str) -> str:
    return f".{os.path.basename(path)}."


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _copy_attributes(target: str, temporary: str, shown: str) -> None:
    """Copy owner, mode and extended attributes (such as access lists) of a file to its replacement.

    Raise UsageError if the file has hard links, which would be separated, and OSError if something cannot be copied.
    """
    status = os.stat(target)
    if status.st_nlink > 1:
        raise UsageError(f"{shown} has other names (hard links), which it would lose: edit it by hand")
    owner = os.stat(temporary)
    if (owner.st_uid, owner.st_gid) != (status.st_uid, status.st_gid):
        os.chown(temporary, status.st_uid, status.st_gid)
    if hasattr(os, "listxattr"):
        _copy_extended_attributes(target, temporary)
    os.chmod(temporary, stat.S_IMODE(status.st_mode))


def _copy_extended_attributes(target: str, temporary: str) -> None:
    wanted = {name: os.getxattr(target, name) for name in _extended_attributes(target)}
    # new files may inherit an access list from the directory
    for name in _extended_attributes(temporary):
        if name not in wanted:
            os.removexattr(temporary, name)
    for name, value in wanted.items():
        os.setxattr(temporary, name, value)


def _extended_attributes(path: str) -> list[str]:
    """Return the names of a file's extended attributes, without those that the system sets; none if unsupported."""
    try:
        names = os.listxattr(path)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return []
    return [name for name in names if not name.startswith(("security.", "trusted."))]


def _replace(temporary: str, target: str) -> None:
    for pause in _PAUSES:
        try:
            os.replace(temporary, target)
            return
        except PermissionError:
            time.sleep(pause)
    os.replace(temporary, target)


def _move_to_new(temporary: str, path: str) -> None:
    """Rename a file. Raise FileExistsError if the new path exists."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # some file systems have no hard links
        with open(path, "xb"):
            pass
        os.replace(temporary, path)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
