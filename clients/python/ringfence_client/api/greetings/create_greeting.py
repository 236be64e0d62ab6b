from http import HTTPStatus
from typing import Any

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.create_greeting_ringfence_version import (
    CreateGreetingRingfenceVersion,
)
from ...models.greeting import Greeting
from ...models.problem import Problem
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    *,
    body: File,
    company_id: str,
    name: str,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: CreateGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    if not isinstance(ringfence_version, Unset):
        headers["Ringfence-Version"] = str(ringfence_version)

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id

    params: dict[str, Any] = {}

    params["company_id"] = company_id

    params["name"] = name

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/greetings",
        "params": params,
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/octet-stream"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Greeting | Problem | None:
    if response.status_code == 200:
        response_200 = Greeting.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Response[Greeting | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: File,
    company_id: str,
    name: str,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: CreateGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Greeting | Problem]:
    """Create greeting

     Upload a WAV or MP3 file as a greeting of a company, by its id. A WAV is converted for the
    telephone.

    Args:
        company_id (str):
        name (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (CreateGreetingRingfenceVersion | Unset):
        x_request_id (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Greeting | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        company_id=company_id,
        name=name,
        idempotency_key=idempotency_key,
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
    body: File,
    company_id: str,
    name: str,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: CreateGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Greeting | Problem | None:
    """Create greeting

     Upload a WAV or MP3 file as a greeting of a company, by its id. A WAV is converted for the
    telephone.

    Args:
        company_id (str):
        name (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (CreateGreetingRingfenceVersion | Unset):
        x_request_id (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Greeting | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        company_id=company_id,
        name=name,
        idempotency_key=idempotency_key,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: File,
    company_id: str,
    name: str,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: CreateGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Greeting | Problem]:
    """Create greeting

     Upload a WAV or MP3 file as a greeting of a company, by its id. A WAV is converted for the
    telephone.

    Args:
        company_id (str):
        name (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (CreateGreetingRingfenceVersion | Unset):
        x_request_id (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Greeting | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        company_id=company_id,
        name=name,
        idempotency_key=idempotency_key,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: File,
    company_id: str,
    name: str,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: CreateGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Greeting | Problem | None:
    """Create greeting

     Upload a WAV or MP3 file as a greeting of a company, by its id. A WAV is converted for the
    telephone.

    Args:
        company_id (str):
        name (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (CreateGreetingRingfenceVersion | Unset):
        x_request_id (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Greeting | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            company_id=company_id,
            name=name,
            idempotency_key=idempotency_key,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
