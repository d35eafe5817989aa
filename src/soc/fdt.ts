// Flattened device tree (DTB) reader, format versions 16 and 17 (Devicetree Specification 0.4, chapter 5).
//
//   header    0 magic d00dfeed  4 totalsize  8 off_struct  12 off_strings  16 off_rsvmap  20 version
//             24 last_comp_version  28 boot_cpu  32 size_strings  36 size_struct (17)
//   structure 1 BEGIN_NODE name\0  2 END_NODE  3 PROP len nameoff value  4 NOP  9 END; all big endian,
//             everything padded to four bytes
//
// Nothing in the blob is believed: every offset and length is checked before it is used, depth is limited,
// no token is read twice, and the first thing wrong is an FdtError with its byte offset.
//
// Not modelled: format versions below 16, overlays.

/** A blob that is not a device tree this reader understands. */
export class FdtError extends Error {
  /** Byte offset in the blob at which the trouble is. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`device tree: ${message} at offset 0x${offset.toString(16)}`);
    this.name = "FdtError";
    this.offset = offset;
  }
}

/** A property: bytes of the blob, not copied. */
export interface FdtProperty {
  readonly name: string;
  readonly value: Uint8Array;
  /** Offset of the value in the blob. */
  readonly offset: number;
}

/** A node. */
export interface FdtNode {
  /** With unit address: `sysmmu@11a20000`; empty for the root. */
  readonly name: string;
  readonly parent: FdtNode | null;
  readonly children: readonly FdtNode[];
  readonly properties: ReadonlyMap<string, FdtProperty>;
  /** Offset of its BEGIN_NODE in the blob. */
  readonly offset: number;
}

/** A whole tree. */
export interface Fdt {
  readonly version: number;
  readonly root: FdtNode;
  /** Nodes by phandle; the first of equal ones. */
  readonly phandles: ReadonlyMap<number, FdtNode>;
  /** Every node, parents before children. */
  readonly nodes: readonly FdtNode[];
}

const MAGIC = 0xd00d_feed;
const HEADER_BYTES = 40;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROP = 3;
const NOP = 4;
const END = 9;
/** Nodes inside one another; real trees have less than ten. */
const MAX_DEPTH = 64;

interface MutableNode extends FdtNode {
  readonly children: FdtNode[];
  readonly properties: Map<string, FdtProperty>;
}

/** Blocks of the blob: [start, end). */
interface Layout {
  readonly version: number;
  readonly structStart: number;
  readonly structEnd: number;
  readonly stringsStart: number;
  readonly stringsEnd: number;
}

/** Reads a blob. Throws FdtError for anything malformed, TypeError when it is no Uint8Array. */
export function readFdt(blob: Uint8Array): Fdt {
  if (!(blob instanceof Uint8Array)) throw new TypeError("blob must be a Uint8Array");
  return new Reader(blob).read();
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #names = new Map<number, string>();
  readonly #nodes: FdtNode[] = [];
  readonly #phandles = new Map<number, FdtNode>();

  constructor(blob: Uint8Array) {
    this.#bytes = blob;
    this.#view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  }

  read(): Fdt {
    const layout = this.#layout();
    const root = this.#structure(layout);
    return { version: layout.version, root, phandles: this.#phandles, nodes: this.#nodes };
  }

  #layout(): Layout {
    const size = this.#bytes.length;
    if (size < HEADER_BYTES)
      throw new FdtError(`header needs ${HEADER_BYTES} bytes, there are ${size}`, size);
    if (this.#u32(0) !== MAGIC) throw new FdtError("magic d00dfeed expected", 0);
    const total = this.#u32(4);
    if (total > size) throw new FdtError(`total size ${total} is more than the ${size} bytes there are`, 4);
    const version = this.#u32(20);
    if (version < 16) throw new FdtError(`format version ${version} is older than 16`, 20);
    const compatible = this.#u32(24);
    if (compatible > 17) throw new FdtError(`needs a reader of format version ${compatible}`, 24);
    const structStart = this.#u32(8);
    if (structStart < HEADER_BYTES - 4 || structStart >= total || structStart % 4 !== 0) {
      throw new FdtError(`structure block at ${structStart} is misplaced`, 8);
    }
    // Version 16 does not say how long it is.
    const structBytes = version >= 17 ? this.#u32(36) : total - structStart;
    if (structBytes > total - structStart) {
      throw new FdtError(`structure block of ${structBytes} bytes leaves the blob`, 36);
    }
    const stringsStart = this.#u32(12);
    if (stringsStart > total) throw new FdtError(`strings block at ${stringsStart} is misplaced`, 12);
    const stringsBytes = this.#u32(32);
    if (stringsBytes > total - stringsStart) {
      throw new FdtError(`strings block of ${stringsBytes} bytes leaves the blob`, 32);
    }
    return {
      version,
      structStart,
      structEnd: structStart + structBytes,
      stringsStart,
      stringsEnd: stringsStart + stringsBytes,
    };
  }

  #structure(layout: Layout): FdtNode {
    const end = layout.structEnd;
    let root: MutableNode | null = null;
    let current: MutableNode | null = null;
    const open: MutableNode[] = [];
    let at = layout.structStart;
    for (;;) {
      const token = this.#word(at, end);
      const start = at;
      at += 4;
      switch (token) {
        case NOP:
          break;
        case BEGIN_NODE: {
          if (root !== null && current === null) throw new FdtError("a second root node", start);
          if (open.length === MAX_DEPTH)
            throw new FdtError(`more than ${MAX_DEPTH} nodes inside one another`, start);
          const name = this.#text(at, end, "node name");
          at = align4(at + name.length + 1);
          const node: MutableNode = {
            name,
            parent: current,
            children: [],
            properties: new Map(),
            offset: start,
          };
          if (current === null) root = node;
          else current.children.push(node);
          this.#nodes.push(node);
          open.push(node);
          current = node;
          break;
        }
        case END_NODE:
          if (current === null) throw new FdtError("end of a node that did not begin", start);
          open.pop();
          current = open.at(-1) ?? null;
          break;
        case PROP:
          if (current === null) throw new FdtError("property outside a node", start);
          at = this.#property(current, at, end, layout);
          break;
        case END:
          if (root === null) throw new FdtError("no root node", start);
          if (current !== null) throw new FdtError(`tree ends inside node "${current.name}"`, start);
          return root;
        default:
          throw new FdtError(`unknown token 0x${token.toString(16)}`, start);
      }
    }
  }

  #property(node: MutableNode, at: number, end: number, layout: Layout): number {
    const bytes = this.#word(at, end);
    const nameOffset = this.#word(at + 4, end);
    const offset = at + 8;
    if (bytes > end - offset) throw new FdtError(`property of ${bytes} bytes leaves the structure block`, at);
    const name = this.#propertyName(nameOffset, at + 4, layout);
    const property: FdtProperty = { name, value: this.#bytes.subarray(offset, offset + bytes), offset };
    if (node.children.length > 0) throw new FdtError(`property "${name}" after a child node`, at - 4);
    if (node.properties.has(name))
      throw new FdtError(`property "${name}" twice in node "${node.name}"`, at - 4);
    node.properties.set(name, property);
    if ((name === "phandle" || name === "linux,phandle") && bytes === 4) {
      const phandle = this.#u32(offset);
      if (!this.#phandles.has(phandle)) this.#phandles.set(phandle, node);
    }
    return align4(offset + bytes);
  }

  #propertyName(nameOffset: number, at: number, layout: Layout): string {
    let name = this.#names.get(nameOffset);
    if (name === undefined) {
      if (nameOffset >= layout.stringsEnd - layout.stringsStart) {
        throw new FdtError(`property name at ${nameOffset} is outside the strings block`, at);
      }
      name = this.#text(layout.stringsStart + nameOffset, layout.stringsEnd, "property name");
      if (name === "") throw new FdtError("empty property name", layout.stringsStart + nameOffset);
      this.#names.set(nameOffset, name);
    }
    return name;
  }

  /** A zero-terminated name of printable characters within [at, end). */
  #text(at: number, end: number, what: string): string {
    if (at >= end) throw new FdtError(`${what} leaves its block`, at);
    const stop = this.#bytes.subarray(at, end).indexOf(0);
    if (stop < 0) throw new FdtError(`${what} has no end`, at);
    if (stop > MAX_NAME) throw new FdtError(`${what} of ${stop} bytes is too long`, at);
    let text = "";
    for (let i = at; i < at + stop; i++) {
      const byte = this.#bytes[i]!;
      if (byte < 0x21 || byte > 0x7e) throw new FdtError(`${what} holds byte 0x${byte.toString(16)}`, i);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #word(at: number, end: number): number {
    if (at + 4 > end) throw new FdtError("structure block ends in the middle", at);
    return this.#u32(at);
  }

  #u32(at: number): number {
    return this.#view.getUint32(at);
  }
}

/** Bytes of a name; real ones are far shorter. */
const MAX_NAME = 255;

function align4(value: number): number {
  return (value + 3) & ~3;
}

/** Path of a node for messages: `/soc/sysmmu@11a20000`. */
export function fdtPath(node: FdtNode): string {
  const names: string[] = [];
  for (let n: FdtNode | null = node; n !== null && n.parent !== null; n = n.parent) names.unshift(n.name);
  return `/${names.join("/")}`;
}
