"""Figures about past sessions, each worked out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from voice_coach.history.journal import PastSession, Work
from voice_coach.history.statistics import (
    MOST_POINTS,
    Asked,
    ExerciseTotals,
    Pain,
    Period,
    Programme,
    Relief,
    Span,
    Totals,
    asked,
    calendar,
    pain_over_time,
    periods,
    relief,
    streak_weeks,
    tallies,
    totals,
)

MONDAY = date(2026, 3, 2)


def past(
    began: datetime | date,
    minutes: float = 15,
    *,
    done: tuple[str, ...] = (),
    skipped: tuple[str, ...] = (),
    hurt: tuple[str, ...] = (),
    pain: tuple[int | None, int | None] = (None, None),
) -> PastSession:
    """A session that began then, at noon if only the day is given."""
    if not isinstance(began, datetime):
        began = datetime(began.year, began.month, began.day, 12, tzinfo=UTC)
    return PastSession(
        number=1,
        routine="Back",
        began=began,
        seconds=60 * minutes,
        planned=7,
        done=done,
        skipped=skipped,
        hurt=hurt,
        pain_before=pain[0],
        pain_after=pain[1],
        ending="finished",
    )


def weekly(count: int, *, until: date = MONDAY) -> list[PastSession]:
    """A session of 15 minutes in each of `count` weeks, the last one on `until`."""
    return [past(until - timedelta(weeks=count - 1 - week)) for week in range(count)]


class TestTotals:
    """Sessions, minutes, this week."""

    def test_none(self) -> None:
        assert totals([], MONDAY) == Totals(0, 0, 0, 0, 0)

    def test_this_week_is_the_calendar_week(self) -> None:
        sunday_before = MONDAY - timedelta(days=1)
        sessions = [past(sunday_before, 10), past(MONDAY, 20), past(MONDAY, 5)]
        assert totals(sessions, MONDAY + timedelta(days=6)) == Totals(3, 2100, 2, 2, 1500)

    def test_a_session_counts_for_the_day_on_the_users_clock(self) -> None:
        late_on_sunday = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
        assert late_on_sunday.astimezone(UTC).date() == MONDAY
        assert totals([past(late_on_sunday)], MONDAY).this_week_sessions == 0


class TestStreak:
    """Calendar weeks in a row."""

    @pytest.mark.parametrize(
        ("weeks_ago", "streak"),
        [
            ([], 0),
            ([0], 1),
            ([1], 1),  # this week is not over yet
            ([2], 0),
            ([0, 1, 2], 3),
            ([1, 2, 3], 3),
            ([0, 2, 3], 1),
            ([0, 1, 3], 2),
            ([0, 0, 1, 1], 2),
            ([-1, 0], 1),  # a clock that was set back
        ],
    )
    def test_is_counted_from_this_week_or_the_last(self, weeks_ago: list[int], streak: int) -> None:
        days = [MONDAY + timedelta(days=3) - timedelta(weeks=ago) for ago in weeks_ago]
        assert streak_weeks(days, MONDAY + timedelta(days=6)) == streak

    def test_sunday_and_the_monday_after_are_two_weeks(self) -> None:
        assert streak_weeks([MONDAY - timedelta(days=1), MONDAY], MONDAY) == 2

    def test_goes_over_the_turn_of_a_year_with_53_weeks(self) -> None:
        days = [date(2026, 12, 24), date(2026, 12, 31), date(2027, 1, 4)]
        assert [day.isocalendar().week for day in days] == [52, 53, 1]
        assert streak_weeks(days, date(2027, 1, 5)) == 3


class TestPeriods:
    """Minutes over time, for bars."""

    def test_none(self) -> None:
        assert periods([], MONDAY) == (Span.WEEK, ())

    def test_weeks_without_a_session_are_there(self) -> None:
        sessions = [past(MONDAY, 10), past(MONDAY + timedelta(days=6), 5)]
        second, third = MONDAY + timedelta(weeks=1), MONDAY + timedelta(weeks=2)
        assert periods(sessions, third) == (
            Span.WEEK,
            (Period(MONDAY, 2, 900), Period(second, 0, 0), Period(third, 0, 0)),
        )

    @pytest.mark.parametrize("weeks", [1, 2, MOST_POINTS])
    def test_as_many_weeks_as_can_be_told_apart(self, weeks: int) -> None:
        span, found = periods(weekly(weeks), MONDAY)
        assert (span, len(found)) == (Span.WEEK, weeks)

    @pytest.mark.parametrize(
        ("weeks", "span"),
        [(MOST_POINTS + 1, Span.MONTH), (440, Span.MONTH), (520, Span.YEAR), (3000, Span.YEAR)],
    )
    def test_more_become_months_or_years_and_nothing_is_lost(self, weeks: int, span: Span) -> None:
        found, bars = periods(weekly(weeks), MONDAY)
        assert found is span
        assert len(bars) <= MOST_POINTS
        assert [bar.begins for bar in bars] == sorted({bar.begins for bar in bars})
        assert sum(bar.sessions for bar in bars) == weeks
        assert sum(bar.seconds for bar in bars) == weeks * 900

    def test_sessions_later_than_today_are_shown_all_the_same(self) -> None:
        _, bars = periods([past(MONDAY + timedelta(weeks=1))], MONDAY)
        assert [bar.sessions for bar in bars] == [1]


class TestCalendar:
    """The last weeks, day by day."""

    def test_twelve_weeks_that_end_with_this_one(self) -> None:
        today = MONDAY + timedelta(days=2)
        rows = calendar([past(today, 7), past(today, 8), past(MONDAY - timedelta(days=400))], today)
        assert [len(row) for row in rows] == [7] * 12
        days = [day for row in rows for day in row]
        assert days[0].date == MONDAY - timedelta(weeks=11)
        assert [(day.date, day.sessions, day.seconds) for day in days if day.sessions] == [
            (today, 2, 900)
        ]
        assert [day.date for day in days if day.is_future] == [
            MONDAY + timedelta(days=number) for number in (3, 4, 5, 6)
        ]


class TestTallies:
    """Exercises done, partly done, skipped and painful."""

    def test_each_routine_has_its_own(self) -> None:
        later = MONDAY + timedelta(days=1)
        sessions = [
            past(MONDAY, done=("Bridge",), skipped=("Cobra", "Cat"), hurt=("Cobra", "Cat")),
            past(later, done=("Cobra", "Bridge"), hurt=("Cobra",)),
            replace(past(later, done=("Bridge",)), routine="Heel"),
        ]
        assert tallies(sessions) == (
            ExerciseTotals("Back", "Bridge", "", 2, 0, 0, 0, None, None, ()),
            ExerciseTotals("Back", "Cat", "", 0, 0, 1, 1, MONDAY, None, ()),
            ExerciseTotals("Back", "Cobra", "", 1, 0, 1, 2, later, None, ()),
            ExerciseTotals("Heel", "Bridge", "", 1, 0, 0, 0, None, None, ()),
        )

    def test_what_was_prescribed_and_how_much_of_it_was_done(self) -> None:
        first, second = (
            replace(past(MONDAY, done=("Cobra",)), work=work)
            for work in (
                (Work("Cobra", "10 ×", 10, ""), Work("Bridge", "", 2, "easier")),
                (Work("Cobra", "12 ×", 8, "B"), Work("Bridge", "", 0, "")),
            )
        )
        written = {"Back": Programme("", {"Bridge": "3 × 20 s", "Cobra": "15 ×", "Cat": "4 ×"})}
        assert tallies([first, second], written) == (
            ExerciseTotals(
                "Back", "Bridge", "3 × 20 s", 0, 2, 0, 0, None, (2, 2), (("easier", 1), ("", 1))
            ),
            ExerciseTotals("Back", "Cobra", "12 ×", 2, 0, 0, 0, None, (8, 10), (("", 1), ("B", 1))),
        )

    def test_none(self) -> None:
        assert tallies([]) == ()


class TestAsked:
    """What was asked, and where."""

    def test_no_two_questions_are_mixed(self) -> None:
        heel = replace(past(MONDAY, pain=(8, 6)), question="How bad?", routine="Heel")
        steady = replace(past(MONDAY, pain=(2, None)), question="How steady?", routine="Balance")
        same = replace(heel, routine="Heel in the evening")
        silent = replace(steady, pain_before=None)
        assert asked([heel, steady, same, silent]) == (
            Asked("How bad?", ("Heel", "Heel in the evening"), (heel, same)),
            Asked("How steady?", ("Balance",), (steady,)),
        )

    def test_words_that_were_not_kept_are_those_of_today(self) -> None:
        old = past(MONDAY, pain=(5, 4))
        other = replace(old, routine="Gone")
        written = {"Back": Programme("How is your back?", {})}
        known, lost = asked([old, other], written)
        assert (lost.question, lost.title) == ("How is your back?", "How is your back?")
        assert (known.question, known.title) == ("", "Asked in Gone")


class TestPain:
    """Pain before and after."""

    def test_each_session_that_told_of_it(self) -> None:
        later = MONDAY + timedelta(days=1)
        sessions = [past(later, pain=(4, 0)), past(MONDAY), past(MONDAY, pain=(None, 3))]
        assert pain_over_time(sessions) == (
            Span.SESSION,
            (Pain(MONDAY, None, 3), Pain(later, 4, 0)),
        )

    def test_many_sessions_become_weekly_means_without_those_not_told(self) -> None:
        days = [MONDAY + timedelta(days=number) for number in range(126)]
        sessions = [past(day, pain=(day.weekday(), None)) for day in days]
        span, points = pain_over_time(sessions)
        assert (span, len(points)) == (Span.WEEK, 18)
        assert set(points[1:]) == {
            Pain(MONDAY + timedelta(weeks=week), 3.0, None) for week in range(1, 18)
        }

    def test_decades_become_years(self) -> None:
        sessions = [past(MONDAY + timedelta(days=7 * n), pain=(n % 3, 1)) for n in range(1500)]
        span, points = pain_over_time(sessions)
        assert span is Span.YEAR
        assert len(points) == 29
        assert all(point.after == 1 for point in points)

    def test_relief_is_over_sessions_that_told_both(self) -> None:
        sessions = [past(MONDAY, pain=pair) for pair in ((4, 2), (6, 1), (9, None), (None, 9))]
        assert relief(sessions) == Relief(2, 5.0, 1.5)
        assert relief(sessions[2:]) is None
