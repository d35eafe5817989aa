// What a replay says about op streams: mistakes of the stream, limits of the machine, words.
import { describe, expect, it } from "vitest";
import { type ReplayOptions, replayTrace } from "../../src/replay/replay.js";
import { renderReplayReport } from "../../src/report/replay-report.js";
import type { Strategy, StrategyReport } from "../../src/report/types.js";
import { textSource } from "../../src/trace/source.js";

const HEADER = "# sysmmu op stream 1\ndevice 0 fimc0\n";
const MAP = "map dev=0 dir=1 handle=0 pa=0x40001000 size=0x1000\n";

function replay(text: string, options: ReplayOptions = {}) {
  return replayTrace([textSource("t.ops", text)], { dram: { bytes: 64 << 20 }, ...options });
}

async function run(lines: string, strategy: Strategy = "iommu"): Promise<StrategyReport> {
  return (await replay(HEADER + lines, { strategies: [strategy] })).strategies[0]!;
}

describe.each(["linear", "iommu"] as const)("mistakes under %s", (strategy) => {
  it.each([
    ["unmap handle=1\n", 1],
    ["free handle=1\n", 1],
    ["unmap-sg handle=1\n", 1],
    ["sync-for-cpu handle=1\nsync-for-device handle=1\n", 2],
    [`${MAP}unmap handle=0\nunmap handle=0\n`, 1],
    [`${MAP}unmap handle=0\n`, 0],
  ])("count handles that name nothing: %j", async (lines, bad) => {
    expect((await run(lines, strategy)).badHandles).toBe(bad);
  });

  it("count handles mapped while alive", async () => {
    const pair = `${MAP}unmap handle=0\n`;
    expect((await run(pair + pair, strategy)).takenHandles).toBe(0);
    const twice = await run(MAP + MAP, strategy);
    expect([twice.takenHandles, twice.liveAtEnd.mappings]).toEqual([1, 2]);
  });

  it("fail an allocation whose pages 32 bits cannot count", async () => {
    const { devices } = await run(
      "alloc dev=0 handle=0 size=0xffffffff\nalloc dev=0 handle=1 size=0x1000\n",
      strategy,
    );
    expect(devices[0]).toMatchObject({ allocs: 1, allocErrors: 1, allocatedBytes: 4096, liveBytes: 4096 });
  });

  it("count the CPU's accesses outside DRAM, in lines, through a handle and without", async () => {
    // 64 MiB of DRAM end at 0x44000000.
    const read = (start: number, bytes: number) =>
      run(`cpu-read handle=0xffffffff offset=${start} length=${bytes}\n`, strategy);
    expect((await read(0x4000_0000, 64)).cpuBusErrors).toBe(0);
    expect((await read(0x1000_0010, 32)).cpuBusErrors).toBe(2);
    expect((await read(0x43ff_ff00, 0x300)).cpuBusErrors).toBe(16);
    const mapped = MAP.replace("0x40001000", "0x50001000");
    expect((await run(`${mapped}cpu-write handle=0\n`, strategy)).cpuBusErrors).toBe(128);
  });

  it("take no CPU access of more than there is", async () => {
    const read = (bytes: number) =>
      run(`cpu-read handle=0xffffffff offset=0x80000000 length=${bytes}\n`, strategy);
    expect((await read(64 << 20)).cpuBusErrors).toBe((64 << 20) / 32);
    await expect(read(0x7fff_ffff)).rejects.toThrow(
      /^t\.ops:3: cpu-read: length=0x7fffffff is more than all DRAM, 0x4000000 bytes/,
    );
  });
});

describe("limits of the machine", () => {
  const devices = (n: number) =>
    `# sysmmu op stream 1\n${Array.from({ length: n }, (_, i) => `device ${i} dev${i}\n`).join("")}${MAP}`;
  const events = (n: number) =>
    Array.from(
      { length: n },
      (_, i) =>
        `  t-1 [000] ..... 1.0: dma_map_page: dev${i} dir=TO_DEVICE dma_addr=${(i + 1) * 4096} size=4096 phys_addr=40001000 attrs=\n`,
    ).join("");

  it("name the trace, the line and the number of System MMUs", async () => {
    await expect(replay(devices(60), { strategies: ["iommu"] })).rejects.toThrow(
      /^t\.ops:50: too many devices in the trace for strategy iommu: .*dev48.* at most 64/,
    );
    await expect(replay(events(60), { strategies: ["iommu"] })).rejects.toThrow(
      /^t\.ops:49: too many devices .*dev48.* at most 64/,
    );
  });
  it("do not stop strategies without System MMUs", async () => {
    for (const strategy of ["linear", "bounce"]) {
      const { strategies } = await replay(devices(60), { strategies: [strategy as Strategy] });
      expect(strategies[0]!.devices).toHaveLength(60);
    }
    await expect(replay(devices(150), { strategies: ["linear"] })).rejects.toThrow(
      /^t\.ops:\d+: too many devices in the trace for strategy linear: .* at most 128/,
    );
  });
  it("hold register accesses to the instances there are", async () => {
    await expect(replay(`${HEADER}reg-write dev=63 offset=0 value=0\n`)).rejects.toThrow(
      /^t\.ops:3: reg-write: dev=63, this machine has System MMUs 0 to \d+/,
    );
  });
});

describe("words", () => {
  const lines = `${HEADER}label 1 l\nprefix label=1\nfeed-pages pa=0x40001000 bytes=0x1000\nalloc dev=0 handle=0 size=0x1000\nexpect handle=0 address=0\nnop\nbarrier\n`;

  it("count calls and accesses apart from what prepares or compares them", async () => {
    const { operations } = await replay(lines);
    expect(operations).toMatchObject({ events: 6, replayed: 2, below: 3, skipped: 1 });
  });

  it("say that accesses are the stream's own", async () => {
    const text = renderReplayReport(await replay(lines));
    expect(text).toMatch(/^device accesses: those of the op stream$/m);
    expect(text).toMatch(/^replayed +2 +calls of drivers and accesses, executed by the machine$/m);
    expect(text).not.toContain("handles that name nothing");
  });

  it("show mistakes in the table of strategies", async () => {
    const text = renderReplayReport(
      await replay(`${HEADER + MAP + MAP}unmap handle=7\ncpu-read handle=0xffffffff length=32\n`),
    );
    expect(text).toMatch(/^handles that name nothing +1 +1 +1$/m);
    expect(text).toMatch(/^handles mapped while alive +1 +1 +1$/m);
    expect(text).toMatch(/^CPU lines outside DRAM +1 +1 +1$/m);
  });
});
