// A voice note: play, seek along its waveform, choose a speed. One plays at a time.

import { el, icon, hidden, minutes } from "/page/dom.js";
import { word } from "/page/words.js";

const BARS = 48;
const SPEEDS = [1, 1.25, 1.5, 0.75];
const PLAY = "M8 5.500v13l11-6.500z";
const PAUSE = "M8 5v14M16 5v14";
let playing = null;

function peaks(samples) {
  const step = Math.max(1, Math.floor(samples.length / BARS));
  const found = Array.from({ length: BARS }, (_, bar) => {
    let top = 0;
    for (let at = bar * step; at < Math.min((bar + 1) * step, samples.length); at += 8) top = Math.max(top, Math.abs(samples[at]));
    return top;
  });
  const top = Math.max(...found, 0.01);
  return found.map((peak) => peak / top);
}

// Every browser plays MP3; older Safaris play nothing else that is sent here.
const asMp3 = (href) => (href.startsWith("/blob/") ? `${href}&as=mp3` : href);

async function decode(href) {
  const bytes = await (await fetch(href)).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(bytes);
  return { peaks: peaks(sound.getChannelData(0)), seconds: sound.duration };
}

export class Player {
  constructor(media, name) {
    this.seconds = media.seconds || 0;
    this.audio = el("audio", { preload: "none" });
    this.audio.src = media.mime && !this.audio.canPlayType(media.mime) ? asMp3(media.href) : media.href;
    this.button = el("button", { type: "button", class: "round main play", "aria-label": word("play") }, icon(PLAY, true));
    this.wave = el("div", { class: "wave", role: "slider", tabindex: "0", "aria-label": word("seek"), "aria-valuemin": "0", "aria-valuenow": "0" });
    this.time = el("span", { class: "time" }, minutes(Math.ceil(this.seconds)));
    this.rate = el("button", { type: "button", class: "rate", "aria-label": `${word("speed")}: 1×` }, "1×");
    this.element = el("div", { class: "player", role: "group", "aria-label": name }, this.button, this.wave, this.time, this.rate, this.audio);
    this.draw(Array.from({ length: BARS }, () => 0.25));
    this.#wire(media);
    this.#look();
  }

  #wire(media) {
    this.button.addEventListener("click", () => (this.audio.paused ? this.play() : this.audio.pause()));
    this.rate.addEventListener("click", () => this.#faster());
    this.wave.addEventListener("keydown", (event) => this.#key(event));
    this.wave.addEventListener("pointerdown", (event) => this.#drag(event));
    this.audio.addEventListener("error", () => this.audio.networkState === HTMLMediaElement.NETWORK_NO_SOURCE && this.#other(media));
    this.audio.addEventListener("loadedmetadata", () => { if (Number.isFinite(this.audio.duration)) this.seconds = this.audio.duration; });
    for (const name of ["play", "pause", "ended", "timeupdate"]) this.audio.addEventListener(name, () => this.#show());
  }

  // The waveform is read when the note comes into view.
  #look() {
    const eyes = new IntersectionObserver(async (seen) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      eyes.disconnect();
      try {
        const sound = await decode(this.audio.src);
        this.seconds = sound.seconds;
        this.draw(sound.peaks);
      } catch { /* an even line says as much */ }
      this.#show();
    });
    eyes.observe(this.element);
  }

  draw(heights) {
    this.bars = heights.map((height) => {
      const bar = el("i");
      bar.style.height = `${Math.round(14 + 86 * height)}%`;
      return bar;
    });
    this.wave.replaceChildren(...this.bars);
  }

  async play() {
    if (playing && playing !== this) playing.audio.pause();
    playing = this;
    try { await this.audio.play(); } catch { this.#show(); }
  }

  #seek(seconds) {
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.seconds || 0);
    this.#show();
  }

  #drag(event) {
    const to = (at) => {
      const box = this.wave.getBoundingClientRect();
      this.#seek(((at.clientX - box.left) / box.width) * this.seconds);
    };
    const end = () => { this.wave.onpointermove = null; };
    this.wave.setPointerCapture(event.pointerId);
    this.wave.onpointermove = to;
    this.wave.onpointerup = this.wave.onpointercancel = end;
    to(event);
  }

  #key(event) {
    const now = this.audio.currentTime;
    const moves = { ArrowLeft: now - 2, ArrowDown: now - 2, ArrowRight: now + 2, ArrowUp: now + 2, Home: 0, End: this.seconds };
    if (event.key === " " || event.key === "Enter") this.button.click();
    else if (event.key in moves) this.#seek(moves[event.key]);
    else return;
    event.preventDefault();
  }

  #faster() {
    const next = SPEEDS[(SPEEDS.indexOf(this.audio.playbackRate) + 1) % SPEEDS.length];
    this.audio.playbackRate = next;
    this.rate.textContent = `${next}×`;
    this.rate.setAttribute("aria-label", `${word("speed")}: ${next}×`);
  }

  #show() {
    const { audio } = this;
    const running = !audio.paused && !audio.ended;
    const part = this.seconds ? Math.min(audio.currentTime / this.seconds, 1) : 0;
    if (this.running !== running) {
      this.running = running;
      this.button.replaceChildren(icon(running ? PAUSE : PLAY, !running));
      this.button.setAttribute("aria-label", word(running ? "pause" : "play"));
      this.element.classList.toggle("running", running);
    }
    this.bars.forEach((bar, place) => bar.classList.toggle("past", place / BARS < part));
    this.time.textContent = minutes(running || audio.currentTime > 0 ? audio.currentTime : Math.ceil(this.seconds));
    this.wave.setAttribute("aria-valuemax", Math.round(this.seconds));
    this.wave.setAttribute("aria-valuenow", Math.round(audio.currentTime));
    this.wave.setAttribute("aria-valuetext", minutes(audio.currentTime));
  }

  // A browser that believed it could play a note, and could not, is given the other form before it is given up.
  #other(media) {
    const other = asMp3(media.href);
    if (this.audio.getAttribute("src") === other) return this.#fail(media);
    this.audio.src = other;
    return this.play();
  }

  #fail(media) {
    const save = el("a", { href: media.href, download: media.name || "sona" }, word("save"));
    this.element.replaceChildren(el("span", {}, `${word("unplayable")} `), save, hidden(""));
  }
}
