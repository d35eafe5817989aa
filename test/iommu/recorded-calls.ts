// What a recorded kernel asked of its IOMMU driver, read from ftrace text: the stimulus for ours.
//
//   dma_map_page: *.sysmmu size=16384          a new domain; its address is the level-1 table
//   attach_device_to_domain                    odd times a device's own default (identity) domain, even
//                                              times the newest translating domain: arm_iommu_attach_device
//                                              and its undoing take turns
//   map ... dma_alloc | dma_map_sg: device     the maps of a task belong to the device of its next call
//   dma_free | dma_unmap_sg: device ... unmap  an unmap belongs to the device of the task's last call
//
// Page-table syncs and events of devices without a System MMU are passed over.

/** Asks for a domain or gives it back; `table` is the address of the recorded level-1 table. */
interface DomainCall {
  readonly what: "domain" | "free";
  readonly at: number;
  readonly table: number;
}

/** Attaches a device (Linux's name) to a domain, null: its default one. */
interface AttachCall {
  readonly what: "attach";
  readonly at: number;
  readonly device: string;
  readonly table: number | null;
}

interface MapCall {
  readonly what: "map";
  readonly at: number;
  device: string;
  readonly iova: number;
  readonly pa: number;
  readonly size: number;
}

interface UnmapCall {
  readonly what: "unmap";
  readonly at: number;
  readonly device: string;
  readonly iova: number;
  readonly size: number;
}

/** One call into the driver; `at` in seconds of the trace's clock. */
export type Call = DomainCall | AttachCall | MapCall | UnmapCall;

const LV1_BYTES = 16384;
const EVENT = /^\s*(?<task>.+-\d+) +\[\d+\] .{5} +(?<time>[\d.]+): (?<name>\w+): (?<rest>.*)$/;
const RANGE = /iova=(0x\w+) - 0x\w+ (?:paddr=(0x\w+) )?size=(\d+)/;

/** The calls of one recording, in order; `text` is the trace of all its phases. */
export function recordedCalls(text: string): Call[] {
  const calls: Call[] = [];
  /** Maps of a task whose device is not known yet. */
  const open = new Map<string, MapCall[]>();
  const last = new Map<string, string>();
  const attached = new Map<string, number>();
  let newest: number | null = null;
  for (const line of text.split("\n")) {
    const groups = EVENT.exec(line)?.groups;
    if (groups === undefined) continue;
    const { task, time, name, rest } = groups as { task: string; time: string; name: string; rest: string };
    const at = Number(time);
    const device = rest.split(" ")[0]!;
    if (name === "map") {
      const [, iova, pa, size] = RANGE.exec(rest)!;
      const call: MapCall = {
        what: "map",
        at,
        device: "",
        iova: Number(iova),
        pa: Number(pa),
        size: Number(size),
      };
      calls.push(call);
      open.set(task, [...(open.get(task) ?? []), call]);
    } else if (name === "unmap") {
      const [, iova, , size] = RANGE.exec(rest)!;
      calls.push({ what: "unmap", at, device: last.get(task)!, iova: Number(iova), size: Number(size) });
    } else if (name === "attach_device_to_domain") {
      const who = /device=(\S+)/.exec(rest)![1]!;
      const times = (attached.get(who) ?? 0) + 1;
      attached.set(who, times);
      calls.push({ what: "attach", at, device: who, table: times % 2 === 0 ? newest : null });
    } else if (device.endsWith(".sysmmu") && name.endsWith("map_page")) {
      const [, pa, size] = /dma_addr=(\w+) size=(\d+)/.exec(rest)!;
      if (Number(size) !== LV1_BYTES) continue;
      const table = Number.parseInt(pa!, 16);
      if (name === "dma_map_page") newest = table;
      calls.push({ what: name === "dma_map_page" ? "domain" : "free", at, table });
    } else if (/^dma_(map|alloc)/.test(name)) {
      for (const call of open.get(task) ?? []) call.device = device;
      open.delete(task);
    } else if (/^dma_(unmap|free)/.test(name)) last.set(task, device);
  }
  const lonely = calls.find((call) => "device" in call && !call.device);
  if (lonely !== undefined) throw new Error(`no device for ${JSON.stringify(lonely)}`);
  return calls;
}
