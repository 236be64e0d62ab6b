"""Pipedrive keeps the promises of a CRM, and finds numbers as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.api.crm import CallActivity
from hub.testing import CrmConformance, FrozenClock, connect
from plugins.crm.pipedrive import Pipedrive
from plugins.crm.pipedrive.sandbox import Sandbox


class TestPipedrive(CrmConformance):
    connector_class = Pipedrive


@pytest.mark.parametrize("written", ["+13125550142", "3125550142", "(312) 555-0142", "+1 (312) 555-0142"])
def test_a_call_is_logged_on_the_person_however_the_number_is_written(written: str) -> None:
    clock = FrozenClock()
    with Sandbox(clock) as pipedrive:
        person = pipedrive.add_contact("Ada Example", written)
        receipt = connect(Pipedrive, pipedrive, clock=clock).log_calls([_call(clock)])[0]
        assert (receipt.status, pipedrive.activities()[0]["contact_id"]) == ("delivered", person)


def test_a_callers_name_is_no_html_and_a_duration_is_rounded_up_to_a_minute() -> None:
    clock = FrozenClock()
    with Sandbox(clock) as pipedrive:
        connect(Pipedrive, pipedrive, clock=clock).log_calls([_call(clock)])
        logged = pipedrive.activities()[0]
        assert (logged["note"].split("<br>")[0], logged["duration"]) == ("&lt;b&gt;Ada", "00:02")


def _call(clock: FrozenClock) -> CallActivity:
    return CallActivity(
        key="call-1",
        answered=True,
        started_at=clock.now - timedelta(minutes=3),
        duration=62,
        tracking_number="+13125550100",
        company="north",
        caller_number="+13125550142",
        caller_name="<b>Ada",
    )
