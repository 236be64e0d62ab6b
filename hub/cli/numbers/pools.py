"""`hub pools`: each pool's size, visitors, use and overflow, and the recommended size."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, EMPTY_CELL, ConfigFile, plain
from hub.numbers.accounts import write_accounts
from hub.numbers.directory import read_directory
from hub.numbers.pools import PoolFigures, pool_figures
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.queries.lookup import known
from hub.startup.database import open_store
from hub.startup.reading import read_config


@listing
def pools(
    company: Annotated[str | None, typer.Option(help="Only this company.", metavar="NAME")] = None,
    blocking: Annotated[
        float,
        typer.Option(min=0.0001, max=0.5, help="The share of visitors that may get no number in the busiest hour."),
    ] = 0.01,
    days: Annotated[int, typer.Option(min=1, max=396, help="How many days back to look.")] = 28,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Show each pool's size, visitors, use and overflow, and the size that Erlang's formula B recommends.

    The recommendation is for the busiest hour, with the measured time that visitors hold their numbers.
    """
    loaded = read_config(config)
    names = [each.name for each in loaded.companies]
    wanted = [known(company, names, "company")] if company is not None else names
    with open_store(loaded) as store:
        now = utc_now()
        with store.writing() as session:
            write_accounts(session, loaded, now)
        with store.reading() as session:
            figures = pool_figures(session, read_directory(session), wanted, days=days, blocked=blocking, now=now)
    return Listing(
        "Pools", figures,
        (("pool", lambda each: plain(f"{each.company}/{each.tracker}")), "size", ("held now", "live"),
         ("visitors/h", lambda each: f"{each.mean_rate:.1f}"), ("busiest h", lambda each: f"{each.peak_rate:.0f}"),
         ("held for", lambda each: _span(each.hold)), ("use", lambda each: f"{each.utilization:.0%}"),
         ("overflow", _overflow), ("a number rests", lambda each: _span(each.rest)), ("advised", _advice)),
        data=lambda each: _plain(each, blocking),
        nothing="There is no pool; add a tracker of type session to config.yaml.",
        hint=f"Advised: so many that at most {blocking:.2%} of the busiest hour's visitors would find none (Erlang B).",
        optional=("a number rests", "held for", "overflow", "busiest h", "use")
    )  # fmt: skip


def _overflow(each: PoolFigures) -> str:
    return f"{each.overflow_rate:.1%} ({each.overflows:,} of {each.arrivals:,})" if each.arrivals else EMPTY_CELL


def _advice(each: PoolFigures) -> str:
    color = "green" if each.recommended <= each.size else "yellow"
    return f"[{color}]{each.recommended}[/{color}]" if each.arrivals else "[dim]no visitors yet[/dim]"


def _span(length: timedelta | None) -> str:
    if length is None:
        return EMPTY_CELL
    minutes = length / timedelta(minutes=1)
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 60 * 48 else f"{minutes / 1440:.0f} d"


def _plain(each: PoolFigures, blocking: float) -> dict[str, Any]:
    names = ("company", "tracker", "size", "live", "since", "arrivals", "overflows")
    return only(*names)(each) | {
        "overflow_rate": round(each.overflow_rate, 4),
        "arrivals_per_hour": {"mean": round(each.mean_rate, 2), "peak": each.peak_rate},
        "hold_seconds": round(each.hold.total_seconds()),
        "utilization": round(each.utilization, 4),
        "rest_seconds": round(each.rest.total_seconds()) if each.rest is not None else None,
        "blocking": blocking,
        "recommended_size": each.recommended,
        "expected_overflow_rate": round(each.expected_overflow, 6),
    }
