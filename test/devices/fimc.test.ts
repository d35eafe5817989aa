import { describe, expect, it } from "vitest";
import {
  type CapturedFrame,
  contiguousPlanes,
  DmaDirection,
  exynos4210,
  FimcCapture,
  FimcScaler,
  Machine,
  PIXEL_FORMATS,
  type Picture,
  type PicturePlane,
  type PixelFormat,
  pictureBytes,
  testPicture,
} from "../../src/index.js";
import { plainScale, untile } from "./plain.js";
import { join, mapScattered, scattered } from "./scattered.js";

function make(attach = true) {
  const machine = Machine.create({ soc: exynos4210, dram: { bytes: 32 << 20 } });
  const fimc = machine.device("fimc0");
  if (attach) machine.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 }).attach(fimc);
  return { machine, fimc };
}

/** Acknowledges the fault, as the driver's interrupt handler does. */
function acknowledge(machine: Machine): void {
  const mmu = machine.sysmmu("fimc0");
  mmu.writeUint32(0x1c, mmu.readUint32(0x18));
}

/** Planes as lines, whether they were tiled or not. */
function asLines(format: string, bytes: Uint8Array, width: number, height: number): Uint8Array {
  if (format !== "TM12") return bytes;
  const stride = Math.ceil(width / 128) * 128;
  const luma = stride * Math.ceil(height / 32) * 32;
  return join([
    untile(bytes, width, height, stride),
    untile(bytes.subarray(luma), width, height / 2, stride),
  ]);
}

const pairs = PIXEL_FORMATS.flatMap((a) => PIXEL_FORMATS.map((b) => [a, b] as const));

const SIZES = [
  [96, 64, 48, 90],
  [80, 82, 160, 36],
] as const;
const TILED_SIZES = [
  [192, 98, 64, 32],
  [80, 82, 320, 96],
] as const;

