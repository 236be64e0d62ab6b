"""The steps of the switch-over plan that somebody ticked off: kept with who and when, and in the audit trail."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from hub.errors import CannotDo
from hub.importing.switch_over.plan import SwitchPlan, switch_steps
from hub.model.imports import SwitchStep
from hub.store import audit


def tick_step(session: Session, plan: SwitchPlan, step: str, now: datetime, actor: str, *, undo: bool = False) -> None:
    """Tick a step of the plan off within `session`, or with `undo` no longer. CannotDo names the steps if there is none of
    that name. A step that is ticked already keeps who did it first."""
    if step not in switch_steps(plan):
        raise CannotDo(f"The plan has no step {step}; its steps are {', '.join(switch_steps(plan))}.")
    known = session.get(SwitchStep, step)
    if undo == (known is None):
        return
    if known is not None:
        session.delete(known)
    else:
        session.add(SwitchStep(step=step, done_at=now, done_by=actor))
    audit.note(session, now, actor, "import.plan", step, "undone" if undo else "done")
