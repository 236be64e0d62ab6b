"""GPC and DNT: exactly one value of each is an objection, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from hub.web.public_requests import objects_by_dnt, objects_by_gpc


@pytest.mark.parametrize(
    ("headers", "objects"),
    [
        ([], False), (["1"], True), (["0"], False), (["1", "0"], True), (["0", "1"], True), (["1, 1"], False),
        (["1, 1", "1"], True), (["1;q=1"], False), (["true"], False), (["11"], False), (["1.0"], False), ([""], False),
    ],
)  # fmt: skip
def test_gpc_is_one_exact_one(headers: list[str], objects: bool) -> None:
    assert objects_by_gpc(headers) is objects


@pytest.mark.parametrize(("value", "objects"), [(True, True), (False, False), (None, False), ("1", False), (1, False)])
def test_the_browsers_own_property_counts_as_well_and_only_where_it_is_true(value: object, objects: bool) -> None:
    assert objects_by_gpc(["0"], value) is objects
    assert objects_by_gpc(["1"], value) is True


@pytest.mark.parametrize(("header", "objects"), [("1", True), ("0", False), (None, False), ("1, 1", False)])
def test_dnt_is_exactly_one(header: str | None, objects: bool) -> None:
    assert objects_by_dnt(header) is objects