describe("FIMC memory to memory", () => {
  it.each(pairs)("%s to %s through scattered pages equals the plain computation", (a, b) => {
    const { machine, fimc } = make();
    const sizes = b === "TM12" ? TILED_SIZES : SIZES;
    for (const [w, h, w2, h2] of sizes) {
      const source = scattered(machine, pictureBytes(a, w, h), true);
      const target = scattered(machine, pictureBytes(b, w2, h2));
      const planes = testPicture(a, w, h, w2);
      source.fill(join(planes));
      mapScattered(fimc, source, DmaDirection.ToDevice);
      mapScattered(fimc, target, DmaDirection.FromDevice);
      let interrupts = 0;
      const job = new FimcScaler(
        fimc,
        { format: a, width: w, height: h, planes: contiguousPlanes(a, w, h, source.dmaAddress) },
        { format: b, width: w2, height: h2, planes: contiguousPlanes(b, w2, h2, target.dmaAddress) },
      );
      job.onInterrupt = () => interrupts++;
      expect(job.run()).toEqual({ status: "done", line: h2, side: null, plane: null, address: null });
      expect(job.run().status).toBe("done");
      expect(interrupts).toBe(1);
      fimc.dma.unmapSg(target.list, DmaDirection.FromDevice);
      fimc.dma.unmapSg(source.list, DmaDirection.ToDevice);
      expect(asLines(b, target.bytes(), w2, h2)).toEqual(
        join(plainScale({ format: a, width: w, height: h, planes }, b, w2, h2)),
      );
    }
  });

  it("keeps to the strides and touches no byte between the lines", () => {
    const { machine, fimc } = make(false);
    const from = machine.memory.alloc(64 << 10)!;
    const to = machine.memory.alloc(64 << 10)!;
    const [planes] = testPicture("BGR4", 32, 10, 3);
    for (let y = 0; y < 10; y++)
      machine.memory.poke(from + y * 140, planes!.subarray(y * 128, y * 128 + 128));
    machine.memory.poke(to, new Uint8Array(1000).fill(0xee));
    const job = new FimcScaler(
      fimc,
      { format: "BGR4", width: 32, height: 10, planes: [{ address: from, stride: 140 }] },
      { format: "RGBP", width: 32, height: 10, planes: [{ address: to, stride: 100 }] },
    );
    expect(job.run().status).toBe("done");
    const out = machine.memory.peek(to, 1000);
    const want = plainScale({ format: "BGR4", width: 32, height: 10, planes: [planes!] }, "RGBP", 32, 10)[0]!;
    for (let y = 0; y < 10; y++) {
      expect(out.slice(y * 100, y * 100 + 64)).toEqual(want.slice(y * 64, y * 64 + 64));
      expect(out.slice(y * 100 + 64, y * 100 + 100).every((v) => v === 0xee)).toBe(true);
    }
  });

  it("takes the upper left of a tiled frame, as a decoder leaves it, by tiles", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(256 << 10)!;
    const to = machine.memory.alloc(64 << 10)!;
    const frame = testPicture("TM12", 384, 96, 4);
    for (const [i, plane] of frame.entries()) machine.memory.poke(pa + i * (128 << 10), plane);
    const planes = [0, 1].map((i) => ({ address: pa + i * (128 << 10), stride: 384 }));
    const job = new FimcScaler(
      fimc,
      { format: "TM12", width: 144, height: 90, planes },
      { format: "NV12", width: 144, height: 90, planes: contiguousPlanes("NV12", 144, 90, to) },
    );
    expect(job.run().status).toBe("done");
    // Three of six columns; 90 lines of luma and 45 of chroma, in pieces of at most 32.
    expect(fimc.counters.reads).toBe(3 * 3 + 3 * 2);
    expect(fimc.counters.readBytes).toBe(192 * (90 + 45));
    const [luma, chroma] = [untile(frame[0]!, 384, 96, 384), untile(frame[1]!, 384, 48, 384)];
    const cut = (plane: Uint8Array, lines: number) =>
      Array.from({ length: lines }, (_, y) => plane.slice(y * 384, y * 384 + 144));
    expect(machine.memory.peek(to, 144 * 135)).toEqual(join([...cut(luma, 90), ...cut(chroma, 45)]));
  });

  it("converts by BT.709 when the destination's line has 1280 pixels", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(256 << 10)!;
    const planes = testPicture("NV12", 32, 8, 1);
    machine.memory.poke(pa, join(planes));
    const run = (width: number, stride: number) => {
      const job = new FimcScaler(
        fimc,
        { format: "NV12", width: 32, height: 8, planes: contiguousPlanes("NV12", 32, 8, pa) },
        { format: "BGR4", width, height: 8, planes: [{ address: pa + 4096, stride }] },
      );
      expect(job.run().status).toBe("done");
      return machine.memory.peek(pa + 4096, width * 4);
    };
    const want = (width: number) =>
      plainScale({ format: "NV12", width: 32, height: 8, planes }, "BGR4", width, 8)[0]!.slice(0, width * 4);
    const [hd, sd] = [want(1280), want(1264)];
    expect(run(1280, 1280 * 4)).toEqual(hd);
    expect(run(1264, 1279 * 4)).toEqual(sd);
    // A narrow picture in a wide line counts as wide.
    expect(run(32, 5120)).not.toEqual(run(32, 128));
  });

  it("writes the alpha that is set", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(16 << 10)!;
    const picture: Picture = { format: "BGR4", width: 16, height: 8, planes: [{ address: pa }] };
    new FimcScaler(fimc, picture, picture, { alpha: 0x7f }).run();
    expect([...machine.memory.peek(pa, 8)]).toEqual([0, 0, 0, 0x7f, 0, 0, 0, 0x7f]);
    expect(() => new FimcScaler(fimc, picture, picture, { alpha: 256 })).toThrow(/^options\.alpha/);
  });

  it("reads a source line once when it enlarges", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(64 << 10)!;
    const picture = (w: number, h: number, at: number): Picture => ({
      format: "YU12",
      width: w,
      height: h,
      planes: contiguousPlanes("YU12", w, h, at),
    });
    const job = new FimcScaler(fimc, picture(16, 8, pa), picture(32, 64, pa + 4096));
    expect(job.run().status).toBe("done");
    expect(fimc.counters.reads).toBe(8 + 4 + 4);
    expect(fimc.counters.writes).toBe(64 + 32 + 32);
    expect(fimc.counters.readBytes).toBe(pictureBytes("YU12", 16, 8));
    expect(fimc.counters.writeBytes).toBe(pictureBytes("YU12", 32, 64));
  });

  it.each(["source", "destination"] as const)(
    "stops at a fault in the %s and goes on after mapping",
    (side) => {
      const { machine, fimc } = make(false);
      const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 });
      mapping.attach(fimc);
      const [w, h] = [96, 80]; // eight pages, so that alignment leaves no free one
      const format: PixelFormat = "BGR4"; // line 10 crosses into the second page
      const bytes = pictureBytes(format, w, h);
      const source = scattered(machine, bytes);
      const target = scattered(machine, bytes);
      const planes = testPicture(format, w, h, 9);
      source.fill(join(planes));
      mapScattered(fimc, source, DmaDirection.ToDevice);
      mapScattered(fimc, target, DmaDirection.FromDevice);
      const hole = side === "source" ? source : target;
      const at = hole.dmaAddress + 4096;
      const direction = side === "source" ? DmaDirection.ToDevice : DmaDirection.FromDevice;
      fimc.dma.unmapPage(at, 4096, direction);
      const levels: boolean[] = [];
      machine.sysmmu("fimc0").onInterrupt = (level) => levels.push(level);
      const job = new FimcScaler(
        fimc,
        { format, width: w, height: h, planes: contiguousPlanes(format, w, h, source.dmaAddress) },
        { format, width: w, height: h, planes: contiguousPlanes(format, w, h, target.dmaAddress) },
      );
      expect(job.run()).toEqual({ status: "fault", line: 10, side, plane: 0, address: at });
      // Nothing was repaired: it stops at the same byte.
      acknowledge(machine);
      expect(job.run()).toEqual({ status: "fault", line: 10, side, plane: 0, address: at });
      // The hole is the lowest free page: first fit gives its address back.
      expect(fimc.dma.mapPage(hole.list[1]!.pa, 0, 4096, direction)).toBe(at);
      acknowledge(machine);
      expect(job.run().status).toBe("done");
      expect(levels).toEqual([true, false, true, false]);
      expect(fimc.counters.accessFaults).toBe(2);
      expect(fimc.counters.writeBytes).toBe(bytes);
      fimc.dma.unmapSg(target.list, DmaDirection.FromDevice);
      // Alpha is written 0, as the test picture has it.
      expect(target.bytes()).toEqual(join(planes));
    },
  );

  it("stops inside a row of tiles and goes on with the tile", () => {
    const { machine, fimc } = make(false);
    machine.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 }).attach(fimc);
    const [w, h] = [256, 64];
    const source = scattered(machine, 32 << 10); // luma and chroma, eight pages
    const to = machine.memory.alloc(32 << 10)!;
    const planes = testPicture("TM12", w, h, 6);
    source.fill(join(planes));
    mapScattered(fimc, source, DmaDirection.ToDevice);
    const dma = fimc.dma.mapSingle(to, 32 << 10, DmaDirection.FromDevice);
    // The second page holds tiles 2 and 3: the first two of the lower row.
    const at = source.dmaAddress + 4096;
    fimc.dma.unmapPage(at, 4096, DmaDirection.ToDevice);
    const job = new FimcScaler(
      fimc,
      { format: "TM12", width: w, height: h, planes: contiguousPlanes("TM12", w, h, source.dmaAddress) },
      { format: "NV12", width: w, height: h, planes: contiguousPlanes("NV12", w, h, dma) },
    );
    expect(job.run()).toEqual({ status: "fault", line: 32, side: "source", plane: 0, address: at });
    expect(fimc.dma.mapPage(source.list[1]!.pa, 0, 4096, DmaDirection.ToDevice)).toBe(at);
    acknowledge(machine);
    expect(job.run().status).toBe("done");
    expect(fimc.counters.readBytes).toBe(w * 96);
    fimc.dma.unmapSingle(dma, 32 << 10, DmaDirection.FromDevice);
    const want = plainScale({ format: "TM12", width: w, height: h, planes }, "NV12", w, h);
    expect(machine.cpu.read(to, w * 96)).toEqual(join(want));
  });

  it("ends with a bus error outside memory", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(4096)!;
    const job = new FimcScaler(
      fimc,
      { format: "RGBP", width: 16, height: 8, planes: [{ address: pa }] },
      { format: "RGBP", width: 16, height: 8, planes: [{ address: 0x1000 }] },
    );
    expect(job.run()).toEqual({
      status: "bus-error",
      line: 0,
      side: "destination",
      plane: 0,
      address: 0x1000,
    });
  });

  it("names what is wrong with a picture", () => {
    const { fimc } = make(false);
    const good: Picture = { format: "RGBP", width: 16, height: 16, planes: [{ address: 0x4000_0000 }] };
    const bad = (change: object, error: RegExp, type: typeof RangeError | typeof TypeError = RangeError) => {
      const build = () => new FimcScaler(fimc, { ...good, ...change }, good);
      expect(build).toThrow(error);
      expect(build).toThrow(type);
    };
    bad({ format: "RGB9" }, /source\.format must be one of BGR4, RGBP, YUYV, NV12, YU12, TM12, got "RGB9"/);
    bad({ width: 0 }, /source\.width .*0x0/);
    bad({ height: "x" }, /source\.height must be a number, got "x"/, TypeError);
    bad({ format: "NV12", width: 15 }, /source\.width must be even for NV12, got 15/);
    bad({ planes: [] }, /source\.planes must have 1 entries, got 0/);
    bad({ planes: 7 }, /source\.planes must be an array, got 7/, TypeError);
    bad({ planes: [null] }, /source\.planes\[0\] .* got null/, TypeError);
    bad({ planes: [{ address: 0, stride: 31 }] }, /source\.planes\[0\]\.stride .*0x1f/);
    bad({ planes: [{ address: 0xffff_fff0 }] }, /source\.planes\[0\] must end at 4 GiB/);
    expect(() => new FimcScaler(fimc, good, null as unknown as Picture)).toThrow(/destination must be/);
    expect(() => new FimcScaler({} as typeof fimc, good, good)).toThrow(/device must be a Device/);
    expect(() => new FimcScaler(fimc, good, good, { port: 1 })).toThrow(/options\.port/);
  });
});

