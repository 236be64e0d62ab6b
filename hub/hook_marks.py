"""How hooks are marked: a specification of ours, and a plugin's implementation of it."""

from __future__ import annotations

import pluggy

PROJECT = "ringfence"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
