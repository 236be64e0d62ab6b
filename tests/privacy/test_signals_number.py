"""A browser's privacy signal reaches the phone: its visitor sees a number whose callers no advertiser hears of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ad_networks import CHICAGO, CONFIG, NETWORKS, SIGNALS, AdNetworks, heard_of
from testbed import KEY, OTHER_CALLER, SHARED, TestHub

from hub.cli.privacy.law_warnings import law_warnings
from hub.contracts.consent import SIGNALS_NUMBER
from hub.contracts.events import MessageEvent
from hub.errors import ConfigError
from hub.model import ConsentDecision, ConsentEntry, Delivery, TextMessage, Visit
from hub.privacy.opt_outs import opt_out
from hub.queries.consent_question import Supposed, answers
from hub.startup.reading import read_config

ADVERTISERS = {*NETWORKS} - {"analytics"}
"""Google Analytics works for the company alone; it gets nothing, because it knows nobody without its cookie."""
OBJECTIONS: Mapping[str, dict[str, Any]] = {
    "Global Privacy Control": {"gpc": True},
    "Do Not Track": {"dnt": True},
    "a signal that only the page can read": {
        "consent": {"analytics": "denied", "ads": "denied", "ad_user_data": "denied"}
    },
    "a no in the banner": {"consent": {"all": "denied"}},
}


def ends_of(stage: TestHub, subject_id: str) -> dict[str, tuple[str, str | None]]:
    """Advertiser → the state of what it was to get of a call or text, with the reason."""
    rows = stage.rows(Delivery, subject_id=subject_id)
    return {row.connector: (row.state, row.reason) for row in rows if row.connector in ADVERTISERS}


@pytest.mark.parametrize("objection", OBJECTIONS)
def test_a_visitor_with_a_signal_sees_a_number_whose_callers_no_ad_network_hears_of(
    networks: AdNetworks, objection: str
) -> None:
    stage = networks.stage
    shown = stage.visit(visitor_id="v", **OBJECTIONS[objection])
    assert (shown.number, shown.tracker, shown.visit_id) == (SIGNALS, "signals", None)
    assert stage.rows(Visit) == [], "nothing is recorded that was not recorded before"
    stage.clock.advance(minutes=1)
    call = stage.call_in(SIGNALS, CHICAGO)
    assert not any(networks.deliver().values())
    reason = f"The person {SIGNALS_NUMBER['call']}, an objection to sharing and targeted ads."
    assert ends_of(stage, call.id) == dict.fromkeys(ADVERTISERS, ("held", reason))


def test_a_browser_that_opted_out_on_the_privacy_page_sees_it_too(networks: AdNetworks) -> None:
    stage = networks.stage
    company = stage.directory.companies["lakeside"]
    with stage.hub.store.writing() as session:
        opt_out(
            session, stage.hub.vault, company.id, number=None, visitor_id="v", network=None, scopes=("sharing",),
            now=stage.clock(),
        )  # fmt: skip
    shown = stage.visit(visitor_id="v")
    assert (shown.number, shown.opted_out) == (SIGNALS, True)


def test_a_text_to_it_is_no_advertisers_either(networks: AdNetworks) -> None:
    stage = networks.stage
    text = MessageEvent(
        message_id="SM1", at=stage.clock(), tracking_number=SIGNALS, sender_number=CHICAGO, body="Can you come today?"
    )
    stage.tell(text)
    stage.flow()
    assert not any(networks.deliver().values())
    reason = f"The person {SIGNALS_NUMBER['text']}, an objection to sharing and targeted ads."
    assert ends_of(stage, stage.one(TextMessage).id) == dict.fromkeys(ADVERTISERS, ("held", reason))


def test_it_counts_for_the_callers_later_calls_and_for_nobody_who_calls_the_shared_number(networks: AdNetworks) -> None:
    stage = networks.stage
    stage.call_in(SIGNALS, CHICAGO)
    stage.clock.advance(days=2)
    again = stage.call_in(SHARED, CHICAGO)
    other = stage.call_in(SHARED, OTHER_CALLER)
    sent = networks.deliver()
    assert heard_of(sent, CHICAGO) == set()
    assert heard_of(sent, OTHER_CALLER) == {"google", "meta", "tiktok"}, "Microsoft hears of those alone who said yes"
    refused = ("held", "The person has refused this use.")
    assert ends_of(stage, again.id) == dict.fromkeys(ADVERTISERS, refused)
    (said,) = stage.rows(ConsentEntry)
    assert (said.person_id, said.channel, said.state, said.scope) == (again.person_id, "gpc", "refused", "person")
    assert {row.verdict for row in stage.rows(ConsentDecision, subject_id=other.id)} == {"allow"}


def test_visitors_without_a_signal_never_see_it_and_a_plain_visitor_of_its_source_neither(networks: AdNetworks) -> None:
    stage = networks.stage
    page = "https://lakeside.example.com/?utm_source=website"
    shown = [stage.visit(landing_page=page, visitor_id=str(each), human=each > 1).number for each in range(5)]
    assert SHARED in shown and SIGNALS not in shown
    assert stage.visit(asks_first=True).number == SHARED, "who must be asked first has said nothing yet"


def test_a_third_party_that_is_asked_about_learns_of_no_caller_of_it(networks: AdNetworks) -> None:
    stage = networks.stage
    use = "marketing.advertising.third_party.targeted"
    asked = answers(stage.hub, stage.directory, Supposed(purpose=use, callee=SIGNALS, caller=CHICAGO))
    assert asked and not any(each.ruling.allowed for each in asked)
    shared = answers(stage.hub, stage.directory, Supposed(purpose=use, callee=SHARED, caller=CHICAGO))
    assert all(each.ruling.allowed for each in shared)


def written(folder: Path, change: tuple[str, str]) -> Path:
    (folder / "key").write_text(KEY)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(more="").replace(*change))
    return path


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (("default: true", "default: true, signals: true"), "the default number is for everybody"),
        (("numbers: [\"+13125550120\"], source: website, default: true", "source: website, signals: true"),
         "more than one tracker is for privacy signals"),
        (("type: session,", "type: session, signals: true,"), "a session tracker gets this from the visit"),
    ],
)  # fmt: skip
def test_a_company_has_one_number_for_signals_of_its_own(tmp_path: Path, change: tuple[str, str], wrong: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_config(written(tmp_path, change))
    assert wrong in str(error.value)


def test_hub_check_advises_a_company_with_a_website_and_advertisers_to_have_one(networks: AdNetworks) -> None:
    hub = networks.stage.hub
    assert not any("Global Privacy Control" in each for each in law_warnings(hub))
    (company,) = hub.config.companies
    for tracker in company.trackers:
        object.__setattr__(tracker, "signals", False)
    assert any("Visitors of Lakeside who send Global Privacy Control" in each for each in law_warnings(hub))
