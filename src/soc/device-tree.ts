// An SoC description from a board's device tree: `samsung,exynos-sysmmu` nodes, the masters that refer to
// them through `iommus`, memory, interrupts, power domains and clocks.
//
// What a device tree does not tell is taken from the SoC's table where there is one: gate bits, and the
// value of MMU_VERSION (elsewhere by generation, see DEFAULT_VERSIONS). System MMUs that the table has and
// the tree has not are left out, as for the kernel.
//
// Not modelled: the stream number of `iommus` (these devices have none), reserved memory.

import { checkBytes } from "../check.js";
import { combinerOf, gicOf, interruptsOf } from "./device-tree-interrupts.js";
import { nameMasters, portNames, UniqueNames, type Unnamed } from "./device-tree-names.js";
import { type Fdt, FdtError, type FdtNode, fdtPath, readFdt } from "./fdt.js";
import { isCompatible, references, regionsOf, stringsOf } from "./fdt-values.js";
import { SOCS } from "./find.js";
import { linuxName, named } from "./rows.js";
import type {
  AddressRange,
  ClockGate,
  MasterDescription,
  PowerDomainDescription,
  SocDescription,
  SysmmuDescription,
} from "./types.js";

/** MMU_VERSION for SoCs without a table, by generation (spec sysmmu-hardware 1.0); 1.0 for all others. */
const DEFAULT_VERSIONS: ReadonlyMap<string, number> = new Map([
  ["samsung,exynos5250", 0x2020_0000],
  ["samsung,exynos5420", 0x3060_0000],
  ["samsung,exynos5422", 0x3060_0000],
  ["samsung,exynos5800", 0x3060_0000],
]);
const UNKNOWN_VERSION = 0x1000_0000;

/**
 * Description of the board whose flattened device tree is `blob` (a .dtb, as a boot loader gets it), for
 * `Machine.create({ soc: socFromDeviceTree(blob) })`. What the tree does not tell comes from the SoC's table.
 * Runs in browsers too: the caller brings the bytes.
 * @throws TypeError for other things than bytes; FdtError with the offset of what is wrong
 */
export function socFromDeviceTree(blob: Uint8Array): SocDescription {
  return new Board(readFdt(checkBytes("blob", blob))).describe();
}

class Board {
  readonly #tree: Fdt;
  readonly #compatible: string;
  readonly #table: SocDescription | null;
  readonly #domainNames = new Map<FdtNode, string>();
  readonly #status = new Map<FdtNode, boolean>();

  constructor(tree: Fdt) {
    this.#tree = tree;
    const compatible = stringsOf(tree.root, "compatible");
    this.#compatible =
      compatible.find((c) => /^samsung,exynos\d{4}$/.test(c)) ?? compatible.at(-1) ?? "unknown";
    this.#table = Object.values(SOCS).find((soc) => soc.compatible === this.#compatible) ?? null;
  }

