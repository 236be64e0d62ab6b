"""`/privacy-desk`: the pages of the privacy officer. The public pages for people are in hub.web.privacy."""

from __future__ import annotations

from hub.web.pages.guard import Page
from hub.web.pages.privacy import (
    authorities,
    certificates,
    data_map,
    decisions,
    holds,
    journal,
    law,
    opt_outs,
    plan,
    policies,
    queue,
    request,
    request_actions,
    retention,
    take_in,
)

PAGES: tuple[Page, ...] = (
    *queue.PAGES,
    *take_in.PAGES,
    *request.PAGES,
    *plan.PAGES,
    *request_actions.PAGES,
    *decisions.PAGES,
    *holds.PAGES,
    *authorities.PAGES,
    *certificates.PAGES,
    *journal.PAGES,
    *opt_outs.PAGES,
    *law.PAGES,
    *data_map.PAGES,
    *retention.PAGES,
    *policies.PAGES,
)
