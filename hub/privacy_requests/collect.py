"""Collects everything stored about a person for an access request: all rows, texts, recordings, and who received their
data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.contracts.people import PersonReference
from hub.errors import RingfenceError
from hub.hookspecs import PrivacyHooks
from hub.model import (
    Attribution,
    AuthorityDisclosure,
    Call,
    CallerRule,
    CallStep,
    Company,
    ConsentDecision,
    ConsentDetail,
    ConsentEntry,
    Disclosure,
    DoubtfulRefusal,
    FactRow,
    FormSubmission,
    LeadChange,
    Note,
    OptOut,
    OutcomeRow,
    OutgoingCall,
    PageView,
    Person,
    PrivacyRequest,
    RecipientVersion,
    Recording,
    SignalRow,
    SpamScore,
    Tag,
    TextMedia,
    TextMessage,
    Visit,
)
from hub.model.requests import EVERYBODY
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.erasure import PersonData, reach_of, rules_about
from hub.privacy_requests.people import people_of, reached, reference_of, rows_without_person
from hub.privacy_requests.providers.disclose import hand_over
from hub.privacy_requests.providers.scope import scoped, scopes_of
from hub.privacy_requests.providers.stand_ins import STAND_IN, STAND_INS_KEY, is_stand_in
from hub.recordings.listen import hear
from hub.recordings.transcripts import read_transcript
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import fields_of, names_of, notes_of, rule_notes_of, values_of
from hub.texts.bodies import open_body, open_file

INNER = frozenset(
    {"state", "due_at", "lease_until", "lease_token", "attempts", "deaths", "last_hook", "body", "sealed",
     "sealed_name", "sealed_fields", "data", "path", "company_id", "previous_hash", "hash", "expires_at",
     "clicks_end_at", "submission_key"}
)  # fmt: skip
"""Columns that say nothing about the person: processing state, storage paths, and values that the answer shows in words."""
SHARED_ACCOUNT = (
    "Other companies use this account too. You see what belongs to the company that you asked, and the identity "
    "of the shared contact."
)
OF_USERS = ("user_id", "user_number", "made_by", "marked_by")
"""Columns about the people who work with the hub."""
OF_THE_VISIT = ("visit_id", "landing_page", "keyword", "click_ids", "clicked_at", "candidates", "trace")
NOTHING_HELD = "This company has nothing about you under the details that you gave."


@dataclass
class Answer:
    """The whole answer: sections by title, each a list of plain records, and files by name."""

    about: dict[str, Any]
    sections: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    opened: list[tuple[str, str]] = field(default_factory=list)
    """Recordings and transcripts that were decrypted, as (action, subject) for the audit trail; log them before the
    answer is given.
    """

    def as_json(self) -> dict[str, Any]:
        """The whole answer as one document."""
        return {"about": self.about, **self.sections}


def collect(session: Session, hub: Hub, request: PrivacyRequest) -> Answer:
    """Everything that the hub itself stores about the person of `request`. `ask_plugins` asks the providers."""
    company = session.get_one(Company, request.company_id)
    answer = Answer(_about(request, company, hub.clock()))
    reach = reach_of_request(session, hub, request)
    answer.sections["person"] = _named(session, hub, _by_id(session, Person, reach.people), "name")
    answer.sections["calls"] = _named(session, hub, _by_id(session, Call, reach.calls), "caller_name")
    answer.sections["what callers chose"] = _steps(session, reach)
    answer.sections["spam scores"] = _spam_scores(session, reach)
    answer.sections["block and allow lists"] = _caller_rules(session, hub, reach)
    answer.sections["recordings and transcripts"] = _recordings(session, hub, reach, answer)
    answer.sections["texts"] = _texts(session, hub, reach, answer)
    answer.sections["forms"] = _forms(session, hub, reach)
    answer.sections["what may refuse contact"] = _rows(
        session, DoubtfulRefusal, col(DoubtfulRefusal.subject_id).in_(reach.subjects)
    )
    answer.sections["calls to you"] = _rows(
        session, OutgoingCall, col(OutgoingCall.id).in_(reach.outgoing_calls), OF_USERS
    )
    answer.sections["lead status"] = _rows(
        session, LeadChange, col(LeadChange.subject_id).in_(reach.subjects), OF_USERS
    )
    answer.sections["what was read in calls"] = _rows(session, SignalRow, col(SignalRow.subject_id).in_(reach.calls))
    answer.sections["tags"] = _rows(session, Tag, col(Tag.subject_id).in_(reach.subjects), OF_USERS)
    answer.sections["notes"] = _notes(session, hub, reach)
    answer.sections["visits"] = _rows(session, Visit, col(Visit.id).in_(reach.visits))
    answer.sections["pages"] = _rows(session, PageView, col(PageView.visit_id).in_(reach.visits))
    answer.sections["where contacts came from"] = _attributions(session, reach)
    answer.sections["facts"] = _facts(session, hub, reach)
    answer.sections["deals"] = _rows(session, OutcomeRow, col(OutcomeRow.id).in_(reach.outcomes))
    answer.sections["consent"] = _consent(session, hub, reach)
    answer.sections["opt-outs without proof"] = _opt_outs(session, request)
    answer.sections["decisions"] = _rows(
        session, ConsentDecision, col(ConsentDecision.subject_id).in_(reach.subjects), ("opinions",)
    )
    answer.sections["recipients"] = recipients(session, hub, reach, request)
    answer.sections["given to authorities"] = _given_to_authorities(session, hub, request)
    if not any(answer.sections[name] for name in ("person", "deals", "opt-outs without proof")):
        answer.about["result"] = NOTHING_HELD
    return answer


def ask_plugins(hub: Hub, request: PrivacyRequest) -> list[dict[str, Any]]:
    """What each provider says it holds about the person at this company, or why it did not answer: one entry per record
    of the provider. A stand-in's answer is marked as a rehearsal.
    """
    records: list[dict[str, object]] = []
    with hub.store.reading() as session:
        known = reference_for(session, request)
        scopes = scopes_of(session, hub, request, reach_of_request(session, hub, request), "export_person")
        people = {name: scoped(session, hub, request, name, known, scope) for name, scope in scopes.items()}
    for name, person in people.items():
        source = {"recipient": hub.plugins.connectors[name].manifest.recipient.name, "connector": name}
        if is_stand_in(hub, name):
            source[STAND_INS_KEY] = STAND_IN
        try:
            held = hub.plugins.call(
                name, PrivacyHooks.export_person, hand_over(hub, request, name, person, "export_person")
            )
        except RingfenceError as error:
            records.append({**source, "error": str(error)})
            continue
        records += [
            {**source, "type": each.record_type, "id": each.record_id, "fields": dict(each.fields)} for each in held
        ]
        if held and person.shared and hub.config.connectors[name].kind == "crm":
            records.append({**source, "note": SHARED_ACCOUNT})
        if not held:
            records.append({**source, "result": "has nothing under the details that you gave"})
    return records


def recipients(session: Session, hub: Hub, reach: PersonData, request: PrivacyRequest) -> list[dict[str, Any]]:
    """Each disclosure of the person's data, their privacy requests included: recipient by name, time, categories and
    purpose.

    Source: GDPR Art. 15(1)(c); CJEU C-154/21 (unconfirmed): the recipients themselves, not only their kinds.
    """
    query = select(PrivacyRequest.id).where(
        PrivacyRequest.company_id == request.company_id, PrivacyRequest.fingerprint == request.fingerprint
    )
    of_person = or_(
        col(Disclosure.person_id).in_(reach.people),
        col(Disclosure.subject_id).in_(reach.subjects),
        col(Disclosure.subject_id).in_(query),
    )
    rows = session.exec(select(Disclosure).where(of_person).order_by(col(Disclosure.disclosed_at)))
    roles = _roles(session, hub)
    found = []
    for row in rows:
        found.append(
            {
                "recipient": row.recipient,
                "role": roles.get((row.connector, row.recipient), "unknown"),
                "disclosed_at": row.disclosed_at,
                "categories": row.categories,
                "use": row.use,
                "decision": row.decision_id,
            }
        )
    return found


def _roles(session: Session, hub: Hub) -> dict[tuple[str, str], str]:
    """Each recipient's legal role, by connector and name; those that are no longer set up are included."""
    versions = session.exec(select(RecipientVersion).order_by(col(RecipientVersion.since)))
    roles = {(row.connector, row.recipient): str(row.declared.get("role", "unknown")) for row in versions}
    for name, entry in recipients_of(hub.config).items():
        recipient = entry.connector_class.manifest.recipient
        roles[name, recipient.name] = recipient.role
    return roles


