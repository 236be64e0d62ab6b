import datetime
from http import HTTPStatus
from typing import Any

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_signals_report_ringfence_version import (
    GetSignalsReportRingfenceVersion,
)
from ...models.problem import Problem
from ...models.table_report import TableReport
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    first: datetime.date,
    last: datetime.date,
    company: str | Unset = UNSET,
    ringfence_version: GetSignalsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(ringfence_version, Unset):
        headers["Ringfence-Version"] = str(ringfence_version)

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id

    params: dict[str, Any] = {}

    json_first = first.isoformat()
    params["first"] = json_first

    json_last = last.isoformat()
    params["last"] = json_last

    params["company"] = company

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/reports/signals",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Problem | TableReport | None:
    if response.status_code == 200:
        response_200 = TableReport.from_dict(response.json())

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
) -> Response[Problem | TableReport]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    first: datetime.date,
    last: datetime.date,
    company: str | Unset = UNSET,
    ringfence_version: GetSignalsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | TableReport]:
    """Get signals report

     What callers wanted: calls by what was read in them, outcomes first, with leads among these calls.

    Args:
        first (datetime.date):
        last (datetime.date):
        company (str | Unset): Only this company, by its name; several with commas between them.
        ringfence_version (GetSignalsReportRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TableReport]
    """

    kwargs = _get_kwargs(
        first=first,
        last=last,
        company=company,
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
    first: datetime.date,
    last: datetime.date,
    company: str | Unset = UNSET,
    ringfence_version: GetSignalsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | TableReport | None:
    """Get signals report

     What callers wanted: calls by what was read in them, outcomes first, with leads among these calls.

    Args:
        first (datetime.date):
        last (datetime.date):
        company (str | Unset): Only this company, by its name; several with commas between them.
        ringfence_version (GetSignalsReportRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TableReport
    """

    return sync_detailed(
        client=client,
        first=first,
        last=last,
        company=company,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    first: datetime.date,
    last: datetime.date,
    company: str | Unset = UNSET,
    ringfence_version: GetSignalsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | TableReport]:
    """Get signals report

     What callers wanted: calls by what was read in them, outcomes first, with leads among these calls.

    Args:
        first (datetime.date):
        last (datetime.date):
        company (str | Unset): Only this company, by its name; several with commas between them.
        ringfence_version (GetSignalsReportRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TableReport]
    """

    kwargs = _get_kwargs(
        first=first,
        last=last,
        company=company,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    first: datetime.date,
    last: datetime.date,
    company: str | Unset = UNSET,
    ringfence_version: GetSignalsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | TableReport | None:
    """Get signals report

     What callers wanted: calls by what was read in them, outcomes first, with leads among these calls.

    Args:
        first (datetime.date):
        last (datetime.date):
        company (str | Unset): Only this company, by its name; several with commas between them.
        ringfence_version (GetSignalsReportRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TableReport
    """

    return (
        await asyncio_detailed(
            client=client,
            first=first,
            last=last,
            company=company,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
