"""`/connectors/new/{plugin}`: a form made from the plugin's settings; or what a sign-in asks for, and the client's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from hub.config.models import ConnectorEntry
from hub.connecting.check import FAILED, warning_of
from hub.connecting.connect import NewConnector, SettingPath, connect_new, is_reference
from hub.connecting.drafts import drafted, partial_settings, sign_in_of
from hub.connecting.pausing import is_own
from hub.contracts.connector import ConnectionReport, Connector
from hub.errors import CannotDo, NotFound, RingfenceError
from hub.hookspecs import SPECS
from hub.web.forms.derive import fields_of
from hub.web.forms.field import Field, Values
from hub.web.forms.form import Form
from hub.web.forms.values import texts_of
from hub.web.pages.connectors import connector_labels
from hub.web.pages.connectors.sign_in import attempts_of, plugin_classes
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

DEFAULT_SCHEDULE = "every 15 minutes"
NO_FILE = "This hub was not started from a config.yaml, so nothing can be connected here."
OWN_FIELDS = (
    Field(name="name", label="Name", required=True, maximum=64,
          hint="Your own name for this connection; it stands in config.yaml."),
    Field(name="schedule", label="Syncs", hint="Like every 15 minutes, or a cron line in UTC."),
)  # fmt: skip


def new(page: PageRequest) -> Response:
    """The empty form."""
    connector_class = _plugin(page)
    if page.errors:
        return _show(page, connector_class, Form.again(_form(connector_class).fields, page, may_be_empty=True))
    form = _form(connector_class)
    form.values = {
        **texts_of(form.fields, {}),
        "name": [free_name(page, connector_class.manifest.name)],
        "schedule": [DEFAULT_SCHEDULE],
        "companies": [each.name for each in page.companies],
    }
    return _show(page, connector_class, form)


def create(page: PageRequest) -> Response:
    """Connect it, or go on to the sign-in."""
    connector_class = _plugin(page)
    form, name = _form(connector_class, page.form), page.value("name")
    form.check_name(page.hub.config.connectors)
    typed_a_client = any(
        form.value(field.name) for field in form.fields if field.name.endswith((".client_id", ".client_secret"))
    )
    if connector_class.manifest.auth.asks and form.value("app") and not typed_a_client:
        return _sign_in(page, connector_class, form, _same_app(page, connector_class, form.value("app")))
    settings = form.tree()
    if _needs_sign_in(connector_class, settings):
        return _sign_in(page, connector_class, form, settings)
    form.check(connector_class.Settings, settings, ignored=is_reference)
    report = None if form.is_refused else _test(page, connector_class, form, settings)
    failed_test = report is not None and not report.ok and page.value("anyway") != "yes"
    if failed_test and report:
        form.problems.append(FAILED.format(report.detail))
    if form.is_refused:
        return _show(page, connector_class, form, failed_test=failed_test)
    warning = warning_of(report) if report else ""
    chosen = NewConnector(
        name=name,
        plugin=connector_class.manifest.name,
        settings=settings,
        secrets=secret_paths(connector_class),
        companies=companies_of(page, page.form.get("companies") or [each.name for each in page.companies]),
        schedule=(form.value("schedule") or DEFAULT_SCHEDULE) if has_schedule(connector_class) else None,
    )
    if page.config_file is None:
        raise CannotDo(NO_FILE)
    proposal = connect_new(page.hub, page.config_file, chosen, page.editor)
    form.add_problems(proposal.problems, ("connectors", name))
    if form.is_refused:
        return _show(page, connector_class, form)
    if proposal.version is None:
        return page.render("connect_diff.html", title=f"Connect {connector_class.manifest.label}", diff=proposal.diff)
    return page.redirect(
        page.link("/connectors"),
        f"{name} is written into config.yaml and starts within a few seconds. {warning or 'Test it then.'}",
    )


def _needs_sign_in(connector_class: type[Connector], settings: Mapping[str, object]) -> bool:
    """Whether a person has to sign in: not if a key was typed that does without."""
    if not connector_class.manifest.auth.asks:
        return False
    try:
        return connector_class.needs_sign_in(connector_class.Settings.model_validate(settings))
    except ValueError:
        return True


def _test(
    page: PageRequest, connector_class: type[Connector], form: Form, settings: Mapping[str, object]
) -> ConnectionReport | None:
    """Whether the provider accepts the settings. None for secrets that only the machine knows: they cannot be tested before."""
    if _has_references(settings):
        return None
    checked = connector_class.Settings.model_validate(settings)
    with drafted(page.hub, form.value("name"), connector_class, checked) as draft:
        return draft.check()


def _has_references(tree: Mapping[str, object]) -> bool:
    """Whether a value says where a secret is instead of being it."""
    return any(_has_references(value) if isinstance(value, Mapping) else is_reference(value) for value in tree.values())


def setting_fields(connector_class: type[Connector]) -> tuple[Field, ...]:
    """The settings that a user can type. Mappings, and lists that are not required, stay in config.yaml."""
    found = fields_of(connector_class.Settings, prefix="set.")
    return tuple(field for field in found if field.required or field.kind not in ("words", "choices"))


def form_fields(connector_class: type[Connector]) -> tuple[Field, ...]:
    """The fields of the form: for a sign-in only the client, what must be known before it, and a key that does without."""
    fields = setting_fields(connector_class)
    auth = connector_class.manifest.auth
    if not auth.asks:
        return fields
    wanted = {
        (*auth.client_path, "client_id"),
        (*auth.client_path, "client_secret"),
        *(tuple(name.split(".")) for name in auth.first),
    }
    return tuple(field for field in fields if field.path in wanted)


def secret_paths(connector_class: type[Connector]) -> frozenset[SettingPath]:
    """Which of the fields of its form are secrets."""
    return frozenset(field.path for field in form_fields(connector_class) if field.kind == "secret")


def has_schedule(connector_class: type[Connector]) -> bool:
    """Whether the hub syncs connectors of this class on a schedule."""
    return any(spec.scheduled and hasattr(connector_class, name) for name, spec in SPECS.items())


def _form(connector_class: type[Connector], sent: Values | None = None) -> Form:
    """The form; browsers send one without a client too, because the app of another connector may be chosen."""
    may_be_empty = bool(connector_class.manifest.auth.asks)
    return Form((*OWN_FIELDS, *form_fields(connector_class)), sent or {}, may_be_empty=may_be_empty)


def free_name(page: PageRequest, plugin: str) -> str:
    """A name that no connector has: the plugin's, with a number if it is taken."""
    taken = page.hub.config.connectors
    return next(name for name in (plugin, *(f"{plugin}_{number}" for number in range(2, 1000))) if name not in taken)


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
    page: PageRequest, connector_class: type[Connector], form: Form, settings: Mapping[str, object]
) -> Response:
    """Keep the draft, and show what the sign-in asks for."""
    manifest, name = connector_class.manifest, form.value("name")
    if not form.is_refused:
        try:
            partial = partial_settings(connector_class, settings)
            with drafted(page.hub, name, connector_class, partial) as draft:
                sign_in_of(draft)
        except (RingfenceError, AttributeError) as error:
            is_clear = isinstance(error, RingfenceError) and "credentials" not in str(error)
            form.problems.append(str(error) if is_clear else "Enter the client's id and its secret.")
    if form.is_refused:
        return _show(page, connector_class, form)
    attempt = attempts_of(page).draft(page.user, page.web_session, name, manifest.name, settings)
    return page.redirect(f"/connectors/connecting/{attempt}")


