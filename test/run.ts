/**
 * `npm test`: every part, the time of each, and one line with the sum as the last line.
 * Words choose: names of parts (`unit`, `e2e`, `lint` …), anything else is a pattern for test titles.
 * Three end-to-end files run at a time, since they mostly wait; `JOBS=1 npm test -- e2e` makes it one.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import Mocha from 'mocha'

interface Counts {
  passed: number
  failed: number
  skipped: number
  /** Which failed, with their errors, and which were skipped, with the reason. */
  remarks: string[]
}

interface Part {
  name: string
  run: (pattern: string | undefined, output: Output) => Promise<Counts>
}

const none: Counts = { passed: 0, failed: 0, skipped: 0, remarks: [] }

/** With `pipe` the output is shown when it is complete. */
type Output = 'inherit' | 'pipe'

/** Parts that are done side by side, each lane in turn. */
type Stage = Part[][]

const root = fileURLToPath(new URL('..', import.meta.url))
const inTests = (file: string): string => join(root, 'test', file)
const isBedTest = (file: string): boolean => /\.bed\.test\.ts$|^bed[\\/]bed\.test\.ts$|^e2e[\\/]/.test(file)
const testFiles = readdirSync(inTests(''), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .sort()

const check = (name: string, ...words: string[]): Part => ({
  name,
  run: (_, output) => tool(words, 1, output),
})

const stages: Stage[] = [
  [[{ name: 'build', run: (_, output) => tool(['build.js'], 0, output) }]],
  // A cold build takes minutes: it belongs to no test's time.
  [[{ name: 'bed', run: (_, output) => tool(['--import', 'tsx', 'test/bed/cli.ts', 'build'], 0, output) }]],
  [
    [
      check('typecheck', 'node_modules/typescript/bin/tsc', '--noEmit'),
      check('lint', 'node_modules/eslint/bin/eslint.js', '.'),
      check('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '.'),
    ],
    [{ name: 'unit', run: runUnit }],
  ],
  [[{ name: 'e2e', run: runEndToEnd }]],
]
const partNames = stages.flat(2).map(({ name }) => name)

/** A program that is right or wrong as a whole. */
async function tool(words: string[], counts: 0 | 1, output: Output): Promise<Counts> {
  const exitCode = await start(words, output)
  if (exitCode === 0) return { ...none, passed: counts }
  return { ...none, failed: 1, remarks: [`failed: node ${words.join(' ')}: exit code ${exitCode}`] }
}

function runUnit(pattern: string | undefined, output: Output): Promise<Counts> {
  const files = testFiles.filter((file) => !isBedTest(file)).map(inTests)
  return mochaInChild({ files, pattern, timeoutMs: 5000, reporter: 'dot' }, output)
}

const rank = (file: string): number => (file.startsWith('e2e') ? 0 : 1)

/** One process a file, so that no bed outlives its suite. */
async function runEndToEnd(pattern: string | undefined): Promise<Counts> {
  // The long ones first, so that no worker is left alone with one at the end.
  const queue = testFiles.filter(isBedTest).sort((left, right) => rank(left) - rank(right))
  // Side by side, threads that spin for work take a fifth of the machine.
  process.env.GOMAXPROCS ??= '1'
  const states = mkdtempSync(join(tmpdir(), 'mesh-upgrade-states-'))
  process.env.MESH_UPGRADE_MESH_STATES = states
  const jobs = Math.max(1, Number(process.env.JOBS ?? 3) || 1)
  const sums: Counts[] = []
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const task: MochaTask = { files: [inTests(file)], pattern, timeoutMs: 180_000, reporter: 'spec' }
      sums.push(await mochaInChild(task, jobs > 1 ? 'pipe' : 'inherit'))
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker)).finally(() => rmSync(states, { recursive: true }))
  return sum(sums)
}

interface MochaTask {
  files: string[]
  pattern: string | undefined
  timeoutMs: number
  reporter: string
}

async function mochaInChild(task: MochaTask, output: Output): Promise<Counts> {
  if (task.files.length === 0) return none
  const folder = mkdtempSync(join(tmpdir(), 'mesh-upgrade-test-'))
  const resultFile = join(folder, 'counts.json')
  try {
    writeFileSync(join(folder, 'task.json'), JSON.stringify(task))
    const words = ['--import', 'tsx', fileURLToPath(import.meta.url), '--child', folder]
    const exitCode = await start(words, output)
    const counts = readCounts(resultFile)
    // A process that died has not counted what it did not get to.
    if (counts && (exitCode === 0 || counts.failed > 0)) return counts
    const remark = `failed: ${task.files.join(' ')}: the process died with exit code ${exitCode}`
    return { ...(counts ?? none), failed: 1, remarks: [...(counts?.remarks ?? []), remark] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readCounts(file: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts
  } catch {
    return undefined
  }
}

/** Runs node. */
function start(words: string[], output: Output): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', output, output] })
    let text = ''
    child.stdout?.on('data', (data: Buffer) => (text += data.toString()))
    child.stderr?.on('data', (data: Buffer) => (text += data.toString()))
    child.on('error', reject)
    child.on('close', (exitCode) => {
      process.stdout.write(text)
      resolve(exitCode ?? 1)
    })
  })
}

