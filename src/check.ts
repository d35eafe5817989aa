// Argument checks of the public API: once, at the edge, with the argument's name.

/** Throws unless `value` is an integer in [min, max]; returns it. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${name} must be a number, got ${describe(value)}`);
  }
  if (!Number.isInteger(value)) throw new RangeError(`${name} must be an integer, got ${value}`);
  if (value < min || value > max) {
    throw new RangeError(`${name} must be in [${hex(min)}, ${hex(max)}], got ${hex(value)}`);
  }
  return value;
}

/** Throws unless `value` is an unsigned 32-bit integer; returns it. */
export function checkU32(name: string, value: unknown): number {
  return checkInteger(name, value, 0, 0xffff_ffff);
}

/** Throws unless `value` is a u32 and a multiple of `unit` (a power of two). */
export function checkAligned(name: string, value: unknown, unit: number): number {
  const n = checkU32(name, value);
  if (n % unit !== 0) throw new RangeError(`${name} must be a multiple of ${hex(unit)}, got ${hex(n)}`);
  return n;
}

/** Throws unless `value` is one of `choices`; returns it. */
export function checkChoice<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (typeof value === "string" && (choices as readonly string[]).includes(value)) return value as T;
  throw new RangeError(`${name} must be one of ${choices.join(", ")}, got ${describe(value)}`);
}

/** Throws unless `value` is a Uint8Array; returns it. */
export function checkBytes(name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${name} must be a Uint8Array, got ${describe(value)}`);
}

/** `0x…` of a number of any sign. */
export function hex(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** What a wrong value was, in words. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object") return `a ${value.constructor?.name ?? "object"}`;
  return String(value);
}
