"""config.yaml on disk: read it, propose an edit, apply one. The only place that writes the file."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog
from sqlmodel import Session

from hub.access.users import Editor
from hub.config.connectors import Installed, MayBreak
from hub.config.edit import Change, Move, edited
from hub.config.loading import Discover, config_of, read_text
from hub.config.models import Config, HubSection
from hub.errors import CannotDo, ConfigError, NotFound, Problem
from hub.model import ConfigVersion
from hub.model.states import ConfigHow
from hub.plugin_host.discovery import discover as installed_plugins
from hub.reload.differences import diff_of, in_words, restart_needed, tree_or_empty
from hub.reload.secret_moves import ConfigEdit, Refusal
from hub.reload.user_edits import as_problems, edit_of, note_refusals, refusals, void_secrets
from hub.reload.versions import (
    lock_versions,
    newest,
    newest_number,
    sha256_of,
    version,
    was_applied,
    write_applied,
    write_refused,
)
from hub.store.encryption.keyfile import keyring_of
from hub.store.engine import Store
from hub.store.secrets import save_secret, secrets_of

log = structlog.get_logger(__name__)


class ConfigConflict(CannotDo):
    """The file or the running version changed after the edit was proposed; propose it again."""


@dataclass(frozen=True)
class FileText:
    """The text that an edit starts from, and whether the file can be written."""

    text: str
    sha: str
    writable: bool


@dataclass(frozen=True)
class Proposal:
    """An edit that is not applied yet. It can be applied if it has no problems."""

    text: str
    base_sha: str
    """The SHA-256 of the text that it was made from."""
    diff: str
    problems: tuple[Problem, ...]
    restart_needed: tuple[str, ...]
    """Settings that processes keep until they are started again, like `hub.listen`."""
    words: str
    """What changes, in words."""
    refusals: tuple[Refusal, ...] = ()
    """Why it is not the user's to make; they are among the problems too."""
    version: int | None = None
    """The version of the file that it became; None if it was not applied."""

    @property
    def changes_nothing(self) -> bool:
        """Whether the text is the same as before."""
        return sha256_of(self.text) == self.base_sha


