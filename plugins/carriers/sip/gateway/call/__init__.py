"""One call of the gateway: how it begins, what each verb of a document does, and how it ends."""
