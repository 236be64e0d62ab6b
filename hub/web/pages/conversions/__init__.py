"""The conversion rules: what each made, the form that changes one, and the dry run."""

from hub.web.pages.conversions import conversion_actions, conversions_page, dry_run, export, form, stages

PAGES = (*conversions_page.PAGES, *dry_run.PAGES, *export.PAGES, *form.PAGES, *conversion_actions.PAGES, *stages.PAGES)
