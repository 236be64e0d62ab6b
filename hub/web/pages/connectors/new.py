"""`/connectors/new/{plugin}`: a form made from the plugin's settings; or what a sign-in asks for, and the client's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from hub.config.models import ConnectorEntry
from hub.config.parts import CONNECTOR_NAME
from hub.connecting.connect import NewConnector, connect_new
from hub.connecting.drafts import drafted, partial_settings, sign_in_of
from hub.connecting.pausing import is_own
from hub.contracts.connector import Connector
from hub.errors import CannotDo, ConfigError, NotFound, RingfenceError
from hub.web.pages.connectors import settings_form, words
from hub.web.pages.connectors.sign_in import attempts_of, plugin_classes
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

DEFAULT_SCHEDULE = "every 15 minutes"
NO_FILE = "This hub was not started from a config.yaml, so nothing can be connected here."


def new(page: PageRequest) -> Response:
    """The empty form."""
    connector_class = _plugin(page)
    values = {"name": free_name(page, connector_class.manifest.name), "schedule": DEFAULT_SCHEDULE}
    values["companies"] = "\n".join(each.name for each in page.companies)
    return _show(page, connector_class, values, {})


def create(page: PageRequest) -> Response:
    """Connect it, or go on to the sign-in."""
    connector_class = _plugin(page)
    fields = form_fields(connector_class)
    values = {name: page.value(name) for name in ("name", "schedule", "app", *(field.name for field in fields))}
    values["companies"] = "\n".join(page.form.get("companies", []))
    errors = name_problem(page, values["name"])
    typed_a_client = any(values[field.name] for field in fields if field.path[-1] in ("client_id", "client_secret"))
    if connector_class.manifest.auth.asks and values["app"] and not typed_a_client:
        return _sign_in(page, connector_class, values, _same_app(page, connector_class, values["app"]), errors)
    settings = settings_form.settings_from(fields, values)
    if _needs_sign_in(connector_class, settings):
        return _sign_in(page, connector_class, values, settings, errors)
    errors |= settings_form.problems_of(connector_class.Settings, settings, fields)
    errors = errors or _failed_test(page, connector_class, values["name"], settings)
    if errors:
        return _show(page, connector_class, values, errors, 422)
    chosen = NewConnector(
        name=values["name"],
        plugin=connector_class.manifest.name,
        settings=settings,
        secrets=settings_form.secret_paths(fields),
        companies=companies_of(page, page.form.get("companies") or [each.name for each in page.companies]),
        schedule=(values["schedule"] or DEFAULT_SCHEDULE) if settings_form.has_schedule(connector_class) else None,
    )
    try:
        if page.config_file is None:
            raise CannotDo(NO_FILE)
        done = connect_new(page.hub, page.config_file, chosen, page.user)
    except (CannotDo, ConfigError) as error:
        return _show(page, connector_class, values, {"form": str(error)}, 422)
    if done.proposal.problems:
        sentences = " ".join(f"{each.text}." for each in done.proposal.problems)
        return _show(page, connector_class, values, {"form": sentences}, 422)
    if not done.applied:
        return page.render(
            "connect_diff.html", title=f"Connect {connector_class.manifest.label}", diff=done.proposal.diff
        )
    return page.redirect(
        page.link("/connectors"),
        f"{values['name']} is written into config.yaml and starts within a few seconds. Test it then.",
    )


def _needs_sign_in(connector_class: type[Connector], settings: Mapping[str, Any]) -> bool:
    """Whether a person has to sign in: not if a key was typed that does without."""
    if not connector_class.manifest.auth.asks:
        return False
    try:
        return connector_class.needs_sign_in(connector_class.Settings.model_validate(settings))
    except ValueError:
        return True


def _failed_test(
    page: PageRequest, connector_class: type[Connector], name: str, settings: Mapping[str, Any]
) -> dict[str, str]:
    """Why the provider does not accept the settings. Secrets that only the machine knows cannot be tested before."""
    if settings_form.has_references(settings):
        return {}
    with drafted(page.hub, name, connector_class, connector_class.Settings.model_validate(settings)) as draft:
        report = draft.check()
    return {} if report.ok else {"form": f"The test failed, so nothing was saved: {report.detail}"}


def form_fields(connector_class: type[Connector]) -> list[settings_form.SettingField]:
    """The fields of the form: for a sign-in only the client, what must be known before it, and a key that does without."""
    fields = list(settings_form.fields_of(connector_class.Settings))
    auth = connector_class.manifest.auth
    if not auth.asks:
        return fields
    wanted = {(*auth.client_path, "client_id"), (*auth.client_path, "client_secret"), *((name,) for name in auth.first)}
    return [field for field in fields if field.path in wanted]


def free_name(page: PageRequest, plugin: str) -> str:
    """A name that no connector has: the plugin's, with a number if it is taken."""
    taken = page.hub.config.connectors
    return next(name for name in (plugin, *(f"{plugin}_{number}" for number in range(2, 1000))) if name not in taken)


