from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_webhook_events_ringfence_version import (
    ListWebhookEventsRingfenceVersion,
)
from ...models.problem import Problem
from ...models.webhook_event_state import WebhookEventState
from ...models.webhook_events import WebhookEvents
from ...types import UNSET, Response, Unset


def _get_kwargs(
    webhook_id: str,
    *,
    state: WebhookEventState | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    ringfence_version: ListWebhookEventsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(ringfence_version, Unset):
        headers["Ringfence-Version"] = str(ringfence_version)

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id

    params: dict[str, Any] = {}

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state

    params["state"] = json_state

    params["after"] = after

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/webhooks/{webhook_id}/events".format(
            webhook_id=quote(str(webhook_id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx2.Response
) -> Problem | WebhookEvents | None:
    if response.status_code == 200:
        response_200 = WebhookEvents.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx2.Response
) -> Response[Problem | WebhookEvents]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    webhook_id: str,
    *,
    client: AuthenticatedClient | Client,
    state: WebhookEventState | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    ringfence_version: ListWebhookEventsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | WebhookEvents]:
    """List webhook events

     The events of a webhook, the newest first. What was in an event is not kept.

    Args:
        webhook_id (str):
        state (WebhookEventState | Unset): An event on its way to one endpoint.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        ringfence_version (ListWebhookEventsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | WebhookEvents]
    """

    kwargs = _get_kwargs(
        webhook_id=webhook_id,
        state=state,
        after=after,
        limit=limit,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    webhook_id: str,
    *,
    client: AuthenticatedClient | Client,
    state: WebhookEventState | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    ringfence_version: ListWebhookEventsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | WebhookEvents | None:
    """List webhook events

     The events of a webhook, the newest first. What was in an event is not kept.

    Args:
        webhook_id (str):
        state (WebhookEventState | Unset): An event on its way to one endpoint.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        ringfence_version (ListWebhookEventsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | WebhookEvents
    """

    return sync_detailed(
        webhook_id=webhook_id,
        client=client,
        state=state,
        after=after,
        limit=limit,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    webhook_id: str,
    *,
    client: AuthenticatedClient | Client,
    state: WebhookEventState | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    ringfence_version: ListWebhookEventsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | WebhookEvents]:
    """List webhook events

     The events of a webhook, the newest first. What was in an event is not kept.

    Args:
        webhook_id (str):
        state (WebhookEventState | Unset): An event on its way to one endpoint.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        ringfence_version (ListWebhookEventsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | WebhookEvents]
    """

    kwargs = _get_kwargs(
        webhook_id=webhook_id,
        state=state,
        after=after,
        limit=limit,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    webhook_id: str,
    *,
    client: AuthenticatedClient | Client,
    state: WebhookEventState | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    ringfence_version: ListWebhookEventsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | WebhookEvents | None:
    """List webhook events

     The events of a webhook, the newest first. What was in an event is not kept.

    Args:
        webhook_id (str):
        state (WebhookEventState | Unset): An event on its way to one endpoint.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        ringfence_version (ListWebhookEventsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | WebhookEvents
    """

    return (
        await asyncio_detailed(
            webhook_id=webhook_id,
            client=client,
            state=state,
            after=after,
            limit=limit,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
