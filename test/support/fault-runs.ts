/** Upgrades with one request spoilt each: run, judged, and brought to their end as the tool itself says. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startBed, type Bed } from '../bed/start.js'
import { startFaultProxy, type Fault, type FaultProxy, type ProxiedRequest } from './fault-proxy.js'
import {
  installFaultyRelease,
  isLocked,
  removeFaultyRelease,
  statusOf,
  wrongAfterUpgrade,
  type FaultyRelease,
} from './faulty-release.js'
import { runProgram, type Ran } from './run-program.js'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** One request of one program, and what becomes of it. */
export interface FaultCase {
  program: ProxiedRequest['program']
  nth: number
  fault: Fault
}

/** `succeeded`: all the same. `stated`: failed, said so, and ended well afterwards. `missed`: there was no such request. */
export type FaultOutcome = 'succeeded' | 'stated' | 'missed' | 'wrong'

export interface FaultResult {
  case: FaultCase
  request?: ProxiedRequest
  outcome: FaultOutcome
  exitCode: number | null
  seconds: number
  /** What is wrong. */
  complaints: string[]
  /** Everything that was written, for what is wrong. */
  output: string
}

export interface FaultBed {
  /** The requests of a run that nobody disturbs. */
  count(): Promise<ProxiedRequest[]>
  run(faultCase: FaultCase): Promise<FaultResult>
  stop(): Promise<void>
}

/** Names a fault in a table. */
export function faultName(fault: Fault): string {
  if (typeof fault === 'string') return fault
  return 'downForMs' in fault ? `down ${fault.downForMs / 1000} s` : 'another path'
}

/** A bed with a proxy, on which cases are run in turn. */
export async function startFaultBed(helm: string): Promise<FaultBed> {
  const bed = await startBed({ name: 'faults' })
  const proxy = await startFaultProxy(bed)
  let number = 0
  const withRelease = async <T>(work: (release: FaultyRelease) => Promise<T>): Promise<T> => {
    const release = await installFaultyRelease(bed, helm, ++number)
    try {
      return await work(release)
    } finally {
      await removeFaultyRelease(release)
    }
  }
  return {
    count: () =>
      withRelease(async (release) => {
        proxy.reset()
        const ran = await upgrade(bed, release, proxy.kubeconfig)
        const { requests } = proxy
        const wrong = await wrongAfterUpgrade(release)
        if (ran.exitCode !== 0 || wrong.length > 0)
          throw new Error(`undisturbed: ${wrong.join(', ')}\n${ran.stdout}${ran.stderr}`)
        return requests
      }),
    run: (faultCase) => withRelease((release) => runCase({ bed, proxy, release, faultCase })),
    async stop() {
      await proxy.close()
      await bed.stop()
    },
  }
}

interface CaseInput {
  bed: Bed
  proxy: FaultProxy
  release: FaultyRelease
  faultCase: FaultCase
}

async function runCase({ bed, proxy, release, faultCase }: CaseInput): Promise<FaultResult> {
  proxy.reset()
  proxy.inject({
    at: ({ program: asker, nthOfProgram }) => asker === faultCase.program && nthOfProgram === faultCase.nth,
    fault: faultCase.fault,
  })
  const startedAt = Date.now()
  const ran = await upgrade(bed, release, proxy.kubeconfig)
  const seconds = (Date.now() - startedAt) / 1000
  const request = proxy.requests.find(({ fault }) => fault !== undefined)
  proxy.reset()
  const judged =
    ran.exitCode === 0
      ? { complaints: await wrongAfterUpgrade(release), output: '' }
      : await judgeFailure(bed, release, ran)
  const right = ran.exitCode === 0 ? 'succeeded' : 'stated'
  const outcome = judged.complaints.length > 0 ? 'wrong' : request ? right : 'missed'
  return {
    ...{ case: faultCase, outcome, exitCode: ran.exitCode, seconds, complaints: judged.complaints },
    ...(request ? { request } : {}),
    output: `${ran.stdout}${ran.stderr}${judged.output}`,
  }
}

/** It must say in what state things are and what to do, hold nothing, and end well when that is done. */
async function judgeFailure(
  bed: Bed,
  release: FaultyRelease,
  ran: Ran,
): Promise<{ complaints: string[]; output: string }> {
  const told = ran.stdout + ran.stderr
  // Sentences are wrapped anywhere.
  const said = told.replaceAll(/\s+/g, ' ')
  const status = await statusOf(release)
  const locked = await isLocked(release)
  const complaints = Object.entries({
    'it was killed': ran.exitCode === null,
    'it shows a stack': /\n {4}at /.test(told),
    'it leaves blanks': /\{\w+\}|undefined/.test(told),
    'it does not say in what state things are':
      !/nothing was changed|done:|not done|state of|was changed/i.test(said),
    'it names no command': !/(kubectl|helm) \S+/.test(said),
    [`helm says ${status}, and it does not`]: status.startsWith('pending') && !told.includes('pending'),
    'the lock is left, and it does not say so': locked && !/lock|lease/i.test(told),
  }).flatMap(([what, isWrong]) => (isWrong ? [what] : []))
  const next = await follow(bed, release, told)
  const wrong = await wrongAfterUpgrade(release)
  const output = `\n--- afterwards (${next.words.join(' ')}): exit ${String(next.ran.exitCode)}\n${next.ran.stdout}${next.ran.stderr}`
  return { complaints: [...complaints, ...wrong.map((what) => `afterwards: ${what}`)], output }
}

/** Does what the failure names, over a healthy connection: `resume` where it says so, else the upgrade once more. */
async function follow(
  bed: Bed,
  release: FaultyRelease,
  told: string,
): Promise<{ words: string[]; ran: Ran }> {
  const { name, namespace, target } = release
  const resume = ['resume', name, '-n', namespace, '--yes']
  const words = /mesh-upgrade\s+resume\s/.test(told)
    ? resume
    : ['upgrade', name, target, '-n', namespace, '--yes']
  // helm asks without a timeout: one that hangs for ever is for the person to end.
  const hanging = /kill -9 (\d+)/.exec(told)?.[1]
  if (hanging !== undefined) process.kill(Number(hanging), 'SIGKILL')
  const ran = await start(bed, release, { words, kubeconfig: bed.kubeconfig })
  return { words, ran }
}

function upgrade(bed: Bed, release: FaultyRelease, kubeconfig: string): Promise<Ran> {
  const { name, namespace, target } = release
  const times = ['--timeout', '30s', '--request-timeout', '2s']
  return start(bed, release, {
    words: ['upgrade', name, target, '-n', namespace, '--yes', ...times],
    kubeconfig,
  })
}

function start(
  bed: Bed,
  { env }: FaultyRelease,
  { words, kubeconfig }: { words: string[]; kubeconfig: string },
): Promise<Ran> {
  const own = { KUBECONFIG: kubeconfig, XDG_STATE_HOME: join(bed.dir, 'state'), NO_COLOR: '1' }
  return runProgram(process.execPath, [program, ...words], { env: { ...env, ...own }, timeoutMs: 300_000 })
}
