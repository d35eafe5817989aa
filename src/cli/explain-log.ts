// Messages about IO addresses that are not of the Exynos System MMU: faults of other IOMMUs and reports of
// the kernel's DMA-API debugging, read from pasted kernel log lines. A line that ends early is read as far
// as it goes.
//
//   AMD-Vi       nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=.. address=.. flags=..]
//   DMAR         DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0x5000 [fault reason 0x06] ..
//   arm-smmu     arm-smmu d00000.iommu: Unhandled context fault: fsr=0x402, iova=.., fsynr=0x21, ..
//   arm-smmu-v3  arm-smmu-v3 fc900000.iommu: event: F_TRANSLATION client: 0000:01:00.0 .. iova: 0x90000f040 ..
//   mtk-iommu    mtk-iommu 10205000.iommu: fault type=0x5 iova=0xfcff0001 .. read
//   ftrace       io_page_fault: IOMMU:pci 0000:00:02.0 iova=0x.. flags=0x0001
//   DMA-API      DMA-API: nvme 0000:85:00.0: device driver .. [device address=0x..] [size=512 bytes] ..
//
// Not modelled: register dumps and event words of these IOMMUs; domains and PASIDs.

/** One message. */
export interface LoggedReport {
  /** Who printed it. */
  readonly source: "AMD-Vi" | "DMAR" | "arm-smmu" | "arm-smmu-v3" | "mtk-iommu" | "io_page_fault" | "DMA-API";
  /** Its words. */
  readonly what: string;
  /** Master, as the log names it: `0000:05:00.0`, `e6601000.crypto`; null where the line names none. */
  readonly device: string | null;
  /** The IOMMU or the driver, where the line names it. */
  readonly by: string | null;
  /** IO address, null where the line has none or one of more than 53 bits. */
  readonly address: number | null;
  /** Bytes, where told. */
  readonly size: number | null;
  readonly access: "read" | "write" | null;
  /** How often the log has it. */
  readonly count: number;
}

type Groups = Readonly<Record<string, string | undefined>>;

interface Format {
  readonly source: LoggedReport["source"];
  readonly pattern: RegExp;
  readonly what: (groups: Groups) => string;
  readonly access: (groups: Groups) => "read" | "write" | null;
}

const nothing = () => null;
const bit = (value: string | undefined, mask: number) =>
  value === undefined ? null : (Number(value) & mask) !== 0 ? ("write" as const) : ("read" as const);
const word = ({ rw }: Groups) => (rw === undefined ? null : (rw.toLowerCase() as "read" | "write"));

