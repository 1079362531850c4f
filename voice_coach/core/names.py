"""Whether a routine's name can be told by ear from everything else that may be said.

Owns what makes two names, or a name and a command, the same sentence; must not know files, nor
what is done about it.
"""

from dataclasses import dataclass, field

from voice_coach.core.intents import Commands

ROUTINE = "routine"
"""The list of the templates that names of routines fill."""


@dataclass(frozen=True)
class Clash:
    """What would mean two things."""

    sentence: str
    """A command that would start the routine instead; "" where the name is that of another."""
    owner: str = ""
    """The routine that has the name already."""


@dataclass
class Names:
    """Names that are in use; each new one is held against them and against all commands."""

    commands: Commands
    """What may be said where there is no routine at all."""
    _owners: dict[str, str] = field(default_factory=dict)
    """Each name as it is said, with the routine that it starts."""

    def clash(self, name: str, owner: str) -> Clash | None:
        """Return what `name` of `owner` would be taken for, or take over, if anything.

        One name may be the end of another: the longer one counts where it is said.
        """
        if self._owners.get(name.casefold(), owner) != owner:
            return Clash("", self._owners[name.casefold()])
        # One that a command goes on from is heard in its place as easily.
        sentence = next(self.commands.taken_over(ROUTINE, name), None)
        return None if sentence is None else Clash(sentence)

    def use(self, name: str, owner: str) -> None:
        """Let `name` start the routine that is called `owner` from now on."""
        self._owners.setdefault(name.casefold(), owner)
