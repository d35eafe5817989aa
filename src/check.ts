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

/**
 * Throws unless `value` is an object whose own names are among `keys`; returns it. An option that is misspelt is
 * told, not passed over.
 */
export function checkObject<T extends object>(name: string, value: T, keys: readonly string[]): T {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object, got ${describe(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) {
      throw new TypeError(`${name}.${key}: there is no such option, there are ${keys.join(", ")}`);
    }
  }
  return value;
}

/** As {@link checkObject}, or undefined when there is none. */
export function checkMaybeObject(name: string, value: object | undefined, keys: readonly string[]): void {
  if (value !== undefined) checkObject(name, value, keys);
}

/** Throws unless `value` is a string; returns it. */
export function checkText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${name} must be a string, got ${describe(value)}`);
}

/** Throws unless `value` is true or false; returns it. */
export function checkFlag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${name} must be true or false, got ${describe(value)}`);
}

/** Throws unless `value` is a function or undefined. */
export function checkCallback(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${name} must be a function, got ${describe(value)}`);
  }
}

/** Throws unless `value` has `aborted` and `throwIfAborted`, or is undefined. */
export function checkSignal(name: string, value: unknown): void {
  const signal = value as { aborted?: unknown; throwIfAborted?: unknown } | null | undefined;
  if (signal === undefined) return;
  if (typeof signal?.aborted !== "boolean" || typeof signal.throwIfAborted !== "function") {
    throw new TypeError(`${name} must be an AbortSignal, got ${describe(value)}`);
  }
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
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object") {
    if (Array.isArray(value)) return "an array";
    const maker = value.constructor;
    return `a ${typeof maker === "function" && maker.name !== "" ? maker.name : "object"}`;
  }
  return String(value);
}
