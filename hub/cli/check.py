"""`hub check`: is config.yaml valid, and does every provider answer?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from hub.cli.privacy.law_warnings import law_warnings
from hub.cli.support.output import (
    CONFIG,
    AsJson,
    ConfigFile,
    Sandboxed,
    console,
    counted,
    echo_json,
    moment,
    plain,
    say,
)
from hub.config.callflow.carrier_checks import not_understood, unspoken_languages
from hub.config.models import Config
from hub.config.readers.folders import listen_address
from hub.connecting.check import check_connection
from hub.contracts.addresses import is_loopback
from hub.contracts.connector import ConnectionReport
from hub.errors import ConfigError, RingfenceError
from hub.hookspecs import CallHooks, NumberHooks
from hub.numbers.ownership import compare
from hub.platform.private_files import open_to_others
from hub.plugin_host.captured import click_ids_of
from hub.plugin_host.host.connector import unconfined
from hub.plugin_host.http_client import no_authorities
from hub.plugin_host.packages.foreign_packages import foreign_code
from hub.plugin_host.packages.plugin_warnings import plugin_warnings
from hub.privacy.datamap.chart import problems
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy_requests.reminders import overdue
from hub.queries.connectors.version_ends import version_ends
from hub.queries.numbers.pool_websites import pools_without_website
from hub.queries.status.errors import count_of
from hub.runtime import Hub
from hub.sources.tables import own_tables
from hub.startup.assembly import private_paths
from hub.startup.opening import Opened, open_hub
from hub.startup.reading import read_config
from hub.store.connectors import paused_connectors
from hub.store.dialects import bypassed_row_security
from hub.store.encryption.keyfile import key_file
from hub.store.engine import weak_tls
from hub.store.tombstones import journal_of
from hub.store.writers.vendor_recordings import open_recordings
from hub.texts.doubts import open_doubts

CONCURRENT_CHECKS = 8


def check(
    numbers: Annotated[
        bool, typer.Option("--numbers", help="Also ask the carriers where each number's webhooks point.")
    ] = False,
    sandbox: Sandboxed = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Check config.yaml, then check that every provider accepts our credentials. Nothing is changed at the providers.
    The storage of recordings is tested with a few bytes.

    Exits with status 0 if everything is right, 1 if a provider does not answer or data was sent that no manifest declares,
    2 if config.yaml is wrong.
    """
    try:
        loaded = read_config(config, sandbox=sandbox)
        with open_hub(loaded) as opened:
            if not as_json:
                say(f"[green]✓[/green] {plain(config)} is right.")
            reports = _ask_all(opened.hub, quiet=as_json)
            captured = _captured(opened.hub)
            warnings = _warnings(opened, numbers=numbers)
            law = law_warnings(opened.hub)
            findings = [*_flow_findings(opened), *_overdue_requests(opened)]
    except ConfigError as error:
        if not as_json:
            raise
        problems = [{"line": each.line, "path": each.path, "text": each.text} for each in error.problems]
        echo_json({"ok": False, "config": {"error": str(error.args[0]), "problems": problems}})
        raise typer.Exit(2) from None
    ok = all(report.ok for report in reports.values()) and not findings
    if as_json:
        results = {name: {"ok": report.ok, "detail": report.detail} for name, report in reports.items()}
        said = {"captured": captured, "warnings": warnings, "law": law, "findings": findings}
        echo_json({"ok": ok, "connectors": results, **said})
    else:
        for name, read in captured.items():
            say(plain(_captured_words(name, read)))
        for warning in warnings:
            say(f"[yellow]! {plain(warning)}[/yellow]")
        for finding in findings:
            say(f"[red]! {plain(finding)}[/red]")
        if law:
            say("To do for the law (`hub docs privacy`):")
        for sentence in law:
            say(f"[yellow]§ {plain(sentence)}[/yellow]")
        failed = [name for name, report in reports.items() if not report.ok]
        say(
            f"[red]{len(failed)} of {len(reports)} connectors do not answer.[/red]"
            if failed
            else "Every provider that can be asked answers."
            if not all(report.tried for report in reports.values())
            else "Every provider answers."
        )
    if not ok:
        raise typer.Exit(1)


