"""A conversation as a company writes it down to test its flow: what the caller says, what is answered, and where it ends.

# A flooded basement at night reaches the person on call.
flow: office
at: 2026-11-23T22:00
caller: My basement is flooding!
assistant: the person on call
ends at: on_call
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.contracts.transcripts import TranscriptPart
from hub.errors import CannotDo

OPTIONS = ("company", "flow", "at", "from", "source", "keys", "ends at")
CALLER, ASSISTANT = "caller", "assistant"
MAX_LINES = 200


@dataclass(frozen=True)
class Script:
    """What a file says."""

    options: Mapping[str, str]
    says: tuple[str, ...]
    """What the caller says; blank for silence."""
    expects: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """By turn of the caller, from 1 on, and 0 for the opening: words that the assistant's answer must have."""

    def wrong(self, lines: Sequence[TranscriptPart], steps: Sequence[str]) -> list[str]:
        """What went otherwise than the file says, each in a sentence."""
        answers: list[list[TranscriptPart]] = [[]]
        for line in lines:
            if line.channel == CALLER:
                answers.append([])
            else:
                answers[-1].append(line)
        found = []
        for turn, wanted in self.expects.items():
            said = " ".join(each.text or "" for each in answers[turn]) if turn < len(answers) else ""
            missing = [words for words in wanted if _folded(words) not in _folded(said)]
            found += [f"After turn {turn} it should say “{words}”; it says “{said}”." for words in missing]
        end = self.options.get("ends at")
        if end is not None and (not steps or steps[-1] != end):
            found.append(f"The call should end at {end}; it ends at {steps[-1] if steps else 'no step'}.")
        return found


def parse_script(text: str, name: str) -> Script:
    """Read a file; CannotDo names the line that cannot be read."""
    options: dict[str, str] = {}
    says: list[str] = []
    expects: dict[int, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip() or key.startswith("#"):
            continue
        if key == CALLER and colon:
            says.append(value)
        elif key == ASSISTANT and colon:
            expects[len(says)] = (*expects.get(len(says), ()), value)
        elif key in OPTIONS and colon:
            options[key] = value
        else:
            known = ", ".join(f"`{each}:`" for each in (CALLER, ASSISTANT, *OPTIONS))
            raise CannotDo(f"{name}, line {number} cannot be read; a line begins with #, {known}.")
    if not says or len(says) > MAX_LINES:
        raise CannotDo(f"{name} needs 1 to {MAX_LINES} lines that begin with `caller:`.")
    return Script(options, tuple(says), expects)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
