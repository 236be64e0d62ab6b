"""The typed settings of a hub: config.yaml after it is read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from hub.config.callflow.definition import Flow
from hub.config.callflow.route import ROUTE_STEP as ROUTE_FLOW
from hub.config.callflow.route import Route, flow_of
from hub.config.callflow.step import PhoneNumber
from hub.config.mail import MailSection
from hub.config.retention import Life, RetentionSection
from hub.config.sections.browser_references import BrowserReference
from hub.config.sections.company_sections import ContactSection, Sensitive, WebsiteSection
from hub.config.sections.conversion_values import ConversionsFrom, Value, When
from hub.config.sections.numbers import NumbersSection
from hub.config.sections.places import Country, Region, TimeZone
from hub.config.sections.recordings import InsightsSection, Name, RecordingsSection, Span
from hub.config.sections.sign_in import SignInSection
from hub.config.sections.spam import SpamSection
from hub.config.sections.texts import DEFAULT_BUDGET, DEFAULT_PRICE, Amount, TextPrice, TextsSection
from hub.config.sections.value_types import Network, SecretKey, Size, Timetable, with_package
from hub.config.sections.webhooks import Webhooks
from hub.contracts.addresses import leads_elsewhere_here, web_addresses
from hub.contracts.connector import Connector, PluginSettings
from hub.contracts.titles import ConnectorTitles, TrackerName
from hub.contracts.transfers import Transfer
from hub.errors import ConfigError


class Section(BaseModel):
    """A part of config.yaml: strict, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class HubSection(Section):
    """`hub:`: the hub itself."""

    public_url: AnyHttpUrl = Field(description="The hub's address as carriers and browsers see it.")
    database: str = Field(
        default="sqlite:///data/ringfence.db", description="sqlite:///path or postgresql+psycopg://user@host/name."
    )
    listen: str = Field(
        default="127.0.0.1:8080",
        pattern=r"^[^\s/@]+:[0-9]{1,5}$",
        description="Address and port to serve on, like 127.0.0.1:8080.",
    )
    operation_listen: str | None = Field(
        default=None,
        pattern=r"^[^\s/@]*:[0-9]{1,5}$",
        description="Address and port for `/metrics` and the details of `/readyz`, like 127.0.0.1:9080; never public. If left "
        "out, 127.0.0.1 and the port of `listen` plus 1,000.",
    )
    secret_keys: tuple[SecretKey, ...] = Field(
        default=(),
        description="Keys that encrypt recordings, texts and tokens, newest first (`hub secrets new-key` makes one). "
        "If left out, a hub on SQLite makes `secret.key` beside its database; a hub on PostgreSQL needs them.",
    )
    tombstones: str | None = Field(
        default=None,
        description="The journal of erased people, as keyed hashes only. A restore reads it; keep copies of it. If "
        "left out, it is stored beside an SQLite database (`ringfence.tombstones`); with PostgreSQL it must be set.",
    )
    spool: str | None = Field(
        default=None,
        description="The file that keeps what comes in while the database is away, on a disk of this machine. If left "
        "out, it is stored beside an SQLite database, or beside config.yaml.",
    )
    trusted_proxies: tuple[Network, ...] = Field(
        default=(),
        description="Addresses or networks of your own proxies, like 10.0.0.0/8: X-Forwarded-For is "
        "trusted for a visitor's address only if it comes from them.",
    )
    private_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts inside your own network, or on this machine, that connectors may call, like crm.office.example, "
        "*.internal or 127.0.0.1. Without this, a connector reaches public addresses only.",
    )
    country_file: str | None = Field(
        default=None,
        description="Your IP-to-country file (MMDB, like GeoLite2-Country.mmdb) for `website: tracking: by_visitor`; "
        "needs the extra `countries`. Addresses are looked up in it and not stored.",
    )
    disk_reserve: Size = Field(
        default=256_000_000,
        description="Disk space that is held as a file beside the database, at most a twentieth of the disk. It is released "
        "when the disk is full, so that what is under way can end; 0 holds none, and then nothing watches the disk.",
    )
    plugin_dirs: tuple[str, ...] = Field(default=(), description="Folders with one-file plugins.")
    mcp: Annotated[bool, with_package("mcp", "mcp")] = Field(
        default=False,
        description="Answer assistants over MCP at /mcp of the public address, with API keys; needs the extra `mcp`.",
    )
    archive_calls_after: Annotated[Life, with_package("pyarrow", "archive")] | None = Field(
        default=None,
        description="Move calls of months that ended so long ago out of the database, into Parquet files in the storage of "
        "recordings, like 30mo; only what holds no personal data moves. Needs the extra `archive`.",
    )
    browser_references: tuple[BrowserReference, ...] = Field(
        default=(),
        description="What an owner may name as a connector's secret in a browser, like env:CRM_KEY or file:/run/secrets/crm: "
        "nothing that `hub`, `mail` or `recordings` uses itself. It counts in a hub of one account.",
    )
    sign_in: SignInSection = Field(
        default=SignInSection(), description="Sessions of the web interface, and an OpenID provider."
    )


