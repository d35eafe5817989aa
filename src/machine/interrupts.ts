// Interrupt lines of a machine: from the System MMUs and the blocks, through the combiner, to the GIC.
//
//   SysMMU ── group, bit ──> combiner ── group's output ──┐
//   block  ── SPI ─────────────────────────────────────────┴─> SPI n ──> onInterrupt(n, level)
//
// A System MMU's line is a level, up while CTRL.2 is set and INT_STATUS is not 0. Nothing passes the combiner
// before it is enabled there, as a driver does with request_irq: `enable(name)`. Several lines that end at
// one SPI are ORed, so a second fault that comes while the first is up is not lost: clearing one of two
// leaves the level up.
//
// Source: spec sysmmu-hardware 2.4, 5.2. The second line of each System MMU (groups 6 and 7) stays low.
//
// Not modelled: the GIC itself (priorities, targets, edge triggers), private interrupts of a CPU.

import { checkFlag, checkInteger, checkU32, describe } from "../check.js";
import { COMBINER_SOURCES, Combiner, combinerWords } from "../soc/combiner.js";
import { findSysmmu } from "../soc/find.js";
import type { Interrupt, SocDescription } from "../soc/types.js";
import type { SysMmu } from "../sysmmu/sysmmu.js";

/** A line and what drives it. */
interface Source {
  readonly interrupt: Interrupt;
  readonly level: () => boolean;
}

/** Words of state of the interrupts of an SoC: the combiner, and a bit per line of a block. */
export function interruptWords(soc: SocDescription): number {
  return combinerWords(soc.combiner?.groups ?? 0) + Math.ceil(lineCount(soc) / 32);
}

function lineCount(soc: SocDescription): number {
  return soc.devices.reduce((n, d) => n + d.interrupts.length, 0);
}

/** The interrupts of a machine. */
export class Interrupts {
  readonly #soc: SocDescription;
  readonly #words: () => Uint32Array;
  readonly #bits: number;
  readonly #bySpi = new Map<number, Source[]>();
  readonly #byBit = new Map<number, Source[]>();
  readonly #told = new Map<number, boolean>();
  /** The combiner, or null when the SoC description has none. */
  readonly combiner: Combiner | null;
  /** Called with the new level when a shared peripheral interrupt (GIC id `spi` + 32) changes. */
  onInterrupt: ((spi: number, level: boolean) => void) | null = null;