// Every run is bounded and names are tried at their first character only: a line of any length is read in time
// proportional to it.
const FORMATS: readonly Format[] = [
  {
    source: "AMD-Vi",
    pattern:
      /(?:(?<![\w-])(?<by>[\w-]{1,255})(?: (?<device>[\w:.]{1,255}))?: )?AMD-Vi: Event logged \[IO_PAGE_FAULT(?: device=(?<slot>[\w:.]{1,255}))?(?: domain=0x\w{1,64})?(?: address=0x(?<address>[0-9a-f]{1,64}))?(?: flags=(?<flags>0x[0-9a-f]{1,64}))?/i,
    what: () => "IO_PAGE_FAULT",
    access: ({ flags }) => bit(flags, 0x20),
  },
  {
    source: "DMAR",
    pattern:
      /DMAR: \[DMA (?<rw>Read|Write)[^\]]{0,64}\] Request device \[(?<slot>[\w:.]{1,255})\](?:(?: PASID \w{1,64})? fault addr (?:0x)?(?<address>[0-9a-f]{1,64})(?: \[fault reason \w{1,64}\] (?<reason>[^\n]{1,255}))?)?/i,
    what: ({ reason }) => reason?.trim() ?? "fault",
    access: word,
  },
  {
    source: "arm-smmu",
    pattern:
      /arm-smmu (?<by>[\w.]{1,255}): Unhandled context fault: fsr=(?<fsr>0x[0-9a-f]{1,64}), iova=0x(?<address>[0-9a-f]{1,64})(?:, fsynr=(?<fsynr>0x[0-9a-f]{1,64}))?/i,
    what: ({ fsr }) => (Number(fsr) & 2 ? "translation fault" : `context fault, fsr=${fsr}`),
    access: ({ fsynr }) => bit(fsynr, 0x10),
  },
  {
    source: "arm-smmu-v3",
    pattern:
      /event: (?<event>\w{1,255}) client: (?<device>[\w:.-]{1,255}) .{0,255}?iova: 0x(?<address>[0-9a-f]{1,64})/i,
    what: ({ event }) => event!,
    access: nothing,
  },
  {
    source: "mtk-iommu",
    pattern:
      /mtk-iommu (?<by>[\w.]{1,255}): fault type=\w{1,64} iova=0x(?<address>[0-9a-f]{1,64}).{0,255}? (?<rw>read|write)\b/i,
    what: () => "fault",
    access: word,
  },
  {
    source: "io_page_fault",
    pattern:
      /io_page_fault: IOMMU:(?<by>[\w-]{1,255})(?: (?<device>[\w:.]{1,255}))?(?: iova=0x(?<address>[0-9a-f]{1,64}))?(?: flags=(?<flags>0x[0-9a-f]{1,64}))?/i,
    what: () => "page fault",
    access: ({ flags }) => bit(flags, 1),
  },
  {
    source: "DMA-API",
    pattern:
      /DMA-API: (?:(?<by>[\w.-]{1,255}) (?<device>[\w:.-]{1,255}): )?(?<what>device driver [a-z -]{1,255}?|mapping sg segment [a-z ]{1,255}?|cacheline tracking \w{1,64}|exceeded \d{1,20} overlapping)(?=[ ,]*(?:\[|,|$| mappings))(?:.{0,1024}?\[device address=0x(?<address>[0-9a-f]{1,64})\])?(?:.{0,1024}?\[size=(?<size>\d{1,20}) bytes\])?/im,
    what: ({ what }) => what!.trim(),
    access: nothing,
  },
];

/** What messages mean, by words in them; the first that fits. */
const MEANINGS: readonly (readonly [words: RegExp, meaning: string])[] = [
  [
    /not allocated/,
    "no live mapping starts at this address: unmapped twice, never mapped, or another address",
  ],
  [/invalid DMA memory address/, "the error value was unmapped: the result of the map was not looked at"],
  [/different size/, "the size given to unmap is not the one that was mapped"],
  [/wrong function/, "mapped with one call of the API and unmapped with one of another kind"],
  [/different CPU address/, "the buffer is not the one that was allocated at this address"],
  [
    /different entry count/,
    "unmap and sync of a list take the number of entries given to map, not the segments it returned",
  ],
  [/different direction/, "unmap and sync must name the direction of the map"],
  [
    /check map error/,
    "the result of a map was used without dma_mapping_error: an error value would have gone to the device",
  ],
  [
    /from stack/,
    "memory of the kernel stack was mapped: its physical pages need not be contiguous, and others share its lines",
  ],
  [/kernel text/, "memory of the kernel image was mapped"],
  [
    /vmalloc|invalid area/,
    "memory was mapped that the linear map does not hold: its physical address is wrong",
  ],
  [/outside allocated range/, "a sync runs past the mapping"],
  [/read-only DMA memory for cpu/, "the device only reads this buffer: there is nothing to sync for the CPU"],
  [
    /write-only DMA memory to device/,
    "the device only writes this buffer: a sync for the device hands it nothing",
  ],
  [/segment longer/, "a segment is longer than the device says it takes (max_segment_size)"],
  [
    /across boundary/,
    "a segment crosses the boundary that the device must not cross (segment_boundary_mask)",
  ],
  [/ENOMEM/, "the debugging has no memory left for cache lines and goes off"],
  [
    /cacheline|overlapping/,
    "two live mappings share a cache line: whoever syncs or unmaps last may undo the other",
  ],
  [/pending DMA allocations/, "the driver let go of the device and left mappings behind"],
  [
    /Access beyond MGAW/,
    "the address has more bits than this IOMMU translates: the device was given no IO address at all",
  ],
  [
    /PTE Write|PTE Read/,
    "no mapping allows this access: not mapped, unmapped already, or mapped for the other direction",
  ],
  [
    /fault|FAULT|F_TRANSLATION/,
    "no mapping holds this address for this access: not mapped, unmapped already, or mapped for the other direction",
  ],
];

function addressOf(digits: string | undefined): number | null {
  const value = digits === undefined ? Number.NaN : Number(`0x${digits}`);
  return Number.isSafeInteger(value) ? value : null;
}

/** A PCI function with its segment, as traces have it. */
function deviceOf(name: string | undefined): string | null {
  if (name === undefined) return null;
  return /^[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i.test(name) ? `0000:${name}` : name;
}

function reportOf({ source, pattern, what, access }: Format, line: string): LoggedReport | null {
  const groups: Groups | undefined = pattern.exec(line)?.groups;
  if (groups === undefined) return null;
  const { address, size } = groups;
  return {
    source,
    what: what(groups),
    device: deviceOf(groups["device"] ?? groups["slot"]),
    by: groups["by"] ?? null,
    address: addressOf(address),
    size: size === undefined ? null : Number(size),
    access: access(groups),
    count: 1,
  };
}

// "event 0x10 received:" and four words on lines of their own; the third is the IO address. Newer kernels
// print the decoded line too, which is read instead.
function wordsReport(lines: readonly string[], at: number): LoggedReport | null {
  const groups = /arm-smmu-v3 (?<by>[\w.-]{1,255}): event (?<event>0x[0-9a-f]{1,64}) received:/i.exec(
    lines[at]!,
  )?.groups;
  if (groups === undefined) return null;
  const rest = lines.slice(at + 1, at + 6);
  if (rest.some((line) => line.includes("event: "))) return null;
  const words = rest.map((line) => /0x([0-9a-f]{16})\s*$/i.exec(line)?.[1]);
  return {
    source: "arm-smmu-v3",
    what: Number(groups["event"]) === 0x10 ? "F_TRANSLATION" : `event ${groups["event"]}`,
    device: null,
    by: groups["by"]!,
    address: addressOf(words[2]),
    size: null,
    access: null,
    count: 1,
  };
}

function reportAt(lines: readonly string[], at: number): LoggedReport | null {
  for (const format of FORMATS) {
    const report = reportOf(format, lines[at]!);
    if (report !== null) return report;
  }
  return wordsReport(lines, at);
}

/** The messages in `text`, in order; equal ones once, with their number. */
export function readReports(text: string): LoggedReport[] {
  const reports = new Map<string, LoggedReport>();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const report = reportAt(lines, at);
    if (report === null) continue;
    const key = JSON.stringify(report);
    const known = reports.get(key);
    reports.set(key, known === undefined ? report : { ...known, count: known.count + 1 });
  }
  return [...reports.values()];
}

/** Sentences about a message. */
export function reportText({
  source,
  what,
  device,
  by,
  address,
  size,
  access,
  count,
}: LoggedReport): string[] {
  const how = access === null ? "" : ` on a ${access}`;
  const who = device === null ? "" : `, device ${device}`;
  const teller = by === null ? "" : device === null ? ` (${by})` : ` of ${by}`;
  const where = address === null ? ", no address in the line" : `, IO address 0x${address.toString(16)}`;
  const bytes = size === null ? "" : `, ${size} bytes`;
  const times = count === 1 ? "" : `, ${count} times`;
  const meaning = MEANINGS.find(([words]) => words.test(what))?.[1];
  return [
    `${source}: ${what}${how}${who}${teller}${where}${bytes}${times}`,
    ...(meaning === undefined ? [] : [meaning]),
  ];
}
