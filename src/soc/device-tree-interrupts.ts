// Interrupts of a device tree: which controller a node's line belongs to, and what its cells mean there.
//
//   samsung,exynos4210-combiner  <group source>          GIC  <kind number flags>, kind 0 = shared
//
// Not modelled: other controllers (their lines are left out), interrupt-map.

import { type Fdt, FdtError, type FdtNode } from "./fdt.js";
import { cellOf, cells, cellsOf, isCompatible, nodeOf, references, regionsOf } from "./fdt-values.js";
import type { CombinerDescription, GicDescription, Interrupt } from "./types.js";

const isCombiner = (node: FdtNode) => isCompatible(node, (c) => c === "samsung,exynos4210-combiner");
const isGic = (node: FdtNode) => isCompatible(node, (c) => /^arm,(gic-400|cortex-a(5|7|9|15)-gic)$/.test(c));

/** Controller for the `interrupts` of a node: its own or a parent's `interrupt-parent`. */
function controllerOf(tree: Fdt, node: FdtNode): FdtNode | null {
  for (let n: FdtNode | null = node; n !== null; n = n.parent) {
    const property = n.properties.get("interrupt-parent");
    if (property !== undefined) return nodeOf(tree, cellOf(n, "interrupt-parent", 0), property);
  }
  return null;
}

type Kind = "combiner" | "gic" | "other";
const kinds = new WeakMap<FdtNode, Kind>();

function kindOf(controller: FdtNode): Kind {
  let kind = kinds.get(controller);
  if (kind === undefined) {
    kind = isCombiner(controller) ? "combiner" : isGic(controller) ? "gic" : "other";
    kinds.set(controller, kind);
  }
  return kind;
}

function decode(kind: Kind, args: readonly number[]): Interrupt | null {
  if (kind === "combiner" && args.length === 2) return { kind, group: args[0]!, bit: args[1]! };
  // Private interrupts (kind 1) are of no use to a device.
  if (kind === "gic" && args.length === 3 && args[0] === 0) return { kind: "spi", number: args[1]! };
  return null;
}

/** Lines of a node, in its order; those of unknown controllers are left out. */
export function interruptsOf(tree: Fdt, node: FdtNode): Interrupt[] {
  const out: Interrupt[] = [];
  for (const { node: controller, args } of references(
    tree,
    node,
    "interrupts-extended",
    "#interrupt-cells",
  )) {
    const line = decode(kindOf(controller), args);
    if (line !== null) out.push(line);
  }
  const property = node.properties.get("interrupts");
  const controller = property === undefined ? null : controllerOf(tree, node);
  if (property === undefined || controller === null || out.length > 0) return out;
  const words = cells(property);
  const width = cellOf(controller, "#interrupt-cells", 0);
  if (width === 0) return out;
  if (words.length % width !== 0) {
    throw new FdtError(`"interrupts" is no list of ${width} cells each`, property.offset);
  }
  const kind = kindOf(controller);
  for (let i = 0; i < words.length; i += width) {
    const line = decode(kind, words.slice(i, i + width));
    if (line !== null) out.push(line);
  }
  return out;
}

/** The combiner, or null. */
export function combinerOf(tree: Fdt): CombinerDescription | null {
  const node = tree.nodes.find(isCombiner);
  const base = node === undefined ? undefined : regionsOf(node)[0]?.base;
  if (node === undefined || base === undefined) return null;
  const spis = interruptsOf(tree, node).flatMap((i) => (i.kind === "spi" ? [i.number] : []));
  const groups = Math.min(cellsOf(node, "samsung,combiner-nr")[0] ?? spis.length, spis.length);
  return { base, groups, spis: spis.slice(0, groups) };
}

/** The interrupt controller, or null. */
export function gicOf(tree: Fdt): GicDescription | null {
  const node = tree.nodes.find(isGic);
  const regions = node === undefined ? [] : regionsOf(node);
  if (node === undefined || regions.length < 2) return null;
  return {
    distributor: regions[0]!.base,
    cpuInterface: regions[1]!.base,
    cpuOffset: cellOf(node, "cpu-offset", 0),
  };
}
