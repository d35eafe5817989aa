// Short forms for the SoC tables: a row names what differs, the rest follows.

import type {
  ClockGate,
  CombinerInterrupt,
  Interrupt,
  MasterDescription,
  PowerDomainDescription,
  SpiInterrupt,
  SysmmuDescription,
} from "./types.js";

/** Interrupt of combiner group `group`, source `bit`. */
export const comb = (group: number, bit: number): CombinerInterrupt => ({ kind: "combiner", group, bit });

/** Shared peripheral interrupt `number`. */
export const spi = (number: number): SpiInterrupt => ({ kind: "spi", number });

/** Clock gate: bit of the CMU register at offset `register`. */
export const gate = (name: string, register: number, bit: number): ClockGate => ({ name, register, bit });

/** Address without prefix, as Linux names a platform device. */
export function linuxName(base: number, kind: string): string {
  return `${base.toString(16)}.${kind}`;
}

/** Row of a System MMU; `master` defaults to its own name, `masterClock` to none. */
export interface SysmmuRow {
  readonly name: string;
  readonly base: number;
  readonly interrupt: Interrupt | null;
  readonly powerDomain?: string;
  readonly clock: ClockGate | null;
  readonly masterClock?: ClockGate;
  readonly master?: string;
  readonly version: number;
  readonly deviceTree?: boolean;
}

/** The full description of a row. */
export function sysmmu(row: SysmmuRow): SysmmuDescription {
  return {
    name: row.name,
    base: row.base,
    linuxName: linuxName(row.base, "sysmmu"),
    interrupt: row.interrupt,
    powerDomain: row.powerDomain ?? null,
    clock: row.clock,
    masterClock: row.masterClock ?? null,
    master: row.master ?? row.name,
    version: row.version,
    deviceTree: row.deviceTree ?? true,
  };
}

/** A bus master; `ports` defaults to the System MMU of its own name, [] says it has none. */
export function master(
  name: string,
  base: number,
  bytes: number,
  kind: string,
  interrupts: readonly Interrupt[],
  powerDomain: string | null = null,
  ports: readonly string[] = [name],
): MasterDescription {
  return {
    name,
    base,
    bytes,
    linuxName: linuxName(base, kind),
    interrupts,
    powerDomain,
    ports,
    enabled: true,
  };
}

/** A power domain. */
export function domain(name: string, base: number, parent: string | null = null): PowerDomainDescription {
  return { name, base, parent };
}

/** A clock whose bit is not known. */
export const named = (name: string): ClockGate => ({ name, register: null, bit: null });
