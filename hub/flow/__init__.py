"""The stages of a call, one module each, in their order: receive, fold, attribute, enrich, consent, convert.

A webhook passes from thread to thread until the flow claims it from the inbox. Each line is one hand-over: what
passes, the thread that takes it, and the metric that shows it (`items` is `ringfence_batch_items`, `hook` is
`ringfence_hook_seconds`, `size` is `ringfence_queue_size`).

1. `hub.web.webhooks` EventLoopBatcher: the webhooks of one round; event loop; items{queue="webhooks"}
2. `hub.flow.receive` guarded thread pool: a batch to its plugin; {connector}-verify-1; items{queue="verifications"}
3. `hub.store.writers.inbox_writer` GroupCommitter: verified reports to the inbox; inbox; items{queue="inbox"}
4. `hub.web.webhooks` CompletionQueue: outcomes back to the senders; event loop; items{queue="completions"}
5. `hub.web.webhooks` EventLoopBatcher: the calls that ring in one round; event loop; items{queue="answers"}
6. `hub.answering.answer` GroupCommitter: answers, records, webhooks; call_steps-{connector}; items{queue="call_steps"}
7. `hub.answering.answer` guarded thread pool: instructions to the plugin; {connector}-local-1; hook{hook="render_answer"}
8. `hub.web.webhooks` CompletionQueue: documents back to the callers; event loop; items{queue="completions"}
9. `hub.flow.inbox` rows of the database: the inbox to the flow; flow; size{queue="inbox"}

So there is one batcher on the event loop, one group committer and one completion queue (`hub.web.event_loop`,
`hub.store.writers.group_commit`). Visits use a GroupCommitter too (`hub.visits.batch_writer`; visits;
items{queue="visits"}). Only the guarded thread pools call plugins (`hub.plugin_host.guard`), so a plugin that hangs
delays no other connector.
"""
