"""The word automaton: what it accepts, lists, merges and leaves out."""

from voice_coach.grammar import Grammar, minimised

# on|off, with a detour that merges and a dead end that goes away.
FOLLOWING = {
    0: {"turn": 1, "switch": 2, "never": 9},
    1: {"on": 3, "off": 4},
    2: {"on": 4, "off": 3},
    9: {"ending": 8},
}
FINALS = {3, 4}


def test_sentences_come_shortest_first() -> None:
    grammar = Grammar("g", ((0, 1, "stop"), (1, 2, "now")), frozenset({1, 2}))
    assert list(grammar.sentences()) == ["stop", "stop now"]


def test_accepts_whole_sentences_only() -> None:
    grammar = minimised("g", FOLLOWING, FINALS)
    assert grammar.accepts("turn on")
    assert not grammar.accepts("turn")
    assert not grammar.accepts("turn on on")
    assert not grammar.accepts("fly off")
    assert not grammar.accepts("")


def test_minimised_merges_equal_states_and_drops_dead_ends() -> None:
    grammar = minimised("g", FOLLOWING, FINALS)
    assert sorted(grammar.sentences()) == ["switch off", "switch on", "turn off", "turn on"]
    assert {state for source, target, _ in grammar.arcs for state in (source, target)} == {0, 1, 2}
    assert grammar.finals == {2}


def test_equal_sets_of_sentences_give_equal_grammars() -> None:
    renumbered = {0: {"switch": 7, "turn": 6}, 6: {"off": 5, "on": 5}, 7: {"on": 5, "off": 5}}
    assert minimised("g", FOLLOWING, FINALS) == minimised("g", renumbered, {5})


def test_within_leaves_out_sentences_with_other_words() -> None:
    grammar = minimised("g", FOLLOWING, FINALS)
    assert sorted(grammar.within({"turn", "on", "switch"}).sentences()) == ["switch on", "turn on"]
    nothing = grammar.within({"turn"})
    assert nothing.arcs == ()
    assert nothing.finals == frozenset()


def test_an_empty_sentence_is_none() -> None:
    assert minimised("g", {0: {"stop": 1}}, {0, 1}).finals == {1}
