"""`/config`: config.yaml in an editor, its problems, what would change, and its history."""

from hub.web.pages.config import check, editor, versions

PAGES = (*editor.PAGES, *check.PAGES, *versions.PAGES)
