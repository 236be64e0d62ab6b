"""`hub pools`: the figures of each pool at the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cli_shop import Shop
from typer.testing import Result


@pytest.fixture
def run(shop: Shop) -> Callable[..., Result]:
    return lambda *words: shop.run("pools", *words)


def visited(shop: Shop, visitors: int) -> None:
    with shop.opened() as opened:
        for _ in range(visitors):
            shop.visit(opened)


def test_a_pool_is_shown_with_its_visitors_and_the_size_that_it_needs(shop: Shop, run: Callable[..., Result]) -> None:
    visited(shop, 4)
    shown = run()
    assert shown.exit_code == 0
    assert "north/pool" in shown.output and "75.0% (3 of 4)" in shown.output and "Erlang B" in shown.output


def test_machines_get_every_figure(shop: Shop, run: Callable[..., Result]) -> None:
    visited(shop, 4)
    found: list[dict[str, Any]] = json.loads(run("--json", "--company", "north", "--blocking", "0.05").stdout)
    assert len(found) == 1
    told = {name: found[0][name] for name in ("company", "tracker", "size", "arrivals", "overflows", "blocking")}
    assert told == {"company": "north", "tracker": "pool", "size": 1, "arrivals": 4, "overflows": 3, "blocking": 0.05}
    assert found[0]["overflow_rate"] == 0.75 and found[0]["arrivals_per_hour"]["peak"] == 4
    assert found[0]["recommended_size"] == 5


def test_a_pool_without_visitors_is_shown_too(run: Callable[..., Result]) -> None:
    assert "no visitors yet" in run().output


@pytest.mark.parametrize("words", [("--blocking", "0"), ("--blocking", "1"), ("--days", "0"), ("--blocking", "x")])
def test_what_cannot_be_is_refused(run: Callable[..., Result], words: tuple[str, str]) -> None:
    refused = run(*words)
    assert refused.exit_code == 2 and "Traceback" not in refused.output


def test_an_unknown_company_is_told_with_the_nearest(
    run: Callable[..., Result], refusal: Callable[[Result], str]
) -> None:
    assert "did you mean 'north'" in refusal(run("--company", "nort"))
