"""A hands-free exercise coach: it listens, leads and speaks, and nothing leaves the machine."""

import os

# From 1.29 on onnxruntime tells its maker what it does: its import writes an id of the machine
# and a queue of events under ~/.cache, and later looks up where to send them. Only this variable
# stops it, and only before that import; `onnxruntime.disable_telemetry_events` can be called no
# earlier than after it. Whoever imports any part of us passes here first, piper's and the
# recogniser's process too. It is set whatever the user's environment says: "0" would be a yes.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
