"""Where a phone number belongs: places of the law, and regions of numbering plans."""

from hub.contracts.places import is_place, places_of_number
from hub.contracts.prefixes import longest_name
from hub.contracts.regions import REGIONS, region_of, regions_in

__all__ = [
    "REGIONS", "is_place", "longest_name", "places_of_number", "region_of", "regions_in",
]  # fmt: skip
