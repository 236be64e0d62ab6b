"""Transfers a company to another account of the hub: one edit of config.yaml, with which its rows move."""

from __future__ import annotations

from hub.errors import CannotDo
from hub.model import Company
from hub.model.states import ConfigHow
from hub.queries.privacy.company_transfer import TransferPlan, plan_company_transfer
from hub.reload.company_changes import into_account
from hub.reload.config_file import ConfigFile
from hub.runtime import Hub


def transfer_company(hub: Hub, file: ConfigFile, company: Company, to: str, actor: str, typed: str) -> TransferPlan:
    """Move a company with all its rows to the account `to`, and return the plan that was carried out.

    The rows, the journal of both accounts and the version of config.yaml are written in one transaction. A process that dies
    after it wrote the file leaves the rest to the next process that reads the file, before that does anything else.
    CannotDo if something blocks it, `typed` is not the company's name, or config.yaml cannot be edited.
    """
    with hub.store.reading() as session:
        planned = plan_company_transfer(session, hub, company, to)
    if typed != planned.name:
        raise CannotDo(f"Type the company's short name, {planned.name}, to confirm the transfer.")
    if planned.blockers:
        raise CannotDo(" ".join(planned.blockers))
    if planned.there:
        return planned
    changes = into_account(hub.config, file.read().text, planned.name, to)
    note = f"{planned.name} moves from {planned.old} to {to}"
    proposal = file.apply_edit(changes, actor, ConfigHow.COMMAND, note)
    if proposal.problems:
        raise CannotDo(f"config.yaml cannot be edited: {proposal.problems[0].text}")
    if proposal.version is None:
        raise CannotDo(f"{file.path.name} is read-only here; apply this change where it comes from:\n{proposal.diff}")
    return planned
