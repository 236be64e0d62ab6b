"""Everything that is built in has a title, and people read no id."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from testbed import TestHub

from hub.config.callflow.definition import STEP_TYPES
from hub.config.sections.webhooks import WEBHOOK_USES
from hub.contracts.categories import CATEGORIES, USES
from hub.contracts.titles import campaign_title, connector_title, fact_title, origin_title, source_title, titles
from hub.model.purposes import Purpose
from hub.plugin_host.discovery import discover
from hub.privacy.translations import texts_in
from hub.sources.tables import tables
from hub.worker import Worker
from hub.worker.housekeeping import periodic_jobs
from hub.worker.scheduler import Ticker
from plugins.crm.hubspot.translate import FACTS as HUBSPOT_FACTS
from plugins.crm.hubspot.translate import facts as hubspot_facts
from plugins.crm.salesforce.translate import facts as salesforce_facts
from plugins.enrichment.phonenumbers.translate import LINE_TYPES
from plugins.enrichment.twilio_lookup.translate import LINE_TYPES as TWILIO_LINE_TYPES
from plugins.enrichment.twilio_lookup.translate import facts as twilio_facts

ROOT = Path(__file__).parents[2]
OWN_WORDS = re.compile(r"""replace\(\s*['"]_['"],\s*['"] ['"]\)""")
NO_IDS = {
    "platform/id_words.py",
    "contracts/time_zones.py",
    "platform/formats.py",
    "testing/exchanges/held_against.py",
    "testing/promises.py",
    "texts/grammar.py",
}
"""Modules of the hub that change names of time zones, of tests and of files, and patterns of words."""


def titled(kind: str) -> set[str]:
    """The ids that have a title."""
    return {name for known, name in titles() if known == kind}


def test_every_built_in_source_and_medium_has_a_title() -> None:
    """A source of the tables, of a plugin's click ids, and the medium of each."""
    table = tables()
    rows = [*table.click_ids.values(), *table.ad_parameters.values(), *table.hosts.values(), *table.domains.values()]
    clicks = [each for plugin in discover().classes.values() for each in plugin.manifest.click_ids]
    sources = {*table.utm_sources.values(), *table.default_mediums, *(row.source for row in rows)}
    mediums = {*table.utm_mediums.values(), *table.default_mediums.values(), *(row.medium for row in rows)}
    assert sources | {each.source for each in clicks} | {"direct", "internal"} <= titled("source")
    assert mediums | {each.medium for each in clicks if each.medium} | {"none", "unknown"} <= titled("medium")


def test_every_built_in_plugin_has_a_title() -> None:
    """The product's name, not the plugin's id."""
    labels = {name: plugin.manifest.title for name, plugin in discover().classes.items()}
    assert labels and not [name for name, title in labels.items() if not title or "_" in title]


def test_every_built_in_plugin_has_its_own_title_in_the_table() -> None:
    """Roads that load no plugin, such as a command that reads the database alone, take it from there."""
    labels = {name: plugin.manifest.label for name, plugin in discover().classes.items()}
    assert {name: titles()["plugin", name] for name in titled("plugin")} == labels


def test_every_purpose_of_texts_and_every_use_of_webhooks_has_a_title() -> None:
    """One for each value that the hub knows, and no other."""
    assert titled("text_purpose") == {*get_args(Purpose)}
    assert titled("webhook_use") == WEBHOOK_USES


def facts_of_plugins() -> Iterator[str]:
    """The names of facts that built-in plugins tell."""
    for file in (ROOT / "plugins").glob("*/*/*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Fact":
                named = next(each.value for each in node.keywords if each.arg == "name")
                if isinstance(named, ast.Constant):
                    yield str(named.value)
    line, caller = {"type": "mobile", "carrier_name": "x"}, {"caller_name": "Pat", "caller_type": "CONSUMER"}
    answer = {"valid": True, "line_type_intelligence": line, "caller_name": caller}
    yield from (each.name for each in twilio_facts(answer))
    properties = {**dict.fromkeys(HUBSPOT_FACTS, "x"), "firstname": "Pat"}
    yield from (each.name for each in hubspot_facts([("1", properties)], timedelta(days=1)))
    row = {"Id": "1", "Name": "Pat", "Company": "x", "Account": {"Name": "x"}, "Owner": {"Name": "Sam"}}
    deal = {"Name": "Roof", "StageName": "Won"}
    for kind in ("Contact", "Lead"):
        yield from (each.name for each in salesforce_facts(row, kind, deal, alone=True))


def test_every_fact_of_a_built_in_plugin_has_a_title() -> None:
    """On the page of a call and of a person; a fact of another plugin has its words."""
    assert {*facts_of_plugins()} == titled("fact")
    assert (fact_title("carrier"), fact_title("crm.favorite_color")) == ("Phone company", "Favorite color")


def test_every_job_and_thread_has_a_title(hub: Callable[..., TestHub]) -> None:
    """The page Status and the alert about a job that fails show it."""
    stage = hub()
    worker = Worker(stage.hub, stage.directory)
    worker.start()
    worker.stop()
    names = {job.name for job in periodic_jobs(stage.hub, Ticker(stage.hub))}
    assert names | stage.hub.liveness.thread_ages().keys() <= titled("job")


def test_ids_become_words_in_one_place() -> None:
    """So that a title in the table is never passed by."""
    files = [*(ROOT / "hub").rglob("*.py"), *(ROOT / "hub" / "web" / "templates").rglob("*.html")]
    own = {str(each.relative_to(ROOT / "hub")) for each in files if OWN_WORDS.search(each.read_text("utf-8"))}
    assert own == NO_IDS, "use hub.contracts.titles"


def test_every_category_and_purpose_has_the_title_that_the_public_data_map_has() -> None:
    """A person reads the same words in the hub and on the privacy page."""
    english = texts_in("en")
    assert titled("category") == CATEGORIES and titled("purpose") == USES
    for kind, section in (("category", "category"), ("purpose", "use")):
        for name in titled(kind):
            assert titles()[kind, name] == english.plain(f"{section}.{name}"), name


def test_every_step_and_line_type_has_a_title() -> None:
    """What a step does, and what kind of line a number is."""
    assert titled("step") == STEP_TYPES.keys()
    assert {*LINE_TYPES.values(), *TWILIO_LINE_TYPES.values()} <= titled("line")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("google / cpc", "Google Ads"),
        ("google / organic", "Google (organic)"),
        ("google_business_profile / organic", "Google Business Profile"),
        ("yellow_pages / print", "Yellow Pages (print)"),
        ("van_lettering / offline", "Van Lettering (offline)"),
        ("news.example.com / referral", "news.example.com (link)"),
        ("website / direct", "Website"),
        ("direct / none", "Direct"),
        ("", ""),
    ],
)
def test_a_source_with_its_medium_reads_as_people_say_it(written: str, read: str) -> None:
    """One outside the table gets capitals; a host stays as it is."""
    assert origin_title(written) == read


def test_names_that_people_gave_stay_as_they_are() -> None:
    """Only an id is changed into words."""
    assert (campaign_title("spring_2026"), campaign_title("Water heaters | exact")) == (
        "Spring 2026",
        "Water heaters | exact",
    )
    assert source_title("Joe's flyer") == "Joe's flyer"


def test_connectors_of_one_plugin_are_told_apart_by_the_rest_of_their_names() -> None:
    """A single one has the plugin's title alone."""
    plugin = discover().classes["google_ads"]
    one = {"google_northgate": plugin.__new__(plugin)}
    assert connector_title("google_northgate", one) == plugin.manifest.label
    two = {**one, "google_lakeside": plugin.__new__(plugin)}
    assert connector_title("google_northgate", two) == f"{plugin.manifest.label} (Northgate)"
    assert connector_title("old_crm", two) == "Old crm"
