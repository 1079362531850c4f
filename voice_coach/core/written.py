"""What a file of a language holds, as types: the name of every text, and what is filled into it.

Owns which texts there are, those of the lesson and of the check-up too: the reader checks a file
as a whole, and stands below the app. Must not know a word of them, nor when or by whom one is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PLACEHOLDERS: Final = "placeholders"
"""Key of a field's metadata: the names that its text may hold in braces."""


def _with(*placeholders: str) -> str:
    text: str = field(metadata={PLACEHOLDERS: placeholders})
    return text


def _each_with(*placeholders: str) -> tuple[str, ...]:
    texts: tuple[str, ...] = field(metadata={PLACEHOLDERS: placeholders})
    return texts


@dataclass(frozen=True)
class LanguageTraits:
    """The language itself."""

    code: str
    """As hassil and unicode_rbnf know it, such as "en"."""
    numbers: str
    """The rules of unicode_rbnf by which whole numbers are said …"""
    ordinals: str
    """… and those by which "first", "second" and so on are."""
    names_in_lower_case: str
    """"yes" if names of exercises and routines lose their capitals within a sentence."""


@dataclass(frozen=True)
class Texts:
    """What is said as it stands."""

    breathe_in: str
    breathe_out: str
    hold_breath: str
    rest_breath: str
    paused: str
    still_paused: str
    confirm_stop: str
    stopped: str
    done: str
    going_on: str
    no_answer: str
    slower: str
    faster: str
    slowest: str
    fastest: str
    louder: str
    quieter: str
    loudest: str
    quietest: str
    no_more_time: str
    nothing_to_end: str
    we_go_on: str
    change_sides: str
    say_done: str
    are_you_done: str
    harder: str
    hardest: str
    level_up: str
    level_down: str
    easiest: str
    short_rest: str
    only_at_the_start: str
    last_part: str
    only_one: str
    last_one: str
    last_one_of_side: str
    well_again: str
    still_unwell: str
    muted: str
    listening_again: str
    pardon: str
    first_exercise: str
    from_the_start: str
    already_going: str
    no_sides: str
    both_sides: str
    no_easier: str
    easier: str
    easier_since: str
    full_version: str
    begin_easier: str
    begin_full: str
    already_full: str
    familiar: str
    ready_waiting: str
    take_your_time: str
    still_there: str
    left: str
    not_continued: str
    yes_or_no: str
    ask_number: str
    not_kept: str
    other_voice: str
    only_voice: str
    voice_failed: str
    voice_sample: str
    not_asked: str
    nothing_running_pain: str
    red_flags: str
    last_exercise: str
    nothing_running: str
    greeting: str
    whenever: str
    no_hurry: str
    no_number_needed: str
    no_number_before: str
    no_number_after: str
    unsure_paused: str
    thanked: str
    goodbye: str
    until_next: str
    praise_done: str
    praise_begun: str
    right_to_stop: str


@dataclass(frozen=True)
class HelpTexts:
    """What fits a moment, said to who asks what they can say: three things at most."""

    idle: str
    """After the routines that can be started."""
    idle_cut_off: str
    """The same, if a session can be continued."""
    leading: str
    getting_ready: str
    paused: str
    finishing: str
    offering: str
    asking_pain: str
    confirming_pain: str
    confirming_stop: str


@dataclass(frozen=True)
class Phrasings:
    """What is said again and again, each in several wordings that take turns."""

    praise: tuple[str, ...]
    """Of an exercise that was done."""
    halfway: tuple[str, ...]
    last_repetition: tuple[str, ...]
    get_ready_soon: tuple[str, ...]
    """It begins in a few seconds, which are ticked."""
    get_ready_again: tuple[str, ...] = _each_with("seconds")
    """The time to come into position, once it is known how to cut it short."""
    repetition: tuple[str, ...] = _each_with("done", "total")
    rest: tuple[str, ...] = _each_with("seconds", "next")


@dataclass(frozen=True)
class Plural:
    """A noun with its number, by CLDR category."""

    one: str = _with("number")
    other: str = _with("number")


@dataclass(frozen=True)
class Plurals:
    """What is counted aloud."""

    seconds: Plural
    minutes: Plural
    exercises: Plural


@dataclass(frozen=True)
class Lists:
    """How items are joined."""

    any_of: str = _with("items", "last")
    all_of: str = _with("items", "last")
    choice: str = _with("items", "last")


@dataclass(frozen=True)
class SideNames:
    """The sides of the body."""

    left: str
    right: str


@dataclass(frozen=True)
class Amounts:
    """What is said when the user wants to hear more or less."""

    auto: str
    full: str
    brief: str
    tones: str