describe("what FIMC accepts, as its driver has it", () => {
  const machine = Machine.create({ soc: exynos4210, dram: { bytes: 32 << 20 } });
  const two = (stride: number, chroma = stride) => [
    { address: 0x4000_0000, stride },
    { address: 0x4100_0000, stride: chroma },
  ];
  const picture = (format: PixelFormat, width: number, height: number, planes?: PicturePlane[]): Picture => ({
    format,
    width,
    height,
    planes: planes ?? contiguousPlanes(format, width, height, 0x4000_0000),
  });
  const scale = (from: Picture, to: Picture, name = "fimc0") =>
    new FimcScaler(machine.device(name), from, to);

  it.each<[string, Picture, Picture, RegExp]>([
    [
      "width by 16",
      picture("RGBP", 24, 8),
      picture("RGBP", 16, 8),
      /^source\.width must be a multiple of 16, got 24/,
    ],
    [
      "8 lines",
      picture("RGBP", 16, 16),
      picture("RGBP", 16, 7),
      /^destination\.height must be in \[0x8, 0x2000\]/,
    ],
    [
      "even lines of YUYV",
      picture("YUYV", 16, 9),
      picture("RGBP", 16, 9),
      /^source\.height must be a multiple of 2, got 9/,
    ],
    [
      "4224 pixels",
      picture("RGBP", 16, 8),
      picture("RGBP", 4240, 8),
      /^destination\.width must be in \[0x10, 0x1080\]/,
    ],
    [
      "a line of 4224 pixels",
      picture("RGBP", 16, 8),
      picture("RGBP", 16, 8, [{ address: 0, stride: 8450 }]),
      /^destination\.planes\[0\]\.stride must be at most 4224 pixels \(8448\), got 8450/,
    ],
    [
      "a line of whole pixels",
      picture("BGR4", 16, 8, [{ address: 0, stride: 66 }]),
      picture("RGBP", 16, 8),
      /^source\.planes\[0\]\.stride must be a multiple of 4, got 66/,
    ],
    [
      "one stride for NV12",
      picture("NV12", 16, 8, two(32, 16)),
      picture("RGBP", 16, 8),
      /^source\.planes\[1\]\.stride must be 32, as that of plane 0 \(32\) has it, got 16/,
    ],
    [
      "groups of tiles",
      picture("TM12", 64, 32, two(192)),
      picture("RGBP", 16, 8),
      /^source\.planes\[0\]\.stride must be a multiple of 128, got 192/,
    ],
    [
      "whole tiles across",
      picture("RGBP", 16, 8),
      picture("TM12", 80, 32),
      /^destination\.width must be a multiple of 64 for TM12, got 80/,
    ],
    [
      "whole tiles down",
      picture("RGBP", 16, 8),
      picture("TM12", 64, 48),
      /^destination\.height must be a multiple of 32 for TM12, got 48/,
    ],
    [
      "a 64th across",
      picture("RGBP", 1024, 8),
      picture("RGBP", 16, 8),
      /^destination\.width must be over 1\/64 of source\.width \(1024\), got 16/,
    ],
    [
      "a 64th down",
      picture("RGBP", 16, 512),
      picture("RGBP", 16, 8),
      /^destination\.height must be over 1\/64 of source\.height \(512\), got 8/,
    ],
  ])("refuses other than %s", (_, from, to, error) => {
    expect(() => scale(from, to)).toThrow(error);
    expect(() => scale(from, to)).toThrow(RangeError);
  });

  it("takes what lies just inside", () => {
    const third = { address: 0x4200_0000, stride: 16 };
    expect(() => scale(picture("RGBP", 1008, 511), picture("RGBP", 16, 8))).not.toThrow();
    expect(() => scale(picture("RGBP", 16, 9), picture("BGR4", 4224, 8192))).not.toThrow();
    expect(() => scale(picture("RGBP", 8192, 8), picture("RGBP", 144, 9))).not.toThrow();
    expect(() => scale(picture("TM12", 48, 18), picture("TM12", 64, 32))).not.toThrow();
    expect(() =>
      scale(picture("YU12", 16, 8, [...two(32, 16), third]), picture("RGBP", 16, 8)),
    ).not.toThrow();
  });

  it("gives FIMC3 narrower lines", () => {
    const small = picture("RGBP", 128, 32);
    expect(() => scale(picture("RGBP", 8192, 32), picture("RGBP", 1920, 32), "fimc3")).not.toThrow();
    expect(() => scale(small, picture("RGBP", 1936, 32), "fimc2")).not.toThrow();
    expect(() => scale(small, picture("RGBP", 1936, 32), "fimc3")).toThrow(/^destination\.width .*0x780/);
    const capture = (name: string) =>
      new FimcCapture(machine.device(name), { format: "RGBP", width: 1936, height: 32 });
    expect(() => capture("fimc0")).not.toThrow();
    expect(() => capture("fimc3")).toThrow(/^format\.width .*0x780/);
  });
});