class ConfigFile:
    """The file at `path`, and the versions of it in the hub's database. `applied` is called with the number of each new
    version."""

    def __init__(
        self,
        path: Path,
        store: Store,
        clock: Callable[[], datetime],
        *,
        sandbox: bool = False,
        discover: Discover = installed_plugins,
        environ: Mapping[str, str] | None = None,
        applied: Callable[[int], object] = lambda number: None,
        may_break: MayBreak = lambda name: True,
    ) -> None:
        """A process that runs names in `may_break` the connectors that it runs without their plugins."""
        self.path, self._store, self._clock = path, store, clock
        self._sandbox, self._discover, self._environ = sandbox, discover, environ
        self.applied, self._may_break = applied, may_break

    # Read and propose.

    def read(self) -> FileText:
        """The text that the hub runs, comments included. A copy of the file on this machine that is older than that
        is passed over; a text on disk that was never applied, because it has problems, is not."""
        on_disk = read_text(self.path)
        with self._store.reading() as session:
            latest = newest(session)
            stale = latest is not None and latest.text is not None and was_applied(session, sha256_of(on_disk))
        text = latest.text if stale and latest and latest.text else on_disk
        return FileText(text, sha256_of(text), self.writable)

    @property
    def writable(self) -> bool:
        """Whether this process may change the file."""
        target = self.path.resolve()
        return os.access(target, os.W_OK)

    def catalog(self, places: Sequence[Path]) -> Installed:
        """The plugins that the file may name."""
        return self._discover(places)

    def check(self, text: str, typed: Mapping[str, str] | None = None) -> Config:
        """A text as a checked configuration; ConfigError holds its problems. `typed` are secrets that are not stored yet."""

        def with_typed(hub: HubSection) -> Callable[[str], str | None]:
            stored, new = secrets_of(hub), typed or {}
            return lambda name: new.get(name) or stored(name)

        return config_of(
            text, self.path, self._discover, environ=self._environ, sandbox=self._sandbox, secrets=with_typed,
            may_break=self._may_break,
        )  # fmt: skip

    def propose(
        self, edit: Iterable[Change | Move] | str, editor: Editor | None = None, *, preview: bool = False
    ) -> Proposal:
        """An edit of the file, as changes or as the whole new text, with all its problems; nothing is written to the file.

        With an editor, a change that is not theirs to make is a problem too, and then the text is not checked, because a check
        opens the database and reads the files and variables that it names. Each refusal is noted in the audit log, except of a
        `preview`.
        """
        base = self.read()
        text = edit if isinstance(edit, str) else edited(base.text, edit)
        old, new = tree_or_empty(base.text), tree_or_empty(text)
        refused: tuple[Refusal, ...] = ()
        if editor is not None:
            with self._store.reading() as session:
                refused = refusals(session, editor, self._edit(session, editor, old, new))
        if editor is not None and refused and not preview:
            with self._store.writing() as session:
                note_refusals(session, editor, refused, self._clock())
        problems = as_problems(refused, text)
        if not refused:
            try:
                self.check(text, editor.secrets if editor else None)
            except ConfigError as error:
                problems = error.problems or (Problem(str(error)),)
        return Proposal(
            text, base.sha, diff_of(base.text, text), problems, restart_needed(old, new), in_words(old, new), refused
        )

    def _edit(self, session: Session, editor: Editor, old: dict[str, object], new: dict[str, object]) -> ConfigEdit:
        """A user's change, with the plugins that the running text knows: a new text may name folders of its own."""
        hub = old.get("hub")
        folders = hub.get("plugin_dirs") if isinstance(hub, dict) else None
        named = [self.path.resolve().parent / str(each) for each in folders] if isinstance(folders, list) else []
        return edit_of(session, editor, old, new, self._discover(named).classes)

    # Apply.

    def apply_edit(
        self,
        edit: Iterable[Change | Move],
        actor: Editor | str | None,
        how: ConfigHow = ConfigHow.PAGE,
        note: str = "",
        *,
        base: str = "",
    ) -> Proposal:
        """Propose an edit and apply it, as `settle` does. `base` is the SHA-256 of the text that the user saw, if they saw one;
        ConfigConflict if the file has another."""
        proposal = self.propose(edit, actor if isinstance(actor, Editor) else None)
        if base and base != proposal.base_sha:
            raise ConfigConflict(f"{self.path.name} was changed in the meantime; look at it and try again.")
        return self.settle(proposal, actor, how, note)

    def settle(
        self, proposal: Proposal, actor: Editor | str | None, how: ConfigHow = ConfigHow.PAGE, note: str = ""
    ) -> Proposal:
        """Apply a proposal unless it has problems or changes nothing. If the file is read-only, only the secrets that the user
        typed are stored: the diff is to be applied where the file comes from, and names them."""
        if proposal.problems or proposal.changes_nothing:
            return proposal
        if self.writable:
            return replace(proposal, version=self.apply(proposal, actor, how, note).number)
        if isinstance(actor, Editor) and actor.secrets:
            keyring = keyring_of(self.check(proposal.text, actor.secrets).hub)
            with self._store.writing() as session:
                for name, value in actor.secrets.items():
                    save_secret(session, keyring, name, value, actor.user, self._clock())
        return proposal

    def apply(
        self, proposal: Proposal, actor: Editor | str | None, how: ConfigHow = ConfigHow.PAGE, note: str = ""
    ) -> ConfigVersion:
        """Write the file and the version; all processes take it within a second or two.

        `actor` is who does it: a user of the web interface, who may only change what belongs to their account and whose typed
        secrets are stored with the version, or the name of the account on this machine that runs a command. ConfigConflict if
        the file changed since the proposal; ConfigError if it has problems; CannotDo if the file is read-only or the change is
        not the user's to make.
        """
        editor = actor if isinstance(actor, Editor) else None
        edit = self._allowed(editor, proposal) if editor else None
        config = self.check(proposal.text, editor.secrets if editor else None)
        if not self.writable:
            raise CannotDo(f"{self.path.name} is read-only here; apply the diff where the file comes from.")
        with self._locked(), self._store.writing() as session:
            lock_versions(session)
            self._base_of(proposal)
            now = self._clock()
            if editor and edit:
                for refusal in refusals(session, editor, edit):
                    raise CannotDo(refusal.text)
                for name, value in editor.secrets.items():
                    save_secret(session, keyring_of(config.hub), name, value, editor.user, now)
            who = actor.user if isinstance(actor, Editor) else actor
            written = write_applied(session, proposal.text, config, now, how, who, note or proposal.words)
            if editor and edit:
                void_secrets(session, editor, edit, now)
            before = self.path.read_bytes()
            self._write(proposal.text.encode())
            try:
                session.commit()
            except BaseException:
                self._write(before)
                raise
        self.applied(written.number or 0)
        return written

    def _base_of(self, proposal: Proposal) -> str:
        """The text that a proposal was made from; ConfigConflict if it is no longer the running one."""
        base = self.read()
        if base.sha != proposal.base_sha:
            raise ConfigConflict(f"{self.path.name} was changed in the meantime; look at it and try again.")
        return base.text

    def _allowed(self, editor: Editor, proposal: Proposal) -> ConfigEdit:
        """The user's change; CannotDo if it is not theirs to make. It comes before the check of the text, as in `propose`."""
        base = self._base_of(proposal)
        with self._store.reading() as session:
            edit = self._edit(session, editor, tree_or_empty(base), tree_or_empty(proposal.text))
            for refusal in refusals(session, editor, edit):
                raise CannotDo(refusal.text)
        return edit

    def roll_back(self, number: int, actor: Editor | str | None) -> ConfigVersion:
        """Apply an earlier version again, as a new one."""
        proposal = self.propose(self.text_of(number), actor if isinstance(actor, Editor) else None)
        if proposal.problems:
            raise ConfigError(f"Version {number} can no longer be applied.", proposal.problems)
        return self.apply(proposal, actor, ConfigHow.ROLL_BACK, f"back to version {number}: {proposal.words}")

    def text_of(self, number: int) -> str:
        """The text of an applied version; NotFound if there is none, or its text has ended."""
        with self._store.reading() as session:
            row = version(session, number)
        if row is None or row.text is None:
            raise NotFound(f"Version {number} of {self.path.name} is not kept.")
        return row.text

    # What came by the file itself.

    def take(self, how: ConfigHow, actor: str | None = None, *, again: bool = False) -> ConfigVersion | None:
        """Apply what the file now holds. None if the hub runs that text already, unless it is to be read `again`, with the
        files and variables that it names; ConfigError, noted once, if it has problems."""
        text = read_text(self.path)
        with self._store.reading() as session:
            if not again and _is(newest(session), text):
                return None
        try:
            config = self.check(text)
        except ConfigError as error:
            with self._store.writing() as session:
                write_refused(session, text, error.problems or (Problem(str(error)),), self._clock(), how, actor)
            raise
        with self._store.writing() as session:
            lock_versions(session)
            latest = newest(session)
            if not again and _is(latest, text):
                return None
            words = "the first version"
            if latest is not None:
                words = (
                    "read again"
                    if _is(latest, text)
                    else in_words(tree_or_empty(latest.text or ""), tree_or_empty(text))
                )
            row = write_applied(session, text, config, self._clock(), how, actor, words)
        self.applied(row.number or 0)
        return row

    def start(self) -> tuple[int, str]:
        """The version that a starting process runs, and its text: what the file holds, which becomes a version if it is
        new. A copy of the file that is older than the newest version, such as that of another machine, is passed over."""
        text = read_text(self.path)
        with self._store.reading() as session:
            latest = newest(session)
            known = was_applied(session, sha256_of(text))
        saved = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        if latest is not None and latest.text is not None and known and saved < latest.at:
            if latest.sha256 != sha256_of(text):
                log.warning("config.yaml on this machine is older than the version that runs", version=latest.number)
            return latest.number or 0, latest.text
        row = self.take(ConfigHow.START)
        if row is None:
            return self.newest_number() or 0, text
        return row.number or 0, text

    def newest_number(self) -> int | None:
        """The number of the version that all processes run, or are about to."""
        with self._store.reading() as session:
            return newest_number(session)

    # The disk.

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time on this machine. The folder is locked, because a rename replaces the file."""
        folder = os.open(self.path.resolve().parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _write(self, content: bytes) -> None:
        """Replace the file as a whole, with its mode and owner. Where the folder allows no rename, as with a file that
        is mounted alone into a container, it is written in place."""
        target = self.path.resolve()
        status = target.stat()
        try:
            with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as made:
                made.write(content)
                made.flush()
                os.fchmod(made.fileno(), stat.S_IMODE(status.st_mode))
                with contextlib.suppress(PermissionError):
                    os.fchown(made.fileno(), status.st_uid, status.st_gid)
                os.fsync(made.fileno())
        except OSError:
            _write_in_place(target, content)
            return
        try:
            Path(made.name).replace(target)
        except OSError:
            Path(made.name).unlink()
            _write_in_place(target, content)


def _write_in_place(target: Path, content: bytes) -> None:
    with target.open("r+b") as stream:
        stream.write(content)
        stream.truncate()
        stream.flush()
        os.fsync(stream.fileno())


def _is(latest: ConfigVersion | None, text: str) -> bool:
    return latest is not None and latest.sha256 == sha256_of(text)
