"""What the side bar and the bottom bar lead to: only pages that the user may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hub.access.permissions import Action


class NavigationItem(NamedTuple):
    """One link: its key (also the icon's), its words, its path, and what a user must be allowed to do."""

    key: str
    label: str
    path: str
    action: Action


ITEMS = (
    NavigationItem("overview", "Overview", "/", "calls"),
    NavigationItem("calls", "Calls", "/calls", "calls"),
    NavigationItem("texts", "Texts", "/texts", "bodies"),
    NavigationItem("people", "People", "/people", "people"),
    NavigationItem("reports", "Reports", "/reports", "reports"),
    NavigationItem("deliveries", "Deliveries", "/deliveries", "deliveries"),
)
SETUP_ITEMS: tuple[NavigationItem, ...] = (
    NavigationItem("numbers", "Numbers", "/numbers", "setup"),
    NavigationItem("flows", "Call flows", "/flows", "setup"),
    NavigationItem("conversions", "Conversions", "/conversions", "setup"),
    NavigationItem("connectors", "Connectors", "/connectors", "setup"),
    NavigationItem("privacy", "Privacy", "/privacy-desk", "consent"),
    NavigationItem("spam", "Spam", "/spam", "setup"),
    NavigationItem("alerts", "Alerts", "/alerts", "calls"),
)
"""What the business is run with; the side bar shows it under "Set up"."""
SETTINGS_TABS: tuple[NavigationItem, ...] = (
    NavigationItem("users", "Users and keys", "/users", "users"),
    NavigationItem("companies", "Companies", "/companies", "setup"),
    NavigationItem("mail", "Mail", "/mail", "users"),
    NavigationItem("webhooks", "Webhooks", "/webhooks-out", "setup"),
    NavigationItem("config", "Configuration", "/config", "configure"),
    NavigationItem("plugins", "Plugins", "/plugins", "configure"),
    NavigationItem("status", "Status", "/status", "status"),
    NavigationItem("audit", "Audit log", "/audit", "audit"),
    NavigationItem("brand", "White label", "/brand", "configure"),
)
"""The pages behind "Settings", which is the last item of the side bar and leads to the first of them: who may sign in, which is
what most come for. A user who may not see users begins with the companies."""
IN_TAB_BAR = 4
"""Items of the bottom bar on phones; the others are in its last one, "More"."""


def navigation(path: str, may: Callable[[Action], bool]) -> dict[str, object]:
    """The links in the frame of the page at `path`, for a user who may do what `may` permits."""
    daily = [item for item in ITEMS if may(item.action)]
    tabs = [item for item in SETTINGS_TABS if may(item.action)]
    settings = [NavigationItem("settings", "Settings", tabs[0].path, tabs[0].action)] if tabs else []
    setup = [item for item in SETUP_ITEMS if may(item.action)] + settings
    items = daily + setup
    current = next((item.key for item in items if item.path == path), None) or next(
        (item.key for item in items if item.path != "/" and path.startswith(item.path)), None
    )
    if any(path == tab.path or path.startswith(f"{tab.path}/") for tab in tabs):
        current = "settings"
    return {
        "nav_items": daily,
        "nav_setup": setup,
        "nav_tabs": items[:IN_TAB_BAR],
        "nav_more": items[IN_TAB_BAR:],
        "nav_current": current,
        "settings_tabs": tabs,
    }


def first_page(may: Callable[[Action], bool]) -> str:
    """The path of the first page that a user may see; everybody has a page of their own account."""
    return next((item.path for item in (*ITEMS, *SETUP_ITEMS, *SETTINGS_TABS) if may(item.action)), "/me")
