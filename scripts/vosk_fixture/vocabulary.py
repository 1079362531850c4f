"""What the tiny model is taught to hear: words, phrases, and speech that it must reject.

Owns the texts and their pronunciations; must not know how they are spoken or learnt.
"""

import random
from collections.abc import Iterable
from pathlib import Path

SILENCE = "SIL"
"""The phone between words; the first of PHONES."""

PHONES = tuple(
    f"{SILENCE} AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY "
    "P R S SH T TH UH UW V W Y Z ZH".split()
)
"""The sounds of American English as the CMU dictionary writes them. The network has one output
for each, whatever the vocabulary is: words can be added without training again."""

Lexicon = dict[str, list[list[str]]]
"""Word → its pronunciations, each a list of phones."""

PHRASES = tuple(
    phrase.strip()
    for phrase in """
    start; pause; resume; next; go back; stop; yes; no; repeat; help; why; ready; slower; faster;
    louder; quieter; previous; restart; continue; easier; ouch; okay; yeah; yep; nope; sure; back;
    say that again; skip this; skip it; hold on; hold on a moment; carry on; go on; keep going;
    wait; wait a moment; wait a minute; just a second; one moment please; let's go; let's start;
    how long left; how long is left; how much longer; how much time is left; how many minutes;
    time left; more time; i need more time; give me a little more time; what's next;
    what is next; what comes next; what's the next exercise; why this exercise; why this one;
    what is this for; what's this good for; why am i doing this; what does this do; which side;
    which leg; left or right; what can i say; what can you do; what are the commands; i'm ready;
    i am ready; ready to go; start back routine; start breathing routine;
    start gentle stretch routine; start the back routine; begin my breathing exercises;
    start morning routine; start evening routine; start over; start from the beginning;
    restart this exercise; once more; next exercise; next please; previous exercise;
    the one before; stop the session; stop now; end the session; i want to stop; i'm done;
    i'm done for today; slow down; not so fast; speed up; a bit faster; a little slower;
    speak louder; volume up; volume down; turn it up; turn it down; i can't hear you;
    not so loud; that hurts; it hurts; my back hurts; my knee hurts; i'm in pain; this is painful;
    easier version; make it easier; something easier please; too hard; that's too difficult;
    yes please; no thanks; not now; don't stop; that's right; zero; one; two; three; four; five;
    be brief; say less; short instructions; tell me everything; full instructions; tones only;
    only tones; the full version; the normal version; the whole version; that's too easy;
    six; seven; eight; nine; ten; it's five; about three out of ten; maybe seven; seven and a half;
    i'd say four; i would say five; around six i think; just one; only two; no pain at all; none;
    none at all
    """.split(";")
)
"""What a coach listens for; also the grammar in which the finished model is tried."""

_MORE_WORDS = """
    again again an any are arm arms ask bridge but bye cancel cat chest child's close coach cobra
    come coming correct cow cow's day days deep did do down easy eleven end exercises exit feel
    feet finish floor front gently good great hands harder have here hip hips hold how hurting i've
    inhale exhale breathe breath breaths is it it's kneel knees later leg legs let's lie like long
    lot lower me minute minutes moment moments morning neck need new normal off open other over
    pain pelvic pelvis please pose press quick quickly quit raise reach relax rest retry right
    routines same say seated second seconds see session sessions set shoulder shoulders side
    sides sit slow slowly so some sore speak spine stand standing stay step steps still stretches
    stretching swap switch take tell ten thank that's them then there thirty this tight tilt tilts
    time times today tomorrow try turn twelve twenty twice twist undo up upper wait walk want warm
    was we what when where which who wrist wrists yoga you your quiet softer silence mute too
    fourteen fifteen forty fifty sixty cooling cool lying table calm box sleep evening night
    after circles bend from of question with lunch desk office
    another different change voice short full daily weekly plus minus half both none nothing
    never always
""".split()

WORDS = tuple(sorted({word for phrase in PHRASES for word in phrase.split()} | set(_MORE_WORDS)))
"""Everything that the model can hear."""

FOREIGN_WORDS = tuple(
    """apple house window garden people weather beautiful yellow purple mountain river doctor
    picture music kitchen chair water coffee sugar paper pencil computer telephone number letter
    answer because although however between another company business market money dollar
    police officer student teacher school college language history science animal elephant monkey
    rabbit chicken fish bread butter cheese tomato potato orange banana lemon summer winter spring
    autumn january friday monday birthday holiday family mother father brother sister daughter
    husband children baby friend neighbor village city country island ocean bicycle airplane train
    station hospital church bottle glass finger stomach hungry thirsty angry happy really
    everybody remember forget believe understand hello goodbye big small blue green of with from
    were would could should they under running talking singing reading writing television
    newspaper radio camera umbrella jacket pocket button zipper shirt trousers hammer planet machine
    engine signal camel dragon lawyer yet late wet fix deck sought flower nest text top
    shop crop plate lesson cause claws wolf fuel""".split()
)
"""Speech to be rejected as [unk], in training. The tests use other foreign words."""

FOREIGN_WORDS_HELD_OUT = tuple(
    """pizza guitar laptop breakfast horizon tulip magazine sweater pumpkin lantern whisker dolphin
    violin carpet marble velvet balcony cinnamon feather saturday envelope library museum customer
    furniture mustard walnut purchase discover""".split()
)
"""Foreign words that only the trial of the finished model uses."""


def read_lexicon(dictionary: Path, words: Iterable[str]) -> Lexicon:
    """Return the pronunciations of `words` in a dictionary of CMU's form.

    A word that is not in it is an error of this module: ValueError names all of them.
    """
    lexicon: Lexicon = {word: [] for word in words}
    for line in dictionary.read_text("utf-8").splitlines():
        word, *pronunciation = line.split()
        lexicon.get(word.partition("(")[0], []).append(pronunciation)
    if missing := [word for word, pronunciations in lexicon.items() if not pronunciations]:
        raise ValueError(f"not in {dictionary}: {' '.join(missing)}")
    return lexicon


def random_text(chance: random.Random) -> list[str]:
    """Return the words of one training utterance.

    A phrase, a run of known words, a run of foreign words, or known words among foreign ones.
    """
    kind = chance.random()
    if kind < 0.35:
        return chance.choice(PHRASES).split()
    if kind < 0.65:
        return chance.choices(WORDS, k=chance.randint(1, 4))
    if kind < 0.95:
        return chance.choices(FOREIGN_WORDS, k=chance.randint(2, 5))
    mixed = chance.choices(WORDS, k=chance.randint(1, 2))
    mixed += chance.choices(FOREIGN_WORDS, k=chance.randint(1, 2))
    chance.shuffle(mixed)
    return mixed
