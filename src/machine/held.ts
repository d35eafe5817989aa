// Accesses of masters that a System MMU holds: after a fault until INT_STATUS is clear, or while it is blocked.
//
//   access ──fault──> held ──INT_CLEAR──> walked again ──> goes on from its byte, or faults again
//                      │
//                      ├──CTRL.0 = 0 (disable, detach, suspend)──> goes on untranslated, PA = VA
//                      └──power or clock off──> bus error
//
// One read and one write per port, as the channels have them; what comes while its channel is taken is refused.
// It goes on by itself, inside the call that releases it. Each go is an access of its own in the counters.
//
// A handler that clears the fault and repairs nothing has the fault back at once, as on the chip. Where it does so
// within the interrupt callback, that ends after 16 rounds with the line up.
//
// Source: spec sysmmu-hardware 2.4. Not modelled: order between masters (in order of their holding).

import type { Device } from "./device.js";
import type { Live } from "./live.js";

/** How an access ended, or where it stands. */
export type AccessStatus = "ok" | "fault" | "blocked" | "bus-error" | "aborted";

/** Result of a master's access; of one that is held it changes as the access goes on. */
export interface AccessResult {
  /** Bytes transferred so far. */
  readonly done: number;
  /**
   * "ok"; "fault": a System MMU holds it; "blocked": it is held by CTRL.BLOCK; "bus-error": no memory there, or no
   * power or clock; "aborted": given up by `Device.abort`.
   */
  readonly status: AccessStatus;
}

/** An access that is held, or was: the object stays true. */
export interface HeldAccess extends AccessResult {
  readonly access: "read" | "write";
  readonly port: number;
  /** Bus address of its first byte. */
  readonly dmaAddress: number;
  /** What it writes, or room for what it reads, filled as far as `done`. */
  readonly bytes: Uint8Array;
}

/** @internal The same, as its device changes it. */
export interface Transaction extends HeldAccess {
  /** What `done` and `status` show, and the call that made it returned. */
  readonly result: { done: number; status: AccessStatus };
  bytes: Uint8Array;
  readonly device: Device;
  /** Instance of the System MMU (-1: none), and the way on; true when it is held again. */
  readonly instance: number;
  readonly go: () => boolean;
}

/** @internal A held access in a snapshot. */
export interface SavedAccess {
  readonly device: number;
  readonly access: "read" | "write";
  readonly port: number;
  readonly dmaAddress: number;
  readonly done: number;
  readonly status: AccessStatus;
  readonly bytes: readonly number[];
}

const ROUNDS = 16;

/** @internal What is held in a machine. */
export class HeldAccesses {
  readonly #live: Live;
  #list: Transaction[] = [];
  #busy = false;
  #again = false;

  constructor(live: Live) {
    this.#live = live;
  }

  /** Those for which `of` is true, in order. */
  filter(of: (t: Transaction) => boolean): Transaction[] {
    return this.#list.filter(of);
  }

  /** Holds a transaction; false when one of its channel is held already. */
  hold(transaction: Transaction): boolean {
    const { instance, access } = transaction;
    if (this.#list.some((t) => t !== transaction && t.instance === instance && t.access === access))
      return false;
    if (!this.#list.includes(transaction)) this.#list.push(transaction);
    return true;
  }

  /** What is held, for a snapshot. */
  saved(): SavedAccess[] {
    return this.#list.map(({ device, access, port, dmaAddress, done, status, bytes }) => ({
      device: device.index,
      access,
      port,
      dmaAddress,
      done,
      status,
      bytes: [...bytes],
    }));
  }

  /** Forgets a transaction. */
  drop(transaction: Transaction): void {
    this.#list = this.#list.filter((t) => t !== transaction);
  }

  /** Lets go on what nothing holds any more; called after whatever may have changed that. */
  resume(): void {
    this.#again = true;
    if (this.#busy || this.#list.length === 0) return;
    this.#busy = true;
    try {
      for (let round = 0; round < ROUNDS && this.#again; round++) {
        this.#again = false;
        for (const t of [...this.#list]) {
          const held = this.#live.core.exports.sysmmuHolds(t.instance);
          if (held === 0 && this.#list.includes(t) && !t.go()) this.drop(t);
        }
      }
    } finally {
      this.#busy = false;
    }
  }
}
