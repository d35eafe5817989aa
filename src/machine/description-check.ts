// The check of a snapshot's description: every field has its type, and what refers to something refers to
// something there is. The sum of the file tells damage; this tells a description that no machine wrote.
//
// Not modelled: whether the memory agrees with it beyond sizes and pointers.

import { checkChoice, checkFlag, checkInteger, checkText, checkU32, describe } from "../check.js";
import { PROFILES } from "../dma/profiles.js";
import { checkSoc } from "../soc/check.js";
import type { Description } from "./description.js";
import { SnapshotError } from "./snapshot.js";

function each(name: string, value: unknown, check: (name: string, item: never, i: number) => void): number {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array, got ${describe(value)}`);
  value.forEach((item, i) => {
    if (item === null || item === undefined) {
      throw new TypeError(`${name}[${i}] must be there, got ${describe(item)}`);
    }
    check(`${name}[${i}]`, item as never, i);
  });
  return value.length;
}

function checkFields(d: Description, memoryBytes: number): void {
  checkSoc("soc", d.soc);
  checkChoice("profile", d.profile, PROFILES);
  checkChoice("powerPolicy", d.powerPolicy, ["bus-error", "ignore"]);
  each("sysmmus", d.sysmmus, (name, s: Description["sysmmus"][number]) => {
    checkText(`${name}.name`, s.name);
    checkChoice(`${name}.unknownRegisters`, s.unknownRegisters, ["ignore", "warn", "throw"]);
  });
  const ports = new Set(d.sysmmus.map((s) => s.name));
  each("devices", d.devices, (name, device: Description["devices"][number]) => {
    checkText(`${name}.name`, device.name);
    each(`${name}.ports`, device.ports, (at, port: string) => {
      if (!ports.has(checkText(at, port))) throw new RangeError(`${at}: there is no SysMMU ${port}`);
    });
  });
  const pointer = (name: string, value: number) => checkInteger(name, value, 64, memoryBytes - 64);
  const device = (name: string, index: number) => checkInteger(name, index, 0, d.devices.length - 1);
  each("mappings", d.mappings, (name, m: Description["mappings"][number]) => {
    checkU32(`${name}.base`, m.base);
    checkInteger(`${name}.size`, m.size, 1, 2 ** 40);
    pointer(`${name}.space`, m.space);
    pointer(`${name}.domain`, m.domain);
    checkFlag(`${name}.created`, m.created);
    each(`${name}.devices`, m.devices, device);
  });
  each("labels", d.labels, checkText);
  if (d.board !== 0) pointer("board", d.board);
  each("pages", d.pages, (name, [pa, bytes]: Description["pages"][number]) => {
    checkU32(`${name}[0]`, pa);
    checkInteger(`${name}[1]`, bytes, 4096, 0x8000_0000);
  });
  each("held", d.held, (name, held: Description["held"][number]) => {
    device(`${name}.device`, held.device);
    checkInteger(`${name}.port`, held.port, 0, d.devices[held.device]!.ports.length - 1);
    checkChoice(`${name}.access`, held.access, ["read", "write"]);
    checkChoice(`${name}.status`, held.status, ["fault", "blocked"]);
    checkU32(`${name}.dmaAddress`, held.dmaAddress);
    const length = each(`${name}.bytes`, held.bytes, (at, byte: number) => checkInteger(at, byte, 0, 255));
    checkInteger(`${name}.done`, held.done, 0, length);
  });
  each("noncoherent", d.noncoherent, (name, buffer: Description["noncoherent"][number]) => {
    device(`${name}.device`, buffer.device);
    checkU32(`${name}.pa`, buffer.pa);
    checkU32(`${name}.dmaAddress`, buffer.dmaAddress);
    checkInteger(`${name}.size`, buffer.size, 4096, 0x8000_0000);
    checkInteger(`${name}.direction`, buffer.direction, 0, 2);
  });
}

/**
 * @internal Throws unless `value` is a description of a snapshot; returns it.
 * @throws SnapshotError naming the field
 */
export function checkDescription(value: unknown, memoryBytes: number): Description {
  try {
    checkFields(value as Description, memoryBytes);
    return value as Description;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SnapshotError(`description.${why}`);
  }
}
