"""`/texts`: the inbox of threads, one thread, and what users do in it."""

from __future__ import annotations

from hub.web.pages.guard import Page
from hub.web.pages.texts import deeds, inbox, new_text, pictures

PAGES = (
    Page("/texts", inbox.inbox, "bodies"),
    Page("/texts/new", new_text.new_text, "contact"),
    Page("/texts/new", new_text.send_new, "contact", method="POST"),
    Page("/texts/media/{media}", pictures.picture, "bodies"),
    Page("/texts/{thread}", inbox.thread, "bodies"),
    Page("/texts/{thread}", deeds.send, "contact", method="POST"),
    Page("/texts/{thread}/release", deeds.decide_held, "contact", method="POST"),
    Page("/texts/{thread}/doubt", deeds.decide_doubt, "contact", method="POST"),
)
