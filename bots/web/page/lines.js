// One line of the conversation as an element.

import { el, hidden } from "/page/dom.js";
import { build } from "/page/markup.js";
import { Player } from "/page/player.js";
import { Card, sign } from "/page/quiz.js";
import { word } from "/page/words.js";

function sources(found) {
  if (!found?.length) return null;
  const each = found.map((source, place) => {
    const name = [source.title, source.section].filter(Boolean).join(" · ");
    const link = /^https?:/i.test(source.link) && el("a", { href: source.link, target: "_blank", rel: "noopener noreferrer nofollow" }, word("open"));
    const summary = el("summary", {}, el("b", {}, String(place + 1)), el("span", {}, name));
    return el("li", {}, el("details", {}, summary, source.quote && el("blockquote", {}, source.quote), link));
  });
  return el("div", { class: "sources" }, el("h3", {}, word("sources")), el("ol", {}, ...each));
}

function chips(choices, line, tap) {
  if (!choices?.length) return null;
  const buttons = choices.map((choice) =>
    el("button", { type: "button", class: "chip", "data-value": choice.value, onclick: () => tap(choice, line) }, choice.label));
  return el("div", { class: "chips", role: "group", "aria-label": word("suggestions") }, ...buttons);
}

function file(media) {
  if (media.mime?.startsWith("audio/") && media.href) return new Player(media, media.name || word("voice")).element;
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(media.mime) && media.href) {
    return el("a", { href: media.href, target: "_blank", rel: "noopener", class: "picture" }, el("img", { src: media.href, alt: media.name, loading: "lazy" }));
  }
  const name = media.name || media.mime;
  return media.href ? el("a", { href: media.href, download: name, class: "file" }, name) : el("span", { class: "file" }, name);
}

function person(line) {
  switch (line.kind) {
    case "said": case "tapped": return line.text ? [el("p", { class: "typed" }, line.text)] : [];
    case "spoke": return [line.audio?.href ? new Player(line.audio, word("voice")).element : el("p", {}, word("voice"))];
    case "shared": return [file(line.media), line.text && el("p", { class: "typed" }, line.text)];
    default: return [];
  }
}

function sona(line, acts) {
  const words = line.blocks?.length ? el("div", { class: "words" }, ...build(line.blocks)) : null;
  switch (line.kind) {
    case "text": return [words, sources(line.sources), chips(line.choices, line, acts.tap)];
    case "voice": return [line.audio?.href && new Player(line.audio, word("voice")).element, words];
    case "picture": case "document": return [file(line.media), words];
    case "mark": return [el("div", { class: `verdict ${line.correct ? "right" : "wrong"}` }, sign(line.correct), words)];
    default: return [];
  }
}

// The element of a line, and its card when it asks something.
export function show(line, acts) {
  if (line.kind === "quiz") {
    const card = new Card(line, acts);
    return { element: el("li", { class: "sona", "data-seq": line.seq }, hidden(`${word("sona")}: `), card.element), card };
  }
  const parts = (line.role === "person" ? person(line) : sona(line, acts)).filter(Boolean);
  if (!parts.length) return { element: null, card: null };
  const who = line.role === "person" ? "you" : "sona";
  const time = line.at ? new Date(line.at).toLocaleString() : undefined;
  return { element: el("li", { class: `${line.role} ${line.kind}`, "data-seq": line.seq, "data-key": line.key, title: time }, hidden(`${word(who)}: `), ...parts), card: null };
}
