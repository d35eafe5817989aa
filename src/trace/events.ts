// The trace events this reader knows, and one event's fields as the scanner fills them.
//
// Sources: include/trace/events/{iommu,dma,swiotlb}.h of Linux 3.13 to 6.19 (spec dma-mapping 7), and the
// recordings of 6.1 and 6.12.
//
// Not modelled: the binary trace.dat; use `trace-cmd report`.

/** Fields of an event, as bits. */
export const Field = {
  Dir: 1 << 0,
  DmaAddr: 1 << 1,
  Size: 1 << 2,
  PhysAddr: 1 << 3,
  VirtAddr: 1 << 4,
  Attrs: 1 << 5,
  DmaAddrs: 1 << 6,
  Sizes: 1 << 7,
  PhysAddrs: 1 << 8,
  Iova: 1 << 9,
  Paddr: 1 << 10,
  Device: 1 << 11,
  Group: 1 << 12,
  Flags: 1 << 13,
  UnmappedSize: 1 << 14,
  Nents: 1 << 15,
  Ents: 1 << 16,
  Err: 1 << 17,
  DevAddr: 1 << 18,
  DmaMask: 1 << 19,
} as const;

/** Names of the fields as the kernel prints them, by bit number: for messages. */
export const FIELD_NAMES = [
  "dir",
  "dma_addr",
  "size",
  "phys_addr",
  "virt_addr",
  "attrs",
  "dma_addrs",
  "sizes",
  "phys_addrs",
  "iova",
  "paddr",
  "device",
  "groupID",
  "flags",
  "unmapped_size",
  "nents",
  "ents",
  "err",
  "dev_addr",
  "dma_mask",
] as const;

/** Event types; the numbers index {@link EVENTS}. */
export const Ev = {
  Map: 0,
  Unmap: 1,
  AddDevice: 2,
  RemoveDevice: 3,
  AttachDevice: 4,
  DetachDevice: 5,
  IoPageFault: 6,
  MapPage: 7,
  MapPhys: 8,
  MapResource: 9,
  UnmapPage: 10,
  UnmapPhys: 11,
  UnmapResource: 12,
  Alloc: 13,
  AllocPages: 14,
  AllocSgt: 15,
  AllocSgtErr: 16,
  Free: 17,
  FreePages: 18,
  FreeSgt: 19,
  MapSg: 20,
  MapSgErr: 21,
  UnmapSg: 22,
  SyncSingleForCpu: 23,
  SyncSingleForDevice: 24,
  SyncSgForCpu: 25,
  SyncSgForDevice: 26,
  SwiotlbBounced: 27,
} as const;
/** One of the numbers of {@link Ev}. */
export type EventType = (typeof Ev)[keyof typeof Ev];

/** What one event type looks like. */
export interface EventInfo {
  /** The kernel's name, and the subsystem it belongs to. */
  readonly name: string;
  readonly system: "iommu" | "dma" | "swiotlb";
  /** Fields without which the line is malformed. */
  readonly required: number;
}

const F = Field;
const ADDRESS = F.DmaAddr | F.Size;
const MAPPED = F.Device | F.Dir | ADDRESS | F.PhysAddr | F.Attrs;
const UNMAPPED = F.Device | F.Dir | ADDRESS | F.Attrs;
const ALLOCATED = F.Device | ADDRESS | F.Attrs;

/** By event type. */
export const EVENTS: readonly EventInfo[] = [
  { name: "map", system: "iommu", required: F.Iova | F.Paddr | F.Size },
  { name: "unmap", system: "iommu", required: F.Iova | F.Size },
  { name: "add_device_to_group", system: "iommu", required: F.Group | F.Device },
  { name: "remove_device_from_group", system: "iommu", required: F.Group | F.Device },
  { name: "attach_device_to_domain", system: "iommu", required: F.Device },
  { name: "detach_device_from_domain", system: "iommu", required: F.Device },
  { name: "io_page_fault", system: "iommu", required: F.Device | F.Iova | F.Flags },
  { name: "dma_map_page", system: "dma", required: MAPPED },
  { name: "dma_map_phys", system: "dma", required: MAPPED },
  { name: "dma_map_resource", system: "dma", required: MAPPED },
  { name: "dma_unmap_page", system: "dma", required: UNMAPPED },
  { name: "dma_unmap_phys", system: "dma", required: UNMAPPED },
  { name: "dma_unmap_resource", system: "dma", required: UNMAPPED },
  { name: "dma_alloc", system: "dma", required: ALLOCATED },
  { name: "dma_alloc_pages", system: "dma", required: ALLOCATED },
  { name: "dma_alloc_sgt", system: "dma", required: ALLOCATED | F.PhysAddrs },
  { name: "dma_alloc_sgt_err", system: "dma", required: ALLOCATED },
  { name: "dma_free", system: "dma", required: ALLOCATED },
  { name: "dma_free_pages", system: "dma", required: ALLOCATED },
  { name: "dma_free_sgt", system: "dma", required: F.Device | ADDRESS },
  {
    name: "dma_map_sg",
    system: "dma",
    required: F.Device | F.Dir | F.DmaAddrs | F.Sizes | F.PhysAddrs | F.Attrs,
  },
  { name: "dma_map_sg_err", system: "dma", required: F.Device | F.Dir | F.Err },
  { name: "dma_unmap_sg", system: "dma", required: F.Device | F.Dir | F.PhysAddrs | F.Attrs },
  { name: "dma_sync_single_for_cpu", system: "dma", required: F.Device | F.Dir | ADDRESS },
  { name: "dma_sync_single_for_device", system: "dma", required: F.Device | F.Dir | ADDRESS },
  { name: "dma_sync_sg_for_cpu", system: "dma", required: F.Device | F.Dir | F.DmaAddrs | F.Sizes },
  { name: "dma_sync_sg_for_device", system: "dma", required: F.Device | F.Dir | F.DmaAddrs | F.Sizes },
  { name: "swiotlb_bounced", system: "swiotlb", required: F.Device | F.DevAddr | F.Size },
];

/** Growable list of numbers; `length` counts, `at` holds. */
export class NumberList {
  at = new Float64Array(256);
  length = 0;

  push(value: number): void {
    if (this.length === this.at.length) {
      const grown = new Float64Array(this.at.length * 2);
      grown.set(this.at);
      this.at = grown;
    }
    this.at[this.length++] = value;
  }
}

/** dma_addr of a failed map: all ones, read as a number (2^64 rounded, or 2^32 - 1). */
export const FAILED_64 = 2 ** 64;

/**
 * The fields of the event that was read last; one object is used for all events. Addresses are exact up
 * to 2^53 - 1. Fields whose bit is missing in `fields` hold old values.
 */
export class TraceEvent {
  type: number = 0;
  fields = 0;
  /** Task: pid of the line, for pid 0 minus 1 minus the cpu; the cpu number; comm as a name index or -1. */
  task = 0;
  cpu = 0;
  comm = -1;
  /** Device as a name index; -1 none. */
  device = -1;
  dir = 0;
  dmaAddr = 0;
  size = 0;
  physAddr = 0;
  /** 1 when the CPU address was NULL. */
  virtNull = 0;
  attrs = 0;
  iova = 0;
  paddr = 0;
  unmappedSize = 0;
  group = 0;
  flags = 0;
  /** gfp of the op stream. */
  gfp = 0;
  /** Entries of a list before truncation; -1 not told. */
  fullNents = -1;
  fullEnts = -1;
  truncated = 0;
  dmaAddrs = new NumberList();
  sizes = new NumberList();
  physAddrs = new NumberList();
}
