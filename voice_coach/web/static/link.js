// Speaks with the coach. Owns the socket, its coming back, and requests; knows no view.

const FIRST_WAIT = 250, LONGEST_WAIT = 3000, SILENCE = 4000; // milliseconds

/** A connection that comes back by itself. Events: state, refused, up, down. */
export class Link extends EventTarget {
  constructor() {
    super();
    this.wait = FIRST_WAIT;
    this.state = null;
  }

  /** Connect, and stay connected. */
  open() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.again);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}/live`));
    socket.onopen = () => {
      this.wait = FIRST_WAIT;
      this.emit("up");
      this.watch();
    };
    socket.onmessage = ({ data }) => this.take(data);
    socket.onclose = () => {
      if (socket !== this.socket) return;
      clearTimeout(this.watcher);
      this.emit("down");
      this.again = setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 1.7, LONGEST_WAIT);
    };
  }

  /** Ask the coach to do what somebody could have said. */
  do(intent, slots = {}) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify({ type: "do", intent, slots }));
    return true;
  }

  take(data) {
    this.watch();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message.type === "state") {
      this.state = message;
      this.emit("state", message);
    } else if (message.type === "error") this.emit("refused", String(message.text));
  }

  /** A coach that says nothing for long is gone, though nobody closed the door. */
  watch() {
    clearTimeout(this.watcher);
    const { socket } = this;
    this.watcher = setTimeout(() => {
      socket.close();
      socket.onclose?.();
    }, SILENCE);
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Request `path`; returns {ok, status, ...what came}. Never throws. */
export async function ask(path, body = undefined) {
  try {
    const reply = await fetch(path, body === undefined ? { cache: "no-store" } : {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    const came = await reply.json().catch(() => ({}));
    return Array.isArray(came) ? { ok: reply.ok, status: reply.status, list: came }
      : { ok: reply.ok, ...came, status: reply.status };
  } catch {
    return { ok: false, status: 0, text: "The coach does not answer. Is it still running?" };
  }
}
