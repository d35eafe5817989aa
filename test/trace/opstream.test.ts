import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binaryHeader, binaryRecords } from "../../src/trace/binary.js";
import { TraceError } from "../../src/trace/error.js";
import { OP_COUNT, Op } from "../../src/trace/opcodes.js";
import { OPS } from "../../src/trace/opstream.js";
import { openTrace } from "../../src/trace/reader.js";
import { type ByteSource, bytesSource, textSource } from "../../src/trace/source.js";
import { fileSource } from "../../src/trace/source-node.js";
import { textHeader, textLines } from "../../src/trace/text.js";

const names = { devices: ["fimc0", "dev with blanks", "x"], labels: ["", "capture", "a b c"] };

async function read(source: ByteSource): Promise<Uint32Array> {
  const devices = new Map(names.devices.map((name, n) => [name, n]));
  const labels = new Map(names.labels.map((label, n) => [label, n]));
  const reader = openTrace([source], {
    device: (name) => devices.get(name)!,
    label: (text) => labels.get(text)!,
    guestBase: 0x4000_0000,
    guestBytes: 1 << 20,
    sysmmus: () => 16,
  });
  const out: number[] = [];
  for await (const { records } of reader) out.push(...records);
  return Uint32Array.from(out);
}

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const handle = fc.integer({ min: 0, max: 0xff_ffff });
const device = fc.integer({ min: 0, max: 2 });
const anyDirection = fc.constantFrom(0, 1, 2, 255);

/** Words 1 to 3 of an op that a machine can execute. */
function operandsOf(op: number): fc.Arbitrary<[number, number, number]> {
  const { operands } = OPS[op]!;
  const range = fc.tuple(word, word).map(([a, b]): [number, number] => [a, Math.min(b, 2 ** 32 - 1 - a)]);
  return fc.tuple(handle, range, fc.tuple(word, word, word)).map(([h, [start, bytes], words]) => {
    const values = operands.map((name, i) => {
      if (name === "") return 0;
      if (name === "handle") return h;
      if (name === "label") return words[i]! % 3;
      if (name === "pa" || name === "offset") return start;
      if (name === "size" || name === "length" || name === "bytes") return bytes;
      return words[i]!;
    });
    return values as [number, number, number];
  });
}

function head(op: number, dir: number, dev: number): number {
  return (op | (dir << 8) | (dev << 16)) >>> 0;
}

const lists = [Op.SgBegin, Op.SgEntry, Op.SgEnd] as readonly number[];
const single = fc
  .integer({ min: 0, max: OP_COUNT - 1 })
  .filter((op) => !lists.includes(op))
  .chain((op) => {
    const { device: field, direction } = OPS[op]!;
    const dir =
      direction === "none"
        ? fc.constant(0)
        : direction === "map"
          ? device
          : direction === "access"
            ? fc.integer({ min: 0, max: 255 })
            : anyDirection;
    return fc
      .tuple(dir, field === "none" ? fc.constant(0) : device, operandsOf(op))
      .map(([d, dev, words]) => [head(op, d, dev), ...words]);
  });
const list = fc
  .tuple(handle, device, device, fc.array(operandsOf(Op.SgEntry), { maxLength: 4 }))
  .map(([h, dir, dev, entries]) => [
    ...[head(Op.SgBegin, dir, dev), h, entries.length, 0],
    ...entries.flatMap((entry) => [head(Op.SgEntry, 0, dev), ...entry]),
    ...[head(Op.SgEnd, dir, dev), h, 0, 0],
  ]);
const stream = fc
  .array(fc.oneof({ weight: 4, arbitrary: single }, { weight: 1, arbitrary: list }), { maxLength: 40 })
  .map((rows) => Uint32Array.from(rows.flat()));

