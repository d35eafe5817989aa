// DMA-API debug: what it says. One row per check, with the kernel's wording as an interface that
// log readers match (spec dma-mapping 6.2; lib/dma-debug.c v3.14.79, kernel/dma/debug.c 5.10 and 6.1).
//
// A text holds {fields}: {address} {cpuAlloc} {cpuFree} {start} {end} {boundary} print as 0x and 16 digits,
// {pointer} as 8 digits (a kernel prints a hash instead), {line} as 0x and 8 digits, the rest as decimal or text.

/** One check of DMA-API debug. */
export interface DebugCheck {
  /** Row number in the list of checks, spec dma-mapping 6.2. */
  readonly row: number;
  /** When it fires. */
  readonly when: string;
  /** Text after the `driver device` prefix, v6.1; line feeds exactly as the kernel has them. */
  readonly text: string;
  /** Wording of v3.14 where it differs. */
  readonly v314?: string;
}

/** Every check that counts as an error (err_printk in the kernel). */
export const DEBUG_CHECKS = {
  freeInvalid: {
    row: 1,
    when: "unmap or free of the error value",
    text: "device driver tries to free an invalid DMA memory address\n",
  },
  freeUnknown: {
    row: 2,
    when: "unmap or free of an address without a (single, or perfectly fitting) live entry",
    text:
      "device driver tries to free DMA memory it has not allocated " +
      "[device address={address}] [size={size} bytes]\n",
  },
  freeSize: {
    row: 3,
    when: "unmapped with another size than mapped",
    text:
      "device driver frees DMA memory with different size " +
      "[device address={address}] [map size={mapSize} bytes] [unmap size={size} bytes]\n",
  },
  freeFunction: {
    row: 4,
    when: "unmapped with a function of another kind",
    text:
      "device driver frees DMA memory with wrong function " +
      "[device address={address}] [size={size} bytes] [mapped as {mappedAs}] [unmapped as {unmappedAs}]\n",
  },
  freeCpuAddress: {
    row: 5,
    when: "coherent memory freed with another CPU address",
    text:
      "device driver frees DMA memory with different CPU address " +
      "[device address={address}] [size={size} bytes] [cpu alloc address={cpuAlloc}] [cpu free address={cpuFree}]",
  },
  freeCount: {
    row: 6,
    when: "list unmapped with another entry count than mapped",
    text:
      "device driver frees DMA sg list with different entry count " +
      "[map count={mapCount}] [unmap count={count}]\n",
  },
  freeDirection: {
    row: 7,
    when: "unmapped with another direction",
    text:
      "device driver frees DMA memory with different direction " +
      "[device address={address}] [size={size} bytes] [mapped with {mappedWith}] [unmapped with {with}]\n",
  },
  mapErrorUnchecked: {
    row: 8,
    when: "unmapped although dma_mapping_error() was never asked",
    text:
      "device driver failed to check map error" +
      "[device address={address}] [size={size} bytes] [mapped as {mappedAs}]",
  },
  mapStack: {
    row: 9,
    when: "mapping starts on the current kernel stack",
    text: "device driver maps memory from stack [addr={pointer}]\n",
    v314: "device driver maps memory fromstack [addr={pointer}]\n",
  },
  mapText: {
    row: 10,
    when: "mapping overlaps kernel text or read-only data",
    text: "device driver maps memory from kernel text or rodata [addr={pointer}] [len={length}]\n",
  },
  mapInvalid: {
    row: 11,
    when: "dma_map_single of an address outside the linear mapping",
    text: "device driver maps memory from invalid area [addr={pointer}] [len={length}]\n",
  },
  mapVmalloc: {
    row: 11,
    when: "dma_map_single of a vmalloc address",
    text: "device driver maps memory from vmalloc area [addr={pointer}] [len={length}]\n",
  },
  syncUnknown: {
    row: 12,
    when: "sync of a range that no live entry contains",
    text:
      "device driver tries to sync DMA memory it has not allocated " +
      "[device address={address}] [size={size} bytes]\n",
  },
  syncRange: {
    row: 13,
    when: "sync longer than the entry; cannot happen, because the entry was chosen as one that contains the range",
    text:
      "device driver syncs DMA memory outside allocated range " +
      "[device address={address}] [allocation size={mapSize} bytes] [sync offset+size={size}]\n",
  },
  syncDirection: {
    row: 14,
    when: "synced with another direction than mapped (entries mapped both ways excepted)",
    text:
      "device driver syncs DMA memory with different direction " +
      "[device address={address}] [size={size} bytes] [mapped with {mappedWith}] [synced with {with}]\n",
  },
  syncReadOnly: {
    row: 15,
    when: "for the CPU: mapped to-device and not synced to-device",
    text:
      "device driver syncs device read-only DMA memory for cpu " +
      "[device address={address}] [size={size} bytes] [mapped with {mappedWith}] [synced with {with}]\n",
  },
  syncWriteOnly: {
    row: 16,
    when: "for the device: mapped from-device and not synced from-device",
    text:
      "device driver syncs device write-only DMA memory to device " +
      "[device address={address}] [size={size} bytes] [mapped with {mappedWith}] [synced with {with}]\n",
  },
  syncCount: {
    row: 17,
    when: "list synced with another entry count than mapped",
    text:
      "device driver syncs DMA sg list with different entry count " +
      "[map count={mapCount}] [sync count={count}]\n",
  },
  segmentLength: {
    row: 18,
    when: "list entry longer than the device's maximum segment",
    text: "mapping sg segment longer than device claims to support [len={length}] [max={max}]\n",
  },
  segmentBoundary: {
    row: 19,
    when: "mapped segment crosses the device's segment boundary",
    text: "mapping sg segment across boundary [start={start}] [end={end}] [boundary={boundary}]\n",
  },
  overlap: {
    row: 20,
    when: "first cache line of a mapping that the device may write is in another such mapping",
    text: "cacheline tracking EEXIST, overlapping mappings aren't supported\n",
  },
  leak: {
    row: 23,
    when: "driver unbound while mappings of the device live",
    text:
      "device driver has pending DMA allocations while released from device [count={count}]\n" +
      "One of leaked entries details: " +
      "[device address={address}] [size={size} bytes] [mapped with {mappedWith}] [mapped as {mappedAs}]\n",
  },
  touchActive: {
    row: 24,
    when: "the CPU is about to touch a page with a tracked cache line (removed in 5.10)",
    text: "cpu touching an active dma mapped cacheline [cln={line}]\n",
  },
} as const satisfies Record<string, DebugCheck>;

