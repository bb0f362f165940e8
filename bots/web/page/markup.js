// The server's tree of Markdown as elements. Nothing here reads HTML.

import { el } from "/page/dom.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code" };

function span(piece) {
  let node = document.createTextNode(piece.t);
  for (const [style, name] of Object.entries(STYLES)) {
    if (piece[style]) node = el(name, {}, node);
  }
  if (piece.link && /^(https?|mailto|tg):/i.test(piece.link)) {
    node = el("a", { href: piece.link, target: "_blank", rel: "noopener noreferrer nofollow" }, node);
  }
  return node;
}

const spans = (pieces) => pieces.map(span);

function table(block) {
  const head = el("tr", {}, ...block.header.map((cell) => el("th", { scope: "col" }, ...spans(cell))));
  const rows = block.rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, ...spans(cell)))));
  return el("div", { class: "wide", tabindex: "0" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}

function item(block) {
  const mark = block.n === null ? "•" : `${block.n}.`;
  const element = el("p", { class: "item" }, el("span", { class: "bullet" }, `${mark} `), el("span", {}, ...spans(block.s)));
  element.style.setProperty("--depth", block.depth);
  return element;
}

function one(block) {
  switch (block.k) {
    case "p": return el("p", {}, ...spans(block.s));
    case "h": return el(`h${Math.min(block.level + 1, 6)}`, {}, ...spans(block.s));
    case "li": return item(block);
    case "code": return el("pre", { tabindex: "0" }, el("code", { "data-language": block.language }, block.text));
    case "quote": return el("blockquote", {}, ...build(block.blocks));
    case "table": return table(block);
    case "hr": return el("hr");
    default: return document.createTextNode("");
  }
}

export function build(blocks) {
  return blocks.map(one);
}
