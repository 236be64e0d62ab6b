from http import HTTPStatus
from typing import Any

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_report_emails_ringfence_version import (
    ListReportEmailsRingfenceVersion,
)
from ...models.problem import Problem
from ...models.report_emails import ReportEmails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    ringfence_version: ListReportEmailsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(ringfence_version, Unset):
        headers["Ringfence-Version"] = str(ringfence_version)

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/report-emails",
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx2.Response
) -> Problem | ReportEmails | None:
    if response.status_code == 200:
        response_200 = ReportEmails.from_dict(response.json())

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
) -> Response[Problem | ReportEmails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    ringfence_version: ListReportEmailsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | ReportEmails]:
    """List report emails

     Who gets reports by email, and when.

    Args:
        ringfence_version (ListReportEmailsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | ReportEmails]
    """

    kwargs = _get_kwargs(
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
    ringfence_version: ListReportEmailsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | ReportEmails | None:
    """List report emails

     Who gets reports by email, and when.

    Args:
        ringfence_version (ListReportEmailsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | ReportEmails
    """

    return sync_detailed(
        client=client,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    ringfence_version: ListReportEmailsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | ReportEmails]:
    """List report emails

     Who gets reports by email, and when.

    Args:
        ringfence_version (ListReportEmailsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | ReportEmails]
    """

    kwargs = _get_kwargs(
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    ringfence_version: ListReportEmailsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | ReportEmails | None:
    """List report emails

     Who gets reports by email, and when.

    Args:
        ringfence_version (ListReportEmailsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | ReportEmails
    """

    return (
        await asyncio_detailed(
            client=client,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
