import datetime
from http import HTTPStatus
from typing import Any

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_texts_direction import (
    ListTextsDirection,
)
from ...models.list_texts_ringfence_version import (
    ListTextsRingfenceVersion,
)
from ...models.message_status import MessageStatus
from ...models.problem import Problem
from ...models.texts import Texts
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    company: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    number: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    direction: ListTextsDirection | Unset = UNSET,
    status: MessageStatus | Unset = UNSET,
    ringfence_version: ListTextsRingfenceVersion | Unset = UNSET,
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

    params["number"] = number

    params["tracker"] = tracker

    json_direction: str | Unset = UNSET
    if not isinstance(direction, Unset):
        json_direction = direction

    params["direction"] = json_direction

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status

    params["status"] = json_status

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/texts",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Problem | Texts | None:
    if response.status_code == 200:
        response_200 = Texts.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Response[Problem | Texts]:
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
    number: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    direction: ListTextsDirection | Unset = UNSET,
    status: MessageStatus | Unset = UNSET,
    ringfence_version: ListTextsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | Texts]:
    """List texts

     Texts in both directions, the newest first, without what is written in them.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: attribution, notes, deliveries.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        number (str | Unset): The number of the person who called or wrote, in E.164.
        tracker (str | Unset): A tracker's name.
        direction (ListTextsDirection | Unset):
        status (MessageStatus | Unset): A text's own status. An incoming text is always received.
        ringfence_version (ListTextsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Texts]
    """

    kwargs = _get_kwargs(
        company=company,
        since=since,
        until=until,
        expand=expand,
        after=after,
        limit=limit,
        number=number,
        tracker=tracker,
        direction=direction,
        status=status,
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
    number: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    direction: ListTextsDirection | Unset = UNSET,
    status: MessageStatus | Unset = UNSET,
    ringfence_version: ListTextsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | Texts | None:
    """List texts

     Texts in both directions, the newest first, without what is written in them.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: attribution, notes, deliveries.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        number (str | Unset): The number of the person who called or wrote, in E.164.
        tracker (str | Unset): A tracker's name.
        direction (ListTextsDirection | Unset):
        status (MessageStatus | Unset): A text's own status. An incoming text is always received.
        ringfence_version (ListTextsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Texts
    """

    return sync_detailed(
        client=client,
        company=company,
        since=since,
        until=until,
        expand=expand,
        after=after,
        limit=limit,
        number=number,
        tracker=tracker,
        direction=direction,
        status=status,
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
    number: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    direction: ListTextsDirection | Unset = UNSET,
    status: MessageStatus | Unset = UNSET,
    ringfence_version: ListTextsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Problem | Texts]:
    """List texts

     Texts in both directions, the newest first, without what is written in them.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: attribution, notes, deliveries.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        number (str | Unset): The number of the person who called or wrote, in E.164.
        tracker (str | Unset): A tracker's name.
        direction (ListTextsDirection | Unset):
        status (MessageStatus | Unset): A text's own status. An incoming text is always received.
        ringfence_version (ListTextsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Texts]
    """

    kwargs = _get_kwargs(
        company=company,
        since=since,
        until=until,
        expand=expand,
        after=after,
        limit=limit,
        number=number,
        tracker=tracker,
        direction=direction,
        status=status,
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
    number: str | Unset = UNSET,
    tracker: str | Unset = UNSET,
    direction: ListTextsDirection | Unset = UNSET,
    status: MessageStatus | Unset = UNSET,
    ringfence_version: ListTextsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Problem | Texts | None:
    """List texts

     Texts in both directions, the newest first, without what is written in them.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: attribution, notes, deliveries.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        number (str | Unset): The number of the person who called or wrote, in E.164.
        tracker (str | Unset): A tracker's name.
        direction (ListTextsDirection | Unset):
        status (MessageStatus | Unset): A text's own status. An incoming text is always received.
        ringfence_version (ListTextsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Texts
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
            number=number,
            tracker=tracker,
            direction=direction,
            status=status,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
