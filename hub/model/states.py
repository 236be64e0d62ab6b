"""The states that rows can be in, one enum per kind of row: what each state means, and what comes next.

A member is stored as its value. Further states are in hub.contracts: `ReceiptStatus`, `PortStatus`, `CallEventKind`, `State`.
"""

from __future__ import annotations

from enum import StrEnum


class WorkState(StrEnum):
    """Work that workers claim (`hub.store.claims`). The other kinds of work have these states and their own final ones."""

    READY = "ready"
    """Waits until it is due; then a worker claims it: leased."""
    LEASED = "leased"
    """A worker holds it. It ends, or goes back to ready; if the worker dies, another one claims it when the lease ends."""
    DONE = "done"
    """Final."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class InboxState(StrEnum):
    """A webhook in the inbox."""

    READY = "ready"
    """Stored and acknowledged; the fold claims it: leased."""
    LEASED = "leased"
    """The fold reads it: done, parked, or ready again while its plugin does not answer."""
    DONE = "done"
    """Final: its events are folded into calls and texts."""
    PARKED = "parked"
    """It could not be parsed; `reason` says why. `hub inbox replay` makes it ready again."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class SubjectState(StrEnum):
    """The flow's work on a call, a text or a form."""

    NEW = "new"
    """Only within the transaction that inserts a call: its first events make it ready."""
    READY = "ready"
    """Something about it changed; the pipeline claims it: leased."""
    LEASED = "leased"
    """In the pipeline: done, or ready again."""
    DONE = "done"
    """Nothing is left to do; the next change makes it ready again."""
    ERASED = "erased"
    """Final: its person was erased, and later events on it are ignored."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class CallStatus(StrEnum):
    """A call's own status, computed from its events. It only rises in the order below (`hub.model.calls.STATUS_RANK`)."""

    RINGING = "ringing"
    """Nobody has answered yet."""
    IN_PROGRESS = "in_progress"
    """Answered, transferred or recorded; it has not ended."""
    FAILED = "failed"
    """Final, unless the carrier also reports that it was completed."""
    COMPLETED = "completed"
    """Final: it ended, answered or not."""


class MessageStatus(StrEnum):
    """A text's own status. An incoming text is always received."""

    RECEIVED = "received"
    """Final: an incoming text."""
    QUEUED = "queued"
    """Waits to be sent: sending, or refused."""
    SENDING = "sending"
    """Given to the carrier, and its reply is not here yet: sent, failed, refused, queued again, or held."""
    SENT = "sent"
    """The carrier has it; it reports delivered or failed."""
    DELIVERED = "delivered"
    """Final: the phone has it."""
    FAILED = "failed"
    """It did not reach the phone. Final, unless the carrier later reports delivered."""
    REFUSED = "refused"
    """Not sent, or not delivered, because the person or the law forbids it. `hub deliveries replay` checks again."""
    HELD = "held"
    """Unknown whether it was sent. A person decides: queued again, or sent."""


class Doubt(StrEnum):
    """The question whether somebody refuses texts or calls."""

    OPEN = "open"
    """Nobody has decided yet: stop, not_stop or lapsed."""
    STOP = "stop"
    """Final: they do."""
    NOT_STOP = "not_stop"
    """Final: they do not."""
    LAPSED = "lapsed"
    """Final: nobody decided in time, which counts as a no (`hub.texts.doubts.lapsed_use`)."""


class RefusalSource(StrEnum):
    """In what a person refuses texts or calls."""

    TEXT = "text"
    """A text that came in."""
    FORM = "form"
    """A form on a website."""
    CALL = "call"
    """What the caller said in a call, as it was transcribed."""
    VOICEMAIL = "voicemail"
    """What the caller said in a message, as it was transcribed."""
    NOTE = "note"
    """What a user wrote about the person."""
    TAG = "tag"
    """A tag that a user gave to a call, text or form of the person."""


class MediaState(StrEnum):
    """A picture or another file of a text."""

    READY = "ready"
    """Waits to be fetched from the carrier: leased."""
    LEASED = "leased"
    """Being fetched: done, failed, or ready again after an error that may pass."""
    DONE = "done"
    """Final: stored."""
    FAILED = "failed"
    """Final: given up; `reason` says why."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class DeliveryState(StrEnum):
    """An item of the outbox. Each state has a reason if it is not a plain success."""

    READY = "ready"
    """Waits for its first or next try: leased."""
    LEASED = "leased"
    """Consent is asked and it is sent: any state but leased may be next."""
    ACCEPTED = "accepted"
    """The destination has it; its report is still to come: delivered, unmatched, rejected, ready or dead."""
    DELIVERED = "delivered"
    """Final: the destination confirmed it."""
    UNMATCHED = "unmatched"
    """Final and no failure: the network cannot tie the person to an ad."""
    REJECTED = "rejected"
    """Final: the destination does not take it."""
    HELD = "held"
    """Final: consent says no, or nobody knows whether a text was sent."""
    DEAD = "dead"
    """Final: tried until the retry schedule ended, or what it belongs to is gone."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