def reach_of_request(session: Session, hub: Hub, request: PrivacyRequest) -> PersonData:
    """All rows that a request covers."""
    reach = rows_without_person(request)
    for person in reached(session, request):
        reach |= reach_of(session, hub.config, person)
    return reach


def reference_for(session: Session, request: PrivacyRequest) -> PersonReference:
    """Identifiers (phones, emails) used to look the person up at providers."""
    return reference_of(session, request, people_of(session, request))


def _about(request: PrivacyRequest, company: Company, now: datetime) -> dict[str, object]:
    return {
        "request": request.id,
        "kind": request.kind,
        "company": company.title,
        "made_at": now,
        "asked_for": [each for each in (request.phone_number, request.email) if each],
        "your_rights": "You may have what is wrong corrected, have data erased, object to its use, have its use "
        "restricted, take it elsewhere, and complain to your local data protection authority.",
        "note": "Times are UTC. The recipients section lists everyone who received data about you, with the date.",
    }


def _given_to_authorities(session: Session, hub: Hub, request: PrivacyRequest) -> list[dict[str, object]]:
    """For the access file: what authorities were given of the person, without what must be withheld from the person now."""
    names, company_id = reference_of(session, request, people_of(session, request)), request.company_id
    theirs = {hub.vault.fingerprint(session, company_id, each) for each in (*names.phone_numbers, *names.emails)}
    rows = select(AuthorityDisclosure).where(AuthorityDisclosure.company_id == company_id)
    return [
        {
            "authority": row.authority,
            "reference": row.reference,
            "legal_basis": row.legal_basis,
            "categories": row.categories,
            "disclosed_at": row.disclosed_at,
        }
        for row in session.exec(rows.order_by(col(AuthorityDisclosure.disclosed_at), col(AuthorityDisclosure.id)))
        if row.fingerprint in {*theirs, EVERYBODY} and (row.withheld_until is None or row.withheld_until <= hub.clock())
    ]


