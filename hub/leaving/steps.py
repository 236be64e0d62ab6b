"""What a user decides about the end of a company: request it, call it off, confirm it. Each is in the audit trail."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session, select

from hub.errors import CannotDo
from hub.hookspecs import PrivacyHooks
from hub.model import Company, CompanyEnd, Tracker, TrackingNumber
from hub.model.company_ends import CompanyEndState
from hub.queries.lookup import known
from hub.queries.privacy.company_end import blockers_of, current_end
from hub.runtime import Hub
from hub.store import audit


def request_end(
    session: Session, hub: Hub, company: Company, actor: str, *, hand_over: Collection[str], keep_at: Collection[str]
) -> CompanyEnd:
    """Begin the end of a company, or change what was chosen for it, within `session`. Nothing else is changed.

    `hand_over` are tracking numbers that are not given back to their carrier, `keep_at` connectors that are not asked to
    erase anybody. After the confirmation only numbers that could not be given back may be added to `hand_over`. CannotDo if
    a number or a connector is not the company's, or if the company has ended.
    """
    _check(session, hub, company, hand_over, keep_at)
    end = current_end(session, company.id)
    if end is not None and end.state == CompanyEndState.DONE:
        raise CannotDo(f"{company.title} has ended already; its certificate says what was done.")
    if end is not None and end.state == CompanyEndState.RUNNING:
        if sorted(keep_at) != end.keep_at:
            raise CannotDo("It is confirmed already; only numbers to hand over may still be added.")
        end.hand_over = sorted({*end.hand_over, *hand_over})
    else:
        end = end or CompanyEnd(company_id=company.id, requested_by=actor, requested_at=hub.clock())
        end.hand_over, end.keep_at = sorted(hand_over), sorted(keep_at)
    session.add(end)
    detail = f"{len(end.hand_over)} numbers handed over; not asked: {', '.join(end.keep_at) or 'none'}"
    audit.note(session, hub.clock(), actor, "company.end.request", company.id, detail)
    return end


def cancel_end(session: Session, hub: Hub, company: Company, actor: str) -> None:
    """Call the end of a company off, within `session`. CannotDo if there is none, or it is confirmed."""
    end = current_end(session, company.id)
    if end is None or end.state != CompanyEndState.REQUESTED:
        raise CannotDo("There is no end to call off: it was not requested, or it is confirmed already.")
    end.state, end.finished_at = CompanyEndState.CANCELLED, hub.clock()
    session.add(end)
    audit.note(session, hub.clock(), actor, "company.end.cancel", company.id)


def confirm_end(
    session: Session, hub: Hub, company: Company, actor: str, name: str, *, without_export: bool = False
) -> CompanyEnd:
    """Confirm the end of a company by its name, within `session`; `hub.leaving.run` then carries it out. Confirming again
    changes nothing. CannotDo if something blocks it, or if nothing was exported and that is not wanted."""
    end = current_end(session, company.id)
    if end is None:
        raise CannotDo("Request the end of the company first; the plan says what will be done.")
    if name != company.name:
        raise CannotDo(f"Type the company's short name, {company.name}, to confirm.")
    if end.state != CompanyEndState.REQUESTED:
        return end
    blockers = blockers_of(session, company.id)
    if blockers:
        raise CannotDo(" ".join(blockers))
    if not end.exported and not without_export:
        raise CannotDo("Nothing was exported yet; export the company's data first, or say that no export is wanted.")
    end.state, end.confirmed_by, end.confirmed_at = CompanyEndState.RUNNING, actor, hub.clock()
    end.outcome = {"connectors": hub.config.own_connectors(company.name)}
    session.add(end)
    audit.note(
        session, hub.clock(), actor, "company.end.confirm", company.id, "" if end.exported else "without an export"
    )
    return end


def _check(session: Session, hub: Hub, company: Company, hand_over: Collection[str], keep_at: Collection[str]) -> None:
    numbers = select(TrackingNumber.number).join(Tracker).where(Tracker.company_id == company.id)
    own = set(session.exec(numbers))
    for number in hand_over:
        if number not in own:
            raise CannotDo(f"{number} is not a tracking number of {company.title}.")
    able = [name for name in hub.plugins.with_hook(PrivacyHooks.erase_person) if _serves(hub, name, company)]
    for name in keep_at:
        known(name, able, "connector that would be asked to erase people, named")


def _serves(hub: Hub, connector: str, company: Company) -> bool:
    return hub.config.connectors[connector].serves(company.name)
