"""HubSpot keeps the contract of a CRM plugin."""

from __future__ import annotations

from hub.testing import CrmConformance
from plugins.crm.hubspot import HubSpot


class TestHubSpotConformance(CrmConformance):
    connector_class = HubSpot
