"""Examples of hub.api.places for docs/api-reference.md; each function is one, with the imports that it needs."""


def places() -> None:
    """Where a number belongs

    By the numbering plan only: the place of a mobile phone is where its number was given.
    """
    from hub.api.places import REGIONS, is_place, longest_name, places_of_number, region_of, regions_in

    assert [place.region for place in places_of_number("+13125550142")] == ["IL"]
    assert places_of_number("+18005550142") == ()
    assert region_of("13125550142", "US") == "IL" and region_of("442079460000", "GB") is None
    assert is_place("US-CA") and is_place("DE") and not is_place("US-XX")
    assert REGIONS["US"]["Illinois"] == "IL" and regions_in("Chicago, IL", "US") == {"IL"}
    assert longest_name("geodata", "1", "13125550142") == ("1312", "Chicago, IL")
