// One sequence of V2: a machine with one or two System MMUs, a master before them, a kernel's driver
// over them; its operations are played one by one.
//
//   recorder's register bank            here
//   STATUS bit 0 after n polls          sysmmuSetBlockPolls
//   INT_STATUS, fault addresses         sysmmuInject before the interrupt, taken back after it
//   VERSION major of 5 or more          has INT_STATUS at 0x60: 0x80000001 shows 0 at 0x18
//
// Clocks are those that the sequence's events name, failures of table memory where they show one.
//
// Not modelled: nothing is left out.

import { type Core, coreConstant } from "../core/core.js";
import { IOMMU_SWITCHES } from "../dma/profiles/iommu.js";
import { type DriverEvent, logPosition, readDriverEvents } from "../iommu/driver-events.js";
import { PagetableNaming } from "./pagetable-naming.js";
import { setProfile } from "./prepare.js";

/** One line of a V2 file. */
export interface PagetableLine {
  readonly s: number;
  readonly t?: "seq" | "dump";
  readonly ver?: string;
  readonly hw_version_reg?: number;
  readonly ninst?: number;
  readonly note?: string;
  readonly i?: number;
  readonly op?: string;
  readonly a?: readonly unknown[];
  readonly r?: unknown;
  readonly ev?: readonly DriverEvent[];
  readonly evn?: number;
  readonly evcrc?: number;
  readonly d?: number;
  readonly l1?: readonly (readonly unknown[])[];
  readonly cnt?: readonly (readonly number[])[];
}

/** What an operation returned and what happened. */
export interface Outcome {
  readonly result: unknown;
  readonly events: readonly DriverEvent[];
}

export const PAGETABLE_DRAM_BASE = 0x4000_0000;

const HANDLERS: Readonly<Record<string, number>> = { ret0: 0, ENOSYS: -38, EFAULT: -14 };
const CLOCK_BITS: Readonly<Record<string, number>> = { sysmmu: 1, master: 2, pclk: 4, aclk: 8 };
const NEVER = 0xffff_ffff;
const NO_FAULT = [0, 0, 0, 0, 0] as const;

/** Sequences in which v3.6 takes the memory behind a section for a page table. */
export function needsTargetMemory(sequence: PagetableLine): boolean {
  return sequence.ver === "v3.6" && /misuse|over a section|conflicts/.test(sequence.note ?? "");
}

/** Plays a sequence on a fresh `core`. */
export class PagetablePlayer {
  readonly #core: Core;
  readonly #version: string;
  readonly #hardware: number;
  readonly #driver: number;
  readonly #domains = new Map<number, number>();
  readonly #naming: PagetableNaming;
  readonly #units: readonly number[];
  readonly #device: number;

