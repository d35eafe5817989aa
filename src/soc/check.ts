// The check of an SoC description that somebody else made: every field has its type, names are unique, and
// what refers to a name refers to one there is.
//
// Not modelled: whether addresses overlap; a table or device tree says what it says.

import { checkFlag, checkInteger, checkText, checkU32, describe } from "../check.js";
import { checkVersion } from "../sysmmu/registers.js";
import { socByName } from "./find.js";
import type { SocDescription } from "./types.js";

type Check = (name: string, value: unknown) => void;
type Shape = Readonly<Record<string, Check>>;

function fields(name: string, value: unknown, shape: Shape): void {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new TypeError(
      `${name} must be an object with ${Object.keys(shape).join(", ")}, got ${describe(value)}`,
    );
  }
  for (const [key, check] of Object.entries(shape)) {
    check(`${name}.${key}`, (value as Record<string, unknown>)[key]);
  }
}

function items(name: string, value: unknown, check: Check): void {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array, got ${describe(value)}`);
  value.forEach((item, i) => {
    check(`${name}[${i}]`, item);
  });
}

const list =
  (check: Check): Check =>
  (name, value) =>
    items(name, value, check);
const nullable =
  (check: Check): Check =>
  (name, value) => {
    if (value !== null) check(name, value);
  };
const object =
  (shape: Shape): Check =>
  (name, value) =>
    fields(name, value, shape);

const number: Check = checkU32;
const bytes: Check = (name, value) => checkInteger(name, value, 0, 2 ** 33);
const flag: Check = checkFlag;
const text: Check = checkText;

const name: Check = (path, value) => {
  if (checkText(path, value) === "") throw new TypeError(`${path} must not be empty`);
};

const interrupt: Check = (path, value) => {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  // Lines out of range are wired to nothing, as a device tree may have them.
  if (kind === "spi") fields(path, value, { number });
  else if (kind === "combiner") fields(path, value, { group: number, bit: number });
  else throw new TypeError(`${path} must be an interrupt of kind spi or combiner, got ${describe(value)}`);
};

const clock = object({
  name,
  register: nullable(number),
  bit: nullable((p, v) => checkInteger(p, v, 0, 31)),
});

const SOC: Shape = {
  name,
  title: text,
  compatible: text,
  memory: list(object({ name: text, base: number, bytes })),
  dramBase: number,
  cmuBase: number,
  sysmmus: list(
    object({
      name,
      base: number,
      linuxName: text,
      interrupt: nullable(interrupt),
      powerDomain: nullable(text),
      clock: nullable(clock),
      masterClock: nullable(clock),
      master: nullable(text),
      version: checkVersion,
      deviceTree: flag,
    }),
  ),
  devices: list(
    object({
      name,
      base: number,
      bytes,
      linuxName: text,
      interrupts: list(interrupt),
      powerDomain: nullable(text),
      ports: list(text),
      enabled: flag,
    }),
  ),
  powerDomains: list(object({ name, base: number, parent: nullable(text) })),
  combiner: nullable(
    object({
      base: number,
      groups: (p, v) => checkInteger(p, v, 0, 256),
      spis: list((p, v) => checkInteger(p, v, 0, 1019)),
    }),
  ),
  gic: nullable(object({ distributor: number, cpuInterface: number, cpuOffset: number })),
};

function unique(path: string, rows: readonly { name: string }[]): Set<string> {
  const names = new Set<string>();
  rows.forEach((row, i) => {
    if (names.has(row.name)) throw new RangeError(`${path}[${i}].name: ${row.name} is there twice`);
    names.add(row.name);
  });
  return names;
}

/**
 * Throws unless `value` is a whole SoC description; returns it.
 * @param path what to call it in the error
 * @throws TypeError or RangeError naming the field
 */
export function checkSoc(path: string, value: unknown): SocDescription {
  if (value === null || typeof value !== "object") {
    throw new TypeError(`${path} must be an SoC description, got ${describe(value)}`);
  }
  fields(path, value, SOC);
  const soc = value as SocDescription;
  const sysmmus = unique(`${path}.sysmmus`, soc.sysmmus);
  unique(`${path}.devices`, soc.devices);
  const domains = unique(`${path}.powerDomains`, soc.powerDomains);
  soc.devices.forEach(({ ports }, i) => {
    checkInteger(`${path}.devices[${i}].ports.length`, ports.length, 0, 8);
    ports.forEach((port, k) => {
      if (!sysmmus.has(port)) {
        throw new RangeError(`${path}.devices[${i}].ports[${k}]: there is no SysMMU ${describe(port)}`);
      }
    });
  });
  soc.powerDomains.forEach(({ parent }, i) => {
    if (parent !== null && !domains.has(parent)) {
      throw new RangeError(`${path}.powerDomains[${i}].parent: there is no domain ${describe(parent)}`);
    }
  });
  return soc;
}

/** A table by its name, or a description, checked. */
export function socOf(path: string, given: string | SocDescription): SocDescription {
  return typeof given === "string" ? socByName(given) : checkSoc(path, given);
}
