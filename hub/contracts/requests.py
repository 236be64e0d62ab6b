"""One request to a provider over the connector's HTTP client, which ends in its reply or in one of our errors."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from hub.contracts.refusals import NOT_TAKEN, Provider
from hub.contracts.untrusted import JsonObject, json_object
from hub.errors import OutcomeUnknown, RetryLater

if TYPE_CHECKING:
    import httpx2

UNKNOWN_OUTCOME = "it is unknown whether the request was accepted; check the provider's log before trying again"


def send(
    client: httpx2.Client,
    clock: Callable[[], datetime],
    provider: Provider,
    method: str,
    url: str,
    *,
    once: bool,
    expected: Collection[int],
    options: JsonObject,
) -> httpx2.Response:
    """A reply that is a success or has an `expected` status; see `Services.send`."""
    import httpx2

    try:
        response = client.request(method, url, **options)
    except httpx2.TransportError as error:
        # The error's text may contain the address with a phone number in it.
        why = f"{provider.name} cannot be reached ({type(error).__name__})"
        if once and not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
            raise OutcomeUnknown(f"{why}; {UNKNOWN_OUTCOME}.") from None
        raise RetryLater(f"{why}.") from None
    status = response.status_code
    if (response.is_success and not _refuses(provider, response)) or status in expected:
        return response
    failure = provider.error(provider.refusal(status, response.headers, response.content, clock()))
    if once and isinstance(failure, RetryLater) and status not in NOT_TAKEN:
        raise OutcomeUnknown(f"{provider.name} had an error (HTTP {status}); {UNKNOWN_OUTCOME}.")
    raise failure


def _refuses(provider: Provider, response: httpx2.Response) -> bool:
    """Whether a reply with a good status is a refusal, as its provider says."""
    said = json_object(response.content) if provider.succeeded else None
    return said is not None and provider.succeeded is not None and not provider.succeeded(said)


def read_json(provider: Provider, response: httpx2.Response, *, once: bool) -> JsonObject:
    """The JSON object of a reply; a reply without one counts as no answer from the provider."""
    content = json_object(response.content)
    if content is None:
        why = f"{provider.name} did not return a JSON object"
        raise OutcomeUnknown(f"{why}; {UNKNOWN_OUTCOME}.") if once else RetryLater(f"{why}.")
    return content