  /** @internal @param words the state, {@link interruptWords} words, anew on every use */
  constructor(soc: SocDescription, words: () => Uint32Array, sysmmu: (name: string) => SysMmu | undefined) {
    this.#soc = soc;
    this.#words = words;
    this.#bits = combinerWords(soc.combiner?.groups ?? 0);
    // A device tree may name a combiner without outputs.
    this.combiner = (soc.combiner?.groups ?? 0) === 0 ? null : new Combiner(soc.combiner!, words);
    for (const [group, spi] of (this.combiner?.spis ?? []).entries()) {
      this.#at(this.#bySpi, spi).push({
        interrupt: { kind: "spi", number: spi },
        level: () => this.combiner?.output(group) === true,
      });
    }
    let line = 0;
    for (const { interrupts } of soc.devices) {
      for (const interrupt of interrupts) {
        const bit = line++;
        this.#add({ interrupt, level: () => this.#bit(bit) });
      }
    }
    for (const { name, interrupt } of soc.sysmmus) {
      const mmu = sysmmu(name);
      if (mmu === undefined || interrupt === null) continue;
      this.#add({ interrupt, level: () => mmu.interrupt });
      mmu.updateInterrupt();
      mmu.line = () => this.#update(interrupt);
      this.#update(interrupt);
    }
    for (const spi of this.#bySpi.keys()) this.#told.set(spi, this.level(spi));
    if (this.combiner !== null) {
      this.combiner.onOutput = (group) => this.#tell(this.combiner!.spis[group]!);
    }
  }

  /** Level of a shared peripheral interrupt; false where nothing is wired. */
  level(spi: number): boolean {
    checkU32("spi", spi);
    return this.#bySpi.get(spi)?.some((source) => source.level()) === true;
  }

  /** Shared peripheral interrupts that are up, in order. */
  get pending(): number[] {
    return [...this.#bySpi.keys()].filter((spi) => this.level(spi)).sort((a, b) => a - b);
  }

  /**
   * Lets the interrupt of a System MMU through: its bit of the combiner's IESR.
   * @returns the SPI at which it arrives
   * @throws RangeError for a System MMU that the SoC has not, or whose interrupt is not known
   */
  enable(sysmmu: string): number {
    return this.#gate(this.#ofSysmmu(sysmmu), true);
  }

  /** Stops the interrupt of a System MMU at the combiner: its bit of IECR. Returns the SPI. */
  disable(sysmmu: string): number {
    return this.#gate(this.#ofSysmmu(sysmmu), false);
  }

  /**
   * As {@link enable} for a line of a block; lines that go to the GIC directly are always let through.
   * @param which index into the `interrupts` of its SoC description (default 0)
   * @returns the SPI at which it arrives
   * @throws RangeError for a block or line that the SoC has not
   */
  enableLine(device: string, which = 0): number {
    return this.#gate(this.#ofDevice(device, which).interrupt, true);
  }

  /** As {@link disable} for a line of a block. */
  disableLine(device: string, which = 0): number {
    return this.#gate(this.#ofDevice(device, which).interrupt, false);
  }

  /**
   * Sets an interrupt line of a block.
   * @param which index into the `interrupts` of its SoC description (default 0)
   * @throws RangeError for a block that the SoC has not, or a line that the block has not
   */
  setLine(device: string, level: boolean, which = 0): void {
    checkFlag("level", level);
    const { bit, interrupt } = this.#ofDevice(device, which);
    const words = this.#words();
    const at = this.#bits + (bit >>> 5);
    const mask = 1 << (bit & 31);
    words[at] = level ? words[at]! | mask : words[at]! & ~mask;
    this.#update(interrupt);
  }

  #ofSysmmu(name: string): Interrupt {
    const mmu = findSysmmu(this.#soc, name);
    if (mmu === undefined) {
      const names = this.#soc.sysmmus.map((s) => s.name).join(", ");
      throw new RangeError(`sysmmu must be one of ${names}, got ${describe(name)}`);
    }
    if (mmu.interrupt === null) throw new RangeError(`sysmmu: the interrupt of ${name} is not known`);
    return mmu.interrupt;
  }

  /** A line of a block, and its bit of the state. */
  #ofDevice(name: string, which: number): { bit: number; interrupt: Interrupt } {
    let bit = 0;
    for (const d of this.#soc.devices) {
      if (d.name !== name) {
        bit += d.interrupts.length;
        continue;
      }
      if (d.interrupts.length === 0) throw new RangeError(`device: ${name} has no interrupt`);
      const interrupt = d.interrupts[checkInteger("which", which, 0, d.interrupts.length - 1)]!;
      return { bit: bit + which, interrupt };
    }
    throw new RangeError(`device must be a device of ${this.#soc.name}, got ${describe(name)}`);
  }

  #bit(n: number): boolean {
    return (this.#words()[this.#bits + (n >>> 5)]! & (1 << (n & 31))) !== 0;
  }

  #at(map: Map<number, Source[]>, key: number): Source[] {
    const there = map.get(key);
    if (there !== undefined) return there;
    const fresh: Source[] = [];
    map.set(key, fresh);
    return fresh;
  }

  #add(source: Source): void {
    const { interrupt } = source;
    if (interrupt.kind === "spi") this.#at(this.#bySpi, interrupt.number).push(source);
    else this.#at(this.#byBit, interrupt.group * 8 + interrupt.bit).push(source);
  }

  /** Brings what lies behind a line up to date. */
  #update(interrupt: Interrupt): void {
    if (interrupt.kind === "spi") {
      this.#tell(interrupt.number);
      return;
    }
    const { combiner } = this;
    const { group, bit } = interrupt;
    if (combiner === null || group >= combiner.groups || bit >= COMBINER_SOURCES) return;
    const level = this.#byBit.get(group * 8 + bit)?.some((source) => source.level()) === true;
    if (combiner.line(group, bit) !== level) combiner.setLine(group, bit, level);
  }

  #tell(spi: number): void {
    const level = this.level(spi);
    if ((this.#told.get(spi) ?? false) === level) return;
    this.#told.set(spi, level);
    this.onInterrupt?.(spi, level);
  }

  #gate(interrupt: Interrupt, on: boolean): number {
    if (interrupt.kind === "spi") return interrupt.number;
    const { combiner } = this;
    const { group, bit } = interrupt;
    const spi = combiner?.spis[group];
    if (combiner === null || spi === undefined || bit >= COMBINER_SOURCES) {
      throw new RangeError(`the combiner of ${this.#soc.name} has no source ${group}, ${bit}`);
    }
    const register = 0x10 * (group >>> 2) + (on ? 0 : 4);
    combiner.writeUint32(register, (1 << ((group & 3) * 8 + bit)) >>> 0);
    return spi;
  }
}
