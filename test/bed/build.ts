/**
 * The bed's binaries: built once by Go into the user's cache, keyed by what they are built from, or taken from
 * the folder that MESH_UPGRADE_BED_BIN names.
 */
import { execFile, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { binaries, buildArgs, buildEnvironment, buildKey, type Binary } from './binaries.js'
import { withBuildLock } from './build-lock.js'

export type Tell = (line: string) => void

const toolsFolder = fileURLToPath(new URL('tools', import.meta.url))
const keptBuilds = 2

/** Writes a line of progress where it does not mix with results. */
export const tellOnStderr: Tell = (line) => process.stderr.write(`${line}\n`)

/**
 * The folder with kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, helm3, helm4, kwok and etcd.
 * Builds what is missing (about 10 minutes the first time, a minute when Go's own cache is warm).
 * Throws when Go is missing, too old or fails, or when MESH_UPGRADE_BED_BIN lacks a binary.
 */
export async function ensureBuilt(tell: Tell = tellOnStderr): Promise<string> {
  const wanted = binaries(readFileSync(join(toolsFolder, 'go.mod'), 'utf8'))
  const given = process.env['MESH_UPGRADE_BED_BIN']
  if (given) return checkGiven(resolve(given), wanted)
  const cache = bedCache('bed')
  const folder = join(cache, buildKey(toolsFolder, await goVersion()))
  mkdirSync(folder, { recursive: true })
  if (missing(folder, wanted).length > 0) {
    const wait: Tell = (holder) => tell(`waiting for the build of process ${holder}`)
    await withBuildLock(
      join(cache, 'lock'),
      (pid) => wait(String(pid)),
      () => buildAll(folder, wanted, tell),
    )
  }
  const now = new Date()
  utimesSync(folder, now, now)
  prune(cache)
  return folder
}

/** A folder in the user's cache. */
export function bedCache(name: string): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(cache, 'kubectl-mesh-upgrade', name)
}

function checkGiven(folder: string, wanted: Binary[]): string {
  const lacking = missing(folder, wanted)
  if (lacking.length === 0) return folder
  const names = lacking.map(({ name }) => name).join(', ')
  throw new Error(`MESH_UPGRADE_BED_BIN=${folder} has no executable ${names}`)
}

function missing(folder: string, wanted: Binary[]): Binary[] {
  return wanted.filter(({ name }) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return false
    } catch {
      return true
    }
  })
}

async function buildAll(folder: string, wanted: Binary[], tell: Tell): Promise<void> {
  const todo = missing(folder, wanted)
  // Another process may have built them while this one waited for the lock.
  if (todo.length === 0) return
  for (const name of readdirSync(folder)) if (name.endsWith('.tmp')) rmSync(join(folder, name))
  tell(`building ${todo.length} programs for the test bed: once, about 10 minutes if Go has never built them`)
  const start = Date.now()
  for (const [i, binary] of todo.entries()) {
    tell(`building ${binary.name} (${i + 1} of ${todo.length}, ${Math.round((Date.now() - start) / 1000)} s)`)
    const temporary = join(folder, `${binary.name}.${process.pid}.tmp`)
    await runGo(buildArgs(binary, temporary))
    renameSync(temporary, join(folder, binary.name))
  }
  tell(`built ${todo.length} programs in ${Math.round((Date.now() - start) / 1000)} s: ${folder}`)
}

async function runGo(args: string[]): Promise<void> {
  const env = { ...process.env, ...buildEnvironment }
  const child = spawn('go', args, { cwd: toolsFolder, env, stdio: ['ignore', 2, 2] })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`go ${args.join(' ')} failed (see above)`)
}

/** Go's version and platform; asked in the folder of go.mod, where Go itself refuses when it is too old. */
async function goVersion(): Promise<string> {
  const needed = /^go (\S+)/m.exec(readFileSync(join(toolsFolder, 'go.mod'), 'utf8'))?.[1] ?? ''
  const wayRound = 'or name a folder with the binaries in MESH_UPGRADE_BED_BIN'
  try {
    const env = { ...process.env, ...buildEnvironment }
    const { stdout } = await promisify(execFile)('go', ['version'], { cwd: toolsFolder, env })
    if (isOlder(stdout, needed)) throw new Error(stdout.trim())
    return stdout.trim()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const found = code === 'ENOENT' ? 'there is no go in PATH' : message.trim().split('\n').at(-1)
    throw new Error(`the test bed is built by Go ${needed} or newer, and ${found}: install it, ${wayRound}`)
  }
}

function isOlder(printed: string, needed: string): boolean {
  const numbers = (text: string): number[] => text.split('.').map(Number)
  const [major = 0, minor = 0] = numbers(/go(\d+\.\d+)/.exec(printed)?.[1] ?? '0.0')
  const [neededMajor = 0, neededMinor = 0] = numbers(needed)
  return major < neededMajor || (major === neededMajor && minor < neededMinor)
}

/** Older builds go; the lock file and the two folders used last stay. */
function prune(cache: string): void {
  const folders = readdirSync(cache, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const used = folders.map(({ name }) => ({ name, at: statSync(join(cache, name)).mtimeMs }))
  used.sort((a, b) => b.at - a.at)
  for (const { name } of used.slice(keptBuilds)) {
    if (existsSync(join(cache, name))) rmSync(join(cache, name), { recursive: true, force: true })
  }
}
