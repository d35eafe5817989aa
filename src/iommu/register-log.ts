// Register accesses of a machine, one by one: what the kernel's driver and everybody else reads and
// writes at the System MMUs, in order.
//
//   start()   from now on every access is a record of the core's ring (8192 records, shared with the
//             other groups of its log)
//   take()    the accesses since the last take, oldest first; what the ring no longer holds is counted
//
// Not modelled: time; peeks and accesses that a block without power or clock does not answer are no
// accesses.

import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";

/** One access to one register of one System MMU. */
export interface RegisterAccess {
  /** Name of the System MMU. */
  readonly sysmmu: string;
  /** Byte offset in its register window. */
  readonly offset: number;
  readonly value: number;
  readonly kind: "read" | "write";
}

/** Words of the header: mask of recorded groups, and records ever written (assembly/header.ts). */
const LOG_MASK = 10;
const LOG_HEAD = 11;

/** The log of register accesses of one machine. */
export class RegisterLog {
  readonly #live: Live;
  readonly #names: () => readonly string[];
  #next = 0;
  #lost = 0;

  /** @internal `names` are those of the System MMUs by instance */
  constructor(live: Live, names: () => readonly string[]) {
    this.#live = live;
    this.#names = names;
  }

  #word(index: number): number {
    const { core } = this.#live;
    return core.u32[(coreConstant(core, "HEADER") >>> 2) + index]!;
  }

  #setMask(on: boolean): void {
    const { core } = this.#live;
    const bit = 1 << coreConstant(core, "LOG_GROUP_REGISTER");
    const at = (coreConstant(core, "HEADER") >>> 2) + LOG_MASK;
    core.u32[at] = on ? core.u32[at]! | bit : core.u32[at]! & ~bit;
  }

  /** True while accesses are recorded. */
  get recording(): boolean {
    return ((this.#word(LOG_MASK) >>> coreConstant(this.#live.core, "LOG_GROUP_REGISTER")) & 1) !== 0;
  }

  /** Records that were overwritten before `take` came, of any group; 0 means that nothing is missing. */
  get lost(): number {
    return this.#lost;
  }

  /** Records from now on; what was recorded and not taken is dropped. */
  start(): void {
    this.#setMask(true);
    this.#next = this.#word(LOG_HEAD);
    this.#lost = 0;
  }

  /** Stops recording; what was recorded can still be taken. */
  stop(): void {
    this.#setMask(false);
  }

  /** The accesses since `start` or the last `take`, oldest first. */
  take(): RegisterAccess[] {
    const { core } = this.#live;
    const count = coreConstant(core, "LOG_COUNT");
    const group = coreConstant(core, "LOG_GROUP_REGISTER");
    const write = coreConstant(core, "LOGK_REG_WRITE");
    const read = coreConstant(core, "LOGK_REG_READ");
    const names = this.#names();
    const end = this.#word(LOG_HEAD);
    const missing = Math.max(0, ((end - this.#next) >>> 0) - count);
    this.#lost += missing;
    const out: RegisterAccess[] = [];
    for (let n = (this.#next + missing) >>> 0; n !== end; n = (n + 1) >>> 0) {
      const at = (coreConstant(core, "LOG") + (n % count) * coreConstant(core, "LOG_BYTES")) >>> 2;
      const [head = 0, instance = 0, offset = 0, value = 0] = core.u32.subarray(at, at + 4);
      const kind = head & 0xffff;
      if (head >>> 16 !== group || (kind !== write && kind !== read)) continue;
      const sysmmu = names[instance] ?? `sysmmu ${instance}`;
      out.push({ sysmmu, offset, value, kind: kind === write ? "write" : "read" });
    }
    this.#next = end;
    return out;
  }
}
