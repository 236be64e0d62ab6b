"""The users of an account, their access, and their API keys."""

from hub.web.pages.users import one_user, user_actions, users_page

PAGES = (*users_page.PAGES, *one_user.PAGES, *user_actions.PAGES)