class ConnectorCommon(Section):
    """The common keys of every entry of `connectors:`, in addition to the plugin's own settings."""

    plugin: str = Field(description="The plugin's name, as `hub plugins` lists it.")
    isolation: Literal["thread", "process"] | None = Field(
        default=None,
        description="`process`: the plugin runs in a process of its own, with no secrets but its own and a memory limit. "
        "`thread`: in the hub itself. If left out, plugins that came with Ringfence run in threads, all others in processes.",
    )
    memory_mb: int = Field(
        default=512, ge=64, le=65_536, description="Memory that the plugin's own process may use, in MB."
    )
    schedule: Timetable | None = Field(
        default=None, description="When to sync: `every 15 minutes`, or a cron line in UTC like `*/15 * * * *`."
    )
    sandbox: bool = Field(default=False, description="Use the plugin's own sandbox instead of the provider.")
    companies: tuple[Name, ...] | None = Field(
        default=None,
        description="Only these companies' data goes to this connector; the data of all companies if left out.",
    )
    costs: Mapping[Name, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Of an ad account that serves several companies: which campaigns each of them pays for, by name or id; "
        "`*` stands for any letters. What none of them matches is reported for the whole account.",
    )
    transfer: Transfer | None = Field(
        default=None,
        description="By which mechanism data may go to its country, as your contract with the recipient says; the papers "
        "(`hub privacy notice`, `record`) state it, or that none is stated.",
    )
    keep: Span | None = Field(
        default=None,
        description="Maximum time that its answers about callers are kept, like 30 days. If left out, the answers of another "
        "company's data service are used only while the call is enriched and never stored; facts of a CRM and of the hub "
        "are kept for their own retention period.",
    )


@dataclass(frozen=True, kw_only=True)
class ConnectorEntry:
    """One checked entry of `connectors:`: the common part, the plugin's class and its settings.

    An entry that runs in its sandbox needs no credentials: it holds the other `written` keys, and gets its `settings`
    from `with_sandbox` after the sandbox has started.
    """

    name: str
    common: ConnectorCommon
    connector_class: type[Connector]
    in_sandbox: bool = False
    """Whether the plugin's sandbox replaces the provider: `sandbox: true`, or `hub run --sandbox`."""
    written: Mapping[str, Any]
    """The plugin's own keys as in the file, with references resolved; without secrets and URLs if `in_sandbox`."""
    checked: PluginSettings | None = None

    @property
    def kind(self) -> str:
        """The plugin's kind: carrier, crm, ads, enrichment or consent."""
        return self.connector_class.manifest.kind

    @property
    def broken(self) -> str:
        """Why its plugin cannot be used; empty if it can."""
        return getattr(self.connector_class, "broken", "")

    @property
    def settings(self) -> PluginSettings:
        """The plugin's typed settings; ConfigError for a sandboxed entry before its sandbox runs."""
        if self.checked is None:
            raise ConfigError(f"connector {self.name!r} runs in its sandbox; start it with `hub run` or `hub demo`.")
        return self.checked

    def with_sandbox(self, settings: Mapping[str, Any]) -> ConnectorEntry:
        """The same entry, connected to its running sandbox; the sandbox's `settings` override the written ones."""
        try:
            checked = self.connector_class.Settings.model_validate({**self.written, **settings})
        except ValidationError as error:
            keys = ", ".join(sorted({".".join(map(str, each["loc"])) or "settings" for each in error.errors()}))
            raise ConfigError(
                f"connector {self.name!r} cannot run in its sandbox with these settings; remove {keys}."
            ) from None
        if leads_elsewhere_here(checked, settings):
            raise ConfigError(f"connector {self.name!r} would call something else on this machine than its sandbox.")
        return replace(self, checked=checked)

    def leads_to_stand_in(self, settings: PluginSettings) -> bool:
        """Whether settings for this connector have no web address but those of its running sandbox."""
        own = set(web_addresses(self.checked)) if self.in_sandbox else set()
        return bool(own) and set(web_addresses(settings)) <= own

    def equals(self, other: ConnectorEntry | None) -> bool:
        """Whether another entry says the same about the same version of the plugin."""
        same = ("common", "connector_class", "in_sandbox", "written")
        return other is not None and all(getattr(self, name) == getattr(other, name) for name in same)

    def serves(self, company: str) -> bool:
        """Whether data of `company` may go to this connector."""
        return self.common.companies is None or company in self.common.companies


