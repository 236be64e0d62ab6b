"""The page script is served with the company's settings, may be pinned, and is cached no longer than it is right."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import textwrap
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
import yaml
from commands import CliRunner
from pydantic import BaseModel
from testbed import make_config
from web_edge import CONFIG, PUBLIC, WAV, Edge

from hub.api.ads import ClickId
from hub.cli import app
from hub.config.models import CompanySection
from hub.numbers.accounts import write_accounts
from hub.privacy.tracking_rule import SCRIPT_ZONES
from hub.startup.reading import read_config
from hub.web.tracking.forms import FormBody
from hub.web.tracking.script import Website
from hub.web.tracking.visits import VisitBody

BUDGET = 6_400
"""Bytes of the compressed script, with a company's settings in it."""
SITE = {"swap": ["+13125550190", "+18004442277", "+442079460958"], "linked_domains": ["drains.example.com"]}


def website(**changes: object) -> Website:
    """A company's pages."""
    plain = {"company": "lakeside", "country": "US", "domains": ("lakeside.example.com",), "has_pool": True}
    return Website(**{**plain, **changes})  # type: ignore[arg-type]


def settings(body: bytes) -> dict[str, object]:
    """The settings at a script's end."""
    found = re.search(rb"\}\)\((\{.*\})\);?$", body.strip())
    assert found, body[-200:]
    read: dict[str, object] = json.loads(found[1])
    return read


@pytest.mark.parametrize("name", ["ringfence", "ringfence-forms"])
def test_the_script_is_served_compressed_and_may_be_pinned(edge: Edge, name: str) -> None:
    latest = edge.client.get(f"/t/lakeside/{name}.js")
    assert latest.headers["content-type"] == "text/javascript; charset=utf-8"
    assert latest.headers["content-encoding"] == "gzip" and "max-age=300" in latest.headers["cache-control"]
    assert (
        latest.headers["access-control-allow-origin"] == "*" and latest.headers["x-content-type-options"] == "nosniff"
    )
    directory = edge.opened.directory.current()
    script = Website.of(directory.companies["lakeside"], directory).script(PUBLIC, name)  # type: ignore[arg-type]
    pinned = edge.client.get(f"/t/lakeside/{script.file}")
    assert "immutable" in pinned.headers["cache-control"] and pinned.content == latest.content == script.body
    assert script.integrity == "sha384-" + base64.b64encode(hashlib.sha384(pinned.content).digest()).decode()
    plain = edge.client.get(f"/t/lakeside/{script.file}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.content == script.body
    assert plain.headers["vary"] == "Accept-Encoding" and plain.headers["etag"] != pinned.headers["etag"]


def test_a_browser_that_has_the_script_is_told_that_it_is_unchanged(edge: Edge) -> None:
    first = edge.client.get("/t/lakeside/ringfence.js")
    again = edge.client.get("/t/lakeside/ringfence.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == first.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "nobody/ringfence.js",
        "lakeside/ringfence",
        "lakeside/ringfence.0000000000000000.js",
        "lakeside/ringfence..js",
        "lakeside/other.js",
        "lakeside/..%2fringfence.js",
        "lakeside/%00.js",
        "%E2%82%AC/ringfence.js",
    ],
)
def test_an_unknown_script_is_not_found_and_that_is_not_cached(edge: Edge, path: str) -> None:
    answer = edge.client.get(f"/t/{path}")
    assert answer.status_code == 404
    assert answer.headers.get("cache-control", "no-store") == "no-store"


def test_the_script_with_its_settings_keeps_to_its_budget() -> None:
    script = website(**SITE).script("https://calls.lakeside.example.com")
    assert len(script.compressed) <= BUDGET
    assert gzip.decompress(script.compressed) == script.body


