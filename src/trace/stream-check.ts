// Refuses records of an op stream that no machine can execute, with the reason in words.
//
// What a driver can do wrong (a handle unmapped twice, memory that is not there) is no error of the stream: the
// machine counts it.
//
// Not modelled: which handles are alive; the machine knows.

import { DIRECTION_AS_MAPPED, NO_HANDLE, Op } from "./opcodes.js";
import { isOp, labelWord, OPS } from "./opstream.js";

/** Handles are below this: the machine's table of them stays small. */
export const HANDLES = 1 << 24;
/** Entries of one list. */
export const MOST_ENTRIES = 16384;
const WHOLE = 2 ** 32;

/** What the stream has declared, asked while it is read. */
export interface Declared {
  device: (number: number) => boolean;
  label: (number: number) => boolean;
  /** System MMUs of the machines that will run it; undefined: not known. */
  sysmmus: () => number | undefined;
  /** Bytes of their DRAM; undefined: not known. */
  dramBytes: number | undefined;
}

// The descriptions as numbers, for records that are as they should be: nearly all.
const UNUSED = Uint8Array.from(OPS, ({ operands }) =>
  operands.reduce((bits, name, i) => bits | (name === "" ? 1 << i : 0), 0),
);
const DIRECTIONS = Uint8Array.from(OPS, ({ direction }) =>
  ["none", "map", "as-mapped", "access"].indexOf(direction),
);
const HANDLED = Uint8Array.from(OPS, ({ operands }) => (operands[0] === "handle" ? 1 : 0));
/** Ops whose device field needs a look although it is 0, or is another kind of number; lists and labels. */
const SLOW = Uint8Array.from(OPS, ({ device }, number) =>
  device === "instance" || labelWord(number) !== 0 || number === Op.SgBegin || number === Op.SgEnd ? 1 : 0,
);
const DEVICES = Uint8Array.from(OPS, ({ device }) => (device === "none" ? 0 : device === "used" ? 2 : 1));
/** Start of a range, and its bytes, in words 2 and 3 or (entries) 1 and 2; 0: no range. */
const RANGED = Uint8Array.from(OPS, (_, number) =>
  number === Op.SgEntry || number === Op.FeedPages
    ? 1
    : number === Op.Map || number === Op.MapResource || isAccess(number)
      ? 2
      : 0,
);

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Checks the records of one stream, in order. */
export class StreamCheck {
  readonly #declared: Declared;
  /** Open list: its handle, entries promised and seen; promised -1: none is open. */
  #handle = 0;
  #promised = -1;
  #seen = 0;

  constructor(declared: Declared) {
    this.#declared = declared;
  }

  /** Why the record cannot be executed; "" when it can. */
  problem(head: number, w1: number, w2: number, w3: number): string {
    const number = head & 0xff;
    if (this.#fine(number, head, w1, w2, w3)) return "";
    if (!isOp(number)) return `${number} is no op`;
    const { name, device, direction, operands } = OPS[number]!;
    const what =
      this.#device(number, head >>> 16, device, w1) ||
      checkDirection((head >>> 8) & 0xff, direction) ||
      checkUnused(operands, w1, w2, w3) ||
      this.#label(number, w1, w2) ||
      checkHandle(number, operands[0], w1) ||
      checkRange(number, w1, w2, w3) ||
      this.#length(number, w1, w3) ||
      this.#list(number, w1, w2);
    return what === "" ? "" : `${name}: ${what}`;
  }

  /** True for a record that is surely right; others are looked at again, in words. */
  #fine(number: number, head: number, w1: number, w2: number, w3: number): boolean {
    if (!isOp(number) || SLOW[number] !== 0) return false;
    const dir = (head >>> 8) & 0xff;
    const kind = DIRECTIONS[number]!;
    if (dir !== 0 && (kind === 0 || (kind < 3 && dir > 2 && (kind === 1 || dir !== DIRECTION_AS_MAPPED))))
      return false;
    const device = DEVICES[number]!;
    const index = head >>> 16;
    if (device === 0 ? index !== 0 : (device === 2 || index !== 0) && !this.#declared.device(index))
      return false;
    const unused = UNUSED[number]!;
    if (unused !== 0 && (((unused & 1) !== 0 && w1 !== 0) || ((unused & 2) !== 0 && w2 !== 0))) return false;
    if ((unused & 4) !== 0 && w3 !== 0) return false;
    if (HANDLED[number] !== 0 && w1 >= HANDLES) return false;
    const range = RANGED[number]!;
    if (range !== 0 && (range === 1 ? w1 + w2 : w2 + w3) > WHOLE) return false;
    if (number !== Op.SgEntry) return true;
    if (this.#promised < 0 || this.#seen >= this.#promised) return false;
    this.#seen++;
    return true;
  }

  #device(number: number, index: number, field: string, w1: number): string {
    if (field === "none") return index === 0 ? "" : "takes no dev";
    if (field === "instance") {
      const most = this.#declared.sysmmus();
      if (most === undefined || index < most) return "";
      return `dev=${index}, this machine has System MMUs 0 to ${most - 1}`;
    }
    const access = number === Op.DevRead || number === Op.DevWrite;
    const used = field === "used" || (access && w1 === NO_HANDLE);
    if ((index === 0 && !used) || this.#declared.device(index)) return "";
    return `device ${index} is not declared`;
  }

  #label(number: number, w1: number, w2: number): string {
    const at = labelWord(number);
    if (at === 0) return "";
    const label = at === 1 ? w1 : w2;
    return label === 0 || this.#declared.label(label) ? "" : `label ${label} is not declared`;
  }

  /** A CPU's access is cut to the mapping of its handle; without one nothing else bounds the work. */
  #length(number: number, handle: number, length: number): string {
    const { dramBytes } = this.#declared;
    if ((number !== Op.CpuRead && number !== Op.CpuWrite) || handle !== NO_HANDLE) return "";
    if (dramBytes === undefined || length <= dramBytes) return "";
    return `length=${hex(length)} is more than all DRAM, ${hex(dramBytes)} bytes`;
  }

