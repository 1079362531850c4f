"""One language that the coach speaks: its texts, and how they are put together.

Owns how what is told becomes a sentence; must not know a single word of it (they are data:
`languages/`, of the form of `core.written`), nor when anything is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from hassil.numbers import get_rbnf_engine

from voice_coach.core.catalogue import Catalogue
from voice_coach.core.phrasing import Turns
from voice_coach.core.routine import Side, Sides
from voice_coach.core.written import HelpTexts, Phrasings, Plural, Texts, Written
from voice_coach.settings.keys import Verbosity
from voice_coach.units import Samples, to_seconds

NAMED_AT_MOST = 3
"""How many routines are named at most: more nobody remembers by ear."""


@dataclass(frozen=True)
class Language:
    """What the coach says, given what is to be told."""

    written: Written
    catalogue: Catalogue

    @property
    def texts(self) -> Texts:
        """What is said as it stands."""
        return self.written.texts

    @property
    def phrasings(self) -> Phrasings:
        """What is said again and again, in several wordings."""
        return self.written.phrasings

    @property
    def common(self) -> tuple[str, ...]:
        """Answers worth having at hand before anybody asks."""
        t = self.texts
        answers = (t.paused, t.confirm_stop, t.stopped, self.more_time(10), t.slower, t.faster)
        return (*answers, t.louder, t.quieter, self.help.leading)

    def number(self, value: int) -> str:
        """Return a whole number in words."""
        about = self.written.language
        return _spelled(value, about.code, about.numbers)

    def ordinal(self, value: int) -> str:
        """Return "first", "second" and so on."""
        about = self.written.language
        return _spelled(value, about.code, about.ordinals)

    def name(self, name: str) -> str:
        """Return the name of an exercise or a routine as it stands within a sentence."""
        return name.lower() if self.written.language.names_in_lower_case == "yes" else name

    def counted(self, value: int, noun: Plural) -> str:
        """Return "one second", "two seconds" and so on."""
        return (noun.one if value == 1 else noun.other).format(number=self.number(value))

    def duration(self, samples: Samples) -> str:
        """Return a duration as one says it: to the second below a minute, else to half a minute."""
        seconds = max(0, round(to_seconds(samples)))
        if seconds < 60:
            return self.counted(seconds, self.written.plurals.seconds)
        minutes, half = divmod(round(seconds / 30), 2)
        if half:
            text = self.written.templates.minutes_and_a_half
            return text.format(number=self.number(minutes))
        return self.counted(minutes, self.written.plurals.minutes)

    def side_name(self, which: Side) -> str:
        """Return a side as it stands within a sentence."""
        return self.written.sides.left if which is Side.LEFT else self.written.sides.right

    def name_side(self, text: str, side: Side | None) -> str:
        """Return `text` with {side} and {other_side} as words."""
        if side is None:
            return text
        here, there = self.side_name(side), self.side_name(side.other)
        return text.replace("{side}", here).replace("{other_side}", there)

    def exercise_heading(self, position: int, total: int, name: str, *, known: bool = False) -> str:
        """Announce an exercise, `position` counted from 1; in short where the user knows it."""
        if total == 1 or known:
            return self._short_heading(position, total, name)
        return self._filled(
            self.written.templates.heading,
            position=self.number(position),
            total=self.number(total),
            name=self.name(name),
        )

    def _short_heading(self, position: int, total: int, name: str) -> str:
        templates = self.written.templates
        first = templates.only_heading if total == 1 else templates.first_heading
        text = first if position == 1 else templates.next_heading
        return self._filled(text, name=self.name(name))

    def welcome(self, name: str, exercises: int, length: Samples) -> str:
        """Announce a routine."""
        return self._filled(
            self.written.templates.welcome,
            name=name,
            exercises=self.counted(exercises, self.written.plurals.exercises),
            length=self.duration(length),
        )

    def welcome_again(self, name: str) -> str:
        """Announce a routine that the user has done before."""
        return self._filled(self.written.templates.welcome_again, name=name)

    def get_ready(self, seconds: int) -> str:
        """Announce the time to come into position, and how to cut it short."""
        return self._in_seconds(self.written.templates.get_ready, seconds)

    def get_ready_again(self, seconds: int, turns: Turns) -> str:
        """Announce the time to come into position to who knows how to cut it short."""
        return self._in_seconds(turns.next(self.phrasings.get_ready_again), seconds)

    def repetition(self, done: int, total: int, turns: Turns) -> str:
        """Count a repetition; the first is not counted aloud."""
        if done == total:
            return turns.next(self.phrasings.last_repetition)
        text = turns.next(self.phrasings.repetition)
        return self._filled(text, done=self.number(done), total=self.number(total))

    def rest(self, seconds: int, coming: str, turns: Turns) -> str:
        """Announce a rest: how long it is, and what comes after it."""
        return self._in_seconds(turns.next(self.phrasings.rest), seconds, next=coming)

    def coming(self, repetition: int, total: int) -> str:
        """Name a repetition that comes, within a sentence; past `total`, the closing block."""
        templates = self.written.templates
        if repetition > total:
            return templates.then_closing
        if repetition == total:
            return templates.then_last
        return templates.then_repetition.format(number=self.number(repetition))

    def coming_set(self, number: int, total: int) -> str:
        """Name a set that comes, within a sentence."""
        if number == total:
            return self.written.templates.then_last_set
        text = self.written.templates.then_set
        return text.format(number=self.ordinal(number), total=self.number(total))

    def coming_round(self, number: int, total: int) -> str:
        """Name a round of a circuit that comes, within a sentence."""
        if number == total:
            return self.written.templates.then_last_round
        text = self.written.templates.then_round
        return text.format(number=self.number(number), total=self.number(total))

    def rest_for(self, seconds: int) -> str:
        """Announce a rest in few words."""
        return self._in_seconds(self.written.templates.rest_for, seconds)

    def set_of(self, number: int, total: int) -> str:
        """Begin a set."""
        text = self.written.templates.set_of
        return self._filled(text, number=self.ordinal(number), total=self.number(total))

    def in_set(self, number: int, total: int) -> str:
        """Say which set it is of how many."""
        text = self.written.templates.in_set
        return self._filled(text, set=self.ordinal(number), total=self.number(total))

    def in_round(self, number: int, total: int) -> str:
        """Say which round it is of how many."""
        text = self.written.templates.in_round
        return self._filled(text, number=self.number(number), total=self.number(total))

    def direction(self, direction: str, *, first: bool) -> str:
        """Say which way it goes from now on."""
        templates = self.written.templates
        text = templates.first_direction if first else templates.other_direction
        return self._filled(text, direction=direction.rstrip("."))

    def then_exercise(self, name: str, setup: str) -> str:
        """Tell beforehand how another exercise of a circuit is done."""
        return self._filled(self.written.templates.then_exercise, name=self.name(name), setup=setup)

    def count(self, number: int) -> str:
        """Count aloud."""
        return self._filled(self.written.templates.count, number=self.number(number))

    def left_out(self, names: Sequence[str]) -> str:
        """Say what is not done of a routine that was made to fit into a time."""
        joined = self._joined(self.written.lists.all_of, [self.name(each) for each in names])
        return self._filled(self.written.templates.left_out, names=joined)

    def side(self, which: Side) -> str:
        """Name a side."""
        return self._filled(self.written.templates.side, side=self.side_name(which))

    def which_side(self, current: Side | None, sides: Sides) -> str:
        """Answer "which side?"."""
        if current:
            return self.side(current)
        return self.texts.no_sides if sides is Sides.NONE else self.texts.both_sides

    def farewell(
        self,
        name: str,
        done: int,
        partly: int,
        skipped: Sequence[str],
        length: Samples,
        *,
        last: bool,
    ) -> str:
        """Close a routine and say what was done, to its end or in part; take leave if it is the
        `last` thing that is said."""
        told = self._told_at_the_end(name, done, partly, skipped, length)
        return f"{told} {self.texts.until_next}" if last else told

    def stopped(self, done: int, partly: int, length: Samples) -> str:
        """Close a routine that was stopped, and say what was done."""
        what = self._what_was_done(done, partly)
        template = self.written.templates.stopped
        return self._filled(template, what=what, length=self.duration(length))

    def _told_at_the_end(
        self, name: str, done: int, partly: int, skipped: Sequence[str], length: Samples
    ) -> str:
        templates = self.written.templates
        if not done and not partly:
            return self._filled(templates.end_of, name=self.name(name))
        told = self._filled(
            templates.farewell,
            name=self.name(name),
            what=self._what_was_done(done, partly),
            length=self.duration(length),
        )
        if not skipped:
            return told
        few = len(skipped) <= 3
        names = self._joined(self.written.lists.all_of, [self.name(each) for each in skipped])
        what = names if few else self.number(len(skipped))
        return f"{told} {self._filled(templates.skipped, what=what)}"

    def _what_was_done(self, done: int, partly: int) -> str:
        templates, exercises = self.written.templates, self.written.plurals.exercises
        if not done:
            return templates.only_partly.format(exercises=self.counted(partly, exercises))
        counted = self.counted(done, exercises)
        if not partly:
            return templates.done.format(exercises=counted)
        return templates.done_and_partly.format(exercises=counted, number=self.number(partly))

    def pain_question(self, question: str) -> str:
        """Ask how it feels."""
        return self._filled(self.written.templates.pain_question, question=question)

    def score(self, value: float) -> str:
        """Return a number for pain, which may be a half, in words."""
        whole, half = divmod(value, 1)
        number = self.number(int(whole))
        return self.written.templates.and_a_half.format(number=number) if half else number

    def read_back(self, value: float, *, certain: bool) -> str:
        """Say which number was heard; unless `certain`, ask whether that is right."""
        templates = self.written.templates
        text = templates.read_back_certain if certain else templates.read_back
        return self._filled(text, number=self.score(value))

    def pain_told(self, before: float | None, after: float) -> str:
        """Close with how it feels now."""
        templates, now = self.written.templates, self.score(after)
        if before is None:
            return self._filled(templates.pain, number=now)
        if before == after:
            return self._filled(templates.pain_as_before, number=now)
        text = templates.pain_worse if after > before else templates.pain_changed
        return self._filled(text, before=self.score(before), after=now)

    def offer_to_continue(self, exercise: str) -> str:
        """Offer to go on with a session that was cut off."""
        return self._filled(self.written.templates.offer_to_continue, name=self.name(exercise))

    def continuing(self, exercise: str, coming: str = "") -> str:
        """Go on with a session that was cut off, at the repetition that is `coming`, if any."""
        templates, name = self.written.templates, self.name(exercise)
        if not coming:
            return self._filled(templates.continuing, name=name)
        return self._filled(templates.continuing_at, name=name, next=coming)

    def countdown(self, seconds: int) -> str:
        """One count at the end of a hold."""
        return self._filled(self.written.templates.countdown, number=self.number(seconds))

    def more_time(self, seconds: int) -> str:
        """Confirm that a hold is longer by so much; there are never as few as one."""
        return self._filled(self.written.templates.more_time, number=self.number(seconds))

    def paused_for(self, length: Samples) -> str:
        """Confirm a pause that ends by itself."""
        return self._filled(self.written.templates.paused_for, length=self.duration(length))

    def more_after_this(self, number: int, *, one_side: bool) -> str:
        """Answer "how many more?" in the middle of one; where sides change, of this side."""
        texts, templates = self.texts, self.written.templates
        if not number:
            return texts.last_one_of_side if one_side else texts.last_one
        text = templates.more_after_this_on_side if one_side else templates.more_after_this
        return self._filled(text, number=self.number(number))

    def more_to_come(self, number: int) -> str:
        """Answer "how many more?" before one."""
        if number == 1:
            return self.texts.only_one
        return self._filled(self.written.templates.more_to_come, number=self.number(number))

    def exercise_of(self, position: int, total: int) -> str:
        """Say which exercise of how many it is; nothing where there is but one."""
        if total == 1:
            return ""
        return self._filled(
            self.written.templates.exercise_of,
            position=self.number(position),
            total=self.number(total),
        )

    def exercises_to_come(self, total: int) -> str:
        """Answer "how many?" before the first exercise."""
        counted = self.counted(total, self.written.plurals.exercises)
        return self._filled(self.written.templates.exercises_to_come, exercises=counted)

    def unwell(self, sign: str) -> str:
        """Say what to do when the user feels unwell, by how they say it."""
        meant: Mapping[str, str] = vars(self.written.unwell)
        return meant.get(sign, self.written.unwell.other)

    def time_left(self, step: Samples | None, session: Samples) -> str:
        """Answer "how long left?": in this hold, if any, and in all."""
        templates, whole = self.written.templates, self.duration(session)
        if not step:
            return self._filled(templates.time_left, session=whole)
        return self._filled(templates.time_left_here, step=self.duration(step), session=whole)

    def whats_next(self, name: str | None) -> str:
        """Answer "what's next?"."""
        if not name:
            return self.texts.last_exercise
        return self._filled(self.written.templates.next_comes, name=self.name(name))

    def hurts(self, release: str | None, ways: Sequence[str]) -> str:
        """Answer "that hurts": let go first, then the ways on."""
        letting_go = self._filled(self.written.templates.let_go, release=release or "").strip()
        return f"{letting_go} {self.hurt_choices(ways)}"

    def hurt_choices(self, ways: Sequence[str]) -> str:
        """Name the ways on after pain: "easier", "next", "stop"."""
        meant: Mapping[str, str] = vars(self.written.ways_on)
        joined = self._joined(self.written.lists.any_of, [meant[way] for way in ways])
        return self._filled(self.written.templates.hurt_choices, ways=joined)

    def welcome_idle(self, routines: Sequence[str]) -> str:
        """Say what may be started."""
        a_routine = self.written.templates.a_routine
        named = [a_routine.format(name=self.name(name)) for name in routines]
        joined = self._joined(self.written.lists.any_of, named)
        return self._filled(self.written.templates.welcome_idle, routines=joined)

    def nothing_running(self, routines: Sequence[str]) -> str:
        """Answer a command that needs a session while there is none."""
        return f"{self.texts.nothing_running} {self.welcome_idle(routines)}"

    def unknown_routine(self, routines: Sequence[str]) -> str:
        """Answer a start that names no routine that we have: a few of those that there are."""
        named = [self.name(name) for name in routines[:NAMED_AT_MOST]]
        if more := len(routines) - len(named):
            named.append(self.written.templates.and_more.format(number=self.number(more)))
        joined = self._joined(self.written.lists.all_of, named)
        return self._filled(self.written.templates.unknown_routine, routines=joined)

    def no_such_exercise(self, name: str, coming: Sequence[str]) -> str:
        """Answer who wants to go to an exercise that is not in the routine."""
        names = self._joined(self.written.lists.choice, [self.name(each) for each in coming])
        text = self.written.templates.no_such_exercise
        return self._filled(text, name=self.name(name), names=names)

    def exercise_in(self, name: str, routines: Sequence[str]) -> str:
        """Answer who wants to go to an exercise while nothing runs."""
        text = self._filled(self.written.templates.exercise_in, name=self.name(name))
        return f"{text} {self.welcome_idle(routines)}"

    def already_in(self, name: str) -> str:
        """Answer "start" during a session."""
        return self._filled(self.written.templates.already_in, name=self.name(name))

    @property
    def help(self) -> HelpTexts:
        """Answers to "what can I say?", by the moment."""
        return self.written.help

    def help_idle(self, routines: Sequence[str], *, cut_off: bool) -> str:
        """Answer "what can I say?" before a session; one that was `cut_off` can be continued."""
        more = self.help.idle_cut_off if cut_off else self.help.idle
        return f"{self.welcome_idle(routines[:NAMED_AT_MOST])} {more}"

    def verbosity(self, amount: Verbosity) -> str:
        """Confirm how much is said from now on."""
        meant: Mapping[str, str] = vars(self.written.verbosity)
        return meant[amount.value]

    def _in_seconds(self, text: str, seconds: int, **values: str) -> str:
        counted = self.counted(seconds, self.written.plurals.seconds)
        return self._filled(text, seconds=counted, **values)

    @staticmethod
    def _joined(pattern: str, items: Sequence[str]) -> str:
        """Return "a, b or c"."""
        if len(items) == 1:
            return items[0]
        return pattern.format(items=", ".join(items[:-1]), last=items[-1])

    @staticmethod
    def _filled(template: str, **values: str) -> str:
        """Return `template` with `values`, and with a capital first letter."""
        text = template.format(**values)
        return text[:1].upper() + text[1:]


@cache
def _spelled(value: int, code: str, rules: str) -> str:
    return get_rbnf_engine(code).format_number(value, ruleset_names=[rules]).text
