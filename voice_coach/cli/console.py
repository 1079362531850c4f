"""The terminal's two streams, and how a command ends: its status, and one line on what failed.

Owns what reaches standard output and standard error, whatever names and texts hold and
whoever reads them; must not know any command.
"""

import io
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import Any

import typer
from rich.console import Console

from voice_coach import crash
from voice_coach.errors import VoiceCoachError

FAULT, USERS_MISTAKE, INTERRUPTED = 1, 2, 130

# Texts of routines and names of files may hold brackets and colons: they are shown as they are.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)


def guarded(command: Callable[[], Any]) -> int:
    """Run `command`; return the exit status, and tell in one line whatever ended it.

    What nobody foresaw is told so, too; VOICE_COACH_TRACEBACK lets it through as it is.
    """
    _prepare()
    try:
        result = command()
        if sys.stdout is not None:
            sys.stdout.flush()
    except VoiceCoachError as problem:
        return _failed(str(problem))
    except typer.TyperException as mistake:
        # Help has been shown where nothing was asked for: that is no mistake.
        helped = type(mistake).__name__ == "NoArgsIsHelpError"
        return 0 if helped else _failed(_misuse(mistake))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except OSError as problem:
        return _lost(problem)
    except Exception as fault:
        if crash.raw():
            raise
        complain(f"voice-coach: {crash.told(fault)}")
        return FAULT
    return result if isinstance(result, int) else 0


def warn(text: str) -> None:
    """Tell something that does not end the command, in one line."""
    err.print(_one_line(text), style="yellow", soft_wrap=True)


def complain(text: str) -> None:
    """Tell something that is wrong, in one line."""
    err.print(_one_line(text), style="red", soft_wrap=True)


def _failed(message: str) -> int:
    complain(f"voice-coach: {message}")
    return USERS_MISTAKE


def _lost(problem: OSError) -> int:
    _drop_output()
    if isinstance(problem, BrokenPipeError):
        return 0
    place = f": {problem.filename}" if problem.filename else ""
    return _failed(f"{problem.strerror or problem}{place}. What was to be written is lost.")


def _one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, which names of files may hold."""
    return "".join(c if c.isprintable() else " " for c in text)


def _misuse(mistake: typer.TyperException) -> str:
    """Say what is wrong with the command line, what was meant, and where its help is."""
    message = mistake.format_message().replace("Value error, ", "").rstrip(".")
    context = getattr(mistake, "ctx", None)
    if variable := _variable(mistake):
        message = message.replace(":", f" (env var: '{variable}'):", 1)
    if unknown := re.match(r"No such (command|option):? '?([^\s']+)", message):
        kind, word = unknown.groups()
        known = getattr(context.command, "commands", {}) if context else {}
        if kind == "option":
            known = getattr(mistake, "possibilities", None) or ()
        nearest = _nearest(word, known)
        message = f"No such option: {word}" if kind == "option" else f"No such command '{word}'"
        message += f". Did you mean '{nearest}'?" if nearest else ""
    command = context.command_path if context else "voice-coach"
    return f"{message}{'' if message.endswith('?') else '.'} See '{command} --help'."


def _variable(mistake: typer.TyperException) -> str | None:
    """Return the variable of the environment from which a bad value comes, if it does."""
    context, option = getattr(mistake, "ctx", None), getattr(mistake, "param", None)
    if context is None or option is None:
        return None
    source = context.get_parameter_source(option.name)
    if source is None or source.name != "ENVIRONMENT":
        return None
    names = [option.envvar] if isinstance(option.envvar, str) else option.envvar
    return next((name for name in names if os.environ.get(name)), None)


def _nearest(word: str, known: Collection[str]) -> str | None:
    """Return what was meant by a misspelt `word`: what it begins, or what is most like it."""
    begun = [name for name in known if len(word) > 1 and name.startswith(word)]
    return next(iter(begun or get_close_matches(word, known, n=1)), None)


def _prepare() -> None:
    for ending in (signal.SIGTERM, signal.SIGHUP):
        # So that sound stops, files are finished and the terminal is restored, as by Ctrl-C.
        # Who had it ignored, as nohup does, wants it to be; Python leaves SIGINT so by itself.
        if signal.getsignal(ending) is not signal.SIG_IGN:
            signal.signal(ending, lambda number, _: sys.exit(128 + number))
    if not crash.raw():
        threading.excepthook = _thread_failed
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without “ or █ shows a ?


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    """Tell what ended a thread; the session goes on without it."""
    if failed.exc_value and not isinstance(failed.exc_value, SystemExit):
        complain(f"voice-coach: {crash.told(failed.exc_value)}")


def _drop_output() -> None:
    """Let what is still to be written go nowhere: the reader has gone, or the disk is full."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
