"""Public holidays are known for each country, and one country's calendar does not load all others."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

from hub.public_holidays import public_holidays, regions_with_holidays, weekend_of

SCRIPT = """
import sys
from hub.public_holidays import public_holidays
assert public_holidays("US", "MI", 2026)
print(sum(name.startswith("holidays.countries.") for name in sys.modules))
import holidays.countries
print(holidays.countries.Germany(years=2026).country)
"""


def test_one_countrys_holidays_are_known_without_loading_all_countries_which_stay_there_for_others() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    loaded, other = done.stdout.split()
    assert int(loaded) < 20
    assert other == "DE"


def test_holidays_differ_by_region_and_an_unknown_country_has_none() -> None:
    assert date(2026, 8, 15) in public_holidays("DE", "SL", 2026)
    assert date(2026, 8, 15) not in public_holidays("DE", "BE", 2026)
    assert "MI" in (regions_with_holidays("US") or ())
    assert regions_with_holidays("ZZ") is None
    assert regions_with_holidays("USA") is None, "only codes of two letters name a country"


def test_the_weekend_is_the_countrys_own() -> None:
    assert weekend_of("US") == {5, 6}
    assert weekend_of("EG") == {4, 5}