function join(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

describe("op streams", () => {
  it("come back from text and binary as they went", async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (records) => {
        expect(await read(textSource("t", textHeader(names) + textLines(records)))).toEqual(records);
        const bytes = join(binaryHeader(names, records.length / 4), binaryRecords(records));
        expect(await read(bytesSource("b", bytes))).toEqual(records);
        expect(await read(bytesSource("b", gzipSync(bytes)))).toEqual(records);
        expect(await read(bytesSource("b", join(binaryHeader(names), binaryRecords(records))))).toEqual(
          records,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("are read in any pieces", async () => {
    const records = Uint32Array.from([2, 1, 0x4000_0000, 4096, 3, 1, 0, 4096]);
    const bytes = join(binaryHeader(names, 2), binaryRecords(records));
    const slow: ByteSource = {
      name: "slow",
      bytesTotal: bytes.length,
      bytesRead: 0,
      async *open() {
        for (const byte of bytes) yield Uint8Array.of(byte);
      },
    };
    expect(await read(slow)).toEqual(records);
  });

  it.each([
    ["another version", "# sysmmu op stream 2\n", /version of the op stream/],
    ["an unknown op", "# sysmmu op stream 1\nfly\n", /t:2: unknown op fly/],
  ])("refuse %s in text", async (_name, text, message) => {
    await expect(read(textSource("t", text))).rejects.toThrow(message);
  });

  it.each([
    ["map wings=2", "map has no operand wings=2; it takes dev, dir, handle, pa, size"],
    ["barrier a=5", "barrier has no operand a=5; it takes none"],
    ["barrier dev=0", "barrier has no operand dev=0"],
    ["free handle=1 size=1", "free has no operand size=1; it takes dev, handle"],
    ["map pa=here", 'pa is not a 32-bit number, got "here"'],
    ["map pa=0x100000000", 'pa is not a 32-bit number, got "0x100000000"'],
    ["feed-pages pa", "pa without a value"],
    ["feed-pages pa= bytes=1", "pa without a value"],
    ["map dev=70000", "dev=70000 is out of range, 0 to 65535"],
    ["unmap dir=256 handle=0", "dir=256 is out of range, 0 to 255"],
    ["map dev=0 dev=1", "map has dev twice"],
    ["map", "map without handle, pa, size"],
    ["alloc handle=1", "alloc without size"],
    ["dev-read", "dev-read without handle"],
    ["marker", "marker without label"],
    ["map dev=2 dir=9 handle=0 pa=0 size=1", "map: device 2 is not declared"],
    ["unmap dev=2 handle=0", "unmap: device 2 is not declared"],
    ["dev-read dev=2 handle=0xffffffff", "dev-read: device 2 is not declared"],
    ["flush dev=2", "flush: device 2 is not declared"],
    ["map dir=9 handle=0 pa=0 size=1", "map: dir=9, a map has 0"],
    ["unmap dir=9 handle=0", "unmap: dir=9, may be 0"],
    ["map handle=0x1000000 pa=0 size=1", "map: handle=0x1000000, handles are below 0x1000000"],
    ["map handle=0xffffffff pa=0 size=1", "map: handle=0xffffffff, handles are below"],
    ["map handle=0 pa=0xfffff000 size=0x1001", "map: 0x1001 bytes from 0xfffff000 on pass the end"],
    ["cpu-read handle=0xffffffff offset=2 length=0xffffffff", "cpu-read: 0xffffffff bytes from 0x2 on pass"],
    ["feed-pages pa=0xfffff000 bytes=0x2000", "feed-pages: 0x2000 bytes from 0xfffff000"],
    ["prefix label=7", "prefix: label 7 is not declared"],
    ["marker label=7", "marker: label 7 is not declared"],
    ["sg-end handle=0", "sg-end: no list is open"],
    ["sg-entry pa=0 length=1", "sg-entry: no list is open"],
    ["sg-begin handle=0 nents=16385", "sg-begin: nents=16385, a list has at most 16384 entries"],
    ["sg-begin handle=1 nents=0\nsg-end handle=2", "t:4: sg-end: handle=0x2, the open list is handle=0x1"],
    ["sg-begin handle=1 nents=2\nsg-end handle=1", "sg-end: the list was to have 2 entries, 0 are there"],
    ["sg-begin handle=1 nents=0\nsg-entry pa=0 length=1", "the list was to have 0 entries, this is one more"],
    ["sg-begin handle=1 nents=0\nsg-end handle=1\nsg-end handle=1", "t:5: sg-end: no list is open"],
    ["reg-write dev=63 offset=0 value=0", "reg-write: dev=63, this machine has System MMUs 0 to 15"],
    ["device", "device without a number"],
    ["device 70000 x", "device number 70000 is out of range, 0 to 65535"],
    ["device 1", "device without a name"],
    ["device one x", 'device number is not a 32-bit number, got "one"'],
    ["device 0 x", 'device 0 is "fimc0" already'],
    ["label 1 a\nlabel 1 b", 't:4: label 1 is "a" already'],
  ])("refuse %j in text, with file and line", async (lines, message) => {
    const text = `# sysmmu op stream 1\ndevice 0 fimc0\n${lines}\n`;
    const error = await read(textSource("t", text)).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(TraceError);
    expect((error as TraceError).message).toContain(message);
    expect((error as TraceError).message).toMatch(/^t:[345]: /);
  });

  it("refuse a device that was never declared, though it is number 0", async () => {
    for (const line of [
      "map dev=0 handle=0 pa=0 size=1",
      "map handle=0 pa=0 size=1",
      "unmap dev=0 handle=0",
    ]) {
      await expect(read(textSource("t", `# sysmmu op stream 1\n${line}\n`))).rejects.toThrow(
        /^t:2: (un)?map: device 0 is not declared/,
      );
    }
  });

  it("take the same declaration twice", async () => {
    const text = "# sysmmu op stream 1\ndevice 0 fimc0\ndevice 0 fimc0\nflush dev=0\n";
    expect(await read(textSource("t", text))).toHaveLength(4);
  });

  it("refuse in binary what they refuse in text, with the record's number", async () => {
    const bad: [number[], RegExp][] = [
      [[head(Op.Map, 9, 0), 0, 0, 1], /^b: record 1: map: dir=9/],
      [[head(Op.Map, 0, 3), 0, 0, 1], /^b: record 1: map: device 3 is not declared/],
      [[head(Op.SgEnd, 0, 0), 0, 0, 0], /^b: record 1: sg-end: no list is open/],
      [[head(Op.Barrier, 0, 0), 5, 0, 0], /^b: record 1: barrier: word 1 is 0x5/],
      [[head(Op.RegWrite, 0, 63), 0, 0, 0], /^b: record 1: reg-write: dev=63/],
      [[head(Op.Marker, 0, 0), 3, 0, 0], /^b: record 1: marker: label 3 is not declared/],
    ];
    for (const [words, message] of bad) {
      const records = Uint32Array.from([0, 0, 0, 0, ...words]);
      const bytes = join(binaryHeader(names, 2), binaryRecords(records));
      await expect(read(bytesSource("b", bytes))).rejects.toThrow(message);
    }
  });

  it("refuse damaged binary", async () => {
    const good = join(binaryHeader(names, 2), new Uint8Array(32));
    const cut = (n: number) => read(bytesSource("b", good.subarray(0, good.length - n)));
    await expect(cut(1)).rejects.toThrow(/truncated: 15 bytes/);
    await expect(cut(16)).rejects.toThrow(/1 records, the header promises 2/);
    await expect(cut(good.length - 12)).rejects.toThrow(/header is not complete/);
    const version = good.slice();
    version[8] = 9;
    await expect(read(bytesSource("b", version))).rejects.toThrow(/version 9/);
    const op = good.slice();
    op[good.length - 32] = 200;
    await expect(read(bytesSource("b", op))).rejects.toThrow(/200 is no op/);
  });
});

describe("sources", () => {
  it("name what is wrong with a file", async () => {
    expect(() => fileSource("/no/such/file")).toThrow(/\/no\/such\/file: no such file/);
    expect(() => fileSource("test")).toThrow(/folder/);
    const gz = gzipSync("  t-1 [000] ..... 1.0: dma_free: dev dma_addr=0 size=0 attrs=\n".repeat(5000));
    await expect(read(bytesSource("cut.gz", gz.subarray(0, gz.length >> 1)))).rejects.toThrow(
      /cut\.gz: truncated gzip/,
    );
    await expect(read(bytesSource("empty", new Uint8Array(0)))).rejects.toThrow(/empty: empty file/);
  });
});
