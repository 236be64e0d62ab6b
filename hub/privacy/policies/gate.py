"""Refuses what a policy version introduces for every account that has not accepted it. Plugins cannot override this."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from hub.contracts.consent import ConsentQuestion, Decision, Opinion, strictest
from hub.platform.id_words import words_of
from hub.privacy.policies.standing import Wait, waits

NOT_ACCEPTED, NOT_IN_FORCE = "policy.not_accepted", "policy.not_in_force"
SPEAKER = "hub"
"""The name of this check among the opinions of the consent plugins."""


def hold_to_policies(
    session: Session, account_ids: Sequence[str], questions: Sequence[ConsentQuestion], decisions: Sequence[Decision]
) -> list[Decision]:
    """The decisions, with a no added if a question asks for something that its account has not accepted.

    `account_ids`, `questions` and `decisions` have the same order. The no is the first opinion, so it is the ruling.
    """
    if not questions:
        return list(decisions)
    waiting = waits(session, account_ids, max(question.at for question in questions))
    return [
        _held(decision, question, waiting.get(account_id, ()))
        for account_id, question, decision in zip(account_ids, questions, decisions, strict=True)
    ]


def _held(decision: Decision, question: ConsentQuestion, waiting: Sequence[Wait]) -> Decision:
    against = [
        each
        for each in waiting
        if each.novelty.covers(question.use, question.recipient.name, question.categories)
    ]  # fmt: skip
    if not against:
        return decision
    # If there are several, the one that only the account's acceptance can lift.
    return strictest([(SPEAKER, _opinion(min(against, key=lambda each: each.accepted))), *decision.opinions])


def _opinion(wait: Wait) -> Opinion:
    document = f"{words_of(wait.version.kind)} {wait.version.name}"
    evidence = {"policy_version": wait.version.id, "introduces": str(wait.novelty)}
    if wait.accepted:
        return Opinion(
            verdict="deny",
            rule_id=NOT_IN_FORCE,
            reason=f"The {document} introduces this and is accepted, but not in force yet.",
            evidence=evidence,
            not_before=wait.not_before,
        )
    return Opinion(
        verdict="deny",
        rule_id=NOT_ACCEPTED,
        reason=f"The {document} introduces this, and the account has not accepted it; see hub policy status.",
        evidence=evidence,
    )
