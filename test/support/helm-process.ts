/** A process of ours that runs a helm and is killed by its test: `helm-process.ts BINARY REQUEST`. */
import { writerOf } from './pretend-helm.js'
import type { HelmUpgradeRequest } from '../../src/ports/helm.js'

const [binary = '', request = '{}'] = process.argv.slice(2)
const parsed = JSON.parse(request) as HelmUpgradeRequest
const say = (line: string): void => void process.stdout.write(`${line}\n`)
await writerOf(binary, process.env).upgrade(parsed, say, new AbortController().signal)
