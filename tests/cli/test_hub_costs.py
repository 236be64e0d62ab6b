"""`hub costs` and `hub report costs`: from a file to the cost of a call."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.platform.clock import utc_now

Refusal = Callable[[Result], str]
AD = "https://north.example.com/?utm_source=bing&utm_medium=cpc&utm_campaign=drains"


@pytest.fixture
def sold(shop: Shop, tmp_path: Path) -> Shop:
    shop.clock.now = utc_now() - timedelta(hours=1)
    shop.play(visit={"page": AD}, send=False)
    day = f"{shop.clock():%Y-%m-%d}"
    lines = [f"{day},bing,cpc,drains,30,USD,9", f"{day},radio,spot,=cmd(),70.5,EUR,", f"{day},bing,cpc,brand,10,USD,1"]
    (tmp_path / "costs.csv").write_text("\n".join(["day,source,medium,campaign,cost,currency,clicks", *lines]))
    return shop


def test_a_file_becomes_the_cost_of_a_call(sold: Shop, tmp_path: Path, refusal: Refusal) -> None:
    file = str(tmp_path / "costs.csv")
    assert "Would import 3 lines" in sold.run("costs", "import", file, "--check").stdout
    assert "No costs are known" in sold.run("costs", "list").stdout
    assert "Imported 3 lines" in sold.run("costs", "import", file).stdout
    assert "Nothing changed" in sold.run("costs", "import", file).stdout
    listed = json.loads(sold.run("costs", "list", "--json").stdout)["costs"]
    assert [(each["source"], each["total"], each["currency"]) for each in listed] == [
        ("bing", "40", "USD"), ("radio", "70.5", "EUR")
    ]  # fmt: skip

    report = json.loads(sold.run("report", "costs", "--by", "campaign", "--format", "json").stdout)
    lines = {line["value"]: line for line in report["lines"]}
    assert lines["drains"]["costs"]["USD"]["per_call"] == "30" and lines["drains"]["clicks"] == 9
    assert lines["brand"]["costs"]["USD"]["per_call"] is None and lines["brand"]["calls"] == 0
    assert report["total"]["costs"]["USD"]["cost"] == "40" and report["total"]["costs"]["EUR"]["cost"] == "70.5"

    rows = list(csv.DictReader(io.StringIO(sold.run("report", "costs", "--by", "campaign", "--format", "csv").stdout)))
    assert {row["campaign"] for row in rows} == {"'=cmd()", "brand", "drains", "total"}, "no formula"
    assert "bing / cpc" in sold.run("report", "costs").stdout

    removed = sold.run("costs", "remove", "--source", "radio", "--from", f"{sold.clock():%Y-%m-%d}").stdout
    assert "Removed 1 line " in removed
    (tmp_path / "costs.csv").write_text("day,source,cost,currency\ntoday,bing,1,USD\n")
    assert "line 2: day 'today' is not a date" in refusal(sold.run("costs", "import", file))
    assert "cannot be read" in refusal(sold.run("costs", "import", "nothing.csv"))
