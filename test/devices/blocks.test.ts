import { describe, expect, it } from "vitest";
import {
  type BusAccess,
  contiguousPlanes,
  DmaDirection,
  DmaEngine,
  exynos4210,
  fimdScanOut,
  g2dBlit,
  jpegEncode,
  Machine,
  Mfc,
  mfcFrameBytes,
  pictureBytes,
  rotate,
} from "../../src/index.js";

/** "R 1000+40" of each access, with the port where it has one. */
const text = (pattern: Iterable<BusAccess>) =>
  [...pattern].map(
    (a) =>
      `${a.write ? "W" : "R"} ${a.dmaAddress.toString(16)}+${a.bytes.toString(16)}${a.port === undefined ? "" : `:${a.port}`}`,
  );

/** A machine whose `name` may use `bytes` from the address returned. */
function mapped(name: string, bytes: number) {
  const machine = Machine.create({ soc: exynos4210, dram: { bytes: 64 << 20 } });
  const device = machine.device(name);
  machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(device);
  const pa = machine.memory.alloc(bytes)!;
  const dma = device.dma.mapSingle(pa, bytes, DmaDirection.Bidirectional);
  return { machine, device, dma };
}

describe("FIMD", () => {
  it("fetches the windows that cover a panel line, lowest first", () => {
    const scan = fimdScanOut(
      [
        { address: 0x1000, width: 24, height: 3, bytesPerPixel: 4, stride: 0x100 },
        { address: 0x8000, width: 8, height: 9, bytesPerPixel: 2, y: 1 },
      ],
      { lines: 3 },
    );
    expect(text(scan)).toEqual([
      ..."R 1000+40,R 1040+20".split(","),
      ..."R 1100+40,R 1140+20,R 8000+10".split(","),
      ..."R 1200+40,R 1240+20,R 8010+10".split(","),
    ]);
  });

  it("scans frames out through its SysMMU and counts them", () => {
    const { machine, device, dma } = mapped("fimd0", 480 * 800 * 4);
    const window = { address: dma, width: 480, height: 800, bytesPerPixel: 4 };
    const result = new DmaEngine(device).run(machine, fimdScanOut([window], { lines: 800, frames: 2 }));
    expect(result).toMatchObject({
      accesses: 2 * 800 * 30,
      bytes: 2 * 480 * 800 * 4,
      writeBytes: 0,
      faults: 0,
    });
    expect(device.counters.reads).toBe(2 * 800 * 30);
  });

  it("checks windows and options", () => {
    const window = { address: 0, width: 8, height: 8, bytesPerPixel: 4 };
    expect(() => fimdScanOut([], { lines: 1 })).toThrow(/windows\.length/);
    expect(() => fimdScanOut(Array(6).fill(window), { lines: 1 })).toThrow(/windows\.length .*0x6/);
    expect(() => fimdScanOut([{ ...window, stride: 31 }], { lines: 1 })).toThrow(/windows\[0\]\.stride/);
    expect(() => fimdScanOut([window], { lines: 1, burstWords: 5 })).toThrow(
      /burstWords must be 4, 8 or 16, got 5/,
    );
  });
});

describe("G2D", () => {
  const from = { address: 0x1000, width: 4, height: 2, bytesPerPixel: 4, stride: 0x40 };
  const to = { address: 0x8000, width: 4, height: 2, bytesPerPixel: 2 };

  it("reads the source and writes the destination, line by line", () => {
    expect(text(g2dBlit(from, to))).toEqual(["R 1000+10", "W 8000+8", "R 1040+10", "W 8008+8"]);
    expect(text(g2dBlit(from, to, { blend: true })).slice(0, 3)).toEqual([
      "R 1000+10",
      "R 8000+8",
      "W 8000+8",
    ]);
    expect(text(g2dBlit(null, to))).toEqual(["W 8000+8", "W 8008+8"]);
  });

  it("reads a mask between source and destination", () => {
    const masked = (mask: object) => text(g2dBlit(from, to, { blend: true, mask: mask as never }));
    expect(masked({ address: 0x6000 })).toEqual([
      "R 1000+10",
      "R 6000+1",
      "R 8000+8",
      "W 8000+8",
      "R 1040+10",
      "R 6001+1",
      "R 8008+8",
      "W 8008+8",
    ]);
    expect(masked({ address: 0x6000, bitsPerPixel: 8, stride: 32 })[5]).toBe("R 6020+4");
    expect(() => masked({ address: 0x6000, bitsPerPixel: 2 })).toThrow(
      /^options\.mask\.bitsPerPixel must be 1, 4, 8, 16 or 32, got 2$/,
    );
    expect(() => masked({ address: -1 })).toThrow(/^options\.mask\.address/);
    expect(() => masked({ address: 0, bitsPerPixel: 32, stride: 15 })).toThrow(/^options\.mask\.stride/);
  });

  it("counts both ways", () => {
    const { machine, device, dma } = mapped("g2d", 2 << 20);
    const s = { address: dma, width: 256, height: 256, bytesPerPixel: 4 };
    const d = { ...s, address: dma + (1 << 20), stride: 4096 };
    expect(new DmaEngine(device).run(machine, g2dBlit(s, d))).toMatchObject({
      accesses: 2 * 256 * 16,
      readBytes: 1 << 18,
      writeBytes: 1 << 18,
      faults: 0,
    });
  });

  it("wants equal sides", () => {
    expect(() => g2dBlit({ ...from, width: 5 }, to)).toThrow(
      /source\.width must be destination\.width \(4\), got 5/,
    );
    expect(() => g2dBlit(from, undefined as never)).toThrow(/destination must be an object/);
  });
});

