"""One report by all models of attribution side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hub.contracts.titles import line_title
from hub.queries.reports.credits import credits_of
from hub.web.pages.reports.content import Reading, credit_columns, figures_of, named
from hub.web.pages.reports.kinds import MODELS
from hub.web.pages.reports.tables import Column


@dataclass(frozen=True)
class ModelTable:
    """One measure by all models: the numbers of each line in the order of MODELS, and their sums."""

    measures: Sequence[Column]
    measure: Column
    rows: Sequence[tuple[str, Sequence[Decimal]]]
    total: Sequence[Decimal]


def credits_by_model(reading: Reading) -> ModelTable:
    """All models side by side; the measure is what the URL says, else the value of the conversions, else the calls."""
    kind, period = reading.choice.kind, reading.choice.period
    assert kind.dimension is not None
    by_model = [
        credits_of(
            reading.session,
            reading.companies,
            kind.dimension,
            model,
            period.first,
            period.last,
            with_spam=reading.choice.with_spam,
        )
        for model in MODELS
    ]
    measures = [each for each in named(credit_columns(by_model[0])) if each.per is None]
    wanted = next((each for each in measures if each.key == reading.choice.query.get("measure")), None)
    measure = wanted or next((each for each in measures if each.shape == "money"), measures[0])
    values: dict[str, list[Decimal]] = {}
    for place, lines in enumerate(by_model):
        for line in lines:
            row = values.setdefault(
                line_title(kind.dimension, line.value or "") or kind.nothing, [Decimal(0)] * len(MODELS)
            )
            row[place] = figures_of(line).get(measure.key, Decimal(0))
    rows = sorted(((label, row) for label, row in values.items() if any(row)), key=lambda row: (-row[1][0], row[0]))
    return ModelTable(
        measures, measure, rows, [sum(column, Decimal(0)) for column in zip(*values.values(), strict=True)]
    )
