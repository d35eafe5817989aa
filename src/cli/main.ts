#!/usr/bin/env node
// Entry of the command line.

import { printable } from "../report/printable.js";
import { EXIT_USAGE } from "./command.js";
import { run } from "./run.js";

// A reader that closes early (`| head`) is no error; a full disk is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`sysmmu: standard output cannot be written: ${error.message.replaceAll("\n", " ")}\n`);
  process.exit(EXIT_USAGE);
});
// Where messages cannot be written either, the status has to do.
process.stderr.on("error", () => process.exit(EXIT_USAGE));

run(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, cwd: process.cwd() }).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    // A bug of ours, or input of a kind nobody thought of; either way no result.
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `sysmmu: internal error: ${printable(text.replaceAll("\n", " "))} (SYSMMU_DEBUG=1 shows where)\n`,
    );
    if (process.env["SYSMMU_DEBUG"] !== undefined) console.error(error);
    process.exitCode = EXIT_USAGE;
  },
);