describe("JPEG", () => {
  it("reads rows of units of each plane and lets the stream grow with them", () => {
    const planes = [{ address: 0x1000 }, { address: 0x2000 }, { address: 0x3000 }];
    const accesses = text(
      jpegEncode({ format: "YU12", width: 16, height: 20, planes }, { address: 0x9000, bytes: 150 }),
    );
    const lines = (at: number, first: number, count: number, bytes: number) =>
      Array.from(
        { length: count },
        (_, n) => `R ${(at + (first + n) * bytes).toString(16)}+${bytes.toString(16)}`,
      );
    expect(accesses).toEqual([
      ...lines(0x1000, 0, 16, 16),
      ...lines(0x2000, 0, 8, 8),
      ...lines(0x3000, 0, 8, 8),
      "W 9000+40",
      ...lines(0x1000, 16, 4, 16),
      ...lines(0x2000, 8, 2, 8),
      ...lines(0x3000, 8, 2, 8),
      "W 9040+40",
      "W 9080+16",
    ]);
  });

  it("reads a picture once and writes the whole stream", () => {
    const { machine, device, dma } = mapped("jpeg", 1 << 20);
    const planes = contiguousPlanes("NV12", 320, 240, dma);
    const pattern = jpegEncode(
      { format: "NV12", width: 320, height: 240, planes },
      { address: dma + (512 << 10), bytes: 12_345 },
    );
    expect(new DmaEngine(device).run(machine, pattern)).toMatchObject({
      readBytes: pictureBytes("NV12", 320, 240),
      writeBytes: 12_345,
      faults: 0,
    });
  });

  it("checks the stream", () => {
    const picture = { format: "BGR3", width: 8, height: 8, planes: [{ address: 0 }] } as const;
    expect(() => jpegEncode(picture, { address: 0, bytes: 0 })).toThrow(/stream\.bytes/);
    expect(() => jpegEncode({ ...picture, width: 0 }, { address: 0, bytes: 1 })).toThrow(/picture\.width/);
  });
});

describe("Rotator", () => {
  const source = { address: 0x1000, width: 3, height: 4, bytesPerPixel: 2 };

  it("reads lines and writes columns", () => {
    expect(text(rotate(source, { address: 0x8000, stride: 0x100 }, { blockLines: 2 }))).toEqual([
      ..."R 1000+6,R 1006+6,W 8004+4,W 8104+4,W 8204+4".split(","),
      ..."R 100c+6,R 1012+6,W 8000+4,W 8100+4,W 8200+4".split(","),
    ]);
    expect(text(rotate(source, { address: 0x8000 }, { degrees: 270, blockLines: 4 })).slice(4)).toEqual(
      "W 8010+8,W 8008+8,W 8000+8".split(","),
    );
    expect(text(rotate(source, { address: 0x8000 }, { degrees: 180, blockLines: 1 })).slice(0, 4)).toEqual(
      "R 1000+6,W 8012+6,R 1006+6,W 800c+6".split(","),
    );
  });

  it.each([90, 180, 270] as const)("writes every byte of the destination once at %s degrees", (degrees) => {
    const seen = new Uint8Array(13 * 21 * 3);
    for (const a of rotate(
      { address: 0, width: 13, height: 21, bytesPerPixel: 3 },
      { address: 0 },
      { degrees },
    )) {
      if (a.write) for (let n = 0; n < a.bytes; n++) seen[a.dmaAddress + n]!++;
    }
    expect(seen.every((n) => n === 1)).toBe(true);
  });

  it("misses in the TLB far more than a blit of the same picture", () => {
    const run = (name: "rotator" | "g2d") => {
      const { machine, device, dma } = mapped(name, 4 << 20);
      const from = { address: dma, width: 512, height: 512, bytesPerPixel: 4 };
      const to = { ...from, address: dma + (2 << 20), stride: 4096 };
      const pattern = name === "rotator" ? rotate(from, to) : g2dBlit(from, to);
      const { writeBytes, faults } = new DmaEngine(device).run(machine, pattern);
      expect([writeBytes, faults]).toEqual([1 << 20, 0]);
      return machine.sysmmu(name).statistics().misses;
    };
    expect(run("rotator")).toBeGreaterThan(run("g2d"));
  });

  it("checks its options", () => {
    expect(() => rotate(source, { address: 0 }, { degrees: 45 as 90 })).toThrow(
      /degrees must be 90, 180 or 270, got 45/,
    );
    expect(() => rotate(source, { address: 0, stride: 7 })).toThrow(/destination\.stride/);
    expect(() => rotate(source, { address: 0 }, { blockLines: 65 })).toThrow(/options\.blockLines/);
  });
});

