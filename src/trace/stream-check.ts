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
