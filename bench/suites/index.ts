// The suites in the order they run.

import type { Suite } from "../suite.js";
import { debug } from "./debug.js";
import { files } from "./files.js";
import { iova } from "./iova.js";
import { levels } from "./levels.js";
import { machines } from "./machine.js";
import { map } from "./map.js";
import { replay } from "./replay.js";
import { sync } from "./sync.js";
import { translate } from "./translate.js";
import { walk } from "./walk.js";
import { workers } from "./workers.js";

/** Every suite. */
export const suites: readonly Suite[] = [
  iova,
  map,
  translate,
  walk,
  sync,
  replay,
  levels,
  files,
  debug,
  workers,
  machines,
];
