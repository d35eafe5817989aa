// `sysmmu soc [name | board.dtb]`: the System MMUs, bus masters, interrupts, clocks and power domains of an SoC
// by name, or of a board by its flattened device tree.
//
// Not modelled: device-tree sources; compile them with dtc first.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { formatAddress, formatBytes } from "../../report/format.js";
import { type Column, tableLines } from "../../report/table.js";
import { socFromDeviceTree } from "../../soc/device-tree.js";
import { FdtError } from "../../soc/fdt.js";
import { routeInterrupt, SOCS, socByName } from "../../soc/find.js";
import type { ClockGate, Interrupt, SocDescription } from "../../soc/types.js";
import { type Command, EXIT_DONE, type OptionValues } from "../command.js";
import { type Io, UsageError } from "../io.js";
import { jsonText, writeOutput } from "../output.js";

/** Raised when the JSON form changes. */
const SCHEMA_VERSION = 1;

/** A report in both forms. */
export interface SocReport {
  readonly text: string;
  /** The description with addresses as numbers, in an envelope that names the form and its version. */
  readonly json: {
    readonly schema: "sysmmu/soc";
    readonly schemaVersion: typeof SCHEMA_VERSION;
    readonly soc: SocDescription;
  };
}

/**
 * Report on an SoC by name, a board's flattened device tree, or a description.
 * Throws RangeError for an unknown name and FdtError for a blob that is none.
 */
export function socReport(source: string | Uint8Array | SocDescription): SocReport {
  const soc =
    typeof source === "string"
      ? socByName(source)
      : source instanceof Uint8Array
        ? socFromDeviceTree(source)
        : source;
  return {
    text: `${reportLines(soc).join("\n")}\n`,
    json: { schema: "sysmmu/soc", schemaVersion: SCHEMA_VERSION, soc },
  };
}

/** One line for each SoC with a table. */
export function socList(): SocReport["text"] {
  const rows = Object.values(SOCS).map((soc) => [
    soc.name,
    soc.title,
    String(soc.sysmmus.length),
    String(soc.devices.length),
  ]);
  return `${tableLines([left("name"), left("title"), { title: "System MMUs" }, { title: "masters" }], rows).join("\n")}\n`;
}

const left = (title: string): Column => ({ title, align: "left" });

/** Text of a device tree, safe to print on a terminal. */
function printable(text: string): string {
  return Array.from(text, (c) => (c < " " || (c >= "\x7f" && c < "\xa0") ? "?" : c)).join("");
}

function line(soc: SocDescription, interrupt: Interrupt | null): string {
  if (interrupt === null) return "?";
  if (interrupt.kind === "spi") return `SPI ${interrupt.number}`;
  const route = routeInterrupt(soc, interrupt);
  return `${interrupt.group},${interrupt.bit}${route === null ? "" : ` -> SPI ${route.spi}`}`;
}

function gate(clock: ClockGate | null): string {
  if (clock === null) return "-";
  if (clock.register === null) return clock.name;
  return `${clock.name} 0x${clock.register.toString(16)}:${clock.bit}`;
}

/** Interrupts of a master, neighbouring combiner lines drawn together. */
function lines(soc: SocDescription, interrupts: readonly Interrupt[]): string {
  return interrupts.map((i) => line(soc, i).replace(/ -> .*/, "")).join(" ") || "-";
}

function sysmmuTable(soc: SocDescription): string[] {
  const columns = [
    "System MMU",
    "base",
    "Linux name",
    "interrupt",
    "power",
    "clock",
    "master clock",
    "master",
    "version",
  ];
  return tableLines(
    columns.map(left),
    soc.sysmmus.map((s) => [
      `${s.name}${s.deviceTree ? "" : " *"}`,
      formatAddress(s.base),
      s.linuxName,
      line(soc, s.interrupt),
      s.powerDomain ?? "-",
      gate(s.clock),
      gate(s.masterClock),
      s.master ?? "-",
      formatAddress(s.version),
    ]),
  );
}