def name_problem(page: PageRequest, name: str) -> dict[str, str]:
    """What is wrong with the name of a new connector."""
    if not CONNECTOR_NAME.fullmatch(name):
        return {"name": "Use lowercase letters, digits, - and _, beginning with a letter or digit."}
    if name in page.hub.config.connectors:
        return {"name": "There is a connector with this name already."}
    return {}


def companies_of(page: PageRequest, chosen: list[str]) -> list[str] | None:
    """The companies of a new connector, as config.yaml has them: None for all of a hub that has one account."""
    own = [each.name for each in page.companies]
    named = [name for name in own if name in chosen]
    return None if named == own and len(page.hub.config.accounts) == 1 else named or own


def apps_of(page: PageRequest, plugin: str) -> dict[str, ConnectorEntry]:
    """The account's own connectors of a plugin: their OAuth app may be used again."""
    config, own = page.hub.config, {each.name for each in page.companies}
    return {
        name: entry
        for name, entry in config.connectors.items()
        if entry.common.plugin == plugin
        and not entry.in_sandbox
        and is_own(config, name, own)
        and page.hub.plugins.connectors[name].sign_in() is not None
    }


def _sign_in(
    page: PageRequest,
    connector_class: type[Connector],
    values: Mapping[str, str],
    settings: Mapping[str, Any],
    errors: dict[str, str],
) -> Response:
    """Keep the draft, and show what the sign-in asks for."""
    manifest = connector_class.manifest
    if not errors:
        try:
            partial = partial_settings(connector_class, settings)
            with drafted(page.hub, values["name"], connector_class, partial) as draft:
                sign_in_of(draft)
        except (RingfenceError, AttributeError) as error:
            missing = "Enter the client's id and its secret."
            errors = {
                "form": str(error) if isinstance(error, RingfenceError) and "credentials" not in str(error) else missing
            }
    if errors:
        return _show(page, connector_class, values, errors, 422)
    attempt = attempts_of(page).draft(page.user, page.web_session, values["name"], manifest.name, settings)
    return page.redirect(f"/connectors/connecting/{attempt}")


def _same_app(page: PageRequest, connector_class: type[Connector], name: str) -> dict[str, Any]:
    """The client of another connector, and the addresses that belong to it, as settings of a new one."""
    entry = apps_of(page, connector_class.manifest.name).get(name)
    if entry is None:
        raise CannotDo("The app of that connector cannot be used; enter a client id and a secret.")
    found: dict[str, Any] = {}
    needed = {field.path for field in form_fields(connector_class)}
    for field in settings_form.fields_of(connector_class.Settings):
        if field.path not in needed and not field.path[-1].endswith("_url"):
            continue
        value: Any = entry.settings
        for key in field.path:
            value = getattr(value, key, None)
        if value is not None and value != field.default:
            section = found
            for key in field.path[:-1]:
                section = section.setdefault(key, {})
            section[field.path[-1]] = value.get_secret_value() if field.kind == "secret" else value
    return found


def _show(
    page: PageRequest,
    connector_class: type[Connector],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 200,
) -> Response:
    manifest = connector_class.manifest
    fields = form_fields(connector_class)
    needed = [field for field in fields if field.required or manifest.auth.asks]
    if not any(field.kind == "secret" for field in needed):
        needed += [field for field in fields if field.kind == "secret" and field not in needed]
    return page.render(
        "connect_new.html",
        status,
        title=f"Connect {manifest.label}",
        manifest=manifest,
        needed=needed,
        more=[field for field in fields if field not in needed],
        values=values,
        chosen=values.get("companies", "").split(),
        errors=errors,
        apps=list(apps_of(page, manifest.name)) if manifest.auth.asks else [],
        has_schedule=settings_form.has_schedule(connector_class) and not manifest.auth.asks,
        redirect_uri=attempts_of(page).redirect_uri,
        writable=page.config_file is not None and page.config_file.writable,
        words=words,
    )


def _plugin(page: PageRequest) -> type[Connector]:
    found = plugin_classes(page).get(page.path("plugin"))
    if found is None:
        raise NotFound(page.path("plugin"))
    return found


PAGES = (
    Page("/connectors/new/{plugin}", new, action="configure"),
    Page("/connectors/new/{plugin}", create, action="configure", method="POST"),
)
