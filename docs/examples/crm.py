"""Examples of hub.api.crm for docs/api-reference.md; each function is one, with the imports that it needs."""


def logged_calls() -> None:
    """Calls to log

    `log_calls` writes each call once: look for its `key` first, because a batch may come again after a crash.
    """
    from datetime import UTC, datetime

    from hub.api import Receipt
    from hub.api.crm import CallActivity

    logged: dict[str, dict[str, object]] = {}

    def log(call: CallActivity) -> Receipt:
        if call.key in logged:
            return Receipt(key=call.key, status="duplicate")
        logged[call.key] = {"at": call.started_at.isoformat(), "seconds": call.duration, "from": call.caller_number}
        return Receipt(key=call.key, status="delivered")

    call = CallActivity(
        key="call-1",
        answered=True,
        started_at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC),
        duration=62,
        tracking_number="+13125550100",
        company="north",
        caller_number="+13125550142",
    )
    assert [log(call).status, log(call).status] == ["delivered", "duplicate"]


def outcomes() -> None:
    """Outcomes of deals

    `pull_outcomes` returns what changed since a cursor that it gave itself. Take the cursor from the deals that
    came, not from the clock, and say `more` while there is another page.
    """
    from datetime import UTC, datetime
    from decimal import Decimal

    from hub.api import Money
    from hub.api.crm import Outcome, OutcomePage

    changed = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    deal = Outcome(
        external_id="deal-9",
        stage="won",
        changed_at=changed,
        occurred_at=changed,
        value=Money(Decimal("1200"), "USD"),
        phone_numbers=("+13125550142",),
    )
    page = OutcomePage(outcomes=(deal,), cursor=changed.isoformat(), more=False)
    assert page.cursor == "2026-11-24T15:00:00+00:00"


def corrections() -> None:
    """Corrections, and sources that a CRM names

    `correct_person` writes what is right. `list_sources` names exact values by which a visit's source is known,
    without the network.
    """
    from hub.api.crm import Corrected, Correction, KnownSource

    people = {"+13125550142": "Pad"}

    def correct(wanted: Correction) -> Corrected:
        found = [number for number in wanted.phone_numbers if number in people]
        for number in found:
            people[number] = wanted.new_name or people[number]
        return Corrected(status="corrected" if found else "nothing_held", records=len(found))

    assert correct(Correction(phone_numbers=("+13125550142",), new_name="Pat")).records == 1
    assert people == {"+13125550142": "Pat"}
    tag = KnownSource(kind="utm_source", value="acme-mail", source="acme", medium="email")
    assert tag.value == tag.value.lower()


def erasing() -> None:
    """What is erased

    `erase_logged` deletes the company's own calls first, and the contact only if no other company uses it.
    """
    from hub.api import PersonReference
    from hub.api.crm import erase_logged

    deleted: list[object] = []
    person = PersonReference(phone_numbers=("+13125550142",), shared=True)
    erasure = erase_logged(person, [{"id": "call-1"}], [{"id": "contact-1"}], deleted.append)
    assert (erasure.status, erasure.records, deleted) == ("impossible", 1, [{"id": "call-1"}])
