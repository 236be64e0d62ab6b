"""What a text of config.yaml would do: its problems, the diff and the words, and whether it may be applied."""

from __future__ import annotations

from dataclasses import dataclass

from hub.access.users import Editor
from hub.errors import NotFound
from hub.model import ConfigProcess
from hub.reload import ConfigFile, Proposal
from hub.reload.user_limits import has_one_account
from hub.reload.versions import living
from hub.web.pages.config.diff_rows import Diff, diff_rows
from hub.web.pages.config.retyped import SecretField, secret_fields
from hub.web.pages.request import PageRequest


@dataclass(frozen=True)
class Review:
    """A text that is not applied, beside the one that runs."""

    proposal: Proposal
    diff: Diff
    is_behind: bool
    """The running text changed after this one was begun."""
    processes: int

    @property
    def secret_fields(self) -> list[SecretField]:
        """The secrets that can be typed so that the text may be applied."""
        return secret_fields(self.proposal)

    @property
    def lines(self) -> str:
        """line 209; lines 209, 224 and 3 more."""
        numbers = sorted({each.line for each in self.proposal.problems if each.line})
        if not numbers:
            return "it has a problem"
        shown = ", ".join(map(str, numbers[:4])) + (f" and {len(numbers) - 4} more" if len(numbers) > 4 else "")
        return f"line{'' if len(numbers) == 1 else 's'} {shown}"


def editable(page: PageRequest) -> ConfigFile:
    """The file; NotFound if this process has none, or it names other accounts too."""
    file = page.config_file
    if file is None or not has_one_account(file.read().text):
        raise NotFound("There is no file that this user may see.")
    return file


def review(
    page: PageRequest, file: ConfigFile, text: str, base_sha: str, editor: Editor | None = None, *, preview: bool = True
) -> Review:
    """Check a text that was begun from the one with `base_sha`."""
    base = file.read()
    proposal = file.propose(text, editor or page.editor, preview=preview)
    return Review(proposal, diff_rows(base.text, text), base.sha != base_sha, len(running_processes(page)))


def running_processes(page: PageRequest) -> list[ConfigProcess]:
    """The processes that are alive."""
    with page.hub.store.reading() as session:
        return living(session, page.now)


def as_written(text: str) -> str:
    """A text of a form with the line ends of a file; browsers send others."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines if lines.endswith("\n") or not lines else f"{lines}\n"
