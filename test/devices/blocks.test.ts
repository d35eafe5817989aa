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
        { address: 0x1000, width: 24, height: 3, bytesPerPixel: 4, stride: 0x200 },
        { address: 0x8000, width: 8, height: 9, bytesPerPixel: 2, y: 1 },
      ],
      { lines: 3 },
    );
    // The second buffer's lines are shorter than 128 pixels: bursts of four words.
    expect(text(scan)).toEqual([
      ..."R 1000+40,R 1040+20".split(","),
      ..."R 1200+40,R 1240+20,R 8000+10".split(","),
      ..."R 1400+40,R 1440+20,R 8010+10".split(","),
    ]);
  });

  it.each([
    [{ width: 64, bytesPerPixel: 4, stride: 512 }, 0x40],
    [{ width: 64, bytesPerPixel: 4, stride: 508 }, 0x10],
    [{ width: 128, bytesPerPixel: 2 }, 0x40],
    [{ width: 128, bytesPerPixel: 1 }, 0x20],
    [{ width: 126, bytesPerPixel: 1 }, 0x10],
  ])("takes the drivers' burst for %o", (window, bytes) => {
    const of = (options: object) =>
      [...fimdScanOut([{ address: 0, height: 1, ...window }], { lines: 1, ...options })][0]!.bytes;
    expect(of({})).toBe(bytes);
    expect(of({ burstWords: 8 })).toBe(0x20);
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
    const scan = (change: object) => () => fimdScanOut([{ ...window, ...change }], { lines: 1 });
    expect(() => fimdScanOut([], { lines: 1 })).toThrow(/windows\.length/);
    expect(() => fimdScanOut(Array(6).fill(window), { lines: 1 })).toThrow(/windows\.length .*0x6/);
    expect(scan({ stride: 31 })).toThrow(/^windows\[0\]\.stride/);
    expect(scan({ bytesPerPixel: 3 })).toThrow(/^windows\[0\]\.bytesPerPixel must be one of 1, 2, 4, got 3/);
    expect(scan({ width: 4095 })).not.toThrow();
    expect(scan({ width: 4096 })).toThrow(
      /^windows\[0\]\.width must give at most 16383 bytes, got 4096 \(16384 bytes\)/,
    );
    expect(scan({ stride: 32 + 0x3fff })).not.toThrow();
    expect(scan({ stride: 32 + 0x4000 })).toThrow(/^windows\[0\]\.stride/);
    expect(scan({ y: 4088 })).not.toThrow();
    expect(scan({ y: 4089 })).toThrow(/^windows\[0\]\.y must be in \[0x0, 0xff8\]/);
    expect(() => fimdScanOut([window], { lines: 4097 })).toThrow(/^options\.lines/);
    expect(() => fimdScanOut([window], { lines: 1, burstWords: 5 })).toThrow(
      /burstWords must be 4, 8 or 16, got 5/,
    );
    expect(() => fimdScanOut([window], undefined as never)).toThrow(/^options\.lines/);
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
    const big = { address: 0, width: 8000, height: 8000, bytesPerPixel: 4 };
    expect(() => g2dBlit(null, big)).not.toThrow();
    expect(() => g2dBlit(null, { ...big, width: 8001 })).toThrow(/^destination\.width/);
    expect(() => g2dBlit(null, { ...big, stride: 0x1_0000 })).toThrow(/^destination\.stride/);
    expect(() => g2dBlit(null, { ...big, bytesPerPixel: 5 })).toThrow(/^destination\.bytesPerPixel .* got 5/);
  });
});

