#!/usr/bin/env node
// Starts the program from source, without a build; slower than run.js.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { register } from 'tsx/esm/api'

register()
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { manifestOf } = await import('../build.js')
const { launch } = await import('../src/cli/launcher.ts')
await launch({ argv: process.argv.slice(2), root, manifest: await manifestOf('./src/commands') })
