// The subcommands, in the order help lists them.

import type { Command } from "../command.js";
import { bench } from "./bench.js";
import { compare } from "./compare.js";
import { conformance } from "./conformance.js";
import { convert } from "./convert.js";
import { explainCommand } from "./explain.js";
import { replay } from "./replay.js";
import { soc } from "./soc.js";

/** Every subcommand. */
export const commands: readonly Command[] = [
  replay,
  compare,
  convert,
  explainCommand,
  soc,
  conformance,
  bench,
];
