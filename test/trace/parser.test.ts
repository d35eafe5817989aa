import { describe, expect, it } from "vitest";
import { EVENTS, Ev, type TraceEvent } from "../../src/trace/events.js";
import { FtraceParser } from "../../src/trace/ftrace.js";

interface Seen {
  name: string;
  device: string;
  task: number;
  dir: number;
  dma: number;
  size: number;
  phys: number;
  iova: number;
  attrs: number;
  lists: number[][];
}

function parse(text: string, options: { lenient?: boolean } = {}): { seen: Seen[]; parser: FtraceParser } {
  const seen: Seen[] = [];
  const list = (l: { at: Float64Array; length: number }) => [...l.at.subarray(0, l.length)];
  const parser = new FtraceParser((ev: TraceEvent) => {
    seen.push({
      name: EVENTS[ev.type]!.name,
      device: parser.devices.names[ev.device] ?? "",
      task: ev.task,
      dir: ev.dir,
      dma: ev.dmaAddr,
      size: ev.size,
      phys: ev.type === Ev.Map ? ev.paddr : ev.physAddr,
      iova: ev.iova,
      attrs: ev.attrs,
      lists: ev.type === Ev.MapSg ? [list(ev.dmaAddrs), list(ev.sizes), list(ev.physAddrs)] : [],
    });
  }, options);
  parser.startFile("t.txt");
  parser.feed(new TextEncoder().encode(text));
  parser.endFile();
  return { seen, parser };
}

const page = "dma_map_page: 11800000.fimc dir=TO_DEVICE dma_addr=20001000 size=512 phys_addr=40123200 attrs=";

describe("what stands before the event", () => {
  it.each([
    ["trace", "              wl-172     [000] d..1.     8.509946: "],
    ["a comm with blanks and dashes", "  my task-2-x-172     [001] .....   123.000001: "],
    ["a comm with a slash and brackets", "  kworker/u8:1 [9]-172   [001] .....   1.000001: "],
    ["the idle task", "          <idle>-0       [001] d.h2.     6.556412: "],
    ["no known task", "           <...>-12      [000] .....     5.049600: "],
    ["a tgid column", "              wl-172     (    172) [000] d..1.     8.509946: "],
    ["no tgid known", "              wl-172     (-------) [000] d..1.     8.509946: "],
    ["no flags (trace-cmd report)", "              wl-172   [000]     8.509946: "],
    ["a counter clock", "              wl-172     [000] d..1. 153412034123: "],
    ["four flags", "              wl-172     [000] d..1     8.509946: "],
  ])("%s", (_name, head) => {
    const { seen } = parse(`${head}${page}\n`);
    expect(seen).toMatchObject([
      { name: "dma_map_page", device: "11800000.fimc", dir: 1, dma: 0x2000_1000, size: 512 },
    ]);
  });

  it("takes names padded by trace-cmd", () => {
    const { seen } = parse(`  wl-172 [000]  8.509946: dma_map_page:         ${page.slice(14)}\n`);
    expect(seen).toHaveLength(1);
  });
});

const line = (event: string) => `  wl-172     [000] d..1.     8.509946: ${event}\n`;

