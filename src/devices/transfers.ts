// A block's work as a row of bus transfers that stops at a fault and goes on from the same byte.
//
// Not modelled: several transfers outstanding at once; the order on the bus is the order of the work.

import { checkInteger, describe } from "../check.js";
import { Device } from "../machine/device.js";
import type { AccessStatus, HeldAccess } from "../machine/held.js";

/** One transfer: a line of a plane, read into `buffer` or written from it. */
export interface Transfer {
  /** Line of the picture being made. */
  readonly line: number;
  /** Which picture of the two. */
  readonly side: "source" | "destination";
  /** Plane of that picture. */
  readonly plane: number;
  /** Bus address of its first byte. */
  readonly address: number;
  readonly buffer: Uint8Array;
}

/** How a run ended. */
export interface TransferResult {
  /** "done", "fault" or "blocked" (the SysMMU holds the transaction) or "bus-error" (no memory there). */
  readonly status: "done" | "fault" | "blocked" | "bus-error";
  /** Line at which it stopped; the height when done. */
  readonly line: number;
  /** Picture of the access that did not pass; null when done. */
  readonly side: "source" | "destination" | null;
  /** Plane of that access; null when done. */
  readonly plane: number | null;
  /** Bus address of the first byte that did not pass; null when done. */
  readonly address: number | null;
}

/** Performs transfers through one port of a device; remembers where it stopped. */
export class Transfers {
  readonly #device: Device;
  readonly #port: number;
  readonly #height: number;
  readonly #work: Iterator<Transfer, void>;
  #pending: Transfer | null = null;
  #moved = 0;
  #held: HeldAccess | null = null;
  #done = false;

  /** @throws TypeError for something that is no device, RangeError for a port it has not */
  constructor(device: Device, port: number, height: number, work: Iterator<Transfer, void>) {
    this.#device = checkDevice(device);
    this.#port = checkInteger("options.port", port, 0, Math.max(0, device.sysmmus.length - 1));
    this.#height = height;
    this.#work = work;
  }

  /** Works until the end or the first access that does not pass. Calling it again goes on from there. */
  run(): TransferResult {
    for (;;) {
      if (this.#pending === null) {
        const next = this.#done ? { done: true as const } : this.#work.next();
        if (next.done === true) {
          this.#done = true;
          return { status: "done", line: this.#height, side: null, plane: null, address: null };
        }
        this.#pending = next.value;
        this.#moved = 0;
      }
      const { line, side, plane, address, buffer } = this.#pending;
      const status = this.#held === null ? this.#drive(this.#pending) : this.#follow(this.#held, buffer);
      if (status === "aborted") continue;
      if (status !== "ok") {
        const moved = this.#moved + (this.#held?.done ?? 0);
        return { status, line, side, plane, address: address + moved };
      }
      this.#pending = null;
    }
  }

  /** Drives what is left of a transfer onto the bus. */
  #drive({ side, address, buffer }: Transfer): AccessStatus {
    const access = side === "source" ? "read" : "write";
    const at = address + this.#moved;
    if (access === "read")
      buffer.set(this.#device.read(at, buffer.length - this.#moved, this.#port), this.#moved);
    else this.#device.write(at, buffer.subarray(this.#moved), this.#port);
    const { done, status } = this.#device.lastAccess;
    this.#held = this.#device.held.find((h) => h.access === access && h.dmaAddress === at) ?? null;
    if (this.#held === null) this.#moved += done;
    return status;
  }

  /** Where the access that was held stands; it goes on by itself. An aborted one is driven again. */
  #follow(held: HeldAccess, buffer: Uint8Array): AccessStatus {
    if (held.status === "fault" || held.status === "blocked") return held.status;
    if (held.access === "read") buffer.set(held.bytes.subarray(0, held.done), this.#moved);
    this.#moved += held.done;
    this.#held = null;
    return held.status;
  }
}

/** Throws TypeError unless `device` is a {@link Device}; returns it. */
export function checkDevice(device: Device): Device {
  if (device instanceof Device) return device;
  throw new TypeError(`device must be a Device of a machine, got ${describe(device)}`);
}
