"""What all tests share: both databases, freshly migrated for each test, a clock that stands still, and a hub."""

from __future__ import annotations

import gc

gc.disable()  # until all is collected: it would walk what is imported again and again

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import compiled
import deadlines
import entry_points
import fuzzing
import parsed_tree
import postgres
import pytest
import rewritten
import statements
import structlog
from testbed import KEY, TestHub, open_stage

from hub.model import every_table
from hub.platform.private_files import create_private_files
from hub.store import Store
from hub.store.encryption.keyring import Keyring
from hub.testing import FrozenClock

FOLDER = pytest.StashKey[Path]()
WHOLE = pytest.StashKey[bool]()
"""Whether the run names no files."""
NEED_POSTGRES = {"postgres_url", "other_database_url"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fuzz MINUTES`, for `make fuzz`, and `--statements`, for `make sqlite-alone`."""
    parser.addoption("--statements", action="store_true", help="write tests/sqlite_alone.txt, see tests/statements.py")
    parser.addoption("--fuzz", type=float, metavar="MINUTES", help="only tests with Hypothesis, with random seeds")


def pytest_configure(config: pytest.Config) -> None:
    """One folder a run, made by the first process and told to xdist's workers; one compilation of each statement;
    all tables, because tests look through the schema; what is logged is no output of a command, as in `hub.cli.main`."""
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    sys.dont_write_bytecode = False  # rewriting the assertions of all modules takes longer than their collection
    entry_points.renew()
    told = getattr(config, "workerinput", None)
    create_private_files()
    config.stash[FOLDER] = Path(told["databases"]) if told else postgres.make_folder()
    parsed_tree.share_in(config.stash[FOLDER])
    compiled.share(config.stash[FOLDER])
    deadlines.extend()
    every_table()
    config.stash[WHOLE] = told["whole"] if told else config.args_source is not pytest.Config.ArgsSource.ARGS
    if config.getoption("--statements"):
        plugin = statements.Statements(writes=not told, anew=config.stash[WHOLE])
        config.pluginmanager.register(plugin, "statements")
    if told:
        _send_little(config)
    if told and config.stash[WHOLE]:
        rewritten.write_share(config, int(told["workerid"].removeprefix("gw")), told["workercount"])
    minutes = config.getoption("--fuzz")
    fuzzing.load_profile(fuzz=minutes is not None)
    if minutes is not None:
        config.pluginmanager.register(fuzzing.Fuzzing(minutes), "fuzzing")


def _send_little(worker: pytest.Config) -> None:
    """xdist's worker tells the first process how each test went, but not that its setup and teardown passed: half of all."""
    interactor: Any = next(plugin for plugin in worker.pluginmanager.get_plugins() if hasattr(plugin, "sendevent"))
    send = interactor.sendevent

    def send_what_counts(name: str, **told: Any) -> None:
        report = told.get("data", {})
        if name == "logstart" or (name == "testreport" and report["when"] != "call" and report["outcome"] == "passed"):
            return
        send(name, **told)

    interactor.sendevent = send_what_counts


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A run of soak tests alone imports no test module that does not name the mark."""
    if collection_path.suffix != ".py" or not str(config.getoption("markexpr")).startswith("soak"):
        return None
    return None if rewritten.names_soak(collection_path) else True


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A run without PostgreSQL makes no cases for it, only to leave them out: a third of all."""
    if "not postgresql" in metafunc.config.getoption("markexpr"):
        for name in ("database_url", "shared_hub"):
            for fixture in metafunc._arg2fixturedefs.get(name, ()):
                if fixture.params:
                    fixture.params = ("sqlite",)  # type: ignore[misc]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks for a PostgreSQL database runs where the others of that kind run; of a test marked `one_on_postgresql`,
    the first case; with the whole suite, nothing that is listed for SQLite alone."""
    alone = statements.listed() if config.stash[WHOLE] else frozenset[str]()
    known, others = set[str](), set[pytest.Item]()
    for item in items:
        if NEED_POSTGRES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgresql)
        if item.get_closest_marker("postgresql") and item.get_closest_marker("one_on_postgresql"):
            test = item.nodeid.partition("[")[0]
            if test in known:
                others.add(item)
            known.add(test)
        if item.nodeid in alone:
            others.add(item)
    if others:
        config.hook.pytest_deselected(items=[item for item in items if item in others])
        items[:] = [item for item in items if item not in others]


def pytest_collection_finish() -> None:
    """What was imported lives as long as the run: the garbage collector need not walk it after each test."""
    gc.freeze()
    compiled.collect_rarely()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the databases are, and whether its run names no files."""
    node.workerinput["databases"] = str(node.config.stash[FOLDER])
    node.workerinput["whole"] = node.config.stash[WHOLE]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process, which ends last, clears up. pytest collects all garbage five times after this."""
    gc.freeze()
    compiled.end()
    if not hasattr(config, "workerinput") and FOLDER in config.stash:
        postgres.remove_folder(config.stash[FOLDER])


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Path:
    """The folder with the server's socket and the migrated templates."""
    return pytestconfig.stash[FOLDER]


@contextmanager
def fresh_file(databases: Path) -> Iterator[str]:
    """The address of a migrated, empty SQLite file that is removed at the end."""
    file = postgres.sqlite_copy(databases)
    yield f"sqlite:///{file}"
    for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        part.unlink(missing_ok=True)


@pytest.fixture
def sqlite_url(databases: Path) -> Iterator[str]:
    """A migrated, empty SQLite file."""
    with fresh_file(databases) as url:
        yield url


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, databases: Path) -> Iterator[str]:
    """A migrated, empty PostgreSQL database."""
    assert request.node.get_closest_marker("postgresql"), "mark it: it belongs to `make test-postgresql`"
    with postgres.fresh_database(databases) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_url: str, databases: Path) -> str:
    """An empty PostgreSQL database without tables, as an administrator makes them."""
    postgres.empty(databases, postgres_url)
    return postgres_url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database, of either kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def other_database_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """A migrated, empty database of the other kind than `database_url`."""
    return request.getfixturevalue("postgres_url" if database_url.startswith("sqlite") else "sqlite_url")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def shared_hub(request: pytest.FixtureRequest, databases: Path) -> Iterator[Callable[..., TestHub]]:
    """As `hub`, for fixtures of a module whose tests write nothing, or take back what they wrote."""
    with opened_hubs(databases, fresh_file if request.param == "sqlite" else postgres.fresh_database) as factory:
        yield factory


@pytest.fixture(scope="module")
def shared_lite_hub(databases: Path) -> Iterator[Callable[..., TestHub]]:
    """As `shared_hub`, on SQLite alone: for what does not depend on the database."""
    with opened_hubs(databases, fresh_file) as factory:
        yield factory


@contextmanager
def opened_hubs(
    databases: Path, fresh: Callable[[Path], AbstractContextManager[str]]
) -> Iterator[Callable[..., TestHub]]:
    """A factory of hubs, each on a `fresh` database."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(
            open_stage(stack.enter_context(fresh(databases)), FrozenClock(), **options)
        )


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The database alone, with the keys of the hub of testbed.py."""
    opened = Store(database_url, lambda: Keyring([KEY]))
    yield opened
    opened.close()


@pytest.fixture
def own_deadlines() -> Iterator[None]:
    """Each call of a hook has its own deadline, for a test that is about lateness (tests/deadlines.py)."""
    with deadlines.as_they_are():
        yield


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still until the test moves it."""
    return FrozenClock()


@pytest.fixture
def open_hub_on(clock: FrozenClock) -> Iterator[Callable[..., TestHub]]:
    """Opens a hub on a database; as often as the test likes, as many processes would."""
    with ExitStack() as stack:
        yield lambda url, **options: stack.enter_context(open_stage(url, clock, **options))


@pytest.fixture
def hub(database_url: str, open_hub_on: Callable[..., TestHub]) -> Callable[..., TestHub]:
    """A factory of hubs on this test's database: `hub(conversions=[…])`."""
    return lambda **options: open_hub_on(database_url, **options)


@pytest.fixture
def lite_hub(sqlite_url: str, open_hub_on: Callable[..., TestHub]) -> Callable[..., TestHub]:
    """As `hub`, on SQLite alone: for what does not depend on the database."""
    return lambda **options: open_hub_on(sqlite_url, **options)
