/** `npm run bed`: beds by hand. stdout carries shell lines or a table, stderr progress; bad usage exits with 1. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { delimiter } from 'node:path'
import { isRunning } from './build-lock.js'
import { ensureBuilt, tellOnStderr } from './build.js'
import { parseCommand, usage, type Command } from './command-line.js'
import { entryFile, listEntries, readEntry, registryFolder, type Entry } from './registry.js'
import { saveBed } from './state.js'
import type { Report, SupervisorOptions } from './supervisor.js'

const stopTimeoutMs = 15_000

async function run(command: Command): Promise<void> {
  switch (command.type) {
    case 'help':
      return print(usage.trimEnd())
    case 'build':
      return print(await ensureBuilt())
    case 'list':
      return listEntries().forEach((entry) => print(describe(entry)))
    case 'up':
      return up(command.options)
    case 'down':
      return down(command.name)
    case 'save':
      return tellOnStderr(`saved ${await saveBed(running(command.name), command.state)}`)
  }
}

async function up(options: SupervisorOptions): Promise<void> {
  const before = readEntry(options.name)
  if (before && !before.bed) throw new Error(`a bed named ${options.name} is being started`)
  if (before) tellOnStderr(`a bed named ${options.name} runs already`)
  else await startSupervisor(options)
  printEnvironment(running(options.name).env)
}

/** A process of its own session, so that the bed outlives this terminal. */
async function startSupervisor(options: SupervisorOptions): Promise<void> {
  const script = fileURLToPath(new URL('supervisor.ts', import.meta.url))
  const log = openSync(join(registryFolder(), `${options.name}.log`), 'w', 0o600)
  const args = ['--import', import.meta.resolve('tsx'), script, JSON.stringify(options)]
  const stdio: ('ignore' | 'ipc' | number)[] = ['ignore', log, log, 'ipc']
  const child = spawn(process.execPath, args, { cwd: homedir(), detached: true, stdio })
  closeSync(log)
  await new Promise<void>((resolve, reject) => {
    child.on('message', (report: Report) => {
      if (report.type === 'progress') tellOnStderr(report.line)
      if (report.type === 'up') resolve()
      if (report.type === 'failed') reject(new Error(report.message))
    })
    const log = join(registryFolder(), `${options.name}.log`)
    child.on('error', reject).on('exit', () => reject(new Error(`the bed's supervisor ended: see ${log}`)))
  })
  child.removeAllListeners()
  child.unref()
  if (child.connected) child.disconnect()
}

async function down(name: string | undefined): Promise<void> {
  const entries = name === undefined ? listEntries() : [readEntry(name)]
  for (const entry of entries) {
    if (!entry) throw new Error(`no bed named ${name} is running`)
    await stopEntry(entry)
    tellOnStderr(`stopped ${entry.name}`)
  }
}

async function stopEntry({ name, pid }: Entry): Promise<void> {
  process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + stopTimeoutMs
  while (isRunning(pid) && Date.now() < deadline) await sleep(50)
  // The watchdog does the rest.
  if (isRunning(pid)) process.kill(pid, 'SIGKILL')
  while (readEntry(name)?.pid === pid) await sleep(50)
  for (const file of [entryFile(name), join(registryFolder(), `${name}.log`)]) rmSync(file, { force: true })
}

function running(name: string): NonNullable<Entry['bed']> {
  const bed = readEntry(name)?.bed
  if (!bed) throw new Error(`no bed named ${name} is running`)
  return bed
}

function describe({ name, pid, bed }: Entry): string {
  const columns = bed ? [bed.apiServerUrl, bed.since, bed.actor ?? '-', bed.dir] : ['starting']
  return [name, String(pid), ...columns].join('  ')
}

/** Lines for `eval`; PATH is put before the caller's own. */
function printEnvironment({ PATH = '', ...rest }: Record<string, string>): void {
  for (const [name, value] of Object.entries(rest)) print(`export ${name}=${quote(value)}`)
  print(`export PATH=${quote(PATH.split(delimiter)[0] ?? '')}:"$PATH"`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  await run(parseCommand(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`bed: ${(error as Error).message}\n`)
  process.exitCode = 1
}
