#!/usr/bin/env node
// Starts the built program. A lone --version is answered before anything is loaded.
import module from 'node:module'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const argv = process.argv.slice(2)
const launcher = join(root, 'dist', 'cli', 'launcher.js')
const manifestFile = join(root, 'oclif.manifest.json')

if (argv.length === 1 && argv[0] === '--version') {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  process.stdout.write(`kubectl-mesh-upgrade ${version}\n`)
} else if (existsSync(launcher) && existsSync(manifestFile)) {
  module.enableCompileCache?.()
  const { launch } = await import('../dist/cli/launcher.js')
  await launch({ argv, root, manifest: JSON.parse(readFileSync(manifestFile, 'utf8')) })
} else {
  process.stderr.write(`kubectl-mesh-upgrade is not built yet: run "npm run build" in ${root}\n`)
  process.exitCode = 1
}
