"""`/texts`: the inbox of threads, one thread, and what users do in it."""

from __future__ import annotations

from hub.web.pages.guard import Page
from hub.web.pages.texts import inbox, new_text, pictures, text_actions

PAGES = (
    Page("/texts", inbox.inbox, "bodies"),
    Page("/texts/new", new_text.new_text, "contact"),
    Page("/texts/new", new_text.send_new, "contact", method="POST", again=new_text.new_text),
    Page("/texts/media/{media}", pictures.picture, "bodies"),
    Page("/texts/{thread}", inbox.thread, "bodies"),
    Page("/texts/{thread}", text_actions.send, "contact", method="POST", again=inbox.thread),
    Page("/texts/{thread}/release", text_actions.decide_held, "contact", method="POST"),
    Page("/texts/{thread}/doubt", text_actions.decide_doubt, "contact", method="POST"),
)
