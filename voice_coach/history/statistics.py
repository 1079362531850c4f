"""What past sessions add up to: totals, streaks, weeks, a calendar, exercises and pain.

Owns these figures and nothing else: it reads no file and no clock, and must not know how the
figures are shown. A session belongs to the day that the user's own clock showed when it began.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Final, TypeVar

from voice_coach.history.journal import Ending, PastSession

MOST_POINTS: Final = 104
"""As many points or bars can be told apart in a chart: two years of weeks."""
ENDINGS: Final[dict[Ending, str]] = {
    "finished": "finished",
    "stopped": "stopped",
    "left": "no answer",
    "unfinished": "cut off",
}
"""How a session ended, in words."""
_WEEK: Final = timedelta(weeks=1)

Item = TypeVar("Item")


class Span(StrEnum):
    """How much time one point or bar of a chart stands for; the first that gives few enough."""

    SESSION = "session"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Totals:
    """What all sessions come to."""

    sessions: int
    seconds: float
    streak_weeks: int
    """Calendar weeks in a row with a session, up to this week or the last."""
    this_week_sessions: int
    this_week_seconds: float


@dataclass(frozen=True)
class Period:
    """The sessions of a week, a month or a year."""

    begins: date
    sessions: int
    seconds: float


@dataclass(frozen=True)
class Day:
    """One day of a calendar."""

    date: date
    sessions: int
    seconds: float
    is_future: bool


@dataclass(frozen=True)
class ExerciseTotals:
    """How one exercise of one routine went, over all sessions."""

    routine: str
    name: str
    prescribed: str
    """What the routine asked for the last time that this was kept, in words; may be empty."""
    done: int
    partly: int
    """How often it was begun and not done to its end."""
    skipped: int
    hurt: int
    last_hurt: date | None
    repetitions: tuple[int, int] | None
    """Of a set, the fewest and the most in one session in which it was begun."""
    levels: tuple[tuple[str, int], ...]
    """Each level with how often it was done there, the latest last; "" is as it is written."""


@dataclass(frozen=True)
class Programme:
    """What a routine asks for as it is written today; for sessions that did not keep it."""

    question: str
    """Asked before and after, to be answered from 0 to 10; may be empty."""
    exercises: Mapping[str, str]
    """What is prescribed of each exercise, in words, by its name, in their order."""


NO_PROGRAMMES: Final[Mapping[str, Programme]] = {}


@dataclass(frozen=True)
class Share:
    """How much of it all was one routine."""

    routine: str
    sessions: int
    finished: int
    seconds: float


@dataclass(frozen=True)
class Asked:
    """The sessions in which one question was answered, from 0 to 10; no two are ever mixed."""

    question: str
    """In its words; empty where those were not kept."""
    routines: tuple[str, ...]
    """The routines that ask it, that with the most sessions first."""
    sessions: tuple[PastSession, ...]

    @property
    def title(self) -> str:
        """The question, or where it was asked."""
        return self.question or f"Asked in {', '.join(self.routines)}"


@dataclass(frozen=True)
class Pain:
    """Answers from 0 to 10 before and after, as told or the mean of a span; None if not told."""

    when: date
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Relief:
    """The mean answers before and after, over the sessions in which both were told."""

    sessions: int
    before: float
    after: float


def day_of(session: PastSession) -> date:
    """Return the day on which `session` began, by the user's own clock."""
    return session.began.date()


def monday_of(day: date) -> date:
    """Return the first day of the calendar week (ISO 8601) that holds `day`."""
    return day - timedelta(days=day.weekday())


def totals(sessions: Iterable[PastSession], today: date) -> Totals:
    """Add up `sessions` as of `today`."""
    sessions = tuple(sessions)
    days = [day_of(session) for session in sessions]
    this_week = monday_of(today)
    recent = [s for s, day in zip(sessions, days, strict=True) if monday_of(day) == this_week]
    return Totals(
        sessions=len(sessions),
        seconds=sum(session.seconds for session in sessions),
        streak_weeks=streak_weeks(days, today),
        this_week_sessions=len(recent),
        this_week_seconds=sum(session.seconds for session in recent),
    )


