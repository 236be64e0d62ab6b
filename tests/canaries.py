"""One person's data in every place where the hub may keep some, each with a word of its own that is found by its bytes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from fake_connectors import FakeCarrier
from kept_forms import keep_form
from sqlmodel import Session, SQLModel, col, select
from testbed import CONNECTORS, SHARED, TestHub, finished_call

from hub.access.users import add_user
from hub.api import CallEvent, hookimpl
from hub.api.carriers import MessageEvent, RecordingAudio
from hub.backup.archive import ArchiveReader
from hub.model import (
    Account,
    Attempt,
    Call,
    CallStep,
    Company,
    Delivery,
    FactRow,
    InboxWebhook,
    Note,
    OutcomeRow,
    OutgoingCall,
    PageView,
    Person,
    PersonMerge,
    Recording,
    RecordingPeaks,
    Tag,
    TextMedia,
    TextMessage,
    TranscriptRow,
    User,
    Visit,
)
from hub.model.columns import new_id
from hub.recordings.keep import fetch_due
from hub.recordings.transcripts import place_in
from hub.spam.callers import add_noted_rule
from hub.store.encryption.encrypted_fields import seal_facts, seal_note
from hub.store.encryption.vault import nobodys_holder
from hub.texts.bodies import seal_file
from hub.texts.suppression import stop
from hub.visits.forms import SentForm


class Recorder(FakeCarrier):
    """A carrier on paper with recordings: `kept` by id."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.kept: dict[str, bytes] = {}

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        return RecordingAudio(content_type="audio/wav", data=self.kept[recording_id])


KEEPING = {**CONNECTORS, "carrier": Recorder}


def sound(word: str) -> bytes:
    """A WAV file of two seconds in whose samples a word stands."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes((word.encode() * 32_000)[:32_000])
    return stream.getvalue()


@dataclass
class Canaries:
    """A person's words by place: `word("name")` is another one at every place, and the same at that one."""

    mark: str
    number: str
    places: dict[str, str] = field(default_factory=dict)
    person_id: str = ""

    def word(self, place: str) -> str:
        """The word for a place."""
        return self.places.setdefault(place, f"{self.mark}{len(self.places):02}x")

    def found_in(self, data: bytes) -> list[str]:
        """The places whose words stand in some bytes, in clear, in base64 or in hexadecimal digits; and the number and the
        addresses as plain SHA-256, as ad networks want them."""
        number = self.number.removeprefix("+1")
        sought = {place: word.encode() for place, word in self.places.items()} | {"number": number.encode()}
        hashed = {"number": self.number, "number without +": self.number[1:]}
        hashed |= {place: f"{word}@example.com" for place, word in self.places.items() if place.endswith("address")}
        sought |= {f"SHA-256 of {each}": hashlib.sha256(text.encode()).digest() for each, text in hashed.items()}
        written = [f"{number[:3]}{gap}{number[3:6]}{gap}{number[6:]}".encode() for gap in "-. "]
        found = [place for place, word in sought.items() if any(shape in data for shape in _shapes(word))]
        return found + ["written number" for each in written if each in data]


def _shapes(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield raw.hex().encode()
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4]


def seed(stage: TestHub, canaries: Canaries, call_id: str) -> None:
    """The person visits, calls, is recorded, writes, sends a form, becomes a deal; and things go wrong on the way."""
    word, number, now = canaries.word, canaries.number, stage.clock()
    shown = stage.visit(
        landing_page=f"https://lakeside.example.com/?gclid={word('click id')}&utm_term={word('keyword')}&x={word('query')}",
        referrer=f"https://search.example.com/?q={word('referrer')}",
        user_agent=word("user agent"),
        visitor_id=word("visitor"),
    )
    stage.carrier.kept[f"RE{call_id}"] = sound(word("audio"))
    recorded = CallEvent(
        kind="voicemail",
        call_id=call_id,
        at=now + timedelta(seconds=95),
        recording_id=f"RE{call_id}",
        recording_url=f"https://carrier.example.com/{word('recording address')}",
        recording_duration=2,
    )
    called = finished_call(call_id, shown.number, number, True, 90, now, caller_name=word("caller's name"))
    stage.tell(*called, recorded)
    stage.flow()
    fetch_due(stage.hub)
    stage.tell(
        MessageEvent(
            message_id=f"SM{call_id}",
            at=now,
            tracking_number=SHARED,
            sender_number=number,
            body=word("text"),
            media_urls=(f"https://carrier.example.com/{word('picture address')}",),
        )
    )
    company = stage.directory.companies["lakeside"]
    keep_form(
        stage.hub,
        company,
        SentForm(
            key=f"form-{call_id}",
            fields={"message": word("form field"), "color": word("second form field")},
            visit_id=shown.visit_id,
            page=f"https://lakeside.example.com/{word('form page')}",
            phone=number,
            email=f"{word('form address')}@example.com",
            name=word("form name"),
        ),
    )
    stage.flow()
    person = stage.one(Person, phone_number=number, phone_learnt="carrier")
    canaries.person_id = person.id
    canaries.number = number
    _seed_rest(stage, canaries, person, shown.visit_id, call_id)


