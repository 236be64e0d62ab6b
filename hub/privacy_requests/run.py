"""Carries out a request after the person is verified. Tasks for providers are retried until each has answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlmodel import col, select

from hub.errors import NotSupported, PluginDied, Rejected, RingfenceError, place_of
from hub.hookspecs import PrivacyHooks
from hub.model import Company, PrivacyRequest, RequestTask
from hub.model.states import CLOSED_REQUEST_STATES, RequestState, TaskState
from hub.platform.backoff import exponential
from hub.privacy_requests import erase, receivers, rights
from hub.privacy_requests.access_file import keep_file, packed
from hub.privacy_requests.california_marketing import answered_this_year, disclosed_last_year
from hub.privacy_requests.certificate import certify
from hub.privacy_requests.collect import ask_plugins, collect
from hub.privacy_requests.emails import send_link, send_reminder
from hub.privacy_requests.erased_bytes import ERASURES, clear_now
from hub.privacy_requests.identity_proof import send_wanted_code
from hub.privacy_requests.people import known_people, reference_of
from hub.privacy_requests.providers.stand_ins import REHEARSAL, STAND_INS_KEY, note_rehearsal, stand_ins, warning_of
from hub.privacy_requests.providers.tasks import ask_provider
from hub.privacy_requests.steps import RequestRefused, refuse, take_step
from hub.privacy_requests.tasks import ANSWER, SEND_CODE, SEND_LINK, SEND_REMINDER, confirmed_by
from hub.runtime import Hub
from hub.store import audit
from hub.store.claims import claim, complete
from hub.store.encryption.encrypted_fields import correction_in
from hub.store.quarantine.deaths import DEATH_WAIT, after_death
from hub.store.rows import write_rows

log = structlog.get_logger(__name__)
ONCE_A_YEAR = "Already answered in this calendar year; the law requires one answer a year."
TASK_BATCH_SIZE = 10
MAX_RETRY_SECONDS = 3_600.0


def run(hub: Hub, request_id: str, actor: str) -> PrivacyRequest:
    """Do what the request asks for, and ask every provider one time. Returns the request after that.

    RequestRefused if it is closed, the person is not verified, a legal hold blocks it, or a parent's confirmation is
    missing.
    """
    with hub.store.reading() as session:
        request = session.get_one(PrivacyRequest, request_id)
    if request.state in CLOSED_REQUEST_STATES:
        raise RequestRefused("This request is closed; open a new one.")
    if request.verified_at is None:
        raise RequestRefused(
            "The person's identity is not proven; have them prove it on their page, or note how you verified it."
        )
    _DO[request.kind](hub, request_id, actor)
    work_tasks(hub, request_id)
    finish(hub, request_id, actor)
    with hub.store.reading() as session:
        return session.get_one(PrivacyRequest, request_id)


def work_tasks(hub: Hub, request_id: str | None = None) -> int:
    """Run due tasks: erasures and corrections at providers, answers, emails. Returns how many were claimed.

    With `request_id`, only the tasks of that request, and failed ones at once.
    """
    where: Sequence[object] = ()
    if request_id is not None:
        where = (col(RequestTask.request_id) == request_id, col(RequestTask.connector) != "")
        with hub.store.writing() as session:
            waiting = select(RequestTask).where(*where, RequestTask.state == TaskState.READY)
            for task in session.exec(waiting):
                task.due_at = min(task.due_at, hub.clock())
                session.add(task)
    token, tasks = claim(hub.store, RequestTask, now=hub.clock(), limit=TASK_BATCH_SIZE, where=where)
    if not tasks:
        return 0
    with hub.heartbeat.keeping(RequestTask, token):
        for task in tasks:
            outcome = _try(hub, task)
            with hub.store.writing() as session:
                complete(session, RequestTask, [task.id], token, **outcome)
                if outcome["state"] != TaskState.READY and task.connector:
                    request = session.get_one(PrivacyRequest, task.request_id)
                    detail = f"{task.connector}: {outcome['state']}, {outcome['records']} records"
                    if rehearsed := stand_ins(hub, [task.connector]):
                        detail = f"{REHEARSAL}: {detail}"
                        note_rehearsal(request, rehearsed)
                    take_step(session, request, "hub", task.hook, detail, hub.clock())
            finish(hub, task.request_id, "hub")
    return len(tasks)


def finish(hub: Hub, request_id: str, actor: str) -> None:
    """Close and certify an erasure or a correction if all its providers have answered; else let it wait for them."""
    now = hub.clock()
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        if request.state not in (RequestState.RUNNING, RequestState.WAITING_PLUGIN):
            return
        tasks = session.exec(
            select(RequestTask).where(RequestTask.request_id == request_id, RequestTask.connector != "")
        ).all()
        if any(task.state in (TaskState.READY, TaskState.LEASED) for task in tasks):
            if request.state != RequestState.WAITING_PLUGIN:
                take_step(session, request, actor, "waiting", "for providers", now, RequestState.WAITING_PLUGIN)
            return
        if request.kind in ERASURES:
            if "erased_at" not in request.outcome:
                return
            request.certificate = certify(session, hub, request, now)
            erase.forget_who(session, hub, request)
        else:
            request.known_as, request.correction = {}, None
        rehearsed = (
            f", {REHEARSAL}: {len(request.outcome[STAND_INS_KEY])} sandboxes"
            if request.outcome.get(STAND_INS_KEY)
            else ""
        )
        take_step(
            session, request, actor, "done", f"{len(tasks)} providers answered{rehearsed}", now, RequestState.DONE
        )
    if request.kind in ERASURES:
        clear_now(hub)


def _try(hub: Hub, task: RequestTask) -> dict[str, object]:
    now = hub.clock()
    try:
        records, reason, impossible = _ask(hub, task)
    except (NotSupported, Rejected, RequestRefused) as error:
        records, reason, impossible = 0, str(error), True
    except PluginDied as error:
        ended = {"records": task.records, "finished_at": None}
        return ended | after_death(RequestTask, task, error, now + DEATH_WAIT, now)
    except Exception as error:  # noqa: BLE001 - whatever a provider or a storage does, it is tried again
        if not isinstance(error, RingfenceError):
            log.error("request failed", error=type(error).__name__, at=place_of(error), hook=task.hook)
        wait = timedelta(seconds=exponential(15, task.attempts, MAX_RETRY_SECONDS))
        reason = str(error) if isinstance(error, RingfenceError) else f"It failed ({type(error).__name__})."
        return {
            "state": TaskState.READY,
            "due_at": now + wait,
            "reason": reason,
            "records": task.records,
            "finished_at": None,
        }
    state = TaskState.IMPOSSIBLE if impossible else TaskState.DONE
    return {"state": state, "due_at": task.due_at, "reason": reason, "records": records, "finished_at": now}


def _ask(hub: Hub, task: RequestTask) -> tuple[int, str | None, bool]:
    """The number of changed records, the provider's remark, and whether it cannot do it."""
    if task.hook == SEND_CODE:
        send_wanted_code(hub, task.request_id)
        return 0, None, False
    if task.hook == SEND_LINK:
        send_link(hub, task.request_id)
        return 0, None, False
    if task.hook == SEND_REMINDER:
        send_reminder(hub, task.request_id)
        return 0, None, False
    if task.hook == ANSWER:
        with hub.store.reading() as session:
            actor = confirmed_by(session, task.request_id) or "hub"
        run(hub, task.request_id, actor)
        return 0, None, False
    if task.hook == receivers.HOOK:
        return receivers.result_of(hub, task)
    return ask_provider(hub, task)


