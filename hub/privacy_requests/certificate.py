"""The signed certificate of an erasure: what was erased, by whom and when, and what could not be recalled and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.model import Company, Disclosure, PrivacyRequest, RequestTask
from hub.model.states import RequestState, TaskState
from hub.platform.id_words import words_of
from hub.privacy.erasure import actions_of
from hub.privacy.restriction import LEGAL
from hub.privacy_requests import receivers
from hub.privacy_requests.erase import HOOK, LOG, WHAT_REMAINS
from hub.privacy_requests.providers import retract
from hub.privacy_requests.providers.stand_ins import REHEARSAL, STAND_INS_KEY, warning_of
from hub.runtime import Hub
from hub.store.encryption.keyring import CERTIFICATES
from hub.store.journal.keys import journal_keys

FORMAT = "ringfence erasure certificate 3"
UNDER_HOLD = "Everything: a legal duty keeps it for now. It is erased once that duty ends."


def certify(session: Session, hub: Hub, request: PrivacyRequest, now: datetime) -> dict[str, object]:
    """The certificate of a finished erasure, or of one that a legal hold blocks, signed with the hub's newest key
    (Ed25519). It names nobody: it contains a keyed hash of the person, and the request number that the person was
    given.

    A provider's "nothing held" is compared with the record of disclosures. If the provider was given data of the
    person, or the hub knows records there, the result is `not_confirmed`.
    """
    company = session.get_one(Company, request.company_id)
    outcome = request.outcome
    rehearsed = outcome.get(STAND_INS_KEY, [])
    tasks = session.exec(
        select(RequestTask).where(RequestTask.request_id == request.id).order_by(col(RequestTask.connector))
    ).all()
    questions = {each["connector"]: each for each in outcome.get("asked", ())}
    back = {each["connector"]: each for each in outcome.get("take_back", ())}
    given = _given(session, request)
    providers = [
        _answer(task, questions[task.connector], given.get(task.connector), task.connector in rehearsed)
        for task in tasks
        if task.hook == HOOK and task.connector in questions
    ]
    taken_back = [
        _taken_back(task, back[task.connector], task.connector in rehearsed)
        for task in tasks
        if task.hook == retract.HOOK and task.connector in back
    ]
    rows = outcome.get("rows", {})
    document = {
        "format": FORMAT,
        "request": request.id,
        "company": company.title,
        "kind": request.kind,
        "person": request.fingerprint,
        "received_at": request.received_at.isoformat(),
        "certified_at": now.isoformat(),
        STAND_INS_KEY: rehearsed,
        "erased_here": {
            "rows": rows,
            "done": actions_of(rows),
            "keys_destroyed": outcome.get("keys", 0),
            "files": outcome.get("files", 0),
            "at": outcome.get("erased_at"),
            "by": outcome.get("erased_by"),
        },
        "erased_at_providers": providers,
        "taken_back": taken_back,
        "receivers": receivers.notified(tasks, outcome),
        "not_recalled": [
            *outcome.get("not_recallable", ()),
            *(
                {"recipient": each["recipient"], "why": each["note"]}
                for each in providers
                if each["result"] in ("impossible", "partly_erased")
            ),
        ],
        "remains": [UNDER_HOLD] if request.state == RequestState.HELD else list(WHAT_REMAINS),
    }
    public, signature = hub.keyring.sign_publicly(CERTIFICATES, canonical(document))
    return {**document, "public_key": public, "signature": signature}


def is_genuine(hub: Hub, certificate: Mapping[str, object]) -> bool:
    """Whether exactly this was signed with one of the hub's keys, also one that was retired afterwards."""
    document = {name: value for name, value in certificate.items() if name not in ("public_key", "signature")}
    public_key, signature = str(certificate.get("public_key")), str(certificate.get("signature"))
    try:
        at = datetime.fromisoformat(str(document.get("certified_at")))
    except ValueError:
        return False
    with hub.store.reading() as session:
        keys = journal_keys(session, hub.keyring)
    return at.tzinfo is not None and keys.signed(CERTIFICATES, canonical(document), public_key, signature, at)


def _given(session: Session, request: PrivacyRequest) -> Mapping[str, Mapping[str, object]]:
    """By connector, what it was given of the person according to the record of disclosures: first day, last day and
    categories. Connectors that were only asked because of a request of the person are left out.
    """
    ids = request.known_as.get(LOG, {})
    theirs = or_(
        col(Disclosure.person_id).in_(ids.get("people", ())), col(Disclosure.subject_id).in_(ids.get("subjects", ()))
    )
    given: dict[str, dict[str, Any]] = {}
    rows = select(Disclosure).where(theirs, Disclosure.use != LEGAL).order_by(col(Disclosure.disclosed_at))
    for row in session.exec(rows):
        day = row.disclosed_at.date().isoformat()
        entry = given.setdefault(row.connector, {"first": day, "last": day, "categories": []})
        entry["last"], entry["categories"] = day, sorted({*entry["categories"], *row.categories})
    return given


