"""Public holidays are known for each country and region."""

from __future__ import annotations

from datetime import date

from hub.platform.public_holidays import public_holidays, regions_with_holidays, weekend_of


def test_holidays_differ_by_region_and_an_unknown_country_has_none() -> None:
    assert date(2026, 8, 15) in public_holidays("DE", "SL", 2026)
    assert date(2026, 8, 15) not in public_holidays("DE", "BE", 2026)
    assert "MI" in (regions_with_holidays("US") or ())
    assert regions_with_holidays("ZZ") is None
    assert regions_with_holidays("USA") is None, "only codes of two letters name a country"


def test_the_weekend_is_the_countrys_own() -> None:
    assert weekend_of("US") == {5, 6}
    assert weekend_of("EG") == {4, 5}