describe("MFC", () => {
  const banks = { leftBase: 0x2000_0000, rightBase: 0x2800_0000, windowBytes: 1 << 20 };
  const sizes = mfcFrameBytes(128, 64);

  it("sends luma through the right port and stream and chroma through the left", () => {
    expect(sizes).toEqual({ luma: 8192, chroma: 8192 });
    const target = { luma: 0x2800_0800, chroma: 0x2000_2000 };
    const reference = { luma: 0x2800_4000, chroma: 0x2000_6000 };
    const job = { width: 128, height: 64, stream: 0x2000_0800, streamBytes: 101, target, burst: 4096 };
    expect(text(new Mfc(banks).decode(job))).toEqual([
      ..."R 20000800+32:0,W 28000800+1000:1,W 20002000+1000:0".split(","),
      ..."R 20000832+33:0,W 28001800+1000:1".split(","),
    ]);
    expect(text(new Mfc(banks).decode({ ...job, reference })).slice(0, 5)).toEqual(
      "R 20000800+32:0,R 28004000+1000:1,R 20006000+1000:0,W 28000800+1000:1,W 20002000+1000:0".split(","),
    );
  });

  it("gives register offsets in units of 2 KiB and refuses offset 0", () => {
    const mfc = new Mfc(banks);
    expect(mfc.offset(0, 0x2000_0800)).toBe(1);
    expect(mfc.offset(1, 0x280f_f800)).toBe(0x1ff);
    expect(() => mfc.offset(0, 0x2000_0000)).toThrow(
      /must not be the left base \(offset 0\), got 0x20000000/,
    );
    expect(() => mfc.offset(1, 0x2000_0800)).toThrow(/right window \[0x28000000, 0x28100000\)/);
    expect(() => mfc.offset(1, 0x2810_0000)).toThrow(/right window/);
    expect(() => mfc.offset(0, 0x2000_0c00)).toThrow(/multiple of 0x800/);
    expect(() => new Mfc({ ...banks, leftBase: 0x2001_0000 })).toThrow(
      /banks\.leftBase must be a multiple of 0x20000/,
    );
    expect(() => new Mfc({ ...banks, windowBytes: 0 })).toThrow(/windowBytes/);
    const job = { width: 128, height: 64, stream: 0x2000_0800, streamBytes: 1 };
    const target = { luma: 0x2800_0000, chroma: 0x2000_2000 };
    expect(() => mfc.decode({ ...job, target })).toThrow(/job\.target\.luma must not be the right base/);
    expect(() => mfc.decode({ ...job, target: undefined as never })).toThrow(TypeError);
  });

  it("decodes through its two SysMMUs", () => {
    const { machine, device, dma } = mapped("mfc", 8 << 20);
    const mfc = new Mfc({ leftBase: dma, rightBase: dma + (4 << 20), windowBytes: 4 << 20 });
    const { luma, chroma } = mfcFrameBytes(640, 480);
    const frame = (n: number) => ({
      luma: dma + (4 << 20) + 8192 + n * luma,
      chroma: dma + (1 << 20) + n * chroma,
    });
    const job = {
      width: 640,
      height: 480,
      stream: dma + 8192,
      streamBytes: 20_000,
      target: frame(1),
      reference: frame(0),
    };
    const result = new DmaEngine(device).run(machine, mfc.decode(job));
    expect(result).toMatchObject({
      faults: 0,
      writeBytes: 640 * 480 + 640 * 256,
      readBytes: 20_000 + 640 * 480 + 640 * 256,
    });
    const [l, right] = ["mfc_l", "mfc_r"].map((name) => machine.sysmmu(name).statistics().lookups);
    expect(right).toBe((2 * 640 * 480) / 64);
    expect(l! + right!).toBeGreaterThanOrEqual(result.accesses);
  });
});
