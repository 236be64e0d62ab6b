"""What a plugin declares: who receives which data, why, with which transforms, and within which limits.

The hub enforces it: a field that is not declared here never reaches the plugin, and the hub's HTTP client refuses a host
that is not declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import chain
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from hub.contracts.answers import Ability, CallLimits
from hub.contracts.browser_phones import BrowserSdk
from hub.contracts.categories import USES
from hub.contracts.clean_urls import CLICK_IDS, as_click_id, as_cookie
from hub.contracts.transfers import Transfer
from hub.contracts.values import TRANSFORMS, ApiVersion, Declared, Transform
from hub.errors import ConfigError
from hub.platform.id_words import suggest, words_of

ConversionAbility = Literal["restate", "retract", "dry_run"]
"""`restate`: change the value of a conversion that was delivered; `retract`: take it back; `dry_run`: check a conversion
at the provider without counting it. The hub makes no delivery that the network cannot take."""
API = 1
"""The number of `hub.api` that this hub speaks. It rises when a name or a parameter goes that was promised."""
MAX_WEBHOOK_BYTES = 262_144
Kind = Literal["carrier", "crm", "ads", "enrichment", "consent", "transcription", "insight", "agent"]
CANNOT = {
    "restate": "cannot change the value of a conversion; its first value still counts there",
    "retract": "cannot take back a conversion; it still counts there",
}
"""Kind of change → what is said of a network that cannot take it, after its name."""

MAIN_HOOKS: dict[str, str] = {}
"""Kind → the hook that `Manifest.shares` speaks of; filled by the specifications of hooks, when they are imported."""
USES_OF_HOOKS: dict[str, str] = {}
"""Hook → the data use of its flow if `DataFlow.use` is left out; filled likewise."""
CHANGES = {"restate": "change", "retract": "take back"}
"""Ability → what an ad network without it cannot do with a conversion."""


class Recipient(Declared):
    """The legal person that receives data through this plugin; `role="none"` if nothing leaves the machine, or the customer's
    own network: such a plugin declares no hosts, and the hub lets it reach only a server there that the settings name."""

    name: str
    role: Literal["processor", "independent_controller", "none"] = "independent_controller"
    """`processor` only if its contract says that it works for the customer alone; else it decides for itself what it does
    with the data, and sending it there counts as sharing."""
    privacy_url: str | None = None
    opt_out_url: str | None = None
    """Where people choose for themselves which ads the recipient shows them; for ad networks."""
    postal_address: str | None = None
    """In one line, for people who ask who got their data (Cal. Civ. Code 1798.83(a)(2))."""
    transfer: Transfer | None = None
    """The mechanism by which data may go to the recipient's country, only if its own terms state it for every customer;
    `transfer:` in config.yaml comes before it."""


class ClickId(Declared):
    """A click id that the network adds to landing pages' addresses, and the source that it stands for."""

    parameter: str
    """The parameter's name; the hub reads names in any case."""
    source: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")
    medium: str = Field(default="cpc", pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")

    @field_validator("parameter")
    @classmethod
    def _name(cls, parameter: str) -> str:
        return as_click_id(parameter)


class Share(Declared):
    """One personal field that the plugin is given, and the transform that is applied before it gets it."""

    field: str
    transform: str | Transform = "plain"
    """A name in `TRANSFORMS`, or the plugin's own."""
    keys: tuple[str, ...] = ()
    """For a field that maps names to values (click ids, cookies): only these names are sent. A cookie's name may end in
    `*`. A click id of a `ClickId` in the manifest needs no further declaration than its name here."""

    @property
    def transform_name(self) -> str:
        """The transform's name, for people."""
        return self.transform if isinstance(self.transform, str) else self.transform.name

    @field_validator("transform")
    @classmethod
    def _known(cls, transform: str | Transform) -> str | Transform:
        if isinstance(transform, str) and transform not in TRANSFORMS:
            raise ValueError(f"unknown transform {transform!r}; {suggest(transform, TRANSFORMS)}")
        return transform

    @model_validator(mode="after")
    def _names(self) -> Self:
        if self.field == "click_ids":
            list(map(as_click_id, self.keys))
        if self.field == "cookies":
            if not self.keys:
                raise ValueError("name the cookies in `keys`: a page reads no others")
            list(map(as_cookie, self.keys))
        return self


class DataFlow(Declared):
    """The fields that one hook sends, and the use that they are for (a fideslang data use)."""

    hook: str
    use: str = ""
    """Left out, it is that of the hook: advertising for `upload_conversions`, `sales` for `log_calls`, `essential.service`
    for `enrich_caller`, `functional.service` for `transcribe`, `read_conversation` and `answer_caller`, and
    `essential.legal_obligation` for `export_person`, `erase_person` and `correct_person`. Other hooks need one."""
    shares: tuple[Share, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_hook(cls, given: Any) -> Any:
        return {"use": USES_OF_HOOKS.get(given.get("hook", ""), ""), **given} if isinstance(given, dict) else given

    @field_validator("use")
    @classmethod
    def _use(cls, use: str) -> str:
        if use not in USES:
            raise ValueError(f"unknown data use {use!r}; {suggest(use, USES)} (`hub docs manifest#data-uses`)")
        return use


class Deletion(Declared):
    """Whether the data that was sent can be deleted there; the note says what cannot, and why."""

    supported: bool
    note: str

    @property
    def sentence(self) -> str:
        """`It can be deleted there: …`, with the note."""
        if self == DELETION_UNSAID:
            return "The plugin does not say whether it can be deleted there."
        return f"It {'can' if self.supported else 'cannot'} be deleted there: {self.note}"


UNSAID = "the plugin does not say"
"""What a manifest without `retention` says of it, if its recipient gets data."""
DELETION_UNSAID = Deletion(supported=False, note="The plugin does not say whether data can be deleted there.")
NOTHING_KEPT = "not kept"
DELETION_NOT_NEEDED = Deletion(supported=True, note="nothing is kept")


class Scope(Declared):
    """One permission that a sign-in asks for, in words for the person who is asked."""

    name: str
    """As the provider writes it; several that belong together are separated by a space."""
    title: str
    """What the provider calls it."""
    purpose: str
    """What the plugin does with it."""
    without: str = "Cannot connect"
    """What is missing if the person does not grant it."""
    required: bool = True
    """Whether a sign-in without it is refused."""


class SetUpStep(Declared):
    """What a person does at the provider before the connection."""

    title: str
    text: str
    links: tuple[tuple[str, str], ...] = ()
    """The provider's pages for it: words and address."""
    only_sign_in: bool = False
    """Whether a key that does without a sign-in (`Auth.first`) does without this step too."""


class Auth(Declared):
    """How the plugin signs in: the kind and the scopes it asks for."""

    kind: Literal["none", "api_key", "basic", "oauth2", "jwt_bearer"]
    scopes: tuple[str, ...] = ()
    asks: tuple[Scope, ...] = ()
    """The scopes in words, for a plugin that people connect by a sign-in at the provider (`Connector.sign_in`)."""
    note: str = ""
    """What a person should know about them before the sign-in."""
    client_path: tuple[str, ...] = ()
    """The section of the settings with `client_id` and `client_secret`; empty if they are at the top."""
    first: tuple[str, ...] = ()
    """Settings that must be known before the sign-in, such as the address to sign in at, and keys that do without one; those of
    a section as `credentials.service_account`."""
    keys_url: str = ""
    """The provider's page where the keys are made."""
    steps: tuple[SetUpStep, ...] = ()
    """What has to be done at the provider the first time, in order."""
    alone: str = ""
    """How to make a key that does without a sign-in, if there is one."""


class Limits(Declared):
    """The provider's limits that the hub respects: items per batch, requests per minute, age of a conversion."""

    batch_size: int = Field(default=100, gt=0)
    """Items that one call of a hook gets; as many as it sends within its deadline, at 0.3 s for each request. Left out: as
    many as the provider takes in one request, if `per_request` says so."""
    per_request: int | None = Field(default=None, gt=0)
    """Items that the provider takes in one request; left out: a whole batch. A `JsonAds` cuts its requests to it."""
    requests_per_minute: int | None = None
    max_age: timedelta | None = None
    """A conversion older than this is never sent; it is rejected with that reason."""

    @model_validator(mode="before")
    @classmethod
    def _one_number(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("per_request"):
            return {"batch_size": given["per_request"], **given}
        return given


class Webhooks(Declared):
    """What a webhook of the provider may look like; the hub refuses others before it reads or verifies them."""

    max_bytes: int = Field(default=65_536, gt=0, le=MAX_WEBHOOK_BYTES)
    """The most bytes that a body has; more than the default only if the provider sends pictures or batches in it."""
    signature_header: str = Field(default="", pattern=r"^[a-z0-9-]*$")
    """The header that every webhook has, in lower case; empty if webhooks are signed elsewhere."""
    sends_unsigned: bool = False
    """Whether the provider may leave the signature out after a fault of its own, and sends such a webhook again only after a
    status of 500 and above."""
    signs_body: bool = True
    """Whether the proof covers the body. False for a provider that only sends a password: a person who knows it can send
    any content."""
    needs_sender: bool = False
    """Whether the plugin may compare the sender's address (`WebhookRequest.sender`) with a list of the customer."""


class OtherApi(ConfigError):
    """A plugin was written for a `hub.api` that this hub does not speak."""


class Manifest(Declared):
    """A plugin's declaration of itself, generated into the sub-processor page, the data map and the erasure plan."""

    api: int = 1
    """The number of the `hub.api` that the plugin was written for. A hub that speaks another one refuses the plugin."""
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    version: str
    title: str = ""
    """The product's name as people know it; made from `name` if left out."""
    summary: str = Field(default="", min_length=1, validate_default=True)
    """What the plugin does, in one sentence. An ad network and a CRM may leave it out."""
    recipient: Recipient
    regions: tuple[str, ...] = ()
    """Where the data is stored, as ISO 3166 country codes; empty if nothing leaves the machine."""
    hosts: tuple[str, ...] = ()
    """Every host that the plugin calls; `*.example.com` stands for its sub-domains."""
    network_library: str = ""
    """The library with which the plugin reaches its provider without the hub's HTTP client, which would refuse other hosts;
    empty if it uses only that client."""
    shares: tuple[Share, ...] = ()
    """Instead of `flows`: what the main hook of the kind is given (`upload_conversions`, `log_calls`, `enrich_caller`,
    `transcribe`, `read_conversation` or `answer_caller`), for the use that this hook has. An ad network also gets the click
    ids of `click_ids`. It becomes the first of `flows` and is empty afterwards."""
    flows: tuple[DataFlow, ...] = ()
    """What each hook is given. A hook without a flow gets no personal data."""
    personal_in_address: str = ""
    """Why personal data or a secret stands in the address of a request, where proxies log it: only if the provider's API has
    no other place for it. Empty: none does."""
    takes_permissions: bool = True
    """Whether the ad network's API has fields for what the person permitted. False only if it has none."""
    confirms: bool = True
    """Whether the ad network says what became of a conversion. False: it takes everything, and what it took is shown as
    unverifiable."""
    click_ids: tuple[ClickId, ...] = ()
    """The click ids that the plugin reads, each with its source. The hub captures exactly those of the configured
    connectors, here and in the `keys` of a share of `click_ids`."""
    retention: str = UNSAID
    """How long the recipient keeps the data, in words. Left out: by an ad network as long as it keeps conversions, with a
    recipient of the role `none` that it is not kept, else that the plugin does not say."""
    deletion: Deletion = DELETION_UNSAID
    """Left out: by an ad network that the plugin cannot delete a conversion, with a recipient of the role `none` that nothing
    is kept, else that the plugin does not say."""
    auth: Auth = Auth(kind="none")
    """Left out by a plugin with `hosts`: a key that the customer writes into config.yaml."""
    limits: Limits = Limits()
    webhooks: Webhooks = Webhooks()
    ports_by_hand: str = Field(default="", max_length=500)
    """For a carrier whose API takes no port orders: how a person orders one, in one or two sentences. The hub keeps the order,
    and people say how far it is."""
    call_limits: CallLimits = CallLimits()
    """For a carrier: what one call can have at most. A flow that needs more is refused when it is saved."""
    understands_here: bool = False
    """For a carrier with the ability `converse`: what callers say becomes text on the customer's own machine, so no outside
    service transcribes it."""
    browser_phone: BrowserSdk | None = None
    """For a carrier with the hook `sign_in_phone`: its SDK, with which a page of the hub is a phone."""
    abilities: tuple[Ability | ConversionAbility, ...] = ()
    """What a carrier can do with a call: a tracker whose calls need more is refused when it is saved. What an ad network
    can do with a conversion that it has."""
    versions: tuple[ApiVersion, ...] = ()
    """The versions of the provider's APIs that the plugin can speak, of each API the oldest first."""

    @model_validator(mode="before")
    @classmethod
    def _of_kind(cls, declared: object) -> object:
        """What its kind has besides. OtherApi, before a field of the other number is refused as a misspelled one."""
        stated = declared.get("api", API) if isinstance(declared, Mapping) else API
        if isinstance(stated, int) and stated != API:
            remedy = "the plugin" if stated < API else "Ringfence"
            raise OtherApi(f"it was written for hub.api {stated}, and this hub speaks hub.api {API}; update {remedy}")
        return _with_kind_defaults(declared) if isinstance(declared, Mapping) else declared

    @property
    def label(self) -> str:
        """The name that pages show."""
        return self.title or words_of(self.name).capitalize()

    def takes(self, kind: str) -> bool:
        """Whether an ad network takes a conversion of this kind: a new one always, a change if it is an ability."""
        return kind == "new" or kind in self.abilities

    @property
    def read_click_ids(self) -> tuple[str, ...]:
        """The click ids that the hub captures for this plugin; a share of `click_ids` without keys reads all well-known
        ones."""
        shared = [share.keys or CLICK_IDS for flow in self.flows for share in flow.shares if share.field == "click_ids"]
        return tuple(dict.fromkeys([*(each.parameter for each in self.click_ids), *chain.from_iterable(shared)]))

    @property
    def read_cookies(self) -> tuple[str, ...]:
        """The cookies that pages read for this plugin, with the visitor's permission; one may end in `*`."""
        shared = [share.keys for flow in self.flows for share in flow.shares if share.field == "cookies"]
        return tuple(dict.fromkeys(chain.from_iterable(shared)))

    def flow(self, hook: str) -> DataFlow | None:
        """The declared flow of one hook, or None: then the hook gets no personal field at all."""
        return next((flow for flow in self.flows if flow.hook == hook), None)


def _with_kind_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest's arguments with what they leave out; ValueError if they declare the flow of the main hook twice."""
    manifest = dict(given)
    kind = manifest.get("kind")
    shares = tuple(manifest.pop("shares", None) or ())
    if shares:
        manifest["flows"] = (_main_flow(manifest, shares), *manifest.get("flows", ()))
    if manifest.get("hosts"):
        manifest.setdefault("auth", {"kind": "api_key"})
    title = manifest.get("title") or words_of(str(manifest.get("name", ""))).capitalize()
    if kind == "crm":
        manifest.setdefault("summary", f"Logs calls in {title} and brings its deals back as outcomes.")
    if kind == "ads":
        manifest.setdefault("summary", f"Reports to {title} which clicks on its ads became calls and sales.")
        manifest.setdefault("retention", f"as long as {title} keeps conversions")
        abilities = manifest.get("abilities", ())
        verbs = ["delete", *(words for name, words in CHANGES.items() if name not in abilities)]
        cannot = " or ".join(filter(None, (", ".join(verbs[:-1]), verbs[-1])))
        note = f"The plugin has no way to {cannot} a conversion that {title} has received."
        manifest.setdefault("deletion", {"supported": False, "note": note})
    elif _member(manifest.get("recipient"), "role") == "none":
        manifest.setdefault("retention", NOTHING_KEPT)
        manifest.setdefault("deletion", DELETION_NOT_NEEDED)
    return manifest


def _main_flow(manifest: Mapping[str, Any], shares: tuple[Any, ...]) -> dict[str, Any]:
    hook = MAIN_HOOKS.get(str(manifest.get("kind")))
    if hook is None:
        raise ValueError(f"`shares` is for {', '.join(MAIN_HOOKS)}; declare `flows` for each hook")
    if any(_member(flow, "hook") == hook for flow in manifest.get("flows", ())):
        raise ValueError(f"declare what {hook} is given in `shares` or in `flows`, not in both")
    clicks = tuple(_member(each, "parameter") for each in manifest.get("click_ids", ()))
    if clicks and not any(_member(share, "field") == "click_ids" for share in shares):
        shares = ({"field": "click_ids", "keys": clicks}, *shares)
    return {"hook": hook, "shares": shares}


def _member(part: Any, name: str) -> Any:
    """A member of a part of the manifest, which is a value or, in a plugin's description, a mapping."""
    return part.get(name) if isinstance(part, Mapping) else getattr(part, name, None)
