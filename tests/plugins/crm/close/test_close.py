"""Close keeps the promises of a CRM."""

from __future__ import annotations

from hub.testing import CrmConformance
from plugins.crm.close import Close


class TestClose(CrmConformance):
    connector_class = Close
