"""The data map in fideslang's words: systems with their privacy declarations, and the hub's tables as a dataset."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import yaml

from hub.contracts.categories import OWN_CATEGORIES, OWN_USES
from hub.privacy.datamap.chart import DataMap, readable
from hub.privacy.datamap.flows import Flow, by_recipient
from hub.privacy.retention import Holding

ORGANIZATION = "ringfence_customer"
SUBJECTS = ["customer", "prospect"]


def fideslang(chart: DataMap) -> str:
    """YAML that the `fideslang` package reads as a taxonomy (its version 3.1); our own categories and uses stand in it too."""
    document: dict[str, Any] = {
        "data_category": [_own(key) for key in sorted(OWN_CATEGORIES)],
        "data_use": [_own(key) for key in sorted(OWN_USES)],
        "organization": [
            {"fides_key": ORGANIZATION, "name": ", ".join(chart.controllers), "organization_parent_key": None}
        ],
        "system": [_system(recipient, flows, chart.homes) for recipient, flows in by_recipient(chart.flows).items()],
        "dataset": [_dataset(chart.storage)],
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _own(key: str) -> dict[str, Any]:
    parent = key.rpartition(".")[0]
    # A top-level word of our own has no parent among fideslang's.
    return {"fides_key": key, "name": readable(key), "parent_key": parent, "organization_fides_key": ORGANIZATION}


def _system(recipient: str, flows: list[Flow], homes: frozenset[str]) -> dict[str, Any]:
    regions = {region for flow in flows for region in flow.regions}
    by_use: defaultdict[str, set[str]] = defaultdict(set)
    for flow in flows:
        by_use[flow.use].add(flow.category)
    controller = any(flow.role == "independent_controller" for flow in flows)
    return {
        "fides_key": _key(recipient),
        "organization_fides_key": ORGANIZATION,
        "name": recipient,
        "legal_name": recipient,
        "system_type": "Third Party",
        "responsibility": ["Controller" if controller else "Processor"],
        # Where a provider does not tell the place, it may be anywhere.
        "does_international_transfers": not regions or any(homes != {region} for region in regions),
        "privacy_declarations": [
            {
                "name": readable(use),
                "data_categories": sorted(categories),
                "data_use": use,
                "data_subjects": SUBJECTS,
                "retention_period": "; ".join(sorted({flow.kept for flow in flows if flow.use == use})),
                "data_shared_with_third_parties": controller,
            }
            for use, categories in sorted(by_use.items())
        ],
    }


def _dataset(storage: Iterable[Holding]) -> dict[str, Any]:
    tables: defaultdict[str, list[Holding]] = defaultdict(list)
    for each in storage:
        tables[each.table].append(each)
    return {
        "fides_key": "ringfence_store",
        "organization_fides_key": ORGANIZATION,
        "name": "Ringfence's database and its storage of recordings",
        "collections": [
            {
                "name": table,
                "data_categories": sorted({each.category for each in held}),
                "description": "; ".join(
                    sorted({f"{each.name}: {each.ending} after {each.life.days} days" for each in held})
                ),
                "fields": [
                    {"name": category.replace(".", "_"), "data_categories": [category]}
                    for category in sorted({each.category for each in held})
                ],
            }
            for table, held in sorted(tables.items())
        ],
    }


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9_.-]+", "_", name.lower()).strip("_.")
