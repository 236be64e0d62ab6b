"""Escapes to files: the hub's key, configuration and database, and what belongs to other connectors."""

from __future__ import annotations

import ctypes
import dbm.dumb
import importlib
import importlib.machinery
import io
import json
import linecache
import logging
import mmap
import os
import shutil
import sqlite3
import ssl
import sys
import tarfile
import zipfile
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import hub
from hub.plugin_host.escapes.native import libc, raw
from hub.plugin_host.escapes.table import Targets, escape

STOLEN = Path("stolen")
"""A file in the plugin's own folder."""


def _library(name: str) -> Any:
    return importlib.import_module(name)


@escape("read the key with open()")
def _open(targets: Targets) -> object:
    with open(targets.key) as file:
        return file.read()


@escape("read the key with os.open()")
def _os_open(targets: Targets) -> object:
    return os.read(os.open(targets.key, os.O_RDONLY), 100)


@escape("read the key with io.FileIO")
def _file_io(targets: Targets) -> object:
    return io.FileIO(targets.key).readall()


@escape("read the key through a descriptor of its folder")
def _folder_descriptor(targets: Targets) -> object:
    place = os.open(targets.hub_folder, os.O_PATH | os.O_DIRECTORY)
    return os.read(os.open("secret.key", os.O_RDONLY, dir_fd=place), 100)


@escape("read the key through /proc/self/root")
def _proc_root(targets: Targets) -> object:
    return Path(f"/proc/self/root{targets.key}").read_text()


@escape("read the key by a path that climbs out of the own folder")
def _climb(targets: Targets) -> object:
    return Path("../" * 12 + targets.key.lstrip("/")).read_text()