function masterTable(soc: SocDescription): string[] {
  return tableLines(
    ["master", "base", "bytes", "Linux name", "interrupts", "power", "System MMUs"].map(left),
    soc.devices.map((d) => [
      `${d.name}${d.enabled ? "" : " (off)"}`,
      d.base === 0 ? "?" : formatAddress(d.base),
      d.bytes === 0 ? "?" : `0x${d.bytes.toString(16)}`,
      d.linuxName,
      lines(soc, d.interrupts),
      d.powerDomain ?? "-",
      d.ports.join(" ") || "-",
    ]),
  );
}

function reportLines(soc: SocDescription): string[] {
  const out = [`${soc.title} (${soc.compatible})`];
  for (const m of soc.memory) {
    out.push(
      `${m.name.padEnd(8)} ${formatAddress(m.base)} - 0x${(m.base + m.bytes - 1).toString(16)}  ${formatBytes(m.bytes)}`,
    );
  }
  out.push("", ...sysmmuTable(soc));
  if (soc.sysmmus.some((s) => !s.deviceTree)) out.push("* known from headers, in no mainline device tree");
  out.push("version is what MMU_VERSION reads here: chosen by generation, no real value is published");
  out.push("", ...masterTable(soc));
  if (soc.powerDomains.length > 0) {
    const rows = soc.powerDomains.map((p) => [p.name, formatAddress(p.base), p.parent ?? "-"]);
    out.push("", ...tableLines(["power domain", "register", "needs"].map(left), rows));
  }
  out.push("");
  if (soc.combiner !== null) {
    const { base, groups, spis } = soc.combiner;
    out.push(`combiner ${formatAddress(base)}, ${groups} groups of 8, to SPI ${spis.join(" ")}`);
  }
  if (soc.gic !== null) {
    const { distributor, cpuInterface, cpuOffset } = soc.gic;
    out.push(
      `GIC distributor ${formatAddress(distributor)}, CPU interface ${formatAddress(cpuInterface)} ` +
        `(+0x${cpuOffset.toString(16)} for each CPU), INTID = SPI + 32`,
    );
  }
  if (soc.cmuBase !== 0) out.push(`clock gates are offsets from ${formatAddress(soc.cmuBase)}, register:bit`);
  return out.map(printable);
}

/** Description that an argument stands for: the name of a table, else a file. */
export function socArgument(argument: string, cwd: string): SocDescription {
  if (Object.hasOwn(SOCS, argument)) return socByName(argument);
  let blob: Uint8Array;
  try {
    blob = readFileSync(argument === "-" ? 0 : resolve(cwd, argument));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "cannot be read";
    throw new UsageError(
      `${argument}: neither one of ${Object.keys(SOCS).join(", ")} nor a device tree (${code})`,
    );
  }
  try {
    return socFromDeviceTree(blob);
  } catch (error) {
    if (error instanceof FdtError) throw new UsageError(`${argument}: ${error.message}`);
    throw error;
  }
}

/** The subcommand. */
export const soc: Command = {
  usage: "soc [name-or-dtb]",
  summary: "list the System MMUs and bus masters of an SoC or of a board's device tree",
  options: [],
  examples: [
    "sysmmu soc",
    "sysmmu soc exynos4412",
    "sysmmu soc exynos4412-odroidu3.dtb --json",
    "dtc -O dtb board.dts | sysmmu soc -",
  ],
  async run(args: readonly string[], options: OptionValues, io: Io): Promise<number> {
    const [argument] = args;
    if (argument === undefined) {
      const list = { schema: "sysmmu/socs", schemaVersion: SCHEMA_VERSION, socs: Object.values(SOCS) };
      writeOutput(options["json"] === true ? jsonText(list) : socList(), options, io);
      return EXIT_DONE;
    }
    const report = socReport(socArgument(argument, io.cwd));
    writeOutput(options["json"] === true ? jsonText(report.json) : report.text, options, io);
    return EXIT_DONE;
  },
};
