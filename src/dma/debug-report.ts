// DMA-API debug: counting errors and deciding which are shown (err_printk).
//
// Every error counts. It is shown when the driver filter lets it pass and either allErrors is set or
// numErrors is not used up; numErrors goes down by one for each error, shown or not, unless allErrors.
//
// Not modelled: stack traces ("Mapped at:").

import {
  DEBUG_CHECKS,
  DEBUG_NOTICES,
  type DebugCheckId,
  type DebugFields,
  formatDebug,
} from "./debug-checks.js";
import { DriverFilter } from "./debug-filter.js";
import type { DebugRules } from "./debug-versions.js";

/** A text that the kernel would have put out. */
export interface DebugEvent {
  /** "warn": WARN with a trace; "print": a log line; "dump": a line of debugfs `dump`. */
  readonly kind: "warn" | "print" | "dump";
  /** Log level of a print ("info", "err", "dev_info"), else empty. */
  readonly level: "" | "info" | "err" | "dev_info";
  /** Check that fired, or null. */
  readonly check: DebugCheckId | null;
  /** The text with its line feeds. */
  readonly text: string;
}

/** A device as the checks see it. */
export interface DebugDevice {
  /** dev_name(), e.g. `11800000.fimc`. */
  readonly name: string;
  /** Name of the bound driver, or null. */
  driver: string | null;
  /** Name of its bus, printed for the driver when none is bound. */
  readonly bus: string;
  /** dma_get_max_seg_size(), bytes. */
  maxSegment: number;
  /** dma_get_seg_boundary(), a mask. */
  segmentBoundary: number;
}

const NONE: readonly DebugEvent[] = Object.freeze([]);

/** dev_driver_string(). */
export function driverString(device: DebugDevice | null): string {
  return device === null ? "NULL" : (device.driver ?? device.bus);
}

/** Error counters, filter, and the texts of the call under way. */
export class DebugReporter {
  readonly #rules: DebugRules;
  readonly filter = new DriverFilter();
  #events: DebugEvent[] | null = null;
  /** debugfs error_count. */
  errorCount = 0;
  /** debugfs num_errors: errors still to be shown. */
  numErrors = 1;
  /** debugfs all_errors. */
  allErrors = false;

  constructor(rules: DebugRules) {
    this.#rules = rules;
  }

  /** Texts since the last call of this function. */
  drain(): readonly DebugEvent[] {
    const events = this.#events;
    if (events === null) return NONE;
    this.#events = null;
    return events;
  }

  /** An error of `device` (null: none given). */
  error(check: DebugCheckId, device: DebugDevice | null, fields: DebugFields): void {
    this.errorCount = (this.errorCount + 1) >>> 0;
    if (
      this.filter.passes(device === null ? null : device.driver) &&
      (this.allErrors || this.numErrors > 0)
    ) {
      const text = formatDebug(this.#wording(check), fields);
      const who = `${driverString(device)} ${device === null ? "NULL" : device.name}: `;
      this.#push({
        kind: "warn",
        level: "",
        check,
        text: this.#rules.prefix === "api-first" ? `DMA-API: ${who}${text}` : `${who}DMA-API: ${text}`,
      });
    }
    if (!this.allErrors && this.numErrors > 0) this.numErrors--;
  }

  /** A notice; `level` null for a WARN. */
  notice(name: keyof typeof DEBUG_NOTICES, level: "info" | "err" | null, fields: DebugFields = {}): void {
    const text = `DMA-API: ${formatDebug(DEBUG_NOTICES[name], fields)}`;
    this.#push({ kind: level === null ? "warn" : "print", level: level ?? "", check: null, text });
  }

  /** A finished line. */
  line(kind: "print" | "dump", level: "" | "dev_info", text: string): void {
    this.#push({ kind, level, check: null, text });
  }

  #wording(check: DebugCheckId): string {
    const row: { text: string; v314?: string } = DEBUG_CHECKS[check];
    return this.#rules.version === "v3.14" ? (row.v314 ?? row.text) : row.text;
  }

  #push(event: DebugEvent): void {
    if (this.#events === null) this.#events = [event];
    else this.#events.push(event);
  }
}
