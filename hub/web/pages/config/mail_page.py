"""`/mail`: the mail server of the hub's own email, with a test message. For owners: invitations and links to sign in go
through it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from starlette.responses import Response

from hub.access.user_changes import EMAIL
from hub.config.models import Config
from hub.connecting.mail_server import MailServer, MailStep, save_mail, try_mail, written_server
from hub.connecting.sender_records import UNREACHED, DnsFinding, dns_records, look_up
from hub.errors import CannotDo, ConfigError
from hub.platform.rate_limit import Buckets
from hub.reload import ConfigFile
from hub.reload.user_limits import has_one_account
from hub.web.forms.config_edit import APPLIED, show_proposal
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

PATH = "/mail"
SIGN_IN_AGAIN = f"/sign-in?next={PATH}"
TESTS = (5.0, 1 / 60)
"""Test messages of one user, in a burst and per second."""
MAX_COUNTED = 1_000
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:.]{2,45}")
KEPT = "A password is stored. Leave this empty to keep it; another server, user or kind of connection needs it again."
FIELDS = (
    Field(name="host", label="Server", required=True, maximum=253, placeholder="smtp.example.com",
          suggestions=("smtp-relay.gmail.com", "smtp.office365.com", "email-smtp.us-east-1.amazonaws.com"),
          wrong="Write the name of the mail server, like smtp.example.com."),
    Field(name="port", label="Port", kind="number", required=True, minimum=1, maximum=65_535,
          wrong="Write the port; mail servers listen on 587 or 465."),
    Field(name="encryption", label="Encryption", kind="choice", required=True,
          choices=(("starttls", "STARTTLS (usual with port 587)"), ("tls", "TLS from the start (port 465)"))),
    Field(name="user", label="User", maximum=254, hint="Empty if the server wants no sign-in."),
    Field(name="password", label="Password", kind="secret", maximum=1_000, hint="Kept encrypted; never shown again."),
    Field(name="sender", label="From", kind="email", required=True, maximum=254,
          hint="The address that recipients see.", wrong="Write an address like calls@example.com."),
    Field(name="to", label="Send the test to", kind="email", maximum=254,
          wrong="Write an address like pat@example.com."),
)  # fmt: skip


def show(page: PageRequest) -> Response:
    """The form with what config.yaml says."""
    file = _file(page)
    server = written_server(file) if file else None
    looks = server is not None and page.query.get("look") == "dns"
    findings = (look_up(server.section) or UNREACHED) if server and looks else None
    values = {"port": ["587"], "encryption": ["starttls"], "to": [page.user.email or ""]}
    if server:
        values |= {name: [str(getattr(server, name))] for name in ("host", "port", "encryption", "user", "sender")}
    return _page(page, Form(FIELDS, values), server, findings=findings)


def act(page: PageRequest) -> Response:
    """Save, test or remove the mail server."""
    file = _file(page)
    if file is None:
        raise CannotDo("The mail server of this hub is set up on its machine.")
    form, action = Form(FIELDS, page.form), page.value("deed")
    if action == "remove":
        return _remove(page, file, form)
    to = form.value("to").strip()
    if to and EMAIL.fullmatch(to) is None:
        form.errors["to"] = form["to"].wrong
    server = _server_of(form)
    if form.errors:
        return _page(page, form, written_server(file))
    try:
        proposal = save_mail(page.hub, file, server, page.editor)
    except (CannotDo, ConfigError) as error:
        form.refuse(error, "password" if isinstance(error, CannotDo) else "")
        return _page(page, form, written_server(file))
    show_proposal(form, proposal, ("mail",))
    if form.is_refused:
        return _page(page, form, written_server(file))
    if not to:
        return page.redirect(page.link(PATH), f"Saved. {APPLIED}")
    form.values = {**form.values, "password": [""]}
    return _tested(page, file, form, to)


def _tested(page: PageRequest, file: ConfigFile, form: Form, to: str) -> Response:
    counts = page.context.counters.of("mail tests", partial(Buckets, MAX_COUNTED))
    if not counts.take(page.user.id, TESTS, page.now):
        form.errors["to"] = "It is saved. Many tests were sent just now; try again in a minute."
        return _page(page, form, written_server(file), 429)
    config = file.check(file.read().text)
    page.note("mail.test", page.user.account_id)
    return _page(page, form, written_server(file), steps=try_mail(config, to), config=config, to=to)


def _remove(page: PageRequest, file: ConfigFile, form: Form) -> Response:
    proposal = save_mail(page.hub, file, None, page.editor)
    show_proposal(form, proposal, ("mail",))
    if form.is_refused:
        return _page(page, form, written_server(file))
    return page.redirect(page.link(PATH), f"The mail server is removed. {APPLIED}")


def _server_of(form: Form) -> MailServer:
    form.require()
    host, port, sender = form.value("host").strip(), form.value("port").strip(), form.value("sender").strip()
    if host and HOST.fullmatch(host) is None:
        form.errors["host"] = form["host"].wrong
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
    if not 0 < number < 65_536:
        form.errors["port"] = form["port"].wrong
    if sender and EMAIL.fullmatch(sender) is None:
        form.errors["sender"] = form["sender"].wrong
    if form.value("encryption") not in ("starttls", "tls"):
        form.errors["encryption"] = "Choose one."
    if form.value("password") and not form.value("user"):
        form.errors["user"] = "Write the user of this password."
    return MailServer(
        host=host.lower(),
        port=number,
        encryption=form.value("encryption"),
        user=form.value("user").strip(),
        password=form.value("password"),
        sender=sender,
    )


def _file(page: PageRequest) -> ConfigFile | None:
    """The file; None if this process has none, or if it serves other accounts too, which have the same mail server."""
    file = page.config_file
    return file if file is not None and has_one_account(file.read().text) else None


def _page(
    page: PageRequest,
    form: Form,
    server: MailServer | None,
    status: int = 0,
    *,
    steps: list[MailStep] | None = None,
    config: Config | None = None,
    to: str = "",
    findings: list[DnsFinding] | str | None = None,
) -> Response:
    kept = bool(server and server.password)
    form.fields = [replace(each, hint=KEPT) if kept and each.name == "password" else each for each in form.fields]
    mail = config.mail if config else server.section if server else page.hub.config.mail
    return page.render(
        "mail.html",
        status or form.status,
        block="dns" if page.is_partial and findings is not None else None,
        title="Mail",
        form=form,
        server=server,
        editable=_file(page) is not None,
        fresh=page.is_fresh,
        again=SIGN_IN_AGAIN,
        steps=steps,
        to=to,
        dns=dns_records(mail) if mail else (),
        unreached=findings if isinstance(findings, str) else None,
        findings={each.kind: each for each in findings} if isinstance(findings, list) else None,
    )


PAGES = (Page(PATH, show, "users"), Page(PATH, act, "users", method="POST", fresh=PATH))
