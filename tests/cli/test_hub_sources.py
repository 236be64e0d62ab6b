"""`hub sources`: a company's own rules, and a try that says what decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.model import SourceRule

Refusal = Callable[[Result], str]
PAGE = "https://north.example.com/"


def test_a_rule_is_added_changed_tried_and_removed(shop: Shop) -> None:
    assert "only the built-in tables" in shop.run("sources", "list").stdout
    added = shop.run(
        "sources", "add", "host", "https://www.Partner.example.org/x", "--company", "north", "--source", "partner"
    )
    assert (added.exit_code, added.stdout) == (0, "Added: host partner.example.org is partner / referral.\n")
    shop.run(
        "sources", "add", "host", "partner.example.org", "--company", "north", "--source", "pal", "--medium", "social"
    )
    (rule,) = shop.rows(SourceRule)
    assert (rule.kind, rule.value, rule.source, rule.medium) == ("host", "partner.example.org", "pal", "social")
    tried = shop.json("sources", "test", PAGE, "--referrer", "https://partner.example.org/", "--company", "north")
    assert (tried["source"], tried["rule"], tried["confidence"]) == ("pal", "company.host", 1.0)
    assert tried["trace"] == ["rule company.host partner.example.org says pal / social"]
    assert [each["value"] for each in shop.json("sources", "list", "--company", "north")] == ["partner.example.org"]
    assert shop.run("sources", "remove", "host", "partner.example.org", "--company", "north").exit_code == 0
    assert shop.rows(SourceRule) == []
    assert [action for action, _ in shop.audited()] == ["sources.add", "sources.add", "sources.remove"]


def test_a_rule_on_a_parameter_says_that_the_page_script_must_know_its_name(shop: Shop) -> None:
    added = shop.run("sources", "add", "parameter", "ref=flyer", "--company", "north", "--source", "flyer")
    assert added.exit_code == 0 and "add it under website: parameters: of north" in " ".join(added.stderr.split())
    tried = shop.json("sources", "test", f"{PAGE}?ref=flyer&email=x", "--company", "north")
    assert (tried["source"], tried["rule"]) == ("flyer", "company.parameter")


def test_an_address_is_tried_without_a_company_and_without_a_trace_of_its_own(shop: Shop) -> None:
    shown = shop.run("sources", "test", f"{PAGE}?gclid=Cj0KCQjw123456789&utm_campaign=may").stdout
    assert shown.splitlines()[:2] == ["google / cpc, campaign may", "by rule click_id.gclid, confidence 1"]
    assert "Cj0KCQjw123456789" not in shown


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("add", "hosts", "x.example.org", "--company", "north", "--source", "x"), "choose one of host"),
        (("add", "host", "no host", "--company", "north", "--source", "x"), "like partner.example.com"),
        (("add", "parameter", "ref", "--company", "north", "--source", "x"), "like ref=partner"),
        (("add", "host", "x.example.org", "--company", "nord", "--source", "x"), "did you mean 'north'?"),
        (("add", "host", "x.example.org", "--company", "north", "--source", " "), "one short"),
        (("add", "parameter", "email=ada", "--company", "north", "--source", "x"), "never stored"),
        (("remove", "host", "x.example.org", "--company", "north"), "has no such rule"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    shop: Shop, refusal: Refusal, asked: tuple[str, ...], said: str
) -> None:
    assert said in refusal(shop.run("sources", *asked))


def test_what_connectors_know_is_listed_and_tried_with_the_companys_own_rules(shop: Shop) -> None:
    shop.configure(consent="signals: {plugin: signals}\n  mail: {plugin: hubspot, sandbox: true}")
    listed = shop.json("sources", "list")
    assert {(each["company"], each["value"], each["source"], each["connector"]) for each in listed} == {
        ("north", tag, "hubspot", "mail") for tag in ("hs_email", "hs_automation")
    }
    assert "hs_automation" in shop.run("sources", "list").stdout
    page = f"{PAGE}?utm_source=hs_email&utm_medium=email"
    tried = shop.json("sources", "test", page, "--company", "north")
    assert (tried["source"], tried["rule"]) == ("hubspot", "connector.utm_source")
    assert tried["trace"][0] == "connector mail knows utm_source hs_email"
    assert shop.json("sources", "test", page)["rule"] == "utm.as_given"


def test_a_visit_from_another_site_of_the_company_is_tried_as_one(shop: Shop) -> None:
    path = shop.folder / "config.yaml"
    path.write_text(
        path.read_text().replace(
            "        route:", "        domains: [north.example.com, drains.example.org]\n        route:"
        )
    )
    tried = ("sources", "test", PAGE, "--referrer", "https://www.drains.example.org/x")
    assert shop.json(*tried, "--company", "north")["rule"] == "referrer.internal"
    assert shop.json(*tried)["rule"] == "referrer.other"