def _flow_findings(opened: Opened) -> list[str]:
    """Disclosures that no manifest declares, and changed recipients (hub privacy map)."""
    with opened.hub.store.reading() as session:
        return problems(session, recipients_of(opened.hub.config), opened.hub.clock())


def _overdue_requests(opened: Opened) -> list[str]:
    """Privacy requests whose legal deadline has passed."""
    now = opened.hub.clock()
    with opened.hub.store.reading() as session:
        late = overdue(session, now)
    return [f"{counted(len(late), 'request')} overdue by law; see hub privacy request list."] if late else []


def _doubtful_texts(opened: Opened) -> list[str]:
    """What may be a refusal and waits for a person's decision."""
    with opened.hub.store.reading() as session:
        doubtful = open_doubts(session, limit=1000)
    if not doubtful:
        return []
    what = "1 text, form, call or note may be a refusal"
    if len(doubtful) > 1:
        what = f"{len(doubtful)} texts, forms, calls or notes may be refusals"
    return [f"{what}; read and decide: hub texts doubtful."]


def _ask_all(hub: Hub, *, quiet: bool) -> dict[str, ConnectionReport]:
    """Each connector's report. The connectors are checked in parallel, and each report is printed when it arrives."""
    names, screen = list(hub.plugins.connectors), console()
    reports = {}
    waiting = Progress(
        SpinnerColumn(),
        TextColumn("{task.completed} of {task.total} answered"),
        console=screen,
        transient=True,
        disable=quiet or not screen.is_terminal,
    )
    with waiting, ThreadPoolExecutor(CONCURRENT_CHECKS) as pool:
        task = waiting.add_task("", total=len(names))
        tasks = {pool.submit(check_connection, hub.plugins, name): name for name in names}
        for future in as_completed(tasks):
            name, report = tasks[future], future.result()
            reports[name] = report
            good = "[yellow]–[/yellow]" if not report.tried else "[green]✓[/green]"
            mark = good if report.ok else "[red]✗[/red]"
            if not quiet:
                screen.print(f"{mark} {plain(name)}: {plain(report.detail)}", soft_wrap=True)
            waiting.advance(task)
    return {name: reports[name] for name in names}


def _warnings(opened: Opened, *, numbers: bool) -> list[str]:

    hub, found = opened.hub, []
    found += _doubtful_texts(opened)
    if not hub.plugins.with_hook(CallHooks.verify_webhook):
        found.append("No carrier is set up, so no call can come in.")
    kept = key_file(hub.config.hub)
    if kept is not None:
        found.append(
            f"The key in {kept} encrypts recordings, texts and tokens; keep a copy of it, separate from the database backups."
        )
    if journal_of(hub.config.hub) is None:
        found.append(
            "The list of erased people is only in the database and the key backups; set hub: tombstones: to a file on "
            "another disk, so that a restore erases them again."
        )
    found += _of_address(hub.config)
    found += [
        f"{each.title} has a pool of numbers and no `domains:`, so no page of its website can show one; write the hosts of its "
        f"website for the company {each.name}."
        for each in pools_without_website(hub.config)
    ]
    if (why := unconfined(map(type, hub.plugins.connectors.values()))) is not None:
        found.append(why)
    found += [each for each in (hub.disk.warning(), no_authorities()) if each is not None]
    found += [
        f"{path} can be read or entered by other users of this machine; make it the hub's own: chmod go= {path}."
        for path in open_to_others(private_paths(hub.config))
    ]
    try:
        hub.blob_store.check()
    except RingfenceError as error:
        found.append(f"{error} Check recordings.storage and its options.")
    found += _of_database(hub)
    with hub.store.reading() as session:
        paused = paused_connectors(session)
        recorded = open_recordings(session, hub.clock())
    found += [f"{name} is paused ({reason}); to resume it: hub connectors resume {name}." for name, reason in
              paused.items() if name in hub.plugins.connectors]  # fmt: skip
    found += [
        f"{each.connector} is recorded into {each.folder} until {moment(each.until)} UTC; to end it: hub record "
        f"{each.connector} --off."
        for each in recorded
    ]
    found += [
        *_unplaced_click_ids(hub),
        *_unlisted_proxies(hub),
        *dict.fromkeys(_unspoken_texts(hub)),
        *foreign_code(hub.config),
        *plugin_warnings(hub.config),
        *(each.sentence for each in version_ends(hub.config.connectors.values(), hub.clock())),
    ]
    if numbers:
        for side in compare(hub, opened.directory.current(), hub.plugins.with_hook(NumberHooks.list_numbers)):
            found += side.warnings()
    return found


