import datetime
from http import HTTPStatus
from typing import Any

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_visits_known import ListVisitsKnown
from ...models.list_visits_ringfence_version import (
    ListVisitsRingfenceVersion,
)
from ...models.problem import Problem
from ...models.visits import Visits
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    company: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    known: ListVisitsKnown | Unset = UNSET,
    ringfence_version: ListVisitsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(ringfence_version, Unset):
        headers["Ringfence-Version"] = str(ringfence_version)

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id

    params: dict[str, Any] = {}

    params["company"] = company

    json_since: str | Unset = UNSET
    if not isinstance(since, Unset):
        json_since = since.isoformat()
    params["since"] = json_since

    json_until: str | Unset = UNSET
    if not isinstance(until, Unset):
        json_until = until.isoformat()
    params["until"] = json_until

    params["expand"] = expand

    params["after"] = after

    params["limit"] = limit

    params["source"] = source

    params["medium"] = medium

    params["campaign"] = campaign

    params["tracker"] = tracker

    json_known: str | Unset = UNSET
    if not isinstance(known, Unset):
        json_known = known

    params["known"] = json_known

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/visits",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Problem | Visits | None:
    if response.status_code == 200:
        response_200 = Visits.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Response[Problem | Visits]:
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
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    known: ListVisitsKnown | Unset = UNSET,
    ringfence_version: ListVisitsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | Visits]:
    """List visits

     Visits of the companies' websites, the newest first.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: contacts, page_views.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        source (str | Unset):
        medium (str | Unset):
        campaign (str | Unset):
        tracker (str | Unset): The name of the tracker whose number was shown.
        known (ListVisitsKnown | Unset): Whether the visitor is known from a call, text or form.
        ringfence_version (ListVisitsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Visits]
    """

    kwargs = _get_kwargs(
        company=company,
        since=since,
        until=until,
        expand=expand,
        after=after,
        limit=limit,
        source=source,
        medium=medium,
        campaign=campaign,
        tracker=tracker,
        known=known,
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
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    known: ListVisitsKnown | Unset = UNSET,
    ringfence_version: ListVisitsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | Visits | None:
    """List visits

     Visits of the companies' websites, the newest first.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: contacts, page_views.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        source (str | Unset):
        medium (str | Unset):
        campaign (str | Unset):
        tracker (str | Unset): The name of the tracker whose number was shown.
        known (ListVisitsKnown | Unset): Whether the visitor is known from a call, text or form.
        ringfence_version (ListVisitsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Visits
    """

    return sync_detailed(
        client=client,
        company=company,
        since=since,
        until=until,
        expand=expand,
        after=after,
        limit=limit,
        source=source,
        medium=medium,
        campaign=campaign,
        tracker=tracker,
        known=known,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    company: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    known: ListVisitsKnown | Unset = UNSET,
    ringfence_version: ListVisitsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | Visits]:
    """List visits

     Visits of the companies' websites, the newest first.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: contacts, page_views.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        source (str | Unset):
        medium (str | Unset):
        campaign (str | Unset):
        tracker (str | Unset): The name of the tracker whose number was shown.
        known (ListVisitsKnown | Unset): Whether the visitor is known from a call, text or form.
        ringfence_version (ListVisitsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Visits]
    """

    kwargs = _get_kwargs(
        company=company,
        since=since,
        until=until,
        expand=expand,
        after=after,
        limit=limit,
        source=source,
        medium=medium,
        campaign=campaign,
        tracker=tracker,
        known=known,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    company: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    known: ListVisitsKnown | Unset = UNSET,
    ringfence_version: ListVisitsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | Visits | None:
    """List visits

     Visits of the companies' websites, the newest first.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: contacts, page_views.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        source (str | Unset):
        medium (str | Unset):
        campaign (str | Unset):
        tracker (str | Unset): The name of the tracker whose number was shown.
        known (ListVisitsKnown | Unset): Whether the visitor is known from a call, text or form.
        ringfence_version (ListVisitsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Visits
    """

    return (
        await asyncio_detailed(
            client=client,
            company=company,
            since=since,
            until=until,
            expand=expand,
            after=after,
            limit=limit,
            source=source,
            medium=medium,
            campaign=campaign,
            tracker=tracker,
            known=known,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