def streak_weeks(days: Iterable[date], today: date) -> int:
    """Count the calendar weeks in a row that hold one of `days`, up to this week or the last."""
    weeks = {monday_of(day) for day in days}
    week = monday_of(today)
    if week not in weeks:
        week -= _WEEK
    count = 0
    while week in weeks:
        count += 1
        week -= _WEEK
    return count


def periods(sessions: Sequence[PastSession], today: date) -> tuple[Span, tuple[Period, ...]]:
    """Return every week from the first session to `today`, empty ones too, oldest first.

    Where that would be more than MOST_POINTS: every month, else every year.
    """
    if not sessions:
        return Span.WEEK, ()
    days = [day_of(session) for session in sessions]
    first, last = min(days), max(today, *days)
    span = _span(first, last)
    counts: Counter[date] = Counter()
    seconds: defaultdict[date, float] = defaultdict(float)
    for session, day in zip(sessions, days, strict=True):
        begins = _begin(day, span)
        counts[begins] += 1
        seconds[begins] += session.seconds
    return span, tuple(
        Period(begins, counts[begins], seconds[begins]) for begins in _begins(first, last, span)
    )


def calendar(
    sessions: Iterable[PastSession], today: date, weeks: int = 12
) -> tuple[tuple[Day, ...], ...]:
    """Return the last `weeks` calendar weeks, this one included: rows of Monday to Sunday."""
    counts: Counter[date] = Counter()
    seconds: defaultdict[date, float] = defaultdict(float)
    for session in sessions:
        counts[day_of(session)] += 1
        seconds[day_of(session)] += session.seconds
    first = monday_of(today) - (weeks - 1) * _WEEK
    days = (first + timedelta(days=number) for number in range(7 * weeks))
    cells = [Day(day, counts[day], seconds[day], day > today) for day in days]
    return tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))


def tallies(
    sessions: Iterable[PastSession], programmes: Mapping[str, Programme] = NO_PROGRAMMES
) -> tuple[ExerciseTotals, ...]:
    """Return how each exercise of each routine went.

    Routines come as in `shares`, their exercises in the order of their programme, then in that of
    the last sessions. What was prescribed is what was kept, else what the programme says.
    """
    sessions = tuple(sessions)
    routines = [share.routine for share in shares(sessions)]
    return tuple(
        each
        for routine in routines
        for each in _tallied(
            routine, [s for s in sessions if s.routine == routine], programmes.get(routine)
        )
    )


def _tallied(
    routine: str, sessions: Sequence[PastSession], programme: Programme | None
) -> Iterator[ExerciseTotals]:
    written = programme.exercises if programme else {}
    done: Counter[str] = Counter()
    partly: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    hurt: Counter[str] = Counter()
    last_hurt: dict[str, date] = {}
    prescribed: dict[str, str] = {}
    counts: defaultdict[str, list[int]] = defaultdict(list)
    levels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for session in sessions:
        done.update(session.done)
        skipped.update(session.skipped)
        hurt.update(session.hurt)
        begun = Counter(work.exercise for work in session.work)
        partly.update(begun - Counter(session.done) - Counter(session.skipped))
        day = day_of(session)
        for name in session.hurt:
            last_hurt[name] = max(day, last_hurt.get(name, day))
        for work in session.work:
            if work.repetitions:
                counts[work.exercise].append(work.repetitions)
            levels[work.exercise][work.level] += 1
            if work.prescribed:
                prescribed[work.exercise] = work.prescribed
    met = {*done, *partly, *skipped, *hurt}
    order = [*written, *(w.exercise for s in reversed(sessions) for w in s.work), *sorted(met)]
    for name in dict.fromkeys(name for name in order if name in met):
        numbers = counts[name]
        yield ExerciseTotals(
            routine=routine,
            name=name,
            prescribed=prescribed.get(name) or written.get(name, ""),
            done=done[name],
            partly=partly[name],
            skipped=skipped[name],
            hurt=hurt[name],
            last_hurt=last_hurt.get(name),
            repetitions=(min(numbers), max(numbers)) if numbers else None,
            levels=tuple(levels[name].items()),
        )