def test_a_page_learns_nothing_of_the_company_that_it_does_not_show(edge: Edge) -> None:
    told = settings(edge.client.get("/t/lakeside/ringfence.js").content)
    assert set(told) == {"track", "swap", "days", "domains", "linked", "keep", "clicks", "ask", "country", "pool"}
    assert told["track"] == f"{PUBLIC}/track/lakeside"
    assert settings(edge.client.get("/t/lakeside/ringfence-forms.js").content) == {"track": told["track"]}


def test_every_change_of_the_settings_is_another_version() -> None:
    versions = {
        website(**changes).script(PUBLIC).version
        for changes in ({}, SITE, {"country": "DE"}, {"cookie_days": 30}, {"domains": ()}, {"has_pool": False})
    }
    assert len(versions) == 6


@pytest.mark.parametrize(
    ("country", "tracking", "asks"),
    [
        ("US", "by_visitor", SCRIPT_ZONES),
        ("DE", "by_visitor", True),
        ("GB", "by_visitor", True),
        ("CA", "by_visitor", True),
        ("BR", "by_visitor", True),
        ("US", "opt_in", True),
        ("US", "opt_out", False),
        ("DE", "opt_out", False),
    ],
)
def test_visitors_are_asked_first_unless_the_law_or_the_company_says_otherwise(
    country: str, tracking: str, asks: bool | str
) -> None:
    assert settings(website(country=country, tracking=tracking).script(PUBLIC).body)["ask"] == asks


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("+13125550190", ["1", "1", "3125550190"]),
        ("+442079460958", ["44", "0", "2079460958"]),
        ("+49301234567", ["49", "0", "301234567"]),
        ("+390612345678", ["39", "", "0612345678"]),
        ("+74951234567", ["7", "8", "4951234567"]),
        ("+19995550100", ["1", "1", "9995550100"]),
    ],
)
def test_the_script_knows_how_a_number_is_dialled_at_home(number: str, parts: list[str]) -> None:
    assert settings(website(swap=(number,)).script(PUBLIC).body)["swap"] == [parts]


def test_settings_with_markup_in_them_stay_one_script() -> None:
    body = website(domains=("</script><script>alert(1)//", "\u2028\u2029")).script(PUBLIC).body
    assert settings(body)["domains"] == ["</script><script>alert(1)//", "\u2028\u2029"]
    assert b"\xe2\x80\xa8" not in body