def _answer_file(hub: Hub, request_id: str, actor: str) -> None:
    """Answer access and portability, which use the same file: all data of the hub, and what providers have."""
    with hub.store.reading() as session:
        request = session.get_one(PrivacyRequest, request_id)
    # Ask the providers first, so that the file lists them as recipients too.
    held = ask_plugins(hub, request)
    with hub.store.reading() as session:
        answer = collect(session, hub, request)
    answer.sections["what providers have"] = held
    rehearsed = stand_ins(hub, (each["connector"] for each in held))
    if rehearsed:
        answer.about[STAND_INS_KEY] = warning_of(rehearsed)
    data = packed(answer)
    now = hub.clock()
    with hub.store.writing() as session:
        current = session.get_one(PrivacyRequest, request.id)
        for action, subject in answer.opened:
            audit.note(session, now, actor, action, subject, request.id)
        keep_file(session, hub, current, data)
        counts = {title: len(records) for title, records in answer.sections.items()}
        current.outcome = {"sections": counts, "files": len(answer.files)}
        note_rehearsal(current, rehearsed)
        take_step(session, current, actor, "answered", f"{sum(counts.values())} records", now, RequestState.DONE)


def _third_parties(hub: Hub, request_id: str, actor: str) -> None:
    now = hub.clock()
    with hub.store.writing() as session:
        current = session.get_one(PrivacyRequest, request_id)
        company = session.get_one(Company, current.company_id)
        if answered_this_year(session, current, company.time_zone):
            refuse(session, current, actor, ONCE_A_YEAR, now)
            return
        answer = disclosed_last_year(session, hub, current)
        keep_file(session, hub, current, packed(answer))
        count = len(answer.sections["third parties"])
        current.outcome = {"third_parties": count, "year": answer.about["year"]}
        take_step(session, current, actor, "answered", f"{count} third parties", now, RequestState.DONE)


def _correct(hub: Hub, request_id: str, actor: str) -> None:
    now = hub.clock()
    with hub.store.writing() as session:
        current = session.get_one(PrivacyRequest, request_id)
        if current.known_as:
            return
        people = known_people(session, current, now)
        person = reference_of(session, current, people)
        changed = rights.correct(session, hub, current, people)
        company = session.get_one(Company, current.company_id)
        current.known_as = {"phone_numbers": list(person.phone_numbers), "emails": list(person.emails)}
        current.outcome = {
            "people": changed,
            "fields": sorted(name for name, value in correction_in(hub.vault, session, current).items() if value),
        }
        tasks = [
            RequestTask(request_id=current.id, hook="correct_person", connector=name, due_at=now)
            for name in hub.plugins.with_hook(PrivacyHooks.correct_person)
            if hub.config.connectors[name].serves(company.name)
        ]
        write_rows(session, RequestTask, tasks)
        take_step(session, current, actor, "corrected", f"{changed} people", now, RequestState.RUNNING)


def _erase_child(hub: Hub, request_id: str, actor: str) -> None:
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        if not request.evidence and "parent" not in request.outcome:
            raise RequestRefused("A parent's consent is not noted; note what the parent showed as the proof first.")
        if request.evidence:
            digest = hashlib.sha256(request.evidence.encode()).hexdigest()
            request.outcome = {**request.outcome, "parent": f"sha256:{digest}"}
            session.add(request)
    erase.erase(hub, request_id, actor)


_DO: dict[str, Callable[[Hub, str, str], None]] = {
    "access": _answer_file,
    "portability": _answer_file,
    "correction": _correct,
    "erasure": erase.erase,
    "objection": rights.say_no,
    "restriction": rights.say_no,
    "third_party_disclosure": _third_parties,
    "child": _erase_child,
    "opt_in": rights.opt_in,
}
