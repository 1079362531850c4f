"""Finds the events that are left in a damaged database, without SQLite's help.

Owns the layout of SQLite's pages and records, as https://www.sqlite.org/fileformat2.html tells
it; must not know what became of the file, nor what the events mean.

SQLite gives up a file whose first page is lost, though the others are whole. Here every page that
is a leaf of a table is read by itself, and each record is believed only if its checksum is right.
Events are never changed or deleted, so that an old copy of a page does no harm.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from voice_coach.history.events import JournalEvent, Row, crc32

PAGE: Final = 4096
"""Bytes of a page of the journal's database."""
_LEAF: Final = 0x0D
_WAL_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_LARGEST: Final = 2**20
"""No event has more bytes."""
_INT_BYTES: Final = (0, 1, 2, 3, 4, 6, 8)
_FIELDS: Final = (int, int, int, str, int, int, str, str, int)

Value = int | str | None
DatabasePages = Callable[[int], bytes]
"""Gives a page by its number, counted from 1; IndexError if there is none."""


def carve(database: Path) -> list[JournalEvent]:
    """Return the events that can be read in the file and its write-ahead log, by number.

    OSError if the files cannot be read at all.
    """
    log = database.with_name(database.name + "-wal")
    main = database.read_bytes() if database.exists() else b""
    frames = _frames(log.read_bytes() if log.exists() else b"")
    newest = dict(frames)

    def page(number: int) -> bytes:
        if number in newest:
            return newest[number]
        found = main[(number - 1) * PAGE : number * PAGE]
        if number < 1 or len(found) < PAGE:
            raise IndexError(number)
        return found

    found: dict[int, JournalEvent] = {}
    leaves = [main[start : start + PAGE] for start in range(0, len(main), PAGE)]
    for leaf in (*leaves, *(content for _, content in frames)):
        for event in _events(leaf, page):
            found[event.number] = event
    return [found[number] for number in sorted(found)]


def last_committed(database: Path) -> int:
    """Return the highest number of an event in the last transaction but one in the log.

    SQLite takes nothing from a write-ahead log behind the first damaged page, and does not tell.
    The very last transaction may be torn, if the power was cut before it was on the disk: then
    it never counted, and nothing is amiss.
    """
    log = database.with_name(database.name + "-wal")
    content = log.read_bytes() if log.exists() else b""
    transaction: list[bytes] = []
    last: dict[bytes, list[bytes]] = {}
    last_but_one: dict[bytes, list[bytes]] = {}
    for at in range(_WAL_HEADER, len(content) - PAGE, _FRAME_HEADER + PAGE):
        end = at + _FRAME_HEADER + PAGE
        transaction.append(content[at + _FRAME_HEADER : end])
        # What was in the log before it was begun anew has another salt.
        salt, ended = content[at + 8 : at + 16], any(content[at + 4 : at + 8])
        if ended:
            last_but_one[salt], last[salt] = last.get(salt, []), transaction
        if ended or content[end + 8 : end + 16] != salt:
            transaction = []
    leaves = (leaf for leaves in last_but_one.values() for leaf in leaves)
    return max((event.number for leaf in leaves for event in _events(leaf, _no_page)), default=0)


def _no_page(number: int) -> bytes:
    raise IndexError(number)


def _frames(log: bytes) -> list[tuple[int, bytes]]:
    """Return number and content of the pages in a write-ahead log, in the order of writing."""
    starts = range(_WAL_HEADER, len(log), _FRAME_HEADER + PAGE)
    return [
        (int.from_bytes(log[at : at + 4]), log[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE])
        for at in starts
    ]


def _events(leaf: bytes, page: DatabasePages) -> Iterator[JournalEvent]:
    if len(leaf) < 8 or leaf[0] != _LEAF:
        return
    cells = min(int.from_bytes(leaf[3:5]), PAGE // 4)
    for index in range(cells):
        at = int.from_bytes(leaf[8 + 2 * index : 10 + 2 * index])
        try:
            number, values = _record(leaf, at, page)
            row = _as_row((number, *values[1:]))
            event = JournalEvent.from_row(row) if row else None
        except (IndexError, ValueError):
            continue
        if event is not None:
            yield event


def _as_row(values: tuple[Value, ...]) -> Row | None:
    right = len(values) == len(_FIELDS) and all(map(isinstance, values, _FIELDS))
    return values if right and crc32(values[:-1]) == values[-1] else None  # type: ignore[return-value]


def _record(leaf: bytes, at: int, page: DatabasePages) -> tuple[int, list[Value]]:
    size, at = _varint(leaf, at)
    number, at = _varint(leaf, at)
    if size > _LARGEST:
        raise ValueError("no record of an event")
    here = _local(size)
    payload = leaf[at : at + here]
    following = int.from_bytes(leaf[at + here : at + here + 4])
    while len(payload) < size:
        more = page(following)
        following = int.from_bytes(more[:4])
        payload += more[4 : 4 + size - len(payload)]
    return number, _values(payload)


def _local(size: int) -> int:
    """Return how much of a payload is on the leaf itself; the rest is on pages of its own."""
    most, least = PAGE - 35, (PAGE - 12) * 32 // 255 - 23
    if size <= most:
        return size
    spilled = least + (size - least) % (PAGE - 4)
    return spilled if spilled <= most else least


def _values(payload: bytes) -> list[Value]:
    end, at = _varint(payload, 0)
    types = []
    while at < end:
        serial, at = _varint(payload, at)
        types.append(serial)
    values: list[Value] = []
    for serial in types:
        value, at = _value(payload, at, serial)
        values.append(value)
    return values


def _value(payload: bytes, at: int, serial: int) -> tuple[Value, int]:
    if serial == 0:
        return None, at
    if serial in (8, 9):
        return serial - 8, at
    if serial < len(_INT_BYTES):
        end = at + _INT_BYTES[serial]
        return int.from_bytes(payload[at:end], signed=True), end
    if serial < 12 or serial % 2 == 0:
        raise ValueError("events have whole numbers and texts only")
    end = at + (serial - 13) // 2
    return payload[at:end].decode(), end


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return the number of variable length at `at`, and where it ends; IndexError past the end."""
    value = 0
    for _ in range(8):
        byte = content[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    return value << 8 | content[at], at + 1
