// The conversation as it stands: lines by number, messages that wait below them, what is being written at the end.

import { $, el } from "/page/dom.js";
import { show } from "/page/lines.js";
import { build } from "/page/markup.js";
import { word } from "/page/words.js";

const SILENCE = 30000;

export class Log {
  constructor({ tap, tell, again, drop, live, answering }) {
    Object.assign(this, { acts: { tap, tell }, again, drop, live, answering, cards: new Map(), waiting: new Map(), near: true });
    Object.assign(this, { list: $("log"), record: $("record"), scroller: $("scroll"), draftBox: $("draft"), dots: $("dots"), doing: $("doing") });
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    $("down").addEventListener("click", () => this.end(true));
    const stay = new ResizeObserver(() => this.near && this.#jump());
    stay.observe(this.list);
    stay.observe($("live"));
    stay.observe(this.scroller);
  }

  // Lines in order; many at once are not read aloud.
  many(lines, { anew = false } = {}) {
    this.record.setAttribute("aria-busy", "true");
    if (anew) this.#clear();
    for (const line of lines) this.add(line, true);
    this.end();
    requestAnimationFrame(() => this.record.setAttribute("aria-busy", "false"));
  }

  add(line, quiet = false) {
    if (line.role === "sona") this.#quieten(line);
    if (line.kind === "mark" && this.cards.has(line.quiz)) return this.#mark(line);
    if (line.role === "sona" && line.kind !== "mark") this.#unanswered();
    if (line.role === "person") this.#settled(line);
    if (line.kind === "tapped" && this.#selected(line.choice)) return undefined;
    const { element, card } = show(line, this.acts);
    if (!element) return undefined;
    if (!quiet && !this.replaced) element.classList.add("fresh");
    this.list.insertBefore(element, this.#firstWaiting());
    if (line.role === "person") this.reply = null;
    else if (!quiet) this.reply ??= element;
    if (card) this.#ask(card);
    if (!this.near) $("down").hidden = false;
    return undefined;
  }

  #ask(card) {
    const before = document.activeElement?.closest?.(".card");
    this.cards.set(card.line.quiz, card);
    for (const message of this.waiting.values()) if (message.body.kind === "tapped") this.#selected(message.body.choice);
    if (before && before !== card.element && ![...this.cards.values()].some((other) => other.element === before && other.open)) {
      (card.element.querySelector("button") ?? $("words")).focus({ preventScroll: true });
    }
    this.answering();
  }

  // Where an answer brought words but no mark, the question may be answered again.
  #unanswered() {
    for (const card of this.cards.values()) card.release();
  }

  #mark(line) {
    const card = this.cards.get(line.quiz);
    if (card.open) card.mark(line);
    this.answering();
  }

  // The question that is asked now, if any.
  get question() {
    const last = [...this.cards.values()].at(-1);
    return last?.open ? last : null;
  }

  #selected(value) {
    for (const card of this.cards.values()) {
      if (card.open && card.line.choices.some((choice) => choice.value === value)) { card.select(value); return true; }
    }
    return [...this.cards.values()].some((card) => card.line.choices.some((choice) => choice.value === value));
  }

  older(lines) {
    const from = this.scroller.scrollHeight - this.scroller.scrollTop;
    const asked = new Map();
    const elements = lines.map((line) => this.#past(line, asked)).filter(Boolean);
    this.cards = new Map([...asked, ...this.cards]);
    this.record.setAttribute("aria-busy", "true");
    this.list.prepend(...elements);
    this.scroller.scrollTop = this.scroller.scrollHeight - from;
    requestAnimationFrame(() => this.record.setAttribute("aria-busy", "false"));
  }

  #past(line, asked) {
    if (line.kind === "mark" && asked.has(line.quiz)) {
      asked.get(line.quiz).mark(line);
      return null;
    }
    const { element, card } = show({ ...line, choices: line.kind === "text" ? [] : line.choices }, this.acts);
    if (card) asked.set(line.quiz, card);
    return element;
  }

  // A message on its way, below everything that has a number.
  wait(message, line) {
    if (this.waiting.has(message.id)) return;
    const shown = line ? show(line, this.acts).element : null;
    if (shown) {
      shown.classList.add("waiting");
      shown.append(el("p", { class: "state" }, word("waiting")));
      this.list.append(shown);
    } else if (message.body.kind === "tapped") this.#selected(message.body.choice);
    this.waiting.set(message.id, { ...message, element: shown });
    this.reply = null;
    this.#spoken();
    this.end(true);
  }

  refuse(id, why) {
    const message = this.waiting.get(id);
    this.waiting.delete(id);
    if (!message?.element) { for (const card of this.cards.values()) card.release(); return; }
    message.element.classList.add("failed");
    const state = message.element.querySelector(".state");
    const remove = el("button", { type: "button", class: "quiet", onclick: () => message.element.remove() }, word("drop"));
    state.replaceChildren(`${word("failed")}${why ? `: ${why}` : ""} `, remove);
  }

  #settled(line) {
    const id = line.key.replace(/^web:/, "");
    this.waiting.get(id)?.element?.remove();
    this.waiting.delete(id);
    this.#spoken();
  }

  // Suggestions are of the moment: once the person has spoken they go.
  #spoken() {
    for (const chips of this.list.querySelectorAll(".chips")) chips.remove();
  }

  #firstWaiting() {
    return this.list.querySelector(":scope > .waiting");
  }

  typing() {
    this.dots.hidden = !this.draftBox.hidden;
    this.#alive();
  }

  status(text) {
    this.doing.textContent = text;
    this.#alive();
  }

  draft(frame) {
    while (this.draftBox.childElementCount > frame.at) this.draftBox.lastElementChild.remove();
    this.draftBox.append(...build(frame.blocks));
    this.draftBox.hidden = this.draftBox.childElementCount === 0;
    this.dots.hidden = true;
    this.#alive();
  }

  #alive() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.still(), SILENCE);
    this.live(true);
    this.end();
  }

  #quieten(line) {
    this.replaced = !this.draftBox.hidden && line.kind === "text";
    this.still();
  }

  still() {
    clearTimeout(this.silence);
    this.draftBox.replaceChildren();
    this.draftBox.hidden = this.dots.hidden = true;
    this.doing.textContent = "";
    this.live(false);
  }

  #clear() {
    this.still();
    this.reply = null;
    this.cards.clear();
    const waiting = [...this.waiting.values()].map((message) => message.element).filter(Boolean);
    this.list.replaceChildren(...waiting);
  }

  end(always = false) {
    if (always) this.near = true;
    if (this.near) requestAnimationFrame(() => this.#jump(always));
  }

  // To the end, but not past the beginning of the newest reply, which is read from there.
  #jump(always = false) {
    const { scroller, draftBox } = this;
    const reply = this.reply ?? (draftBox.hidden ? null : draftBox);
    const end = scroller.scrollHeight - scroller.clientHeight;
    const start = reply?.isConnected ? scroller.scrollTop + reply.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 12 : end;
    scroller.scrollTop = always || scroller.scrollTop > start + 2 ? end : Math.min(start, end);
    this.at = scroller.scrollTop;
    $("down").hidden = end - this.at < 90;
  }

  // Only who scrolls by hand leaves the end.
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const close = scrollHeight - scrollTop - clientHeight < 90;
    if (close || Math.abs(scrollTop - this.at) > 2) this.near = close;
    if (close) $("down").hidden = true;
  }
}
