"""Who must say yes first is not recorded before that, whatever their page sends; what tells their place is not stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from web_edge import DEFAULT, POOL, Edge, open_edge

from hub.errors import ConfigError
from hub.web.tracking.country_file import CountryFile

GERMAN, AMERICAN = "198.51.100.7", "203.0.113.9"
ENGLISH = {"accept-language": "en-US,en;q=0.9"}
HOME: dict[str, Any] = {"time_zone": "America/Chicago"}


@pytest.fixture(scope="module")
def countries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An IP-to-country file."""
    writer = MMDBWriter(4, "Test-Country", languages=["en"])
    writer.insert_network(IPSet([f"{GERMAN}/24"]), {"country": {"iso_code": "DE"}})
    writer.insert_network(IPSet([f"{AMERICAN}/24"]), {"country": {"iso_code": "US"}})
    path = tmp_path_factory.mktemp("countries") / "countries.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def mapped(tmp_path: Path, countries: Path) -> Iterator[Edge]:
    """A hub with that file, behind a proxy that it trusts."""
    with open_edge(tmp_path, "[127.0.0.0/8]", more=f"  country_file: {countries}\n") as edge:
        yield edge


@pytest.mark.parametrize(
    ("headers", "body", "asked"),
    [
        (ENGLISH, HOME, False),
        (ENGLISH, {"time_zone": "Europe/Berlin"}, True),
        ({"accept-language": "de"}, HOME, True),
        ({"accept-language": "fr-CA"}, {"time_zone": "America/Toronto"}, True),
        (ENGLISH, HOME | {"country": "DE"}, True),
    ],
)
def test_a_visitor_who_must_say_yes_first_sees_the_number_for_everybody(
    edge: Edge, headers: dict[str, str], body: dict[str, Any], asked: bool
) -> None:
    shown = edge.visit(headers=headers, **body).json()
    assert shown["ask_first"] is asked
    assert (shown["number"] == DEFAULT, shown["visit_id"] is None) == (asked, asked)
    assert edge.one("SELECT (SELECT count(*) FROM visit) + (SELECT count(*) FROM lease)") == (0 if asked else 2)
    default = {"default": {"analytics": "granted", "ads": "granted"}}
    assert (edge.visit(headers=headers, consent=default, **body).json()["visit_id"] is None) is asked
    agreed = edge.visit(headers=headers, consent={"analytics": "granted"}, **body).json()
    assert agreed["visit_id"] and (agreed["number"] in POOL or not asked)


def test_a_form_of_somebody_who_must_say_yes_first_is_not_kept(edge: Edge) -> None:
    form = {"submission_key": "submission-1", "fields": {"email": "pat@example.com"}}
    for headers, body in ((ENGLISH, {"time_zone": "Europe/Berlin"}), ({"accept-language": "de"}, HOME)):
        assert edge.client.post("/track/lakeside/form", json=form | body, headers=headers).status_code == 204
    assert edge.one("SELECT count(*) FROM form_submission") == 0
    said = form | {"time_zone": "Europe/Berlin", "consent": {"all": "granted"}}
    edge.client.post("/track/lakeside/form", json=said, headers=ENGLISH)
    edge.client.post("/track/lakeside/form", json=form | HOME | {"submission_key": "submission-2"}, headers=ENGLISH)
    assert edge.one("SELECT count(*) FROM form_submission") == 2


def test_a_server_that_reports_visits_decides_itself(edge: Edge) -> None:
    assert edge.visit().json()["visit_id"] and edge.visit(country="DE").json()["ask_first"] is False


def test_the_network_counts_and_neither_it_nor_any_other_hint_is_stored(mapped: Edge) -> None:
    for address, asked in (
        (AMERICAN, False),
        (GERMAN, True),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("x", False),
    ):
        shown = mapped.visit(headers=ENGLISH | {"x-forwarded-for": address}, **HOME).json()
        assert shown["ask_first"] is asked, address
    mapped.visit(headers=ENGLISH | {"x-forwarded-for": GERMAN}, consent={"analytics": "granted"}, **HOME)
    file = Path(str(mapped.opened.hub.store.url.database))
    stored = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*") if each.is_file())
    assert not any(hint.encode() in stored for hint in (GERMAN, AMERICAN, "198.51.100", "America/Chicago", "en-US"))


def test_a_file_that_is_not_there_or_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"no countries")
    for path in (tmp_path / "missing.mmdb", broken):
        with pytest.raises(ConfigError, match="is not there, or is no MMDB file"):
            CountryFile(str(path))
    assert CountryFile(None).country_of(GERMAN) is None
