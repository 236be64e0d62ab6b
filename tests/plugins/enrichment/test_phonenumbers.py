"""The phonenumbers plugin: what numbering plans say of a caller, exact about what they do not say."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import Caller, Fact
from hub.contracts.prefixes import names_by_prefix
from hub.contracts.regions import REGIONS, region_of
from hub.testing import EnrichmentConformance, connect
from plugins.enrichment.phonenumbers import PhoneNumbers

NAMES = {"country", "region", "place", "line_type", "time_zone", "carrier", "valid"}


class TestConformance(EnrichmentConformance):
    connector_class = PhoneNumbers


def known(number: str | None) -> dict[str, Fact]:
    return {fact.name: fact for fact in connect(PhoneNumbers).enrich_caller(Caller(phone_number=number))}


def values(number: str) -> dict[str, str]:
    return {name: fact.value for name, fact in known(number).items()}


def test_a_north_american_number_tells_state_city_and_time_zone() -> None:
    assert values("+13125550142") == {
        "valid": "true",
        "line_type": "fixed_line_or_mobile",
        "country": "US",
        "region": "IL",
        "place": "Chicago, IL",
        "time_zone": "America/Chicago",
    }


def test_each_fact_has_the_category_of_its_kind() -> None:
    assert {name: fact.category for name, fact in known("+13125550142").items()} == {
        "valid": "user.telephony.line_type",
        "line_type": "user.telephony.line_type",
        "country": "user.contact.address.country",
        "region": "user.contact.address.state",
        "place": "user.contact.address.city",
        "time_zone": "user.location.imprecise",
    }
    assert known("+16135550142")["place"].category == "user.contact.address.state"


def test_a_british_landline_tells_more_surely_than_a_mobile() -> None:
    landline, mobile = known("+442083661177"), known("+5491123456789")
    assert (landline["country"].value, landline["place"].value) == ("GB", "London")
    assert landline["place"].confidence > known("+13125550142")["place"].confidence > mobile["place"].confidence
    assert landline["country"].confidence > mobile["country"].confidence


@pytest.mark.parametrize(
    ("number", "country", "region"),
    [
        ("+16135550142", "CA", "ON"),
        ("+14185550142", "CA", "QC"),
        ("+12025550142", "US", "DC"),
        ("+12065550142", "US", "WA"),
        ("+12035550142", "US", "CT"),
        ("+17185550142", "US", "NY"),
        ("+19055550142", "CA", "ON"),
        ("+19023675501", "CA", "PE"),
        ("+19024255501", "CA", "NS"),
        ("+18678735501", "CA", "NT"),
    ],
)
def test_an_area_code_tells_its_state_or_province(number: str, country: str, region: str) -> None:
    assert (values(number)["country"], values(number)["region"]) == (country, region)


def test_an_area_code_of_several_provinces_tells_none_unless_the_exchange_does() -> None:
    assert "region" not in known("+19025550142") and "region" not in known("+18675550142")
    assert values("+19025550142")["place"] == "Nova Scotia/Prince Edward Island"


def test_an_exchange_across_the_state_line_does_not_move_the_area_code() -> None:
    assert values("+12016315501")["region"] == "NJ"


def test_every_area_code_of_the_us_and_canada_tells_its_region_or_is_known_to_be_shared() -> None:
    silent = set()
    for area in range(200, 1000):
        number = phonenumbers.parse(f"+1{area}5550142")
        country = phonenumbers.region_code_for_number(number)
        geographic = phonenumbers.number_type(number) in (0, 1, 2)
        if geographic and country in REGIONS and region_of(f"1{area}5550142", country) is None:
            silent.add(area)
    assert silent == {782, 867, 902}


def test_every_region_can_be_told() -> None:
    told = {country: {region_of(prefix, country) for prefix in names_by_prefix("geodata", "1")} for country in REGIONS}
    for country, names in REGIONS.items():
        assert told[country] - {None} == set(names.values())


@pytest.mark.parametrize("number", ["+18005550142", "+80012345678", "+448001111111", "+15005550142"])
def test_a_number_that_countries_share_tells_no_place(number: str) -> None:
    assert not {"country", "region", "place", "time_zone"} & known(number).keys()
    assert known(number)["valid"].value == "true"


def test_puerto_rico_is_its_own_country_code_and_no_state() -> None:
    told = values("+17875550142")
    assert told["country"] == "PR" and "region" not in told


def test_a_time_zone_is_told_only_where_there_is_one() -> None:
    assert "time_zone" not in known("+447911123456")
    assert values("+61491570156").get("time_zone") is None


def test_the_first_carrier_is_told_where_the_plan_names_it_and_doubted_where_numbers_are_ported() -> None:
    australian = known("+61491570156")["carrier"]
    assert (australian.value, australian.category) == ("Telstra", "user.telephony.carrier")
    assert australian.confidence == 0.5
    assert "carrier" not in known("+13125550142")


def test_line_type_and_carrier_expire_because_numbers_are_ported() -> None:
    facts = known("+61491570156")
    assert all(facts[name].lifetime is not None for name in ("valid", "line_type", "carrier"))
    assert facts["country"].lifetime is None


def test_a_number_that_nobody_could_have_says_only_that() -> None:
    assert values("+12425550142") == {"valid": "false"}


@pytest.mark.parametrize(
    "text", [None, "", "anonymous", "+266696687", "sip:pat@example.com", "911", "+1", "+" + "9" * 40]
)
def test_nothing_is_said_of_what_is_no_number(text: str | None) -> None:
    assert known(text) == {}


def test_check_names_the_edition_of_the_numbering_plans() -> None:
    assert phonenumbers.__version__ in connect(PhoneNumbers).check_connection().detail


@pytest.mark.parametrize("code", ["1", "44", "49", "54", "61", "86", "599", "999"])
def test_the_part_of_the_data_that_is_read_is_what_the_package_itself_would_read(code: str) -> None:
    from phonenumbers.carrierdata import CARRIER_DATA
    from phonenumbers.geodata import GEOCODE_DATA

    for folder, whole in (("geodata", GEOCODE_DATA), ("carrierdata", CARRIER_DATA)):
        part = {p: texts["en"] for p, texts in whole.items() if p.startswith(code) and "en" in texts}
        assert names_by_prefix(folder, code) == part


countries = sorted(phonenumbers.SUPPORTED_REGIONS)
examples = st.builds(
    lambda country, kind: phonenumbers.example_number_for_type(country, kind),
    st.sampled_from(countries),
    st.integers(0, 10),
).filter(bool)


@given(examples, st.integers(0, 9999))
def test_places_and_carriers_agree_with_the_packages_own_geocoder(number: phonenumbers.PhoneNumber, tail: int) -> None:
    from phonenumbers import carrier, geocoder

    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    e164 = f"{e164[:-4]}{tail:04d}" if len(e164) > 9 else e164
    told, parsed = values(e164), phonenumbers.parse(e164)
    assert told.keys() <= NAMES
    if told.get("valid") != "true":
        return
    if "place" in told:
        assert told["place"] == geocoder.description_for_number(parsed, "en")
    assert told.get("carrier", "") == carrier.name_for_number(parsed, "en")


@given(st.text(max_size=30) | st.from_regex(r"\A\+[0-9]{1,16}\Z"))
def test_no_text_breaks_it(text: str) -> None:
    assert known(text).keys() <= NAMES
