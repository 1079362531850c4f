"""Commands about all that is kept at once: `voice-coach forget` and `voice-coach move …`.

Owns what is shown and asked before; must not know where anything is kept.
"""

from pathlib import Path
from typing import Annotated

import typer

from voice_coach.cli.console import out
from voice_coach.cli.writing import FORCE, YES, confirm, file_form, spare, whole_file
from voice_coach.errors import VoiceCoachError

move_app = typer.Typer(
    no_args_is_help=True, help="Take settings, history, voice, routines and models along."
)


def forget(
    everything: Annotated[
        bool, typer.Option("--everything", help="All that the coach keeps on this machine.")
    ] = False,
    yes: Annotated[bool, YES] = False,
) -> None:
    """Show all that the coach keeps on this machine, and remove it for good after a yes."""
    if not everything:
        raise VoiceCoachError(
            "Give --everything. For a part of it: history delete, teach --forget, models remove."
        )
    from voice_coach import belongings

    things = belongings.kept()
    if not things:
        out.print("The coach keeps nothing on this machine.")
        return
    width = max(len(each.what) for each in things)
    for each in things:
        real = f" → {each.path.resolve()}" if each.path.is_symlink() else ""
        line = f"{_size(each.size):>9}  {each.what:<{width}}  {each.path}{real}"
        out.print(line, soft_wrap=True)
    if not yes:
        confirm("Remove all of it for good?", "removed")
    belongings.forget()
    out.print("Removed. Nothing is left but the program, and files that you had written yourself.")


@move_app.command("pack")
def pack(
    file: Annotated[Path, typer.Argument(metavar="FILE.tar", help="The file to write.")],
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Write all that another machine needs into one file, also while a coach is running."""
    from voice_coach import belongings
    from voice_coach.files import PRIVATE

    file_form(file, "a pack", ("tar",))
    spare(file, force=force)
    with whole_file(file, force=force, mode=PRIVATE) as written:
        packed = belongings.pack(written)
    what = ", ".join(packed) or "nothing: the coach keeps nothing yet"
    out.print(f"Written: {file} ({what})", soft_wrap=True)
    out.print(
        f"On the other machine: voice-coach move unpack {file.name}", style="dim", soft_wrap=True
    )


@move_app.command("unpack")
def unpack(
    file: Annotated[Path, typer.Argument(metavar="FILE.tar", help="What 'move pack' wrote.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also over what this machine has already.")
    ] = False,
) -> None:
    """Put all that is in a pack in its place on this machine."""
    from voice_coach import belongings

    placed = belongings.unpack(file, force=force)
    out.print(f"Here now: {', '.join(placed) or 'nothing: the pack is empty'}", soft_wrap=True)
    out.print(
        "Screens have to be paired anew. Microphone and loudspeaker may have other names here: "
        "voice-coach doctor tells.",
        style="dim",
        soft_wrap=True,
    )


def _size(size: int) -> str:
    """Return a number of bytes as people read it."""
    for unit, step in (("MB", 1e6), ("kB", 1e3)):
        if size >= step:
            return f"{size / step:,.1f} {unit}"
    return f"{size} bytes"
