"""Build the sdist, and the wheel from it, and check both: ``tox -m packages``.

The sdist has the files that git tracks, the wheel those of the package; the tests pass where the sdist is unpacked; and
the three programs that look at distributions have nothing to say but what is left to whoever publishes.
"""
from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = "flake8_artifact_pin/"
GENERATED = ("PKG-INFO", "setup.cfg", "flake8_artifact_pin.egg-info/")
# what only a publisher knows; and setup.py is the one file that says how to build
PUBLISHERS = "AuthorEmail,Url,MissingBuildSystem,MissingPyProjectToml"


def run(*arguments: str, cwd: Path = CHECKOUT) -> None:
    """Run a module of this Python; end with its exit status if that is not 0."""
    print("+", *arguments, flush=True)
    status = subprocess.run([sys.executable, "-m", *arguments], cwd=cwd).returncode
    if status:
        raise SystemExit(status)


def compare(what: str, names: set[str], expected: set[str]) -> None:
    """End if names are missing, or there are more than expected."""
    if names != expected:
        raise SystemExit(f"{what}: missing {sorted(expected - names)}, not tracked {sorted(names - expected)}")


def tracked() -> set[str]:
    """Return the files of the checkout that git tracks and that are there."""
    output = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, stdout=subprocess.PIPE).stdout
    return {name for name in output.decode().split("\0") if (CHECKOUT / name).is_file()}


def check_contents(sdist: Path, wheel: Path) -> None:
    """End if a distribution lacks a file, or has one that git does not track."""
    with tarfile.open(sdist) as tar:
        names = {member.name.partition("/")[2] for member in tar if member.isfile()}
    compare(sdist.name, {name for name in names if not name.startswith(GENERATED)}, tracked())
    with zipfile.ZipFile(wheel) as zipped:
        names = {name for name in zipped.namelist() if ".dist-info/" not in name}
    compare(wheel.name, names, {name for name in tracked() if name.startswith(PACKAGE)})


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        run("build", "--outdir", str(work / "dist"), ".")
        (sdist,), (wheel,) = (work / "dist").glob("*.tar.gz"), (work / "dist").glob("*.whl")
        check_contents(sdist, wheel)
        run("twine", "check", "--strict", str(sdist), str(wheel))
        run("check_wheel_contents", str(wheel))
        run("pyroma", "--min=10", f"--skip-tests={PUBLISHERS}", str(sdist))
        with tarfile.open(sdist) as archive:
            archive.extractall(work)
        # the directory, and so the unpacked package, comes first on the path
        run("pytest", "--quiet", "--numprocesses=auto", cwd=work / sdist.name.removesuffix(".tar.gz"))


if __name__ == "__main__":
    main()
