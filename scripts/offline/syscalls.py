"""What a program did to network and files, read from the output of `strace -f -y -s 0`.

Owns the reading of that output, and what is permitted; must not know which program it was.

Permitted are sockets of AF_UNIX, and of AF_INET and AF_INET6 as long as every address given to
them is loopback: the page is served there, and to nobody else. AF_NETLINK is not: it asks the
kernel alone, but nothing here needs it, and glibc opens it on the way to a look-up. Port 53 and
the sockets of resolvers are not, on loopback either: systemd-resolved listens there and asks on.
Files may be made and written in the coach's own folders. Anywhere for passing files they may be
made too, and must be gone in the end. The bytecode that Python keeps beside sources is Python's.
"""

import ipaddress
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CALLS: Final = (
    "open openat openat2 creat mkdir mkdirat rename renameat renameat2 link linkat symlink "
    "symlinkat mknod mknodat truncate unlink unlinkat rmdir io_uring_setup"
).split()
"""What is traced besides all that has to do with the network; a machine may lack some."""
_LOOK_UP_FILES: Final = {"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf"}
_RESOLVERS: Final = ("/nscd/", "io.systemd.Resolve", "mdnsd", "avahi-daemon", "/sssd/")
_OPENING: Final = {"open", "openat", "openat2"}
_ADDRESSED: Final = {"connect", "bind", "sendto", "sendmsg", "sendmmsg"}
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/tty", "/dev/pts/", "/dev/snd/", "/proc/")

_CALL = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)\)\s+= (?P<result>\S.*)$", re.DOTALL)
_RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(.*)$", re.DOTALL)
_UNFINISHED = re.compile(r"\s*<unfinished \.\.\.>$")
_FAMILY = re.compile(r"sa_family=(?:0x\w+ /\* )?(\w+)")
_HOST = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
_PORT = re.compile(r"sin6?_port=htons\((\d+)\)")
_UNIX = re.compile(r'sun_path=@?"([^"]*)"')
_PATH = re.compile(
    r'(?:(?:AT_FDCWD|\d+)<(?P<folder>(?:[^>\\]|\\.)*)>, )?"(?P<name>(?:[^"\\]|\\.)*)"'
)


@dataclass(frozen=True)
class Call:
    """One call of the kernel, whole."""

    name: str
    arguments: str
    result: str
    line: str
    """As strace showed it, its two parts joined."""

    @property
    def done(self) -> bool:
        """Whether it had an effect."""
        return not self.result.startswith(("-1", "?"))


@dataclass(frozen=True)
class Places:
    """Where files may be written."""

    folder: Path
    """Where the program was started: names without a folder are meant there."""
    own: tuple[Path, ...]
    passing: tuple[Path, ...] = ()
    """Where a file may be that is gone in the end."""
    bytecode: tuple[Path, ...] = ()
    """Where Python may write __pycache__."""


@dataclass(frozen=True)
class Breach:
    """Something that was not permitted."""

    what: str
    line: str


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """Yield the calls; one that another thread interrupted in the output, when it is whole."""
    begun: dict[str, str] = {}
    for line in lines:
        process, _, text = line.rstrip("\n").partition(" ")
        text = text.strip()
        if _UNFINISHED.search(text):
            begun[process] = _UNFINISHED.sub("", text)
            continue
        if resumed := _RESUMED.match(text):
            text = begun.pop(process, "") + resumed[1]
        if call := _CALL.match(text):
            yield Call(call["name"], call["arguments"], call["result"], f"{process} {text}")
    for process, text in begun.items():  # the process ended in it: it had been asked for
        name, _, arguments = text.partition("(")
        yield Call(name, arguments, "?", f"{process} {text} <unfinished ...>")


def breaches(lines: Iterable[str], places: Places) -> list[Breach]:
    """Return what was not permitted, in order, each only once."""
    found = {
        Breach(what, call.line): None
        for call in calls(lines)
        for what in (*_network(call), *_look_ups(call), *_files(call, places))
    }
    return list(found)


def _network(call: Call) -> Iterator[str]:
    if call.name == "io_uring_setup":
        yield "a way around what is watched (io_uring)"
    elif call.name in ("socket", "socketpair"):
        family, _, kind = call.arguments.partition(", ")
        if family not in ("AF_UNIX", "AF_LOCAL", "AF_INET", "AF_INET6") or "SOCK_RAW" in kind:
            yield f"a socket of {family}, {kind.partition(',')[0]}"
    elif call.name in _ADDRESSED:
        for address in re.split(r"(?=sa_family=)", call.arguments)[1:]:
            yield from _address(call.name, address)


def _address(name: str, address: str) -> Iterator[str]:
    family = _FAMILY.match(address)
    host, port, path = (pattern.search(address) for pattern in (_HOST, _PORT, _UNIX))
    if port and port[1] == "53":
        yield "a name look-up (port 53)"
    elif host:
        known = ipaddress.ip_address(host[1] or host[2])
        known = getattr(known, "ipv4_mapped", None) or known
        if not known.is_loopback:
            yield f"{name} to {known}, which is not this machine alone"
    elif family and family[1] == "AF_UNIX":
        if path and any(resolver in path[1] for resolver in _RESOLVERS):
            yield f"a name look-up ({path[1]})"
    elif not family or family[1] != "AF_UNSPEC":  # that one undoes a connect
        yield f"{name} to {address.partition(',')[0]}"


def _look_ups(call: Call) -> Iterator[str]:
    if call.name in _OPENING:
        for path in _paths(call, Path("/")):
            if path in _LOOK_UP_FILES:
                yield f"a name look-up ({path})"


def _files(call: Call, places: Places) -> Iterator[str]:
    if call.name not in CALLS or not call.done:
        return
    if call.name in _OPENING and (
        not re.search(r"O_(CREAT|WRONLY|RDWR|TRUNC)", call.arguments)
        or "O_TMPFILE" in call.arguments  # it has no name, unless linkat gives it one
    ):
        return
    paths = [Path(path) for path in _paths(call, places.folder)]
    if call.name.startswith("symlink"):
        paths = paths[-1:]  # the first is only what it says
    for path in paths:
        above = call.name.startswith("mkdir") and any(o.is_relative_to(path) for o in places.own)
        if not above and not _permitted(path, places):
            yield f"{call.name} of {path}, outside the coach's own folders"


def _permitted(path: Path, places: Places) -> bool:
    if str(path).startswith(_DEVICES):
        return True
    if any(path.is_relative_to(own) for own in places.own):
        return True
    if "__pycache__" in path.parts and any(path.is_relative_to(p) for p in places.bytecode):
        return True
    passing = any(path.is_relative_to(place) for place in places.passing)
    return passing and not os.path.lexists(path)


def _paths(call: Call, folder: Path) -> Iterator[str]:
    """Yield the files that a call names, as absolute paths."""
    for found in _PATH.finditer(call.arguments):
        base = _decoded(found["folder"]) if found["folder"] else str(folder)
        yield os.path.normpath(Path(base) / _decoded(found["name"]))


def _decoded(shown: str) -> str:
    """Return a name with strace's escapes undone."""
    return shown.encode().decode("unicode_escape").encode("latin-1").decode("utf-8", "replace")
