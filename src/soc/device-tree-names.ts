// Short names for the masters and System MMUs of a device tree, the same as in the tables where an SoC has
// one: by address there, else by what the node is compatible with, numbered in order of address.

import type { FdtNode } from "./fdt.js";
import { stringsOf } from "./fdt-values.js";
import type { SocDescription } from "./types.js";

// Longer patterns first: fimc-lite is compatible with nothing else, but its name begins with fimc.
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/-fimc-lite$/, "fimc_lite"],
  [/-fimc-is$/, "fimc_is"],
  [/-fimc$/, "fimc"],
  [/^samsung,mfc|-mfc$/, "mfc"],
  [/-fimd$/, "fimd"],
  [/-g2d$/, "g2d"],
  [/-jpeg$/, "jpeg"],
  [/-rotator$/, "rotator"],
  [/-mixer$/, "tv"],
  [/-gsc$/, "gsc"],
  [/-scaler$/, "scaler"],
];

/** Kinds that are numbered even when there is only one. */
const ALWAYS_NUMBERED = new Set(["fimc", "fimc_lite", "gsc"]);

/** What a master is, as the first part of its name. */
export function kindOf(node: FdtNode): string {
  for (const compatible of stringsOf(node, "compatible")) {
    for (const [pattern, kind] of KINDS) if (pattern.test(compatible)) return kind;
  }
  return (node.name.split("@")[0] ?? "").replace(/[^A-Za-z0-9]/g, "_") || "device";
}

/** A master on its way to a name. */
export interface Unnamed {
  readonly node: FdtNode;
  readonly base: number;
}

/** Names by node, unique. `table`: the SoC's own description, if there is one. */
export function nameMasters(masters: readonly Unnamed[], table: SocDescription | null): Map<FdtNode, string> {
  const names = new Map<FdtNode, string>();
  const taken = new UniqueNames();
  const rest = new Map<string, Unnamed[]>();
  for (const master of [...masters].sort((a, b) => a.base - b.base)) {
    const known = table?.devices.find((d) => d.base === master.base)?.name;
    if (known !== undefined && !taken.has(known)) {
      names.set(master.node, known);
      taken.take(known);
      continue;
    }
    const kind = kindOf(master.node);
    const group = rest.get(kind);
    if (group === undefined) rest.set(kind, [master]);
    else group.push(master);
  }
  for (const [kind, group] of rest) {
    group.forEach(({ node }, i) => {
      names.set(node, taken.take(group.length > 1 || ALWAYS_NUMBERED.has(kind) ? `${kind}${i}` : kind));
    });
  }
  return names;
}

/** Names of the System MMUs of one master, port by port. `labels` are its iommu-names. */
export function portNames(master: string, ports: number, labels: readonly string[]): string[] {
  if (ports === 1) return [master];
  // As in the tables: mfc_l and mfc_r, fimc_isp rather than fimc_is_isp.
  const stem = master === "fimc_is" ? "fimc" : master;
  return Array.from({ length: ports }, (_, i) => {
    const label = labels[i] ?? String(i);
    return `${stem}_${label === "left" ? "l" : label === "right" ? "r" : label}`;
  });
}

/** Names given so far; makes equal ones different. */
export class UniqueNames {
  readonly #used = new Map<string, number>();

  /** True when `name` was given. */
  has(name: string): boolean {
    return this.#used.has(name);
  }

  /** `name`, with a number behind it if it was given before. */
  take(name: string): string {
    let free = name;
    let n = this.#used.get(name) ?? 0;
    while (this.#used.has(free)) free = `${name}_${++n}`;
    this.#used.set(name, n);
    if (free !== name) this.#used.set(free, 0);
    return free;
  }
}
