"""The fixture behind every test in real time: a private sound server, gone afterwards."""

import os
from collections.abc import Iterator

import pytest

from tests.real_sound.sound_server import SoundServer


@pytest.fixture
def sound_server() -> Iterator[SoundServer]:
    """A PulseAudio with a microphone and a loudspeaker, for one test.

    Skips where PulseAudio is not installed, or fails with VOICE_COACH_REQUIRE_REAL_SOUND=1.
    """
    if missing := SoundServer.missing():
        message = f"not installed: {', '.join(missing)} (apt: pulseaudio pulseaudio-utils)"
        if os.environ.get("VOICE_COACH_REQUIRE_REAL_SOUND") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    server = SoundServer()
    try:
        server.start()
        yield server
    finally:
        server.close()