def shares(sessions: Iterable[PastSession]) -> tuple[Share, ...]:
    """Return what each routine comes to, that with the most sessions first."""
    groups: defaultdict[str, list[PastSession]] = defaultdict(list)
    for session in sessions:
        groups[session.routine].append(session)
    found = (
        Share(
            routine,
            len(group),
            sum(session.ending == "finished" for session in group),
            sum(session.seconds for session in group),
        )
        for routine, group in groups.items()
    )
    return tuple(sorted(found, key=lambda share: (-share.sessions, share.routine)))


def asked(
    sessions: Iterable[PastSession], programmes: Mapping[str, Programme] = NO_PROGRAMMES
) -> tuple[Asked, ...]:
    """Return the sessions that told how it felt by what was asked, most often answered first.

    Questions differ in what ten means: how bad a heel is and how steady somebody stands have no
    mean in common. Where the words were not kept they are those of the programme; where there is
    none, each routine has a question of its own.
    """
    groups: defaultdict[tuple[str, str], list[PastSession]] = defaultdict(list)
    for session in sessions:
        if session.pain_before is not None or session.pain_after is not None:
            programme = programmes.get(session.routine)
            question = session.question or (programme.question if programme else "")
            groups[question, "" if question else session.routine].append(session)
    found = (
        Asked(question, tuple(s.routine for s in shares(group)), tuple(group))
        for (question, _), group in groups.items()
    )
    return tuple(sorted(found, key=lambda each: (-len(each.sessions), each.title)))


def pain_over_time(sessions: Iterable[PastSession]) -> tuple[Span, tuple[Pain, ...]]:
    """Return answers to one question before and after, oldest first, of every session with one.

    Where those are more than MOST_POINTS: the means of weeks, else of months, else of years.
    """
    told = [
        Pain(day_of(session), session.pain_before, session.pain_after)
        for session in sessions
        if session.pain_before is not None or session.pain_after is not None
    ]
    told.sort(key=lambda pain: pain.when)
    if len(told) <= MOST_POINTS:
        return Span.SESSION, tuple(told)
    span = _span(told[0].when, told[-1].when)
    together = _grouped(told, lambda pain: _begin(pain.when, span))
    return span, tuple(
        Pain(begins, _mean(p.before for p in pains), _mean(p.after for p in pains))
        for begins, pains in together.items()
    )


def relief(sessions: Iterable[PastSession]) -> Relief | None:
    """Return the mean answers to one question where both were told; None where never."""
    both = [
        (session.pain_before, session.pain_after)
        for session in sessions
        if session.pain_before is not None and session.pain_after is not None
    ]
    if not both:
        return None
    before, after = zip(*both, strict=True)
    return Relief(len(both), fmean(before), fmean(after))


def _span(first: date, last: date) -> Span:
    fitting = (s for s in (Span.WEEK, Span.MONTH) if len(_begins(first, last, s)) <= MOST_POINTS)
    return next(fitting, Span.YEAR)


def _begin(day: date, span: Span) -> date:
    """Return the first day of the week, month or year that holds `day`."""
    if span is Span.WEEK:
        return monday_of(day)
    return day.replace(day=1) if span is Span.MONTH else day.replace(month=1, day=1)


def _begins(first: date, last: date, span: Span) -> list[date]:
    """Return the first days of all spans from that of `first` to that of `last`."""
    if span is Span.YEAR:
        return [date(year, 1, 1) for year in range(first.year, last.year + 1)]
    if span is Span.MONTH:
        start, end = (12 * day.year + day.month - 1 for day in (first, last))
        return [date(month // 12, month % 12 + 1, 1) for month in range(start, end + 1)]
    count = (monday_of(last) - monday_of(first)).days // 7 + 1
    return [monday_of(first) + week * _WEEK for week in range(count)]


def _grouped(items: Iterable[Item], key: Callable[[Item], date]) -> dict[date, list[Item]]:
    groups: defaultdict[date, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def _mean(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return fmean(told) if told else None
