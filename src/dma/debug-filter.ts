// DMA-API debug: the driver filter of debugfs `driver_filter`.
//
// A write takes the first token of at most 63 bytes; a first byte that is no letter or digit switches
// the filter off. The first driver whose name matches is remembered, and only it passes from then on.

const MAX_BYTES = 63;

// lib/ctype.c: Latin-1 letters count, 0xa0 is a space.
const isAlphanumeric = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0xc0 && byte !== 0xd7 && byte !== 0xf7);
const isSpace = (byte: number): boolean => (byte >= 9 && byte <= 13) || byte === 0x20 || byte === 0xa0;

/** What a write did. */
export type FilterWrite = "on" | "off" | "unchanged";

/** Reports errors of one driver only. */
export class DriverFilter {
  #name = "";
  #driver: string | null = null;

  /** Name in force, empty for none; a read of the file gives it with a line feed. */
  get name(): string {
    return this.#name;
  }

  /** Writes `text` to the file. "unchanged": it was off already. */
  write(text: string): FilterWrite {
    const bytes = new TextEncoder().encode(text).subarray(0, MAX_BYTES);
    const wasOn = this.#name !== "";
    this.#driver = null;
    if (bytes.length === 0 || !isAlphanumeric(bytes[0]!)) {
      this.#name = "";
      return wasOn ? "off" : "unchanged";
    }
    const end = bytes.findIndex((byte) => byte === 0 || isSpace(byte));
    this.#name = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
    return "on";
  }

  /** True when an error of a device bound to `driver` (null: unbound or no device) may be shown. */
  passes(driver: string | null): boolean {
    if (this.#name === "") return true;
    if (driver === null) return false;
    if (this.#driver !== null) return driver === this.#driver;
    if (driver.slice(0, MAX_BYTES) !== this.#name) return false;
    this.#driver = driver;
    return true;
  }
}
