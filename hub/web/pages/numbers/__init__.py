"""The pages of numbers and trackers: the list, pools, buying, bringing numbers from another carrier, the website."""

from hub.web.pages.numbers import budget, buying, health, numbers_page, one_number, ports, tracker, tracker_new, website

PAGES = (
    *numbers_page.PAGES,
    *budget.PAGES,
    *buying.PAGES,
    *health.PAGES,
    *ports.PAGES,
    *website.PAGES,
    *tracker_new.PAGES,
    *tracker.PAGES,
    *one_number.PAGES,
)