describe("formats of the events", () => {
  it.each([
    [
      "map since 4.0",
      "map: IOMMU: iova=0x0000000000100000 - 0x0000000000120000 paddr=0x00000000763a0000 size=131072",
      { name: "map", iova: 0x10_0000, phys: 0x763a_0000, size: 131072 },
    ],
    [
      "map up to 3.19",
      "map: IOMMU: iova=0x0000000000100000 paddr=0x00000000763a0000 size=0x20000",
      { name: "map", iova: 0x10_0000, phys: 0x763a_0000, size: 0x2_0000 },
    ],
    [
      "unmap",
      "unmap: IOMMU: iova=0x00000000ff630000 - 0x00000000ff637000 size=28672 unmapped_size=28672",
      { name: "unmap", iova: 0xff63_0000, size: 28672 },
    ],
    ["attach", "attach_device_to_domain: IOMMU: device=11c00000.fimd", { device: "11c00000.fimd" }],
    ["group", "add_device_to_group: IOMMU: groupID=3 device=0000:00:1f.2", { device: "0000:00:1f.2" }],
    [
      "fault",
      "io_page_fault: IOMMU:nvme 0000:00:02.0 iova=0x00000000fffff000 flags=0x0001",
      { name: "io_page_fault", device: "0000:00:02.0", iova: 0xffff_f000 },
    ],
    ["phys", page.replace("map_page", "map_phys"), { name: "dma_map_phys", phys: 0x4012_3200 }],
    ["resource", page.replace("map_page", "map_resource"), { name: "dma_map_resource" }],
    ["attributes", `${page}SKIP_CPU_SYNC|NO_WARN`, { attrs: 0x120 }],
    [
      "alloc of 6.12",
      "dma_alloc: 12680000.dma-controller dma_addr=77440000 size=4096 phys_addr=77440000 flags=GFP_KERNEL|__GFP_ZERO attrs=PRIVILEGED",
      { name: "dma_alloc", dma: 0x7744_0000, attrs: 0x200 },
    ],
    [
      "alloc of 6.13",
      "dma_alloc: 11c00000.fimd dir=BIDIRECTIONAL dma_addr=20000000 size=2457600 virt_addr=(ptrval) flags=GFP_KERNEL attrs=WRITE_COMBINE|NO_KERNEL_MAPPING",
      { name: "dma_alloc", dma: 0x2000_0000, size: 2457600, attrs: 0x14 },
    ],
    [
      "list with counts",
      "dma_map_sg: 11c00000.fimd dir=BIDIRECTIONAL nents=2/2 ents=1/1 dma_addrs={0x20000000} sizes={0x3000} phys_addrs={0x77100000,0x763a0000} attrs=",
      { lists: [[0x2000_0000], [0x3000], [0x7710_0000, 0x763a_0000]] },
    ],
    [
      "list without",
      "dma_map_sg: dev dir=FROM_DEVICE dma_addrs={0x20004000} sizes={0x2000} phys_addrs={0x40010000,0x40020000} attrs=SKIP_CPU_SYNC",
      { lists: [[0x2000_4000], [0x2000], [0x4001_0000, 0x4002_0000]], attrs: 0x20 },
    ],
    [
      "truncated list",
      "dma_map_sg: dev dir=TO_DEVICE nents=128/200 ents=1/1 [TRUNCATED] dma_addrs={0x1000} sizes={0xc8000} phys_addrs={0x1000} attrs=",
      { lists: [[0x1000], [0xc8000], [0x1000]] },
    ],
    [
      "sync",
      "dma_sync_single_for_cpu: 13620000.sysmmu dir=TO_DEVICE dma_addr=49388000 size=4",
      { name: "dma_sync_single_for_cpu", dma: 0x4938_8000, size: 4 },
    ],
    [
      "bounce",
      "swiotlb_bounced: dev_name: 0000:00:02.0 dma_mask=ffffffffffffffff dev_addr=c83d000 size=4096 FORCE",
      { name: "swiotlb_bounced", device: "0000:00:02.0", size: 4096 },
    ],
    [
      "trace-cmd that could not parse",
      "dma_unmap_sg:         [FAILED TO PARSE] device=0000:00:02.0 addrs=ARRAY[00, 10, 20, 00, 00, 00, 00, 00] dir=2 attrs=0x0",
      { name: "dma_unmap_sg", device: "0000:00:02.0", dir: 2 },
    ],
  ])("%s", (_name, event, expected) => {
    const { seen } = parse(line(event));
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject(expected);
  });

  it("reads addresses beyond 32 bits exactly", () => {
    const { seen } = parse(line(page.replace("40123200", "1234567890abc")));
    expect(seen[0]!.phys).toBe(0x1_2345_6789_0abc);
  });
});

describe("lines that are no events", () => {
  it("skips and counts them by kind", () => {
    const text = `# tracer: nop\n#\n\n${line("sched_switch: prev_comm=x")}${line(page)}CPU:0 [LOST 911 EVENTS]\njust text\n`;
    const { seen, parser } = parse(text);
    expect(seen).toHaveLength(1);
    expect(parser).toMatchObject({ comments: 2, blank: 1, unknown: 1, lost: 911, lostLines: 1 });
    expect(parser.otherEvents()).toEqual({ sched_switch: 1 });
  });

  it("tells what the ring buffer overwrote", () => {
    const { parser } = parse(
      `# tracer: nop\n# entries-in-buffer/entries-written: 4868/25193   #P:1\n${line(page)}`,
    );
    expect(parser.overwritten).toBe(25193 - 4868);
  });
});

describe("malformed events", () => {
  it.each([
    [
      "a missing field",
      "dma_map_page: dev dir=TO_DEVICE dma_addr=20001000 size=512 attrs=",
      /t\.txt:1: malformed dma_map_page, no phys_addr/,
    ],
    ["a bad number", page.replace("size=512", "size=5x2"), /bad size/],
    ["an unknown direction", page.replace("TO_DEVICE", "SIDEWAYS"), /bad dir/],
    [
      "an unclosed list",
      "dma_unmap_sg: dev dir=TO_DEVICE phys_addrs={0x1000,0x2000 attrs=",
      /bad phys_addrs/,
    ],
    ["a cut line", "map: IOMMU: iova=0x0000000000100000 - 0x00000", /malformed map/],
  ])("%s", (_name, event, message) => {
    expect(() => parse(line(event))).toThrow(message);
    const { parser } = parse(line(page) + line(event), { lenient: true });
    expect(parser.malformed).toBe(1);
    expect(parser.malformedLines[0]).toMatchObject({ file: "t.txt", line: 2 });
  });

  it.each([
    ["nothing", "", /empty file/],
    ["prose", "hello\nworld\n", /not a trace/],
    ["binary", "a\0b\0", /binary data/],
  ])("%s is no trace", (_name, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
