"""How a word is written for the voice, where the voice says it wrong.

Owns the replacing of words by other spellings; must not know where these are written down, nor any
engine. What is shown and logged keeps its spelling.
"""

import re
from collections.abc import Mapping


def respelled(text: str, pronounce: Mapping[str, str]) -> str:
    """Return `text` with each word of `pronounce` in the spelling that is said right.

    Words count whole and in upper or lower case; where several fit, the longest does. A capital at
    the beginning stays one.
    """
    spellings = {word.casefold(): spelling for word, spelling in pronounce.items() if word}
    if not spellings:
        return text
    words = "|".join(re.escape(word) for word in sorted(spellings, key=len, reverse=True))

    def said(found: re.Match[str]) -> str:
        spelling = spellings[found[0].casefold()]
        return spelling[:1].upper() + spelling[1:] if found[0][:1].isupper() else spelling

    return re.sub(rf"(?<![\w'’])(?:{words})(?!\w)", said, text, flags=re.IGNORECASE)
