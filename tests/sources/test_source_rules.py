"""Sources as data: the list that a package keeps, our rows on top of it, and a company's own rules before both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from hypothesis import given
from hypothesis import strategies as st
from testbed import TestHub

from hub.api import Connector, PluginSettings, hookimpl
from hub.api.crm import KnownSource
from hub.contracts.sources import OwnRule, SourceKind
from hub.model import SourceRule, Visit
from hub.numbers.directory import LiveDirectory
from hub.sources import update_sites
from hub.sources.classify import OwnRules, classify_visit, rule_value
from hub.sources.plugin_rules import known_sources
from hub.sources.tables import SITES, own_tables, tables
from plugins.consent.signals import Signals

Factory = Callable[..., TestHub]
PAGE = "https://www.example.com/"
CLICK = "Cj0KCQjw123456789"
OWN: OwnRules = {
    ("host", "partner.example.org"): OwnRule("partner", "referral"),
    ("host", "l.facebook.com"): OwnRule("facebook_page", "community"),
    ("host", "google.com"): OwnRule("google_profile", "local"),
    ("utm_source", "spring letter"): OwnRule("letter", "post"),
    ("parameter", "ref=bob smith"): OwnRule("bob", "affiliate"),
}


def came(page: str = PAGE, referrer: str | None = None, own: OwnRules = OWN) -> tuple[str, str, str]:
    match = classify_visit(page, referrer, own)
    return match.source, match.medium, match.rule


# The tables


def test_the_table_of_sites_is_what_the_package_lists() -> None:
    try:
        distribution(update_sites.PACKAGE)
    except PackageNotFoundError:
        pytest.skip(f"{update_sites.PACKAGE} is not installed; it comes with the extra dev")
    assert SITES.read_text("utf-8") == update_sites.table(), "run python -m hub.sources.update_sites"


def test_several_hundred_sources_are_known() -> None:
    known = {(origin.medium, origin.source) for each in (tables().hosts, tables().domains) for origin in each.values()}
    count = {medium: sum(1 for each, _ in known if each == medium) for medium in ("organic", "social", "email", "ai")}
    assert count["organic"] > 200 and count["social"] > 90 and count["email"] > 45 and count["ai"] > 35, count


def test_our_own_rows_win_over_the_list() -> None:
    ours = own_tables()
    assert all(tables().hosts[host] == origin for host, origin in ours.hosts.items())
    assert all(tables().domains[domain] == origin for domain, origin in ours.domains.items())


@pytest.mark.parametrize(
    ("referrer", "source", "medium"),
    [
        ("https://suche.web.de/?su=rohr", "web_de", "organic"),
        ("https://search.seznam.cz/", "seznam", "organic"),
        ("https://de.search.yahoo.com/", "yahoo", "organic"),
        ("https://m.vk.com/", "vkontakte", "social"),
        ("https://away.vk.com/away.php", "vkontakte", "social"),
        ("https://www.xing.com/", "xing", "social"),
        ("https://mail.proton.me/", "proton", "email"),
        ("https://mail.yahoo.com/", "yahoo_mail", "email"),
        ("https://yuanbao.tencent.com/chat", "yuanbao", "ai"),
        ("https://chat.deepseek.com/", "deepseek", "ai"),
        ("https://duck.ai/", "duck_ai", "ai"),
        ("https://www.indeed.com/", "indeed.com", "referral"),
        ("https://login.live.com/", "login.live.com", "referral"),
        ("https://suche.web.de.example.org/", "suche.web.de.example.org", "referral"),
        ("https://notxing.com/", "notxing.com", "referral"),
    ],
)
def test_sites_of_the_list_are_known_exactly(referrer: str, source: str, medium: str) -> None:
    assert came(referrer=referrer)[:2] == (source, medium)


# A company's own rules


def test_a_companys_rule_is_asked_before_the_tables_and_says_so_in_the_trace() -> None:
    match = classify_visit(PAGE + "?utm_source=facebook&utm_campaign=may", "https://www.partner.example.org/links", OWN)
    assert (match.source, match.medium, match.rule, match.confidence) == ("partner", "referral", "company.host", 1.0)
    assert match.campaign == "may"
    assert match.trace[-1] == "rule company.host partner.example.org says partner / referral"


@pytest.mark.parametrize(
    ("page", "referrer", "wanted"),
    [
        (f"{PAGE}?utm_source=Spring+Letter&utm_medium=cpc", None, ("letter", "post", "company.utm_source")),
        (f"{PAGE}?a=1&REF=Bob%20Smith", "https://partner.example.org/", ("bob", "affiliate", "company.parameter")),
        (f"{PAGE}?ref=bob+smith&gclid={CLICK}", None, ("bob", "affiliate", "company.parameter")),
        (f"{PAGE}?ref=bob+smithy", None, ("direct", "none", "direct")),
        (PAGE, "https://google.com/", ("google_profile", "local", "company.host")),
        (PAGE, "https://sub.partner.example.org/", ("sub.partner.example.org", "referral", "referrer.other")),
    ],
)
def test_own_rules_match_exactly(page: str, referrer: str | None, wanted: tuple[str, str, str]) -> None:
    assert came(page, referrer) == wanted


def test_a_paid_click_outranks_a_rule_on_the_site_it_came_from_but_facebooks_mark_on_every_link_does_not() -> None:
    assert came(f"{PAGE}?gclid={CLICK}", "https://google.com/") == ("google", "cpc", "click_id.gclid")
    assert came(f"{PAGE}?fbclid={CLICK}", "https://l.facebook.com/") == ("facebook_page", "community", "company.host")


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("host", "https://www.Partner.Example.org/x?y", "partner.example.org"),
        ("host", "partner.example.org", "partner.example.org"),
        ("host", "no host", None),
        ("utm_source", "  Spring   Letter ", "spring letter"),
        ("utm_source", " ", None),
        ("parameter", "Ref = Bob", "ref=bob"),
        ("parameter", "ref", None),
        ("parameter", "=bob", None),
    ],
)
def test_a_rules_value_is_written_one_way(kind: str, written: str, value: str | None) -> None:
    assert rule_value(kind, written) == value


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_the_rules(page: str, referrer: str) -> None:
    came(page, referrer)
    for kind in ("host", "utm_source", "parameter"):
        rule_value(kind, page)


def test_visits_are_classified_by_the_rules_of_their_own_company(lite_hub: Factory) -> None:
    stage = lite_hub()
    lakeside = stage.directory.companies["lakeside"]
    stage.add(
        SourceRule(
            company_id=lakeside.id, kind="host", value="partner.example.org", source="partner", medium="referral",
            made_at=stage.clock(),
        )
    )  # fmt: skip
    stage.live.refresh()
    mine = stage.visit(landing_page=PAGE, referrer="https://partner.example.org/")
    other = stage.visit("northgate", landing_page=PAGE, referrer="https://partner.example.org/")
    sources = {each: stage.one(Visit, id=each.visit_id).source for each in (mine, other)}
    assert list(sources.values()) == ["partner", "partner.example.org"]


# What connectors know


def knowing(name: str, *known: tuple[SourceKind, str, str], error: Exception | None = None) -> type[Connector]:
    """A plugin that knows these: kind, value and source."""

    class Knowing(Connector):
        Settings = PluginSettings
        manifest = Signals.manifest.model_copy(update={"name": name})

        @hookimpl
        def list_sources(self) -> Sequence[KnownSource]:
            if error:
                raise error
            return [KnownSource(kind=kind, value=value, source=source, medium="link") for kind, value, source in known]

    return Knowing


def test_what_a_connector_knows_is_asked_before_the_tables_and_the_trace_names_the_connector(
    lite_hub: Factory,
) -> None:
    stage = lite_hub(connectors={"mailer": knowing("mailer", ("utm_source", "fb", "mailer"))})
    match = classify_visit(f"{PAGE}?utm_source=FB&utm_medium=cpc", None, known_sources(stage.hub)["lakeside"])
    assert (match.source, match.medium, match.rule, match.confidence) == (
        "mailer", "link", "connector.utm_source", 0.95,
    )  # fmt: skip
    assert match.trace == (
        "connector mailer knows utm_source fb",
        "rule connector.utm_source fb says mailer / link",
    )


def test_visits_are_classified_by_what_connectors_know_but_the_companys_own_rule_goes_first(lite_hub: Factory) -> None:
    stage = lite_hub(
        connectors={
            "mailer": knowing("mailer", ("host", "mail.example.org", "mailer"), ("parameter", "m=1", "mailer")),
            "late": knowing("late", ("host", "mail.example.org", "late"), ("utm_source", "late", "late")),
        },
        common={"mailer": {"companies": ["lakeside"]}},
    )
    assert set(known_sources(stage.hub)["northgate"]) == {("host", "mail.example.org"), ("utm_source", "late")}
    assert known_sources(stage.hub)["northgate"]["host", "mail.example.org"].connector == "late"
    stage.live = LiveDirectory(stage.hub.store, known_sources(stage.hub))
    lakeside = stage.directory.companies["lakeside"]
    stage.add(
        SourceRule(
            company_id=lakeside.id, kind="utm_source", value="late", source="ours", medium="own", made_at=stage.clock()
        )
    )
    stage.live.refresh()

    def source(page: str, referrer: str | None = None) -> tuple[str, str]:
        visit = stage.one(Visit, id=stage.visit(landing_page=page, referrer=referrer).visit_id)
        return visit.source, visit.rule

    assert source(PAGE, "https://mail.example.org/") == ("mailer", "connector.host"), "the first connector is believed"
    assert source(f"{PAGE}?m=1") == ("mailer", "connector.parameter")
    assert source(f"{PAGE}?utm_source=late") == ("ours", "company.utm_source")


def test_a_connector_that_fails_or_lists_what_cannot_be_costs_nobody_else_anything(lite_hub: Factory) -> None:
    stage = lite_hub(
        connectors={
            "broken": knowing("broken", error=ValueError("x")),
            "sloppy": knowing(
                "sloppy", ("host", "WWW.Example.org/x", "a"), ("utm_source", "fine", "sloppy"), ("utm_source", "b", " ")
            ),
        }
    )
    assert known_sources(stage.hub)["lakeside"] == {("utm_source", "fine"): OwnRule("sloppy", "link", "sloppy")}
