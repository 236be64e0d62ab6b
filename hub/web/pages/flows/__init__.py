"""`/flows`: call flows as an indented list and as a form, simulated calls, versions, publishing."""

from hub.web.pages.flows import editor, flow_actions, flows_page, greetings, new, publish, remove, voicemails

PAGES = (
    *flows_page.PAGES,
    *new.PAGES,
    *greetings.PAGES,
    *voicemails.PAGES,
    *editor.PAGES,
    *flow_actions.PAGES,
    *publish.PAGES,
    *remove.PAGES,
)
