"""The journal: hash chains over every evidence row, so that a changed, deleted or added row is detected."""

from hub.store.journal.deferred import take_waiting
from hub.store.journal.entries import GENESIS, append, record, write_evidence, write_pending
from hub.store.journal.moves import move_evidence
from hub.store.journal.rotation import retire_older_keys
from hub.store.journal.signing import SignedEnd, end_lives, sign_due, sign_ends, undo, undo_disclosure
from hub.store.journal.watched import chain_of_company, touch

__all__ = [
    "GENESIS", "SignedEnd", "append", "chain_of_company", "end_lives", "move_evidence", "record", "retire_older_keys",
    "sign_due", "sign_ends", "take_waiting", "touch", "undo", "undo_disclosure", "write_evidence", "write_pending",
]  # fmt: skip
