// Messages of other IOMMUs and of the DMA-API debugging, as people posted them.
import { describe, expect, it } from "vitest";
import { readReports, reportText } from "../../src/cli/explain-log.js";
import { readFaultLog } from "../../src/cli/fault-log.js";
import { run } from "../../src/cli/run.js";
import { FakeIo } from "./io.js";

const none = { device: null, by: null, address: null, size: null, access: null, count: 1 };

describe("reading", () => {
  it.each([
    [
      "[    4.194306] nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000c address=0xffffc080 flags=0x0070]",
      {
        source: "AMD-Vi",
        what: "IO_PAGE_FAULT",
        device: "0000:01:00.0",
        by: "nvme",
        address: 0xffff_c080,
        access: "write",
      },
    ],
    [
      "AMD-Vi: Event logged [IO_PAGE_FAULT device=15:00.1 domain=0x0 address=0x1000 flags=0x0000]",
      { source: "AMD-Vi", what: "IO_PAGE_FAULT", device: "0000:15:00.1", address: 0x1000, access: "read" },
    ],
    [
      "[  213.437112] smartpqi 0000:23:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT",
      { source: "AMD-Vi", what: "IO_PAGE_FAULT", device: "0000:23:00.0", by: "smartpqi" },
    ],
    [
      "DMAR: [DMA Read] Request device [01:00.2] PASID ffffffff fault addr bdf6f000 [fault reason 06] PTE Read access is not set",
      {
        source: "DMAR",
        what: "PTE Read access is not set",
        device: "0000:01:00.2",
        address: 0xbdf6_f000,
        access: "read",
      },
    ],
    [
      "DMAR: [DMA Write NO_PASID] Request device [05:00.0]",
      { source: "DMAR", what: "fault", device: "0000:05:00.0", access: "write" },
    ],
    [
      "arm-smmu d00000.iommu: Unhandled context fault: fsr=0x402, iova=0x834e0d00, fsynr=0x11, cbfrsynra=0x0, cb=0",
      {
        source: "arm-smmu",
        what: "translation fault",
        by: "d00000.iommu",
        address: 0x834e_0d00,
        access: "write",
      },
    ],
    [
      "arm-smmu-v3 fc900000.iommu: event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: 0x0 iova: 0x90000f040 ipa: 0x0",
      { source: "arm-smmu-v3", what: "F_TRANSLATION", device: "0000:01:00.0", address: 0x9_0000_f040 },
    ],
    [
      [
        "arm-smmu-v3 arm-smmu-v3.2.auto: event 0x10 received:",
        "arm-smmu-v3 arm-smmu-v3.2.auto: 0x00007d1200000010",
        "arm-smmu-v3 arm-smmu-v3.2.auto: 0x000012000000007c",
        "arm-smmu-v3 arm-smmu-v3.2.auto: 0x00000000fffef040",
        "arm-smmu-v3 arm-smmu-v3.2.auto: 0x00000000fffef000",
      ].join("\n"),
      { source: "arm-smmu-v3", what: "F_TRANSLATION", by: "arm-smmu-v3.2.auto", address: 0xfffe_f040 },
    ],
    [
      "mtk-iommu 10205000.iommu: fault type=0x5 iova=0xfcff0001 pa=0x0 larb=0 port=0 layer=1 read",
      { source: "mtk-iommu", what: "fault", by: "10205000.iommu", address: 0xfcff_0001, access: "read" },
    ],
    [
      "x-1 [000] .....  1.0: io_page_fault: IOMMU:ath12k_pci 0000:c2:00.0 iova=0x00000000fe980000 flags=0x0000",
      {
        source: "io_page_fault",
        what: "page fault",
        device: "0000:c2:00.0",
        by: "ath12k_pci",
        address: 0xfe98_0000,
        access: "read",
      },
    ],
    [
      "DMA-API: pch_udc 0000:02:02.4: device driver failed to check map error[device address=0x00000000027ee678] [size=64 bytes] [mapped as single]",
      {
        source: "DMA-API",
        what: "device driver failed to check map error",
        device: "0000:02:02.4",
        by: "pch_udc",
        address: 0x27e_e678,
        size: 64,
      },
    ],
    [
      "DMA-API: cacheline tracking EEXIST, overlapping mappings aren't supported",
      { source: "DMA-API", what: "cacheline tracking EEXIST" },
    ],
  ])("%s", (text, report) => {
    expect(readReports(text)).toEqual([{ ...none, ...report }]);
  });

  it("takes addresses beyond 53 bits for unknown, and counts equal lines", () => {
    const line =
      "DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0xfffffffffffff000 [fault reason 0x04] Access beyond MGAW";
    expect(readReports(`${line}\nother\n${line}\n`)).toMatchObject([{ address: null, count: 2 }]);
    expect(readReports("usb 1-1: new device\n")).toEqual([]);
  });
});

// A pattern that tries again from every character needs hours for these.
describe("a line of 1 MiB", () => {
  it.each([
    "a",
    "a.",
    "a-",
    "a ",
    "a:",
    "a: ",
    "a b:",
    "0",
    "[READ] ",
    "PAGE FAULT occurred at 0x1Z",
    "PAGE FAULT occurred at 0x1 by a:",
    "nvme 0000:01:00.0: AMD-Vi: ",
    "DMAR: [DMA Read ",
    "DMAR: [DMA Read] Request device [1 ",
    "arm-smmu a: Unhandled context fault: fsr=0x1",
    "event: F client: a:",
    "event: F client: a ",
    "mtk-iommu a: fault type=0x5 iova=0x1",
    "io_page_fault: IOMMU:a ",
    "DMA-API: device driver ",
    "DMA-API: a b: mapping sg segment ",
    "page table base: 0x",
  ])("of %j is read", (piece) => {
    const line = piece.repeat((1 << 20) / piece.length);
    expect(readFaultLog(`${line}\nx: PAGE FAULT occurred at 0x1000`).at(-1)).toMatchObject({ name: "x" });
    const last = "DMA-API: cacheline tracking ENOMEM, dma-debug disabled";
    expect(readReports(`${line}\n${last}`).at(-1)).toMatchObject({ what: "cacheline tracking ENOMEM" });
  });
});

describe("explaining", () => {
  it.each([
    [
      "DMA-API: a 1.b: device driver frees DMA memory with different direction [device address=0x10] [size=8 bytes]",
      /direction of the map/,
    ],
    [
      "DMA-API: a 1.b: device driver tries to free DMA memory it has not allocated [device address=0x10] [size=8 bytes]",
      /unmapped twice/,
    ],
    [
      "DMA-API: a 1.b: mapping sg segment longer than device claims to support [len=1900544] [max=65536]",
      /max_segment_size/,
    ],
    ["DMA-API: cacheline tracking ENOMEM, dma-debug disabled", /goes off/],
    [
      "mtk-iommu 10205000.iommu: fault type=0x5 iova=0xfcff0001 pa=0x0 larb=0 port=0 layer=1 read",
      /no mapping holds this address/,
    ],
  ])("%s", (line, meaning) => {
    expect(readReports(line).flatMap(reportText).join("\n")).toMatch(meaning);
  });

  it("looks for the address of the log's device in a trace", async () => {
    const io = new FakeIo(".");
    const line =
      "nvme 0000:00:02.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0 address=0xffffc010 flags=0x0000]";
    expect(await run(["explain", line, "--trace", "examples/traces/pc-vtd-nvme"], io)).toBe(0);
    expect(io.out).toContain("0000:00:02.0: 0xffffc010 is held at the end of the trace by mapping");
    expect(io.out).toContain("the recorder lost 3851 events: mappings may be missing");
  });
});
