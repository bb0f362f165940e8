// The line to the server: lines come in once and in order; what a person does goes out until it is acknowledged.

import { uuid } from "/page/dom.js";

const PREFIX = "sona:out:";
const SLOWEST = 8000;

// One key for each message, so that tabs never overwrite each other's.
class Outbox {
  constructor() {
    this.waiting = [];
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
      this.waiting = keys.map((key) => JSON.parse(localStorage.getItem(key))).sort((a, b) => a.at - b.at || a.n - b.n);
    } catch { /* without storage, messages wait in this tab only */ }
  }

  put(message) {
    this.waiting.push(message);
    try { localStorage.setItem(PREFIX + message.id, JSON.stringify(message)); } catch { /* as above */ }
  }

  drop(id) {
    this.waiting = this.waiting.filter((message) => message.id !== id);
    try { localStorage.removeItem(PREFIX + id); } catch { /* as above */ }
  }
}

export class Link {
  constructor({ hear, state, start }) {
    Object.assign(this, { hear, state, start, last: -1, tries: 0, ready: false, flying: null, count: 0, asked: false });
    this.outbox = new Outbox();
    for (const [target, name] of [[window, "online"], [window, "pageshow"], [document, "visibilitychange"]]) {
      target.addEventListener(name, (event) => document.hidden || (name === "pageshow" && !event.persisted) || this.#awake());
    }
    window.addEventListener("offline", () => this.#lost());
    setInterval(() => document.hidden || this.#check(), 15000);
  }

  connect() {
    clearTimeout(this.timer);
    this.#drop();
    const address = new URL("/chat", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = this.socket = new WebSocket(address);
    this.#expect(10000);
    socket.onopen = () => this.#send({ t: "hello", last: this.last, locale: navigator.language.replace(/[^A-Za-z0-9-].*/, "").slice(0, 35), start: this.start });
    socket.onmessage = (message) => socket === this.socket && this.#take(JSON.parse(message.data));
    socket.onclose = (event) => socket === this.socket && (event.code === 4401 ? this.#introduce() : this.#lost());
  }

  // Keeps what happened until the server has it; returns it as it waits.
  post(body, { shown = "", proof = "" } = {}) {
    const message = { id: uuid(), at: Date.now(), n: this.count++, body, shown, proof };
    this.outbox.put(message);
    this.#pump();
    return message;
  }

  // Says something that only matters now.
  cast(frame) {
    if (this.ready) this.#send(frame);
  }

  stop() {
    this.cast({ t: "event", id: uuid(), body: { kind: "stopped" } });
  }

  #send(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  #take(frame) {
    clearTimeout(this.deadline);
    switch (frame.t) {
      case "lines":
        if (frame.anew) this.last = -1;
        this.hear("lines", { ...frame, lines: frame.lines.filter((line) => line.seq > this.last) });
        if (frame.lines.length) this.last = Math.max(this.last, frame.lines.at(-1).seq);
        if (this.last < 0) this.last = 0;
        break;
      case "line":
        if (frame.line.seq > 1 && frame.line.seq <= this.last) break;
        this.last = frame.line.seq;
        this.hear("line", frame);
        break;
      case "ready":
        Object.assign(this, { ready: true, tries: 0, flying: null, asked: false });
        this.state("online");
        this.hear("ready", frame);
        this.#pump();
        break;
      case "ack":
        this.outbox.drop(frame.id);
        this.flying = null;
        this.hear("ack", frame);
        this.#pump();
        break;
      case "error":
        this.#refused(frame);
        break;
      default:
        this.hear(frame.t, frame);
    }
  }

  // One message at a time, so that their order holds whatever fails.
  #pump() {
    const [next] = this.outbox.waiting;
    if (!this.ready || this.flying || !next) return;
    this.flying = next.id;
    this.#expect(10000);
    this.#send({ t: "event", id: next.id, body: next.body, shown: next.shown, proof: next.proof });
  }

  #refused(frame) {
    if (frame.about && frame.about === this.flying) {
      this.flying = null;
      if (frame.code === "malformed") {
        this.outbox.drop(frame.about);
        this.hear("refused", frame);
        this.#pump();
      } else setTimeout(() => this.#pump(), 2000);
    }
  }

  #expect(milliseconds) {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.#lost(), milliseconds);
  }

  #check() {
    if (!this.ready) return;
    this.#expect(8000);
    this.#send({ t: "ping" });
  }

  #awake() {
    if (this.ready && this.socket?.readyState === WebSocket.OPEN) this.#check();
    else { this.tries = 0; this.connect(); }
  }

  // The cookie is missing or no longer good: fetch one, once, and begin anew.
  async #introduce() {
    this.#drop();
    if (this.asked) return this.state("cookies");
    this.asked = true;
    this.last = -1;
    try { await fetch("/", { cache: "no-store" }); } catch { return this.#lost(); }
    this.connect();
  }

  #drop() {
    clearTimeout(this.deadline);
    const socket = this.socket;
    this.socket = null;
    Object.assign(this, { ready: false, flying: null });
    socket?.close();
  }

  #lost() {
    this.#drop();
    this.state("offline");
    clearTimeout(this.timer);
    const wait = Math.min(SLOWEST, 300 * 1.7 ** this.tries++) * (0.7 + Math.random() * 0.6);
    this.timer = setTimeout(() => this.connect(), wait);
  }
}
