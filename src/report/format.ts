// Numbers as reports print them.
// Not modelled: locales; a report reads the same everywhere.

/** 1234567 as `1,234,567`. */
export function formatCount(value: number): string {
  const [whole = "", fraction] = String(Math.abs(value)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${value < 0 ? "-" : ""}${grouped}${fraction === undefined ? "" : `.${fraction}`}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes with a binary unit and three significant digits: `0 B`, `1.50 MiB`, `16.0 KiB`. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  // 1023.5 would print as 1024 of the smaller unit.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const sign = bytes < 0 ? "-" : "";
  if (unit === 0) return `${sign}${value} B`;
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${sign}${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** `part` of `whole` in percent with one decimal; `-` when there is no whole. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)}%`;
}

/** A u32 as `0x00001000`. */
export function formatAddress(address: number): string {
  return `0x${(address >>> 0).toString(16).padStart(8, "0")}`;
}

/** Million operations per second with three significant digits; `-` for none measured. */
export function formatRate(millionPerSecond: number): string {
  if (millionPerSecond <= 0) return "-";
  return millionPerSecond >= 100 ? millionPerSecond.toFixed(0) : millionPerSecond.toPrecision(3);
}