def _answer(
    task: RequestTask, question: Mapping[str, Any], given: Mapping[str, object] | None, rehearsed: bool
) -> dict[str, Any]:
    """One provider's answer, compared with what the hub knows."""
    result, note = _result(task), task.reason or question["note"]
    known = question.get("known_records", 0)
    if result == "nothing_held" and (given or known):
        result = "not_confirmed"
        note = f"It {_what_is_known(given, known)}; it answered that it has nothing, which is not confirmed."
    return {
        "recipient": question["recipient"],
        "connector": task.connector,
        "result": result,
        "records": task.records,
        "given": given,
        STAND_INS_KEY: rehearsed,
        "at": task.finished_at.isoformat() if task.finished_at else None,
        "note": note,
    }


def _what_is_known(given: Mapping[str, object] | None, known: int) -> str:
    said = []
    if given is not None:
        days = given["first"] if given["first"] == given["last"] else f"{given['first']} to {given['last']}"
        said.append(f"received data on {days}")
    if known:
        said.append(f"had {known} record{'' if known == 1 else 's'} that the hub knew")
    return " and ".join(said)


def _taken_back(task: RequestTask, wanted: Mapping[str, object], rehearsed: bool) -> dict[str, object]:
    """The result for the conversions that a network was to take back. What was uploaded for them stays at the network."""
    return {
        "recipient": wanted["recipient"],
        "connector": task.connector,
        "conversions": wanted["conversions"],
        "taken_back": task.records,
        STAND_INS_KEY: rehearsed,
        "at": task.finished_at.isoformat() if task.finished_at else None,
        "note": task.reason,
    }


def _result(task: RequestTask) -> str:
    if task.state == TaskState.IMPOSSIBLE:
        return "partly_erased" if task.records else "impossible"
    return "erased" if task.records else "nothing_held"


def as_text(certificate: Mapping[str, Any]) -> str:
    """The certificate as plain lines for people."""
    here = certificate["erased_here"]
    warning = warning_of(certificate.get(STAND_INS_KEY) or ())
    lines = [
        *([warning, ""] if warning else []),
        f"Certificate of erasure, request {certificate['request']}",
        f"{certificate['company']} received this request at {certificate['received_at']}.",
        "",
        *_here_lines(here),
        "",
        "Asked to erase:",
        *_or_nothing([_provider_line(each) for each in certificate["erased_at_providers"]]),
        "",
        "Conversions taken back (retracted, or restated to zero if the network has no retraction):",
        *_or_nothing([_back_line(each) for each in certificate.get("taken_back", ())]),
        "",
        "Addresses of webhooks notified that the person was erased, with the ids of what each was sent:",
        *_or_nothing([f"  {receivers.as_line(each)}" for each in certificate.get("receivers", ())]),
        "",
        "Could not be recalled:",
        *_or_nothing([f"  {each['recipient']}: {each['why']}" for each in certificate["not_recalled"]]),
        "",
        "What remains:",
        *(f"  {each}" for each in certificate["remains"]),
        "",
        f"Signed with Ed25519, public key {certificate['public_key']}:",
        f"  {certificate['signature']}",
    ]
    return "\n".join(lines) + "\n"


def _here_lines(here: Mapping[str, Any]) -> list[str]:
    if not here["at"]:
        return ["Nothing was erased here."]
    keys, files = here["keys_destroyed"], here["files"]
    return [
        f"Erased here, {here['at']}, by {here['by']}:",
        *(f"  {each}" for each in here.get("done") or [f"rows of {name}: {n}" for name, n in here["rows"].items()]),
        f"  {keys} {'key' if keys == 1 else 'keys'} destroyed: everything encrypted with it is unreadable in every backup too",
        f"  {files} audio {'file' if files == 1 else 'files'} deleted",
    ]


def _or_nothing(lines: Sequence[str]) -> Sequence[str]:
    return lines or ["  nothing"]


def _provider_line(answer: Mapping[str, object]) -> str:
    records = f"{answer['records']} record{'' if answer['records'] == 1 else 's'}"
    result = words_of(str(answer["result"]))
    return f"  {answer['recipient']}: {_rehearsed(answer)}{result}, {records}, {answer['at']}. {answer['note']}"


def _back_line(retraction: Mapping[str, object]) -> str:
    count = f"{retraction['taken_back']} of {retraction['conversions']}"
    note = f" {retraction['note']}" if retraction["note"] else ""
    return f"  {retraction['recipient']}: {_rehearsed(retraction)}{count}, {retraction['at']}.{note}"


def _rehearsed(answer: Mapping[str, object]) -> str:
    return f"{REHEARSAL}, " if answer.get(STAND_INS_KEY) else ""


def canonical(document: Mapping[str, object]) -> bytes:
    """The bytes of a document that are signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
