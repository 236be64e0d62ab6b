"""A material change waits for 30 business days and for each account's yes; until then what it introduces stays forbidden."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from policy_steps import ADS, MONDAY, PolicyOfficer
from sqlmodel import Session
from testbed import TestHub
from working_days import counted_on, working_days

from hub.model import Account, PolicyVersion
from hub.privacy.policies.document import PolicyRefused, read_document
from hub.privacy.policies.versions import texts_of

Factory = Callable[..., TestHub]


def business(name: str, country: str, region: str | None = None, time_zone: str = "UTC") -> dict[str, object]:
    company = {"name": f"{name}-shop", "title": name, "country": country, "region": region, "time_zone": time_zone}
    return {"name": name, "title": name.title(), "companies": [company]}


def test_a_change_is_refused_on_business_day_29_and_taken_on_day_30(lite_hub: Factory) -> None:
    office = PolicyOfficer(lite_hub(accounts=[business("acme", "US")]))
    office.publish(office.draft("1"))
    days = working_days("US")
    for number, start in enumerate(date(2026, 1, 5) + timedelta(days=11 * n) for n in range(40)):
        office.stage.clock.now = datetime.combine(start, time(12), UTC)
        version = office.draft(f"2.{number}")
        with pytest.raises(PolicyRefused, match=f"on {counted_on(start, 30, days)} at the earliest"):
            office.announce(version, counted_on(start, 29, days))
        (notice,) = office.announce(version, counted_on(start, 30, days))
        assert (notice.earliest_on, notice.calendar) == (counted_on(start, 30, days), ["US"])


def test_every_account_is_told_and_the_slowest_calendar_decides(lite_hub: Factory) -> None:
    accounts = [business("acme", "US"), business("ltd", "GB", "ENG", "Europe/London"),
                business("far", "US", None, "America/Los_Angeles")]  # fmt: skip
    office = PolicyOfficer(lite_hub(accounts=accounts))
    version = office.draft("1")
    notices = {notice.account_id: notice for notice in office.announce(version)}
    names = {row.id: row.name for row in office.stage.rows(Account)}
    today = MONDAY.date()
    earliest = {names[key]: notice.earliest_on for key, notice in notices.items()}
    england, america = (counted_on(today, 30, working_days(place)) for place in ("GB-ENG", "US"))
    assert earliest == {"acme": america, "ltd": england, "far": america}
    assert england > america
    # In force once that day has begun for everybody: seven hours after Greenwich's midnight in California.
    assert office.stage.one(PolicyVersion).effective_at == datetime.combine(england, time(7), UTC)


def test_a_material_change_is_not_published_before_its_day(office: PolicyOfficer) -> None:
    office.publish(office.draft("1"))
    version = office.draft("2")
    with pytest.raises(PolicyRefused, match="announce it first"):
        office.publish(version)
    office.announce(version)
    effective_at = office.stage.one(PolicyVersion, id=version.id).effective_at
    assert effective_at
    office.stage.clock.now = effective_at - timedelta(seconds=1)
    with pytest.raises(PolicyRefused, match="may not be in force before"):
        office.publish(version)
    office.stage.clock.now = effective_at
    office.publish(version)
    assert office.stage.one(PolicyVersion, id=version.id).state == "published"


def test_the_old_terms_go_on_until_the_account_accepts(office: PolicyOfficer) -> None:
    assert office.statement() is None
    office.publish(office.draft("1"))
    version = office.in_force("2", introduces=[{"use": ADS}])
    assert office.statement() == "1 en"
    office.accept(version)
    assert office.statement() == "2 en"


def test_a_typo_is_mended_at_once_with_a_note_and_without_a_yes(office: PolicyOfficer) -> None:
    office.publish(office.draft("1"))
    mended = office.draft("1.1", material=False)
    with pytest.raises(PolicyRefused, match="not a material change"):
        office.announce(mended)
    with pytest.raises(PolicyRefused, match="--note"):
        office.publish(mended)
    office.publish(mended, "a typo in section 2")
    assert office.statement() == "1.1 en"
    with pytest.raises(PolicyRefused, match="needs no acceptance"):
        office.accept(mended)


def test_mending_terms_that_an_account_has_not_accepted_does_not_bind_it(office: PolicyOfficer) -> None:
    office.publish(office.draft("1"))
    version = office.in_force("2")
    office.publish(office.draft("2.1", material=False), "a typo")
    assert office.statement() == "1 en"
    office.accept(version)
    assert office.statement() == "2.1 en"


def test_an_account_that_came_later_never_had_other_terms(office: PolicyOfficer) -> None:
    office.publish(office.draft("1"))
    office.in_force("2")
    office.stage.add(Account(name="newcomer", title="Newcomer"))
    assert (office.statement(), office.statement("newcomer")) == ("1 en", "2 en")


def test_an_accounts_own_statement_goes_before_everybodys_in_the_language_asked_for(office: PolicyOfficer) -> None:
    office.publish(office.draft("1"))
    office.stage.add(Account(name="other", title="Other"))
    own = office.draft("own-1", account="agency", language="fr")
    office.draft("own-1", account="agency", language="en")
    office.announce(own)
    office.stage.clock.now = office.stage.one(PolicyVersion, id=own.id).effective_at
    office.publish(own)
    with pytest.raises(PolicyRefused, match=r"--language; there are: en, fr"):
        office.accept(own)
    with pytest.raises(PolicyRefused, match="another account's"):
        office.accept(own, "other", language="fr")
    office.accept(own, language="fr")
    assert office.statement(language="fr") == "own-1 fr"
    assert office.statement(language="de") == "own-1 en"
    assert office.statement("other") == "1 en"


def test_an_acceptance_keeps_who_when_and_the_hash_of_exactly_that_text(hub: Factory) -> None:
    office = PolicyOfficer(hub())
    version = office.draft("1", text="Nous gardons les appels.\r\n", language="fr")
    with pytest.raises(PolicyRefused, match="is a draft"):
        office.accept(version)
    office.publish(version)
    yes = office.accept(version)
    assert (yes.accepted_by, yes.accepted_at, yes.language) == ("Pat Doe", MONDAY, "fr")
    assert yes.sha256 == hashlib.sha256(b"Nous gardons les appels.\r\n").hexdigest()


def test_a_text_that_was_changed_behind_its_hash_is_accepted_by_nobody(office: PolicyOfficer) -> None:
    version = office.draft("1")
    office.publish(version)

    def tamper(session: Session) -> None:
        (text,) = texts_of(session, version)
        text.text += "And we sell everything."
        session.add(text)

    office.write(tamper)
    with pytest.raises(PolicyRefused, match="not the one that was announced"):
        office.accept(version)


def test_a_draft_may_change_and_an_announced_version_may_not(office: PolicyOfficer) -> None:
    office.draft("1", text="One.")
    version = office.draft("1", text="Two.", introduces=[{"use": ADS}])
    with pytest.raises(PolicyRefused, match="something else in its other language"):
        office.draft("1", text="Deux.", language="fr")
    office.announce(version)
    with pytest.raises(PolicyRefused, match="is announced and stays as it is"):
        office.draft("1", text="Three.")
    with pytest.raises(PolicyRefused, match="is announced already"):
        office.announce(version)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("version: 2027-01-01", None),
        ("version: 2027\nintroduces: [{use: marketing}]", None),
        ("version: [", "not YAML"),
        ("- a", "not a list of names"),
        ("version: '1'\nintroduces: [{use: marketting}]", "no data use 'marketting'"),
        ("version: '1'\nintroduces: [{}]", "name a use, a recipient or a category"),
        ("version: '1'\nmaterial: false\nintroduces: [{recipient: Adco}]", "is a material change"),
        ("version: '1'\nlangauge: en", "langauge: Extra inputs"),
        ("1: 2", "names must be text"),
    ],
)
def test_the_head_of_a_document_is_read_strictly(head: str, said: str | None) -> None:
    file = f"---\n{head}\n---\n# Privacy\n\n---\n\nText.\n"
    if said is None:
        assert read_document(file).text == "# Privacy\n\n---\n\nText.\n"
    else:
        with pytest.raises(PolicyRefused, match=said.replace("(", r"\(")):
            read_document(file)


def test_an_account_without_companies_waits_by_the_federal_holidays(lite_hub: Factory) -> None:
    office = PolicyOfficer(lite_hub(accounts=[{"name": "empty", "title": "Empty"}]))
    (notice,) = office.announce(office.draft("1"))
    assert (notice.calendar, notice.earliest_on) == (["US"], counted_on(MONDAY.date(), 30, working_days("US")))


def test_the_documents_example_is_a_version() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
    document = read_document(page.split("```markdown\n", 1)[1].split("```", 1)[0])
    assert (document.version, len(document.introduces), document.material) == ("2027-01", 2, True)


def test_a_first_version_that_was_announced_waits_for_the_day_that_was_told(office: PolicyOfficer) -> None:
    made = office.draft("2026-05", introduces=[{"use": ADS}])
    office.announce(made)
    office.accept(made)
    with pytest.raises(PolicyRefused, match="may not be in force before"):
        office.publish(made)
    office.stage.clock.now = office.stage.one(PolicyVersion, id=made.id).effective_at
    office.publish(made)
    assert office.stage.one(PolicyVersion, id=made.id).state == "published"
