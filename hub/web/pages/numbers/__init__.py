"""The pages of numbers and trackers: the list, pools, buying, bringing numbers from another carrier, the website."""

from hub.web.pages.numbers import budget, buying, listing, one_number, ports

PAGES = (*listing.PAGES, *budget.PAGES, *buying.PAGES, *ports.PAGES, *one_number.PAGES)
