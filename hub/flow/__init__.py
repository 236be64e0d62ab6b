"""The way of a call, one verb a module, in its order: receive, answer, fold, attribute, enrich, consent, convert, deliver."""
