"""Configurations of agencies: many companies, each with many trackers and their numbers."""

from __future__ import annotations

from pathlib import Path

import yaml

from benchmarks.processes import free_port


def write_large_config(folder: Path, companies: int, trackers: int, *, pools: bool = False) -> int:
    """Write config.yaml into `folder`: each company with `trackers` numbers, each of a source tracker of its own or all of one
    pool. The port that it listens on."""
    port = free_port()
    accounts = [{"name": "agency", "title": "Agency", "companies": [
        _company(each, trackers, pools) for each in range(companies)
    ]}]  # fmt: skip
    config = {
        "hub": {
            "public_url": f"http://127.0.0.1:{port}",
            "listen": f"127.0.0.1:{port}",
            "database": f"sqlite:///{folder}/hub.db",
        },
        "connectors": {"twilio": {"plugin": "twilio", "sandbox": True}},
        "accounts": accounts,
    }
    (folder / "config.yaml").write_text(yaml.dump(config, Dumper=yaml.CSafeDumper, sort_keys=False))
    return port


def _company(at: int, trackers: int, pools: bool) -> dict[str, object]:
    numbers = [_number(at * trackers + each) for each in range(trackers)]
    named = [
        {"name": f"ad-{each}", "type": "source", "carrier": "twilio", "source": f"paper_{each}", "medium": "print",
         "campaign": f"Spring in the paper of district {each}, with the coupon",
         "numbers": [number]}
        for each, number in enumerate(numbers)
    ]  # fmt: skip
    pool = [{"name": "pool", "type": "session", "carrier": "twilio", "numbers": numbers}]
    return {
        "name": f"company-{at}", "title": f"Company {at}", "time_zone": "America/Chicago", "country": "US",
        "route": {"dial": "+13125550199", "greeting": f"Thank you for calling company {at}."},
        "trackers": pool if pools else named,
    }  # fmt: skip


def _number(at: int) -> str:
    """One of the fictional numbers: 100 an area code, without that of the phones that ring."""
    area = 200 + at // 100
    return f"+1{area + (area >= 312)}55501{at % 100:02}"
