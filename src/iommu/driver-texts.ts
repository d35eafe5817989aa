// What the Exynos IOMMU driver of each kernel says: labels of our own for BUG and WARN_ON, and the
// messages of drivers/iommu/exynos-iommu.c and iommu.c (formats are facts; spec/sysmmu-hardware 2.5).
//
// Not modelled: device prefixes and time stamps of the kernel log.

/** Values of SWITCH_DRIVER. */
export const DRIVER_V6_1 = 0;
export const DRIVER_V4_4 = 1;
export const DRIVER_V3_6 = 2;

/** LABEL_* of assembly/abi.ts, by number. */
export const LABELS: readonly string[] = [
  "",
  "attach:busy",
  "enable:other-pgtable",
  "disable:not-active",
  "irq:sysmmu-inactive",
  "irq:unknown-fault-bit",
  "irq:fault-not-handled",
  "unconditional",
  "map:l2-entry-busy",
  "unmap:smaller-than-section",
  "unmap:smaller-than-large-page",
  "domain-free:attached",
  "attach:listed",
  "prefbuf:range",
  "map:prohibited",
  "unmap:prohibited",
];

/** Causes by INT_STATUS bit of versions 1 to 3; the last is any other bit. */
export const FAULT_NAMES: readonly string[] = [
  "PAGE FAULT",
  "AR MULTI-HIT FAULT",
  "AW MULTI-HIT FAULT",
  "BUS ERROR",
  "AR SECURITY PROTECTION FAULT",
  "AR ACCESS PROTECTION FAULT",
  "AW SECURITY PROTECTION FAULT",
  "AW ACCESS PROTECTION FAULT",
  "UNKNOWN FAULT",
];

const V5_CAUSES: readonly string[] = ["PTW", "PAGE", "MULTI-HIT", "ACCESS PROTECTION", "SECURITY PROTECTION"];

/** Names of things in messages. */
export interface DriverNames {
  /** Device of a System MMU (`sysmmu0`). */
  sysmmu(instance: number): string;
  /** Bus master (`master0`). */
  device(index: number): string;
  /** Debug name of a master's System MMUs in v3.6 (`dbg0`). */
  debug(index: number): string;
}

/** Level and text of a message: TEXT_* number, its operands, which driver says it (SWITCH_DRIVER). */
export function driverMessage(
  text: number,
  operands: readonly number[],
  driver: number,
  names: DriverNames,
): [level: string, text: string] {
  const [a = 0, b = 0, c = 0, d = 0] = operands;
  switch (text) {
    case 3:
      return err(`exynos_iommu_map: Failed(${a | 0}) to map ${sharp(b)} bytes @ ${sharp(c)}\n`);
    case 4:
      return err(
        `exynos_iommu_unmap: Failed: size(${sharp(a)}) @ ${sharp(b)} is smaller than page size ${sharp(c)}\n`,
      );
    case 5: {
      const pa = driver >= DRIVER_V3_6 ? hex(b) : long(b);
      return err(`unaligned: iova ${hex(a)} pa ${pa} size ${hex(c)} min_pagesz ${hex(d)}\n`);
    }
    case 6:
      return err(`unaligned: iova ${hex(a)} size ${hex(b)} min_pagesz ${hex(c)}\n`);
    case 7:
      return deviceErr(
        `exynos_iommu_attach_device: Failed to attach IOMMU with pgtable ${driver >= DRIVER_V3_6 ? sharp(a) : long(a)}\n`,
      );
    case 8:
      return deviceErr("exynos_iommu_detach_device: No IOMMU is attached\n");
    case 9:
      return deviceErr(`(${names.debug(a)}) Already enabled with page table ${sharp(b)}\n`);
    case 10:
      if (driver >= DRIVER_V3_6) {
        return err(`${FAULT_NAMES[a]} occurred at ${hex(b)}(Page table base: ${hex(c)})\n`);
      }
      return err(
        `${FAULT_NAMES[a]} occurred at ${sharp(b)} by ${names.sysmmu(d)}(Page table base: ${long(c)})\n`,
      );
    case 11:
      return err(`\tLv1 entry: ${driver >= DRIVER_V3_6 ? hex(a) : sharp(a)}\n`);
    case 12:
      return err(`\t Lv2 entry: ${driver >= DRIVER_V3_6 ? hex(a) : sharp(a)}\n`);
    case 13:
      return err("Generating Kernel OOPS... because it is unrecoverable.\n");
    case 14:
      return err(`exynos_sysmmu_irq: Fault is not occurred by System MMU '${names.sysmmu(a)}'!\n`);
    case 15:
      return err("exynos_sysmmu_irq: Please check if IRQ is correctly configured.\n");
    case 16:
      return deviceErr(`${names.device(c)}: ${cause(a, d !== 0)} FAULT occurred at ${sharp(b)}\n`);
    default:
      return err(`message ${text}\n`);
  }
}

/** Text of a WARN (TEXT_* number) about `iova`. */
export function driverWarning(text: number, iova: number): string {
  if (text === 1) return `Trying mapping on 1MiB@${sharp8(iova)} that is mapped`;
  return `Trying mapping on ${sharp8(iova)} mapped with 1MiB page`;
}

function cause(bit: number, version5: boolean): string {
  if (version5) return `${bit >= 16 ? "AW" : "AR"} ${V5_CAUSES[bit & 15]}`;
  return FAULT_NAMES[bit]!.replace(/ FAULT$/, "");
}

function err(text: string): [string, string] {
  return ["err", text];
}

function deviceErr(text: string): [string, string] {
  return ["dev_err", text];
}

/** printf's 0x%x. */
function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** printf's %#x: no prefix before 0. */
function sharp(value: number): string {
  return value === 0 ? "0" : hex(value);
}

/** printf's %#08x: the prefix counts. */
function sharp8(value: number): string {
  if (value === 0) return "00000000";
  return `0x${(value >>> 0).toString(16).padStart(6, "0")}`;
}

/** printf's %pa of a 32-bit phys_addr_t. */
function long(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}
