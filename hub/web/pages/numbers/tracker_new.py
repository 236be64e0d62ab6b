"""`/numbers/trackers/new`: a tracker in one page: where its number is shown, which number that is, and what callers hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.responses import Response

from hub.config.edit import Change
from hub.config.models import CompanySection, TrackerSection
from hub.config.parts import name_of
from hub.contracts.numbers import NumberOffer
from hub.contracts.phones import phone_number
from hub.contracts.titles import connector_title
from hub.hookspecs import NumberHooks
from hub.model import Company
from hub.platform.formats import phone
from hub.queries.conversions.lead_recipients import recipients_of_leads
from hub.queries.numbers.number_list import NumberRow, list_numbers
from hub.web.forms.companies import company_and_section, place_of_company
from hub.web.forms.config_edit import apply_changes
from hub.web.forms.derive import fields_of, said
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.flows.flow_labels import flow_title
from hub.web.pages.flows.new import first_flow
from hub.web.pages.guard import Page
from hub.web.pages.numbers import number_labels
from hub.web.pages.numbers.buying import bought
from hub.web.pages.numbers.offers import chosen_tracker, search_offers
from hub.web.pages.numbers.tracker import carrier_choices
from hub.web.pages.request import PageRequest

MAX_OFFERS = 6
NOT_A_NUMBER = "This is not a phone number; write it like +1 312 555 0100."
RING, OURS = "ring one phone", "ours "
"""The choice of a new call flow that rings one phone; and before a number that is the company's already. No flow has such a
name."""


@dataclass(frozen=True)
class Place:
    """Where a number is shown, and what config.yaml says of such a tracker; without a source its name is the source."""

    title: str
    sub: str
    icon: str
    usual_name: str = ""
    tree: Mapping[str, object] = field(default_factory=dict)


PLACES: Mapping[str, Place] = {
    "website": Place("On the website", "each visitor sees a number of their own", "globe", "Website visitors",
                     {"type": "session"}),
    "ad": Place("In a Google ad", "the call asset below the ad", "megaphone", "Google call asset",
                {"source": "google", "medium": "cpc"}),
    "listing": Place("In the Business Profile", "Google Search and Maps", "pin", "Google Business Profile",
                     {"source": "google_business_profile", "medium": "organic"}),
    "print": Place("On a van or in print", "mailer, sign, flyer, phone book", "printer", "", {"medium": "print"}),
    "signals": Place("For visitors who say no to ads", "their calls are never reported to advertisers", "privacy",
                     "Visitors who say no to ads", {"source": "website", "medium": "direct", "signals": True}),
    "other": Place("Somewhere else", "another ad network, a partner, a podcast", "more"),
}  # fmt: skip


@dataclass
class Wizard:
    """What the page shows: the form of a company's new tracker, and the numbers to choose from."""

    page: PageRequest
    company: Company
    section: CompanySection
    form: Form
    offers: Sequence[NumberOffer] = ()
    ours: Sequence[NumberRow] = ()
    searched: bool = False

    @property
    def place(self) -> Place | None:
        """Where the number will be shown, if that is chosen."""
        return PLACES.get(self.form.value("where"))

    @property
    def title(self) -> str:
        """What the tracker is called."""
        return self.form.value("title") or (self.place.usual_name if self.place else "")

    @property
    def carrier(self) -> str:
        """The chosen carrier."""
        return self.form.value("carrier")

    @property
    def chosen(self) -> str:
        """The number that is ticked: as chosen, else the first."""
        values = [each.number for each in self.offers] + [OURS + each.number for each in self.ours]
        sent = self.form.value("number")
        return sent if sent in values else next(iter(values), "")

    def offer(self) -> NumberOffer | None:
        """The ticked number if it has to be bought."""
        return next((each for each in self.offers if each.number == self.chosen), None)

    def flows(self) -> list[tuple[str, str, str]]:
        """What callers may hear: value, name, and which numbers hear it now."""
        used = {flow.name: 0 for flow in self.section.flows} | {"": 0}
        for each in self.section.trackers:
            name = "" if each.flow is None and each.route is None else each.flow or RING
            used[name] = used.get(name, 0) + len(each.numbers)
        answers = self.section.route or self.section.flow
        usual = [("", "What the company's callers hear", _used(used[""]))] if answers else []
        return [*usual, *((flow.name, flow_title(flow), _used(used[flow.name])) for flow in self.section.flows)]

    def search(self) -> None:
        """Ask the carrier what it offers, and look for numbers of the company that rest."""
        page, self.searched = self.page, True
        wanted = {name: self.form.value(name) for name in ("area", "contains")}
        self.offers = search_offers(page, self.carrier, self.section.country, wanted, self.form.errors)[:MAX_OFFERS]
        with page.session() as session:
            rows = list_numbers(session, page.scope, [self.company.id], page.now)
        self.ours = [each for each in rows if each.state == "resting" and each.carrier == self.carrier]


def new(page: PageRequest) -> Response:
    """The form; which company's it is, is asked first."""
    if page.company is None and len(page.companies) != 1:
        return page.render("tracker_company.html", title="New tracker")
    wizard = _wizard(page)
    start = _first_number(wizard.section)
    flows = wizard.flows()
    wizard.form.values = {
        "where": [page.query.get("where", "")], "carrier": wizard.form.values["carrier"], "ring": [phone(start)],
        "area": [start[2:5] if start.startswith("+1") else ""], "flow": [flows[0][0] if flows else RING],
    }  # fmt: skip
    return _show(wizard)