class ConversionRule(Section):
    """One entry of `conversions:`: what counts as a conversion, its value, and which connectors receive it."""

    name: str = Field(min_length=1, max_length=100, description="A name of your choice, which receipts and pages show.")
    when: When = Field(description="The conditions, all of which must be true.")
    value: Value = Field(
        default=None,
        description="`40 USD`, `from outcome` for the deal's own value, `from lead` for the value that a user gave, or "
        "`from signal` for the amount that was spoken of.",
    )
    send_to: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict, description="Connector name → the settings of the destination that its plugin needs."
    )


class TrackerSection(Section, TrackerName):
    """One entry of `trackers:`: one number for one source, or a pool with one number per visitor."""

    name: Name = Field(description="A name of your choice, unique in the company.")
    title: str | None = Field(default=None, max_length=80, description="The displayed name; `name` if left out.")
    type: Literal["source", "session"] = Field(description="`source`: one number, one source. `session`: a pool.")
    carrier: Name = Field(description="The carrier connector that owns the numbers.")
    numbers: tuple[PhoneNumber, ...] = Field(
        default=(), description="Its numbers, E.164; they may also be bought later."
    )
    source: str | None = Field(default=None, description="Of a source tracker: its source, like yellow_pages.")
    medium: str | None = Field(default=None, description="Of a source tracker: its medium, like print.")
    campaign: str | None = Field(default=None, description="Of a source tracker: its campaign.")
    default: bool = Field(default=False, description="Show this source tracker's number if no pool number is free.")
    signals: bool = Field(
        default=False,
        description="Show this source tracker's number to visitors who say no to ads: by Global Privacy Control, by Do Not "
        "Track, on the privacy page or to the page. Who calls it or writes to it is never reported to advertisers.",
    )
    hold: Span = Field(
        default=timedelta(minutes=30),
        description="Of a pool: how long a number stays assigned to a visitor after their last activity.",
    )
    max_idle: Span = Field(
        default=timedelta(hours=4),
        description="Of a pool: how long a visitor who views no other page keeps the number, though the page stays open.",
    )
    cool_down: Span = Field(
        default=timedelta(days=7),
        description="Of a pool: how long after that a call on it is still attributed to its last visitor.",
    )
    reserve: float = Field(
        default=0.2,
        ge=0,
        lt=1,
        description="Of a pool: the fraction reserved for visitors from networks with few recent visitors.",
    )
    honeypot: bool = Field(default=False, description="No customer knows it: who calls is suspect (`hub docs spam`).")
    route: Route | None = Field(default=None, description="What callers hear; the company's route if left out.")
    flow: Name | None = Field(default=None, description="The call flow instead of a route, by its name.")
    texts: TextsSection | None = Field(
        default=None, description="Texts on its numbers, if they differ from the company's."
    )


