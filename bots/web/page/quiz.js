// Questions as cards: answered by tap, digit or letter, by tapping pieces, or in words below.

import { el, icon } from "/page/dom.js";
import { build } from "/page/markup.js";
import { Player } from "/page/player.js";
import { word } from "/page/words.js";

const LETTERS = "ABCDEFGHIJKL";
const TICK = "M5 12.500l4.500 4.500L19 7.500";
const CROSS = "M7 7l10 10M17 7L7 17";

export const sign = (correct) => icon(correct ? TICK : CROSS);

export class Card {
  constructor(line, { tap, tell }) {
    Object.assign(this, { line, tap, tell, open: true, chosen: "" });
    this.words = line.form !== "ordering" && line.choices.length === 0;
    const parts = [line.progress && el("p", { class: "progress", "aria-label": word("question", line) }, line.progress), el("div", { class: "asked words" }, ...build(line.blocks))];
    if (line.audio?.href) parts.push(new Player(line.audio, word("voice")).element);
    if (line.form === "ordering") parts.push(...this.#pieces());
    else if (line.choices.length) parts.push(this.#choices());
    if (this.words) parts.push(this.hint = el("p", { class: "hint" }, word("typed")));
    this.element = el("section", { class: "card", "data-quiz": line.quiz }, ...parts.filter(Boolean));
  }

  #choices() {
    this.buttons = this.line.choices.map((choice, place) =>
      el("button", { type: "button", class: "option", "data-value": choice.value, onclick: () => this.choose(place) },
        el("kbd", { "aria-hidden": "true" }, LETTERS[place]), el("span", { class: "label" }, choice.label)));
    return el("div", { class: "options", role: "group", "aria-label": word("choose") }, ...this.buttons);
  }

  choose(place) {
    const choice = this.line.choices[place];
    if (!this.open || this.chosen || !choice || !this.buttons) return false;
    this.tap(choice, this.line);
    this.select(choice.value);
    return true;
  }

  // Shows what was chosen while the answer is on its way.
  select(value) {
    this.chosen = value;
    for (const button of this.buttons ?? []) {
      button.classList.toggle("chosen", button.dataset.value === value);
      button.setAttribute("aria-disabled", "true");
    }
  }

  release() {
    if (!this.open || !this.chosen) return;
    this.chosen = "";
    if (this.order) this.#lay();
    for (const button of this.buttons ?? []) { button.classList.remove("chosen"); button.removeAttribute("aria-disabled"); }
  }

  #pieces() {
    this.order = [];
    this.tray = el("div", { class: "tray", role: "group", "aria-label": word("piece") });
    this.built = el("div", { class: "built", role: "group", "aria-label": word("built"), "aria-live": "polite" });
    this.check = el("button", { type: "button", class: "solid", disabled: true, onclick: () => this.#submit() }, word("check"));
    this.clear = el("button", { type: "button", class: "quiet", hidden: true, onclick: () => { this.order = []; this.#lay(); } }, word("clear"));
    this.tiles = this.line.choices.map((choice, place) =>
      el("button", { type: "button", class: "tile", "data-value": choice.value, onclick: () => this.#move(place) }, choice.label));
    this.#lay();
    this.hint = el("p", { class: "hint" }, word("order"));
    return [this.hint, this.built, this.tray, el("div", { class: "row" }, this.check, this.clear)];
  }

  #move(place) {
    if (!this.open || this.chosen) return;
    this.order = this.order.includes(place) ? this.order.filter((other) => other !== place) : [...this.order, place];
    this.#lay();
    this.tiles[place].focus();
  }

  #lay() {
    this.built.replaceChildren(...this.order.map((place) => this.tiles[place]));
    this.tray.replaceChildren(...this.tiles.filter((_, place) => !this.order.includes(place)));
    this.check.disabled = this.order.length !== this.tiles.length;
    this.clear.hidden = this.order.length === 0;
  }

  #submit() {
    const shown = this.order.map((place) => this.line.choices[place].label).join(" ");
    this.chosen = "sent";
    this.check.disabled = true;
    this.clear.hidden = true;
    this.tell(this.order.map((place) => LETTERS[place]).join(" "), shown);
  }

  mark(line) {
    this.open = false;
    this.hint?.remove();
    this.check?.parentElement.remove();
    this.element.classList.add(line.correct ? "right" : "wrong");
    this.tray?.remove();
    if (this.built?.childElementCount === 0) this.built.remove();
    for (const tile of this.tiles ?? []) tile.setAttribute("aria-disabled", "true");
    for (const button of this.buttons ?? []) this.#verdict(button, line);
    const text = build(line.blocks);
    const title = el("span", { class: "unseen" }, `${word(line.correct ? "right" : "wrong")}. `);
    this.element.append(el("div", { class: "verdict" }, sign(line.correct), el("div", { class: "words" }, title, ...text)));
  }

  #verdict(button, line) {
    const { value } = button.dataset;
    button.setAttribute("aria-disabled", "true");
    button.classList.remove("chosen");
    const right = value === line.right;
    const missed = value === line.chosen && !right;
    if (!right && !missed) return button.classList.add("other");
    const said = value === line.chosen ? word("yours") : word("key");
    button.classList.add(right ? "right" : "wrong");
    button.append(el("span", { class: "sign" }, sign(right), el("span", { class: "unseen" }, `${word(right ? "right" : "wrong")}: ${said}`)));
  }
}
