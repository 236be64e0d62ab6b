import datetime
from http import HTTPStatus
from typing import Any, Literal

import httpx2

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.calls import Calls
from ...models.list_calls_consent import ListCallsConsent
from ...models.list_calls_first_time import (
    ListCallsFirstTime,
)
from ...models.list_calls_lead import ListCallsLead
from ...models.list_calls_outcome import ListCallsOutcome
from ...models.list_calls_recording import (
    ListCallsRecording,
)
from ...models.list_calls_ringfence_version import (
    ListCallsRingfenceVersion,
)
from ...models.list_calls_sent import ListCallsSent
from ...models.list_calls_spam import ListCallsSpam
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    company: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    spam: ListCallsSpam | Unset = "all",
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    tracker: str | Unset = UNSET,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    landing_page: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    signal: str | Unset = UNSET,
    outcome: ListCallsOutcome | Unset = UNSET,
    first_time: ListCallsFirstTime | Unset = UNSET,
    consent: ListCallsConsent | Unset = UNSET,
    recording: ListCallsRecording | Unset = UNSET,
    sent: ListCallsSent | Unset = UNSET,
    missed: Literal["open"] | Unset = UNSET,
    number: str | Unset = UNSET,
    agent: str | Unset = UNSET,
    longer: int | Unset = UNSET,
    shorter: int | Unset = UNSET,
    value_from: str | Unset = UNSET,
    value_to: str | Unset = UNSET,
    weekday: int | Unset = UNSET,
    hour: str | Unset = UNSET,
    lead: ListCallsLead | Unset = UNSET,
    ringfence_version: ListCallsRingfenceVersion | Unset = UNSET,
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

    json_spam: str | Unset = UNSET
    if not isinstance(spam, Unset):
        json_spam = spam

    params["spam"] = json_spam

    params["expand"] = expand

    params["after"] = after

    params["limit"] = limit

    params["tracker"] = tracker

    params["source"] = source

    params["medium"] = medium

    params["campaign"] = campaign

    params["keyword"] = keyword

    params["landing_page"] = landing_page

    params["tag"] = tag

    params["signal"] = signal

    json_outcome: str | Unset = UNSET
    if not isinstance(outcome, Unset):
        json_outcome = outcome

    params["outcome"] = json_outcome

    json_first_time: str | Unset = UNSET
    if not isinstance(first_time, Unset):
        json_first_time = first_time

    params["first_time"] = json_first_time

    json_consent: str | Unset = UNSET
    if not isinstance(consent, Unset):
        json_consent = consent

    params["consent"] = json_consent

    json_recording: str | Unset = UNSET
    if not isinstance(recording, Unset):
        json_recording = recording

    params["recording"] = json_recording

    json_sent: str | Unset = UNSET
    if not isinstance(sent, Unset):
        json_sent = sent

    params["sent"] = json_sent

    params["missed"] = missed

    params["number"] = number

    params["agent"] = agent

    params["longer"] = longer

    params["shorter"] = shorter

    params["value_from"] = value_from

    params["value_to"] = value_to

    params["weekday"] = weekday

    params["hour"] = hour

    json_lead: str | Unset = UNSET
    if not isinstance(lead, Unset):
        json_lead = lead

    params["lead"] = json_lead

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/calls",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Calls | Problem | None:
    if response.status_code == 200:
        response_200 = Calls.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx2.Response) -> Response[Calls | Problem]:
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
    spam: ListCallsSpam | Unset = "all",
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    tracker: str | Unset = UNSET,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    landing_page: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    signal: str | Unset = UNSET,
    outcome: ListCallsOutcome | Unset = UNSET,
    first_time: ListCallsFirstTime | Unset = UNSET,
    consent: ListCallsConsent | Unset = UNSET,
    recording: ListCallsRecording | Unset = UNSET,
    sent: ListCallsSent | Unset = UNSET,
    missed: Literal["open"] | Unset = UNSET,
    number: str | Unset = UNSET,
    agent: str | Unset = UNSET,
    longer: int | Unset = UNSET,
    shorter: int | Unset = UNSET,
    value_from: str | Unset = UNSET,
    value_to: str | Unset = UNSET,
    weekday: int | Unset = UNSET,
    hour: str | Unset = UNSET,
    lead: ListCallsLead | Unset = UNSET,
    ringfence_version: ListCallsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Calls | Problem]:
    """List calls

     The calls that the filters select, the newest first. All filters must hold.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        spam (ListCallsSpam | Unset): Only spam, only what is none, or both. Default: 'all'.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: attribution, notes, deliveries, recordings.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        tracker (str | Unset):
        source (str | Unset):
        medium (str | Unset):
        campaign (str | Unset):
        keyword (str | Unset):
        landing_page (str | Unset):
        tag (str | Unset):
        signal (str | Unset):
        outcome (ListCallsOutcome | Unset):
        first_time (ListCallsFirstTime | Unset):
        consent (ListCallsConsent | Unset):
        recording (ListCallsRecording | Unset):
        sent (ListCallsSent | Unset):
        missed (Literal['open'] | Unset):
        number (str | Unset): The number of the person who called or wrote, in E.164.
        agent (str | Unset): The number at which a call was answered.
        longer (int | Unset): The least duration, in seconds.
        shorter (int | Unset): The greatest duration, in seconds.
        value_from (str | Unset): The least value of a lead.
        value_to (str | Unset): The greatest value of a lead.
        weekday (int | Unset): In the company's time zone; 0 is Monday.
        hour (str | Unset): In the company's time zone: `9`, or `9-16` for nine to five.
        lead (ListCallsLead | Unset):
        ringfence_version (ListCallsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Calls | Problem]
    """

    kwargs = _get_kwargs(
        company=company,
        since=since,
        until=until,
        spam=spam,
        expand=expand,
        after=after,
        limit=limit,
        tracker=tracker,
        source=source,
        medium=medium,
        campaign=campaign,
        keyword=keyword,
        landing_page=landing_page,
        tag=tag,
        signal=signal,
        outcome=outcome,
        first_time=first_time,
        consent=consent,
        recording=recording,
        sent=sent,
        missed=missed,
        number=number,
        agent=agent,
        longer=longer,
        shorter=shorter,
        value_from=value_from,
        value_to=value_to,
        weekday=weekday,
        hour=hour,
        lead=lead,
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
    spam: ListCallsSpam | Unset = "all",
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    tracker: str | Unset = UNSET,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    landing_page: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    signal: str | Unset = UNSET,
    outcome: ListCallsOutcome | Unset = UNSET,
    first_time: ListCallsFirstTime | Unset = UNSET,
    consent: ListCallsConsent | Unset = UNSET,
    recording: ListCallsRecording | Unset = UNSET,
    sent: ListCallsSent | Unset = UNSET,
    missed: Literal["open"] | Unset = UNSET,
    number: str | Unset = UNSET,
    agent: str | Unset = UNSET,
    longer: int | Unset = UNSET,
    shorter: int | Unset = UNSET,
    value_from: str | Unset = UNSET,
    value_to: str | Unset = UNSET,
    weekday: int | Unset = UNSET,
    hour: str | Unset = UNSET,
    lead: ListCallsLead | Unset = UNSET,
    ringfence_version: ListCallsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Calls | Problem | None:
    """List calls

     The calls that the filters select, the newest first. All filters must hold.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        spam (ListCallsSpam | Unset): Only spam, only what is none, or both. Default: 'all'.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: attribution, notes, deliveries, recordings.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        tracker (str | Unset):
        source (str | Unset):
        medium (str | Unset):
        campaign (str | Unset):
        keyword (str | Unset):
        landing_page (str | Unset):
        tag (str | Unset):
        signal (str | Unset):
        outcome (ListCallsOutcome | Unset):
        first_time (ListCallsFirstTime | Unset):
        consent (ListCallsConsent | Unset):
        recording (ListCallsRecording | Unset):
        sent (ListCallsSent | Unset):
        missed (Literal['open'] | Unset):
        number (str | Unset): The number of the person who called or wrote, in E.164.
        agent (str | Unset): The number at which a call was answered.
        longer (int | Unset): The least duration, in seconds.
        shorter (int | Unset): The greatest duration, in seconds.
        value_from (str | Unset): The least value of a lead.
        value_to (str | Unset): The greatest value of a lead.
        weekday (int | Unset): In the company's time zone; 0 is Monday.
        hour (str | Unset): In the company's time zone: `9`, or `9-16` for nine to five.
        lead (ListCallsLead | Unset):
        ringfence_version (ListCallsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Calls | Problem
    """

    return sync_detailed(
        client=client,
        company=company,
        since=since,
        until=until,
        spam=spam,
        expand=expand,
        after=after,
        limit=limit,
        tracker=tracker,
        source=source,
        medium=medium,
        campaign=campaign,
        keyword=keyword,
        landing_page=landing_page,
        tag=tag,
        signal=signal,
        outcome=outcome,
        first_time=first_time,
        consent=consent,
        recording=recording,
        sent=sent,
        missed=missed,
        number=number,
        agent=agent,
        longer=longer,
        shorter=shorter,
        value_from=value_from,
        value_to=value_to,
        weekday=weekday,
        hour=hour,
        lead=lead,
        ringfence_version=ringfence_version,
        x_request_id=x_request_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    company: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    spam: ListCallsSpam | Unset = "all",
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    tracker: str | Unset = UNSET,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    landing_page: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    signal: str | Unset = UNSET,
    outcome: ListCallsOutcome | Unset = UNSET,
    first_time: ListCallsFirstTime | Unset = UNSET,
    consent: ListCallsConsent | Unset = UNSET,
    recording: ListCallsRecording | Unset = UNSET,
    sent: ListCallsSent | Unset = UNSET,
    missed: Literal["open"] | Unset = UNSET,
    number: str | Unset = UNSET,
    agent: str | Unset = UNSET,
    longer: int | Unset = UNSET,
    shorter: int | Unset = UNSET,
    value_from: str | Unset = UNSET,
    value_to: str | Unset = UNSET,
    weekday: int | Unset = UNSET,
    hour: str | Unset = UNSET,
    lead: ListCallsLead | Unset = UNSET,
    ringfence_version: ListCallsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Response[Calls | Problem]:
    """List calls

     The calls that the filters select, the newest first. All filters must hold.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        spam (ListCallsSpam | Unset): Only spam, only what is none, or both. Default: 'all'.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: attribution, notes, deliveries, recordings.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        tracker (str | Unset):
        source (str | Unset):
        medium (str | Unset):
        campaign (str | Unset):
        keyword (str | Unset):
        landing_page (str | Unset):
        tag (str | Unset):
        signal (str | Unset):
        outcome (ListCallsOutcome | Unset):
        first_time (ListCallsFirstTime | Unset):
        consent (ListCallsConsent | Unset):
        recording (ListCallsRecording | Unset):
        sent (ListCallsSent | Unset):
        missed (Literal['open'] | Unset):
        number (str | Unset): The number of the person who called or wrote, in E.164.
        agent (str | Unset): The number at which a call was answered.
        longer (int | Unset): The least duration, in seconds.
        shorter (int | Unset): The greatest duration, in seconds.
        value_from (str | Unset): The least value of a lead.
        value_to (str | Unset): The greatest value of a lead.
        weekday (int | Unset): In the company's time zone; 0 is Monday.
        hour (str | Unset): In the company's time zone: `9`, or `9-16` for nine to five.
        lead (ListCallsLead | Unset):
        ringfence_version (ListCallsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Calls | Problem]
    """

    kwargs = _get_kwargs(
        company=company,
        since=since,
        until=until,
        spam=spam,
        expand=expand,
        after=after,
        limit=limit,
        tracker=tracker,
        source=source,
        medium=medium,
        campaign=campaign,
        keyword=keyword,
        landing_page=landing_page,
        tag=tag,
        signal=signal,
        outcome=outcome,
        first_time=first_time,
        consent=consent,
        recording=recording,
        sent=sent,
        missed=missed,
        number=number,
        agent=agent,
        longer=longer,
        shorter=shorter,
        value_from=value_from,
        value_to=value_to,
        weekday=weekday,
        hour=hour,
        lead=lead,
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
    spam: ListCallsSpam | Unset = "all",
    expand: str | Unset = UNSET,
    after: str | Unset = UNSET,
    limit: int | Unset = 50,
    tracker: str | Unset = UNSET,
    source: str | Unset = UNSET,
    medium: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    landing_page: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    signal: str | Unset = UNSET,
    outcome: ListCallsOutcome | Unset = UNSET,
    first_time: ListCallsFirstTime | Unset = UNSET,
    consent: ListCallsConsent | Unset = UNSET,
    recording: ListCallsRecording | Unset = UNSET,
    sent: ListCallsSent | Unset = UNSET,
    missed: Literal["open"] | Unset = UNSET,
    number: str | Unset = UNSET,
    agent: str | Unset = UNSET,
    longer: int | Unset = UNSET,
    shorter: int | Unset = UNSET,
    value_from: str | Unset = UNSET,
    value_to: str | Unset = UNSET,
    weekday: int | Unset = UNSET,
    hour: str | Unset = UNSET,
    lead: ListCallsLead | Unset = UNSET,
    ringfence_version: ListCallsRingfenceVersion | Unset = UNSET,
    x_request_id: str | Unset = UNSET,
) -> Calls | Problem | None:
    """List calls

     The calls that the filters select, the newest first. All filters must hold.

    Args:
        company (str | Unset): Only this company, by its name; several with commas between them.
        since (datetime.datetime | Unset): At or after this time; ISO 8601 with a zone.
        until (datetime.datetime | Unset): Before this time; ISO 8601 with a zone.
        spam (ListCallsSpam | Unset): Only spam, only what is none, or both. Default: 'all'.
        expand (str | Unset): What each row shows in full besides its own fields, with commas
            between: attribution, notes, deliveries, recordings.
        after (str | Unset): `next` from the previous page.
        limit (int | Unset): The maximum number of rows in a page. Default: 50.
        tracker (str | Unset):
        source (str | Unset):
        medium (str | Unset):
        campaign (str | Unset):
        keyword (str | Unset):
        landing_page (str | Unset):
        tag (str | Unset):
        signal (str | Unset):
        outcome (ListCallsOutcome | Unset):
        first_time (ListCallsFirstTime | Unset):
        consent (ListCallsConsent | Unset):
        recording (ListCallsRecording | Unset):
        sent (ListCallsSent | Unset):
        missed (Literal['open'] | Unset):
        number (str | Unset): The number of the person who called or wrote, in E.164.
        agent (str | Unset): The number at which a call was answered.
        longer (int | Unset): The least duration, in seconds.
        shorter (int | Unset): The greatest duration, in seconds.
        value_from (str | Unset): The least value of a lead.
        value_to (str | Unset): The greatest value of a lead.
        weekday (int | Unset): In the company's time zone; 0 is Monday.
        hour (str | Unset): In the company's time zone: `9`, or `9-16` for nine to five.
        lead (ListCallsLead | Unset):
        ringfence_version (ListCallsRingfenceVersion | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx2.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Calls | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            company=company,
            since=since,
            until=until,
            spam=spam,
            expand=expand,
            after=after,
            limit=limit,
            tracker=tracker,
            source=source,
            medium=medium,
            campaign=campaign,
            keyword=keyword,
            landing_page=landing_page,
            tag=tag,
            signal=signal,
            outcome=outcome,
            first_time=first_time,
            consent=consent,
            recording=recording,
            sent=sent,
            missed=missed,
            number=number,
            agent=agent,
            longer=longer,
            shorter=shorter,
            value_from=value_from,
            value_to=value_to,
            weekday=weekday,
            hour=hour,
            lead=lead,
            ringfence_version=ringfence_version,
            x_request_id=x_request_id,
        )
    ).parsed
