from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.copy import Copy
from ...models.problem import Problem
from ...models.send_report_email_ringfence_version import (
    SendReportEmailRingfenceVersion,
)
from ...types import UNSET, Response, Unset


def _get_kwargs(
    email_id: str,
    *,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: SendReportEmailRingfenceVersion | Unset = UNSET,
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
        "method": "post",
        "url": "/report-emails/{email_id}/send".format(
            email_id=quote(str(email_id), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Copy | Problem | None:
    if response.status_code == 200:
        response_200 = Copy.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Response[Copy | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    email_id: str,
    *,
    client: AuthenticatedClient | Client,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: SendReportEmailRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Copy | Problem]:
    """Send report email

     Send a copy of a report that goes out by email to the key's user.

    Args:
        email_id (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (SendReportEmailRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Copy | Problem]
    """

    kwargs = _get_kwargs(
        email_id=email_id,
        idempotency_key=idempotency_key,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    email_id: str,
    *,
    client: AuthenticatedClient | Client,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: SendReportEmailRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Copy | Problem | None:
    """Send report email

     Send a copy of a report that goes out by email to the key's user.

    Args:
        email_id (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (SendReportEmailRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Copy | Problem
    """

    return sync_detailed(
        email_id=email_id,
        client=client,
        idempotency_key=idempotency_key,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    email_id: str,
    *,
    client: AuthenticatedClient | Client,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: SendReportEmailRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Copy | Problem]:
    """Send report email

     Send a copy of a report that goes out by email to the key's user.

    Args:
        email_id (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (SendReportEmailRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Copy | Problem]
    """

    kwargs = _get_kwargs(
        email_id=email_id,
        idempotency_key=idempotency_key,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    email_id: str,
    *,
    client: AuthenticatedClient | Client,
    idempotency_key: str | Unset = UNSET,
    ringfence_version: SendReportEmailRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Copy | Problem | None:
    """Send report email

     Send a copy of a report that goes out by email to the key's user.

    Args:
        email_id (str):
        idempotency_key (str | Unset): Any text of yours, at most 255 characters: within 24 hours
            the same request with the same key is done once.
        ringfence_version (SendReportEmailRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Copy | Problem
    """

    return (
        await asyncio_detailed(
            email_id=email_id,
            client=client,
            idempotency_key=idempotency_key,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
