import { execFile } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { promisify } from 'node:util'
import { bedBinary } from './programs.js'

/** What the figures were measured on, one line each. */
export async function describeMachine(): Promise<string[]> {
  const cores = cpus()
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB`
  const helms = await Promise.all(['helm3', 'helm4'].map(helmVersion))
  return [
    `${cores[0]?.model.trim() || 'unknown CPU'}, ${cores.length} cores, ${memory}, ${type()} ${release()}`,
    `node ${process.version}, ${helms.join(', ')}; load ${(loadavg()[0] ?? 0).toFixed(1)} at the start`,
  ]
}

async function helmVersion(name: string): Promise<string> {
  const words = ['version', '--template', '{{.Version}}']
  const { stdout } = await promisify(execFile)(await bedBinary(name), words)
  return `helm ${stdout.trim()}`
}
