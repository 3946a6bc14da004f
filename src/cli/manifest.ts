import type { CommandShape, FlagShape } from './words.js'

/** What `oclif.manifest.json` says of a flag. */
export interface ManifestFlag extends FlagShape {
  description?: string
  helpGroup?: string
  hidden?: boolean
}

/** What `oclif.manifest.json` says of a command: enough for help, completion and the check of words. */
export interface ManifestCommand extends CommandShape {
  summary?: string
  description?: string
  examples?: string[]
  hidden?: boolean
  flags: Record<string, ManifestFlag>
  args: Record<string, { name: string; description?: string; required?: boolean }>
}

export interface Manifest {
  version: string
  commands: Record<string, ManifestCommand>
}