def _seed_rest(stage: TestHub, canaries: Canaries, person: Person, visit_id: str | None, call_id: str) -> None:
    word, now = canaries.word, stage.clock()
    call = stage.one(Call, carrier_call_id=call_id)
    recording = stage.one(Recording, call_id=call.id)
    text = stage.one(TextMessage, person_number=canaries.number)
    later = now + timedelta(days=300)
    fact = FactRow(subject_id=call.id, source="paper", name="name", value=word("fact"), category="user.name",
                   confidence=1.0, learned_at=now, expires_at=later)  # fmt: skip
    with stage.hub.store.writing() as session:
        seal_facts(stage.hub.vault, session, [(call, fact)])
        note = Note(company_id=call.company_id, subject_id=call.id, made_at=now, made_by="desk", expires_at=later)
        seal_note(stage.hub.vault, session, call, note, word("note"))
        session.add_all((fact, note))
        session.merge(RecordingPeaks(recording_id=recording.id, channels=1, peaks=word("waveform").encode()))
    rows: list[SQLModel] = [
        CallStep(connector="carrier", carrier_call_id=call_id, company_id=person.company_id, flow_version=1, point="menu",
                 position=0, at=now, step="menu", do="menu", result=word("key pressed"), expires_at=later),
        PageView(visit_id=visit_id, at=now, url=f"https://lakeside.example.com/{word('page')}", title=word("page title"),
                 expires_at=later),
        OutcomeRow(id=_id_with_a_share_of_its_own(stage), connector="crm", external_id=f"deal-{call_id}", stage="won",
                   occurred_at=now, changed_at=now,
                   contact={"phone_numbers": [canaries.number], "note": word("deal's contact")},
                   email=f"{word('deal address')}@example.com", expires_at=later),
        *(_webhook(stage, canaries, f"{call_id}-{state}", state) for state in ("ready", "done", "parked")),
    ]  # fmt: skip
    stranger = Person(company_id=person.company_id, first_seen_at=now, expires_at=later)
    rows += [
        Tag(company_id=person.company_id, subject_id=call.id, name=word("tag"), made_at=now, made_by="desk",
            expires_at=later),
        *(OutgoingCall(connector="carrier", company_id=person.company_id, subject_id=answered, user_id=_user(stage),
                       user_number=word("user's phone"), tracking_number=SHARED, person_number=canaries.number,
                       made_at=now, due_at=later, expires_at=later) for answered in (call.id, None)),
        stranger,
    ]  # fmt: skip
    dead = Delivery(
        connector="network", hook="upload_conversions", dedup_key=f"dead-{call_id}", item_key="k", subject_id=call.id,
        state="dead", reason=f"The network said: {word('dead letter')}", made_at=now, due_at=now,
    )  # fmt: skip
    stage.add(*rows, dead)
    stage.add(PersonMerge(company_id=person.company_id, person_id=person.id, other_id=stranger.id,
                          reason=word("reason of a merge"), made_at=now, made_by="desk", expires_at=later))  # fmt: skip
    stage.add(Attempt(delivery_id=dead.id, number=1, started_at=now, result="retry", reason=word("attempt")))
    with stage.hub.store.writing() as session:
        plain = json.dumps([{"start": 0.0, "end": 1.0, "text": word("transcript")}]).encode()
        transcript = TranscriptRow(recording_id=recording.id, connector="whisper", language="en", state="written",
                                   due_at=now, expires_at=later)  # fmt: skip
        transcript.sealed = stage.hub.vault.seal(
            session, person.company_id, canaries.number, call.id, plain, place_in(transcript.id)
        )
        session.add(transcript)
        media = session.exec(select(TextMedia).where(TextMedia.text_id == text.id)).one()
        media.data = seal_file(stage.hub.vault, session, text, media.id, word("picture").encode())
        visit = session.get_one(Visit, visit_id)
        visit.parameters = {**visit.parameters, "extra": word("parameter")}
        session.add_all((media, visit))
        stop(session, stage.hub, person.company_id, canaries.number, channel="sms", evidence=text.id, at=now, now=now)
        account_id = session.get_one(Company, person.company_id).account_id
        for company_id, place in ((person.company_id, "block list"), (None, "account's block list")):
            add_noted_rule(session, stage.hub.vault, account_id, company_id, "block", canaries.number, now, "desk",
                           word(place))  # fmt: skip
    stage.say(person, "refused", "marketing", "phone", detail=word("said in words"))


