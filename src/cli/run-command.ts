import { Config, type Command } from '@oclif/core'
import type { Program } from './program.js'

/** Loads one command and runs it; the result is the exit code. */
export async function runCommand(
  id: string,
  words: string[],
  { root, program }: { root: string; program: Program },
): Promise<number> {
  const config = await Config.load({ root })
  config.bin = program.name
  // Not a literal: the bundler must leave it to be found at run time, one file a command.
  const file = new URL(`../commands/${id.replaceAll(':', '/')}.js`, import.meta.url).href
  const loaded = (await import(file)) as {
    default: typeof Command & (new (argv: string[], config: Config) => Command)
  }
  loaded.default.id = id
  await loaded.default.run(words, config)
  return Number(process.exitCode ?? 0)
}