  /** `sequence` is the sequence's first line, `operations` the operation lines of all of it. */
  constructor(core: Core, sequence: PagetableLine, operations: readonly PagetableLine[]) {
    this.#core = core;
    this.#version = sequence.ver!;
    this.#hardware = sequence.hw_version_reg!;
    setProfile(core, this.#version);
    this.#driver = IOMMU_SWITCHES.SWITCH_DRIVER[this.#version as "v6.1"];
    const { exports } = core;
    this.#units = Array.from({ length: sequence.ninst! }, () => this.#newUnit());
    this.#device = exports["deviceCreate"]();
    for (const unit of this.#units) {
      exports["deviceAddSysmmu"](this.#device, unit);
      exports["sysmmuSetBlockPolls"](unit, pollsOf(sequence.note ?? ""));
    }
    exports["driverInit"]();
    for (const unit of this.#units) exports["driverSetClocks"](unit, clocksOf(operations));
    const probe = exports["domainCreate"]() >>> 0;
    const zeroPa = exports["domainEmptyTable"](probe) >>> 0;
    exports["domainDestroy"](probe);
    this.#naming = new PagetableNaming(zeroPa, firstAttempt(operations), this.descriptorShift);
    this.#set("logMask", 0x23);
  }

  /** 4 when this kernel writes version 5 descriptors on this hardware. */
  get descriptorShift(): number {
    return this.#version === "v6.1" && this.#hardware !== 0x8000_0001 && this.#hardware >>> 28 >= 5 ? 4 : 0;
  }

  #newUnit(): number {
    return this.#core.exports["sysmmuCreate"](this.#hardware, 0, 0, 0, 0, 0, 0);
  }

  #set(field: "logMask", value: number): void {
    if (field === "logMask") this.#core.u32[(coreConstant(this.#core, "HEADER") >>> 2) + 10] = value;
  }

  /** Pointer of domain number `d`. */
  domain(d: number): number {
    return this.#domains.get(d)!;
  }

  /** Performs an operation. Throws RangeError for one that is not known. */
  play(line: PagetableLine): Outcome {
    const from = logPosition(this.#core);
    this.#injectTableFailure(line);
    const result = this.#perform(line);
    const events = readDriverEvents(this.#core, from, this.#driver, this.#naming);
    const stopped = this.#core.exports["driverBug"]() !== 0;
    return { result: stopped ? "BUG" : result, events: line.op === "domain_alloc" ? asNew(events) : events };
  }

  #injectTableFailure(line: PagetableLine): void {
    const attempts = (line.ev ?? []).filter((event) => event[0] === "alloc_l2");
    const failing = attempts.findIndex((event) => event[1] === -1);
    const at = (coreConstant(this.#core, "INJECT") + 8 * coreConstant(this.#core, "INJECT_TABLE")) >>> 2;
    this.#core.u32[at] = failing + 1;
  }

  #perform(line: PagetableLine): unknown {
    const { exports } = this.#core;
    const a = line.a as number[];
    const d = this.#domains.get(a[0]!)!;
    switch (line.op) {
      case "probe":
        return exports["driverProbe"](this.#units[a[0]!]);
      case "domain_alloc":
        return this.#domainAlloc(a[0]!, line.r as { l1_pa: number; zero_pa: number });
      case "domain_free":
        exports["domainDestroy"](d);
        return null;
      case "map":
        return exports["driverMap"](d, a[1], a[2], a[3], a[4]);
      case "unmap":
        return exports["driverUnmap"](d, a[1], a[2]) >>> 0;
      case "iommu_map":
        return exports["iommuMap"](d, a[1], a[2], a[3], a[4]);
      case "iommu_unmap":
        return signedError(exports["iommuUnmap"](d, a[1], a[2]) >>> 0);
      case "iova_to_phys":
        return exports["iommuIovaToPhys"](d, a[1]) >>> 0;
      case "attach":
        return exports["driverAttach"](d, this.#device);
      case "detach":
        exports["driverDetach"](d, this.#device);
        return null;
      case "suspend":
        exports["driverSuspend"](this.#units[a[0]!]);
        return null;
      case "resume":
        exports["driverResume"](this.#units[a[0]!]);
        return null;
      case "irq":
        return this.#interrupt(line.a!);
      default:
        return this.#performOld(line, d);
    }
  }

  /** The helpers that only v3.6 exports. */
  #performOld(line: PagetableLine, d: number): unknown {
    const { exports } = this.#core;
    const a = line.a as number[];
    switch (line.op) {
      case "tlb_invalidate":
        exports["driverTlbInvalidate"](this.#device);
        return null;
      case "set_prefbuf":
        exports["driverSetPrefetch"](this.#device, a[0], a[1], a[2], a[3]);
        return null;
      case "sysmmu_enable":
        return exports["driverEnable"](this.#device, exports["domainTable"](d));
      case "sysmmu_disable":
        return exports["driverDisable"](this.#device);
      case "set_fault_handler":
        if (line.a![0] === "NULL") exports["driverSetFaultHandler"](this.#device, 2, 0);
        else exports["driverSetFaultHandler"](this.#device, 1, a[0]);
        return null;
      default:
        throw new RangeError(`operation must be one of V2, got ${line.op}`);
    }
  }

  #domainAlloc(d: number, recorded: { l1_pa: number; zero_pa: number }): unknown {
    const { exports } = this.#core;
    const pointer = exports["domainCreate"]() >>> 0;
    this.#domains.set(d, pointer);
    const l1Pa = exports["domainTable"](pointer) >>> 0;
    const zeroPa = exports["domainEmptyTable"](pointer) >>> 0;
    this.#naming.addDomain(d, pointer, l1Pa, recorded.l1_pa, recorded.zero_pa);
    return { l1_pa: recorded.l1_pa, zero_pa: zeroPa === 0 ? -1 : recorded.zero_pa };
  }

  #interrupt(a: readonly unknown[]): unknown {
    const { exports } = this.#core;
    const [instance, status, handler, addresses, arAddress, awAddress] = a as [
      number,
      number,
      string,
      number[],
      number,
      number,
    ];
    for (const pointer of this.#domains.values()) {
      exports["domainSetHandler"](pointer, handler === "none" ? 0 : 1, HANDLERS[handler] ?? 0);
    }
    const unit = this.#units[instance]!;
    const [page, aw, ar, slave] = addresses as [number, number, number, number];
    const seen = this.#hardware === 0x8000_0001 ? 0 : status;
    if (this.#hardware >>> 28 === 5) exports["sysmmuInject"](unit, seen, 0, awAddress, arAddress, 0);
    else exports["sysmmuInject"](unit, seen, page, aw, ar, slave);
    const result: number = exports["driverIrq"](unit);
    exports["sysmmuInject"](unit, ...NO_FAULT);
    return result;
  }
}

/** Polls until STATUS shows a block, by the sequence's note. */
function pollsOf(note: string): number {
  if (note.includes("never rises")) return NEVER;
  return Number(/rises after (\d+) polls/.exec(note)?.[1] ?? 0);
}

/** Clocks (CLOCK_* bits) that the events of a sequence name. */
function clocksOf(operations: readonly PagetableLine[]): number {
  let bits = 0;
  for (const { ev } of operations) {
    for (const event of ev ?? []) if (event[0] === "clk") bits |= CLOCK_BITS[event[2] as string] ?? 0;
  }
  return bits;
}

/** Running number of the sequence's first attempt to take a level-2 table; failures count too. */
function firstAttempt(operations: readonly PagetableLine[]): number {
  let attempts = 0;
  for (const { ev } of operations) {
    for (const event of ev ?? []) {
      if (event[0] !== "alloc_l2") continue;
      if (event[1] !== -1) return (event[1] as number) - attempts;
      attempts++;
    }
  }
  return 0;
}

/** A size that is really -errno. */
function signedError(size: number): number {
  return size > 0xffff_f000 ? size | 0 : size;
}

/** The table of a domain that is being made has no number yet. */
function asNew(events: readonly DriverEvent[]): DriverEvent[] {
  return events.map((event) => event.map((item) => (/^D\d+\.L1$/.test(String(item)) ? "NEW.L1" : item)));
}
