"""Proves that nothing leaves the machine, by a walk through the whole coach, made twice.

Once in a network namespace without a route: all of it works without a network. Once watched by
strace, with the network there: it does not so much as try. Owns the two passes, the fresh home
of each and the verdict; must not know what is permitted (`syscalls`) nor what is run (`walk`).

The one exception is `voice-coach models install`, which is for downloading.
"""

import argparse
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from scripts import ROOT
from scripts.offline.syscalls import CALLS, Breach, Places, breaches
from scripts.offline.walk import (
    STEPS,
    WRITTEN,
    install_models,
    perform,
    prepare,
    seconds_since,
)

COACH: Final = Path(sys.executable).with_name("voice-coach")
OWN: Final = (".config", ".local/share", ".local/state", ".cache")
"""Of a home; the coach has a folder of its own in each."""
SABOTAGE: Final = '''
import importlib.abc, os, sys

class Sabotage(importlib.abc.MetaPathFinder):
    """Lets onnxruntime report again, after the coach has forbidden it."""

    def find_spec(self, name, path, target=None):
        if name == "onnxruntime":
            os.environ.pop("ORT_DISABLE_TELEMETRY", None)

sys.meta_path.insert(0, Sabotage())
'''


def main() -> int:
    """Make both passes; return 0 if nothing was found, 1 if something was, 2 if one cannot be."""
    options = _options()
    if options.inside:
        return _isolated(Path(options.inside), options)
    wanted = [options.only] if options.only else ["namespace", "strace"]
    if lacking := _lacking(wanted):
        print(f"prove_offline: {lacking}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="offline-") as name:
        inputs = Path(name) / "inputs"
        inputs.mkdir()
        prepare(inputs)
        makers = {"namespace": _pass_without_network, "strace": _pass_watched}
        with ThreadPoolExecutor() as pool:  # side by side: each has a home of its own
            made = [pool.submit(makers[each], Path(name), options) for each in wanted]
        statuses = [each.result() for each in made]
    if 2 in statuses:
        print("prove_offline: the pass without a network broke off.", file=sys.stderr)
        return 2
    failed = any(statuses)
    print("Something would leave this machine." if failed else "Nothing leaves this machine.")
    return 1 if failed else 0


def _pass_without_network(folder: Path, options: argparse.Namespace) -> int:
    """Make that pass in a namespace of its own; return 1 if something was found, 2 if it broke."""
    inside = [*_unshare(), sys.executable, "-m", "scripts.offline", "--inside", str(folder)]
    inside += ["--match", options.match]
    inside += ["--with-telemetry"] if options.with_telemetry else []
    status = subprocess.run(inside, cwd=ROOT, check=False).returncode
    return status if status in (0, 1) else 2


def _pass_watched(folder: Path, options: argparse.Namespace) -> int:
    return 1 if _pass(folder, "watched by strace", options, watched=True) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/prove_offline", description=__doc__)
    parser.add_argument(
        "--only",
        choices=("namespace", "strace"),
        help="make one pass only, where the other cannot be made",
    )
    parser.add_argument(
        "--with-telemetry",
        action="store_true",
        help="let onnxruntime report behind the coach's back, to see that the proof fails",
    )
    parser.add_argument(
        "--match", metavar="WORD", default="", help="walk only through commands that hold this word"
    )
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


def _lacking(wanted: list[str]) -> str:
    """Return in one line why a pass cannot be made here, or ""."""
    if "strace" in wanted and not shutil.which("strace"):
        return "strace is missing. Type: sudo apt-get install strace; or --only namespace."
    if "namespace" in wanted:
        tried = subprocess.run([*_unshare(), "true"], capture_output=True, text=True, check=False)
        if tried.returncode:
            why = tried.stderr.strip() or f"status {tried.returncode}"
            return f"no network namespace may be made here ({why}). Try sudo, or --only strace."
    return ""


def _unshare() -> list[str]:
    return ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]


