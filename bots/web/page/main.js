// Puts the page together.

import { $ } from "/page/dom.js";
import { Files } from "/page/files.js";
import { Link } from "/page/link.js";
import { Log } from "/page/log.js";
import { Recorder } from "/page/recorder.js";
import { language, word } from "/page/words.js";

const field = $("words");
let oldest = 0;
let seen = false;

function label() {
  document.documentElement.lang = language;
  for (const id of ["attach", "speak", "send", "stop", "discard"]) {
    $(id).setAttribute("aria-label", word(id));
    $(id).title = word(id);
  }
  for (const id of ["older", "down"]) $(id).textContent = word(id);
  $("record").setAttribute("aria-label", word("log"));
  $("scroll").setAttribute("aria-label", word("log"));
  $("file").setAttribute("aria-label", word("attach"));
  document.querySelector(".skip").textContent = word("skip");
  answering();
}

function answering() {
  const question = log?.question;
  const text = word(question?.words ? "answer" : "placeholder");
  field.placeholder = text;
  field.setAttribute("aria-label", text);
  $("composer").classList.toggle("answering", Boolean(question?.words));
}

function complain(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
  clearTimeout(complain.timer);
  complain.timer = setTimeout(() => { $("notice").hidden = true; }, 8000);
}

function state(name) {
  const wait = name === "offline" ? 900 : 0;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => {
    $("state").dataset.state = name;
    $("state-words").textContent = word(name);
  }, wait);
}

// How a message looks while it waits; a tap on a question shows on its card instead.
function pending({ body, shown, id }) {
  const line = { role: "person", kind: body.kind, key: `web:${id}`, text: shown || body.text };
  if (body.kind === "tapped" && !shown) return null;
  if (body.kind === "spoke") return { ...line, text: "" };
  return body.kind === "shared" ? { ...line, media: { ...body.media, href: "" }, text: body.text } : line;
}

function post(body, extra) {
  const message = link.post(body, extra);
  log.wait(message, pending(message));
}

const say = (text, shown = "") => post({ kind: "said", text }, { shown });

function tap(choice, line) {
  post({ kind: "tapped", choice: choice.value, of: String(line.seq ?? "") }, { shown: line.kind === "quiz" ? "" : choice.label });
}

function compose() {
  const empty = field.value.trim() === "";
  $("send").hidden = empty && !recorder.active;
  $("speak").hidden = !empty || recorder.active;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function submit(event) {
  event?.preventDefault();
  if (recorder.active) return recorder.finish();
  const text = field.value.trim();
  if (!text) return undefined;
  field.value = "";
  compose();
  return say(text);
}

function recording(on) {
  $("recording").hidden = !on;
  field.hidden = $("attach").hidden = on;
  $("send").setAttribute("aria-label", word(on ? "sendVoice" : "send"));
  compose();
  (on ? $("send") : field).focus();
}

// Digits and letters answer the open question; other typing goes where words go.
function key(event) {
  if (event.key === "Escape" && recorder.active) return recorder.discard();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
  if (event.target.closest("textarea, input, [role=slider]") || event.key.length !== 1 || event.key === " ") return undefined;
  const name = event.key.toLowerCase();
  const place = /[1-9]/.test(name) ? Number(name) - 1 : "abcdefghijkl".indexOf(name);
  if (place >= 0 && log.question?.choose(place)) return event.preventDefault();
  return recorder.active ? undefined : field.focus();
}

const hear = {
  lines(frame) {
    log.many(frame.lines, { anew: frame.anew });
    if (frame.anew) {
      oldest = frame.lines[0]?.seq ?? 0;
      $("older").hidden = !frame.older;
    }
  },
  line: (frame) => log.add(frame.line),
  older(frame) {
    log.older(frame.lines);
    oldest = frame.lines[0]?.seq ?? oldest;
    $("older").hidden = !frame.older;
  },
  ready() {
    log.record.setAttribute("aria-busy", "false");
    if (!seen) for (const message of link.outbox.waiting) log.wait(message, pending(message));
    seen = true;
    document.body.dataset.ready = "true";
  },
  ack: () => {},
  refused: (frame) => log.refuse(frame.about, frame.why),
  typing: () => log.typing(),
  status: (frame) => log.status(frame.text),
  draft: (frame) => log.draft(frame),
};

const log = new Log({ tap, tell: say, answering, live: (on) => { $("stop").hidden = !on; } });
const recorder = new Recorder({ done: (blob, seconds) => files.voice(blob, seconds), complain, change: recording });
const files = new Files({ complain, share: (body, up) => post(body, { proof: up.proof }) });
const link = new Link({ hear: (name, frame) => hear[name]?.(frame), state, start: new URLSearchParams(location.search).get("start")?.slice(0, 200) ?? "" });

$("composer").addEventListener("submit", submit);
$("stop").addEventListener("click", () => link.stop());
$("older").addEventListener("click", () => link.cast({ t: "older", before: oldest }));
field.addEventListener("input", compose);
field.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event); });
document.addEventListener("keydown", key);
label();
compose();
state("connecting");
link.connect();
if (matchMedia("(pointer: fine)").matches) field.focus();
