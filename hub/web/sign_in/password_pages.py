"""`/sign-in`: name and password, then a code of the app or a recovery code. Every step works without JavaScript."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from hub.access.sign_in.challenges import new_challenge, open_challenge, take_challenge
from hub.access.sign_in.credentials import (
    lacks_second_factor,
    renew_hash,
    second_factor,
    user_by_name,
    user_of_password,
)
from hub.access.sign_in.sessions import LOCAL
from hub.access.sign_in.throttle import code_counts, password_counts
from hub.errors import RetryLater
from hub.model import User
from hub.web.sign_in.door import DoorRequest

MAX_NAME_LENGTH = 254
WRONG = "Name and password do not fit together. Check both, or use another way to sign in."
ALONE = "This user has no second factor yet. Sign in on the hub's own machine, at its localhost address, and add an app there."
WRONG_CODE = "This code is not right. Enter the one that the app shows now."
USED_CODE = "This code was used already. Wait for the next one, at most 30 seconds."
WRONG_RECOVERY = "This is not one of your unused recovery codes."
MAX_WRONG_CODES = 10
"""After so many wrong codes the password is asked again."""


def show_sign_in(request: DoorRequest) -> Response:
    """The page with every way to sign in."""
    ended = (
        request.request.cookies.get(request.door.signed_in.cookie) is not None
        and "next" in request.request.query_params
    )
    return _sign_in_page(request, ended=ended)


def check_password(request: DoorRequest) -> Response:
    """Name and password. The answer and the work are the same for an unknown user and for a wrong password."""
    name, password = request.value("name")[:MAX_NAME_LENGTH], request.exact("password")
    with request.hub.store.reading() as session:
        named = user_by_name(session, name)
    key = named.id if named else name.lower()
    throttle, wide = request.door.throttle, request.wide_network
    failed = throttle.has_failed(key, wide, request.now)
    counts = password_counts(key, request.network, request.device(named), wide, failed)
    wait = request.door.throttle.begin(counts, request.now)
    if wait:
        return _slower(_sign_in_page(request, 429, wait=wait, name=name), wait)
    try:
        with request.hub.store.reading() as session:
            user = user_of_password(session, name, password)
    except RetryLater as busy:
        throttle.take_back(counts)
        wait = timedelta(seconds=busy.after or 1)
        return _slower(_sign_in_page(request, 503, error=str(busy), name=name), wait)
    if user is None:
        if named is not None:
            request.door.note_failure(named, "password", request.now)
        return _sign_in_page(request, 422, error=WRONG, name=name)
    with request.hub.store.reading() as session:
        alone = lacks_second_factor(session, user)
    if alone and not request.is_local:
        request.door.note_failure(user, "no second factor", request.now)
        return _sign_in_page(request, 422, error=ALONE, name=name)
    request.door.throttle.succeed(counts)
    with request.hub.store.writing() as session:
        renew_hash(session, user, password)
        if alone:
            return request.enter(request.redirect(request.target), user, request.begin(session, user, LOCAL))
        data = {"next": request.target, "wrong": 0}
        token = new_challenge(session, "factor", request.now, user_id=user.id, data=data)
    return request.wait(request.redirect("/sign-in/code"), "factor", token)


def show_code(request: DoorRequest) -> Response:
    """The page for the second factor."""
    found = _waiting(request)
    return _code_page(request, found[0]) if found else request.redirect("/sign-in")


def check_code(request: DoorRequest) -> Response:
    """A code of the app, or a recovery code; then the session starts."""
    found = _waiting(request)
    if found is None:
        return request.redirect("/sign-in")
    user, target = found
    counts = code_counts(user.id, request.device(user))
    wait = request.door.throttle.begin(counts, request.now)
    if wait:
        return _slower(_code_page(request, user, 429, wait=wait), wait)
    with request.hub.store.writing() as session:
        how = second_factor(session, request.hub.keyring, user, request.value("code"), request.now)
        right = how in ("password", "recovery")
        if right and take_challenge(session, "factor", request.step("factor"), request.now) is None:
            return request.redirect("/sign-in")  # another request with this step was first
        token = request.begin(session, user, str(how)) if right else None
    if token is None:
        request.door.note_failure(user, "code", request.now)
        _count_wrong(request)
        wrong = WRONG_RECOVERY if request.value("recovery") else WRONG_CODE
        return _code_page(request, user, 422, error=USED_CODE if how == "used" else wrong)
    request.door.throttle.succeed(counts)
    # Who needed a recovery code has lost the app: the next step is to set a new one.
    return request.enter(request.redirect("/me" if how == "recovery" else target), user, token)


def _waiting(request: DoorRequest) -> tuple[User, str] | None:
    """The user who has given the right password in this browser, and where the user wants to go."""
    with request.hub.store.reading() as session:
        step = open_challenge(session, "factor", request.step("factor"), request.now)
        user = session.get(User, step.user_id) if step and step.user_id else None
    if step is None or user is None or user.disabled_at is not None:
        return None
    return user, str(step.data.get("next", "/"))


def _count_wrong(request: DoorRequest) -> None:
    with request.hub.store.writing() as session:
        step = open_challenge(session, "factor", request.step("factor"), request.now)
        if step is None:
            return
        step.data = {**step.data, "wrong": int(step.data.get("wrong", 0)) + 1}
        if step.data["wrong"] >= MAX_WRONG_CODES:
            session.delete(step)
        else:
            session.add(step)


def _sign_in_page(
    request: DoorRequest,
    status: int = 200,
    *,
    error: str | None = None,
    wait: timedelta | None = None,
    name: str = "",
    ended: bool = False,
) -> Response:
    return request.render(
        "sign_in.html",
        status,
        title="Sign in",
        target=request.target,
        error=error,
        wait=_seconds(wait),
        name=name,
        ended=ended,
        link_possible=request.hub.config.mail is not None,
    )


def refused(request: DoorRequest, error: str) -> Response:
    """The sign-in page with the reason why another way did not work."""
    return _sign_in_page(request, 422, error=error)


def _code_page(
    request: DoorRequest, user: User, status: int = 200, *, error: str | None = None, wait: timedelta | None = None
) -> Response:
    recovery = bool(request.value("recovery") or request.request.query_params.get("recovery"))
    return request.render(
        "sign_in_code.html",
        status,
        title="Enter a recovery code" if recovery else "Enter the code",
        name=user.name,
        recovery=recovery,
        error=error,
        wait=_seconds(wait),
    )


def _slower(response: Response, wait: timedelta) -> Response:
    response.headers["Retry-After"] = str(_seconds(wait))
    return response


def _seconds(wait: timedelta | None) -> int:
    return 0 if wait is None else max(1, -int(-wait.total_seconds() // 1))