def _isolated(folder: Path, options: argparse.Namespace) -> int:
    """Make the pass without a network; this process is in a namespace of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        up, set_flags = 0x1 | 0x40, 0x8914  # IFF_UP | IFF_RUNNING, SIOCSIFFLAGS
        fcntl.ioctl(probe, set_flags, struct.pack("16sh14x", b"lo", up))
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return 1 if _pass(folder, "without a network", options, watched=False) else 0
    print("prove_offline: the namespace has a route; this would prove nothing.")
    return 1


def _pass(folder: Path, title: str, options: argparse.Namespace, *, watched: bool) -> int:
    """Walk through all steps in a home of its own; tell and count what was found."""
    place = folder / title.replace(" ", "-")
    home, work, passing = (place / name for name in ("home", "work", "tmp"))
    for each in (home, passing):
        each.mkdir(parents=True)
    shutil.copytree(folder / "inputs", work)
    install_models(home)
    env = _environment(home, passing, place if options.with_telemetry else None)
    steps = [step for step in STEPS if options.match in str(step)]
    began, number = time.monotonic(), 0
    for step in steps:
        trace = place / "trace" if watched else None
        problem = perform(step, [*_strace(trace), str(COACH), *step.arguments], work, env)
        found = [Breach("it failed", problem)] if problem else []
        if trace:
            with trace.open(errors="replace") as lines:
                found += breaches(lines, _places(home, work, passing))
        number += _tell(title, str(step), found)
    number += _tell(title, "all of it", _left(home, work, passing, folder / "inputs"))
    print(f"{title}: {len(steps)} commands, {number} found, in {seconds_since(began)}", flush=True)
    return number


def _environment(home: Path, passing: Path, sabotage: Path | None) -> dict[str, str]:
    """Return that of a user with an empty home; as it is made anew, nothing tells of CI."""
    env = {
        "HOME": str(home),
        "TMPDIR": str(passing),
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # What stands in for devices is a file; no sound server of the user's is to be woken.
        "PULSE_SERVER": f"unix:{home}/no-sound-server",
        "JACK_NO_START_SERVER": "1",
    }
    if sabotage:
        (sabotage / "sitecustomize.py").write_text(SABOTAGE)
        env["PYTHONPATH"] = str(sabotage)
    return env


def _strace(trace: Path | None) -> list[str]:
    if not trace:
        return []
    watched = ",".join(["%network", *(f"?{name}" for name in CALLS)])
    command = ["strace", "-f", "-y", "-qq", "-s", "0", "--seccomp-bpf", "-o", str(trace)]
    return [*command, "-e", f"trace={watched}"]


def _places(home: Path, work: Path, passing: Path) -> Places:
    own = [home / each / "voice-coach" for each in OWN]
    own += [work / name for name in WRITTEN]
    # Whenever PortAudio looks for devices, the client libraries of sound servers keep a cookie
    # (PulseAudio) and, in memory, a list of names (JACK). Neither holds anything of the user's.
    own += [home / ".config" / "pulse", Path(f"/dev/shm/jack_db-{os.getuid()}")]  # noqa: S108
    roots = (sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), str(ROOT))
    return Places(
        work,
        own=tuple(own),
        passing=(passing, Path("/tmp"), Path("/dev/shm"), work),  # noqa: S108 - as programs do
        bytecode=(*map(Path, roots), passing.parent),
    )


def _left(home: Path, work: Path, passing: Path, inputs: Path) -> Iterator[Breach]:
    """Yield every file that is where none should be."""
    own = _places(home, work, passing).own
    for path in (*home.rglob("*"), *passing.rglob("*"), *work.rglob("*")):
        given = (inputs / path.name).exists() and path.parent == work
        above = path.is_dir() and any(each.is_relative_to(path) for each in own)
        if not given and not above and not any(path.is_relative_to(each) for each in own):
            yield Breach("a file is left", str(path))


def _tell(title: str, step: str, found: Iterable[Breach]) -> int:
    """Print what was found of a step; return how much it is."""
    told = [f"{title}: {step}\n  {breach.what}\n    {breach.line}" for breach in found]
    print("".join(f"{each}\n" for each in told), end="")
    return len(told)


if __name__ == "__main__":
    sys.exit(main())
