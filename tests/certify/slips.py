"""An author's slips in a plugin of one file: what is edited, and the sentence that is read wherever the plugin is looked at."""

# ruff: noqa: E501 - a sentence is easier to read on one line

from __future__ import annotations

from dataclasses import dataclass

PLUGIN = '''"""Looks callers up on this machine. Its limits: none. Its fields: the number."""

from hub.api import Caller, Connector, DataFlow, Fact, Manifest, PluginSettings, Recipient, Share, hookimpl


class Lookup(Connector):
    """Facts about callers."""

    Settings = PluginSettings
    manifest = Manifest(
        name="NAME",
        kind="enrichment",
        version="1.0",
        summary="Facts about callers.",
        recipient=Recipient(name="this machine", role="none"),
        flows=(DataFlow(hook="enrich_caller", use="functional.service", shares=(Share(field="phone_number"),)),),
    )

    @hookimpl
    def enrich_caller(self, caller: Caller) -> list[Fact]:
        if not caller.phone_number:
            return []
        return [Fact(name="line", value="mobile", category="user.telephony.line_type")]
'''
HOOK = "    def enrich_caller(self, caller: Caller) -> list[Fact]:\n"
RETURN = '        return [Fact(name="line", value="mobile", category="user.telephony.line_type")]\n'
END = PLUGIN[-40:]
MANIFEST, HOOK_LINE = 10, 20


@dataclass(frozen=True)
class Slip:
    """One slip. `stops` says whether the plugin cannot be used with it."""

    name: str
    old: str
    new: str
    says: str
    """What is read, with the line of the file."""
    stops: bool = False

    @property
    def plugin(self) -> str:
        """The plugin's name."""
        return self.name.replace(" ", "_").replace("'", "").replace("-", "_").lower()

    @property
    def text(self) -> str:
        """The plugin's file."""
        assert self.old in PLUGIN, self.name
        return PLUGIN.replace(self.old, self.new, 1).replace("NAME", self.plugin)


def more(code: str) -> str:
    """The plugin's last line, and more methods after it."""
    return RETURN + "\n" + code


STOPPING = (
    Slip("a misspelled hook", "def enrich_caller", "def enrich_calller", ":20: enrich_calller is marked with @hookimpl, but there is no such hook; did you mean enrich_caller? Write `def enrich_caller(self, caller)`"),
    Slip("a hook of another name", "def enrich_caller", "def look_somebody_up", ":20: look_somebody_up is marked with @hookimpl, but there is no such hook; see `hub docs hooks`"),
    Slip("a misspelled argument", "caller: Caller", "caler: Caller", ":20: enrich_caller wants the argument 'caler', which the hub does not give; did you mean 'caller'? write `def enrich_caller(self, caller)`"),
    Slip("an argument too many", "caller: Caller", "caller: Caller, country: str", ":20: enrich_caller wants the argument 'country', which the hub does not give; write `def enrich_caller(self, caller)`"),
    Slip("an argument with a default", "caller: Caller", "caller: Caller | None = None", ":20: enrich_caller gives 'caller' a default, so the hub never fills it in"),
    Slip("no self", "(self, caller: Caller)", "(caller: Caller)", ":20: enrich_caller lacks `self`; write `def enrich_caller(self, caller)`"),
    Slip("an async hook", "    def enrich_caller", "    async def enrich_caller", ":20: enrich_caller is `async def`, but hooks are called in threads, without an event loop; write `def enrich_caller(self, caller)`"),
    Slip("a generator", RETURN, "        yield 1\n", ":20: enrich_caller has a `yield`, but it returns a list of Fact"),
    Slip("an unknown field of the manifest", "version=", "verison=", "Manifest has no field 'verison'; did you mean 'version'? It is one of abilities, "),
    Slip("an unknown kind", '"enrichment"', '"enrichments"', ":10: Manifest.kind: it is one of 'carrier', 'crm', 'ads', 'enrichment'"),
    Slip("an unknown field of a flow", 'use="functional', 'purpose="functional', ":16: DataFlow has no field 'purpose'; it is one of hook, shares, use"),
    Slip("an unknown use", "functional.service", "functional.services", ":16: DataFlow.use: unknown data use 'functional.services'; did you mean 'functional.service'? It is one of analytics.reporting.ad_performance,"),
    Slip("an unknown transform", 'field="phone_number"', 'field="phone_number", transform="sha256"', ":16: Share.transform: unknown transform 'sha256'; "),
    Slip("an unknown role", 'role="none"', 'role="nobody"', ":15: Recipient.role: it is one of 'processor', 'independent_controller' or 'none'"),
    Slip("no class of a plugin", "class Lookup(Connector)", "class Lookup", "no_class_of_a_plugin.py holds no plugin: write `class NoClassOfAPlugin(Connector):` with `manifest` and `Settings`, or move the file out of plugin_dirs"),
    Slip("two classes", "class Lookup(Connector)", "class Other(Connector):\n    pass\n\n\nclass Lookup(Connector)", "two_classes.py must hold exactly one subclass of Connector and has 2: Other in line 6, Lookup in line 10"),
    Slip("another name in the manifest", 'name="NAME"', 'name="other"', "its manifest is named 'other'"),
    Slip("a fact made at import", "    @hookimpl", '    known = Fact(name="line", value="mobile", category="user.line_type")\n\n    @hookimpl', ":19: Fact.category is not a data category; did you mean 'user.telephony.line_type'? It is one of user.advertising.click_id,"),
    Slip("a flow of an unknown hook", 'hook="enrich_caller"', 'hook="enrich_call"', "the manifest's flow 'enrich_call' is not of a hook with personal data; did you mean 'enrich_caller'? It is one of"),
    Slip("a flow with an unknown field", 'field="phone_number"', 'field="phone"', "the manifest's flow 'enrich_caller' shares 'phone', which Caller does not have; "),
)  # fmt: skip

