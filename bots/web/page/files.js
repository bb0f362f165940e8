// Files on their way: chosen, dropped, pasted or recorded, sent with their progress, tried again after the network was away.

import { $, el } from "/page/dom.js";
import { word } from "/page/words.js";

const LARGEST = 25 * 1024 * 1024;
const AGAIN = 3000;

function send(blob, name, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/upload");
    request.responseType = "json";
    request.setRequestHeader("Content-Type", (blob.type || "application/octet-stream").split(";")[0]);
    request.setRequestHeader("X-Name", encodeURIComponent(name));
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject(request.status));
    request.onerror = request.ontimeout = () => reject(0);
    progress.stop = () => { request.abort(); reject(-1); };
    request.send(blob);
  });
}

export class Files {
  constructor({ share, complain }) {
    Object.assign(this, { share, complain, count: 0 });
    $("attach").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", (event) => { this.take(event.target.files); event.target.value = ""; });
    document.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); this.take(event.clipboardData.files); } });
    document.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); this.#over(true); } });
    document.addEventListener("dragleave", (event) => event.relatedTarget || this.#over(false));
    document.addEventListener("drop", (event) => { event.preventDefault(); this.#over(false); this.take(event.dataTransfer.files); });
    window.addEventListener("beforeunload", (event) => { if (this.count) event.preventDefault(); });
  }

  #over(on) {
    document.body.classList.toggle("dropping", on);
    document.body.dataset.drop = word("dropHere");
  }

  take(files) {
    for (const file of files) {
      if (file.size > LARGEST) this.complain(word("tooLarge", { name: file.name }));
      else if (file.size && file.type.startsWith("audio/")) this.voice(file, 0);
      else if (file.size) this.upload(file, file.name, (up) => ({ kind: "shared", media: { ref: up.ref, mime: up.mime, name: up.name, size: up.size } }));
    }
  }

  voice(blob, seconds) {
    const audio = (up) => ({ ref: up.ref, mime: up.mime, name: "", size: up.size, seconds });
    return this.upload(blob, word("voice"), (up) => ({ kind: "spoke", audio: audio(up) }));
  }

  async upload(blob, name, body) {
    this.count++;
    const bar = el("progress", { max: "1", value: "0", "aria-label": word("uploading", { name }) });
    const progress = (part) => { bar.value = part; };
    const cancel = el("button", { type: "button", class: "quiet", onclick: () => { progress.gone = true; progress.stop?.(); row.remove(); } }, word("cancel"));
    const row = el("li", {}, el("span", {}, name), bar, cancel);
    $("files").hidden = false;
    $("files").append(row);
    try {
      const up = await this.#persist(blob, name, progress);
      if (up && !progress.gone) this.share(body(up), up);
    } finally {
      this.count--;
      row.remove();
      $("files").hidden = $("files").childElementCount === 0;
    }
  }

  async #persist(blob, name, progress) {
    while (!progress.gone) {
      try {
        return await send(blob, name, progress);
      } catch (status) {
        if (status === 413) return void this.complain(word("tooLarge", { name }));
        if (status >= 400 && status < 500) return void this.complain(word("uploadFailed", { name }));
        await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
      }
    }
    return undefined;
  }
}
