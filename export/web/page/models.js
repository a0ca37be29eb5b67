// The exported files of all tasks, and the router where there is one.

import { loadLiteRt } from '@litertjs/core';
import { argmax, entropy, softmax } from './decide.js';
import { Network, fetched } from './network.js';
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
      networks.push(await Network.load(task));
    }
    const router = manifest.router && (await Network.load(manifest.router));
    return new Models(manifest, networks, router);
  }

  constructor(manifest, networks, router) {
    this.manifest = manifest;
    this.networks = networks;
    this.router = router;
    this.queue = Promise.resolve();
  }

  get tasks() {
    return this.manifest.tasks;
  }

  /**
   * Asks every network about one raw image, one call after the other.
   * @returns {Promise<{answers: {logits: number[], probabilities: number[],
   *     entropy: number, best: number}[], routed: ?{task: number, best: number,
   *     confidence: number, abstains: boolean}, milliseconds: number}>}
   *     an answer a task, and the router's; tasks by their place in the manifest.
   */
  infer(raw) {
    const found = this.queue.then(() => this.#run(raw));
    this.queue = found.catch(() => {});
    return found;
  }

  async #run(raw) {
    const start = performance.now();
    const answers = [];
    for (const [i, task] of this.tasks.entries()) {
      const all = await this.networks[i].run(this.#input(raw, task));
      answers.push(answer(all, task.labels.length));
    }
    const routed = this.router && (await this.#route(raw));
    return { answers, routed, milliseconds: performance.now() - start };
  }

  async #route(raw) {
    const { router } = this.manifest;
    const input = this.#input(raw, router);
    const [index, best, confidence, evidence] = await this.router.run(input);
    const task = router.tasks.findIndex((entry) => entry.index === index);
    const least = router.tasks[task];
    const abstains =
      confidence < least.least_confidence || evidence < least.least_evidence;
    return { task, best, confidence, abstains };
  }

  #input(raw, entry) {
    return preprocess(raw, this.manifest.drawing.size, entry.preprocessing);
  }
}

// A head that tasks share can be wider than this task's labels.
function answer(all, labels) {
  const logits = all.slice(0, labels);
  const probabilities = softmax(logits);
  return {
    logits,
    probabilities,
    entropy: entropy(probabilities),
    best: argmax(probabilities),
  };
}
