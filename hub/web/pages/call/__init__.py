"""`/calls/{id}`: one call, text or form: why it has its source, what was decided, what was sent, and what was said."""

from __future__ import annotations

from hub.web.pages.call import audio, call_actions, call_back, lead_rule, page

PAGES = (*page.PAGES, *call_actions.PAGES, *call_back.PAGES, *lead_rule.PAGES, *audio.PAGES)
