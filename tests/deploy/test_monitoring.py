"""The dashboard and the alert rules: every metric and label that they name is really exported, and each rule parses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from starlette.testclient import TestClient
from testbed import TestHub

from hub.store import audit
from hub.web.health import operation_app

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yaml"
DASHBOARD = DEPLOY / "grafana" / "ringfence.json"
SUFFIXES = ("_bucket", "_sum", "_count")
NAME = re.compile(r"\bringfence_[a-z_]+")
MATCHED = re.compile(r"(ringfence_[a-z_]+)\{([^}]*)\}")
ADDED = {"job", "instance", "exported_job", "le"}
"""Labels that Prometheus adds or renames."""


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def exported(stage: TestHub) -> set[str]:
    """The names in /metrics of a hub that is running."""
    text = TestClient(operation_app(lambda: stage.hub)).get("/metrics").text
    return set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))


def test_every_metric_of_the_dashboard_and_the_rules_is_exported_by_a_hub(lite_hub: Callable[..., TestHub]) -> None:
    there = exported(lite_hub())
    named = {name for expression in expressions() for name in NAME.findall(expression)}
    bare = {
        name if name in there else name.removesuffix(next((s for s in SUFFIXES if name.endswith(s)), ""))
        for name in named
    }
    assert len(bare) > 20 and bare - there == set()
    shown = {name for name in there if name.startswith("ringfence_") and not name.endswith("_created")}
    unused = shown - bare
    assert unused <= {"ringfence_quarantined_total"}, "a new metric belongs on the dashboard"


def test_every_label_that_is_matched_or_grouped_by_is_one_of_its_metric() -> None:
    labels = {
        metric.name + ("_total" if metric.type == "counter" else ""): set(REGISTRY._names_to_collectors[
            metric.name + ("_total" if metric.type == "counter" else "")
        ]._labelnames)
        for metric in REGISTRY.collect() if metric.name.startswith("ringfence_")
    }  # fmt: skip
    for expression in expressions():
        for name, matchers in MATCHED.findall(expression):
            used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
            assert used - ADDED <= labels[name], expression
        names = {each.removesuffix("_bucket") for each in NAME.findall(expression)}
        for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
            known = set().union(*(labels[name] for name in names if name in labels)) | ADDED
            assert {each.strip() for each in grouped.split(",")} <= known, expression


def test_a_backup_and_a_good_drill_show_their_age(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    with stage.hub.store.writing() as session:
        for action in ("backup.data", "backup.drill", "backup.drill_failed"):
            audit.note(session, stage.clock(), "root", action, "x")
    stage.clock.advance(hours=1)
    exported(stage)
    ages = [REGISTRY.get_sample_value("ringfence_backup_age_seconds", {"kind": kind}) for kind in ("data", "drill")]
    assert ages == [3600.0, 3600.0]


def test_each_rule_says_how_urgent_it_is_and_what_to_do_and_the_page_lists_it() -> None:
    page = (DEPLOY.parent / "docs" / "deploy" / "monitoring.md").read_text()
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"].keys() == {"summary", "action"}
        assert f"`{rule['alert']}`" in page, rule["alert"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian's package prometheus) is not installed")
def test_prometheus_itself_takes_the_rules_and_the_expressions(tmp_path: Path) -> None:
    found = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    as_rules = [
        {"record": f"panel:{n}", "expr": each.replace("$__rate_interval", "5m")} for n, each in enumerate(expressions())
    ]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": as_rules}]}))
    found = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
