"""What the hub itself goes by agrees with the table of laws that was written by hand."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from hub.contracts.rules import OWN
from hub.privacy.tracking_rule import Hints, TrackingRule
from hub.privacy_requests.deadlines import every_row
from hub.proof.docs.law import shipped_rules

TABLE = Path(__file__).parents[1] / "plugins" / "consent" / "oracle.tsv"


def test_visitors_are_asked_first_wherever_the_law_on_tracking_does() -> None:
    lines = (line for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#"))
    rows = {row["place"]: row["tracking"] for row in csv.DictReader(lines, delimiter="\t")}
    countries = {place.partition("-")[0] for place in rows if place != "unknown"}
    assert len(countries) > 30
    abroad, hints = TrackingRule("by_visitor", "US"), Hints(languages="en-US")
    for country in countries:
        asked = abroad.asks_first(replace(hints, network_country=country))
        assert asked or all(rows[place] != "in" for place in rows if place.partition("-")[0] == country), country
        home = TrackingRule("by_visitor", country).for_script
        assert home is True or country == "US", country


def test_few_rules_are_unconfirmed_and_every_confirmed_one_says_where_and_when_it_was_read() -> None:
    rules = shipped_rules()
    assert sum(not rule.confirmed for rule in rules) < 20 < 180 < len(rules)
    assert all(rule.sources and rule.read_on for rule in rules if rule.confirmed and rule.sources != (OWN,))
    assert len({rule.id for rule in rules}) == len(rules)


def test_a_country_that_yaml_could_take_for_a_no_has_its_deadline() -> None:
    """YAML reads an unquoted NO as false, and Norway is gone."""
    places = {place for row in every_row() for place in row.places}
    assert {"NO", "DE", "GB", "US-CA"} <= places and all(isinstance(place, str) for place in places)
