import { Config } from '@oclif/core'
import type { BaseCommand } from './base-command.js'
import type { Program } from './program.js'

/** Loads one command and runs it; the result is the exit code. */
export async function runCommand(
  id: string,
  words: string[],
  { root, program, version }: { root: string; program: Program; version: string },
): Promise<number> {
  // Not loaded: that would look for plugins and commands, of which the launcher knows what there is.
  const config = new Config({ root })
  config.bin = program.name
  config.version = version
  // Not a literal: the bundler must leave it to be found at run time, one file a command.
  const file = new URL(`../commands/${id.replaceAll(':', '/')}.js`, import.meta.url).href
  const loaded = (await import(file)) as {
    default: { id: string } & (new (argv: string[], config: Config) => BaseCommand)
  }
  loaded.default.id = id
  await new loaded.default(words, config).perform()
  return Number(process.exitCode ?? 0)
}
