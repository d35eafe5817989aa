// The subcommands, in the order help lists them.

import type { Command } from "../command.js";
import { bench } from "./bench.js";
import { conformance } from "./conformance.js";

/** Every subcommand. */
export const commands: readonly Command[] = [conformance, bench];