def _rows(session: Session, table: Any, where: Any, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    rows = session.exec(select(table).where(where).order_by(*table.__table__.primary_key))
    return [_plain(row, without) for row in rows]


def _opt_outs(session: Session, request: PrivacyRequest) -> list[dict[str, object]]:
    """The opt-outs of the request's number; those that were questioned come with the reason."""
    mine = select(OptOut).where(OptOut.fingerprint == request.fingerprint).order_by(col(OptOut.at), col(OptOut.id))
    return [
        {**_plain(row, ("fingerprint", "network", "questioned_by")), "state": row.state} for row in session.exec(mine)
    ]


def _plain(row: Any, without: Iterable[str] = ()) -> dict[str, Any]:
    skipped = INNER.union(without)
    values = {name: getattr(row, name) for name in type(row).model_fields if name not in skipped}
    return {name: value for name, value in values.items() if value not in (None, {}, [])}


def _by_id(session: Session, table: Any, ids: Iterable[str]) -> Sequence[Any]:
    return session.exec(select(table).where(col(table.id).in_(ids)).order_by(col(table.id))).all()


def _named(session: Session, hub: Hub, rows: Sequence[Any], called: str) -> list[dict[str, Any]]:
    names = names_of(hub.vault, session, rows)
    return [_plain(row) | ({called: names[row.id]} if row.id in names else {}) for row in rows]


def _attributions(session: Session, reach: PersonData) -> list[dict[str, object]]:
    """Where contacts came from. For a visit that is not the person's own, only its source."""
    found = (
        select(Attribution).where(col(Attribution.subject_id).in_(reach.subjects)).order_by(col(Attribution.subject_id))
    )
    return [
        _plain(row, () if row.visit_id is None or row.visit_id in reach.visits else OF_THE_VISIT)
        for row in session.exec(found)
    ]


def _forms(session: Session, hub: Hub, reach: PersonData) -> list[dict[str, object]]:
    forms = _by_id(session, FormSubmission, reach.forms)
    records, fields = _named(session, hub, forms, "name"), fields_of(hub.vault, session, forms)
    return [record | ({"fields": fields[record["id"]]} if record["id"] in fields else {}) for record in records]


def _notes(session: Session, hub: Hub, reach: PersonData) -> list[dict[str, object]]:
    rows = session.exec(select(Note).where(col(Note.subject_id).in_(reach.subjects)).order_by(col(Note.id))).all()
    texts = notes_of(hub.vault, session, rows)
    return [_plain(row, OF_USERS) | ({"text": texts[row.id]} if row.id in texts else {}) for row in rows]


def _facts(session: Session, hub: Hub, reach: PersonData) -> list[dict[str, Any]]:
    learned = select(FactRow).where(col(FactRow.subject_id).in_(reach.subjects)).order_by(col(FactRow.id))
    rows = session.exec(learned).all()
    values = values_of(hub.vault, session, rows)
    return [_plain(row) | ({"value": values[row.id]} if row.id in values else {}) for row in rows]


def _steps(session: Session, reach: PersonData) -> list[dict[str, Any]]:
    tied = (col(CallStep.connector) == Call.connector) & (col(CallStep.carrier_call_id) == Call.carrier_call_id)
    steps = select(CallStep).join(Call, tied).where(col(Call.id).in_(reach.calls))
    return [_plain(row) for row in session.exec(steps)]


def _spam_scores(session: Session, reach: PersonData) -> list[dict[str, object]]:
    tied = (col(SpamScore.connector) == Call.connector) & (col(SpamScore.carrier_call_id) == Call.carrier_call_id)
    scores = select(SpamScore).join(Call, tied).where(col(Call.id).in_(reach.calls))
    return [_plain(row, ("overruled_by",)) for row in session.exec(scores)]


def _caller_rules(session: Session, hub: Hub, reach: PersonData) -> list[dict[str, Any]]:
    rows = session.exec(select(CallerRule).where(*rules_about(reach.people))).all()
    # The note of an entry for all companies may be about another company, and users of this one do not see it either.
    notes = rule_notes_of(hub.vault, session, [row for row in rows if row.company_id is not None])
    return [_plain(row, ("made_by",)) | ({"note": notes[row.id]} if row.id in notes else {}) for row in rows]


def _recordings(session: Session, hub: Hub, reach: PersonData, answer: Answer) -> list[dict[str, Any]]:
    rows = []
    for row in session.exec(select(Recording).where(col(Recording.call_id).in_(reach.calls))).all():
        record = _plain(row, ("url",))
        transcript = read_transcript(hub, session, row.id)
        if transcript is not None and transcript.parts is not None:
            record["transcript"] = " ".join(part.text for part in transcript.parts if part.text)
            answer.opened.append(("transcript.export", row.id))
        if row.stored_at is not None:
            heard = hear(hub, session, row.id)
            if heard is not None and heard.audio is not None:
                name = f"audio/{row.id}.{(row.content_type or 'audio/wav').rpartition('/')[2].removeprefix('x-')}"
                answer.files[name] = heard.audio
                record["file"] = name
                answer.opened.append(("recording.export", row.id))
        rows.append(record)
    return rows


def _texts(session: Session, hub: Hub, reach: PersonData, answer: Answer) -> list[dict[str, Any]]:
    rows = []
    for row in session.exec(select(TextMessage).where(col(TextMessage.id).in_(reach.texts))).all():
        record = _plain(row)
        record["text"] = open_body(hub.vault, session, row)
        for media in session.exec(select(TextMedia).where(TextMedia.text_id == row.id)).all():
            data = open_file(hub.vault, session, media)
            if data is not None:
                name = f"pictures/{media.id}"
                answer.files[name] = data
                record.setdefault("files", []).append(name)
        rows.append(record)
    return rows


def _consent(session: Session, hub: Hub, reach: PersonData) -> list[dict[str, Any]]:
    rows = []
    query = select(ConsentEntry).where(
        col(ConsentEntry.person_id).in_(reach.people) | col(ConsentEntry.visit_id).in_(reach.visits)
    )
    for entry in session.exec(query.order_by(col(ConsentEntry.recorded_at), col(ConsentEntry.id))).all():
        record = _plain(entry)
        detail = session.get(ConsentDetail, entry.id)
        if detail is not None and detail.sealed:
            plain = hub.vault.open(session, detail.sealed, f"consent_detail/{entry.id}")
            record["detail"] = plain.decode("utf-8", "replace") if plain else None
        rows.append(record)
    return rows
