"""Writing a pins file: as a whole or not at all, and nothing of it is lost that is not its text."""
from __future__ import annotations

import codecs
import errno
import os
import re
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.write import byte_order_mark
from flake8_artifact_pin.pins.write import create_text
from flake8_artifact_pin.pins.write import replace_text

pytestmark = pytest.mark.once

OLD, NEW = "[pins]\n", '[pins]\n"a.py" = 1\r\n'
LEFTOVER = ".pins.toml.x.flake8-artifact-pin.tmp"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pins.toml").write_bytes(OLD.encode())
    return tmp_path


def content(name: str = "pins.toml") -> str:
    return Path(name).read_bytes().decode()


def replace(old: str = OLD, new: str = NEW) -> None:
    replace_text("pins.toml", "shown.toml", old, new)


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_mode_owner_and_attributes_are_kept(mode: int) -> None:
    owner = 12345 if os.getuid() == 0 else os.getuid()
    os.chown("pins.toml", owner, -1)
    os.chmod("pins.toml", mode)
    os.setxattr("pins.toml", "user.origin", b"here")
    replace()
    status = os.stat("pins.toml")
    assert (content(), os.listdir()) == (NEW, ["pins.toml"])
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (mode, owner)
    assert os.getxattr("pins.toml", "user.origin") == b"here"


def access_list(*entries: tuple[int, int, int]) -> bytes:
    """Return an access list as Linux has it: of each entry its tag, permissions and id."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 2**32 - 1
# The owner may read and write, user 1234 and the group may read, others nothing; the mask says what "group" shows.
ACL = access_list((1, 6, NOBODY), (2, 4, 1234), (4, 0, NOBODY), (16, 6, NOBODY), (32, 0, NOBODY))


@pytest.mark.parametrize("has_default", [False, True])
def test_access_list_is_kept(has_default: bool) -> None:
    if has_default:
        os.setxattr(".", "system.posix_acl_default", ACL[:4] + ACL[4:].replace(b"\x06", b"\x04"))
    os.setxattr("pins.toml", "system.posix_acl_access", ACL)
    replace()
    assert (content(), os.getxattr("pins.toml", "system.posix_acl_access")) == (NEW, ACL)


def test_access_list_of_the_directory_is_not_taken() -> None:
    os.setxattr(".", "system.posix_acl_default", ACL)
    replace()
    assert (content(), os.listxattr("pins.toml")) == (NEW, [])


def failing(number: int) -> Callable[..., None]:
    """Return a function of the system that fails."""
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_no_attributes_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems have none, and some systems do not tell Python of them."""
    monkeypatch.setattr(os, "listxattr", failing(errno.ENOTSUP))
    replace()
    monkeypatch.delattr(os, "listxattr")
    replace(NEW, OLD)
    assert content() == OLD


@pytest.mark.parametrize(
    ("function", "number"),
    [
        *((name, errno.ENOSPC) for name in ("replace", "fsync", "chmod")), ("listxattr", errno.EIO),
        *((name, errno.EPERM) for name in ("chown", "setxattr")),
    ],
)
def test_failure(monkeypatch: pytest.MonkeyPatch, function: str, number: int) -> None:
    """The old file stays, and what it has is not lost."""
    if os.getuid() == 0:
        os.chown("pins.toml", 12345, -1)
    elif function == "chown":
        pytest.skip("only root can give a file away")
    os.setxattr("pins.toml", "user.origin", b"here")
    monkeypatch.setattr(os, function, failing(number))
    problem = re.escape(f"({os.strerror(number)}): nothing has changed")
    with pytest.raises(UsageError, match=f"^shown.toml cannot be written {problem}$"):
        replace()
    assert (content(), os.listdir()) == (OLD, ["pins.toml"])


def test_symbolic_links_are_followed() -> None:
    os.mkdir("conf")
    os.rename("pins.toml", "conf/pins")
    os.symlink("link", "pins.toml")
    os.symlink("conf/pins", "link")
    replace()
    assert (os.readlink("pins.toml"), os.readlink("link"), content("conf/pins")) == ("link", "conf/pins", NEW)
    assert os.listdir("conf") == ["pins"]


def test_hard_links_are_not_broken() -> None:
    os.link("pins.toml", "other.toml")
    with pytest.raises(UsageError, match=r"^shown.toml has other names \(hard links\), which it would lose"):
        replace()
    assert (content(), os.stat("pins.toml").st_nlink, len(os.listdir())) == (OLD, 2, 2)


@pytest.mark.parametrize("other", ["", "[pins]\r\n", "\ufeff[pins]\r\n"])
def test_changed_meanwhile(other: str) -> None:
    Path("pins.toml").write_bytes(other.encode())
    with pytest.raises(UsageError, match="^shown.toml changed meanwhile: run it again$"):
        replace()
    assert (content(), os.listdir()) == (other, ["pins.toml"])


