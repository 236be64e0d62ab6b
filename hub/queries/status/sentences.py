"""What each kind of warning or error means, and what to do about it."""

from typing import NamedTuple

from hub.platform.error_counts import MAX_EVENT

NOTHING = "Nothing"


class Sentence(NamedTuple):
    """What happened ({connector} is its name), what it means, what to do, and the page for it."""

    happened: str
    means: str
    todo: str = NOTHING
    link: str | None = None


UNKNOWN = Sentence(
    "Something failed that has no words yet",
    "The hub goes on: each task fails alone and is tried again.",
    "If it repeats, look for it in the log and report it.",
)
DATABASE = "Look at the database: is it running, is its disk full?"
REPORT = "If it repeats, report it with its code."

SENTENCES: dict[str, Sentence] = {
    "credentials refused": Sentence(
        "{connector} refused the sign-in",
        "What goes there waits. Nothing is lost, and calls are answered.",
        "Sign in again",
        "/connectors",
    ),
    "plugins are not confined": Sentence(
        "This machine cannot confine plugins of others",
        "They could read and change what the hub can: the database, the keys, config.yaml.",
        "Run the hub on 64-bit Linux from 5.13 with Landlock, or remove the plugins; see hub plugins prove-walls",
    ),
    "a plugin needs its author": Sentence(
        "The code of a plugin has a mistake",
        "What it is about does not work; the rest of the hub does.",
        "Give the plugin's author the sentence that hub plugins shows",
    ),
    "provider unavailable": Sentence(
        "{connector} was busy or did not answer",
        "It is tried again until it works.",
        "Nothing, unless it lasts for hours",
    ),
    "hook late": Sentence(
        "{connector} was slow",
        "The hub did not wait: callers were answered without it, and the rest is tried again.",
        "Nothing, unless it lasts for hours",
    ),
    "exchange not kept": Sentence(
        "A recording of {connector} left out one exchange",
        "It could not be replaced safely or not be written. The connector itself goes on.",
        "Nothing; if no file comes at all, look whether the hub may write to the folder",
    ),
    "hook crashed": Sentence(
        "The plugin of {connector} failed",
        "Only this call of the plugin was lost; what it was to do is tried again or set aside.",
        "Report it to the plugin's author with its code.",
    ),
    "the end of a company waits": Sentence(
        "The end of a company waits for something",
        "Nothing more of it is erased until then; calls are answered.",
        "See what it waits for: hub companies end NAME",
        "/companies",
    ),
    "ends of the journal are not noted outside the database": Sentence(
        "The file beside the database that notes the journal's ends could not be written",
        "The journal goes on; until the file is written, a journal that was cut off is found less soon.",
        "Free space on that disk, or make the file writable; then run: hub privacy verify",
    ),
    "a row waited for an entry of the journal that the hub did not ask for"[:MAX_EVENT]: Sentence(
        "Something else than the hub wrote into the journal's queue",
        "It got no entry in the journal.",
        "Find out who can write into the database, then run: hub privacy verify",
    ),
    "webhook forged": Sentence(
        "An event for {connector} had a wrong signature",
        "It was refused. Once is noise; often means a wrong key, or somebody who tries.",
        "If it repeats, compare the key with the carrier's.",
        "/connectors",
    ),
    "webhook failed": Sentence(
        "An event for {connector} could not be checked",
        "The carrier was told to send it again.",
    ),
    "costs cannot be pulled": Sentence(
        "{connector} does not let the hub read what ads cost",
        "Its conversions go on; the report of costs lacks its figures, and it is asked again after a day.",
        "Give the sign-in read access to the account, or import costs from a file.",
        "/reports/costs",
    ),
    "costs of other days left out": Sentence(
        "{connector} reported costs of days that it was not asked for",
        "They are left out; the days that it was asked for are stored.",
        REPORT,
    ),
    "what a sandbox held cannot be read; the file was put aside and the sandbox starts empty"[:MAX_EVENT]: Sentence(
        "What a sandbox held could not be read",
        "The file was put aside, and the sandbox starts empty. Real providers are not touched.",
    ),
    "other processes do not see a part of a sandbox": Sentence(
        "A part of a sandbox is not shared with other processes of the hub",
        "Only simulated providers are affected.",
        REPORT,
    ),
    "the reserve of disk space cannot be allocated": Sentence(
        "The disk has no room for the hub's reserve",
        "The hub goes on, but a full disk stops it sooner.",
        "Free disk space; the reserve is then made by itself.",
    ),
    "the disk cannot be watched": Sentence(
        "The hub cannot read how much disk space is left",
        "It goes on, but will not notice a full disk in time.",
        "Look at the disk and at the rights of its folder.",
    ),
    "ticks dropped; the hub is slow": Sentence(
        "Scheduled work began late",
        "It is done as soon as there is time.",
        "If it repeats, the machine is too small or the database too slow.",
    ),
    "a spooled row was set aside": Sentence(
        "The database refused something that was kept while it was away",
        "It is kept and tried again each hour.",
        REPORT,
    ),
    "the spool cannot be read": Sentence(
        "The file that keeps events while the database is away cannot be read",
        "What comes in goes to the database directly.",
        "Look at the file beside the database, or at hub.spool, and at its rights.",
    ),
    "the database is away; what comes in is spooled": Sentence(
        "The database did not answer",
        "Events were kept in a file and calls were answered from memory. It all goes to the database when it is back.",
        DATABASE,
    ),
    "a write takes too long; what comes in is spooled meanwhile": Sentence(
        "The database was slow, or hung",
        "Events were kept in a file and calls were answered from memory until it took writes in time again.",
        "If it repeats, the machine is too small or the database too slow.",
    ),
    "the database is there, but this process cannot work with it": Sentence(
        "The database came back in a state that this process cannot use",
        "Calls are answered from memory, and what comes in is kept.",
        "Look for the reason in the log; hub check shows it too.",
    ),
    "started without the database; calls are answered and kept": Sentence(
        "The hub was started while the database was away",
        "Calls are answered from a copy of the settings, and what comes in is kept.",
        DATABASE,
    ),
    "no metrics: this port is in use; set hub.operation_listen": Sentence(
        "The port for metrics is in use",
        "The hub works, but without metrics.",
        "Set hub.operation_listen to a free address.",
    ),
    "the copy of the directory cannot be read": Sentence(
        "The copy of the settings for times without a database cannot be read",
        "It is written again when the database answers.",
        REPORT,
    ),
    "plugin host died": Sentence(
        "The process of the plugin of {connector} ended",
        "It is started again. What it was doing is tried again.",
        "If it repeats, update or disable the plugin.",
        "/connectors",
    ),
    "disabling not stored": Sentence(
        "{connector} was disabled in one process only",
        "The database did not answer at that moment.",
        DATABASE,
    ),
    "forms not stored": Sentence(
        "Forms could not be stored", "The visitors' browsers keep them and send them again.", DATABASE
    ),
    "quarantined": Sentence(
        "The hub died three times while {connector} handled one item",
        "The item is set aside, and everything else goes on.",
        "Update or disable the plugin, then run hub quarantine replay.",
    ),
    "webhook parked": Sentence(
        "An event of {connector} was not understood",
        "It is kept. The carrier's own call list fills what is missing.",
        "Update the plugin, then run hub inbox replay.",
    ),
    "static answer": Sentence(
        "A call rang through without its call flow",
        "Its answer was not ready within a second, so it was forwarded at once.",
        "If it repeats, look at the database's write time and at what is slow.",
    ),
    "no answers": Sentence(
        "Answers to ringing calls were not ready in time",
        "The calls were forwarded at once, without their call flow.",
        "If it repeats, look at the database's write time and at what is slow.",
    ),
    "call on an unknown number": Sentence(
        "{connector} sent a call on a number that has no tracker",
        "The hub cannot answer it, because it does not know where to forward it.",
        "Give the number a tracker, or release it.",
        "/numbers",
    ),
    "calls were not screened": Sentence(
        "Ringing calls were not checked for spam",
        "They rang as if nothing was known about the callers.",
        REPORT,
    ),
    "no static answers": Sentence(
        "{connector} could not prepare its forwards",
        "If the hub is late for a call there, the carrier uses its own fallback.",
        REPORT,
    ),
    "calls without a tracker are not forwarded": Sentence(
        "{connector} could not prepare its forward for calls without a tracker",
        "Who calls a number of it that has no tracker reaches nobody.",
        REPORT,
    ),
    "no acknowledgement": Sentence("{connector} has no reply to reports", "A plain reply is sent.", REPORT),
    "inbox not written": Sentence(
        "Events of carriers could not be stored",
        "The carriers were told to send them again.",
        DATABASE,
    ),
    "visits not recorded": Sentence(
        "Visits could not be stored", "Those visitors' calls may lack their source.", DATABASE
    ),
    "group commit failed": Sentence("A batch could not be written", "It is tried again by who sent it.", DATABASE),
    "refusals not written": Sentence("Counts of refused fields could not be written", "They are kept and written later."),
    "error counts not written": Sentence("This list could not be written for a while", "Its counts were kept.", DATABASE),
    "api request failed": Sentence("A program's request failed in the hub", "It was answered with 500.", REPORT),
    "page failed": Sentence("A page could not be shown", "The database did not answer its user.", DATABASE),
    "shared report failed": Sentence("A shared report could not be shown", "The database did not answer.", DATABASE),
    "sign-in page failed": Sentence("A sign-in page could not be shown", "The database did not answer.", DATABASE),
    "task failed": Sentence(
        "A job or thread failed", "It goes on and tries again; the table of jobs shows whether it succeeded.", REPORT
    ),
    "tick failed": Sentence("A sync of {connector} could not be scheduled", "It is caught up within seconds.", DATABASE),
    "config.yaml has problems and was not taken; the version before it goes on": Sentence(
        "config.yaml was changed, but has problems",
        "The version before it goes on; nothing else happened.",
        "Look at why it was refused.",
        "/config",
    ),
    "this process cannot take a version of config.yaml": Sentence(
        "A process could not take the newest configuration",
        "It goes on with the version before; the table of processes shows which one.",
        "Restart that process; it may lack a plugin or a variable that the others have.",
    ),
    "config.yaml on this machine is older than the version that runs": Sentence(
        "A machine has an older copy of config.yaml",
        "Its processes run the newest version all the same.",
        "Copy the file there, or leave it.",
        "/config",
    ),
    "text not sent": Sentence(
        "A text that somebody outside asked for was not sent",
        "Its number is expensive or in a country where the company does not trade, or many were asked for today.",
        "Nothing, unless real people wait; then raise text_budget, or add the country to trades_in.",
    ),
    "link not mailed": Sentence(
        "A link of the privacy page was not mailed",
        "The company mailed hundreds of them within a day, so somebody may be abusing the page.",
        "Look at the open privacy requests.",
        "/privacy-desk",
    ),
    "visitors behind an unlisted proxy": Sentence(
        "Visits came through a proxy that is not in trusted_proxies",
        "All its visitors seem to be one, so they share one limit, or have none if its address is private. A few from outside "
        "mean nothing: anybody can write that header.",
        "Add the proxy's address to hub: trusted_proxies.",
        "/config",
    ),
    "alert failed": Sentence("An alert could not be sent", "It is tried again.", REPORT, "/alerts"),
    "unsubscription failed": Sentence(
        "Somebody could not unsubscribe from mails", "The page asked them to try again.", DATABASE
    ),
    "recording failed": Sentence(
        "A recording could not be fetched", "It is tried again.", "If it repeats, look at the storage of recordings."
    ),
    "transcript failed": Sentence("A recording could not be transcribed", "The recording itself is unchanged.", REPORT),
    "request failed": Sentence(
        "A step of a privacy request failed", "It is tried again.", "Look at the request.", "/privacy-desk"
    ),
    "a privacy request is waiting": Sentence(
        "A privacy request comes close to its deadline", "The law sets it.", "Answer it.", "/privacy-desk"
    ),
    "a person's file is not deleted yet": Sentence(
        "The file of an answered request is still there", "It is deleted as soon as the storage answers.",
        "Look at the storage of recordings.",
    ),
    "erased audio is not deleted yet": Sentence(
        "Erased audio is still in the storage", "Its key is destroyed, so nobody can play it; it is deleted later.",
        "Look at the storage of recordings.",
    ),
    "no known sources": Sentence("{connector} gave no list of sources", "Its sources keep their plain names.", REPORT),
    "known sources left out": Sentence("{connector} gave too many sources", "Some keep their plain names.", REPORT),
    "key file made; keep a copy of it, separate from the database backups": Sentence(
        "The hub made its key file", "Without it nothing that is encrypted can be read.",
        "Keep a copy, apart from the database's backups.",
    ),
    "SQLite's log is not empty yet, because there is still a reader; it is tried again":
    Sentence("What was erased is still in the log of the database", "A long read keeps it; it is tried again each 20 seconds."),
    "erased bytes are not overwritten yet": Sentence(
        "What was erased is still in the database's files", "They could not be written; it is tried again each 20 seconds."
    ),
    "test of a webhook failed": Sentence(
        "The test of a webhook failed", "An error ended it; no other event is touched.",
        "Test it again from Settings, Webhooks."
    ),
    "a process beside the hub has ended": Sentence(
        "The process {name} beside the hub ended", "The hub starts it again within two seconds; calls in it have failed.",
        "If it repeats, read its log beside the database: hub sip status.",
    ),
    "a plugin does not name its process": Sentence(
        "{connector} did not name its process", "The process is not started, so its calls are not answered.", REPORT
    ),
    "other": Sentence(
        "Many different kinds of errors at once", "Not all are listed here; the log has them.", "Read the log."
    ),
    "library": Sentence("A library gave a warning", "The log has its words.", "If it repeats, look into the log."),
    "plugin message": Sentence(
        "{connector} reported a problem", "The log has the plugin's words.", "If it repeats, look into the log."
    ),
}  # fmt: skip
"""Event of the log → its words; a test looks for events without."""
