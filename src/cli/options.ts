// Values of options: read, checked, refused with the option's name and the value.

import type { OptionValues } from "./command.js";
import { UsageError } from "./io.js";

/** The text of option `name`, or `fallback`. */
export function textOption(options: OptionValues, name: string, fallback: string): string {
  const value = options[name];
  return typeof value === "string" ? value : fallback;
}

/** One of `choices`, or `fallback` when the option is absent. */
export function choiceOption<T extends string>(
  options: OptionValues,
  name: string,
  choices: readonly T[],
  fallback: T,
): T {
  const value = textOption(options, name, fallback);
  if ((choices as readonly string[]).includes(value)) return value as T;
  throw new UsageError(`--${name} must be one of ${choices.join(", ")}, got ${JSON.stringify(value)}`);
}

/** An integer, decimal or 0x hexadecimal, in [min, max]. */
export function integerOption(
  options: OptionValues,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const value = options[name];
  if (typeof value !== "string") return undefined;
  const number = /^(\d+|0[xX][0-9a-fA-F]+)$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < min || number > max) {
    throw new UsageError(`--${name} must be an integer from ${min} to ${max}, got ${JSON.stringify(value)}`);
  }
  return number;
}

const SCALE: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** A size in bytes with an optional unit K, M or G (binary): `256M`. */
export function bytesOption(options: OptionValues, name: string): number | undefined {
  const value = options[name];
  if (typeof value !== "string") return undefined;
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(value);
  const bytes = match === null ? Number.NaN : Number(match[1]) * SCALE[match[2]!.toUpperCase()]!;
  if (!Number.isSafeInteger(bytes)) {
    throw new UsageError(`--${name} must be a size such as 256M, got ${JSON.stringify(value)}`);
  }
  return bytes;
}

/** How masters access what is mapped: `none`, `once` or `stream:N`. */
export function accessOption(options: OptionValues, fallback: string): string {
  const access = textOption(options, "access", fallback);
  if (/^(none|once|stream:[1-9]\d{0,5})$/.test(access)) return access;
  throw new UsageError(`--access must be none, once or stream:N, got ${JSON.stringify(access)}`);
}
