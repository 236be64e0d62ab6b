"""The public privacy pages speak English, French and Spanish, each whole."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest
from privacy_browser import PAGE, Browser
from sqlmodel import select
from web_edge import CALLER, Edge

from hub.config.retention import kinds
from hub.contracts.categories import CATEGORIES, USES
from hub.contracts.titles import readable
from hub.contracts.transfers import TRANSFER_LABELS
from hub.model import ConsentNotice
from hub.model.requests import REQUEST_KINDS
from hub.model.states import RequestState
from hub.privacy.translations import LANGUAGES, preferred_language, texts_in
from hub.privacy_requests.run import work_tasks
from hub.web.privacy.privacy_texts import PLACE_CODES

ENGLISH = texts_in("en")


@pytest.fixture
def browser(edge: Edge) -> Browser:
    edge.twilio.messages.clear()
    return Browser(edge)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_text_with_the_same_values_and_tags(language: str) -> None:
    texts = texts_in(language)
    assert texts.language == language and texts.catalog.keys() == ENGLISH.catalog.keys()
    for key, text in texts.catalog.items():
        fields = [
            {field for _, field, _, _ in Formatter().parse(each) if field} for each in (text, ENGLISH.catalog[key])
        ]
        tags = [sorted(re.findall(r"</?\w+", each)) for each in (text, ENGLISH.catalog[key])]
        assert text, key
        assert fields[0] == fields[1] and tags[0] == tags[1], key
        assert language == "en" or text != ENGLISH.catalog[key] or len(text.split()) < 4, f"{key} is not translated"


def test_everything_that_a_page_may_name_has_a_text() -> None:
    wanted = {
        *(f"category.{each}" for each in CATEGORIES), *(f"use.{each}" for each in USES), *(f"life.{each}" for each in kinds()),
        *(f"place.{each}" for each in PLACE_CODES), *(f"state.{each}" for each in RequestState),
        *(f"kind.{each}" for each in REQUEST_KINDS), *(f"kind_help.{each}" for each in REQUEST_KINDS),
        *(f"transfer.{each}" for each in (*TRANSFER_LABELS, "none")),
    }  # fmt: skip
    assert wanted <= ENGLISH.catalog.keys()
    for prefix in ("category.", "use.", "life.", "transfer."):
        assert {key for key in ENGLISH.catalog if key.startswith(prefix)} <= wanted
    phone, use = "user.contact.phone_number", "marketing.advertising.third_party.targeted"
    assert (readable(phone), readable(use)) == (ENGLISH.plain(f"category.{phone}"), ENGLISH.plain(f"use.{use}"))


@pytest.mark.parametrize(
    ("language", "first", "eleventh", "week"),
    [
        ("en", "March 1, 2026", "November 11, 2026", "2,557 days"),
        ("fr", "1er mars 2026", "11 novembre 2026", "2\u00a0557 jours"),
        ("es", "1 de marzo de 2026", "11 de noviembre de 2026", "2,557 días"),
    ],
)
def test_dates_and_periods_are_written_as_in_the_language(language: str, first: str, eleventh: str, week: str) -> None:
    texts = texts_in(language)
    assert texts.date(datetime(2026, 3, 1, tzinfo=UTC)) == first
    assert texts.date(datetime(2026, 11, 11, tzinfo=UTC)) == eleventh
    assert texts.life(timedelta(days=2557)) == week


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de,es;q=0.5,en;q=0.7", "en"),
        ("en;q=0,es-US", "es"),
        ("de-DE,de", None),
        ("fr;q=x", None),
        ("", None),
    ],
)
def test_the_browsers_languages_are_taken_in_its_order(accepted: str, language: str | None) -> None:
    assert preferred_language(accepted) == language


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/map", f"{PAGE}/opt-out"])
@pytest.mark.parametrize(("language", "shown"), [("en", "Skip"), ("fr", "Aller au contenu"), ("es", "Ir al contenido")])
def test_every_page_says_its_language_and_links_to_the_others_without_a_script(
    browser: Browser, path: str, language: str, shown: str
) -> None:
    by_browser = browser.get(path, **{"accept-language": language}).text
    by_address = browser.get(f"{path}?lang={language}", **{"accept-language": "de"}).text
    for page in (by_browser, by_address):
        assert f'<html lang="{language}">' in page and shown in page and "<script" not in page
        for other in LANGUAGES:
            assert f'href="{path}?lang={other}" lang="{other}"' in page
    assert f'action="/privacy/lakeside/opt-out?lang={language}"' in by_address or path != PAGE


def test_a_choice_of_language_stays_through_a_request_and_in_what_is_written_to_the_person(browser: Browser) -> None:
    reply = browser.post(f"{PAGE}/requests?lang=fr", form=browser.form(), kind="access", phone=CALLER)
    here = reply.headers["location"].removeprefix("https://calls.example.com")
    assert here.endswith("?lang=fr")
    assert "Votre demande" in browser.get(here).text
    wrong = browser.post(here.replace("?", "/proof?"), form=browser.form(), secret="000000").text
    assert "code n’est pas le bon" in wrong.replace("\u00a0", " ") and '<html lang="fr">' in wrong
    browser.code()
    assert "votre code est" in browser.edge.twilio.texts()[-1]["body"]


@pytest.mark.parametrize("language", ["fr", "es"])
def test_what_cannot_be_read_is_said_in_the_visitors_language(browser: Browser, language: str) -> None:
    said = {
        browser.post(f"{PAGE}/requests?lang={language}", form=browser.form(), **fields).text
        for fields in ({"kind": "access", "phone": "12"}, {"kind": "access"}, {"kind": "x", "phone": CALLER})
    }
    said.add(browser.post(f"{PAGE}/opt-out?lang={language}", form=browser.form()).text)
    texts = texts_in(language)
    expected = ("bad_contact", "one_of_them", "choose", "no_number")
    assert all(any(texts.plain(f"trouble.{key}") in page for page in said) for key in expected)


def test_the_ledger_keeps_the_words_of_an_opt_in_in_the_language_in_which_they_were_read(browser: Browser) -> None:
    edge = browser.edge
    for request in edge.call():
        edge.send(request)
    edge.work()
    here = browser.ask("opt_in")
    browser.prove(here)
    page = browser.get(f"{here}?lang=es").text
    assert "Sí, permitir la publicidad de nuevo" in page
    (language,) = re.findall(r'name="language" value="(\w+)"', page)
    browser.post(f"{here}/opt-in?lang=es", form=browser.form(here), language=language)
    work_tasks(edge.opened.hub)
    with edge.opened.hub.store.reading() as session:
        notices = [each.text for each in session.exec(select(ConsentNotice))]
    assert any("puede usar de nuevo su número de teléfono" in each for each in notices)


def test_the_page_shows_what_is_stored_in_the_browser_and_the_choices_of_ad_networks(browser: Browser) -> None:
    page = browser.get(PAGE).text
    assert "ringfence_form" in page and "1 hour" in page
    assert 'href="https://optout.aboutads.info"' in page and 'href="https://optout.networkadvertising.org"' in page


def test_a_browser_whose_signal_is_honored_is_told_so(edge: Edge) -> None:
    edge.lawyer.verdict = "deny"
    page, browser = "/privacy/harbour", Browser(edge)
    assert "Opt-out request honored" in browser.get(page, **{"sec-gpc": "1"}).text
    assert "Opt-out request honored" not in browser.get(page).text
    assert "Demande de refus respectée" in words(browser.get(f"{page}?lang=fr", **{"sec-gpc": "1"}).text)
