"""The conversion rules: what each made, the form that changes one, and the dry run."""

from hub.web.pages.conversions import deeds, dry_run, export, form, listing, stages

PAGES = (*listing.PAGES, *dry_run.PAGES, *export.PAGES, *form.PAGES, *deeds.PAGES, *stages.PAGES)