def test_byte_order_mark_is_kept() -> None:
    assert byte_order_mark("pins.toml") == ""
    Path("pins.toml").write_bytes(codecs.BOM_UTF8 + OLD.encode())
    assert byte_order_mark("pins.toml") == "\ufeff"
    replace()
    assert Path("pins.toml").read_bytes() == codecs.BOM_UTF8 + NEW.encode()


def test_deleted_meanwhile() -> None:
    os.unlink("pins.toml")
    with pytest.raises(UsageError, match=r"^shown.toml cannot be written \(No such file or directory\): nothing has"):
        replace()
    assert os.listdir() == []


def test_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    # root may write anything
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match=r"\(Permission denied\): nothing has changed$"):
        replace()
    assert content() == OLD


def test_open_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows a file cannot be replaced while another program has it open, which is mostly for a moment."""
    replaced, left = os.replace, [3]

    def refuse(source: str, target: str) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(errno.EACCES, "Permission denied")
        replaced(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    replace()
    assert content() == NEW
    left[0] = 9
    with pytest.raises(UsageError, match=r"\(Permission denied\): nothing has changed$"):
        replace(NEW, OLD)
    assert (content(), os.listdir()) == (NEW, ["pins.toml"])


def test_two_at_once() -> None:
    """Each waits for the other, so that the second one sees what the first one wrote."""
    refused = []

    def add(number: int) -> None:
        for _ in range(100):
            old = content()
            try:
                return replace(old, f'{old}"{number}.py" = 1\n')
            except UsageError as error:
                refused.append(str(error))
        raise AssertionError(refused)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(content().splitlines()[1:]) == [f'"{number}.py" = 1' for number in range(8)]
    assert set(refused) <= {"shown.toml changed meanwhile: run it again"}


# Writes the file, and kills itself where the function of this name is called, before it or after it.
KILL = f"""
import os, signal, sys
from flake8_artifact_pin.pins.write import replace_text
name, is_after = sys.argv[1], sys.argv[2] == "after"
function = getattr(os, name)
def killing(*arguments, **options):
    if is_after:
        function(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, name, killing)
replace_text("pins.toml", "pins.toml", {OLD!r}, {NEW!r})
"""


@pytest.mark.parametrize(
    ("function", "moment"),
    [("fsync", "before"), ("replace", "before"), ("replace", "after"), ("unlink", "before")],
)
def test_killed_at_a_moment(function: str, moment: str) -> None:
    """There is the old text or the new one, and what is left over goes with the next run."""
    os.chmod("pins.toml", 0o640)
    process = subprocess.run([sys.executable, "-c", KILL, function, moment])
    assert process.returncode == -9
    is_replaced = function == "unlink" or (function, moment) == ("replace", "after")
    assert (content(), stat.S_IMODE(os.stat("pins.toml").st_mode)) == (NEW if is_replaced else OLD, 0o640)
    replace(content(), "x = 1\n")
    assert (content(), os.listdir()) == ("x = 1\n", ["pins.toml"])


@pytest.mark.parametrize("is_lockable", [True, False])
def test_leftovers(monkeypatch: pytest.MonkeyPatch, is_lockable: bool) -> None:
    """Where nobody can lock a directory, another run may be at work on a file that is new."""
    for name in (LEFTOVER, ".other.toml.x.flake8-artifact-pin.tmp", ".pins.toml.swp"):
        Path(name).touch()
    if not is_lockable:
        monkeypatch.setitem(sys.modules, "fcntl", None)
    replace()
    assert os.path.exists(LEFTOVER) != is_lockable
    Path(LEFTOVER).touch()
    os.utime(LEFTOVER, (0, 0))
    replace(NEW, OLD)
    assert sorted(os.listdir()) == [".other.toml.x.flake8-artifact-pin.tmp", ".pins.toml.swp", "pins.toml"]


@pytest.mark.parametrize("has_links", [True, False])
def test_create(monkeypatch: pytest.MonkeyPatch, has_links: bool) -> None:
    """Some file systems have no second names for a file."""
    if not has_links:
        monkeypatch.setattr(os, "link", failing(errno.EPERM))
    umask = os.umask(0o027)
    create_text("new.toml", "shown.toml", NEW)
    os.umask(umask)
    assert (content("new.toml"), stat.S_IMODE(os.stat("new.toml").st_mode)) == (NEW, 0o640)
    with pytest.raises(UsageError, match="^shown.toml exists already: nothing has changed$"):
        create_text("new.toml", "shown.toml", OLD)
    assert (content("new.toml"), sorted(os.listdir())) == (NEW, ["new.toml", "pins.toml"])


def test_create_on_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(UsageError, match=r"^shown.toml cannot be written \(No space left on device\)"):
        create_text("new.toml", "shown.toml", NEW)
    assert os.listdir() == ["pins.toml"]


def test_create_where_nothing_can_be() -> None:
    os.symlink("nowhere", "link.toml")
    with pytest.raises(UsageError, match="^link.toml exists already"):
        create_text("link.toml", "link.toml", NEW)
    with pytest.raises(UsageError, match=r"cannot be written \(No such file or directory\)"):
        create_text("no/new.toml", "no/new.toml", NEW)
