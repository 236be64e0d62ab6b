"""A pluggy manager that knows all hooks. It shows pluggy, which inspects every attribute, only what is marked as a hook."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import pluggy

from hub.hookspecs import FAMILIES, PROJECT, SPECS

SPECIFICATIONS = type(
    "Specifications",
    (),
    {name: held for each in FAMILIES for name, held in vars(each).items() if name in SPECS},
)
"""The specifications of all families in one class: pluggy inspects what each class inherits, too."""

_hooks: WeakKeyDictionary[type[object], dict[str, Any]] = WeakKeyDictionary()
"""What was found of each class, with pluggy's options of each hook: they do not change, and each start and reload of a hub
asks."""


class HookManager(pluggy.PluginManager):
    """Connectors are registered at it."""

    def __init__(self) -> None:
        super().__init__(PROJECT)
        self.add_hookspecs(SPECIFICATIONS)

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> Any:
        """As pluggy's, which looks at the class again for each hub."""
        return _specification(name)

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """As pluggy's; a connector's hooks are methods of its class."""
        hooks = _hooks_of(type(plugin))
        if name in hooks and hooks[name] is None:
            hooks[name] = super().parse_hookimpl_opts(plugin, name)
        return dict(hooks[name]) if hooks.get(name) is not None else None


@cache
def _specification(name: str) -> Any:
    return pluggy.PluginManager(PROJECT).parse_hookspec_opts(SPECIFICATIONS, name)


def _hooks_of(plugin: type[object]) -> dict[str, Any]:
    """The attributes of a plugin's class that are marked as hooks; with their options, once these were asked for."""
    found = _hooks.get(plugin)
    if found is None:
        marked = (name for name in dir(plugin) if hasattr(getattr(plugin, name, None), f"{PROJECT}_impl"))
        found = _hooks[plugin] = dict.fromkeys(marked)
    return found


Note = Callable[[str, str], None]
"""Takes a connector and a hook that is about to begin."""

_of_thread = threading.local()


@contextmanager
def traced(note: Note) -> Iterator[None]:
    """While the block runs, `note` hears of each hook before this thread starts it, and its hooks run one at a time."""
    before = current_note()
    _of_thread.note = note
    try:
        yield
    finally:
        _of_thread.note = before


def current_note() -> Note | None:
    """Who wants to hear of the hooks that this thread starts."""
    note: Note | None = getattr(_of_thread, "note", None)
    return note