/** In the child: runs mocha on the files and writes down the counts. */
async function runChild(folder: string): Promise<void> {
  const task = JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')) as MochaTask
  const { timeoutMs: timeout, reporter, pattern } = task
  const mocha = new Mocha({
    timeout,
    reporter,
    forbidOnly: true,
    ...(pattern === undefined ? {} : { grep: pattern }),
  })
  task.files.forEach((file) => mocha.addFile(file))
  await mocha.loadFilesAsync()
  const counts: Counts = { ...none, remarks: [] }
  const runner = mocha.run((failures) => {
    writeFileSync(join(folder, 'counts.json'), JSON.stringify(counts))
    process.exit(failures === 0 ? 0 : 1)
  })
  runner.on('pass', () => counts.passed++)
  runner.on('fail', (test, error: unknown) => {
    counts.failed++
    counts.remarks.push(`failed: ${test.fullTitle()}\n${inspect(error)}`)
  })
  runner.on('pending', (test) => {
    counts.skipped++
    counts.remarks.push(`skipped: ${test.fullTitle()}: ${skipReason(test)}`)
  })
}

/** `this.test.skipReason = '…'` before `this.skip()`; a test without a body says in its title what it waits for. */
function skipReason(test: object): string {
  const { skipReason: reason, body } = test as { skipReason?: string; body?: string }
  return reason ?? (body === '' ? 'not written yet' : 'no reason given')
}

function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (total, each) => ({
      passed: total.passed + each.passed,
      failed: total.failed + each.failed,
      skipped: total.skipped + each.skipped,
      remarks: [...total.remarks, ...each.remarks],
    }),
    none,
  )
}

/** The parts that the words choose; what runs the program needs it built. */
function chosen(words: readonly string[]): { stages: Stage[]; pattern: string | undefined } {
  const named = words.filter((word) => partNames.includes(word))
  const others = words.filter((word) => !partNames.includes(word))
  const pattern = others.length > 0 ? others.join(' ') : undefined
  const names = named.length > 0 ? named : pattern === undefined ? partNames : ['unit', 'e2e']
  const needed = names.includes('e2e') || names.includes('unit') ? [...names, 'build', 'bed'] : names
  const lanesOf = (stage: Stage): Stage =>
    stage.map((lane) => lane.filter(({ name }) => needed.includes(name))).filter((lane) => lane.length > 0)
  return { stages: stages.map(lanesOf), pattern }
}

interface Result {
  name: string
  counts: Counts
  ms: number
}

async function runStage(lanes: Stage, pattern: string | undefined): Promise<Result[]> {
  const output = lanes.length > 1 ? 'pipe' : 'inherit'
  const runLane = async (lane: readonly Part[]): Promise<Result[]> => {
    const results: Result[] = []
    for (const { name, run } of lane) {
      process.stdout.write(`\n== ${name}\n`)
      const startedAt = Date.now()
      results.push({ name, counts: await run(pattern, output), ms: Date.now() - startedAt })
    }
    return results
  }
  return (await Promise.all(lanes.map(runLane))).flat()
}

async function main(words: readonly string[]): Promise<void> {
  const { stages: wanted, pattern } = chosen(words)
  const results: Result[] = []
  for (const stage of wanted) {
    results.push(...(await runStage(stage, pattern)))
    // Without a build there is nothing that the rest could test.
    if (results.some(({ name, counts }) => (name === 'build' || name === 'bed') && counts.failed > 0)) break
  }
  const total = sum(results.map(({ counts }) => counts))
  // Said again at the end, where it is found in a long log.
  process.stdout.write(total.remarks.map((remark) => `\n${remark}\n`).join('') + '\n')
  for (const { name, counts, ms } of results) {
    const seconds = (ms / 1000).toFixed(1).padStart(7)
    process.stdout.write(`${name.padEnd(10)}${seconds} s  ${counts.passed} passed, ${counts.failed} failed\n`)
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`)
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
}

const words = process.argv.slice(2)
await (words[0] === '--child' && words[1] !== undefined ? runChild(words[1]) : main(words))
