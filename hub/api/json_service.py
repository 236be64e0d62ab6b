"""For providers that answer with JSON: a declaration of their requests, and the stand-in that follows from it."""

from hub.protocols.json_service import JsonService
from hub.protocols.json_service.stand_in import JsonServiceSandbox, ServiceStandIn
from hub.protocols.json_service.templates import ServiceRequest

__all__ = ["JsonService", "JsonServiceSandbox", "ServiceRequest", "ServiceStandIn"]