describe("JPEG", () => {
  const lines = (at: number, first: number, count: number, bytes: number) =>
    Array.from(
      { length: count },
      (_, n) => `R ${(at + (first + n) * bytes).toString(16)}+${bytes.toString(16)}`,
    );

  it("reads rows of units of each plane and lets the stream grow with them", () => {
    const planes = [{ address: 0x1000 }, { address: 0x2000 }, { address: 0x3000 }];
    const accesses = text(
      jpegEncode(
        { format: "YU12", width: 32, height: 36, planes },
        { address: 0x9000, bytes: 300 },
        { codec: "exynos4212" },
      ),
    );
    expect(accesses).toEqual([
      ...lines(0x1000, 0, 16, 32),
      ...lines(0x2000, 0, 8, 16),
      ...lines(0x3000, 0, 8, 16),
      "W 9000+40",
      ...lines(0x1000, 16, 16, 32),
      ...lines(0x2000, 8, 8, 16),
      ...lines(0x3000, 8, 8, 16),
      "W 9040+40",
      "W 9080+40",
      ...lines(0x1000, 32, 4, 32),
      ...lines(0x2000, 16, 2, 16),
      ...lines(0x3000, 16, 2, 16),
      "W 90c0+40",
      "W 9100+2c",
    ]);
  });

  it.each([
    ["422", 8],
    ["420", 16],
  ] as const)("codes a packed picture as 4:%s in rows of %i lines", (subsampling, rows) => {
    const picture = { format: "YUYV", width: 32, height: 32, planes: [{ address: 0x1000 }] } as const;
    const stream = { address: 0x9000, bytes: (32 / rows) * 64 };
    const accesses = text(jpegEncode(picture, stream, { subsampling }));
    expect(accesses.slice(0, rows + 1)).toEqual([...lines(0x1000, 0, rows, 64), "W 9000+40"]);
    expect(accesses).toHaveLength(32 + 32 / rows);
    if (subsampling === "422") expect(text(jpegEncode(picture, stream))).toEqual(accesses);
  });

  it("reads a picture once and writes the whole stream", () => {
    const { machine, device, dma } = mapped("jpeg", 1 << 20);
    const planes = contiguousPlanes("RGBP", 320, 240, dma);
    const pattern = jpegEncode(
      { format: "RGBP", width: 320, height: 240, planes },
      { address: dma + (512 << 10), bytes: 12_345 },
    );
    expect(new DmaEngine(device).run(machine, pattern)).toMatchObject({
      readBytes: pictureBytes("RGBP", 320, 240),
      writeBytes: 12_345,
      faults: 0,
    });
  });

  it("checks formats, sizes and the stream", () => {
    const picture = { format: "RGBP", width: 32, height: 32, planes: [{ address: 0 }] } as const;
    const nv12 = { ...picture, format: "NV12", planes: [{ address: 0 }, { address: 0x1000 }] } as const;
    const stream = { address: 0, bytes: 1 };
    expect(() => jpegEncode(picture, { address: 0, bytes: 0 })).toThrow(/stream\.bytes/);
    expect(() => jpegEncode({ ...picture, width: 0 }, stream)).toThrow(/picture\.width/);
    expect(() => jpegEncode({ ...picture, height: 31 }, stream)).toThrow(
      /^picture\.height must be in \[0x20/,
    );
    expect(() => jpegEncode(nv12, stream)).toThrow(/^picture\.format must be one of YUYV, RGBP, got "NV12"/);
    expect(() => jpegEncode(nv12, stream, { codec: "exynos4212" })).not.toThrow();
    expect(() => jpegEncode(nv12, stream, { codec: "exynos4212", subsampling: "422" })).toThrow(
      /^options\.subsampling must be one of 420, got "422"/,
    );
    expect(() => jpegEncode(picture, stream, { codec: "exynos5" as never })).toThrow(/^options\.codec/);
  });
});

describe("Rotator", () => {
  const source = { address: 0x1000, width: 8, height: 12, bytesPerPixel: 4 };

  it("reads lines and writes columns", () => {
    const columns = (from: number, bytes: number) =>
      Array.from(
        { length: 8 },
        (_, x) => `W ${(0x8000 + x * 0x100 + from).toString(16)}+${bytes.toString(16)}`,
      );
    const read = (first: number, count: number) =>
      Array.from({ length: count }, (_, y) => `R ${(0x1000 + (first + y) * 32).toString(16)}+20`);
    const to = { address: 0x8000, stride: 0x100 };
    expect(text(rotate(source, to))).toEqual([
      ...read(0, 8),
      ...columns(16, 32),
      ...read(8, 4),
      ...columns(0, 16),
    ]);
    expect(text(rotate(source, to, { degrees: 270, blockLines: 12 })).slice(12)).toEqual(
      columns(0, 48).reverse(),
    );
    const turned = text(rotate(source, { address: 0x8000 }, { degrees: 180, blockLines: 1 }));
    expect(turned.slice(0, 4)).toEqual("R 1000+20,W 8160+20,R 1020+20,W 8140+20".split(","));
  });

  it.each(
    ([90, 180, 270] as const).flatMap((degrees) =>
      ([4, 2, 1] as const).map((bytesPerPixel) => [degrees, bytesPerPixel] as const),
    ),
  )("writes every byte of the destination once at %i degrees and %i bytes", (degrees, bytesPerPixel) => {
    const [width, height] = bytesPerPixel === 1 ? [40, 56] : [20, 28];
    const seen = new Uint8Array(width * height * bytesPerPixel);
    const from = { address: 0, width, height, bytesPerPixel };
    for (const a of rotate(from, { address: 0 }, { degrees })) {
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
    expect(() => rotate(source, { address: 0, stride: 47 })).toThrow(/destination\.stride/);
    const bad = (change: object) => () => rotate({ ...source, ...change }, { address: 0 });
    expect(bad({ width: 10 })).toThrow(/^source\.width must be a multiple of 4 at 4 bytes, got 10/);
    expect(bad({ height: 4 })).toThrow(/^source\.height must be in \[0x8, 0x4000\]/);
    expect(bad({ bytesPerPixel: 1, width: 32, height: 36 })).toThrow(
      /^source\.height must be a multiple of 8/,
    );
    expect(bad({ bytesPerPixel: 2 })).toThrow(/^source\.width must be in \[0x10, 0x8000\]/);
    expect(bad({ bytesPerPixel: 3 })).toThrow(/^source\.bytesPerPixel must be one of 4, 1, 2, got 3/);
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
      ..."R 20000800+32:0,W 28000800+800:1,W 28001000+800:1,W 20002000+800:0,W 20002800+800:0".split(","),
      ..."R 20000832+33:0,W 28001800+800:1,W 28002000+800:1".split(","),
    ]);
    const withReference = text(new Mfc(banks).decode({ ...job, reference }));
    const each = (kind: string, at: number, port: number) =>
      [0, 0x800].map((tile) => `${kind} ${(at + tile).toString(16)}+800:${port}`);
    expect(withReference.slice(0, 9)).toEqual([
      "R 20000800+32:0",
      ...each("R", 0x2800_4000, 1),
      ...each("R", 0x2000_6000, 0),
      ...each("W", 0x2800_0800, 1),
      ...each("W", 0x2000_2000, 0),
    ]);
  });

  it("visits the tiles of a wider frame where NV12MT puts them", () => {
    const target = { luma: 0x2800_0800, chroma: 0x2000_2000 };
    const job = { width: 250, height: 90, stream: 0x2000_0800, streamBytes: 3, target, burst: 4096 };
    const tiles = (port: number, base: number) =>
      [...new Mfc(banks).decode(job)]
        .filter((a) => a.port === port && a.write)
        .map((a) => (a.dmaAddress - base) / 2048);
    expect(tiles(1, target.luma)).toEqual([0, 1, 6, 7, 2, 3, 4, 5, 8, 9, 10, 11]);
    expect(tiles(0, target.chroma)).toEqual([0, 1, 6, 7, 2, 3, 4, 5]);
  });

  it("leaves room around the pictures of codecs other than H.264", () => {
    expect(mfcFrameBytes(1920, 1080)).toEqual({ luma: 1920 * 1088, chroma: 128 * 8192 });
    expect(mfcFrameBytes(64, 256)).toEqual({ luma: 128 * 256, chroma: 128 * 128 });
    expect(mfcFrameBytes(128, 64, "other")).toEqual({ luma: 256 * 96, chroma: 256 * 64 });
    expect(() => mfcFrameBytes(128, 64, "vp8" as never)).toThrow(/^codec must be one of h264, other/);
    expect(() => mfcFrameBytes(129, 64)).toThrow(/^width must be even, got 129/);
    expect(() => mfcFrameBytes(128, 1090)).toThrow(/^height must be in \[0x4, 0x440\]/);
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
    expect(() => new Mfc({ ...banks, rightBase: 0 })).toThrow(/^banks\.rightBase must not be 0/);
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
