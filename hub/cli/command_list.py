"""The commands of `hub` in groups: of each the modules that make it, and what a listing says of it, so that a listing loads
none."""

Command = tuple[tuple[str, ...], str]
GROUPS: dict[str, dict[str, Command]] = {
    "Start and run": {
        "init": (("init.init_commands",), "Write config.yaml for one kind of business, with comments, and a key file."),
        "import": (("importing.import_commands",), "Move in from another call-tracking service: CallRail."),
        "check": (
            ("check",),
            "Check config.yaml, then check that every provider accepts our credentials. Nothing is changed at the "
            "providers. The storage of recordings is tested with a few bytes.",
        ),
        "run": (("serve",), "Run the web edge and the worker in one process."),
        "web": (
            ("serve",),
            "Run only the web edge for webhooks and visitors; `hub worker` does the rest. Run any number of them on "
            "PostgreSQL.",
        ),
        "worker": (
            ("serve",),
            "Run only the worker: it processes calls and runs syncs when they are due. Run any number of them on "
            "PostgreSQL.",
        ),
        "reload": (
            ("reload",),
            "Apply config.yaml without a restart: check it, and let every running process take it, together with the "
            "files and variables that it names. The environment must be that of the hub.",
        ),
        "demo": (
            ("hub.proof.cli.demo",),
            "Play a seeded day with provider sandboxes; the hub, its database and its syncs are real.",
        ),
        "trigger": (
            ("trigger.trigger_commands",),
            "Play one call, text, form or visit into a running hub, through a stand-in.",
        ),
        "snippet": (("snippet",), "Print the HTML for the head of a company's pages, and the link for their footer."),
    },
    "Calls and people": {
        "calls": (
            ("calls.call_commands", "calls.marks", "lists.contacts"),
            "List calls, texts and forms, see who waits for a call back, call people back, and mark what came in.",
        ),
        "call": (
            ("calls.timeline",),
            "Show the timeline of one call, text or form. Its id is also the correlation id in the logs.",
        ),
        "leads": (
            ("calls.call_commands", "lists.contacts"),
            "List the calls, texts and forms that somebody marked as a lead, with status and value, newest first.",
        ),
        "texts": (("texts.text_commands",), "Read and send texts; see why a text was not sent."),
        "recordings": (
            ("recordings.recording_commands",),
            "List recordings and voicemail, make signed links, pause recording while card data is spoken.",
        ),
        "visits": (("lists.visits",), "List visits of the companies' websites, newest first."),
        "listen": (
            ("lists.listen",),
            "Print what happens as it happens, one line each: calls, texts, forms, visits, conversions, deliveries.",
        ),
        "report": (("report", "costs.report"), "Report results by source, campaign, keyword or landing page."),
        "costs": (("costs.cost_commands",), "What advertising costs: import, list, remove."),
        "sources": (("sources",), "Manage rules for the sources of visits, in addition to the built-in tables."),
    },
    "Numbers": {
        "numbers": (("numbers.number_commands",), "List, search, buy, configure, port and release tracking numbers."),
        "pools": (
            ("numbers.pools",),
            "Show each pool's size, visitors, use and overflow, and the size that Erlang's formula B recommends.",
        ),
        "blocks": (("numbers.blocks",), "List, block and allow callers, by number or prefix."),
        "flows": (("flows",), "Check call flows, and simulate calls without a phone."),
        "sip": (
            ("plugins.companions",),
            "Run, drain and look at the gateway of a SIP trunk, or at another process beside the hub.",
        ),
    },
    "Connectors and deliveries": {
        "connectors": (
            ("plugins.connectors",),
            "List the connectors of config.yaml and what should be mended; sign in at providers; resume paused ones.",
        ),
        "plugins": (
            ("plugins.packages",),
            "List the installed plugins, and why some cannot be used; add, update and remove those of others.",
        ),
        "sync": (
            ("plugins.sync",),
            "Sync one connector now: lists of calls and texts, call log, outcomes, conversions, diagnostics. Exits "
            "with status 1 on any failure.",
        ),
        "deliveries": (("deliveries",), "List deliveries to each destination, explain failures, and retry."),
        "webhooks": (
            ("webhooks_out",),
            "Webhooks that the hub sends: endpoints and how they do, events, a test, replays, secrets.",
        ),
        "inbox": (("inbox.inbox_commands",), "List received webhooks; replay parked ones."),
        "quarantine": (("inbox.quarantine",), "List items that processes died of; replay them after a fix."),
        "mcp": (
            ("operation.mcp",),
            "Let an assistant on this machine ask the hub, over MCP on standard input and output.",
        ),
    },
    "Privacy": {
        "privacy": (("privacy.privacy_commands",), "Show and prove how people's data is treated."),
        "consent": (("consent",), "Record what people say about their data, and show it."),
        "policy": (
            ("policy.policy_commands",),
            "Versions of the privacy statement and the terms, and the accounts that accepted them.",
        ),
        "audit": (
            ("audit",),
            "Read, verify and export the audit log: manual actions, and every reading of personal data.",
        ),
    },
    "Operation": {
        "companies": (("companies.company_commands",), "List the companies, transfer one, and let one leave."),
        "users": (
            ("users.user_commands", "users.sign_in"),
            "Manage the users of an account, their roles, and their API keys.",
        ),
        "alerts": (("alerts",), "Alerts of users: what became of each, and a test."),
        "config": (("config",), "Show config.yaml as the hub reads it."),
        "secrets": (("secrets",), "Make and rotate the keys that encrypt stored data."),
        "backup": (
            ("operation.backup", "operation.drill"),
            "Back up the hub while it runs: its data in one file, people's keys in another.",
        ),
        "restore": (
            ("operation.backup",),
            "Restore a backup into the empty database and storage that config.yaml names.",
        ),
        "upgrade": (
            ("operation.upgrade",),
            "Bring the database to the schema of the installed version; every start does it too. With --check nothing "
            "is changed.",
        ),
    },
    "Development": {
        "new-plugin": (
            ("plugins.new_plugin",),
            "Write a new plugin that passes its certification and runs against its own sandbox: one file for an ad "
            "network, a package that installs for every other kind.",
        ),
        "certify": (
            ("plugins.certify",),
            "Test that a plugin keeps the promises of its kind. Exits with status 0 if all hold, 1 if some do not, 2 "
            "if none could be tested.",
        ),
        "chaos": (
            ("hub.proof.cli.chaos",),
            "Play faults on a hub while calls, texts and forms come in, and check that nothing is lost or doubled.",
        ),
    },
}
COMMANDS: dict[str, Command] = {name: each for group in GROUPS.values() for name, each in group.items()}
