"""Draws every pose at its two keys, on one sheet.

python -m scripts.draw_pose_sheet FILE.png
"""

import functools
import http.server
import sys
import threading
from pathlib import Path

from benchmarks.rig.browser import chromium
from scripts import ROOT

STATIC = ROOT / "voice_coach" / "web" / "static"
SHEET = """async () => {
  const { Figure } = await import('/figure.js'), { POSES } = await import('/poses.js');
  const style = document.createElement('style');
  style.textContent = (await (await fetch('/style.css')).text());
  document.head.append(style);
  document.body.style.cssText = 'overflow:auto;height:auto;display:block';
  const sheet = document.createElement('div');
  sheet.style.cssText = 'display:grid;grid-template-columns:repeat(6,1fr);gap:4px 10px';
  for (const name of Object.keys(POSES)) {
    const cell = document.createElement('div');
    cell.style.cssText =
      'display:grid;grid-template-columns:1fr 1fr;background:var(--card);font:13px sans-serif';
    for (const t of [0, 1]) {
      const { svg } = new Figure(name).pose(name, 'any', POSES[name].limb ? 'right' : null).at(t);
      svg.style.cssText = 'width:100%;height:150px';
      cell.append(svg);
    }
    cell.append(name);
    sheet.append(cell);
  }
  document.body.replaceChildren(sheet);
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Tell nobody."""


def main() -> int:
    """Write the sheet."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    handler = functools.partial(_Quiet, directory=str(STATIC))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        chromium() as browser,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page(viewport={"width": 1900, "height": 1000})
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.evaluate(SHEET)
        page.screenshot(path=Path(sys.argv[1]), full_page=True)
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
