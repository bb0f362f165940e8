// A voice note from the microphone: hold the button, or tap it and send when done.

import { $, minutes } from "/page/dom.js";
import { word } from "/page/words.js";

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4", "audio/webm"];
const HELD = 400;
const LONGEST = 10 * 60;

export class Recorder {
  constructor({ done, complain, change }) {
    Object.assign(this, { done, complain, change, active: false });
    const button = $("speak");
    button.addEventListener("pointerdown", (event) => { if (event.button === 0) this.#press(); });
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => this.#release());
    button.addEventListener("click", (event) => { if (event.detail === 0 && !this.active) this.start(); });
    $("discard").addEventListener("click", () => this.discard());
  }

  #press() {
    this.pressed = performance.now();
    if (!this.active) this.start();
  }

  #release() {
    const held = this.pressed && performance.now() - this.pressed;
    this.pressed = 0;
    if (held > HELD && this.active) this.finish();
  }

  async start() {
    if (this.active || this.asking) return;
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return void this.complain(word("noRecorder"));
    this.asking = true;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
      this.#record();
    } catch (error) {
      this.complain(word(error.name === "NotAllowedError" || error.name === "SecurityError" ? "noPermission" : "noMicrophone"));
    } finally {
      this.asking = false;
    }
  }

  #record() {
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    this.parts = [];
    this.machine = new MediaRecorder(this.stream, { mimeType, audioBitsPerSecond: 32000 });
    this.machine.ondataavailable = (event) => event.data.size && this.parts.push(event.data);
    this.machine.start(500);
    this.began = performance.now();
    this.active = true;
    this.#listen();
    this.change(true);
  }

  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  #listen() {
    this.sound = new AudioContext();
    const ear = this.sound.createAnalyser();
    ear.fftSize = 512;
    this.sound.createMediaStreamSource(this.stream).connect(ear);
    const samples = new Float32Array(ear.fftSize);
    const levels = [];
    const draw = () => {
      if (!this.active) return;
      ear.getFloatTimeDomainData(samples);
      levels.push(Math.min(1, Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length) * 6));
      this.#meter(levels);
      $("clock").textContent = minutes(this.seconds);
      if (this.seconds > LONGEST) this.finish();
      else this.frame = setTimeout(draw, 50);
    };
    draw();
  }

  #meter(levels) {
    const canvas = $("level");
    const paint = canvas.getContext("2d");
    const bars = Math.floor(canvas.width / 5);
    paint.clearRect(0, 0, canvas.width, canvas.height);
    paint.fillStyle = getComputedStyle(canvas).color;
    levels.slice(-bars).forEach((level, place, shown) => {
      const height = Math.max(3, level * canvas.height);
      paint.fillRect(canvas.width - (shown.length - place) * 5, (canvas.height - height) / 2, 3, height);
    });
  }

  discard() {
    this.#end(() => {});
  }

  finish() {
    const { seconds } = this;
    if (seconds < 0.6) {
      this.complain(word("tooShort"));
      return this.discard();
    }
    return this.#end((blob) => this.done(blob, seconds));
  }

  #end(then) {
    if (!this.active) return;
    this.active = false;
    clearTimeout(this.frame);
    const { machine, parts } = this;
    machine.onstop = () => then(new Blob(parts, { type: machine.mimeType }));
    machine.stop();
    this.stream.getTracks().forEach((track) => track.stop());
    this.sound.close();
    this.change(false);
  }
}
