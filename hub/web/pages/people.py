"""`/people` and `/people/{id}`: who contacted the company, and what is surely theirs; merge and split by hand."""

from __future__ import annotations

from starlette.responses import Response

from hub.errors import CannotDo
from hub.marks.merges import merge_people, split_people
from hub.platform.formats import phone
from hub.queries.marks import merged_people
from hub.queries.people import list_people, one_person
from hub.queries.search import search_people
from hub.web.pages.do_not_contact import do_not_contact
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.search_by_post import search

PEOPLE_PER_PAGE = 50


def people(page: PageRequest) -> Response:
    """The people of the chosen companies, or those whom a search finds."""
    text = page.query.get("q", "").strip()[:100]
    with page.session() as session:
        if text:
            items, older = search_people(session, page.scope, page.hub.vault, page.company_ids, text), None
        else:
            found = list_people(
                session, page.scope, page.hub.vault, page.company_ids, page.query.get("after"), PEOPLE_PER_PAGE
            )
            items, older = found.items, found.next
    return page.render(
        "people.html",
        title="People",
        people=items,
        older=page.here(after=older) if older else None,
        newest=page.here() if page.query.get("after") else None,
        text=text,
        titles={each.id: each.title for each in page.companies},
    )


def person(page: PageRequest) -> Response:
    """One person."""
    person_id = page.path("person_id")
    with page.session() as session:
        merged = merged_people(session, page.scope, person_id)
        details = one_person(session, page.scope, page.hub.vault, person_id, merged.people)
        no_contact = do_not_contact(page, session, "people", person_id)
    first = details.people[0]
    shown = first.name or (phone(first.phone_number) if first.phone_number else first.email)
    return page.render(
        "person.html",
        title=shown or "A person with a hidden number",
        person=first,
        details=details,
        merged=merged,
        no_contact=no_contact,
        wanted=page.value("other"),
        reason=page.value("reason"),
        company=next(each for each in page.companies if each.id == first.company_id),
    )


def merge(page: PageRequest) -> Response:
    """Merge the person with another one, named by number, address, id or the address of their page."""
    wanted = page.value("other").rpartition("/people/")[2].partition("?")[0]
    person_id = page.path("person_id")
    with page.session() as session:
        companies = [one_person(session, page.scope, page.hub.vault, person_id, ()).people[0].company_id]
        found = search_people(session, page.scope, page.hub.vault, companies, wanted) if wanted else []
    others = [each for each in found if each.id != person_id]
    if len(others) != 1:
        sentence = "Nobody here has this number, address or id." if not others else "Several people match; use the id."
        raise CannotDo(sentence if wanted else "Say with whom: a number, an address or an id.")
    with page.hub.store.writing() as session:
        merge_people(session, page.scope, person_id, others[0].id, page.value("reason"), page.now)
    return page.redirect(page.link(f"/people/{person_id}"), "The two are shown together from now on.")


def split(page: PageRequest) -> Response:
    """Undo a merge."""
    with page.hub.store.writing() as session:
        split_people(session, page.scope, page.value("merge"), page.now)
    return page.redirect(page.link(f"/people/{page.path('person_id')}"), "The two are separate again.")


PAGES = (
    Page("/people", people, action="people"),
    Page("/people", search, action="people", method="POST"),
    Page("/people/{person_id}", person, action="people"),
    Page("/people/{person_id}/merge", merge, action="marks", method="POST", again=person),
    Page("/people/{person_id}/split", split, action="marks", method="POST"),
)