def _unspoken_texts(hub: Hub) -> Iterator[str]:
    """The texts of call flows that no voice of a line's machine speaks, and the assistants that understand nobody there."""
    for company in hub.config.companies:
        for tracker in company.trackers:
            flow, connector = company.flow_of(tracker), hub.plugins.connectors.get(tracker.carrier)
            if connector is None:
                continue
            unspoken = ((each, "callers hear nothing") for each in unspoken_languages(flow, connector.settings))
            deaf = ((each, "no assistant talks") for each in not_understood(flow, connector.settings))
            for each, so in (*unspoken, *deaf):
                where = f"({each.step!r} of flow {flow.name!r}, company {company.name})"
                yield f"{tracker.carrier} {each.what} {where}, so {so} there; {each.remedy}."


def _of_address(config: Config) -> list[str]:
    """Whether carriers and browsers can reach the hub at `hub.public_url`."""
    url, found = config.hub.public_url, []
    _, port = listen_address(config.hub.listen)
    if is_loopback(url.host) and port and url.port != port:
        found.append(
            f"hub.public_url names port {url.port} of this machine, but the hub listens on {config.hub.listen}; write one port "
            "in both, unless a web server of yours stands between them."
        )
    live = [entry.name for entry in config.of_kind("carrier") if not entry.in_sandbox]
    if url.scheme == "http" and live:
        found.append(
            f"hub.public_url begins with http://, but {', '.join(live)} is live: calls, texts and sign-ins would cross the "
            "internet unencrypted. Put a web server with a certificate in front, and write https://."
        )
    return found


def _of_database(hub: Hub) -> list[str]:
    found = []
    with hub.store.engine.connect() as connection:
        why = bypassed_row_security(connection)
    if why is not None:
        found.append(
            f"The database's role {why}, so row-level security does not hold; `hub docs access` says how to set one up."
        )
    if (mode := weak_tls(hub.store.url)) is not None:
        found.append(
            f"The database is on another machine and sslmode is {mode}, so somebody between could read or change what the hub "
            "stores; add ?sslmode=verify-full to hub.database."
        )
    return found


def _unlisted_proxies(hub: Hub) -> list[str]:
    """Whether visits of the last day came through a proxy that is not trusted."""
    with hub.store.reading() as session:
        count = count_of(session, "visitors behind an unlisted proxy", hub.clock())
    return (
        [
            f"{counted(count, 'visit')} of the last day had X-Forwarded-For, but came from no address of hub: "
            "trusted_proxies:, so all visitors of a proxy seem to be one. If it is your proxy, add its address."
        ]
        if count
        else []
    )


def _captured(hub: Hub) -> dict[str, dict[str, list[str]]]:
    """Connector → the click ids and cookies that are kept because it reads them."""
    manifests = {name: entry.connector_class.manifest for name, entry in hub.config.connectors.items()}
    return {
        name: {"click_ids": list(each.read_click_ids), "cookies": list(each.read_cookies)}
        for name, each in manifests.items()
        if each.read_click_ids or each.read_cookies
    }


def _captured_words(name: str, read: dict[str, list[str]]) -> str:
    clicks, cookies = ", ".join(read["click_ids"]), ", ".join(read["cookies"])
    kept = [f"{clicks} of landing pages"] if clicks else []
    kept += [f"of visitors who allow it, the cookies {cookies}"] if cookies else []
    return f"{name}: kept from now on: {'; '.join(kept)}."


def _unplaced_click_ids(hub: Hub) -> list[str]:
    """The click ids that say nothing about the source, one warning per connector."""
    known, unplaced = own_tables().click_ids, dict[str, set[str]]()
    for company in hub.config.companies:
        for each in click_ids_of(hub.config, company.name):
            if each.source is None and each.name.lower() not in known:
                unplaced.setdefault(each.connector, set()).add(each.name)
    return [
        f"{name} reads {', '.join(sorted(names))}, but no manifest says which source that is: its visits count by their "
        "tags and referrers. Its author should add a ClickId to the manifest."
        for name, names in unplaced.items()
    ]