@escape("read the key with mmap")
def _mmap(targets: Targets) -> object:
    return mmap.mmap(os.open(targets.key, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:10]


@escape("read the key with linecache")
def _linecache(targets: Targets) -> object:
    linecache.checkcache(targets.key)
    return linecache.getline(targets.key, 1) or None


@escape("read the configuration with readline, which raises no audit event")
def _readline(targets: Targets) -> object:
    readline = _library("readline")
    readline.read_history_file(targets.key)
    return readline.get_history_item(1)


@escape("read the key with the C library's open()")
def _c_open(targets: Targets) -> object:
    return os.read(libc("open", targets.key.encode(), os.O_RDONLY), 100)


@escape("read the key with the C library's fopen()")
def _c_fopen(targets: Targets) -> object:
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    return library.fopen(targets.key.encode(), b"r") or None


@escape("read the key with openat2")
def _openat2(targets: Targets) -> object:
    return os.read(raw("openat2", -100, targets.key.encode() + b"\0", bytes(24), 24), 100)


@escape("read the key by a file handle")
def _handle(targets: Targets) -> object:
    handle, mount = ctypes.create_string_buffer(b"\x80\0\0\0", 136), ctypes.create_string_buffer(4)
    return raw("name_to_handle_at", -100, targets.key.encode() + b"\0", handle, mount, 0) == 0


@escape("read the key into another file with sendfile")
def _sendfile(targets: Targets) -> object:
    target = os.open(STOLEN, os.O_WRONLY | os.O_CREAT)
    return os.sendfile(target, os.open(targets.key, os.O_RDONLY), 0, 10)


@escape("copy the key")
def _copy(targets: Targets) -> object:
    return shutil.copyfile(targets.key, STOLEN)


@escape("put the key into an archive")
def _archive(targets: Targets) -> object:
    with zipfile.ZipFile("stolen.zip", "w") as archive:
        archive.write(targets.key)
    with tarfile.open("stolen.tar", "w") as tape:
        tape.add(targets.key)
    return Path("stolen.tar").stat().st_size


@escape("link the key into the own folder")
def _link(targets: Targets) -> object:
    os.link(targets.key, "linked")
    return Path("linked").read_text()


@escape("read the key through a symbolic link")
def _symbolic_link(targets: Targets) -> object:
    os.symlink(targets.key, "pointing")
    return Path("pointing").read_text()


@escape("move the key into the own folder")
def _move(targets: Targets) -> object:
    os.rename(targets.key, "moved")
    shutil.move("moved", targets.key)
    return "moved"


@escape("let OpenSSL read a file as certificates")
def _openssl_read(targets: Targets) -> object:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(targets.key)
    except ssl.SSLError as error:
        return f"it was read: {error}"
    return "it was read"


@escape("let OpenSSL write its log of keys")
def _openssl_write(targets: Targets) -> object:
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = f"{targets.hub_folder}/keylog"
    return Path(f"{targets.hub_folder}/keylog").exists()


@escape("list the hub's folder")
def _list(targets: Targets) -> object:
    return os.listdir(targets.hub_folder)


@escape("import code from the hub's folder")
def _import(targets: Targets) -> object:
    loader = importlib.machinery.SourceFileLoader("found_code", f"{targets.hub_folder}/package/code.py")
    module = ModuleType("found_code")
    loader.exec_module(module)
    return module.NAME


@escape("import code from an archive in the hub's folder")
def _zip_import(targets: Targets) -> object:
    sys.path.insert(0, f"{targets.hub_folder}/package.zip")
    try:
        return _library("zipped_code").NAME or None
    except ModuleNotFoundError as error:
        raise PermissionError(str(error)) from None
    finally:
        sys.path.pop(0)


@escape("read the database by ATTACH, which raises no audit event")
def _attach(targets: Targets) -> object:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("ATTACH ? AS hub", (targets.database,))
        return database.execute("SELECT name FROM hub.account").fetchall()


@escape("change another account's row by ATTACH")
def _attach_write(targets: Targets) -> object:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("ATTACH ? AS hub", (targets.database,))
        changed = database.execute("UPDATE hub.account SET name = name").rowcount
        database.commit()
        return changed


@escape("write a file of its choice by VACUUM INTO")
def _vacuum(targets: Targets) -> object:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("VACUUM INTO ?", (f"{targets.hub_folder}/vacuumed",))
    return os.path.exists(f"{targets.hub_folder}/vacuumed")


@escape("open the database with SQLAlchemy")
def _sqlalchemy(targets: Targets) -> object:
    engine = _library("sqlalchemy").create_engine(f"sqlite:///{targets.database}")
    with engine.connect() as connection:
        return connection.exec_driver_sql("SELECT name FROM account").all()


@escape("read the key with lxml, whose C library opens files itself")
def _lxml_read(targets: Targets) -> object:
    return _library("lxml.etree").parse(f"{targets.hub_folder}/page.xml").getroot().text


@escape("read the key as an external entity")
def _lxml_entity(targets: Targets) -> object:
    etree = _library("lxml.etree")
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    text = f'<!DOCTYPE a [<!ENTITY key SYSTEM "{targets.key}">]><a>&key;</a>'
    return etree.fromstring(text.encode(), parser).text


@escape("write a file with lxml")
def _lxml_write(targets: Targets) -> object:
    etree = _library("lxml.etree")
    etree.ElementTree(etree.Element("a")).write(f"{targets.hub_folder}/written.xml")
    return True


@escape("read the key with fsspec")
def _fsspec(targets: Targets) -> object:
    with _library("fsspec").open(targets.key) as file:
        return file.read()


@escape("read the key by a file:// address with requests")
def _requests_file(targets: Targets) -> object:
    session = _library("requests").Session()
    session.mount("file://", _library("requests_file").FileAdapter())
    return session.get(f"file://{targets.key}").text if session.get(f"file://{targets.key}").ok else None


@escape("read the key with cffi")
def _cffi_read(targets: Targets) -> object:
    ffi = _library("cffi").FFI()
    ffi.cdef("int open(const char *path, int flags);")
    descriptor = ffi.dlopen(None).open(targets.key.encode(), os.O_RDONLY)
    return os.read(descriptor, 10) if descriptor >= 0 else None


@escape("write a file with readline, which raises no audit event")
def _readline_write(targets: Targets) -> object:
    _library("readline").write_history_file(f"{targets.hub_folder}/history")
    return True


@escape("write a file with dbm")
def _dbm(targets: Targets) -> object:
    with dbm.dumb.open(f"{targets.hub_folder}/dbm", "c") as file:
        file[b"a"] = b"b"
    return True


@escape("write a file with a handler of logging")
def _logging(targets: Targets) -> object:
    logging.FileHandler(f"{targets.hub_folder}/log").close()
    return True


@escape("write a file in the folder that all share")
def _shared_folder(targets: Targets) -> object:
    place = Path(targets.hub_folder).parent / "shared-note"
    place.write_text("x")
    place.unlink()
    return True


@escape("empty the key with truncate")
def _truncate(targets: Targets) -> object:
    size = os.stat(targets.key).st_size
    os.truncate(targets.key, size)
    return True


@escape("open the key for writing")
def _append(targets: Targets) -> object:
    os.close(os.open(targets.key, os.O_WRONLY | os.O_APPEND))
    return True


@escape("delete a file of the hub")
def _delete(targets: Targets) -> object:
    Path(f"{targets.hub_folder}/page.txt").unlink()
    return True


@escape("make a folder in the hub's")
def _make_folder(targets: Targets) -> object:
    os.mkdir(f"{targets.hub_folder}/made")
    os.rmdir(f"{targets.hub_folder}/made")
    return True


@escape("make a pipe in the hub's folder")
def _make_pipe(targets: Targets) -> object:
    os.mkfifo(f"{targets.hub_folder}/pipe")
    os.unlink(f"{targets.hub_folder}/pipe")
    return True


@escape("change the mode of the key")
def _chmod(targets: Targets) -> object:
    os.chmod(targets.key, 0o644)
    return True


@escape("change the mode of the key with fchmodat2")
def _fchmodat2(targets: Targets) -> object:
    return raw("fchmodat2", -100, targets.key.encode() + b"\0", 0o644, 0) == 0


@escape("change the owner of the key")
def _chown(targets: Targets) -> object:
    os.chown(targets.key, os.getuid(), os.getgid())
    return True


@escape("change the times of the key")
def _utime(targets: Targets) -> object:
    os.utime(targets.key)
    return True


@escape("change an attribute of the key")
def _xattr(targets: Targets) -> object:
    os.setxattr(targets.key, "user.note", b"x")
    return True


@escape("overwrite the hub's package")
def _package(targets: Targets) -> object:
    os.close(os.open(hub.__file__, os.O_WRONLY | os.O_APPEND))
    return True


@escape("overwrite a library")
def _installed_library(targets: Targets) -> object:
    os.close(os.open(json.__file__, os.O_WRONLY | os.O_APPEND))
    return True


@escape("put a .pth file beside the libraries")
def _pth(targets: Targets) -> object:
    place = Path(_library("pydantic").__file__).parents[1] / "ringfence_probe.pth"
    os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    place.unlink()
    return True


@escape("read the folder of another connector")
def _other_folder(targets: Targets) -> object:
    return Path(f"{targets.other_folder}/note").read_text()


@escape("write into the folder of another connector")
def _other_folder_write(targets: Targets) -> object:
    os.close(os.open(f"{targets.other_folder}/new", os.O_WRONLY | os.O_CREAT))
    return True


@escape("watch the hub's folder with inotify")
def _inotify(targets: Targets) -> object:
    return libc("inotify_add_watch", raw("inotify_init1", 0), targets.hub_folder.encode(), 2) >= 0


@escape("read the users of the machine")
def _users(targets: Targets) -> object:
    return Path("/etc/passwd").read_text()[:20]