def _same_app(page: PageRequest, connector_class: type[Connector], name: str) -> dict[str, object]:
    """The client of another connector, and the addresses that belong to it, as settings of a new one."""
    entry = apps_of(page, connector_class.manifest.name).get(name)
    if entry is None:
        raise CannotDo("The app of that connector cannot be used; enter a client id and a secret.")
    found: dict[str, Any] = {}
    needed = {field.path for field in form_fields(connector_class)}
    for field in setting_fields(connector_class):
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


def _show(page: PageRequest, connector_class: type[Connector], form: Form, *, failed_test: bool = False) -> Response:
    manifest = connector_class.manifest
    fields = [field for field in form.fields if field.path]
    needed = [field for field in fields if field.required or manifest.auth.asks]
    if not any(field.kind == "secret" for field in needed):
        needed += [field for field in fields if field.kind == "secret" and field not in needed]
    return page.render(
        "connect_new.html",
        form.status,
        title=f"Connect {manifest.label}",
        manifest=manifest,
        form=form,
        failed_test=failed_test,
        needed=needed,
        more=[field for field in fields if field not in needed],
        apps=list(apps_of(page, manifest.name)) if manifest.auth.asks else [],
        has_schedule=has_schedule(connector_class) and not manifest.auth.asks,
        redirect_uri=attempts_of(page).redirect_uri,
        writable=page.config_file is not None and page.config_file.writable,
        words=connector_labels,
        alone=[field for field in needed if ".".join(field.path) in manifest.auth.first] if manifest.auth.steps else [],
    )


def _plugin(page: PageRequest) -> type[Connector]:
    found = plugin_classes(page).get(page.path("plugin"))
    if found is None:
        raise NotFound(page.path("plugin"))
    return found


PAGES = (
    Page("/connectors/new/{plugin}", new, action="configure"),
    Page("/connectors/new/{plugin}", create, action="configure", method="POST", again=new),
)