@dataclass(frozen=True)
class Signs:
    """What to do when the user feels unwell, by how they say it."""

    dizzy: str
    numb: str
    chest: str
    breath: str
    faint: str
    other: str


@dataclass(frozen=True)
class WaysOn:
    """How one may go on after pain, by the intent that leads there."""

    easier: str
    next: str
    stop: str


@dataclass(frozen=True)
class Templates:
    """What is said with something filled in."""

    minutes_and_a_half: str = _with("number")
    and_a_half: str = _with("number")
    heading: str = _with("position", "total", "name")
    first_heading: str = _with("name")
    next_heading: str = _with("name")
    only_heading: str = _with("name")
    welcome: str = _with("name", "exercises", "length")
    welcome_again: str = _with("name")
    get_ready: str = _with("seconds")
    then_repetition: str = _with("number")
    then_last: str = _with()
    then_closing: str = _with()
    then_set: str = _with("number", "total")
    then_last_set: str = _with()
    then_round: str = _with("number", "total")
    then_last_round: str = _with()
    rest_for: str = _with("seconds")
    set_of: str = _with("number", "total")
    first_direction: str = _with("direction")
    other_direction: str = _with("direction")
    then_exercise: str = _with("name", "setup")
    count: str = _with("number")
    in_set: str = _with("set", "total")
    in_round: str = _with("number", "total")
    left_out: str = _with("names")
    side: str = _with("side")
    end_of: str = _with("name")
    farewell: str = _with("name", "what", "length")
    done: str = _with("exercises")
    done_and_partly: str = _with("exercises", "number")
    only_partly: str = _with("exercises")
    skipped: str = _with("what")
    stopped: str = _with("what", "length")
    pain_question: str = _with("question")
    read_back: str = _with("number")
    read_back_certain: str = _with("number")
    pain: str = _with("number")
    pain_as_before: str = _with("number")
    pain_changed: str = _with("before", "after")
    pain_worse: str = _with("before", "after")
    offer_to_continue: str = _with("name")
    continuing: str = _with("name")
    continuing_at: str = _with("name", "next")
    countdown: str = _with("number")
    more_time: str = _with("number")
    paused_for: str = _with("length")
    more_after_this: str = _with("number")
    more_after_this_on_side: str = _with("number")
    more_to_come: str = _with("number")
    exercise_of: str = _with("position", "total")
    exercises_to_come: str = _with("exercises")
    no_such_exercise: str = _with("name", "names")
    exercise_in: str = _with("name")
    unknown_routine: str = _with("routines")
    and_more: str = _with("number")
    time_left: str = _with("session")
    time_left_here: str = _with("step", "session")
    next_comes: str = _with("name")
    let_go: str = _with("release")
    hurt_choices: str = _with("ways")
    welcome_idle: str = _with("routines")
    a_routine: str = _with("name")
    already_in: str = _with("name")


@dataclass(frozen=True)
class Troubles:
    """Why nothing can be learnt from a take, by the name of the trouble."""

    too_long: str
    too_short: str
    too_quiet: str
    too_loud: str


@dataclass(frozen=True)
class EnrolmentTexts:
    """What is said to a user who teaches the coach their voice, and what they say."""

    phrases: tuple[str, ...]
    """Commands to be taught, the most used first."""
    skips: tuple[str, ...]
    """What is said to leave one out."""
    opening: str
    again: str
    once_more: str
    good: str
    left_out: str
    not_heard: str
    did_not_work: str
    different: str
    troubles: Troubles
    let_us_leave_it_out: str
    half_done: str
    nothing_learnt: str
    learnt: Plural
    say: str = _with("phrase")
    please_say: str = _with("phrase")
    all_left_out: str = _with("phrases")


@dataclass(frozen=True)
class CheckupPhrases:
    """Commands that the user is asked to say, by the intent that they mean."""

    pause: str
    time_left: str
    start: str


@dataclass(frozen=True)
class CheckupTexts:
    """What is said to measure how well the user is heard."""

    be_quiet: str
    stay_quiet: str
    phrases: CheckupPhrases
    say: str = _with("phrase")


@dataclass(frozen=True)
class Written:
    """Everything that a language file holds."""

    language: LanguageTraits
    texts: Texts
    help: HelpTexts
    phrasings: Phrasings
    sides: SideNames
    verbosity: Amounts
    unwell: Signs
    ways_on: WaysOn
    plurals: Plurals
    lists: Lists
    templates: Templates
    enrolment: EnrolmentTexts
    checkup: CheckupTexts
    pronounce: Mapping[str, str] = field(default_factory=dict)
    """Words that a voice says wrong, each with how it is to be said."""
