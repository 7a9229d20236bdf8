"""An own pattern that counts nothing: its function was renamed, and every decision on its callers is in danger."""
from __future__ import annotations

import pytest
from support import PINS
from support import PUT
from support import Repository

pytestmark = pytest.mark.once

WRITER = "def upload_s3_object(bucket, key, body):\n    client.put_object(Bucket=bucket, Key=key, Body=body)\n"
RENAMED = WRITER.replace("upload_s3_object", "upload_object")
CALLER = "import s3_data_service\ns3_data_service.upload_s3_object('b', 'one.csv', x)\n"
PINNED = (
    'patterns = [ # ours\n  "*.save", "*.save",\n  "s3_data_service.upload_s3_object",\n]\n'
    '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n"s3_data_service.py" = 1\n'
)
SAVE = "store.save(1)  # noqa: APR001 - a scratch file\n"
FILES = {"a.py": CALLER, "s3_data_service.py": WRITER, "b.py": SAVE, PINS: PINNED}
STALE = {**FILES, "a.py": CALLER.replace("upload_s3_object", "upload_object"), "s3_data_service.py": RENAMED}
DEAD = 'pattern "s3_data_service.upload_s3_object" counts no PUT call'
STEP = "correct it (the function was renamed or moved?), or remove it"
NEAREST = f'{DEAD}: did you mean "s3_data_service.upload_object"? Else {STEP}'


def test_the_function_is_renamed(repository: Repository) -> None:
    repository.commit(STALE)
    outcome = repository.check()
    # the finding comes before those that it explains
    assert outcome.places == [f"{PINS}:3:3: APR003", "a.py:1:1: APR002"]
    assert outcome.findings[0][4] == NEAREST
    assert NEAREST in repository.run("diff", "--format=markdown").out.replace("\\", "")
    # a part of the repository tells nothing
    assert repository.check("b.py").findings == []
    pattern = 'patterns = ["s3_data_service.upload_s3_object"]\n'
    repository.write({PINS: pattern, "b.py": "", "s3_data_service.py": ""})
    assert repository.check().places == [f"{PINS}:1:13: APR003"]
    # what git does not track yet may hold the calls, and so may what is not checked out
    repository.write({"sub/new.py": CALLER})
    assert repository.check().places == []
    repository.commit()
    repository.git("sparse-checkout", "set", "--no-cone", "/*", "!/sub/")
    assert repository.check().places == []


def test_prune_keeps_what_a_dead_pattern_may_have_counted(repository: Repository) -> None:
    # git knows it again by these lines
    more = "".join(f"x{number} = {number}\n" for number in range(20))
    repository.commit({**FILES, "a.py": CALLER + more})
    repository.git("mv", "a.py", "moved.py")
    repository.write({
        "c.py": PUT, "moved.py": STALE["a.py"] + more, "s3_data_service.py": RENAMED, PINS: f'{PINNED}"c.py" = 2\n',
    })
    repository.git("add", "--all")
    repository.run("decide", "--moved")
    before = repository.read(PINS)
    outcome = repository.run("prune")
    reason = f"kept: {DEAD}, so its calls may only be uncounted: correct or remove the pattern"
    assert [line.partition(": ")[2] for line in outcome.err.splitlines() if "kept: " in line] == [
        f"moved.py: {reason}", f"c.py: {reason}",
    ]
    assert (outcome.status, repository.read(PINS)) == (1, before)
    repository.write({PINS: before.replace("upload_s3_object", "upload_object")})
    assert repository.run("prune").lines == [f"{PINS}:8: c.py: 2 -> 1"]


# Files beside those of STALE or in their place, and what is said of the pattern.
CASES: dict[str, tuple[dict[str, str], str]] = {
    "suppressed": ({"c.py": f"{CALLER.strip()}  # noqa: APR001 - a scratch file\n"}, ""),
    "a file that does not parse may hold a call": ({"c.py": f"{CALLER}def\n"}, ""),
    "another pattern does": ({PINS: 'patterns = ["*.save", "store.save"]\n'}, ""),
    "nothing is like it": (
        {PINS: 'patterns = ["*.save", "zarr_files.dump"]\n'}, f'pattern "zarr_files.dump" counts no PUT call: {STEP}',
    ),
    "an exempt file alone": ({"tests/c.py": CALLER, PINS: f'{PINNED}[exempt]\n"tests/" = "no artifacts"\n'}, NEAREST),
    "a comment": ({"c.py": f"# {CALLER.splitlines()[1]}\n"}, NEAREST),
    "of pyproject.toml": (
        {PINS: "", "pyproject.toml": '[tool.artifact-pins]\npatterns = ["x.\\u0079", \'\'\'*.save\'\'\']\n'},
        f'pattern "x.y" counts no PUT call: {STEP}',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_which_patterns_are_dead(directory: Repository, case: str) -> None:
    files, expected = CASES[case]
    directory.write({name: text for name, text in {**STALE, **files}.items() if text})
    texts = [text for *_, text in directory.check().findings if text.startswith("pattern ")]
    assert texts == ([expected] if expected else [])