  #list(number: number, w1: number, w2: number): string {
    switch (number) {
      case Op.SgBegin:
        if (w2 > MOST_ENTRIES) return `nents=${w2}, a list has at most ${MOST_ENTRIES} entries`;
        this.#handle = w1;
        this.#promised = w2;
        this.#seen = 0;
        return "";
      case Op.SgEntry:
        if (this.#promised < 0) return "no list is open (sg-begin)";
        if (this.#seen === this.#promised)
          return `the list was to have ${this.#promised} entries, this is one more`;
        this.#seen++;
        return "";
      case Op.SgEnd: {
        if (this.#promised < 0) return "no list is open (sg-begin)";
        if (w1 !== this.#handle) return `handle=${hex(w1)}, the open list is handle=${hex(this.#handle)}`;
        if (this.#seen !== this.#promised) {
          return `the list was to have ${this.#promised} entries, ${this.#seen} are there`;
        }
        this.#promised = -1;
        return "";
      }
      default:
        return "";
    }
  }
}

function checkDirection(value: number, field: string): string {
  switch (field) {
    case "none":
      return value === 0 ? "" : "takes no dir";
    case "map":
      return value <= 2 ? "" : `dir=${value}, a map has 0 (both ways), 1 (to device) or 2 (from device)`;
    case "as-mapped":
      if (value <= 2 || value === DIRECTION_AS_MAPPED) return "";
      return `dir=${value}, may be 0 (both ways), 1 (to device), 2 (from device) or 255 (as mapped)`;
    default:
      return "";
  }
}

function checkUnused(operands: readonly string[], w1: number, w2: number, w3: number): string {
  if (operands[2] === "" && w3 !== 0) return `word 3 is ${hex(w3)}, this op has none`;
  if (operands[1] === "" && w2 !== 0) return `word 2 is ${hex(w2)}, this op has none`;
  if (operands[0] === "" && w1 !== 0) return `word 1 is ${hex(w1)}, this op has none`;
  return "";
}

function isAccess(number: number): boolean {
  return number >= Op.CpuRead && number <= Op.DevWrite;
}

function checkHandle(number: number, name: string, handle: number): string {
  if (name !== "handle" || handle < HANDLES || (handle === NO_HANDLE && isAccess(number))) return "";
  return `handle=${hex(handle)}, handles are below ${hex(HANDLES)}`;
}

/** Ranges of addresses that pass the end of the 32-bit space. */
function checkRange(number: number, w1: number, w2: number, w3: number): string {
  const entry = number === Op.SgEntry || number === Op.FeedPages;
  const map = number === Op.Map || number === Op.MapResource;
  if (!entry && !map && !isAccess(number)) return "";
  const start = entry ? w1 : w2;
  const bytes = entry ? w2 : w3;
  if (start + bytes <= WHOLE) return "";
  return `${hex(bytes)} bytes from ${hex(start)} on pass the end of the 32-bit addresses`;
}
