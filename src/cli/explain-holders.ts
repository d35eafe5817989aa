// Who held an IO address: every mapping of a replay passes by once, when it dies or at the end, and what
// concerns the address is kept.
//
//   pages    a mapping holds all bytes of its pages: the System MMU lets through what lies beside the buffer
//   beside   where nobody held it, the mappings that end or begin nearest
//
// Not modelled: the second and later segments of a list that got several IO addresses; only the first counts.

import { hex } from "../check.js";
import type { MappingRecord } from "../machine/history.js";

const PAGE = 4096;
/** Holders of one address that are told one by one: the youngest. */
export const HOLDERS_SHOWN = 8;

/** A mapping of the replay with the bus address that the trace has for it. */
export interface TracedMapping extends MappingRecord {
  /** Recorded bus address, or the replay's own where the trace tells none. */
  readonly traceAddress: number;
}

/** A holder of the address. */
export interface Holder {
  readonly mapping: TracedMapping;
  /** Bytes from its first byte; negative or past its size: in its pages, but not in the buffer. */
  readonly offset: number;
  /** Within the buffer's own bytes. */
  readonly inside: boolean;
}

/** What is known of one address on one device. */
export interface Holding {
  readonly device: string;
  /** Mappings that held it, of which `holders` are the youngest, in order of birth. */
  readonly times: number;
  readonly holders: readonly Holder[];
  /** Nobody ever held it: the mappings that end before it and begin behind it, nearest ones. */
  readonly below: TracedMapping | null;
  readonly above: TracedMapping | null;
}

const startOf = (m: TracedMapping) => m.traceAddress - (m.traceAddress % PAGE);
const endOf = (m: TracedMapping) => Math.ceil((m.traceAddress + m.size) / PAGE) * PAGE;

/** Alive before dead, younger before older. */
function better(a: TracedMapping, b: TracedMapping): boolean {
  if ((a.death === null) !== (b.death === null)) return a.death === null;
  return a.id > b.id;
}

class DeviceWatch {
  times = 0;
  readonly holders: Holder[] = [];
  below: TracedMapping | null = null;
  above: TracedMapping | null = null;

  see(m: TracedMapping, address: number): void {
    const offset = address - m.traceAddress;
    if (address < startOf(m)) {
      const gap = this.above === null ? 1 : startOf(m) - startOf(this.above);
      if (this.above === null || gap < 0 || (gap === 0 && better(m, this.above))) this.above = m;
    } else if (address >= endOf(m)) {
      const gap = this.below === null ? 1 : endOf(this.below) - endOf(m);
      if (this.below === null || gap < 0 || (gap === 0 && better(m, this.below))) this.below = m;
    } else {
      this.times++;
      this.holders.push({ mapping: m, offset, inside: offset >= 0 && offset < m.size });
      // The dead come in order of death, the living last: births need sorting.
      if (this.holders.length > HOLDERS_SHOWN) {
        this.holders.sort((a, b) => a.mapping.id - b.mapping.id);
        this.holders.shift();
      }
    }
  }
}

/** Watches one address on all devices. */
export class HolderWatch {
  readonly address: number;
  readonly #devices = new Map<string, DeviceWatch>();

  constructor(address: number) {
    this.address = address;
  }

  /** A mapping that has died, or that lives at the end. */
  see(mapping: TracedMapping): void {
    let watch = this.#devices.get(mapping.device);
    if (watch === undefined) {
      watch = new DeviceWatch();
      this.#devices.set(mapping.device, watch);
    }
    watch.see(mapping, this.address);
  }

  /** What is known by device, those that held it most often first. */
  result(): Holding[] {
    const all = [...this.#devices].map(([device, watch]): Holding => {
      const { times, holders, below, above } = watch;
      const sorted = holders.sort((a, b) => a.mapping.id - b.mapping.id);
      return { device, times, holders: sorted, below, above };
    });
    return all.sort((a, b) => b.times - a.times);
  }
}

function mappingText(m: TracedMapping): string {
  const label = m.label === "" ? "" : `"${m.label}", `;
  const replayed = m.dmaAddress === m.traceAddress ? "" : ` (${hex(m.dmaAddress)} in the replay)`;
  const end = m.death === null ? "alive" : `unmapped at seq ${m.death}`;
  return (
    `mapping ${m.id} (${label}${m.kind} of ${m.device}, ${m.size} bytes at ${hex(m.traceAddress)}${replayed}, ` +
    `${m.direction}, mapped at seq ${m.birth}, ${end})`
  );
}

function holderText({ mapping, offset, inside }: Holder): string {
  const where = inside
    ? `byte ${offset} of ${mapping.size}`
    : offset < 0
      ? `${-offset} bytes before its first byte, but in its first page`
      : `${offset - mapping.size} bytes past its last byte, but in its last page`;
  return `${mappingText(mapping)}: ${where}`;
}

function besideText(address: number, below: TracedMapping | null, above: TracedMapping | null): string[] {
  const text: string[] = [];
  if (below !== null) {
    const gap = address - (below.traceAddress + below.size);
    text.push(`  nearest below: ${mappingText(below)}, it ends ${gap} bytes before the address`);
  }
  if (above !== null) {
    text.push(
      `  nearest above: ${mappingText(above)}, it begins ${above.traceAddress - address} bytes behind the address`,
    );
  }
  return text;
}

/** How an address was used, where a log tells. */
export interface Use {
  readonly access: "read" | "write" | null;
  /** The access ended in a fault. */
  readonly fault: boolean;
}

/** What a live holder says about an access that a log tells of. */
function useText({ mapping }: Holder, { access, fault }: Use): string[] {
  const { direction } = mapping;
  if (access === "write" && direction === "TO_DEVICE")
    return ["  a write of the device does not fit TO_DEVICE"];
  if (access === "read" && direction === "FROM_DEVICE")
    return ["  a read of the device does not fit FROM_DEVICE"];
  if (!fault) return [];
  return [
    `  it is mapped and allows the access: the access came before seq ${mapping.birth}, or the walker saw old descriptors`,
  ];
}

/** Sentences about one device's holders of an address. */
export function holdingText(address: number, holding: Holding, use: Use): string[] {
  const { device, times, holders, below, above } = holding;
  const last = holders.at(-1);
  if (last === undefined) {
    return [
      `${device}: nobody held ${hex(address)} in this trace`,
      ...besideText(address, below, above),
      "  an access here is past the end of a buffer, before its start, or made with an address that was never mapped",
    ];
  }
  const alive = holders.filter(({ mapping }) => mapping.death === null);
  const text = [
    alive.length > 0
      ? `${device}: ${hex(address)} is held at the end of the trace by ${alive.map(holderText).join(" and by ")}`
      : `${device}: nobody holds ${hex(address)} at the end of the trace; last held by ${holderText(last)}`,
  ];
  const earlier = holders.filter((holder) =>
    alive.length > 0 ? holder.mapping.death !== null : holder !== last,
  );
  if (times > holders.length) text.push(`  held ${times} times in all; the youngest are told`);
  for (const holder of earlier.reverse()) text.push(`  before: ${holderText(holder)}`);
  if (alive.length === 0) text.push(`  an access after seq ${last.mapping.death} is a use after unmap`);
  else text.push(...useText(alive.at(-1)!, use));
  return text;
}
