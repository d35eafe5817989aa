import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binaryHeader, binaryRecords } from "../../src/trace/binary.js";
import { OP_COUNT } from "../../src/trace/opcodes.js";
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
  });
  const out: number[] = [];
  for await (const { records } of reader) out.push(...records);
  return Uint32Array.from(out);
}

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const record = fc
  .tuple(
    fc.integer({ min: 0, max: OP_COUNT - 1 }),
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 0, max: 2 }),
    word,
    word,
    word,
  )
  .map(([op, dir, device, a, b, c]) => {
    const label = op === 1 ? 1 : op === 21 ? 0 : -1;
    const words = [a, b, c];
    if (label >= 0) words[label] = words[label]! % 3;
    return [(op | (dir << 8) | (device << 16)) >>> 0, ...words];
  });
const stream = fc.array(record, { maxLength: 40 }).map((rows) => Uint32Array.from(rows.flat()));

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
    ["an operand it has not", "# sysmmu op stream 1\nmap wings=2\n", /map has no operand wings=2/],
    ["a number that is none", "# sysmmu op stream 1\nmap pa=here\n", /not a 32-bit number/],
    ["a number too big", "# sysmmu op stream 1\nmap pa=0x100000000\n", /not a 32-bit number/],
    ["a device without a name", "# sysmmu op stream 1\ndevice 0\n", /device without a name/],
  ])("refuse %s in text", async (_name, text, message) => {
    await expect(read(textSource("t", text))).rejects.toThrow(message);
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
