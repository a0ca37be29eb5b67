// One exported file in LiteRT.js.

import { Tensor, loadAndCompile } from '@litertjs/core';

/** Fetches a file of the page. */
export async function fetched(path) {
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) {
    throw new Error(`Cannot load ${path}: status ${response.status}.`);
  }
  return response;
}

/** A `.tflite` file with one input and one output. Made by `Network.load`. */
export class Network {
  /** @param {{file: string, sha256: string, input: {shape: number[]}}} entry */
  static async load(entry) {
    const response = await fetched(`models/${entry.file}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    await checkBytes(entry, bytes);
    const compiled = await loadAndCompile(bytes, { accelerator: 'wasm' });
    return new Network(compiled, entry.input.shape);
  }

  constructor(compiled, shape) {
    this.compiled = compiled;
    this.shape = shape;
  }

  /** @returns {Promise<number[]>} the output for one input. */
  async run(input) {
    const image = new Tensor(input, this.shape);
    const [output] = await this.compiled.run([image]);
    const values = Array.from(output.toTypedArray());
    image.delete();
    output.delete();
    return values;
  }
}

// Browsers offer SHA-256 on localhost and over https only.
async function checkBytes(entry, bytes) {
  if (!globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex !== entry.sha256) {
    throw new Error(`${entry.file} is damaged: its SHA-256 is not that of models.json.`);
  }
}
