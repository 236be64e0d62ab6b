"""Erasing a person: rows are deleted or emptied, keys destroyed, and tombstones prevent backups from restoring the data."""

from hub.privacy.erasure.erase import (
    ErasedPerson,
    NotKnown,
    erase_person,
    erase_unowned,
    plan_erasure,
    replay_tombstones,
)
from hub.privacy.erasure.reach import PersonData, reach_of
from hub.privacy.erasure.rows import actions_of, empty_webhooks, rules_about

__all__ = [
    "ErasedPerson", "NotKnown", "PersonData", "actions_of", "empty_webhooks", "erase_person", "erase_unowned",
    "plan_erasure", "reach_of", "replay_tombstones", "rules_about",
]  # fmt: skip
