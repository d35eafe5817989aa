// One System MMU as a memory-mapped device: 32-bit registers at offsets of a 4 KiB window, and an
// interrupt line.
//
// The line is a level: CTRL.2 and INT_STATUS not 0. `onInterrupt` is told of changes that register
// writes and the machine's own accesses cause, when the call returns to the host.
//
// Not modelled: byte and half-word accesses (throw).

import { checkChoice, checkInteger, checkU32, describe, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { type FaultRecord, readFaults } from "./faults.js";
import {
  type Generation,
  generationOfVersion,
  REGISTERS,
  type RegisterDescription,
  versionText,
} from "./registers.js";

/** What an access to an offset without a register does besides reading 0: nothing, tell once per offset, or throw. */
export type UnknownRegisterPolicy = "ignore" | "warn" | "throw";

/** A register access that found no register (policy "throw"). */
export class RegisterError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RegisterError";
  }
}

/** A register access that nobody answers, for want of power or clock: the real bus hangs. */
export class BusError extends RegisterError {
  constructor(message: string) {
    super(message);
    this.name = "BusError";
  }
}

/** A register with its value and fields decoded. */
export interface DecodedRegister {
  readonly name: string;
  readonly offset: number;
  readonly access: RegisterDescription["access"];
  readonly value: number;
  readonly fields: Readonly<Record<string, number>>;
}

/** Counters of one SysMMU; `lookups = hits + misses`, `fills - evictions - invalidated = live`. */
export interface SysmmuStatistics {
  readonly lookups: number;
  readonly hits: number;
  readonly misses: number;
  readonly l1Misses: number;
  readonly walks: number;
  readonly descriptorReads: number;
  readonly fills: number;
  readonly evictions: number;
  readonly invalidated: number;
  readonly flushAll: number;
  readonly flushEntry: number;
  readonly flushRange: number;
  readonly staleHits: number;
  readonly flpdHits: number;
  readonly flpdMisses: number;
  /** Walks that took a cached level-1 descriptor which memory no longer holds. */
  readonly flpdStale: number;
  /** Accesses in a window of a modelled prefetch buffer, and those it could not serve. */
  readonly prefetchLookups: number;
  readonly prefetchMisses: number;
  /** Walks with CFG.5 (4 KiB level-1 table) set: the table was taken for one of 16 KiB. */
  readonly smallTableWalks: number;
  readonly registerReads: number;
  readonly registerWrites: number;
  readonly unknownRegisters: number;
  /** Register accesses of the driver and of traces lost for want of power (traces: or clock). */
  readonly darkAccesses: number;
  /** Accesses that passed untranslated, and accesses refused while stalled or blocked. */
  readonly bypassed: number;
  readonly held: number;
  /** All faults, and by bit of INT_STATUS (5.x: AW bit n at 8 + n - 16). */
  readonly faults: number;
  readonly faultsByBit: readonly number[];
}

/** Uses of translations whose mapping was gone, by mapping. */
export interface StaleUse {
  /** Number of the mapping that owned the entry; 0 when it was not known. */
  readonly owner: number;
  /** IO address of the first use. */
  readonly va: number;
  readonly hits: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** A System MMU of a machine. */
export class SysMmu {
  readonly #live: Live;
  readonly #told = new Set<number>();
  #level = false;
  /** Name in the SoC table, e.g. `fimc0`. */
  readonly name: string;
  /** Instance number in the core. */
  readonly index: number;
  /** Called with the new level of the interrupt line when it changes. */
  onInterrupt: ((level: boolean) => void) | null = null;
  /** Called once per offset that has no register, under policy "warn". */
  onUnknownRegister: ((offset: number, write: boolean) => void) | null = null;
  #unknownRegisters: UnknownRegisterPolicy = "ignore";
  /** @internal Says why registers do not answer (power, clock), or null when they do. */
  gate: (() => string | null) | null = null;
  /** @internal What an access does then: throw BusError, or read 0 and be dropped. */
  unanswered: "bus-error" | "ignore" = "bus-error";
  /** @internal Called when the interrupt line may have changed, after `onInterrupt`. */
  line: (() => void) | null = null;

  /** @internal */
  constructor(live: Live, index: number, name: string) {
    this.#live = live;
    this.index = index;
    this.name = name;
  }

  /** What to do about offsets without a register: "ignore", "warn" or "throw". Default "ignore". */
  get unknownRegisters(): UnknownRegisterPolicy {
    return this.#unknownRegisters;
  }

  set unknownRegisters(policy: UnknownRegisterPolicy) {
    this.#unknownRegisters = checkChoice("unknownRegisters", policy, ["ignore", "warn", "throw"]);
  }

