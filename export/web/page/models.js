// The exported files of all tasks, run by LiteRT.js.

import { Tensor, loadAndCompile, loadLiteRt } from '@litertjs/core';
import { argmax, entropy, softmax } from './decide.js';
import { preprocess } from './preprocess.js';

const SCHEMA_VERSION = 1;

/** The networks of all tasks. Made by `Models.load`. */
export class Models {
  /**
   * Loads the manifest, LiteRT.js and every file in it.
   * @param {(text: string) => void} onStep told what happens.
   */
  static async load(onStep = () => {}) {
    const manifest = await (await fetched('models.json')).json();
    if (manifest.schema_version !== SCHEMA_VERSION) {
      throw new Error(
        `models.json is of version ${manifest.schema_version}, this page reads ` +
          `${SCHEMA_VERSION}. Build the page again.`,
      );
    }
    onStep('Loading LiteRT…');
    await loadLiteRt(new URL('litert/core/wasm/', document.baseURI).href);
    const networks = [];
    for (const task of manifest.tasks) {
      onStep(`Loading task ${task.task.index}…`);
      networks.push(await loadNetwork(task));
    }
    return new Models(manifest, networks);
  }

  constructor(manifest, networks) {
    this.manifest = manifest;
    this.networks = networks;
    this.queue = Promise.resolve();
  }

  get tasks() {
    return this.manifest.tasks;
  }

  /**
   * Asks every task's network about one raw image, one call after the other.
   * @returns {Promise<{logits: number[], probabilities: number[], entropy: number,
   *     best: number, milliseconds: number}[]>} one answer a task.
   */
  infer(raw) {
    const answers = this.queue.then(() => this.#run(raw));
    this.queue = answers.catch(() => {});
    return answers;
  }

  async #run(raw) {
    const answers = [];
    for (const [i, task] of this.tasks.entries()) {
      answers.push(await answer(this.networks[i], task, raw, this.manifest.drawing));
    }
    return answers;
  }
}

async function answer(network, task, raw, form) {
  const input = preprocess(raw, form.size, task.preprocessing);
  const start = performance.now();
  const image = new Tensor(input, task.input.shape);
  const [output] = await network.run([image]);
  const all = Array.from(output.toTypedArray());
  const milliseconds = performance.now() - start;
  image.delete();
  output.delete();
  // A head that tasks share can be wider than this task's labels.
  const logits = all.slice(0, task.labels.length);
  const probabilities = softmax(logits);
  return {
    logits,
    probabilities,
    entropy: entropy(probabilities),
    best: argmax(probabilities),
    milliseconds,
  };
}

async function loadNetwork(task) {
  const response = await fetched(`models/${task.file}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  await checkBytes(task, bytes);
  return loadAndCompile(bytes, { accelerator: 'wasm' });
}

// Browsers offer SHA-256 on localhost and over https only.
async function checkBytes(task, bytes) {
  if (!globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex !== task.sha256) {
    throw new Error(`${task.file} is damaged: its SHA-256 is not that of models.json.`);
  }
}

async function fetched(path) {
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) {
    throw new Error(`Cannot load ${path}: status ${response.status}.`);
  }
  return response;
}
