from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.greeting import Greeting
from ...models.problem import Problem
from ...models.replace_greeting_ringfence_version import (
    ReplaceGreetingRingfenceVersion,
)
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    greeting_id: str,
    *,
    body: File,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: ReplaceGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    if not isinstance(ringfence_version, Unset):
        headers["Ringfence-Version"] = str(ringfence_version)

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/greetings/{greeting_id}/sound".format(
            greeting_id=quote(str(greeting_id), safe=""),
        ),
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
    greeting_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: ReplaceGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Greeting | Problem]:
    """Replace greeting

     Give a greeting another sound, a WAV or MP3 file. Call flows that play it play this one from the
    next call on.

    Args:
        greeting_id (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (ReplaceGreetingRingfenceVersion | Unset):
        x_request_id (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Greeting | Problem]
    """

    kwargs = _get_kwargs(
        greeting_id=greeting_id,
        body=body,
        idempotency_key=idempotency_key,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    greeting_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: ReplaceGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Greeting | Problem | None:
    """Replace greeting

     Give a greeting another sound, a WAV or MP3 file. Call flows that play it play this one from the
    next call on.

    Args:
        greeting_id (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (ReplaceGreetingRingfenceVersion | Unset):
        x_request_id (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Greeting | Problem
    """

    return sync_detailed(
        greeting_id=greeting_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    greeting_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: ReplaceGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Greeting | Problem]:
    """Replace greeting

     Give a greeting another sound, a WAV or MP3 file. Call flows that play it play this one from the
    next call on.

    Args:
        greeting_id (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (ReplaceGreetingRingfenceVersion | Unset):
        x_request_id (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Greeting | Problem]
    """

    kwargs = _get_kwargs(
        greeting_id=greeting_id,
        body=body,
        idempotency_key=idempotency_key,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    greeting_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: ReplaceGreetingRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Greeting | Problem | None:
    """Replace greeting

     Give a greeting another sound, a WAV or MP3 file. Call flows that play it play this one from the
    next call on.

    Args:
        greeting_id (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (ReplaceGreetingRingfenceVersion | Unset):
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
            greeting_id=greeting_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
