"""`/config`: config.yaml in an editor, its problems, what would change, and its history; and `/mail`, the mail server."""

from hub.web.pages.config import check, editor, mail_page, versions

PAGES = (*editor.PAGES, *check.PAGES, *versions.PAGES, *mail_page.PAGES)
