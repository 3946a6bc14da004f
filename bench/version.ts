import type { Benchmark } from './benchmark.js'
import { bareNode, ours } from './programs.js'

/** `--version` is answered before anything is loaded. */
export const version: Benchmark = {
  name: 'version',
  run: (race) =>
    race({
      contenders: [ours('--version', ['--version']), bareNode],
      limits: [{ ours: '--version', theirs: bareNode.title, most: 1.5 }],
      rounds: { counted: 25, warmUp: 3 },
    }),
}