def act(page: PageRequest) -> Response:
    """Find numbers, or add the tracker to config.yaml and buy its number."""
    wizard, action = _wizard(page), page.value("deed")
    if action == "find" or page.value("searched") == "yes":
        wizard.search()
    if action == "find" or wizard.form.is_refused:
        return _show(wizard)
    edits = _edits(wizard, with_number=action == "start")
    wanted = wizard.offer() if action == "start" and not wizard.form.value("numbers") else None
    agreed = dict(each.rpartition("=")[::2] for each in page.form.get("price", ()))
    if wanted is not None and str(wanted.monthly_price or "") != agreed.get(wanted.number):
        wizard.form.errors["number"] = "The price has changed. Look at it again before you buy."
    if wizard.form.is_refused or not apply_changes(page, wizard.form, edits, place=edits[-1].path):
        return _show(wizard)
    name = str(edits[-1].path[-1])
    to = page.link("/numbers", company=wizard.company.name, tracker=name)
    choice = chosen_tracker(page, f"{wizard.company.name}/{name}")
    if wanted is None or choice is None:
        return page.redirect(to, f"{wizard.title} is added.")
    outcome = bought(page, choice, wanted.number, str(wanted.monthly_price or ""))
    page.context.directory.refresh()
    if outcome.state == "bought" and not outcome.detail:
        return page.redirect(
            to, f"Bought: {phone(wanted.number)}. It takes calls within a minute. Call it once yourself."
        )
    return page.render("numbers_bought.html", 422, title="The number was not bought", choice=choice, outcomes=[outcome])


def _edits(wizard: Wizard, *, with_number: bool) -> list[Change]:
    """The edits of config.yaml, that of the tracker at the end; what is wrong stands in the form."""
    form, section, place = wizard.form, wizard.section, wizard.place
    if place is None:
        form.errors["where"] = "Choose where people will see the number."
    name = name_of(wizard.title, {each.name for each in section.trackers})
    if not name:
        form.errors["title"] = "Give it a name with letters or digits, like Spring mailer."
    tree = {"name": name, "title": wizard.title, "type": "source", **form.tree(), **(place.tree if place else {})}
    if tree["type"] == "source":
        tree.setdefault("source", name)
    number = wizard.chosen.removeprefix(OURS)
    if with_number and wizard.chosen.startswith(OURS) and not tree.get("numbers"):
        tree["numbers"] = [number]
    if with_number and not number and not tree.get("numbers"):
        form.errors["number"] = "Find a number first, or save the tracker without one."
    at, edits = place_of_company(wizard.page, section.name), list[Change]()
    flow = form.value("flow")
    if flow == RING:
        flow = name_of(wizard.title, {each.name for each in section.flows})
        ring = phone_number(form.value("ring")) or phone_number(form.value("ring"), section.country)
        if ring is None:
            form.errors["ring"] = NOT_A_NUMBER
        edits = [Change((*at, "flows", flow), first_flow(flow, wizard.title, str(ring)))]
    if flow:
        tree["flow"] = flow
    form.check(TrackerSection, tree)
    return [*edits, Change((*at, "trackers", name), tree)]


def _wizard(page: PageRequest) -> Wizard:
    name = page.company.name if page.company else page.companies[0].name if page.companies else ""
    company, section = company_and_section(page, name)
    carriers = carrier_choices(page)
    fields = fields_of(
        TrackerSection,
        {
            "title": said("What you call it", "Reports say it. You can change it at any time."),
            "campaign": said("Campaign", "If any."),
            "carrier": said("Carrier", kind="choice", choices=carriers),
            "numbers": said("A number that you have already", "At the carrier, and in no other tracker.", kind="phones",
                            wrong=NOT_A_NUMBER),
        },
    )  # fmt: skip
    own = (
        Field(name="where", label="Where will it be shown?"),
        Field(name="number", label="Its number"),
        Field(name="area", label="Area code or place", maximum=40),
        Field(name="contains", label="Digits", maximum=12),
        Field(name="ring", label="Phone that rings", kind="phone", maximum=40, wrong=NOT_A_NUMBER),
    )
    form = Form((*fields, *own), page.form, country=section.country)
    if len(carriers) == 1:
        form.values = {**form.values, "carrier": [carriers[0][0]]}
    return Wizard(page, company, section, form)


def _first_number(section: CompanySection) -> str:
    """The phone that rings for the company now."""
    return section.route.dial if section.route else next((flow.forward for flow in section.flows), "")


def _used(count: int) -> str:
    return f"used by {count} number{'s' if count != 1 else ''}" if count else "used by no number yet"


def _recipients(page: PageRequest, company: str) -> list[str]:
    """Who hears of a lead of the company that somebody marks."""
    names = recipients_of_leads(page.hub.config, company)
    return [connector_title(name, page.hub.plugins.connectors) for name in names]


def _show(wizard: Wizard) -> Response:
    page, carrier = wizard.page, wizard.carrier
    return page.render(
        "tracker_new.html",
        wizard.form.status,
        title="New tracker",
        wizard=wizard,
        form=wizard.form,
        places=PLACES,
        ring=RING,
        ours=OURS,
        words=number_labels,
        can={"voice": "calls", "sms": "texts", "mms": "pictures"},
        sells=bool(carrier) and page.hub.plugins.implements(carrier, NumberHooks.search_numbers),
        carriers=wizard.form["carrier"].choices,
        recipients=_recipients(page, wizard.company.name),
    )


PAGES = (
    Page("/numbers/trackers/new", new, action="configure"),
    Page("/numbers/trackers/new", act, action="configure", method="POST"),
)