  /**
   * Reads the register at `offset` (multiple of 4, below 0x1000). STATUS reads count as polls of a
   * pending block.
   * @throws RegisterError under policy "throw"; BusError without power or clock (see {@link Power})
   */
  readUint32(offset: number): number {
    if (!this.#answers(offset, false)) return 0;
    const value = this.#live.core.exports.sysmmuRegRead(this.index, offset) >>> 0;
    this.updateInterrupt();
    return value;
  }

  /** Writes the register at `offset`. Throws as {@link readUint32} does. */
  writeUint32(offset: number, value: number): void {
    checkU32("value", value);
    if (!this.#answers(offset, true)) return;
    this.#live.core.exports.sysmmuRegWrite(this.index, offset, value);
    this.updateInterrupt();
  }

  /** What a read would return now, with no effect. */
  peekUint32(offset: number): number {
    checkOffset(offset);
    return this.#live.core.exports.sysmmuPeek(this.index, offset) >>> 0;
  }

  /** Level of the interrupt line. */
  get interrupt(): boolean {
    return this.#live.core.exports.sysmmuIrqLevel(this.index) !== 0;
  }

  /** @internal Compares the line with what the callback was told last. */
  updateInterrupt(): void {
    const level = this.interrupt;
    if (level !== this.#level) {
      this.#level = level;
      this.onInterrupt?.(level);
      this.line?.();
    }
    // What cleared a fault, or turned it off, lets go what it held.
    this.#live.held.resume();
  }

  /** MMU_VERSION. */
  get version(): number {
    return this.peekUint32(0x034);
  }

  /** Hardware generation, by VERSION. */
  get generation(): Generation {
    return generationOfVersion(this.version);
  }

  /** Every register of the generation, decoded, without effect. */
  get registers(): readonly DecodedRegister[] {
    return REGISTERS[this.generation].map((row) => {
      const value = this.peekUint32(row.offset);
      const fields: Record<string, number> = {};
      for (const f of row.fields) {
        fields[f.name] = Math.floor(value / 2 ** f.low) % 2 ** (f.high - f.low + 1);
      }
      return { name: row.name, offset: row.offset, access: row.access, value, fields };
    });
  }

  /** A block request of CTRL shows in STATUS after `polls` reads of it; Infinity: never. */
  setBlockPolls(polls: number): void {
    const n = polls === Number.POSITIVE_INFINITY ? 0xffff_ffff : checkInteger("polls", polls, 0, 0x7fff_ffff);
    this.#live.core.exports.sysmmuSetBlockPolls(this.index, n);
  }

  /** Faults and first stale uses of this SysMMU, oldest first (the machine keeps the last 1024). */
  faults(): FaultRecord[] {
    return readFaults(this.#live.core, this.index);
  }

  /** Uses of stale translations, by the mapping that owned them. */
  staleUses(): StaleUse[] {
    const { core } = this.#live;
    const block = core.u32[this.#record() + (0x60 >>> 2)]!;
    const used = core.u32[block >>> 2]!;
    const out: StaleUse[] = [];
    for (let i = 0; i < used; i++) {
      const at = block + 16 + i * coreConstant(core, "STALE_SLOT_BYTES");
      out.push({
        owner: core.u32[at >>> 2]!,
        va: core.u32[(at >>> 2) + 1]!,
        hits: core.views.u64(at + 8),
        firstSeq: core.views.u64(at + 16),
        lastSeq: core.views.u64(at + 24),
      });
    }
    return out;
  }

  /** Counters since the machine was made. */
  statistics(): SysmmuStatistics {
    const { core } = this.#live;
    const base = this.#record() * 4 + 0x80;
    const c = (name: string) => core.views.u64(base + coreConstant(core, name) * 8);
    const pair = (name: string) => c(name) + core.views.u64(base + (coreConstant(core, name) + 1) * 8);
    const first = coreConstant(core, "SYSCOUNT_FAULTS");
    const faultsByBit = Array.from({ length: 16 }, (_, bit) => core.views.u64(base + (first + bit) * 8));
    return {
      lookups: pair("SYSCOUNT_LOOKUPS"),
      hits: pair("SYSCOUNT_HITS"),
      misses: pair("SYSCOUNT_MISSES"),
      l1Misses: pair("SYSCOUNT_L1_MISSES"),
      walks: c("SYSCOUNT_WALKS"),
      descriptorReads: c("SYSCOUNT_DESCRIPTOR_READS"),
      fills: c("SYSCOUNT_FILLS"),
      evictions: c("SYSCOUNT_EVICTIONS"),
      invalidated: c("SYSCOUNT_INVALIDATED"),
      flushAll: c("SYSCOUNT_FLUSH_ALL"),
      flushEntry: c("SYSCOUNT_FLUSH_ENTRY"),
      flushRange: c("SYSCOUNT_FLUSH_RANGE"),
      staleHits: c("SYSCOUNT_STALE_HITS"),
      flpdHits: pair("SYSCOUNT_FLPD_HITS"),
      flpdMisses: pair("SYSCOUNT_FLPD_MISSES"),
      flpdStale: c("SYSCOUNT_FLPD_STALE"),
      prefetchLookups: pair("SYSCOUNT_PB_LOOKUPS"),
      prefetchMisses: pair("SYSCOUNT_PB_MISSES"),
      smallTableWalks: c("SYSCOUNT_SMALL_TABLE_WALKS"),
      registerReads: c("SYSCOUNT_REG_READS"),
      registerWrites: c("SYSCOUNT_REG_WRITES"),
      unknownRegisters: c("SYSCOUNT_UNKNOWN_REGS"),
      darkAccesses: c("SYSCOUNT_DARK_REGS"),
      bypassed: pair("SYSCOUNT_BYPASS"),
      held: pair("SYSCOUNT_HELD"),
      faults: faultsByBit.reduce((sum, n) => sum + n, 0),
      faultsByBit,
    };
  }

  /** The walk of `iova`, step by step, as lines for people; no effect. */
  explain(iova: number): string[] {
    checkU32("iova", iova);
    const { core } = this.#live;
    const out = coreConstant(core, "BATCH");
    core.exports.sysmmuExplain(this.index, iova, out);
    const w = core.u32.slice(out >>> 2, (out >>> 2) + 18);
    const ctrl = w[11]!;
    const lines = [
      `${this.name}: version ${versionText(this.version)}, CTRL ${hex(ctrl)}, PT_BASE ${hex(w[14]!)}`,
    ];
    if ((ctrl & 1) === 0) return [...lines, "MMU off: the address passes unchanged"];
    if (w[13] !== 0) lines.push(`stalled: INT_STATUS ${hex(w[13]!)}`);
    lines.push(`level 1 at ${hex(w[4]!)}: ${hex(w[5]!)}`);
    if (w[6] !== 0xffff_ffff) lines.push(`level 2 at ${hex(w[6]!)}: ${hex(w[7]!)}`);
    if (w[0] === 0) {
      const high = w[8]! * 2 ** 32;
      const checked = (w[12]! & 4) !== 0 ? "" : " (not checked: CFG.EAP is 0)";
      lines.push(
        `page of ${(~w[2]! >>> 0) + 1} bytes: physical address ${hex(w[1]! + high)}${accessText(w[3]!)}${checked}`,
      );
    } else
      lines.push(w[0] === 1 ? "fault descriptor: PAGE FAULT" : "a descriptor lies outside memory: BUS ERROR");
    if (w[15] !== 0) lines.push(`the level-1 descriptor cache holds ${hex(w[16]!)}`);
    if (w[17] === 1) lines.push("a prefetch buffer answers reads of it, before the translation cache");
    if (w[9]! > 4) {
      lines.push(`the translation cache (level ${w[9]! - 4}) answers first, with several entries: MULTI-HIT`);
    } else if (w[9] !== 0) {
      const data = w[10]!;
      const cached = (data >>> 8) * 4096;
      const what =
        (data & 1) !== 0 ? "a fault" : `page ${hex(cached)}${(data & 0x20) !== 0 ? ", stale" : ""}`;
      lines.push(`the translation cache (level ${w[9]}) answers first: ${what}`);
    }
    return lines;
  }

  #record(): number {
    const { core } = this.#live;
    return (coreConstant(core, "SYSMMUS") + this.index * coreConstant(core, "SYSMMU_BYTES")) >>> 2;
  }

  #answers(offset: number, write: boolean): boolean {
    checkOffset(offset);
    const reason = this.gate?.() ?? null;
    if (reason !== null) {
      if (this.unanswered === "ignore") return false;
      throw new BusError(`${this.name}: no answer at ${hex(offset)}: ${reason} (the real bus hangs)`);
    }
    if (this.unknownRegisters === "ignore") return true;
    if (REGISTERS[this.generation].some((row) => row.offset === offset)) return true;
    if (this.unknownRegisters === "throw") {
      throw new RegisterError(
        `${this.name}: ${write ? "write to" : "read of"} ${hex(offset)}, where version ${versionText(this.version)} has no register`,
      );
    }
    if (this.#told.has(offset)) return true;
    this.#told.add(offset);
    this.onUnknownRegister?.(offset, write);
    return true;
  }
}

function accessText(flags: number): string {
  const read = (flags & 4) === 0;
  const write = (flags & 8) === 0;
  if (read && write) return ", read and write";
  if (read) return ", read only";
  return write ? ", write only" : ", no access";
}

function checkOffset(offset: number): void {
  if (typeof offset !== "number") throw new TypeError(`offset must be a number, got ${describe(offset)}`);
  checkInteger("offset", offset, 0, 0xfff);
  if (offset % 4 !== 0) throw new RangeError(`offset must be a multiple of 4, got ${hex(offset)}`);
}
