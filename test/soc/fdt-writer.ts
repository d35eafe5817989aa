// Writes small flattened device trees for tests: nodes as objects, version 17.

/** Property: cells, text (zero-terminated), raw bytes, or true for an empty one. */
export type Value = number[] | string | string[] | Uint8Array | true;

/** A node: its properties, then its children. */
export interface Node {
  props?: Record<string, Value>;
  nodes?: Record<string, Node>;
}

function bytesOf(value: Value): Uint8Array {
  if (value === true) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return new TextEncoder().encode(`${value}\0`);
  if (value.length > 0 && typeof value[0] === "string") {
    return new TextEncoder().encode(value.map((text) => `${text}\0`).join(""));
  }
  const out = new Uint8Array(value.length * 4);
  const view = new DataView(out.buffer);
  (value as number[]).forEach((cell, i) => {
    view.setUint32(i * 4, cell);
  });
  return out;
}

/** The blob of a tree. */
export function writeFdt(root: Node): Uint8Array<ArrayBuffer> {
  const struct: number[] = [];
  const strings: number[] = [];
  const offsets = new Map<string, number>();
  const word = (n: number) => struct.push((n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
  const pad = () => {
    while (struct.length % 4 !== 0) struct.push(0);
  };
  const text = (to: number[], s: string) => {
    to.push(...new TextEncoder().encode(s), 0);
  };
  const node = (name: string, { props = {}, nodes = {} }: Node) => {
    word(1);
    text(struct, name);
    pad();
    for (const [key, value] of Object.entries(props)) {
      if (!offsets.has(key)) {
        offsets.set(key, strings.length);
        text(strings, key);
      }
      const bytes = bytesOf(value);
      word(3);
      word(bytes.length);
      word(offsets.get(key)!);
      struct.push(...bytes);
      pad();
    }
    for (const [key, child] of Object.entries(nodes)) node(key, child);
    word(2);
  };
  node("", root);
  word(9);
  const structStart = 40 + 16;
  const stringsStart = structStart + struct.length;
  const out = new Uint8Array(stringsStart + strings.length);
  const view = new DataView(out.buffer);
  const header = [
    0xd00dfeed,
    out.length,
    structStart,
    stringsStart,
    40,
    17,
    16,
    0,
    strings.length,
    struct.length,
  ];
  header.forEach((value, i) => {
    view.setUint32(i * 4, value);
  });
  out.set(struct, structStart);
  out.set(strings, stringsStart);
  return out;
}

/** A blob from raw structure words and a strings block, for trees no writer would make. */
export function rawFdt(words: readonly number[], strings: string): Uint8Array<ArrayBuffer> {
  const base = writeFdt({});
  const text = new TextEncoder().encode(strings);
  const out = new Uint8Array(56 + words.length * 4 + text.length);
  out.set(base.subarray(0, 56));
  const view = new DataView(out.buffer);
  words.forEach((w, i) => {
    view.setUint32(56 + i * 4, w);
  });
  out.set(text, 56 + words.length * 4);
  view.setUint32(4, out.length);
  view.setUint32(12, 56 + words.length * 4);
  view.setUint32(32, text.length);
  view.setUint32(36, words.length * 4);
  return out;
}

/** Sets header word `index` (0..9). */
export function withHeader(
  blob: Uint8Array<ArrayBuffer>,
  index: number,
  value: number,
): Uint8Array<ArrayBuffer> {
  const out = blob.slice();
  new DataView(out.buffer).setUint32(index * 4, value);
  return out;
}