def _user(stage: TestHub) -> str:
    with stage.hub.store.writing() as session:
        known = session.exec(select(User.id)).first()
        if known is not None:
            return known
        account = session.exec(select(Account)).one()
        return add_user(session, account, "olivia", "owner", stage.clock()).id


def _webhook(stage: TestHub, canaries: Canaries, key: str, state: str) -> InboxWebhook:
    word, now = canaries.word, stage.clock()
    return InboxWebhook(
        id=_id_with_a_share_of_its_own(stage), connector="carrier", event_key=key, received_at=now, state=state,
        due_at=now + timedelta(days=300),
        url=f"https://calls.example.com/webhooks/carrier?x={word(f'{state} webhook address')}",
        headers=json.dumps({"x": word(f"{state} webhook header")}),
        body=f"From=%2B{canaries.number[1:]}&Body={word(f'{state} webhook')}".encode(), expires_at=now + timedelta(days=30),
    )  # fmt: skip


def _id_with_a_share_of_its_own(stage: TestHub) -> str:
    """An erasure takes rows of nobody along that share a backup's key with the person's: here it shall take none."""
    with stage.hub.store.reading() as session:
        kept = [*session.scalars(select(col(InboxWebhook.id))), *session.scalars(select(col(OutcomeRow.id)))]
        taken = {nobodys_holder("", row_id) for row_id in kept}
    return next(each for each in iter(new_id, None) if nobodys_holder("", each) not in taken)


def bytes_of_files(files: Iterable[Path]) -> bytes:
    """All of some files, and of all files below some folders."""
    found: list[bytes] = []
    for each in files:
        found += [bytes_of_files(each.iterdir())] if each.is_dir() else [each.read_bytes()] if each.exists() else []
    return b"\n".join(found)


def bytes_of_database(stage: TestHub) -> bytes:
    """Every value of every row, as text."""
    with stage.hub.store.reading() as session:
        return b"\n".join(_dump(session))


def _dump(session: Session) -> Iterator[bytes]:
    for table in SQLModel.metadata.sorted_tables:
        for row in session.execute(select(*table.c)):
            for value in row:
                yield value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def opened(stage: TestHub, file: Path, kind: str) -> bytes:
    """A backup with all of its encryption taken off that the hub's keyring and today's keys take off."""
    archive = ArchiveReader(file, stage.hub.keyring, kind)
    parts = [json.dumps(archive.manifest).encode()]
    with stage.hub.store.reading() as session:
        for table in archive.manifest["tables"]:
            if table == "recordings":
                parts += [path.encode() + data for path, data in archive.files()]
                continue
            for row in (row for chunk in archive.rows(table) for row in chunk):
                parts.append(f"{table}: {json.dumps(row, ensure_ascii=False)}".encode())
                if isinstance(row, dict) and "~" in row:
                    sealed = base64.b64decode(row["~"])
                    opener = stage.hub.vault.opener(session, [stage.hub.vault.key_id(sealed)], lost=True)
                    target = SQLModel.metadata.tables[table]
                    key = [row[column.name] for column in target.primary_key.columns]
                    parts.append(f"{table}: ".encode() + (opener(sealed, f"backup/{table}/{json.dumps(key)}") or b""))
    archive.close()
    return b"\n".join(parts)
