"""The conversion rules: what each made, the form that changes one, and the dry run."""

from hub.web.pages.conversions import dry_run, export, listing

PAGES = (*listing.PAGES, *dry_run.PAGES, *export.PAGES)
