// A System MMU of any modelled generation as slowly and plainly as possible; shares no code with the
// core. This half: registers, the protocol of CTRL and STATUS, flushes, what a master may do.

import { covers, type Level, markIn } from "./sysmmu-cache.js";
import { CHANNELS, SysmmuLookup } from "./sysmmu-lookup.js";
import { decode1 } from "./sysmmu-tables.js";

export type { Hardware } from "./sysmmu-lookup.js";

/** The model. */
export class SysmmuModel extends SysmmuLookup {
  // ---- registers

  write(offset: number, value: number): void {
    this.count.regWrites++;
    const access = this.window.accessOf(offset);
    if (access === null) this.count.unknown++;
    if (access === null || access === "RO") return;
    if (offset === 0) {
      if ((value & 2) === 0) this.blockLeft = 0;
      else if ((this.ctrl & 2) === 0) this.blockLeft = this.hardware.polls;
    }
    this.window.write(offset, value);
    const [flush, entry, clear] = this.v5 ? [0x10, 0x14, 0x64] : [0x0c, 0x10, 0x1c];
    if (offset === clear) {
      this.intStatus = (this.intStatus & ~value) >>> 0;
      if (this.intStatus === 0) this.heldRead = this.heldWrite = false;
    }
    if (offset === flush && value % 2 === 1) this.flush();
    if (offset === entry && value % 2 === 1) this.flushEntry(value - (value % 4096));
    if (this.v5 && offset === 0x18 && value % 2 === 1) this.flushRange();
    if (this.hardware.generation === "v3.3" && offset === 0x40) this.show(this.l1, value, 0x48, 0x44);
    if (this.v5 && offset === 0x750) this.show(this.l1, value, 0x754, 0x75c);
    if (this.v5 && offset === 0x770) this.show(this.l2, value, 0x774, 0x77c);
  }

  show(level: Level | null, index: number, vpnAt: number, ppnAt: number): void {
    const entry = level?.sets[Math.floor(index / level.shape.ways)]?.[index % level.shape.ways] ?? null;
    this.window.words.set(vpnAt, entry === null ? 0 : entry.va / 4096);
    this.window.words.set(ppnAt, (entry?.pa ?? 0) / 4096);
  }

  peek(offset: number): number {
    if (offset === 8) return this.blocked || ((this.ctrl & 1) !== 0 && this.intStatus !== 0) ? 1 : 0;
    if (offset === 0x34) return this.hardware.version;
    if (offset === (this.v5 ? 0x60 : 0x18)) return this.intStatus;
    if (offset === 0x418 && this.buffers !== null && this.hardware.generation === "v3.3") {
      const n = this.window.banked;
      if (n === null) return 0;
      return (this.buffers.subs[n * 2 + ((this.window.word(0x408) >>> 8) & 1)]!.block ?? 0) * 16;
    }
    return this.window.read(offset);
  }

  read(offset: number): number {
    const value = this.peek(offset);
    this.count.regReads++;
    if (this.window.accessOf(offset) === null) this.count.unknown++;
    if (offset === 8 && this.blockLeft > 0) this.blockLeft--;
    return value;
  }

  // ---- flushes

  flush(): void {
    this.count.flushAll++;
    for (const level of this.levels) this.count.invalidated += level.drop(() => true);
    this.count.invalidated += this.buffers?.drop(null) ?? 0;
    this.count.flpdInvalidated += this.flpd?.drop(() => true) ?? 0;
  }

  flushEntry(va: number): void {
    this.count.flushEntry++;
    this.count.invalidated += this.l1.drop((e) => covers(e, va));
    const { l2 } = this;
    const everySet = this.hardware.generation !== "v2";
    if (l2 !== null)
      this.count.invalidated += l2.drop((e, set) => covers(e, va) && (everySet || set === l2.setOf(va)));
    this.count.invalidated += this.buffers?.drop(va) ?? 0;
    const index = Math.floor(va / 2 ** 20);
    this.count.flpdInvalidated += this.flpd?.drop((i, w) => i === index && !(this.v5 && w % 4 === 1)) ?? 0;
  }

  flushRange(): void {
    const first = this.window.word(0x20) - (this.window.word(0x20) % 4096);
    const last = this.window.word(0x24) - (this.window.word(0x24) % 4096) + 4095;
    this.count.flushRange++;
    if (last < first) return;
    for (const level of this.levels)
      this.count.invalidated += level.drop((e) => e.va <= last && e.va + e.size > first);
    const meets = (index: number) => (index + 1) * 2 ** 20 > first && index * 2 ** 20 <= last;
    this.count.flpdInvalidated += this.flpd?.drop((i, w) => meets(i) && w % 4 !== 1) ?? 0;
  }

  /** Mapping `owner` of [va, va + bytes) has gone without more. */
  markStale(va: number, bytes: number, owner: number): void {
    if (bytes === 0) return;
    const last = Math.min(va + bytes - 1, 2 ** 32 - 1);
    for (const level of this.levels) level.mark(va, last, owner);
    for (const sub of this.buffers?.subs ?? []) for (const page of sub.pages) markIn(page, va, last, owner);
    for (const line of this.flpd?.lines ?? []) {
      for (const [index, held] of line?.held ?? []) {
        if ((index + 1) * 2 ** 20 <= va || index * 2 ** 20 > last || held.dead) continue;
        const what = decode1(this.v5, held.word, index * 2 ** 20);
        if ("table" in what || what.translation.pa === null) continue;
        held.dead = true;
        held.owner = owner;
      }
    }
  }

  // ---- accesses

  /** What CTRL and INT_STATUS let an access do. */
  gate(va: number, write: boolean): "open" | "pass" | "held" {
    const channel = CHANNELS[`${write}`];
    if (!this.blocked) {
      if ((this.ctrl & 1) === 0) {
        this[channel] = false;
        return "pass";
      }
      if (this.intStatus === 0) {
        this.heldRead = this.heldWrite = false;
        return "open";
      }
      if (!this[channel]) {
        const fault = this.resolve(va, write) === null;
        this[channel] = true;
        if (fault) return "held";
      }
    }
    this.count.held++;
    return "held";
  }

  /** Physical address, or null when the access is held. */
  access(va: number, write: boolean): number | null {
    const state = this.gate(va, write);
    if (state === "held") return null;
    if (state === "open") return this.resolve(va, write);
    this.count.bypass++;
    return va;
  }

  /** A range in bursts whose pages must lie in memory; the bytes done. */
  range(
    va: number,
    bytes: number,
    burst: number,
    write: boolean,
    inDram: (pa: number, n: number) => boolean,
  ) {
    let done = 0;
    if (bytes === 0) return 0;
    const state = this.gate(va, write);
    if (state === "held") return 0;
    while (done < bytes) {
      const at = (va + done) % 2 ** 32;
      const size = Math.min(4096 - (at % 4096), bytes - done);
      let passed = size;
      let first: number | null = null;
      for (let b = at; b < at + size; b = b - (b % burst) + burst) {
        if (state === "pass") this.count.bypass++;
        const pa = state === "pass" ? b : this.resolve(b, write);
        if (b === at) first = pa;
        if (pa === null) {
          passed = b - at;
          break;
        }
      }
      if (passed !== 0 && !inDram(first!, passed)) return done;
      done += passed;
      if (passed < size) return done;
    }
    return done;
  }
}