OPEN_DELIVERY_STATES = (DeliveryState.READY, DeliveryState.LEASED, DeliveryState.ACCEPTED)
REPLAYABLE_DELIVERY_STATES = (DeliveryState.DEAD, DeliveryState.REJECTED, DeliveryState.HELD)
"""The states from which a delivery may be tried again: `hub deliveries replay`."""
FINAL_DELIVERY_STATES = (DeliveryState.DELIVERED, DeliveryState.UNMATCHED, *REPLAYABLE_DELIVERY_STATES)


class AttemptResult(StrEnum):
    """The result of one try of a delivery, if it is not the state (`DeliveryState`) that the delivery got by it."""

    UNKNOWN = "unknown"
    """Sent, or about to be, and no result is known. After a crash it stays so."""
    UNTRIED = "untried"
    """Given back before anything was sent, so it does not count as a try."""
    LOOKED_AT = "looked_at"
    """It was unknown, and a person has decided what to do with the text."""


class RecordingState(StrEnum):
    """The audio of a call or of a voicemail."""

    READY = "ready"
    """Waits to be fetched from the carrier: leased."""
    LEASED = "leased"
    """Being fetched: stored, refused, failed, or ready again after an error that may pass."""
    STORED = "stored"
    """Stored by the hub, encrypted: gone when its retention period is over."""
    REFUSED = "refused"
    """Final: not stored, because it may not have been announced."""
    GONE = "gone"
    """Final: expired or erased."""
    FAILED = "failed"
    """Given up; `reason` says why. `hub recordings fetch` makes it ready again."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class TranscriptState(StrEnum):
    """The transcript of a recording."""

    READY = "ready"
    """Waits to be transcribed: leased."""
    LEASED = "leased"
    """Being transcribed: written, denied, failed, or ready again after an error that may pass."""
    WRITTEN = "written"
    """Stored, encrypted: gone when its retention period is over."""
    DENIED = "denied"
    """The consent decision was no. A person may ask for it again: ready."""
    FAILED = "failed"
    """Given up; the recording itself is unchanged. A person may ask for it again: ready."""
    GONE = "gone"
    """Final: expired or erased."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class RequestState(StrEnum):
    """A person's privacy request."""

    RECEIVED = "received"
    """Entered or sent: identity_pending, or verified by an officer."""
    IDENTITY_PENDING = "identity_pending"
    """A code or link was sent to the requester: verified."""
    VERIFIED = "verified"
    """The requester has shown who they are: planned, running or done."""
    PLANNED = "planned"
    """An officer saw what an erasure will reach: running, or held."""
    RUNNING = "running"
    """Carried out in the hub and at providers: done, or waiting_plugin."""
    WAITING_PLUGIN = "waiting_plugin"
    """Done, except for a provider's missing answer: done."""
    HELD = "held"
    """A legal hold blocks an erasure: running when it is lifted."""
    DONE = "done"
    """Final: answered."""
    REFUSED = "refused"
    """Final: closed without doing what it asks for; the person is informed of the reason."""


CLOSED_REQUEST_STATES = (RequestState.DONE, RequestState.REFUSED)


