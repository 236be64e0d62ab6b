"""The pages of numbers and trackers: the list, pools, buying, bringing numbers from another carrier, the website."""

from hub.web.pages.numbers import budget, buying, listing, one_number, ports, website

PAGES = (*listing.PAGES, *budget.PAGES, *buying.PAGES, *ports.PAGES, *website.PAGES, *one_number.PAGES)
