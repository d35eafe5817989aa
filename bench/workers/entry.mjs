// Starts a TypeScript module in a worker: the loader that serves the main thread does not reach it.

import { workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
await import(workerData.module);
