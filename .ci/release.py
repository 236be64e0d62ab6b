"""`make release`: wheel, sdist, bill of materials and checksums of the commit that is checked out, and a signed tag.

    python .ci/release.py FOLDER [--unsigned]

Builds from the files of the commit alone, at the time of the commit, so that two builds are the same to the byte. Writes
into FOLDER, which must be empty. The tag `v…` is signed with git's own key (`user.signingkey`); `--unsigned` makes none.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUMS = "SHA256SUMS"
UNRELEASED = "## [Unreleased]"


class NotReleased(Exception):
    """Why there is no release, in one sentence."""


def git(*words: str) -> str:
    """What git says in this checkout."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise NotReleased(f"git {words[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def version() -> str:
    """The version of pyproject.toml."""
    number: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return number


def date_changelog(number: str) -> None:
    """Nothing if the changelog has this version as its newest, and no later line. Else its unreleased lines become those of
    this version, of today, and NotReleased says so: the tag is of a commit that has them."""
    file = ROOT / "CHANGELOG.md"
    head, _, rest = file.read_text("utf-8").partition(f"{UNRELEASED}\n")
    lines, newest = [*re.split(r"(?=^## \[)", rest, maxsplit=1, flags=re.MULTILINE), ""][:2]
    if f"## [{number}] - " in rest:
        if lines.strip() or not newest.startswith(f"## [{number}] - "):
            raise NotReleased(
                f"CHANGELOG.md has lines that are newer than {number}; raise the version in pyproject.toml."
            )
        return
    if not lines.strip():
        raise NotReleased(f"CHANGELOG.md has no line below {UNRELEASED}; write what is new in {number}.")
    today = datetime.now(UTC).date().isoformat()
    file.write_text(f"{head}{UNRELEASED}\n\n## [{number}] - {today}\n{lines}{newest}", "utf-8")
    raise NotReleased(
        f"CHANGELOG.md now says that {number} is of {today}. Read it, commit it, and run make release again."
    )


def signing_key() -> str:
    """Git's own key for tags. NotReleased if there is none."""
    done = subprocess.run(["git", "config", "user.signingkey"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    if not done.stdout.strip():
        raise NotReleased(
            "Git has no key to sign the tag with. Set one (git config user.signingkey KEY, and gpg.format ssh for an SSH key), "
            "or build without a tag: make release ARGS=--unsigned"
        )
    return done.stdout.strip()


def build(folder: Path) -> list[Path]:
    """The wheel and the sdist of the commit, the same at each build."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct"), "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        source = Path(name) / "source"
        source.mkdir()
        packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S607
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(source, filter="data")
        # The backend itself, of the environment's own version: nothing is fetched.
        backend = (
            "import sys; from setuptools import build_meta as b; to = sys.argv[1]; b.build_sdist(to); b.build_wheel(to)"
        )
        command = [sys.executable, "-c", backend, str(folder.resolve())]
        done = subprocess.run(  # noqa: S603
            command, cwd=source, env=environment, capture_output=True, text=True, umask=0o022, check=False
        )
    if done.returncode:
        raise NotReleased(f"The build failed: {done.stderr.strip()[-1000:]}")
    (sdist,) = folder.glob("*.tar.gz")
    normalize(sdist, int(environment["SOURCE_DATE_EPOCH"]))
    return sorted(folder.iterdir())


def normalize(sdist: Path, at: int) -> None:
    """Write an sdist again with the time of the commit, no owner and sorted names: setuptools keeps what the machine has."""
    plain = io.BytesIO()
    with tarfile.open(sdist) as old, tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda each: each.name):
            content = old.extractfile(member) if member.isfile() else None
            member.mtime, member.uid, member.gid, member.uname, member.gname, member.pax_headers = at, 0, 0, "", "", {}
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(member, content)
    with sdist.open("wb") as out, gzip.GzipFile(filename="", fileobj=out, mode="wb", mtime=at) as packed:
        packed.write(plain.getvalue())


def bill_of_materials(folder: Path, number: str) -> Path:
    """`make sbom` of this version."""
    target = folder / f"ringfence-{number}.cdx.json"
    tools = ROOT / ".venv-tools" / "bin" / "python"
    if not tools.exists():
        raise NotReleased("There are no tools for the bill of materials; run make release, which installs them.")
    command = [str(tools), str(ROOT / ".ci" / "sbom.py"), sys.executable, str(target)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return target


def main(folder: Path, options: list[str]) -> None:
    """Make the release."""
    number, signed = version(), "--unsigned" not in options
    if git("status", "--porcelain"):
        raise NotReleased("There are changes that no commit has; commit them first.")
    if signed:
        signing_key()
        date_changelog(number)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotReleased(f"{folder} is not empty; name another folder, or remove what is in it.")
    made = build(folder)
    if "--without-sbom" not in options:
        made.append(bill_of_materials(folder, number))
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(made)]
    (folder / SUMS).write_text("".join(sums), encoding="ascii")
    print("".join(sums), end="")
    if signed:
        git("tag", "--sign", f"v{number}", "--message", f"Ringfence {number}\n\n{''.join(sums)}")
        print(f"Tagged v{number}, signed. Now: git push origin v{number}")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2:])
    except NotReleased as failure:
        sys.exit(f"No release: {failure}")