describe("FIMC capture", () => {
  it.each(PIXEL_FORMATS)("fills queued buffers with %s frames and interrupts", (format) => {
    const { machine, fimc } = make();
    const [w, h] = format === "TM12" ? [192, 96] : [64, 48];
    const capture = new FimcCapture(fimc, { format, width: w, height: h, seed: 7 });
    const buffers = [0, 1].map(() => scattered(machine, pictureBytes(format, w, h)));
    for (const b of buffers) {
      mapScattered(fimc, b, DmaDirection.FromDevice);
      capture.queue(contiguousPlanes(format, w, h, b.dmaAddress));
    }
    const frames: CapturedFrame[] = [];
    capture.onInterrupt = (frame) => frames.push(frame);
    expect(capture.capture()?.status).toBe("done");
    expect(capture.queued).toBe(1);
    expect(capture.capture()?.status).toBe("done");
    expect(capture.capture()).toBeNull();
    expect(frames.map((f) => [f.sequence, f.seed, f.planes[0]!.address])).toEqual([
      [0, 7, buffers[0]!.dmaAddress],
      [1, 8, buffers[1]!.dmaAddress],
    ]);
    for (const [n, b] of buffers.entries()) {
      fimc.dma.unmapSg(b.list, DmaDirection.FromDevice);
      expect(b.bytes()).toEqual(join(testPicture(format, w, h, 7 + n)));
    }
  });

  it("goes on with the frame after a fault", () => {
    const { machine, fimc } = make();
    const pa = machine.memory.alloc(16384)!;
    const dma = fimc.dma.mapPage(pa, 0, 4096, DmaDirection.FromDevice);
    const capture = new FimcCapture(fimc, { format: "BGR4", width: 64, height: 40 });
    capture.queue([{ address: dma }]);
    expect(capture.capture()).toEqual({
      status: "fault",
      line: 16,
      side: "destination",
      plane: 0,
      address: dma + 4096,
    });
    for (const at of [4096, 8192]) {
      expect(fimc.dma.mapPage(pa + at, 0, 4096, DmaDirection.FromDevice)).toBe(dma + at);
    }
    acknowledge(machine);
    expect(capture.capture()?.status).toBe("done");
    expect(machine.memory.peek(pa, 10240)).toEqual(testPicture("BGR4", 64, 40)[0]);
  });

  it("takes lines of a sensor", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(4096)!;
    const capture = new FimcCapture(fimc, {
      format: "NV12",
      width: 32,
      height: 32,
      sensor: (line, sequence, rgb) => rgb.fill(100 + line * 4 + sequence),
    });
    for (const sequence of [0, 1]) {
      capture.queue(contiguousPlanes("NV12", 32, 32, pa));
      expect(capture.capture()?.status).toBe("done");
      const bytes = machine.memory.peek(pa, 32 * 48);
      for (let y = 0; y < 32; y++) {
        const grey = 100 + y * 4 + sequence;
        expect(bytes.subarray(y * 32, y * 32 + 32).every((v) => v === grey)).toBe(true);
      }
      expect(bytes.subarray(1024).every((v) => v === 128)).toBe(true);
    }
  });

  it("checks its format and its planes", () => {
    const { fimc } = make(false);
    expect(() => new FimcCapture(fimc, { format: "YU12", width: 3, height: 2 })).toThrow(/format\.width/);
    expect(() => new FimcCapture(fimc, { format: "RGBP", width: 16, height: 32 })).toThrow(
      /^format\.width must be in \[0x20, 0x1080\], got 0x10/,
    );
    expect(() => new FimcCapture(fimc, { format: "RGBP", width: 32, height: 33 })).toThrow(
      /^format\.height must be a multiple of 2, got 33/,
    );
    expect(() => new FimcCapture(fimc, { format: "TM12", width: 96, height: 32 })).toThrow(
      /^format\.width must be a multiple of 64 for TM12, got 96/,
    );
    expect(() => new FimcCapture(fimc, { format: "YU12", width: 32, height: 32, seed: -1 })).toThrow(
      /format\.seed/,
    );
    expect(() => new FimcCapture(fimc, null as never)).toThrow(TypeError);
    expect(
      () => new FimcCapture(fimc, { format: "RGBP", width: 32, height: 32, sensor: 1 as never }),
    ).toThrow(/format\.sensor must be a function, got 1/);
    const capture = new FimcCapture(fimc, { format: "YU12", width: 32, height: 32 });
    expect(() => capture.queue([{ address: 0 }])).toThrow(/planes must have 3 entries, got 1/);
    const apart = [32, 32, 16].map((stride, i) => ({ address: i << 12, stride }));
    expect(() => capture.queue(apart)).toThrow(/^planes\[1\]\.stride must be 16, .* got 32/);
  });
});