class TaskState(StrEnum):
    """A task of a privacy request, in the hub or at a provider."""

    READY = "ready"
    """Waits for its first or next try: leased."""
    LEASED = "leased"
    """Being carried out: done, impossible, or ready again."""
    DONE = "done"
    """Final: `records` counts what it reached."""
    IMPOSSIBLE = "impossible"
    """Final: `reason` says why."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class RetractionState(StrEnum):
    """One conversion of an erased person that an ad network is to take back."""

    WAITING = "waiting"
    """Waits to be sent: accepted, taken_back, refused or never_sent."""
    ACCEPTED = "accepted"
    """The network has it; its diagnostics are still to come: taken_back, refused, or waiting again."""
    TAKEN_BACK = "taken_back"
    """Final."""
    REFUSED = "refused"
    """Final: the network does not take it back; `reason` says why."""
    NEVER_SENT = "never_sent"
    """Final: the network never got the conversion."""


OPEN_RETRACTION_STATES = (RetractionState.WAITING, RetractionState.ACCEPTED)


class PolicyState(StrEnum):
    """A version of a privacy statement, of terms or of a notice."""

    DRAFT = "draft"
    """May still be changed: announced if it is material, otherwise published."""
    ANNOUNCED = "announced"
    """The accounts were informed; its text is fixed: published when the notice period is over."""
    PUBLISHED = "published"
    """Final: in force until the next version."""


class OptOutState(StrEnum):
    """An opt-out that needs no proof."""

    IN_FORCE = "in_force"
    """Counts: questioned, with a reason."""
    QUESTIONED = "questioned"
    """Does not count, for `reason`; a person may put it in force again."""


class OutgoingCallState(StrEnum):
    """The hub's work on a call that a user places. How far the call itself got is its `OutgoingCallStatus`."""

    READY = "ready"
    """Waits to be placed; a worker claims it: leased."""
    LEASED = "leased"
    """A worker asks consent and gives it to the carrier: accepted, held or done."""
    ACCEPTED = "accepted"
    """The carrier has it; its reports end it: done."""
    HELD = "held"
    """It is unknown whether the carrier took it. The hub never places it again; a report of the carrier settles it."""
    DONE = "done"
    """Final: it has ended, or was not placed."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class ConfigHow(StrEnum):
    """How a version of config.yaml came to the hub."""

    START = "start"
    """A process started with it."""
    FILE = "file"
    """The file on disk was changed."""
    PAGE = "page"
    """A user edited it in the web interface."""
    COMMAND = "command"
    """`hub reload`, or a command that edits the file."""
    ROLL_BACK = "roll back"
    """An earlier version was applied again."""


class ConfigState(StrEnum):
    """What became of a version of config.yaml."""

    APPLIED = "applied"
    """All processes take it; the newest one is what they run."""
    REFUSED = "refused"
    """It has problems; the version before it stays."""


class AlertDeliveryState(StrEnum):
    """An alert on its way through one channel."""

    READY = "ready"
    """Waits for its first or next try, or for the end of quiet hours: leased."""
    LEASED = "leased"
    """A worker sends it: sent, dropped, failed, unknown, or ready again."""
    SENT = "sent"
    """Final: the mail server, the webhook or the push service has it; a text is queued."""
    DROPPED = "dropped"
    """Final: not sent, because the user no longer wants or may not see it; `reason` says which."""
    FAILED = "failed"
    """Final: refused, or given up; `reason` says why."""
    UNKNOWN = "unknown"
    """Final: a worker ended while the mail server took it. It is not sent again, so that it does not arrive twice."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""


class WebhookType(StrEnum):
    """What a webhook that the hub sends is about; the names are CallRail's."""

    PRE_CALL = "pre_call"
    """A call comes in."""
    ROUTED = "call_routing_complete"
    """It is known where the call went."""
    POST_CALL = "post_call"
    """A call that came in is over."""
    MODIFIED = "call_modified"
    """A call that is over has changed: a mark, its recording, its transcript."""
    OUTBOUND = "outbound_post_call"
    """A call that a user placed is over."""
    TEXT_RECEIVED = "text_received"
    """A text came in."""
    TEXT_SENT = "text_sent"
    """A carrier has taken a text of the company."""
    FORM = "form"
    """A visitor sent a form."""


class PersonNotice(StrEnum):
    """A notice to each address of a webhook that was sent something of a person."""

    ERASED = "person_erased"
    """What was sent of them must be erased there too."""
    OPTED_OUT = "person_opted_out"
    """They opted out of sale and sharing, or objected."""


class WebhookEventState(StrEnum):
    """An event on its way to one endpoint."""

    READY = "ready"
    """Waits for its first or next try: leased."""
    LEASED = "leased"
    """A worker sends it: delivered, held, dropped, dead, waiting, or ready again."""
    WAITING = "waiting"
    """An earlier event of the endpoint is tried again first; after that it is ready."""
    DELIVERED = "delivered"
    """Final: the endpoint took it."""
    HELD = "held"
    """Final: the person's privacy forbids it; `reason` says why. A replay asks again."""
    DROPPED = "dropped"
    """Final: there is nothing to send any more; `reason` says why."""
    DEAD = "dead"
    """Set aside: refused, or given up; `reason` says why. A replay sends it again."""
    QUARANTINED = "quarantined"
    """Three processes died while they handled it. `hub quarantine replay` makes it ready again."""
