import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.cost_report import CostReport
from ...models.get_costs_report_by import GetCostsReportBy
from ...models.get_costs_report_model import (
    GetCostsReportModel,
)
from ...models.get_costs_report_ringfence_version import (
    GetCostsReportRingfenceVersion,
)
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    company: str,
    *,
    first: datetime.date,
    last: datetime.date,
    by: GetCostsReportBy | Unset = "source",
    model: GetCostsReportModel | Unset = "last",
    ringfence_version: GetCostsReportRingfenceVersion | Unset = UNSET,
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

    json_by: str | Unset = UNSET
    if not isinstance(by, Unset):
        json_by = by

    params["by"] = json_by

    json_model: str | Unset = UNSET
    if not isinstance(model, Unset):
        json_model = model

    params["model"] = json_model

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/reports/{company}/costs".format(
            company=quote(str(company), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> CostReport | Problem | None:
    if response.status_code == 200:
        response_200 = CostReport.from_dict(response.json())

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
) -> Response[CostReport | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    company: str,
    *,
    client: AuthenticatedClient | Client,
    first: datetime.date,
    last: datetime.date,
    by: GetCostsReportBy | Unset = "source",
    model: GetCostsReportModel | Unset = "last",
    ringfence_version: GetCostsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[CostReport | Problem]:
    """Get costs report

     What each source or campaign of companies cost, and what it brought.

    Args:
        company (str): A company's name; several with commas between them.
        first (datetime.date):
        last (datetime.date):
        by (GetCostsReportBy | Unset):  Default: 'source'.
        model (GetCostsReportModel | Unset):  Default: 'last'.
        ringfence_version (GetCostsReportRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CostReport | Problem]
    """

    kwargs = _get_kwargs(
        company=company,
        first=first,
        last=last,
        by=by,
        model=model,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    company: str,
    *,
    client: AuthenticatedClient | Client,
    first: datetime.date,
    last: datetime.date,
    by: GetCostsReportBy | Unset = "source",
    model: GetCostsReportModel | Unset = "last",
    ringfence_version: GetCostsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> CostReport | Problem | None:
    """Get costs report

     What each source or campaign of companies cost, and what it brought.

    Args:
        company (str): A company's name; several with commas between them.
        first (datetime.date):
        last (datetime.date):
        by (GetCostsReportBy | Unset):  Default: 'source'.
        model (GetCostsReportModel | Unset):  Default: 'last'.
        ringfence_version (GetCostsReportRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CostReport | Problem
    """

    return sync_detailed(
        company=company,
        client=client,
        first=first,
        last=last,
        by=by,
        model=model,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    company: str,
    *,
    client: AuthenticatedClient | Client,
    first: datetime.date,
    last: datetime.date,
    by: GetCostsReportBy | Unset = "source",
    model: GetCostsReportModel | Unset = "last",
    ringfence_version: GetCostsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[CostReport | Problem]:
    """Get costs report

     What each source or campaign of companies cost, and what it brought.

    Args:
        company (str): A company's name; several with commas between them.
        first (datetime.date):
        last (datetime.date):
        by (GetCostsReportBy | Unset):  Default: 'source'.
        model (GetCostsReportModel | Unset):  Default: 'last'.
        ringfence_version (GetCostsReportRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CostReport | Problem]
    """

    kwargs = _get_kwargs(
        company=company,
        first=first,
        last=last,
        by=by,
        model=model,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    company: str,
    *,
    client: AuthenticatedClient | Client,
    first: datetime.date,
    last: datetime.date,
    by: GetCostsReportBy | Unset = "source",
    model: GetCostsReportModel | Unset = "last",
    ringfence_version: GetCostsReportRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> CostReport | Problem | None:
    """Get costs report

     What each source or campaign of companies cost, and what it brought.

    Args:
        company (str): A company's name; several with commas between them.
        first (datetime.date):
        last (datetime.date):
        by (GetCostsReportBy | Unset):  Default: 'source'.
        model (GetCostsReportModel | Unset):  Default: 'last'.
        ringfence_version (GetCostsReportRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CostReport | Problem
    """

    return (
        await asyncio_detailed(
            company=company,
            client=client,
            first=first,
            last=last,
            by=by,
            model=model,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