def test_the_site_says_that_it_honours_global_privacy_control(edge: Edge) -> None:
    answer = edge.client.get("/.well-known/gpc.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["gpc"] is True and re.fullmatch(r"\d{4}-\d\d-\d\d", answer.json()["lastUpdate"])


def test_a_visit_that_comes_as_plain_text_needs_no_preflight(edge: Edge) -> None:
    answer = edge.client.post("/track/lakeside/visit", content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 200
    written = answer.json()
    assert (written["national"], written["international"]) == (
        f"({written['number'][2:5]}) {written['number'][5:8]}-{written['number'][8:]}",
        f"+1 {written['number'][2:5]}-{written['number'][5:8]}-{written['number'][8:]}",
    )


def test_hub_snippet_prints_what_the_hub_serves(edge: Edge, tmp_path: Path) -> None:
    without_assistant = CONFIG.replace("  moody: {plugin: moody, isolation: thread}\n", "")
    (tmp_path / "config.yaml").write_text(without_assistant)
    (tmp_path / "hello.wav").write_bytes(WAV)
    printed = CliRunner().invoke(app, ["snippet", "lakeside", "--forms", "--config", str(tmp_path / "config.yaml")])
    tags = re.findall(r'src="(\S+?)"(?: integrity="(\S+?)")? crossorigin="anonymous"', printed.stdout)
    assert len(tags) == 2
    for address, integrity in tags:
        served: httpx2.Response = edge.client.get(address.removeprefix(PUBLIC))
        assert served.status_code == 200
        assert integrity == "sha384-" + base64.b64encode(hashlib.sha384(served.content).digest()).decode()
    assert "swap" in printed.stderr, "the configuration names no numbers to swap"
    link = f'<a href="{PUBLIC}/privacy/lakeside#opt-out">Do Not Sell or Share My Personal Information</a>'
    assert link in printed.stdout and 'id="opt-out"' in edge.client.get("/privacy/lakeside").text
    assert "Limit the Use" not in printed.stdout, "what is said goes nowhere beyond the service"
    (tmp_path / "config.yaml").write_text(
        without_assistant.replace("connectors:", "connectors:\n  ears: {plugin: whisper}", 1)
    )
    limited = CliRunner().invoke(app, ["snippet", "lakeside", "--config", str(tmp_path / "config.yaml")])
    assert "Limit the Use of My Sensitive Personal Information</a>" in limited.stdout
    (tmp_path / "config.yaml").write_text(CONFIG)
    latest = CliRunner().invoke(app, ["snippet", "lakeside", "--latest", "--config", str(tmp_path / "config.yaml")])
    assert f'src="{PUBLIC}/t/lakeside/ringfence.js" crossorigin' in latest.stdout


def test_what_config_yaml_says_of_a_website_is_what_the_tables_say(edge: Edge, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "hello.wav").write_bytes(WAV)
    config = read_config(tmp_path / "config.yaml")
    directory = edge.opened.directory.current()
    assert Website.written(config, config.companies[0]).script(PUBLIC) == Website.of(
        directory.companies["lakeside"], directory
    ).script(PUBLIC)


def test_which_fields_of_forms_are_ignored_does_not_stand_in_the_script(edge: Edge, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        CONFIG.replace("domains: [lakeside.", "website: {ignored_fields: [ssn]}\n        domains: [lakeside.")
    )
    (tmp_path / "hello.wav").write_bytes(WAV)
    config = read_config(tmp_path / "config.yaml")
    body = Website.written(config, config.companies[0]).script(PUBLIC).body
    company = edge.opened.directory.current().companies["lakeside"]
    company.website = {**company.website, "ignored_fields": ["ssn"]}
    assert b"ssn" not in body and body == Website.of(company, edge.opened.directory.current()).script(PUBLIC).body


def test_a_pinned_script_is_served_on_when_a_connector_brings_a_click_id(edge: Edge) -> None:
    company = edge.opened.directory.current().companies["lakeside"]
    before = Website.of(company, edge.opened.directory.current()).script(PUBLIC)
    config = edge.opened.hub.config
    for read in (("epik",), ()):
        reader = config.connectors["reader"].connector_class
        click_ids = tuple(ClickId(parameter=name, source="pinterest") for name in read)
        manifest = reader.manifest.model_copy(update={"click_ids": click_ids})
        changed = type("Changed", (reader,), {"manifest": manifest})
        entries = {**config.connectors, "reader": replace(config.connectors["reader"], connector_class=changed)}
        with edge.opened.hub.store.writing() as session:
            write_accounts(session, replace(config, connectors=entries), edge.clock())
        edge.opened.directory.refresh()
        latest = edge.client.get("/t/lakeside/ringfence.js")
        assert settings(latest.content)["clicks"] == list(read)
        assert edge.client.get(f"/t/lakeside/{before.file}").content == before.body != latest.content


def test_the_example_of_the_documentation_is_right() -> None:
    page = (Path(__file__).parents[2] / "docs" / "website.md").read_text()
    example = next(text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "linked" in text)
    read = yaml.safe_load(textwrap.dedent(example))
    section = CompanySection(name="lakeside", title="Lakeside", route={"dial": "+13125550190"}, **read)
    assert settings(Website.written(make_config("sqlite://"), section).script(PUBLIC).body)["linked"] == [
        "lakeside-drains.example.com"
    ]


@pytest.mark.parametrize(("heading", "body"), [("field of a visit", VisitBody), ("field of a form", FormBody)])
def test_the_documentation_names_every_field_that_a_server_may_send(heading: str, body: type[BaseModel]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "website.md").read_text()
    table = page.split(f"| {heading} | |")[1].split("\n\n")[0]
    rows = [row.split(" | ")[0] for row in table.splitlines()]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == body.model_fields.keys()
