// Strategies on the command line: names of src/replay/strategy-name.ts with commas between.
//
// Not modelled: names with commas in them; there are none.

import type { Profile } from "../dma/profiles.js";
import { parseStrategy } from "../replay/strategy-name.js";
import type { OptionValues } from "./command.js";
import { UsageError } from "./io.js";
import { textOption } from "./options.js";

/** The strategies of option `name` in the order given, by their canonical names; `fallback` when it is absent. */
export function strategiesOption(
  options: OptionValues,
  name: string,
  fallback: readonly string[],
  profile: Profile,
): readonly string[] {
  const texts = textOption(options, name, fallback.join(",")).split(",");
  const names = texts.map((text) => {
    try {
      return parseStrategy(text.trim(), profile).name;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const { message } = error;
      const takes = message.startsWith("a strategy takes");
      throw new UsageError(takes ? message.replace("a strategy", `--${name}`) : `--${name}: ${message}`);
    }
  });
  const twice = names.find((item, i) => names.indexOf(item) !== i);
  if (twice !== undefined) throw new UsageError(`--${name} names a value twice: ${JSON.stringify(twice)}`);
  return names;
}
