// What the driver says and asks of the kernel around it, as log events: clocks, power,
// warnings, stops, messages. Nothing here changes what the machine does.
//
// Not modelled: clock and power trees; message rate limits.

import {
  COUNT_DRIVER_BUGS,
  COUNT_DRIVER_WARNINGS,
  LOG_GROUP_DRIVER,
  LOGK_BUG,
  LOGK_CLOCK,
  LOGK_POWER,
  LOGK_PRINT,
  LOGK_WARN,
  LOGK_WARN_ON,
} from "../abi";
import { count } from "../counters";
import { logEvent, logging } from "../log";
import { driver, unitOf } from "./state";

/** A clock call (`what` CLOCK_ENABLE ...) on the clocks in `mask` that the instance has, one event each. */
export function clock(instance: u32, what: u32, mask: u32): void {
  if (!logging(LOG_GROUP_DRIVER)) return;
  const have = unitOf(instance).clocks;
  const named = (have === 0 ? 3 : have) & mask;
  if (named !== 0) logEvent(LOG_GROUP_DRIVER, LOGK_CLOCK, what, named, instance, 0, 0);
}

/** A runtime power call (POWER_*) on `instance`. */
export function power(what: u32, instance: u32): void {
  if (logging(LOG_GROUP_DRIVER)) logEvent(LOG_GROUP_DRIVER, LOGK_POWER, what, instance, 0, 0, 0);
}

/** WARN_ON with one of our labels. */
export function warnOn(label: u32): void {
  count(COUNT_DRIVER_WARNINGS);
  if (logging(LOG_GROUP_DRIVER)) logEvent(LOG_GROUP_DRIVER, LOGK_WARN_ON, label, 0, 0, 0, 0);
}

/** WARN with a text. */
export function warn(text: u32, a: u32): void {
  count(COUNT_DRIVER_WARNINGS);
  if (logging(LOG_GROUP_DRIVER)) logEvent(LOG_GROUP_DRIVER, LOGK_WARN, text, a, 0, 0, 0);
}

/** BUG: the kernel stops here. The caller returns at once; driverBug tells the label. */
export function bug(label: u32): void {
  driver().bug = label;
  count(COUNT_DRIVER_BUGS);
  if (logging(LOG_GROUP_DRIVER)) logEvent(LOG_GROUP_DRIVER, LOGK_BUG, label, 0, 0, 0, 0);
}

/** A message (TEXT_*) with its operands. */
export function print(text: u32, a: u32, b: u32, c: u32, d: u32): void {
  if (logging(LOG_GROUP_DRIVER)) logEvent(LOG_GROUP_DRIVER, LOGK_PRINT, text, a, b, c, d);
}
