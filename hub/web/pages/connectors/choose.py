"""`/connectors/connecting/{attempt}`: after the sign-in: the account, the companies, and an action for each rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from hub.config.models import ConversionRule
from hub.connecting.attempts import Attempt
from hub.connecting.check import FAILED, warning_of
from hub.connecting.connect import NewConnector, connect_new
from hub.connecting.drafts import Draft, drafted
from hub.connecting.reconnect import token_for
from hub.contracts.sign_in import AccountList, DestinationChoice, ProviderAccount
from hub.errors import CannotDo, ConfigError, RingfenceError
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.connectors import connector_labels
from hub.web.pages.connectors.new import NO_FILE, companies_of, has_schedule, secret_paths
from hub.web.pages.connectors.sign_in import attempts_of
from hub.web.pages.conversions.sentences import sentence, worth
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def choose(page: PageRequest) -> Response:
    """Before the sign-in, what is asked for; after it, the choices."""
    attempt = _attempt(page)
    if attempt.is_signed_in:
        return _choices(page, attempt)
    manifest = attempt.connector_class.manifest
    return page.render(
        "connect_start.html",
        title=f"Connect {manifest.label}",
        manifest=manifest,
        name=attempt.row.connector,
        go=f"/connectors/connecting/{attempt.row.id}/go",
        back=page.link("/connectors"),
        waiting=0,
        last=None,
        is_new=True,
        words=connector_labels,
    )


def go(page: PageRequest) -> Response:
    """To the provider."""
    return page.redirect(attempts_of(page).go(_attempt(page)))


def stop(page: PageRequest) -> Response:
    """Forget the sign-in."""
    attempts_of(page).forget(_attempt(page))
    return page.redirect(page.link("/connectors"), "Nothing was kept.")


def save(page: PageRequest) -> Response:
    """Test it with the choices, and write it into config.yaml."""
    attempt = _attempt(page)
    if not attempt.is_signed_in:
        raise CannotDo("Sign in first.")
    try:
        with drafted(
            page.hub, attempt.row.connector, attempt.connector_class, attempt.settings(page.hub), attempt.token
        ) as draft:
            listed = draft.accounts()
        account = _account(listed, page.value("account"))
        settings = merged(attempt.written, account.settings)
        checked = attempt.connector_class.Settings.model_validate(settings)
        token = token_for(draft.tokens.token or {}, listed, account)
        with drafted(page.hub, attempt.row.connector, attempt.connector_class, checked, token) as draft:
            form = Form()
            destinations = _destinations(page, form, draft.destinations())
            if form.is_refused:
                return _choices(page, attempt, form)
            report = draft.check()
            tested = f"{warning_of(report) or report.detail}{_rehearsed(page, draft, destinations)}"
        if not report.ok and page.value("anyway") != "yes":
            return _choices(page, attempt, Form(problems=[FAILED.format(report.detail)]), failed_test=True)
        return _connect(page, attempt, settings, destinations, token, tested)
    except (RingfenceError, ValueError) as error:
        words_ = str(error) if isinstance(error, RingfenceError) else "The account does not fit these settings."
        return _choices(page, attempt, Form(problems=[words_]))


def _rehearsed(page: PageRequest, draft: Draft, destinations: Mapping[str, Mapping[str, object]]) -> str:
    """What the network says to a made-up conversion for the first rule, in a sentence. It does not stop anything: a network
    may refuse what is made up."""
    if not destinations:
        return ""
    rule, destination = next(iter(destinations.items()))
    try:
        refusal = draft.rehearse(destination, page.now)
    except RingfenceError as error:
        refusal = str(error)
    if refusal is None:
        return ""
    if refusal:
        return f" A made-up conversion for {rule}, which is not counted, was refused: {refusal}"
    return f" A made-up conversion for {rule} was checked and not counted."


def _connect(
    page: PageRequest,
    attempt: Attempt,
    settings: Mapping[str, object],
    destinations: Mapping[str, Mapping[str, object]],
    token: Mapping[str, object],
    tested: str,
) -> Response:
    if page.config_file is None:
        raise CannotDo(NO_FILE)
    connector_class = attempt.connector_class
    new = NewConnector(
        name=attempt.row.connector,
        plugin=attempt.row.plugin,
        settings=settings,
        secrets=secret_paths(connector_class),
        companies=companies_of(page, page.form.get("companies", [])),
        schedule="every 15 minutes" if has_schedule(connector_class) else None,
        destinations=destinations,
        token=token,
    )
    proposal = connect_new(page.hub, page.config_file, new, page.editor)
    if proposal.problems:
        raise ConfigError(" ".join(f"{each.text}." for each in proposal.problems))
    attempts_of(page).forget(attempt)
    label = connector_class.manifest.label
    if proposal.version is None:
        return page.render("connect_diff.html", title=f"Connect {label}", diff=proposal.diff)
    return page.redirect(
        page.link("/connectors"), f"{new.name} is connected and starts within a few seconds. The test said: {tested}"
    )


def _choices(page: PageRequest, attempt: Attempt, form: Form | None = None, *, failed_test: bool = False) -> Response:
    form, status = form or Form(), form.status if form else 200
    listed, actions = AccountList(accounts=()), list[DestinationChoice]()
    try:
        with drafted(
            page.hub, attempt.row.connector, attempt.connector_class, attempt.settings(page.hub), attempt.token
        ) as draft:
            listed = draft.accounts()
        account = _chosen(listed, page.value("account") or page.query.get("account", ""), _connected(page, attempt))
        if account is not None and attempt.connector_class.Destination is not None:
            actions = _actions(page, attempt, account)
    except RingfenceError as error:
        account = None
        form.problems = form.problems or [str(error)]
    rules = _rules(page) if actions else []
    titles = {each.name: each.title for each in page.companies}
    form.fields, form.values = [_rule_field(place, rule, actions) for place, rule in enumerate(rules)], page.form
    return page.render(
        "connect_choose.html",
        status,
        title=f"Connect {attempt.connector_class.manifest.label}",
        attempt=attempt,
        manifest=attempt.connector_class.manifest,
        listed=listed,
        who=listed.signed_in_as or (attempt.token or {}).get("signed_in_as", ""),
        account=account,
        connected=_connected(page, attempt),
        rules=[(rule, sentence(rule, titles), worth(rule)) for rule in rules],
        form=form,
        failed_test=failed_test,
        chosen=page.form.get("companies") or [each.name for each in page.companies],
        words=connector_labels,
    )


def _actions(page: PageRequest, attempt: Attempt, account: ProviderAccount) -> list[DestinationChoice]:
    settings = attempt.connector_class.Settings.model_validate(merged(attempt.written, account.settings))
    with drafted(page.hub, attempt.row.connector, attempt.connector_class, settings, attempt.token) as draft:
        return draft.destinations()


def _rule_field(place: int, rule: ConversionRule, actions: Sequence[DestinationChoice]) -> Field:
    """What is picked for a rule, by its place in the list of actions."""
    choices = tuple(
        (str(index), f"{each.name} ({each.details}){', takes no uploads' if each.unusable else ''}")
        for index, each in enumerate(actions)
    )
    label = f"Action for {rule.name}"
    return Field(name=f"rule.{place}", label=label, kind="choice", choices=choices, empty="Do not report")


def _destinations(page: PageRequest, form: Form, actions: Sequence[DestinationChoice]) -> dict[str, Mapping[str, Any]]:
    """Rule → what was picked for it; the form says why something cannot be."""
    found: dict[str, Mapping[str, Any]] = {}
    for place, rule in enumerate(_rules(page)):
        picked = page.value(f"rule.{place}")
        if not picked.isdecimal():
            continue
        action = actions[int(picked)] if int(picked) < len(actions) else None
        if action is None or action.unusable:
            form.errors[f"rule.{place}"] = action.unusable if action else "Choose one of the list."
        else:
            found[rule.name] = action.destination
    return found


def _rules(page: PageRequest) -> list[ConversionRule]:
    """The rules that may send to a connector of the account."""
    own = {each.name for each in page.companies}
    return [rule for rule in page.hub.config.conversions if rule.when.company is None or rule.when.company in own]


def _account(listed: AccountList, account_id: str) -> ProviderAccount:
    found = next((each for each in listed.accounts if each.id == account_id), None)
    if found is None:
        raise CannotDo("Choose one of the accounts.")
    if found.unusable:
        raise CannotDo(f"{found.name} cannot be used: {found.unusable}.")
    return found


def _chosen(listed: AccountList, account_id: str, connected: Mapping[str, str]) -> ProviderAccount | None:
    """The account that was picked; else the first one that is not connected yet."""
    usable = [each for each in listed.accounts if not each.unusable]
    usable.sort(key=lambda each: (each.id != account_id, each.id in connected))
    return usable[0] if usable else None


def _connected(page: PageRequest, attempt: Attempt) -> dict[str, str]:
    """Account id → the connector that it is connected as already."""
    found = {}
    for name, entry in page.hub.config.connectors.items():
        if entry.common.plugin == attempt.row.plugin and any(entry.serves(each.name) for each in page.companies):
            token = page.hub.plugins.connectors[name].services.tokens.load() or {}
            number = token.get("account") or str(getattr(entry.settings, "customer_id", ""))
            if number:
                found[str(number)] = name
    return found


def merged(written: Mapping[str, object], more: Mapping[str, object]) -> dict[str, Any]:
    """The settings with those of the account."""
    return {**written, **more}


def _attempt(page: PageRequest) -> Attempt:
    return attempts_of(page).one(page.user, page.web_session, page.path("attempt"))


PAGES = (
    Page("/connectors/connecting/{attempt}", choose, action="configure"),
    Page("/connectors/connecting/{attempt}", save, action="configure", method="POST"),
    Page("/connectors/connecting/{attempt}/go", go, action="configure"),
    Page("/connectors/connecting/{attempt}/stop", stop, action="configure", method="POST"),
)
