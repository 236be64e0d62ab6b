"""A new sign-in for connectors of config.yaml: it must reach the connector's own account, and it mends all that share it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.config.document import Path
from hub.connecting.drafts import drafted
from hub.connecting.pausing import sync_soon
from hub.contracts.connector import ConnectionReport, PluginSettings
from hub.contracts.sign_in import AccountList, ProviderAccount
from hub.errors import CannotDo
from hub.reload.secret_moves import addresses_of
from hub.runtime import Hub
from hub.store import audit
from hub.store.connectors import paused_connectors, resume_within


@dataclass(frozen=True)
class Reconnected:
    """What a sign-in mended."""

    account: ProviderAccount
    signed_in_as: str
    report: ConnectionReport
    others: tuple[str, ...]
    """Other connectors that go on with the same sign-in."""


def reconnect(
    hub: Hub, name: str, token: Mapping[str, object], actor: str, may_change: Callable[[str], bool] = lambda name: True
) -> Reconnected:
    """Store a new sign-in for a connector, and for those of its plugin that were stopped and whose account the sign-in reaches
    too; all of them go on. CannotDo, with nothing changed, if the sign-in does not reach the connector's account. That it does
    is proof enough: the report of the connector's check is for the person to read.

    `may_change` says which other connectors are the user's own.
    """
    entry, settings = hub.config.connectors[name], hub.plugins.connectors[name].settings
    with drafted(hub, name, entry.connector_class, settings, token) as draft:
        listed = draft.accounts()
        fresh = draft.tokens.token or dict(token)
        account = own_account(listed, settings, _known_account(hub, name))
        if account is None:
            raise CannotDo(_another_account(name, entry.connector_class.manifest.label, listed))
        report = draft.check()
    others = {each: found for each, found in _sharing(hub, name, listed) if may_change(each)}
    for each, found in {name: account, **others}.items():
        hub.plugins.connectors[each].services.tokens.save(token_for(fresh, listed, found))
        with hub.store.writing() as session:
            resume_within(session, each)
            audit.note(session, hub.clock(), actor, "connectors.sign_in", each)
        sync_soon(hub, each)
    return Reconnected(account, _who(fresh, listed), report, tuple(others))


def token_for(token: Mapping[str, object], listed: AccountList, account: ProviderAccount) -> dict[str, object]:
    """A token as it is stored for one account."""
    who = _who(token, listed)
    kept = {name: value for name, value in token.items() if name != "identity"}
    return {**kept, "account": account.id, **({"signed_in_as": who} if who else {})}


def own_account(listed: AccountList, settings: PluginSettings, known: str | None) -> ProviderAccount | None:
    """The account of the list that a connector's settings name, or that it had before; None if it is not there."""
    for account in listed.accounts:
        if not account.unusable and _is_own(settings, account, known):
            return account
    return None


def _is_own(settings: PluginSettings, account: ProviderAccount, known: str | None) -> bool:
    """Whether the settings choose this account, through whichever manager; if no setting does, whether it is the known one."""
    if not account.settings:
        return known in (None, account.id)
    made = type(settings).model_construct(**account.settings)
    first = next(iter(account.settings))
    return _plain(getattr(settings, first, None)) == _plain(getattr(made, first, None))


def _plain(value: object) -> str:
    return str(value or "").replace("-", "").replace(" ", "")


def _known_account(hub: Hub, name: str) -> str | None:
    kept = hub.plugins.connectors[name].services.tokens.load() or {}
    return kept.get("account")


def _sharing(hub: Hub, name: str, listed: AccountList) -> list[tuple[str, ProviderAccount]]:
    """The stopped connectors of the same plugin, client and addresses whose account the sign-in reaches."""
    plugin = hub.config.connectors[name].common.plugin
    mine = hub.plugins.connectors[name].sign_in()
    addresses = _addresses(hub, name)
    with hub.store.reading() as session:
        stopped = paused_connectors(session).keys()
    found = []
    for each, entry in hub.config.connectors.items():
        if each == name or entry.common.plugin != plugin or each not in stopped or mine is None:
            continue
        if _addresses(hub, each) != addresses:
            continue
        connector = hub.plugins.connectors[each]
        sign_in = connector.sign_in()
        if sign_in is None or (sign_in.client_id, sign_in.token_url) != (mine.client_id, mine.token_url):
            continue
        account = own_account(listed, connector.settings, _known_account(hub, each))
        if account is not None:
            found.append((each, account))
    return found


def _addresses(hub: Hub, name: str) -> dict[Path, str]:
    entry = hub.config.connectors[name]
    return addresses_of(entry.connector_class.Settings, entry.written)


def _who(token: Mapping[str, object], listed: AccountList) -> str:
    return listed.signed_in_as or str(token.get("signed_in_as") or "")


def _another_account(name: str, label: str, listed: AccountList) -> str:
    reached = ", ".join(account.name for account in listed.accounts if not account.unusable) or "no account"
    return (
        f"This sign-in reaches {reached} at {label}, not the account of {name}. Nothing was changed; sign in as somebody who "
        f"may use the account of {name}."
    )
