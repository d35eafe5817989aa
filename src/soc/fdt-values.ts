// Device tree properties as what they mean: cells, strings, addresses through `ranges`, inherited values.
// A property of the wrong length is an FdtError at its offset. Work per property is limited, so that no blob
// takes longer than a few passes over its bytes.

import { type Fdt, FdtError, type FdtNode, type FdtProperty, fdtPath } from "./fdt.js";

/** 32-bit cells of a property. */
export function cells(property: FdtProperty): number[] {
  const { value, offset, name } = property;
  if (value.length % 4 !== 0) {
    throw new FdtError(`property "${name}" of ${value.length} bytes is no list of cells`, offset);
  }
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return Array.from({ length: value.length / 4 }, (_, i) => view.getUint32(i * 4));
}

/** Cells of `node`'s property `name`; empty when it has none. */
export function cellsOf(node: FdtNode, name: string): number[] {
  const property = node.properties.get(name);
  return property === undefined ? [] : cells(property);
}

/** First cell, or `fallback` when the property is missing or empty. */
export function cellOf(node: FdtNode, name: string, fallback: number): number {
  const property = node.properties.get(name);
  if (property === undefined || property.value.length === 0) return fallback;
  const { value, offset } = property;
  if (value.length % 4 !== 0) {
    throw new FdtError(`property "${name}" of ${value.length} bytes is no list of cells`, offset);
  }
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
}

/** Zero-terminated strings of a property; empty when it is missing. */
export function stringsOf(node: FdtNode, name: string): string[] {
  const property = node.properties.get(name);
  if (property === undefined || property.value.length === 0) return [];
  if (property.value.at(-1) !== 0) {
    throw new FdtError(`property "${name}" is no text`, property.offset + property.value.length - 1);
  }
  return new TextDecoder("latin1").decode(property.value.subarray(0, -1)).split("\0");
}

/** True when the node's `compatible` holds a string that `wanted` accepts. */
export function isCompatible(node: FdtNode, wanted: (compatible: string) => boolean): boolean {
  return stringsOf(node, "compatible").some(wanted);
}

/** The node that a phandle names; FdtError when there is none. */
export function nodeOf(tree: Fdt, phandle: number, property: FdtProperty): FdtNode {
  const node = tree.phandles.get(phandle);
  if (node === undefined) {
    throw new FdtError(
      `"${property.name}" refers to phandle 0x${phandle.toString(16)}, which no node has`,
      property.offset,
    );
  }
  return node;
}

/**
 * Lists of `<phandle argument...>`, each with as many arguments as the node says in `countName`
 * (`#clock-cells`, `#iommu-cells`, ...).
 */
export function references(
  tree: Fdt,
  node: FdtNode,
  name: string,
  countName: string,
): { node: FdtNode; args: number[] }[] {
  const property = node.properties.get(name);
  if (property === undefined) return [];
  const words = cells(property);
  const out: { node: FdtNode; args: number[] }[] = [];
  for (let i = 0; i < words.length; ) {
    const target = nodeOf(tree, words[i]!, property);
    const count = cellOf(target, countName, 0);
    if (count > words.length - i - 1) {
      throw new FdtError(`"${name}" ends in the middle of a reference`, property.offset + i * 4);
    }
    out.push({ node: target, args: words.slice(i + 1, i + 1 + count) });
    i += 1 + count;
  }
  return out;
}

/** A range of addresses. */
export interface Region {
  readonly base: number;
  readonly bytes: number;
}

/** Address and size cells that hold for children of `node`. */
function cellCounts(node: FdtNode): { address: number; size: number } {
  const check = (name: string, fallback: number): number => {
    const count = cellOf(node, name, fallback);
    if (count > 4)
      throw new FdtError(`"${name}" of ${count} in ${fdtPath(node)}`, node.properties.get(name)!.offset);
    return count;
  };
  return { address: check("#address-cells", 2), size: check("#size-cells", 1) };
}

/** A number of several cells; must stay exact. */
function wide(words: readonly number[], property: FdtProperty): number {
  let value = 0;
  for (const word of words) value = value * 0x1_0000_0000 + word;
  if (!Number.isSafeInteger(value))
    throw new FdtError(`"${property.name}" holds a number above 2^53`, property.offset);
  return value;
}

/** Longest lists of addresses that are believed; real ones have a few dozen entries. */
const MAX_ENTRIES = 1024;

/** Entries of a list property, each of `width` cells. */
function entries(property: FdtProperty, width: number): number[][] {
  const { value, name, offset } = property;
  if (width === 0 || value.length % (width * 4) !== 0) {
    throw new FdtError(`"${name}" is no list of ${width} cells each`, offset);
  }
  if (value.length / (width * 4) > MAX_ENTRIES) {
    throw new FdtError(`"${name}" has more than ${MAX_ENTRIES} entries`, offset);
  }
  const words = cells(property);
  return Array.from({ length: words.length / width }, (_, i) => words.slice(i * width, (i + 1) * width));
}

/**
 * `reg` of a node as CPU addresses, translated by the `ranges` of its parents. An entry that some parent
 * does not pass on is left out.
 */
export function regionsOf(node: FdtNode): Region[] {
  const property = node.properties.get("reg");
  if (property === undefined || node.parent === null) return [];
  const count = cellCounts(node.parent);
  const out: Region[] = [];
  for (const entry of entries(property, count.address + count.size)) {
    const base = translate(node.parent, wide(entry.slice(0, count.address), property));
    if (base !== null) out.push({ base, bytes: wide(entry.slice(count.address), property) });
  }
  return out;
}

interface Window {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

// Parsed once per bus, not once per child.
const windows = new WeakMap<FdtProperty, readonly Window[]>();

function windowsOf(node: FdtNode, parent: FdtNode, property: FdtProperty): readonly Window[] {
  let list = windows.get(property);
  if (list === undefined) {
    const child = cellCounts(node);
    const up = cellCounts(parent);
    const middle = child.address + up.address;
    list = entries(property, middle + child.size).map((words) => ({
      from: wide(words.slice(0, child.address), property),
      to: wide(words.slice(child.address, middle), property),
      bytes: wide(words.slice(middle), property),
    }));
    windows.set(property, list);
  }
  return list;
}

/** `address` of a child of `bus` as seen by the CPU, or null where a parent has no `ranges` for it. */
function translate(bus: FdtNode, address: number): number | null {
  let at = address;
  for (let node = bus; node.parent !== null; node = node.parent) {
    const property = node.properties.get("ranges");
    if (property === undefined) return null;
    if (property.value.length === 0) continue;
    const hit = windowsOf(node, node.parent, property).find((w) => at >= w.from && at - w.from < w.bytes);
    if (hit === undefined) return null;
    at = hit.to + (at - hit.from);
  }
  return at;
}
