"""Pipedrive keeps the promises of a CRM."""

from __future__ import annotations

from hub.testing import CrmConformance
from plugins.crm.pipedrive import Pipedrive


class TestPipedrive(CrmConformance):
    connector_class = Pipedrive
