"""Requests to Salesforce, limited to the declared hosts and the hub's timeouts; plain HTTP if the base URL says so."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from hub.api import Rejected, Services

from .refusals import SALESFORCE
from .settings import SalesforceSettings

USAGE = re.compile(r"api-usage=(\d{1,12})/(\d{1,12})")
"""Source: Salesforce, REST API, "Limit Info Header": the requests of the last 24 hours, and the limit."""
AnySession = TypeVar("AnySession", bound=requests.Session)


class Wire(HTTPAdapter):
    """The one adapter of a connector. simple_salesforce always writes `https://`, so the scheme is corrected here."""

    def __init__(self, settings: SalesforceSettings, services: Services, hosts: tuple[str, ...]) -> None:
        super().__init__()
        bases = [urlsplit(url) for url in (settings.login_url, settings.instance_url) if url]
        limits = services.http().timeout
        self._hosts = {*hosts, *(base.hostname for base in bases if base.hostname)}
        self._plain = {base.netloc for base in bases if base.scheme == "http"}
        self._timeout = (limits.connect, limits.read)
        self._clock, self._services = services.clock, services

    def carry(self, session: AnySession) -> AnySession:
        """`session`, with all its requests through this adapter and no settings from the environment."""
        session.trust_env = False
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request. A refusal is raised as one of our errors; simple_salesforce gets only that of a token (401)."""
        address = urlsplit(request.url or "")
        if not any(fnmatch(address.hostname or "", pattern) for pattern in self._hosts):
            raise Rejected(
                f"Salesforce redirected to {address.hostname}, which the manifest does not declare; set "
                "instance_url in config.yaml."
            )
        if address.scheme == "https" and address.netloc in self._plain:
            request.url = address._replace(scheme="http").geturl()
        response = super().send(request, *args, **{**kwargs, "timeout": self._timeout})
        usage = USAGE.search(response.headers.get("Sforce-Limit-Info") or "")
        if usage:
            self._services.note_quota(int(usage[1]), int(usage[2]))
        if response.status_code >= 300 and response.status_code != 401 and not response.is_redirect:
            raise SALESFORCE.error(
                SALESFORCE.refusal(response.status_code, response.headers, response.content, self._clock())
            )
        return response
