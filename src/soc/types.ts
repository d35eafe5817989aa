// What a machine is built from: the System MMUs of an SoC, the bus masters behind them, and how
// they are clocked, powered and interrupted. Tables and device trees give the same type.

/** An interrupt of the combiner: one of eight sources of a group. */
export interface CombinerInterrupt {
  readonly kind: "combiner";
  readonly group: number;
  readonly bit: number;
}

/** A shared peripheral interrupt of the GIC; INTID is `number` + 32. */
export interface SpiInterrupt {
  readonly kind: "spi";
  readonly number: number;
}

/** Where an interrupt line ends. */
export type Interrupt = CombinerInterrupt | SpiInterrupt;

/** A clock that must run; its gate is a bit of a CMU register (1 = running). */
export interface ClockGate {
  readonly name: string;
  /** Byte offset from the CMU base, or null where only the clock's name is known. */
  readonly register: number | null;
  readonly bit: number | null;
}

/** One System MMU: a register window before one port of one bus master. */
export interface SysmmuDescription {
  /** Short name, as `machine.sysmmu(name)` takes it: `fimc0`, `mfc_l`. */
  readonly name: string;
  /** Physical address of the 4 KiB register window. */
  readonly base: number;
  /** dev_name() under Linux: `11a20000.sysmmu`. */
  readonly linuxName: string;
  /** Null: not known for this SoC. */
  readonly interrupt: Interrupt | null;
  /** Power domain by name, null: always on. */
  readonly powerDomain: string | null;
  /** Its own clock, null: not known. */
  readonly clock: ClockGate | null;
  /** Clock of the master's bus interface, needed for register access too; null: none or not known. */
  readonly masterClock: ClockGate | null;
  /** Name of the master in `devices`, null: nothing refers to it. */
  readonly master: string | null;
  /** Value of MMU_VERSION; see the table for how it was chosen. */
  readonly version: number;
  /** In a mainline device tree; the others are known from headers only. */
  readonly deviceTree: boolean;
}

/** A bus master. */
export interface MasterDescription {
  /** Short name, as `machine.device(name)` takes it. */
  readonly name: string;
  /** Physical address of its registers, 0: not known. */
  readonly base: number;
  /** Bytes of its register window, 0: not known. */
  readonly bytes: number;
  /** dev_name() under Linux: `11800000.fimc`. */
  readonly linuxName: string;
  readonly interrupts: readonly Interrupt[];
  readonly powerDomain: string | null;
  /** Names of its System MMUs, port by port; empty: it works on physical addresses. */
  readonly ports: readonly string[];
  /** False: the board's device tree switches it off. */
  readonly enabled: boolean;
}

/** A power domain of the PMU. Switched off, everything in it loses its state. */
export interface PowerDomainDescription {
  readonly name: string;
  /** Physical address of its configuration register. */
  readonly base: number;
  /** Domain that must be on first, or null. */
  readonly parent: string | null;
}

/**
 * The interrupt combiner: per four groups a bank of 16 bytes: +0 enable set, +4 enable clear,
 * +8 raw status, +12 masked status; bit (group mod 4) * 8 + source.
 */
export interface CombinerDescription {
  readonly base: number;
  readonly groups: number;
  /** SPI number by group. */
  readonly spis: readonly number[];
}

/** The interrupt controller. */
export interface GicDescription {
  readonly distributor: number;
  readonly cpuInterface: number;
  /** Bytes between the banks of two CPUs. */
  readonly cpuOffset: number;
}

/** A range of physical addresses. */
export interface AddressRange {
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
}

/** A system on chip, or a board with one. */
export interface SocDescription {
  /** `exynos4210`. */
  readonly name: string;
  /** What a human calls it. */
  readonly title: string;
  readonly compatible: string;
  /** Where DRAM may be (tables), or is (device trees). */
  readonly memory: readonly AddressRange[];
  /** First DRAM address. */
  readonly dramBase: number;
  /** Clock controller; gate registers are offsets from here. 0: not known. */
  readonly cmuBase: number;
  readonly sysmmus: readonly SysmmuDescription[];
  readonly devices: readonly MasterDescription[];
  readonly powerDomains: readonly PowerDomainDescription[];
  readonly combiner: CombinerDescription | null;
  readonly gic: GicDescription | null;
}