/** Name of a check: a key of {@link DEBUG_CHECKS}. */
export type DebugCheckId = keyof typeof DEBUG_CHECKS;

/** Texts that are no errors of a driver; all carry the `DMA-API: ` prefix. */
export const DEBUG_NOTICES = {
  /** Row 21, WARN_ONCE: once per boot. */
  overflow: "exceeded {max} overlapping mappings of cacheline {line}\n",
  /** Row 22. */
  trackingMemory: "cacheline tracking ENOMEM, dma-debug disabled\n",
  poolGrown: "dma_debug_entry pool grown to {total} ({times}00%)\n",
  poolEmpty: "debugging out of memory - disabling\n",
  preallocated: "preallocated {total} debug entries\n",
  enabled: "debugging enabled by kernel config\n",
  off: "debugging disabled on kernel command line\n",
  filterOn: "enable driver filter for driver [{name}]\n",
  filterOff: "switching off dma-debug driver filter\n",
} as const;

/** Values for the {fields} of a text. */
export type DebugFields = Readonly<Record<string, number | string>>;

const HEX64 = new Set(["address", "cpuAlloc", "cpuFree", "start", "end", "boundary"]);

/** A number as unsigned 64-bit hex without prefix; negative numbers wrap. */
export function hex64(value: number): string {
  return value >= 0 ? value.toString(16) : BigInt.asUintN(64, BigInt(value)).toString(16);
}

/** `text` with its {fields} filled in. */
export function formatDebug(text: string, fields: DebugFields): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = fields[name]!;
    if (typeof value === "string") return value;
    if (HEX64.has(name)) return `0x${hex64(value).padStart(16, "0")}`;
    if (name === "line") return `0x${value.toString(16).padStart(8, "0")}`;
    if (name === "pointer") return value.toString(16).padStart(8, "0");
    return String(value);
  });
}