WARNED = (
    Slip("no hookimpl", "    @hookimpl\n", "", ":19: enrich_caller has the name of a hook but no @hookimpl, so the hub never calls it; write @hookimpl above it"),
    Slip("a hook that is never called", RETURN, more("    def check_conection(self) -> None:\n        pass\n"), ":25: check_conection is not a hook, so the hub never calls it; did you mean check_connection, with @hookimpl?"),
    Slip("a hook of another kind", RETURN, more("    @hookimpl\n    def transcribe(self, audio):\n        raise ValueError\n"), ":26: transcribe is a hook of plugins of kind transcription, and the manifest says kind 'enrichment'"),
    Slip("a missing argument", "(self, caller: Caller)", "(self, *_)", ":20: enrich_caller does not take 'caller'; write `def enrich_caller(self, caller)`"),
    Slip("an annotation of a dict", "-> list[Fact]", "-> dict[str, str]", ":20: enrich_caller is annotated to return dict[str, str]; it returns a list of Fact"),
    Slip("an annotation of one fact", "-> list[Fact]", "-> Fact | None", ":20: enrich_caller is annotated to return hub.contracts.facts.Fact | None; it returns a list of Fact"),
    Slip("a dict is returned", " -> list[Fact]:\n        if not caller.phone_number:\n            return []\n" + RETURN, ":\n        return {'line': 'mobile'}\n", ":21: enrich_caller returns dict; it returns a list of Fact"),
    Slip("names are returned", " -> list[Fact]:\n        if not caller.phone_number:\n            return []\n" + RETURN, ":\n        return ['mobile']\n", ":21: enrich_caller returns a list of str; it returns a list of Fact"),
    Slip("a yes is returned", " -> list[Fact]:\n        if not caller.phone_number:\n            return []\n" + RETURN, ":\n        return True\n", ":21: enrich_caller returns bool; it returns a list of Fact"),
    Slip("none is returned", " -> list[Fact]:\n        if not caller.phone_number:\n            return []\n" + RETURN, ":\n        if not caller.phone_number:\n            return None\n        return []\n", ":22: enrich_caller returns None; it returns a list of Fact"),
    Slip("nothing is returned", " -> list[Fact]:\n        if not caller.phone_number:\n            return []\n" + RETURN, ":\n        self.known = caller\n", ":20: enrich_caller returns nothing; it returns a list of Fact"),
    Slip("an import of the store", "\n\nclass Lookup", "from hub.store.dialects import database_file\n\n\nclass Lookup", ":4: imports hub.store.dialects; a plugin imports hub.api and what is in it"),
    Slip("an import of the package", "\n\nclass Lookup", "from hub import errors\n\n\nclass Lookup", ":4: imports hub.errors; a plugin imports hub.api and what is in it"),
    Slip("a flow of a hook that is missing", 'flows=(', 'flows=(DataFlow(hook="log_calls", use="sales"),', "the manifest's flow 'log_calls' is of a hook that the plugin does not have: `def log_calls(self, activities)`"),
    Slip("a recipient that is none", RETURN, "        self.services.http()\n" + RETURN, ":23: uses the network, but the manifest's recipient has role 'none', which means that nothing leaves the customer's own network"),
    Slip("a library of the network", "\n\nclass Lookup", "import httpx2\n\n\nclass Lookup", ":4: uses the network, but the manifest's recipient has role 'none'"),
)  # fmt: skip

ALL = (*STOPPING, *WARNED)
