"""What may be said and what the session has a rule for are the same commands."""

from voice_coach.core.session import TABLE
from voice_coach.library import read_commands


def test_every_command_has_a_rule_and_every_rule_a_command() -> None:
    ruled = {trigger for _, trigger in TABLE if not trigger.startswith("(")}
    assert ruled == read_commands([]).intents