class CompanySection(Section):
    """One entry of `companies:`: a business with its own trackers, time zone and CRM."""

    name: Name = Field(
        description="A name of your own: lowercase letters, digits, - and _; in the address of its visits."
    )
    title: str = Field(description="The name that is displayed.")
    time_zone: TimeZone = Field(default="UTC", description="IANA time zone, like America/Chicago.")
    country: Country = Field(default="US", pattern=r"^[A-Z]{2}$", description="ISO 3166 country of the business.")
    region: Region | None = Field(default=None, description="Code of its state or province, like IL.")
    sensitive: Sensitive = None
    domains: tuple[str, ...] = Field(default=(), description="Its own web hosts; visits from them are internal.")
    contact: ContactSection | None = Field(
        default=None, description="How people can contact the company about their data; shown on the privacy page."
    )
    website: WebsiteSection = Field(default=WebsiteSection(), description="What the page script does on its pages.")
    route: Route | None = Field(default=None, description="What callers hear and which phone rings.")
    flow: Name | None = Field(default=None, description="The call flow instead of a route, by its name.")
    flows: tuple[Flow, ...] = Field(default=(), description="Its call flows (`hub docs flows`).")
    texts: TextsSection = Field(default=TextsSection(), description="Texts that the hub sends automatically.")
    text_budget: Amount = Field(
        default=DEFAULT_BUDGET,
        description="The most that texts which strangers cause may cost in 24 hours: automatic answers, and codes of the "
        "privacy page, which get a part of it (`hub docs texts`).",
    )
    text_price: TextPrice = DEFAULT_PRICE
    insights: InsightsSection | None = Field(
        default=None, description="What is read in its transcripts; without it nothing is (`hub docs insights`)."
    )
    spam: SpamSection = Field(default=SpamSection(), description="From which score on a call is treated as spam.")
    trackers: tuple[TrackerSection, ...] = Field(default=(), description="Its tracking numbers.")
    conversions_from: ConversionsFrom = None
    webhooks: Webhooks = Field(
        default=(), description="Addresses that get what happens at the company (`hub docs webhooks`)."
    )

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        if self.text_budget.currency != self.text_price.currency:
            raise ValueError("text_budget and text_price have different currencies; write both, in one currency")
        return self

    @property
    def tells_signals(self) -> bool:
        """Whether messages that leave the hub may name what is read in its calls."""
        return self.insights is not None and self.insights.read_by is not None and self.sensitive != "health"

    def flow_of(self, tracker: TrackerSection) -> Flow:
        """The call flow of one of its trackers: the tracker's own route or flow, or the company's."""
        if tracker.route is not None:
            return flow_of(tracker.route, f"{ROUTE_FLOW}-{tracker.name}")
        if tracker.flow is None and self.route is not None:
            return flow_of(self.route)
        named = tracker.flow or self.flow
        return next(flow for flow in self.flows if flow.name == named)


class AccountSection(Section):
    """One entry of `accounts:`: an agency, or a business on its own."""

    name: Name = Field(description="A name of your own: lowercase letters, digits, - and _.")
    title: str = Field(description="The name that is displayed.")
    companies: tuple[CompanySection, ...] = Field(default=(), description="Its companies.")


@dataclass(frozen=True, kw_only=True)
class Config(ConnectorTitles):
    """A complete, checked config.yaml."""

    hub: HubSection
    connectors: Mapping[str, ConnectorEntry]
    conversions: tuple[ConversionRule, ...]
    accounts: tuple[AccountSection, ...]
    recordings: RecordingsSection = RecordingsSection()
    retention: RetentionSection = RetentionSection()
    numbers: NumbersSection = NumbersSection()
    mail: MailSection | None = None
    file: Path | None = None
    """The file that it was read from."""

    @cached_property
    def companies(self) -> tuple[CompanySection, ...]:
        """All companies of all accounts."""
        return tuple(company for account in self.accounts for company in account.companies)

    @cached_property
    def companies_by_name(self) -> Mapping[str, CompanySection]:
        """The same by their names."""
        return {company.name: company for company in self.companies}

    def own_connectors(self, company: str) -> list[str]:
        """The connectors that serve only this company."""
        return [name for name, entry in self.connectors.items() if entry.common.companies == (company,)]

    def of_kind(self, kind: str) -> tuple[ConnectorEntry, ...]:
        """The connectors of one kind, in the order of the file."""
        return tuple(entry for entry in self.connectors.values() if entry.kind == kind)
