"""An assistant that talks with callers: the step of a flow, and what a conversation may lead to."""