  describe(): SocDescription {
    const powerDomains = this.#powerDomains();
    const memory = this.#memory();
    const nodes = this.#tree.nodes.filter((n) => isCompatible(n, (c) => c === "samsung,exynos-sysmmu"));
    const masters = this.#masters(new Set(nodes));
    const names = nameMasters(masters, this.#table);
    const { sysmmus, ports } = this.#sysmmus(nodes, masters, names);
    const name = this.#compatible.replace(/^samsung,/, "");
    return {
      name,
      title: stringsOf(this.#tree.root, "model")[0] ?? name,
      compatible: this.#compatible,
      memory,
      dramBase: memory.reduce(
        (low, m) => Math.min(low, m.base),
        memory[0]?.base ?? this.#table?.dramBase ?? 0,
      ),
      cmuBase: this.#table?.cmuBase ?? 0,
      sysmmus,
      devices: [
        ...masters.map(({ node, base }) => this.#master(node, base, names.get(node)!, ports.get(node) ?? [])),
        ...this.#otherMasters(masters),
      ],
      powerDomains,
      combiner: combinerOf(this.#tree),
      gic: gicOf(this.#tree),
    };
  }

  #powerDomains(): PowerDomainDescription[] {
    const nodes = this.#tree.nodes.filter((n) => isCompatible(n, (c) => /^samsung,exynos\d+-pd$/.test(c)));
    const taken = new UniqueNames();
    for (const node of nodes)
      this.#domainNames.set(node, taken.take(stringsOf(node, "label")[0] ?? node.name));
    return nodes.map((node) => ({
      name: this.#domainNames.get(node)!,
      base: regionsOf(node)[0]?.base ?? 0,
      parent: this.#domainOf(node),
    }));
  }

  #domainOf(node: FdtNode): string | null {
    const first = references(this.#tree, node, "power-domains", "#power-domain-cells")[0];
    return first === undefined ? null : (this.#domainNames.get(first.node) ?? null);
  }

  /** Ranges of memory nodes, neighbours joined. */
  #memory(): AddressRange[] {
    const ranges = this.#tree.nodes
      .filter((n) => n.parent === this.#tree.root && stringsOf(n, "device_type")[0] === "memory")
      .flatMap(regionsOf)
      .filter(({ bytes }) => bytes > 0)
      .sort((a, b) => a.base - b.base);
    const out: { base: number; bytes: number }[] = [];
    for (const { base, bytes } of ranges) {
      const last = out.at(-1);
      if (last !== undefined && last.base + last.bytes === base) last.bytes += bytes;
      else out.push({ base, bytes });
    }
    return out.map((range, i) => ({ name: `memory${i}`, ...range }));
  }

  /** Nodes with an `iommus` that names at least one of `sysmmus`. */
  #masters(sysmmus: ReadonlySet<FdtNode>): Unnamed[] {
    const out: Unnamed[] = [];
    for (const node of this.#tree.nodes) {
      if (!this.#iommus(node).some((n) => sysmmus.has(n))) continue;
      const base = regionsOf(node)[0]?.base;
      if (base === undefined) throw new FdtError(`${fdtPath(node)} has "iommus" but no address`, node.offset);
      out.push({ node, base });
    }
    return out;
  }

  /** Masters of the SoC's table that the tree has without a System MMU. */
  #otherMasters(masters: readonly Unnamed[]): MasterDescription[] {
    const done = new Set(masters.map(({ base }) => base));
    const out: MasterDescription[] = [];
    if (this.#table === null) return out;
    const table = new Map(this.#table.devices.filter((d) => d.base !== 0).map((d) => [d.base, d.name]));
    for (const node of this.#tree.nodes) {
      // Only nodes with a unit address are devices.
      const base = node.name.includes("@") ? regionsOf(node)[0]?.base : undefined;
      const name = base === undefined ? undefined : table.get(base);
      if (base === undefined || name === undefined || done.has(base)) continue;
      done.add(base);
      out.push(this.#master(node, base, name, []));
    }
    return out;
  }

  #iommus(node: FdtNode): FdtNode[] {
    return references(this.#tree, node, "iommus", "#iommu-cells").map((r) => r.node);
  }

  #sysmmus(
    nodes: readonly FdtNode[],
    masters: readonly Unnamed[],
    names: ReadonlyMap<FdtNode, string>,
  ): { sysmmus: SysmmuDescription[]; ports: Map<FdtNode, string[]> } {
    const wanted = new Map<FdtNode, { name: string; master: FdtNode }>();
    const ports = new Map<FdtNode, string[]>();
    const mine = new Set(nodes);
    for (const { node } of masters) {
      const list = this.#iommus(node).filter((n) => mine.has(n));
      const labels = portNames(names.get(node)!, list.length, stringsOf(node, "iommu-names"));
      // One System MMU serves one master; a second reference to it is an error of the tree.
      list.forEach((n, i) => {
        const other = wanted.get(n)?.master;
        if (other !== undefined) {
          throw new FdtError(
            `${fdtPath(n)} is named by ${fdtPath(other)} and by ${fdtPath(node)}`,
            node.offset,
          );
        }
        wanted.set(n, { name: labels[i]!, master: node });
      });
    }
    const taken = new UniqueNames();
    const bases = new Set<number>();
    const sysmmus = nodes.map((node) => {
      const base = regionsOf(node)[0]?.base;
      if (base === undefined) throw new FdtError(`${fdtPath(node)} has no address`, node.offset);
      if (bases.has(base)) throw new FdtError(`${fdtPath(node)} is at an address that is taken`, node.offset);
      bases.add(base);
      const entry = wanted.get(node);
      const known = this.#table?.sysmmus.find((s) => s.base === base);
      const name = taken.take(known?.name ?? entry?.name ?? `sysmmu_${base.toString(16)}`);
      if (entry !== undefined) {
        const list = ports.get(entry.master);
        if (list === undefined) ports.set(entry.master, [name]);
        else list.push(name);
      }
      return this.#sysmmu(node, base, name, entry === undefined ? null : names.get(entry.master)!, known);
    });
    // `iommus` order, not order in the tree.
    const given = new Map(nodes.map((node, i) => [node, sysmmus[i]!.name]));
    for (const master of ports.keys()) {
      ports.set(
        master,
        this.#iommus(master).flatMap((n) => given.get(n) ?? []),
      );
    }
    return { sysmmus, ports };
  }

  #sysmmu(
    node: FdtNode,
    base: number,
    name: string,
    master: string | null,
    known: SysmmuDescription | undefined,
  ): SysmmuDescription {
    const clocks = stringsOf(node, "clock-names");
    const clock = (wanted: string, table: ClockGate | null | undefined): ClockGate | null =>
      clocks.includes(wanted) ? (table ?? named(wanted)) : null;
    return {
      name,
      base,
      linuxName: linuxName(base, node.name.split("@")[0]!),
      interrupt: interruptsOf(this.#tree, node)[0] ?? null,
      powerDomain: this.#domainOf(node),
      clock: clock("sysmmu", known?.clock),
      masterClock: clock("master", known?.masterClock),
      master,
      version: known?.version ?? DEFAULT_VERSIONS.get(this.#compatible) ?? UNKNOWN_VERSION,
      deviceTree: true,
    };
  }

  #master(node: FdtNode, base: number, name: string, ports: readonly string[]): MasterDescription {
    return {
      name,
      base,
      bytes: regionsOf(node)[0]?.bytes ?? 0,
      linuxName: linuxName(base, node.name.split("@")[0]!),
      interrupts: interruptsOf(this.#tree, node),
      powerDomain: this.#domainOf(node),
      ports,
      enabled: this.#enabled(node),
    };
  }

  /** `status` of the node and of all its parents is "okay", "ok" or missing. */
  #enabled(node: FdtNode): boolean {
    let enabled = this.#status.get(node);
    if (enabled === undefined) {
      const status = stringsOf(node, "status")[0] ?? "okay";
      enabled =
        (status === "okay" || status === "ok") && (node.parent === null || this.#enabled(node.parent));
      this.#status.set(node, enabled);
    }
    return enabled;
  }
}
