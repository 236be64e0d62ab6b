import datetime
from http import HTTPStatus
from typing import Any

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_queues_ringfence_version import (
    GetQueuesRingfenceVersion,
)
from ...models.problem import Problem
from ...models.queues import Queues
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    company: str | Unset = UNSET,
    first: datetime.date | Unset = UNSET,
    last: datetime.date | Unset = UNSET,
    ringfence_version: GetQueuesRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(ringfence_version, Unset):
        headers["Ringfence-Version"] = str(ringfence_version)

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id

    params: dict[str, Any] = {}

    params["company"] = company

    json_first: str | Unset = UNSET
    if not isinstance(first, Unset):
        json_first = first.isoformat()
    params["first"] = json_first

    json_last: str | Unset = UNSET
    if not isinstance(last, Unset):
        json_last = last.isoformat()
    params["last"] = json_last

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/queues",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Problem | Queues | None:
    if response.status_code == 200:
        response_200 = Queues.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Response[Problem | Queues]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    company: str | Unset = UNSET,
    first: datetime.date | Unset = UNSET,
    last: datetime.date | Unset = UNSET,
    ringfence_version: GetQueuesRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | Queues]:
    """Get queues

     Who waits for an agent and who talks, the agents, and how long the callers of some days waited; of
    seven days if none are named.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        first (datetime.date | Unset):
        last (datetime.date | Unset):
        ringfence_version (GetQueuesRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Queues]
    """

    kwargs = _get_kwargs(
        company=company,
        first=first,
        last=last,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    company: str | Unset = UNSET,
    first: datetime.date | Unset = UNSET,
    last: datetime.date | Unset = UNSET,
    ringfence_version: GetQueuesRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | Queues | None:
    """Get queues

     Who waits for an agent and who talks, the agents, and how long the callers of some days waited; of
    seven days if none are named.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        first (datetime.date | Unset):
        last (datetime.date | Unset):
        ringfence_version (GetQueuesRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Queues
    """

    return sync_detailed(
        client=client,
        company=company,
        first=first,
        last=last,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    company: str | Unset = UNSET,
    first: datetime.date | Unset = UNSET,
    last: datetime.date | Unset = UNSET,
    ringfence_version: GetQueuesRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | Queues]:
    """Get queues

     Who waits for an agent and who talks, the agents, and how long the callers of some days waited; of
    seven days if none are named.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        first (datetime.date | Unset):
        last (datetime.date | Unset):
        ringfence_version (GetQueuesRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Queues]
    """

    kwargs = _get_kwargs(
        company=company,
        first=first,
        last=last,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    company: str | Unset = UNSET,
    first: datetime.date | Unset = UNSET,
    last: datetime.date | Unset = UNSET,
    ringfence_version: GetQueuesRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | Queues | None:
    """Get queues

     Who waits for an agent and who talks, the agents, and how long the callers of some days waited; of
    seven days if none are named.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        first (datetime.date | Unset):
        last (datetime.date | Unset):
        ringfence_version (GetQueuesRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Queues
    """

    return (
        await asyncio_detailed(
            client=client,
            company=company,
            first=first,
            last=last,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
