import type { Benchmark } from './benchmark.js'
import { bedBinary, ours } from './programs.js'

/** `--help`, which loads oclif and the manifest. */
export const help: Benchmark = {
  name: 'help',
  run: async (race) => {
    const helms = ['helm3', 'helm4'].map(async (name) => {
      return { title: `${name} --help`, command: await bedBinary(name), words: ['--help'] }
    })
    const theirs = await Promise.all(helms)
    return race({
      contenders: [ours('--help', ['--help']), ...theirs],
      limits: theirs.map(({ title }) => ({ ours: '--help', theirs: title, most: 3 })),
      rounds: { counted: 25, warmUp: 3 },
    })
  },
}
